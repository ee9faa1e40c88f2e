"""Words for Mario Bros.: two plumbers under floors on which pests walk, to be bumped from below and kicked off."""

from collections.abc import Sequence

from universe.atari.shot import Look, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.atari.sprites import list_seats, make_spot
from universe.view import View

TABLE = 138
"""`ram[42 + seat]` on the bottom floor."""
FLOORS = {138: "on the bottom floor", 98: "on the second floor", 58: "on the third floor", 20: "on the top floor"}
"""Where a plumber stands, by `ram[42 + seat]`."""
KINDS = ((128, 131, "turtle"), (144, 159, "crab"), (160, 175, "fly"), (176, 191, "ice"))
"""Pests on their feet by `ram[107 + slot]`; less is a pest on its back, more one that has been kicked off."""
KICKED = 192
N_PESTS, COIN = 4, 4
"""Slots of pests, and the slot of a coin that rolls out for a kicked one."""
BONUS = 3
"""`ram[3]` in a round of coins without pests."""
FIREBALL, POW = 58, (141, 72)
"""The fireball's colour, and a pixel of the block that shakes every floor."""
TALL = 21


class MarioBrosRenderer(AtariRenderer):
    """Plumbers and pests by RAM."""

    aims = ("flipped pest", "pest", "coin", "fireball")

    def see(self, shot: Shot) -> Scene:
        """Returns the plumbers, the pests and the fireball, and whether the block is there."""
        seats = [seat for seat in list_seats(shot) if shot.lives[seat] >= 0]
        plumbers = [_find_plumber(shot, number, seat) for number, seat in enumerate(list_seats(shot)) if seat in seats]
        bonus = int(shot.now.ram[3]) == BONUS
        pests = [thing for slot in range(N_PESTS + 1) if not bonus and (thing := _find_pest(shot, slot))]
        block = int(shot.now.screen[POW]) != 0
        lines = ("The POW block is there (x 80, y 144).",) if block else ("The POW block is used up.",)
        return Scene(
            things=(*plumbers, *pests, *_find_fireball(shot)), lines=lines, phase="bonus round" if bonus else ""
        )

    def brief(self, view: View) -> str:
        """Returns which plumber is the seat's, where the floors are, and how to get rid of pests."""
        color = "purple" if view.seat == view.seats[0] else "green"
        return (
            f"You are the {color} plumber. Floors, by their tops: bottom y 174; second y 135 (gap x 48-111); third y "
            "95 (gaps x 16-31 and 128-143); top y 57 (gap x 64-95). The left and the right edge are joined. Fire "
            "jumps, about 18 high; a jump under a floor bumps it and flips a pest that walks above you. Touch a "
            "flipped pest to kick it off; a pest on its feet kills you, and so does the fireball. A jump under the "
            "POW block flips every pest."
        )

    def extra(self, view: View) -> Sequence[str]:
        """Returns the floor that the seat stands on."""
        own = self.scene(view).own(view.seat)
        return (own.note,) if own is not None and own.note else ()


def _find_plumber(shot: Shot, number: int, seat: str) -> Thing:
    now = _read_plumber(shot.now, number)
    before = _read_plumber(shot.earlier, number) if shot.earlier else None
    note = FLOORS.get(int(shot.now.ram[42 + number]), "in the air")
    return make_spot("plumber", now, before, size=(8, TALL), owner=seat, note=note)


def _read_plumber(look: Look, number: int) -> Offset:
    """Returns the middle of a plumber: left edge at `ram[44 + seat] - 6`, top at `ram[42 + seat] + 14`."""
    return (float(look.ram[44 + number]) - 2.5, float(look.ram[42 + number]) + 14 + (TALL - 1) / 2)


def _find_pest(shot: Shot, slot: int) -> Thing | None:
    state = int(shot.now.ram[107 + slot])
    if not 0 < state < KICKED:
        return None
    before = _read_pest(shot.earlier, slot) if shot.earlier and shot.earlier.ram[107 + slot] else None
    kind = next((name for low, high, name in KINDS if low <= state <= high), "")
    name = "coin" if slot == COIN else "pest" if kind else "flipped pest"
    return make_spot(name, _read_pest(shot.now, slot), before, size=(8, 9), note="" if slot == COIN else kind)


def _read_pest(look: Look, slot: int) -> Offset:
    """Returns the middle of a pest: left edge at `ram[95 + slot] - 6`, bottom at `ram[89 + slot] + 37`."""
    return (float(look.ram[95 + slot]) - 2.5, float(look.ram[89 + slot]) + 32)


def _find_fireball(shot: Shot) -> list[Thing]:
    screens = (shot.now.screen, shot.now.before)
    if not any(bool((screen[24:178] == FIREBALL).any()) for screen in screens):
        return []
    now, before = (
        (float(look.ram[115]) - 2, float(look.ram[116]) + 30.5) if look else None for look in (shot.now, shot.earlier)
    )
    return [make_spot("fireball", now, before, size=(8, 12))] if now else []
