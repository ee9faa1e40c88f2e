"""A screen understood: named things with places and motions, the same for every seat."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from universe.renderers.atari.shapes import Box

Offset = tuple[float, float]
"""How far to the right and how far down, in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that a game's words are about."""

    name: str
    """What it is called: `ball`, `paddle`, `tank`; one word or two, without an article."""
    box: Box
    """Left, top, width and height in pixels, y downwards from the top of the screen."""
    velocity: Offset | None = None
    """Pixels per frame to the right and down; `None` where it is not known."""
    owner: str | None = None
    """The seat that steers it."""
    whose: str | None = None
    """The seat that it belongs to and that does not steer it: of a missile, of a team mate."""
    note: str = ""
    """What else there is to say of it: `facing left`, `in the air`; no direction that depends on who looks."""

    @property
    def center(self) -> Offset:
        """The middle of it."""
        x, y, w, h = self.box
        return (x + (w - 1) / 2, y + (h - 1) / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that is said of a screen."""

    things: tuple[Thing, ...]
    """The weightiest first; what is listed is told in this order."""
    lines: tuple[str, ...] = ()
    """Sentences that are the same for every seat."""
    own_lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Sentences for one seat only: what concerns its own position."""
    scores: Mapping[str, int] | None = None
    """As the game itself counts; `None` where rewards tell it."""
    clock: str | None = None
    """The time left, as the game shows it."""
    phase: str = ""
    """What is going on, in one or two words, where it matters: `serve`."""

    def own(self, seat: str) -> Thing | None:
        """Returns what a seat steers; `None` while it is not to be seen."""
        return next((thing for thing in self.things if thing.owner == seat), None)

    def find(self, name: str) -> list[Thing]:
        """Returns the things of a name, in order."""
        return [thing for thing in self.things if thing.name == name]
