"""Every error of LangGym, sorted by who must act.

LangGymError                    exit code
├ UsageError                    2   the caller: a bad name, option, file or configuration
├ ModelError                    3   the provider of the model: refused, timed out, gone
│ ├ PromptTooLong               3   the prompt does not fit the model's context
│ └ UniverseAway                3   the service that holds the universe does not answer
├ BudgetError                   4   a limit that the caller set was reached
├ StorageError                  5   the home: not writable, full, corrupt, newer, owned by another run
├ ReplayError                   1   a rebuilt environment differs from the stored one
└ EpisodeError                  1   an environment, or a program that plays in it, failed

The universe and the agents' database have trees of their own (`universe.errors`, `agents_db.errors`); the command line
translates them at its edge.
"""


class LangGymError(Exception):
    """The base of every error that LangGym raises on purpose; its text is one line that says what to do."""

    exit_code = 1


class UsageError(LangGymError):
    """The caller asked for something that cannot be: a bad name, option, file or configuration."""

    exit_code = 2


class ModelError(LangGymError):
    """The provider of a model failed after all retries; the text holds no key and no header."""

    exit_code = 3

    def __init__(self, message: str, *, status: int | None = None, lost_calls: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.lost_calls = lost_calls
        """Calls that were sent and may be billed, but whose answer never came whole."""


class PromptTooLong(ModelError):
    """The prompt does not fit the model's context; asking again would not help."""


class UniverseAway(ModelError):
    """The service whose universe is played in does not answer; the episode can be resumed."""


class BudgetError(LangGymError):
    """A limit that the caller set was reached; the episode can be resumed."""

    exit_code = 4

    def __init__(self, message: str, *, limit: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.limit = limit
        """Which one, and whose."""
        self.advice = advice
        """The command that raises it."""


class StorageError(LangGymError):
    """The store cannot be used: not writable, full, corrupt, newer than this program or owned by another run."""

    exit_code = 5


class ReplayError(LangGymError):
    """A rebuilt environment does not match what was stored."""

    def __init__(self, message: str, *, turn: int) -> None:
        super().__init__(message)
        self.turn = turn


class EpisodeError(LangGymError):
    """An environment, or a program that plays in it, failed in the middle of an episode."""
