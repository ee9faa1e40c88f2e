"""Words for Tennis: two players who change ends, the ball and its shadow, all read from RAM."""

from collections.abc import Sequence

from universe.atari.shot import APART, Ram, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.measure import Aim
from universe.renderers.atari.motion import subtract
from universe.renderers.atari.scene import Scene, Thing
from universe.renderers.atari.shapes import Box
from universe.view import View

SEATS = ("first_0", "second_0")
POINTS = ("0", "15", "30", "40", "advantage")
_COLORS = {"first_0": "light-red", "second_0": "light-blue"}

# Addresses by regression of all 128 bytes against the pixels of random play.
_ENDS = 80  # 0 while the first seat plays at the upper end
_PLAYERS = {"upper": (26, 24, 166, 30), "lower": (27, 25, 167, 31)}  # x, y from below, its base, the picture drawn
_FACING_RIGHT = 132
_BALL_X, _BALL_HEIGHT, _SHADOW_HEIGHT = 16, 54, 55
_AWAY = 2  # the ball's x between a point and the serve
_PAUSE = 75  # frames until the server has the ball
_POINTS, _GAMES = (69, 70), (71, 72)
_HAND = 77  # the ball's x while it waits for the serve
_WAITING = {7: "lower", 143: "upper"}  # the shadow's height while the server at an end has the ball


class TennisRenderer(AtariRenderer):
    """Places on the screen; the ball is drawn above the spot of the court that its shadow marks."""

    level = "exact"

    aims = ("ball",)
    closed = "You are not to be seen"

    def see(self, shot: Shot) -> Scene:
        """Returns ball, shadow and players, who serves, and the score in games and points."""
        ram, earlier = shot.now.ram, shot.earlier.ram if shot.earlier else None
        serves = find_server(ram)
        return Scene(
            things=(*find_ball(ram, earlier), *(find_player(seat, ram, earlier) for seat in SEATS)),
            own_lines={seat: (tell_end(seat, ram, serves),) for seat in SEATS},
            scores={
                seat: 4 * int(ram[_GAMES[number]]) + int(ram[_POINTS[number]]) for number, seat in enumerate(SEATS)
            },
            phase="no ball" if int(ram[_BALL_X]) == _AWAY else "serve" if serves else "",
        )

    def brief(self, view: View) -> str:
        """Returns the seat's colour, and how to meet the ball."""
        return (
            f"You are the {_COLORS[view.seat]} player, 12 wide and 23 high. The court's lines run from y 48 to y 179, "
            "79 wide above and 112 wide below, its middle is x 80, the net at y 99 to 112. The players change ends "
            "after odd games. The shadow is where the ball is over the court. You swing by yourself at a ball that "
            "passes within 9 pixels to your left or right; you move 1 pixel a frame; `fire` serves."
        )

    def tell_score(self, scene: Scene, view: View) -> Sequence[str]:
        """Returns games and points."""
        ram = self.shot(view).now.ram
        mine, theirs = (0, 1) if view.seat == SEATS[0] else (1, 0)
        games, points = [int(ram[at]) for at in _GAMES], [POINTS[min(int(ram[at]), 4)] for at in _POINTS]
        return [
            f"Score: games you {games[mine]}, rival {games[theirs]}; points you {points[mine]}, rival {points[theirs]}"
        ]

    def find_aims(self, view: View) -> list[Aim]:
        """Returns the ball by its shadow, and where it will cross the seat's line if it comes its way."""
        scene = self.scene(view)
        own, shadow = scene.own(view.seat), next(iter(scene.find("shadow")), None)
        if own is None or shadow is None:
            return []
        feet = own.box[1] + own.box[3] - 1
        across, down = shadow.center[0] - own.center[0], shadow.center[1] - feet
        aims = [Aim("the ball", (across, down), shadow.velocity)]
        if shadow.velocity and shadow.velocity[1] * down < 0:
            aims.append(Aim("the crossing", (across - down * shadow.velocity[0] / shadow.velocity[1], 0.0)))
        return aims

    def extra(self, view: View) -> Sequence[str]:
        """Returns whose serve it is, where somebody has the ball."""
        ram = self.shot(view).now.ram
        server = find_server(ram)
        if not server:
            return ()
        return ("mine to serve",) if server == find_end(view.seat, ram) else ("theirs to serve",)


def find_end(seat: str, ram: Ram) -> str:
    """Returns the end at which a seat plays now."""
    return "upper" if (int(ram[_ENDS]) == 0) == (seat == SEATS[0]) else "lower"


def find_server(ram: Ram) -> str | None:
    """Returns the end whose player has the ball to serve it; `None` in play and between points."""
    return _WAITING.get(int(ram[_SHADOW_HEIGHT])) if int(ram[_BALL_X]) == _HAND else None


def find_box(end: str, ram: Ram) -> Box:
    """Returns the rectangle round the player at an end."""
    x, y, base, picture = _PLAYERS[end]
    lean = 2 if int(ram[picture]) == _FACING_RIGHT else -2
    return (int(ram[x]) + lean, base - int(ram[y]), 12, 23)


def find_player(seat: str, ram: Ram, earlier: Ram | None) -> Thing:
    """Returns a player."""
    end = find_end(seat, ram)
    thing = Thing(name="player", box=find_box(end, ram), owner=seat)
    if earlier is None or find_end(seat, earlier) != end:
        return thing
    before = Thing(name="player", box=find_box(end, earlier)).center
    return Thing(name="player", box=thing.box, owner=seat, velocity=subtract(thing.center, before, APART))


def find_ball(ram: Ram, earlier: Ram | None) -> list[Thing]:
    """Returns the ball and its shadow; nothing between a point and the serve."""
    places = _find_places(ram)
    before = _find_places(earlier) if earlier is not None else {}
    things = [Thing(name=name, box=box) for name, box in places.items()]
    return [Thing(name=thing.name, box=thing.box, velocity=_moved(thing, before.get(thing.name))) for thing in things]


def _find_places(ram: Ram) -> dict[str, Box]:
    if int(ram[_BALL_X]) == _AWAY:
        return {}
    left = int(ram[_BALL_X]) - 2
    heights = {"ball": int(ram[_BALL_HEIGHT]), "shadow": int(ram[_SHADOW_HEIGHT])}
    return {name: (left, 189.5 - height, 2, 2) for name, height in heights.items()}


def _moved(thing: Thing, before: Box | None) -> tuple[float, float] | None:
    return subtract(thing.center, Thing(name="", box=before).center, APART) if before else None


def tell_end(seat: str, ram: Ram, server: str | None) -> str:
    """Returns where a seat plays, and who has the ball."""
    end = find_end(seat, ram)
    line = f"You play at the {end} end."
    if int(ram[_BALL_X]) == _AWAY:
        return f"{line} No ball: the server gets it in {int(ram[_PAUSE])} frames."
    if not server:
        return line
    return f"{line} {'You serve, with fire' if server == end else 'Your rival serves'}."
