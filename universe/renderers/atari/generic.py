"""Words for any Atari game: shapes by colour, size and place, without knowing what they are."""

from collections import defaultdict

from universe.atari.shot import APART, Look, Shot
from universe.renderers.atari.colors import name_color
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.motion import find_velocity
from universe.renderers.atari.scene import Scene, Thing
from universe.renderers.atari.shapes import Shape, find_shapes, unite
from universe.renderers.atari.words import motion
from universe.view import View

MOST_GROUPS, MOST_PLACES = 10, 8
"""Kinds of shapes that are told, and shapes of one kind."""


class GenericRenderer(AtariRenderer):
    """Everything on the screen, alike shapes on one line."""

    level = "generic"

    def see(self, shot: Shot) -> Scene:
        """Returns every shape as a thing, the moving ones first."""
        earlier = _look_at(shot.earlier) if shot.earlier else []
        things = [_name(shape, earlier) for shape in _look_at(shot.now)]
        return Scene(things=tuple(sorted(things, key=lambda thing: thing.velocity in (None, (0.0, 0.0)))))

    def brief(self, view: View) -> str:
        """Returns that the seat has to find out what it steers."""
        return (
            f"You are {view.seat}. You see the shapes on the screen by colour, size (width x height) and the place "
            "of their top left corner, x to the right and y down from the top, in pixels, and how far they move in a "
            "decision. Which of them you steer shows in what moves as you do."
        )

    def text(self, view: View) -> str:
        """Returns shapes of one colour and size on one line."""
        groups: dict[str, list[str]] = defaultdict(list)
        for thing in self.scene(view).things:
            moving = thing.velocity and motion(thing.velocity, int(str(view.kwargs["frames"])))
            at = f"({thing.box[0]:.0f},{thing.box[1]:.0f})"
            groups[thing.name].append(f"{at} {moving}" if moving and moving != "still" else at)
        lines = [
            f"{name}: {', '.join(places[:MOST_PLACES])}{_tell_rest(len(places) - MOST_PLACES)}"
            for name, places in list(groups.items())[:MOST_GROUPS]
        ]
        if len(groups) > MOST_GROUPS:
            lines.append(f"and {len(groups) - MOST_GROUPS} other kinds of shapes")
        return "\n".join([*lines, *self.tell_score(self.scene(view), view)])

    def situation(self, view: View) -> str:
        """Returns the kinds of shapes that move, the largest first."""
        moving = [thing.name for thing in self.scene(view).things if thing.velocity not in (None, (0.0, 0.0))]
        return f"moving: {', '.join(list(dict.fromkeys(moving))[:3])}" if moving else "nothing moves"


def _tell_rest(n: int) -> str:
    return f" and {n} more" if n > 0 else ""


def _look_at(look: Look) -> list[Shape]:
    return find_shapes(unite(look))


def _name(shape: Shape, earlier: list[Shape]) -> Thing:
    return Thing(
        name=f"{name_color(shape.color)} {shape.w}x{shape.h}",
        box=shape.box,
        velocity=find_velocity(shape, earlier, apart=APART),
    )
