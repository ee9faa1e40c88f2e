"""Words for Wizard of Wor: two worriors in a maze of monsters, told by cells and by what is open."""

from collections.abc import Iterable, Sequence

from universe.atari.shot import Look, Screen, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.atari.sprites import make_spot
from universe.view import View

SLOTS = {"first_0": 7, "second_0": 6}
"""Slots of the game's table that are the seats'; 0 to 5 are monsters."""
SHOTS = {"first_0": (33, 35), "second_0": (32, 34), None: (39, 38)}
"""Addresses of a shot's column and row, by whose it is; `None` for the monsters'."""
KINDS = {1: "burwor", 2: "garwor", 3: "thorwor"}
"""What `ram[80 + slot]` says a monster is; others come in higher dungeons."""
FACING = {1: "facing up", 2: "facing down", 4: "facing left", 8: "facing right"}
ALIVE_MOST = 127
LEFT, TOP, WIDE, HIGH, COLUMNS, ROWS = 16, 24, 12, 20, 11, 6
"""The maze's cells in pixels: the first one's corner, the steps, and how many there are."""
PEN_Y = 152.0
"""The middle of the pens under the maze, where worriors wait."""
_CORNER = (20, 76)  # a pixel of the maze's upper wall, by row and column


class WizardOfWorRenderer(AtariRenderer):
    """Worriors, monsters and shots from the game's table in RAM; walls from the picture."""

    aims = ("monster", "rival")
    closed = "You are not in the maze: you wait in your pen (push up to leave it), or the next dungeon begins"

    def see(self, shot: Shot) -> Scene:
        """Returns worriors, monsters and shots, and which ways are open to each worrior."""
        worriors = [thing for seat, slot in SLOTS.items() if (thing := _find(shot, slot, owner=seat))]
        monsters = [thing for slot in range(6) if (thing := _find(shot, slot))]
        open_to = {
            each.owner: (f"Open to you: {', '.join(find_open(shot.now.screen, each.center)) or 'nothing'}",)
            for each in worriors
            if each.owner
        }
        return Scene(things=(*worriors, *monsters, *_find_shots(shot)), own_lines=open_to)

    def brief(self, view: View) -> str:
        """Returns what the seat looks like, how the maze is laid out and how to shoot."""
        color, side = ("yellow", "right") if view.seat == view.seats[0] else ("blue", "left")
        return (
            f"You are the {color} worrior; your pen is under the maze on the {side}, push up to leave it. The maze "
            "has 11 columns (12 pixels each, the first at x 20) and 6 rows (20 each, the first at y 32); doors at "
            "the sides lead from one to the other. Fire shoots the way you face, one shot at a time; a shot kills "
            "monsters and the other worrior. Monsters and their shots kill you. Garwors and thorwors may be "
            "invisible in the maze, the radar shows them all."
        )

    def extra(self, view: View) -> Sequence[str]:
        """Returns which ways are open."""
        scene = self.scene(view)
        lines = scene.own_lines.get(view.seat)
        return (lines[0].replace("Open to you:", "open"),) if lines else ("not in the maze",)


def find_open(screen: Screen, at: Offset) -> list[str]:
    """Returns the ways without a wall from a place of the maze: between two cells of a row or column, along it."""
    wall = int(screen[_CORNER])
    x, y = at[0] - 3.5 - LEFT, at[1] - 7.5 - TOP
    column, row = min(max(round(x / WIDE), 0), COLUMNS - 1), round(y / HIGH)
    if not 0 <= row < ROWS:
        return ["up"]
    across, down = abs(x - WIDE * column) > 1, abs(y - HIGH * row) > 1
    left, top = LEFT + WIDE * column, TOP + HIGH * row
    gaps = {
        "up": (screen[top - 3, left + 1 : left + 7], down, across),
        "down": (screen[top + HIGH - 3, left + 1 : left + 7], down, across),
        "left": (screen[top + 2 : top + 14, left - 2], across, down),
        "right": (screen[top + 2 : top + 14, left + WIDE - 2], across, down),
    }
    return [
        way
        for way, (gap, along, aside) in gaps.items()
        if along or (not aside and int((gap == wall).sum()) * 2 < gap.size)
    ]


def _find(shot: Shot, slot: int, owner: str | None = None) -> Thing | None:
    now = _read_slot(shot.now, slot)
    if now is None:
        return None
    before = _read_slot(shot.earlier, slot) if shot.earlier else None
    kind = int(shot.now.ram[80 + slot])
    note = FACING.get(int(shot.now.ram[64 + slot]), "") if owner else KINDS.get(kind, "")
    return make_spot("worrior" if owner else "monster", now, before, size=(8, 16), owner=owner, note=note)


def _read_slot(look: Look, slot: int) -> Offset | None:
    """Returns the middle of a sprite: its left edge is at `ram[48 + slot] - 3`, its top at `142 - ram[40 + slot]`."""
    ram = look.ram.astype(int)
    if not 0 < ram[80 + slot] <= ALIVE_MOST or not ram[48 + slot]:
        return None
    return (float(ram[48 + slot]) - 3 + 3.5, min(142 - float(ram[40 + slot]) + 7.5, PEN_Y))


def _find_shots(shot: Shot) -> Iterable[Thing]:
    for owner, (column, row) in SHOTS.items():
        places = [
            (float(look.ram[column]) - 4, 138.5 - float(look.ram[row]))
            if look is not None and look.ram[column]
            else None
            for look in (shot.now, shot.earlier)
        ]
        if places[0] is not None:
            yield make_spot("shot" if owner else "monster's shot", places[0], places[1], size=(1, 2), whose=owner)
