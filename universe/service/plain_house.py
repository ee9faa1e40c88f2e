"""A house that knows nobody but `random`."""

from universe.card import EnvCard
from universe.service.contracts import Play, Sitter, TableDraft
from universe.streams import Stream
from universe.text_env import Turn

RANDOM = "random"


class RandomSitter:
    """Plays uniformly over the legal actions; what it draws depends on the table's seed, the seat and its turn."""

    def __init__(self, seed: int) -> None:
        self._stream = Stream.of(seed, "house", RANDOM)

    @property
    def waits(self) -> bool:
        """It decides at once."""
        return False

    def act(self, turn: Turn) -> Play:
        """Returns a legal action."""
        action = self._stream.pick(turn.view.legal, turn.seat, turn.index)
        return Play(turn=turn, action=action, source=RANDOM)

    def close(self) -> None:
        """Has nothing to free."""


class PlainHouse:
    """The players that need nothing but the universe."""

    def players(self) -> list[str]:
        """Returns the only one."""
        return [RANDOM]

    def check(self, who: str, card: EnvCard, seat: str) -> str | None:
        """Returns why somebody cannot play."""
        return None if who == RANDOM else f"Nobody here is called {who[:64]!r}; there is {RANDOM!r}."

    def sit_down(self, who: str, draft: TableDraft, card: EnvCard, seat: str) -> Sitter:
        """Seats a random player."""
        return RandomSitter(draft.seed)
