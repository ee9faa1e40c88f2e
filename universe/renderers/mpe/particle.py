"""What the renderers of all games with moving seats share."""

from collections.abc import Iterable

from universe.renderers.mpe.layout import Scene, Thing
from universe.renderers.mpe.words import MOVES, direct, motion, place, read_action
from universe.view import View

PUSH = 0.5
"""What a push adds to the velocity unless the game says otherwise (mpe2: force 5, mass 1, step 0.1)."""

MAP = "Directions and distances are as seen from you; the arena reaches 1 from the middle to each side."


class ParticleRenderer:
    """The moves' names; nothing of the engine is looked at beyond the observation."""

    fields: tuple[str, ...] = ("move",)

    def glimpse(self, engine: object, seat: str) -> None:
        """Returns nothing: all that a seat may know is in its observation."""
        return

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the direction of the push, or `stay`."""
        return (MOVES[action],)

    def read(self, answer: str, view: View) -> str | None:
        """Reads `go left`, `west` and the like, and a word by its number."""
        return read_action(answer)


def describe(thing: Thing) -> str:
    """Returns a line on where a thing is and how it moves."""
    moving = "" if thing.velocity is None else f", {motion(thing.velocity)}"
    return f"{thing.name[0].upper()}{thing.name[1:]}: {place(thing.at, thing.reach)}{moving}"


def describe_self(scene: Scene, view: View) -> str:
    """Returns a line on the seat itself: position, velocity, last move, as far as it knows them."""
    parts: list[str] = []
    if scene.position is not None:
        off = direct(scene.position)
        parts.append(f"{off} of the middle" if off else "in the middle")
    if scene.velocity is not None:
        parts.append(motion(scene.velocity))
    parts.append(f"last move {view.moves[-1].name}" if view.moves else "no move yet")
    return f"You: {'; '.join(parts)}"


def write(lines: Iterable[str]) -> str:
    """Returns lines as a turn's text."""
    return "\n".join(lines)
