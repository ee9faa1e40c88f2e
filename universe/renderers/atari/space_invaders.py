"""Words for Space Invaders: two cannons side by side under a block of invaders that marches down."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from universe.atari.shot import Look, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.scene import Scene, Thing
from universe.renderers.atari.sprites import make_spot
from universe.renderers.atari.words import place, subtract
from universe.view import View

SEATS = ("first_0", "second_0")
CANNON_Y, SHIELD_Y, SHIP_Y = 189.5, 157, 16.0
INVADER, SHIELD, SHIP = 20, 52, 82
"""Colours; invaders are told only where some are drawn, for they can be invisible."""
ROWS, COLUMNS, ROW, COLUMN = 6, 6, 18, 16
"""The block, and the pixels from one invader to the next."""
GROUND, TOP, BARREL = 94, 8, 86
"""Rows of the game's own count, two pixels each: the ground, where shots leave the screen, and a shot not yet fired."""
HIT = {"first_0": 4, "second_0": 2}
"""The bit of `ram[42]` that is set while a cannon bursts."""


@dataclass(frozen=True, slots=True)
class Block:
    """The invaders: the middle of each that is alive, by column, the lowest first."""

    columns: tuple[tuple[tuple[float, float], ...], ...]

    @property
    def n_alive(self) -> int:
        """How many there are."""
        return sum(map(len, self.columns))

    @property
    def lowest(self) -> list[tuple[float, float]]:
        """The lowest of each column that has any, from the left."""
        return [column[0] for column in self.columns if column]


class SpaceInvadersRenderer(AtariRenderer):
    """Cannons, bombs and shots from RAM, the block of invaders from its bits."""

    level = "exact"

    aims = ("bomb", "invader", "mother ship")
    axis = "x"

    def see(self, shot: Shot) -> Scene:
        """Returns cannons, bombs, shots, the mother ship, and the lowest invader of each column."""
        block, before = read_block(shot.now), read_block(shot.earlier) if shot.earlier else None
        cannons = [_find_cannon(shot, number) for number in range(len(SEATS))]
        columns = [Thing(name="invader", box=(x - 3.5, y - 4.5, 8, 10)) for x, y in block.lowest]
        things = [*cannons, *_find_bombs(shot), *_find_shots(shot), *_find_ship(shot), *columns]
        own = {cannon.owner: _tell_block(block, before, shot.now, cannon) for cannon in cannons if cannon.owner}
        return Scene(things=tuple(things), own_lines=own)

    def brief(self, view: View) -> str:
        """Returns which cannon is the seat's, and what scores."""
        color = "green" if view.seat == view.seats[0] else "tan"
        return (
            f"You are the {color} cannon at the bottom; cannons pass through each other and one shot of yours is in "
            "the air at a time. Left and right move you 1 pixel every other frame. Invaders: of each column you are "
            "told the lowest one. Shields stop shots and bombs and crumble."
        )

    def tell(self, thing: Thing, scene: Scene, view: View) -> str:
        """Returns nothing for single invaders: a line tells of all columns."""
        return "" if thing.name == "invader" else super().tell(thing, scene, view)

    def pick(self, name: str, scene: Scene, view: View) -> Iterable[Thing]:
        """Returns bombs that are still above the ground and near enough to matter, invaders by their column."""
        if name == "bomb":
            own = scene.own(view.seat)
            return [bomb for bomb in scene.find("bomb") if own and abs(bomb.center[0] - own.center[0]) < 2 * COLUMN]
        return super().pick(name, scene, view)

    def extra(self, view: View) -> Sequence[str]:
        """Returns whether the shot is in the air, and what stands over the seat."""
        scene = self.scene(view)
        flying = any(thing.whose == view.seat for thing in scene.find("shot"))
        over = [line for line in scene.own_lines.get(view.seat, ()) if line.startswith("Over you: ")]
        return ("shot in the air" if flying else "shot ready", *[line.removeprefix("Over you: ") for line in over])


def read_block(look: Look) -> Block:
    """Returns the invaders by RAM: a byte for each row from `ram[18]` up, its lowest bit the leftmost column.

    The block's left edge is at `ram[26] - 1`, the top of its top row at `31 + 2 * ram[16]`.
    """
    if not (look.screen[24:184] == INVADER).any():
        return Block(())
    ram = look.ram.astype(int)
    left, top = ram[26] - 1, 31 + 2 * ram[16]
    return Block(
        tuple(
            tuple(
                (float(left + COLUMN * column) + 3.5, float(top + ROW * (ROWS - 1 - row)) + 4.5)
                for row in range(ROWS)
                if ram[18 + row] >> column & 1
            )
            for column in range(COLUMNS)
        )
    )


def find_shields(look: Look) -> list[float]:
    """Returns the middle of each shield that still has something standing, from the left."""
    columns = np.flatnonzero((look.screen[SHIELD_Y : SHIELD_Y + 18] == SHIELD).any(axis=0))
    parts = np.split(columns, np.flatnonzero(np.diff(columns) > COLUMN) + 1)
    return [float(part[0] + part[-1]) / 2 for part in parts if part.size]


def _find_cannon(shot: Shot, number: int) -> Thing:
    seat, address = SEATS[number], 28 + number
    now = (float(shot.now.ram[address]) + 2.0, CANNON_Y)
    before = (float(shot.earlier.ram[address]) + 2.0, CANNON_Y) if shot.earlier else None
    hit = int(shot.now.ram[42]) & HIT[seat]
    return make_spot("cannon", now, before, size=(7, 10), owner=seat, note="hit and out of action" if hit else "")


def _find_bombs(shot: Shot) -> list[Thing]:
    found = [_read_missile(shot, 81 + number, 83 + number, limit=GROUND) for number in range(2)]
    return [make_spot("bomb", now, before, size=(1, 8)) for now, before in found if now]


def _find_shots(shot: Shot) -> list[Thing]:
    things: list[Thing] = []
    for number, seat in enumerate(SEATS):
        now, before = _read_missile(shot, 85 + number, 87 + number, limit=BARREL)
        if now:
            things.append(make_spot("shot", now, before, size=(1, 8), whose=seat))
    return things


def _read_missile(
    shot: Shot, row: int, column: int, *, limit: int
) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
    """Returns the middle of a missile now and before, by the addresses of its row and column; `None` where none is."""
    places: list[tuple[float, float] | None] = []
    for look in (shot.now, shot.earlier):
        flying = look is not None and TOP <= int(look.ram[row]) < limit
        places.append((float(look.ram[column]) - 2, 2.0 * int(look.ram[row]) + 8) if look and flying else None)
    return places[0], places[1]


def _find_ship(shot: Shot) -> list[Thing]:
    if not (shot.now.screen[:24] == SHIP).any():
        return []
    now = (float(shot.now.ram[30]) + 2.5, SHIP_Y)
    before = (float(shot.earlier.ram[30]) + 2.5, SHIP_Y) if shot.earlier else None
    return [make_spot("mother ship", now, before, size=(7, 8))]


def _tell_block(block: Block, before: Block | None, look: Look, cannon: Thing) -> tuple[str, ...]:
    x = cannon.center[0]
    shields = find_shields(look)
    over = "a shield" if any(abs(shield - x) < 5 for shield in shields) else "nothing but sky and invaders"
    lines = [f"Over you: {over}"]
    if shields:
        lines.append(f"Shields: {'; '.join(place((shield - x, 0.0)) for shield in shields)}")
    if not block.n_alive:
        return (*lines, "No invader is to be seen.")
    marching = ""
    if before is not None and before.lowest and before.n_alive == block.n_alive:
        step = block.lowest[0][0] - before.lowest[0][0]
        marching = ", marching right" if step > 0 else ", marching left" if step < 0 else ""
    lowest = "; ".join(place(subtract(spot, cannon.center)) for spot in block.lowest)
    return (*lines, f"Invaders: {block.n_alive} of {ROWS * COLUMNS}{marching}; lowest of each column: {lowest}")
