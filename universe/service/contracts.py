"""What the service asks of whoever runs it: a journal that keeps tables, and a house that knows players.

The universe stores nothing itself. `MemoryJournal` keeps tables as long as the process lives; langgym fulfils both
protocols with the agents' database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import JsonValue

from universe.card import EnvCard
from universe.text_env import SeatEnd, TextEnv, Turn

AnswerClass = Literal["ok", "illegal", "unreadable"]
OPEN = "open"
"""Who sits in a seat that anybody may claim."""
GUEST = "guest"
"""Who sits in a seat that is played over the wire, until its name is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatDraft:
    """Who is to sit in a seat when a table begins."""

    seat: str
    who: str
    """`open`, `guest` (claimed by who made the table), or a player that the house knows: `random`, `agent:bob`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A seat that is played over the wire."""

    seat: str
    name: str
    """As whoever claimed it calls itself: unknown text."""
    token_hash: bytes
    """SHA-256 of the token; the token itself is nowhere."""
    expires_at: float
    """Seconds since 1970, UTC."""
    left: bool = False
    """Whether the seat was given up: its rule decides for it from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDraft:
    """A table that is about to begin."""

    table_id: str
    """22 characters that cannot be guessed."""
    env_id: str
    kwargs: Mapping[str, JsonValue]
    """Only those that differ from the card's defaults."""
    seed: int
    """Of the environment; its menus are drawn from it as well."""
    options: Mapping[str, JsonValue]
    """What the engine's reset is given."""
    max_turns: int | None
    seats: tuple[SeatDraft, ...]
    owner_hash: bytes
    """SHA-256 of the token of who made it."""
    decision_seconds: float
    """Seconds a seat has for a decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer of a seat as it was acknowledged, also one that was not legal."""

    seat: str
    turn: int
    ordinal: int
    """Its number among the answers of the seat in this turn, from 0."""
    outcome: AnswerClass
    reply: str
    """What was said, as it came; of an action that was named by its number, its name."""
    problem: str | None
    """Why it does not count, in words for who said it."""
    action: int | None
    """What is played by it; `None` where it does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What a seat plays in a turn."""

    turn: Turn
    action: int | None
    """`None` where the seat forfeits: the episode ends there. Of a sitter: it has no answer, and its rule decides."""
    source: str
    """`guest`, `fallback`, or what the sitter says."""
    answers: tuple[KeptAnswer, ...] = ()
    extra: object = None
    """What the sitter gave beside the action; only its own journal reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where an environment stands before a turn."""

    turn: int
    digest: bytes
    payments: Mapping[str, float]
    """What every seat has earned since the spot before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRecord:
    """A table that has not ended, as it was kept: enough to rebuild it."""

    draft: TableDraft
    claims: tuple[Claim, ...] = ()
    actions: Mapping[int, Mapping[str, int]] = field(default_factory=dict[int, Mapping[str, int]])
    """Played so far, by turn and seat."""
    digests: Mapping[int, bytes] = field(default_factory=dict[int, bytes])
    """By turn; the rebuilt environment is checked against them."""
    answers: tuple[KeptAnswer, ...] = ()
    """Those of the turn that is under way."""


class Journal(Protocol):
    """Keeps tables. A method returns when what it is told survives the death of the process.

    Methods may be called from any thread; those of one table are called one after the other.
    """

    @property
    def keeps(self) -> bool:
        """Whether anything survives the process."""
        ...

    def begin(self, draft: TableDraft, env: TextEnv) -> None:
        """Keeps a table that begins."""
        ...

    def claim(self, table_id: str, claim: Claim) -> None:
        """Keeps who plays a seat; another claim of the same seat replaces it (a token is renewed, a seat is left)."""
        ...

    def keep_answer(self, table_id: str, answer: KeptAnswer) -> None:
        """Keeps an answer before it is acknowledged."""
        ...

    def record(self, table_id: str, spot: Spot, plays: Sequence[Play]) -> None:
        """Keeps what is played in a turn, before the environment moves.

        Each play has all answers of its seat, those that were kept before included. What is kept of this turn already
        is replaced: a service that died before the environment moved says it again.
        """
        ...

    def end(self, table_id: str, spot: Spot | None, outcome: Mapping[str, SeatEnd], *, fault: str | None) -> None:
        """Keeps how a table ended; `spot` is `None` and `outcome` empty where the environment failed."""
        ...

    def unfinished(self) -> list[TableRecord]:
        """Returns the tables that have not ended, in the order in which they began."""
        ...

    def close(self) -> None:
        """Frees what the journal holds."""
        ...


class Sitter(Protocol):
    """Somebody of the house in a seat of one table."""

    @property
    def waits(self) -> bool:
        """Whether a decision takes long: it is then asked in a thread of its own, with the turn prepared."""
        ...

    def act(self, turn: Turn) -> Play:
        """Returns what is played; may raise anything, which ends the table as failed."""
        ...

    def close(self) -> None:
        """Is told that the table has ended or is put away, maybe while `act` still runs in another thread."""
        ...


class House(Protocol):
    """Knows players that can be asked to sit at a table."""

    def players(self) -> list[str]:
        """Returns the names by which players are asked for, for people: `random`, `agent:bob`."""
        ...

    def check(self, who: str, card: EnvCard, seat: str) -> str | None:
        """Returns why somebody cannot play a seat, in one line; `None` where it can."""
        ...

    def sit_down(self, who: str, draft: TableDraft, card: EnvCard, seat: str) -> Sitter:
        """Seats somebody at a table that was begun in the journal; also again, after the service came back."""
        ...
