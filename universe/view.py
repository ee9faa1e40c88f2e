"""What one seat may know at one moment: all that a renderer is given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import JsonValue

from universe.errors import StaleTurn


@dataclass(frozen=True, slots=True)
class Move:
    """An action that was taken, as the seat that looks at it may know it."""

    turn: int
    """The turn of the episode in which it was taken, from 0."""
    seat: str
    action: int
    name: str


@dataclass(slots=True)
class View:
    """A seat's view of the game at one of its turns; built by `TextEnv`, read by renderers."""

    seat: str
    seats: tuple[str, ...]
    """Every seat of the variant, in the engine's order."""
    role: str
    turn: int
    """The turn of the episode, from 0; simultaneous seats share it."""
    index: int
    """How often this seat has acted before."""
    observation: object
    """As PettingZoo gives it to this seat: an array, or a mapping with `observation` and `action_mask`."""
    legal: tuple[int, ...]
    kwargs: Mapping[str, JsonValue]
    """Every keyword of the variant, defaults included."""
    reward: float
    """What this seat earned since it last acted."""
    moves: Sequence[Move]
    """Past moves that this seat may know, oldest first: its own and, where moves are public, all."""
    look: Callable[[], object]
    """Asks the renderer's `glimpse`; use `glimpse` instead."""
    over: bool = False
    """Whether the environment has moved on."""
    _glimpse: object = field(default=None, init=False)
    _looked: bool = field(default=False, init=False)

    @property
    def glimpse(self) -> object:
        """What the renderer copied out of the engine for this seat, made at the first look.

        Raises:
            StaleTurn: The environment has moved on and nobody had looked before.
        """
        if not self._looked:
            if self.over:
                raise StaleTurn(f"Turn {self.turn} of {self.seat!r} was read after it had been played.")
            self._glimpse, self._looked = self.look(), True
        return self._glimpse


@dataclass(frozen=True, slots=True)
class Facts:
    """Short keys about a state and about each legal action, coarse to fine; facts of the game, never advice."""

    state: tuple[str, ...]
    actions: Mapping[int, tuple[str, ...]]


class Renderer(Protocol):
    """Words for a game; `check_renderer` proves the contract.

    A renderer is stateless and cheap to make. Only `glimpse` sees the engine, and what it returns is all that the other
    methods learn of it: a value that this seat may know, copied, never the engine or a part of it that changes. Every
    other method is a pure function of the view.
    """

    fields: tuple[str, ...]
    """The fields of an action's name: `("action",)`, or `("move", "say")` where actions are a product."""

    def glimpse(self, engine: object, seat: str) -> object:
        """Returns a copy of what `seat` may know of the engine (the unwrapped environment), beyond its observation."""
        ...

    def brief(self, view: View) -> str:
        """Returns what stays true for this seat over the whole episode: who it is, its side, the variant's numbers."""
        ...

    def text(self, view: View) -> str:
        """Returns the turn as this seat may know it: position, past moves, no rules, no menu."""
        ...

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the name of a legal action, one value per field; different actions have different names."""
        ...

    def situation(self, view: View) -> str:
        """Returns a short canonical sentence, equal for decision points that are the same from the seat's own view."""
        ...

    def facts(self, view: View) -> Facts:
        """Returns facts about the state and every legal action."""
        ...

    def read(self, answer: str, view: View) -> str | None:
        """Returns the value that `answer` means in the game's notations, or `None` where it is none of them."""
        ...
