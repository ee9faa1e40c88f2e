"""Words for Frostbite: Bailey, the four rows of ice floes, what crosses them, and the igloo."""

from collections.abc import Iterable, Sequence

import numpy as np

from universe.atari.shot import Look, Screen, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.atari.sprites import list_seats, make_spot
from universe.view import View

ROWS = (96, 122, 148, 174)
"""The top of each row of floes."""
WHITE, BLUE = 12, 152
STANDING = {53: 1, 79: 2, 105: 3, 131: 4}
"""The row of floes that Bailey stands on, by `ram[100]`, which counts from 27 on the shore."""
SHORE = 28
KINDS = (
    (18, 26, "goose"),
    (33, 39, "crab"),
    (49, 55, "crab"),
    (65, 71, "clam"),
    (93, 99, "clam"),
    (108, 114, "fish"),
    (123, 129, "fish"),
)
"""Animals by `ram[35 + lane]`."""
DANGERS = ("goose", "crab", "clam", "bear")
NO_BEAR, NO_IGLOO, WHOLE = 140, 255, 15
SUNK, TALL = 107, 18
"""`ram[107]` counts the pixels by which Bailey has sunk, who is so tall."""
FIELD = 8  # pixels at the left edge that show nothing
_NARROWEST = 5  # pixels of a floe that count


class FrostbiteRenderer(AtariRenderer):
    """Bailey and animals by RAM, floes by the picture."""

    aims = ("danger", "fish")
    closed = "Bailey is in the water and a life is lost"

    def see(self, shot: Shot) -> Scene:
        """Returns Bailey, the animals, the bear, and lines on the floes and the igloo."""
        seat = list_seats(shot)[0]
        bailey = _find_bailey(shot, seat)
        animals = [thing for lane in range(len(ROWS)) for thing in _find_animals(shot, lane)]
        things = [*([bailey] if bailey else []), *animals, *_find_bear(shot)]
        lines = [_tell_row(shot, number, bailey) for number in range(len(ROWS))]
        lines.append(tell_igloo(int(shot.now.ram[77])))
        heat = int(shot.now.ram[101])
        return Scene(
            things=tuple(things), lines=tuple(lines), clock=f"{heat >> 4}{heat & 15} degrees before you freeze"
        )

    def brief(self, view: View) -> str:
        """Returns what Bailey can do."""
        return (
            "You are Bailey, on the shore above four rows of ice floes that drift sideways. Down jumps to the row "
            "below, up to the row above (or the shore); you can steer in the air, and must land on a floe. A stick "
            "held goes on jumping. Fire turns the row that you stand on to drift the other way, for a block of the "
            "igloo. Of each row you are told how far below you it is, where the middles of its floes are as seen "
            "from you (a floe reaches 12 to either side, later 8), and which way it drifts."
        )

    def pick(self, name: str, scene: Scene, view: View) -> Iterable[Thing]:
        """Returns every animal that harms as a danger."""
        if name == "danger":
            return [thing for thing in scene.things if thing.name in DANGERS]
        return super().pick(name, scene, view)

    def extra(self, view: View) -> Sequence[str]:
        """Returns where Bailey stands, and the state of the igloo."""
        scene = self.scene(view)
        own = scene.own(view.seat)
        igloo = "igloo done" if any("whole" in line for line in scene.lines) else "igloo not done"
        white = sum(": white" in line for line in scene.lines)
        return (own.note if own else "in the water", f"{white} white rows", igloo)


def find_floes(screen: Screen, row: int) -> tuple[str, list[float]]:
    """Returns the colour of a row of floes, counted from 0, and the middle of each, from the left."""
    band = screen[ROWS[row] + 2 : ROWS[row] + 5, FIELD:]
    color = WHITE if (band == WHITE).sum() > (band == BLUE).sum() else BLUE
    columns = np.flatnonzero((band == color).any(axis=0)) + FIELD
    parts = np.split(columns, np.flatnonzero(np.diff(columns) > _NARROWEST) + 1)
    middles = [float(part[0] + part[-1]) / 2 for part in parts if part.size > _NARROWEST]
    return ("white" if color == WHITE else "blue", middles)


def tell_igloo(blocks: int) -> str:
    """Returns how far the igloo is, by `ram[77]`."""
    if blocks == NO_IGLOO:
        return "Igloo: nothing yet"
    return "Igloo: whole, its door is at x 123" if blocks >= WHOLE else f"Igloo: {blocks + 1} of {WHOLE + 1} blocks"


def _find_bailey(shot: Shot, seat: str) -> Thing | None:
    now, before = (_read_bailey(look) if look else None for look in (shot.now, shot.earlier))
    if now is None:
        return None
    height = int(shot.now.ram[100])
    if shot.now.ram[SUNK]:
        return make_spot("Bailey", now, before, size=(8, TALL), owner=seat, note="sinking, a life is lost")
    note = f"on row {STANDING[height]}" if height in STANDING else "on the shore" if height <= SHORE else "jumping"
    return make_spot("Bailey", now, before, size=(8, TALL), owner=seat, note=note)


def _read_bailey(look: Look) -> Offset | None:
    """Returns the middle of Bailey: left edge at `ram[102]`, top at `ram[100] + 29`; `None` when he has sunk."""
    sunk = int(look.ram[SUNK])
    return None if sunk >= TALL else (float(look.ram[102]) + 3.5, float(look.ram[100]) + 37.5 + sunk)


def _find_animals(shot: Shot, lane: int) -> list[Thing]:
    """Returns the animals of a lane, counted from the lowest: left edge at `ram[84 + lane]`, of a pair 32 further."""
    ram, earlier = shot.now.ram, shot.earlier
    kind = next((name for low, high, name in KINDS if low <= int(ram[35 + lane]) <= high), None)
    if kind is None:
        return []
    places = [int(ram[84 + lane])] + ([int(ram[84 + lane]) + 32] if ram[88 + lane] else [])
    step = int(ram[84 + lane]) - int(earlier.ram[84 + lane]) if earlier else None
    y = ROWS[-1] - 14 - 26 * lane + 3.0
    return [
        make_spot(kind, (x + 3.5, y), None if step is None else (x + 3.5 - step, y), size=(8, 7))
        for x in places
        if FIELD // 2 < x < 154
    ]


def _find_bear(shot: Shot) -> list[Thing]:
    if int(shot.now.ram[104]) == NO_BEAR:
        return []
    now, before = (
        (float(look.ram[104]) + 9.5, 65.5) if look and int(look.ram[104]) != NO_BEAR else None
        for look in (shot.now, shot.earlier)
    )
    return [make_spot("bear", now, before, size=(14, 16))] if now else []


def _tell_row(shot: Shot, row: int, bailey: Thing | None) -> str:
    color, middles = find_floes(shot.now.screen, row)
    x, y = bailey.center if bailey else (0.0, 0.0)
    down = ROWS[row] - (y + 9)
    where = (
        f" ({abs(down):.0f} {'down' if down >= 0 else 'up'})"
        if bailey and abs(down) > 6
        else " (under you)" * bool(bailey)
    )
    told = [_tell_side(middle - x) if bailey else f"x {middle:.0f}" for middle in middles]
    return f"Row {row + 1}{where}: {color}; floes {', '.join(told) or 'none'}{_tell_drift(shot, row, middles)}"


def _tell_side(across: float) -> str:
    return f"{abs(across):.0f} {'right' if across > 0 else 'left'}" if round(across) else "right here"


def _tell_drift(shot: Shot, row: int, middles: Sequence[float]) -> str:
    if shot.earlier is None:
        return ""
    before = find_floes(shot.earlier.screen, row)[1]
    steps = [now - then for now in middles for then in before if abs(now - then) < _NARROWEST]
    drift = float(np.median(steps)) if steps else 0.0
    return f"; drifting {'right' if drift > 0 else 'left'}" if abs(drift) >= 1 else ""
