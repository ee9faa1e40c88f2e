"""What the tools answer, as models for assistants: few words, and nothing that the seat may not know."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from universe.service.wire import End, Status


class Shape(BaseModel):
    """An answer of a tool."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EnvLine(Shape):
    """An environment in a list."""

    env: str
    title: str
    summary: str
    seats: list[str]


class EnvLines(Shape):
    """Environments."""

    items: list[EnvLine]
    next: str | None = Field(description="Give it as `after` for more.")


class EnvFacts(Shape):
    """What must be known to choose an environment and to sit down in it."""

    env: str
    title: str
    summary: str
    rules: str
    reward: str
    hidden: str | None = Field(description="What a seat may not know.")
    horizon: str
    seats: list[str]
    simultaneous: bool
    keywords: list[str] = Field(description="Of its variants, each with its default.")
    players: list[str] = Field(description="Who can be asked to take the other seats, beside anybody (`open`).")


class TableLine(Shape):
    """A table in a list."""

    table: str
    env: str
    status: Status
    turn: int
    open_seats: list[str]
    players: dict[str, str] = Field(description="Who sits where.")


class TableLines(Shape):
    """Tables, newest first."""

    items: list[TableLine]
    next: str | None = Field(description="Give it as `after` for more.")


class View(Shape):
    """What your seat sees."""

    state: Literal["your_turn", "waiting", "over"]
    turn: int | None = None
    brief: str | None = Field(default=None, description="What stays true over the whole game.")
    text: str | None = Field(default=None, description="The position.")
    choices: dict[str, list[str]] = Field(default={}, description="What each field of an answer can be.")
    attempts_left: int | None = None
    seconds_left: float | None = None
    outcome: list[End] | None = None


class Joined(Shape):
    """A seat that is yours."""

    ticket: str = Field(description="Keep it: `look`, `act` and `leave` need it, and whoever has it plays your seat.")
    table: str
    env: str
    seat: str
    view: View


class Acted(Shape):
    """An action that counts."""

    turn: int
    played: str
    view: View


class Left(Shape):
    """A seat that is no longer yours."""

    table: str
    seat: str
