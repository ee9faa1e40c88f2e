"""What an agent reads about an environment before it chooses: facts, no imports of games."""

import re
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from universe.errors import BadKwargs

Skill = Literal[
    "planning", "tactics", "bluffing", "communication", "cooperation", "navigation", "prediction", "memory", "risk"
]


class Kwarg(BaseModel):
    """A keyword that an environment's constructor accepts through its card."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    default: JsonValue
    """What LangGym passes when nothing is said; may differ from the engine's own default."""
    meaning: str
    choices: tuple[JsonValue, ...] = ()
    """Every value allowed; empty where a range or the type alone decides."""
    minimum: float | None = None
    maximum: float | None = None
    per_process: bool = False
    """Whether one process can only ever use one value (the engine keeps it in a module global)."""

    def check(self, value: JsonValue) -> None:
        """Raises `BadKwargs` unless `value` is allowed."""
        expected = type(self.default)
        numeric = expected is float and type(value) is int
        if self.default is not None and type(value) is not expected and not numeric:
            raise BadKwargs(f"{self.name} must be of type {expected.__name__}, not {value!r}.")
        if self.choices and value not in self.choices:
            raise BadKwargs(f"{self.name} must be one of {', '.join(map(repr, self.choices))}, not {value!r}.")
        if isinstance(value, int | float) and not isinstance(value, bool):
            if self.minimum is not None and value < self.minimum:
                raise BadKwargs(f"{self.name} must be at least {self.minimum:g}, not {value!r}.")
            if self.maximum is not None and value > self.maximum:
                raise BadKwargs(f"{self.name} must be at most {self.maximum:g}, not {value!r}.")


class Baseline(BaseModel):
    """What uniform random legal play of every seat earns, for one role."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: float
    sd: float
    """Of the return of one episode, not of the mean."""
    episodes: int


class EnvCard(BaseModel):
    """A catalogue entry: what an environment is, how it is paid, what it hides, what it trains."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    env_id: Annotated[str, Field(pattern=r"^[a-z0-9_]+/[a-z0-9_]+_v\d+$")]
    title: str
    summary: str
    """One sentence."""
    rules: str
    """What the engine does: every way to move, to be paid and to end, for all its variants."""
    seats: tuple[str, ...]
    """The seats of the default variant, in the engine's order."""
    min_seats: int
    max_seats: int
    simultaneous: bool
    horizon: str
    """When an episode ends, in words."""
    typical_turns: int
    """Decisions of one seat in an episode of random play (median)."""
    max_turns: int | None = None
    """Plays after which LangGym ends an episode as capped; `None` where the game ends by itself."""
    kwargs: tuple[Kwarg, ...] = ()
    reward: str
    """What a seat is paid for."""
    hidden: str | None = None
    """What a seat may not know; `None` where everything is open."""
    moves_public: bool = True
    """Whether each seat learns which actions the others took."""
    trains: tuple[Skill, ...]
    teams: Mapping[str, str] = {}
    """Team by role; roles that are not named stand alone."""
    roles: Mapping[str, str] = {}
    """Role by seat, where it is not the seat's name without its number."""
    results: Literal["sign"] | None = None
    """`sign`: a positive return is a win, 0 a draw, a negative one a loss; `None`: there is no such thing."""
    baseline: Mapping[str, Baseline]
    """Random play by role."""
    seeded: bool = True
    """Whether the seed changes anything."""
    text_version: int = 1
    situation_version: int = 1
    module: str
    """The module that has `env` and, for simultaneous games, `parallel_env`."""
    fixed: Mapping[str, JsonValue] = {}
    """Arguments of the constructor that are the same in every variant."""
    options: Mapping[str, Literal["given", "drawn"]] = {}
    """Whole-number keywords that every reset is given too: as they are, or drawn from 0 to there for each episode."""
    needs: tuple[str, ...] = ()
    """Modules that must be there for `module` to work, where it is one of our own."""
    renderer: str
    """`module:attribute` of the renderer's class or of a callable that makes one."""
    requires: str | None = None
    """The requirement to install where the module is missing."""

    @model_validator(mode="after")
    def _agree(self) -> "EnvCard":
        if not self.min_seats <= len(self.seats) <= self.max_seats:
            raise ValueError(f"{self.env_id}: {len(self.seats)} seats, not {self.min_seats} to {self.max_seats}")
        return self

    @property
    def suite(self) -> str:
        """The family of environments, the part of the id before the slash."""
        return self.env_id.split("/")[0]

    @property
    def fallback(self) -> Literal["forfeit", "random"]:
        """What happens to a seat without a legal answer in the default variant."""
        return self.find_fallback(len(self.seats))

    def find_fallback(self, n_seats: int) -> Literal["forfeit", "random"]:
        """Returns what happens to a seat without a legal answer: games in turns of two rivals are forfeited."""
        return "forfeit" if not self.simultaneous and n_seats == 2 and self.results else "random"

    @property
    def missing(self) -> str | None:
        """A package that it needs and that is not installed, `None` where all are there; imports none of them."""
        packages = (name.split(".")[0] for name in (self.module, *self.needs))
        return next((package for package in packages if find_spec(package) is None), None)

    @property
    def playable(self) -> bool:
        """Whether its packages are installed."""
        return self.missing is None

    def role(self, seat: str) -> str:
        """Returns the role of a seat: equal roles are the same task."""
        return self.roles.get(seat) or re.sub(r"_\d+$", "", seat)

    def team(self, seat: str) -> str | None:
        """Returns the team of a seat, or `None` where it plays for itself."""
        return self.teams.get(self.role(seat))

    def variant(self, given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Returns the keywords that differ from the card's defaults, in the card's order.

        Raises:
            BadKwargs: A keyword is unknown or its value is not allowed.
        """
        known = {kwarg.name: kwarg for kwarg in self.kwargs}
        for name, value in given.items():
            if name not in known:
                accepted = ", ".join(known) or "none"
                raise BadKwargs(f"{self.env_id} does not take {name!r}; it takes: {accepted}.")
            known[name].check(value)
        return {name: given[name] for name, kwarg in known.items() if name in given and given[name] != kwarg.default}

    def arguments(self, given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Returns every keyword to construct the environment with, defaults included."""
        return {**self.fixed, **{kwarg.name: kwarg.default for kwarg in self.kwargs}, **self.variant(given)}
