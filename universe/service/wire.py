"""Everything that goes over the wire, as pydantic models: the OpenAPI document is made from them."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from universe.text_env import Reason, Result

Name = Annotated[str, Field(min_length=1, max_length=64)]
Status = Literal["waiting", "running", "ended", "failed"]
"""`waiting`: a seat is still open; the environment stands at its first turn."""
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Wire(BaseModel):
    """Bodies are strict: nothing unknown, nothing converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_by_name=True, validate_by_alias=True)


class Problem(Wire):
    """An error, as RFC 9457 has it (`application/problem+json`)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    code: str
    """A word for programs: `not_found`, `forbidden`, `stale_turn`, `illegal`, `unreadable`, `limit`, `bad_request`, …

    `universe.service.problems.TITLES` has them all.
    """
    attempts_left: int | None = None
    """Of an answer that does not count: how many more there are."""


class EnvSummary(Wire):
    """A card in a list."""

    env_id: str
    title: str
    summary: str
    suite: str
    seats: list[str]
    simultaneous: bool
    playable: bool


class EnvPage(Wire):
    """Cards in the catalogue's order."""

    items: list[EnvSummary]
    next: str | None
    """Give it as `after` for the next page."""


class NewTable(Wire):
    """A table to be made."""

    env: Name
    kwargs: dict[str, JsonValue] = {}
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    options: dict[str, JsonValue] | None = None
    max_turns: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    seats: dict[str, Name] = {}
    """By seat, `*` for those that are not named: `open` (the default), `mine` or a player of the house."""
    decision_seconds: Annotated[float, Field(ge=0.1, le=86_400, allow_inf_nan=False)] | None = None
    position: bool = False
    """Whether to answer with the first position as well; only where every seat is `mine`."""


class SeatState(Wire):
    """Who sits in a seat, for everybody."""

    seat: str
    role: str
    team: str | None
    who: str
    """`open`, `guest` or a player of the house."""
    name: str | None
    due: bool
    """Whether it must act now."""


class SeatToken(Wire):
    """The right to play a seat; shown once."""

    seat: str
    token: str
    expires_at: str


class End(Wire):
    """How an episode ended for a seat."""

    seat: str
    total: Finite
    result: Result | None
    reason: Reason


class PublicMove(Wire):
    """A move that everybody may know."""

    turn: int
    seat: str
    name: str


class TableState(Wire):
    """A table as everybody may see it."""

    table: str
    env_id: str
    kwargs: dict[str, JsonValue]
    status: Status
    turn: int
    seats: list[SeatState]
    moves: list[PublicMove]
    """The last ones, oldest first; none where moves or their order tell what is hidden."""
    outcome: list[End] | None
    text_version: int
    situation_version: int


class TablePage(Wire):
    """Tables, newest first."""

    items: list[TableState]
    next: str | None


class MenuOption(Wire):
    """A legal action."""

    action: int
    values: list[str]


class TurnFacts(Wire):
    """Facts of the state and of every legal action, by the action's number."""

    state: list[str]
    actions: dict[str, list[str]]


class SeatTurn(Wire):
    """What a seat sees when it must act."""

    seat: str
    turn: int
    index: int
    """How often the seat has acted before."""
    reward: Finite
    brief: str
    text: str
    situation: str
    facts: TurnFacts
    fields: list[str]
    options: list[MenuOption]
    """In the engine's order."""
    schema_: Annotated[dict[str, JsonValue], Field(alias="schema")]
    """The JSON schema of an answer, in the order in which the menu is shown."""
    attempts_left: int
    seconds_left: Finite


class Position(Wire):
    """Where a table stands, for who plays every seat of it."""

    turn: int
    digest: str
    """Hexadecimal."""
    payments: dict[str, Finite]
    turns: list[SeatTurn]
    outcome: list[End] | None


class MadeTable(Wire):
    """A table that was made; the tokens are shown this once."""

    table: TableState
    owner_token: str
    tokens: list[SeatToken]
    """Of the seats that are `mine`."""
    seed: int
    options: dict[str, JsonValue]
    fallback: Literal["forfeit", "random"]
    arguments: dict[str, JsonValue]
    """Every keyword of the variant, defaults included."""
    max_turns: int | None
    position: Position | None


class ClaimSeat(Wire):
    """Who wants to play a seat."""

    name: Name = "guest"


class Look(Wire):
    """What a seat can do now."""

    state: Literal["your_turn", "waiting", "over"]
    turn: SeatTurn | None
    outcome: list[End] | None


class AnswerBody(Wire):
    """An answer: words as a model gives them, or the number of an action. Exactly one of the two."""

    turn: Annotated[int, Field(ge=0)]
    reply: Annotated[str, Field(max_length=65_536)] | None = None
    action: int | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.reply is None) == (self.action is None):
            raise ValueError("Give a reply or an action.")
        return self


class Accepted(Wire):
    """An answer that counts; it is kept."""

    turn: int
    action: int
    name: str


class PlayBody(Wire):
    """Actions for every seat that acts now, by who plays all of them."""

    turn: Annotated[int, Field(ge=0)]
    actions: dict[str, int]


class EndBody(Wire):
    """The end of a table, by who made it: a seat forfeits, or it stops."""

    reason: Literal["forfeit", "capped", "repeated", "illegal_loop", "silent"]
    seat: str | None = None


class ReadBody(Wire):
    """Words in a game's own notation."""

    turn: Annotated[int, Field(ge=0)]
    answer: Annotated[str, Field(max_length=500)]


class ReadValue(Wire):
    """The value of the menu that they mean; `None` for none."""

    value: str | None


class Array(Wire):
    """A seat's observation: an array, or a mapping of arrays."""

    dtype: str | None = None
    shape: list[int] | None = None
    data: str | None = None
    """Base64 of the array's bytes in C order, little-endian."""
    parts: dict[str, "Array"] | None = None


class Health(Wire):
    """Whether a service is well."""

    status: Literal["ok"]


class House(Wire):
    """What a service is."""

    version: str
    players: list[str]
    keeps: bool
    """Whether tables survive the service."""
    limits: dict[str, Finite]
    packages: dict[str, str]
