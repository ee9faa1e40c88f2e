"""Words for Joust: knights on birds that flap, and win a clash by being the higher one."""

from collections.abc import Sequence
from dataclasses import replace

from universe.atari.shot import Look, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.scene import Scene, Thing
from universe.renderers.atari.shapes import Shape, find_shapes
from universe.renderers.atari.sprites import find_sprites, make_thing
from universe.view import View

SEATS = {"first_0": 42, "second_0": 88}
"""The colour of each seat's bird."""
HATCHING, EGG, RIDERS = 14, 10, {70: "red", 8: "grey"}
NEST = {"first_0": 59.0, "second_0": 101.0}
"""Where the middle of a bird is that comes back, in pixels from the left."""
LEDGE = 40
"""The colour of the top row of every ledge."""
FLOOR = 160
"""The row of the floor."""
HEIGHT = 11
_FEWEST, _NARROWEST, _WIDEST = 20, 4, 12  # pixels: anything else is a part of an explosion


class JoustRenderer(AtariRenderer):
    """Birds, riders and eggs by colour, in the two frames that show them all."""

    aims = ("enemy", "rival", "egg")
    closed = "You are not to be seen: you pass the edge of the screen, or you are dead and come back within 4 seconds"

    def see(self, shot: Shot) -> Scene:
        """Returns the birds, riders and eggs, and what is below each bird."""
        things = [*_find_birds(shot), *_find_others(shot)]
        ledges = find_shapes(shot.now.screen, top=20, bottom=FLOOR, colors=(LEDGE,), smallest=8)
        below = {thing.owner: (tell_below(thing, ledges),) for thing in things if thing.owner}
        return Scene(things=tuple(things), own_lines=below)

    def brief(self, view: View) -> str:
        """Returns which bird is the seat's, where ledges are, and how flapping works."""
        color = "orange" if view.seat == view.seats[0] else "magenta"
        return (
            f"You ride the {color} bird. At first there are ledges at y 36 (x 16-39 and 120-143), y 56 (x 56-103), y "
            "92 (x 16-47 and 112-143) and y 112 (x 60-99); the floor is at y 160. The field is x 16 to 143; who "
            "leaves it on one side comes in on the other. Fire flaps once a decision and lifts you for about 8 "
            "frames, then you fall; left and right speed you up slowly that way, and you glide on."
        )

    def extra(self, view: View) -> Sequence[str]:
        """Returns whether the seat stands."""
        own = self.scene(view).own(view.seat)
        lines = self.scene(view).own_lines.get(view.seat, ())
        if own is None:
            return ("not on the screen",)
        return ("standing",) if any("right under you" in line for line in lines) else ("in the air",)


def tell_below(bird: Thing, ledges: Sequence[Shape]) -> str:
    """Returns what a bird would land on, and how far below it that is."""
    x, y, w, h = bird.box
    under = [ledge.y for ledge in ledges if ledge.x <= x + w - 1 and ledge.x + ledge.w > x and ledge.y >= y + h - 3]
    what, at = ("ledge", min(under)) if under else ("floor", FLOOR)
    gap = max(0.0, at - (y + h))
    return f"Below you: the {what}, {'right under you' if gap < 3 else f'{gap:.0f} down'}"


def _find_birds(shot: Shot) -> list[Thing]:
    birds: list[Thing] = []
    for seat, color in SEATS.items():
        found = _find(shot.now, color)
        pale = [shape for shape in _find(shot.now, HATCHING) if abs(shape.center[0] - NEST[seat]) < 12]
        if found:
            birds.append(make_thing(found[0], "bird", _find(shot.earlier, color), owner=seat))
        elif pale:
            birds.append(make_thing(pale[0], "bird", owner=seat, note="hatching"))
    return birds


def _find_others(shot: Shot) -> list[Thing]:
    things: list[Thing] = []
    for color, note in RIDERS.items():
        earlier = _find(shot.earlier, color)
        things += [make_thing(shape, "enemy", earlier, note=note) for shape in _find(shot.now, color)]
    eggs, before = (find_sprites(look, (EGG,), top=4, bottom=FLOOR, smallest=10) for look in (shot.now, shot.earlier))
    return things + [make_thing(shape, "egg", before) for shape in eggs]


def _find(look: Look | None, color: int) -> list[Shape]:
    """Returns whole sprites of a colour, not the sparks of an explosion, all of one height, which wings change."""
    bits = find_sprites(look, (color,), top=4, bottom=FLOOR + 2)
    whole = [shape for shape in bits if shape.area >= _FEWEST and _NARROWEST < shape.w <= _WIDEST]
    return [_complete(shape, bits) for shape in whole]


def _complete(shape: Shape, bits: Sequence[Shape]) -> Shape:
    """Returns a sprite from its topmost bit on: legs or a head may hang apart."""
    top = min(bit.y for bit in bits if abs(bit.x - shape.x) < _WIDEST and 0 <= shape.y - bit.y < HEIGHT)
    return replace(shape, y=top, h=HEIGHT)
