"""Cards of the Atari games: paddles and balls."""

from universe.card import Baseline, EnvCard, Kwarg
from universe.cards.atari import atari_card

_KNOB = ("NOOP", "FIRE", "RIGHT", "LEFT")
_KNOB_AND_BUTTON = (*_KNOB, "RIGHTFIRE", "LEFTFIRE")
_NINE_WAYS = ("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN", "UPRIGHT", "UPLEFT", "DOWNRIGHT", "DOWNLEFT")
_SIDES = {"first": "right", "second": "left", "third": "right", "fourth": "left"}
_UNTIL_21 = "The game ends when a side has 21 points."


_PAID = "+1 for each point of your side, -1 for each of the rivals; -1 for a serve that is held back too long."


def _serve(button: str = "fire") -> str:
    return (
        f"The first ball comes by itself. After a point the side that made it serves with {button}, about a second "
        "later; a side that does not serve within 119 frames of the point pays 1 (nobody gets it, the score stays), "
        "and the time runs anew."
    )


def _players(default: int) -> tuple[Kwarg, ...]:
    return (Kwarg(name="num_players", default=default, meaning="Seats: two, or four in two teams.", choices=(2, 4)),)


def _even(mean: float, sd: float) -> dict[str, Baseline]:
    """Returns the baselines of two sides, of which one wins what the other loses; `mean` is the right one's."""
    return {
        role: Baseline(mean=mean if side == "right" else -mean, sd=sd, episodes=30) for role, side in _SIDES.items()
    }


PONG = atari_card(
    env_id="atari/pong_v3",
    seeded=False,
    title="Pong",
    summary="Two paddles knock a ball to and fro; who misses it gives the other a point.",
    rules=(
        "A ball that gets past your paddle's edge is a point for the rival; it bounces off the walls above and below. "
        "Where it meets a paddle decides how it leaves: the upper part sends it up, the middle level, the lower part "
        "down, up to 3 pixels a frame; across it goes 1 pixel a frame after a serve, and 2, 3, at last 4 as it is "
        "returned. While who has hit it last holds fire, it rises or falls twice as fast. "
        f"{_serve()} {_UNTIL_21} With four, two paddles share each edge."
    ),
    reward=_PAID,
    renderer="universe.renderers.atari.pong:PongRenderer",
    sticks=_KNOB_AND_BUTTON,
    frames=4,
    max_turns=500,
    horizon=_UNTIL_21,
    baseline=_even(2.87, 6.39),
    typical_turns=500,
    trains=("prediction", "tactics"),
    variants=_players(2),
    most_seats=4,
    teams=_SIDES,
)

BASKETBALL_PONG = atari_card(
    env_id="atari/basketball_pong_v3",
    seeded=False,
    title="Basketball Pong",
    summary="Players run on a floor and bounce a falling ball into the hoop above the rival's half.",
    rules=(
        "A ball that gets into the hoop on the left, from above or from a side, is a point for the right side, and "
        "the reverse, whoever has hit it. The ball falls, 1 pixel a frame faster every 8 frames, and bounces off "
        "floor, walls and players; where it meets a player decides which way it flies. Each side keeps to its half. A "
        f"jump lifts a player at once and holds it there while the button is held. {_serve('jump')} {_UNTIL_21}"
    ),
    reward=_PAID,
    renderer="universe.renderers.atari.court_pong:BasketballPongRenderer",
    sticks=_KNOB_AND_BUTTON,
    frames=6,
    max_turns=500,
    horizon=_UNTIL_21,
    baseline=_even(0.0, 1.68),
    typical_turns=500,
    trains=("prediction", "tactics"),
    variants=_players(2),
    most_seats=4,
    teams=_SIDES,
)

VOLLEYBALL_PONG = atari_card(
    env_id="atari/volleyball_pong_v3",
    seeded=False,
    title="Volleyball Pong",
    summary="Two teams keep a falling ball off their own floor and send it over the net.",
    rules=(
        "A ball that touches the floor of a half is a point for the other side; one that touches the net is a point "
        "against the side from which it flies (the right one, if it falls straight down). The ball falls, 1 pixel a "
        "frame faster every 8 frames, and bounces off walls and players; where it meets a player decides which way it "
        "flies. Each side keeps to its half. A jump lifts a player at once and holds it there while the button is "
        f"held. {_serve('jump')} {_UNTIL_21}"
    ),
    reward=_PAID,
    renderer="universe.renderers.atari.court_pong:VolleyballPongRenderer",
    sticks=_KNOB_AND_BUTTON,
    frames=6,
    max_turns=500,
    horizon=_UNTIL_21,
    baseline=_even(-7.97, 8.81),
    typical_turns=500,
    trains=("prediction", "tactics", "cooperation"),
    n_seats=4,
    most_seats=2,
    variants=_players(4),
    teams=_SIDES,
)

FOOZPONG = atari_card(
    env_id="atari/foozpong_v3",
    seeded=False,
    title="Foozpong",
    summary="Table football: every seat moves columns of men up and down, and shoots at the far goal.",
    rules=(
        "A ball in the opening of the right edge is a point for the left side, and the reverse; elsewhere the edges "
        "are walls. A man that meets the ball sends it towards the rivals' goal, from whichever side it comes, up or "
        "down by where it meets him, and faster as it is touched, up to 4 pixels a frame. From left to right stand "
        "the columns of second, third, second, third, fourth, first, fourth, first; with two seats those of second, "
        f"first, second, first. {_serve()} {_UNTIL_21}"
    ),
    reward=_PAID,
    renderer="universe.renderers.atari.foozpong:FoozpongRenderer",
    sticks=_KNOB,
    frames=6,
    max_turns=500,
    horizon=_UNTIL_21,
    baseline=_even(-0.9, 3.2),
    typical_turns=500,
    trains=("prediction", "cooperation"),
    n_seats=4,
    most_seats=2,
    variants=_players(4),
    teams=_SIDES,
)

QUADRAPONG = atari_card(
    env_id="atari/quadrapong_v4",
    seeded=False,
    title="Quadrapong",
    summary="Four paddles, one at each edge of the court, in two teams: who lets the ball out gives a point.",
    rules=(
        "The lower and the right paddle are a team, the upper and the left one the other. A ball that leaves by the "
        "opening behind a paddle is a point for the other team; corners are walls. Where it meets a paddle decides how "
        f"it leaves, and it gets faster as it is touched, up to 4 pixels a frame. {_serve()} {_UNTIL_21}"
    ),
    reward=_PAID,
    renderer="universe.renderers.atari.pong:QuadrapongRenderer",
    sticks=_KNOB,
    frames=4,
    max_turns=500,
    horizon=_UNTIL_21,
    baseline=_even(0.17, 1.8),
    typical_turns=500,
    trains=("prediction", "cooperation"),
    n_seats=4,
    teams=_SIDES,
)

TENNIS = atari_card(
    env_id="atari/tennis_v3",
    seeded=False,
    title="Tennis",
    summary="Two players return the ball over the net; one set, with ends changed after odd games.",
    rules=(
        "A ball that gets past a player's end of the court is a point for the other; it may bounce, and no ball is "
        "out. A player swings by itself at a ball that passes within 9 pixels to the left or right of its middle, and "
        "does not miss; where the ball meets the player decides its way. Points count 15, 30, 40, game, with "
        "advantage after 40 all; games are served in turn. The server has the ball at x 76 and must stand within 9 "
        "pixels of it to serve with fire; before the serve nobody moves up or down. After 180 frames without a serve "
        "the server pays 1 (nobody gets it). The match ends with six games and a lead of two; at six all the games "
        "start again from nothing."
    ),
    reward="+1 for a point you win, -1 for one you lose; -1 for a serve that is held back too long.",
    renderer="universe.renderers.atari.tennis:TennisRenderer",
    sticks=_NINE_WAYS,
    frames=12,
    max_turns=500,
    horizon="The match ends with six games won and a lead of two.",
    baseline={
        "first": Baseline(mean=-13.6, sd=9.26, episodes=30),
        "second": Baseline(mean=-8.4, sd=6.92, episodes=30),
    },
    typical_turns=500,
    trains=("prediction", "tactics"),
    wins=False,
)

WARLORDS = atari_card(
    env_id="atari/warlords_v3",
    seeded=False,
    title="Warlords",
    summary="Four kings in castles at the corners; a fireball breaks bricks, and who is last alive wins.",
    rules=(
        "A fireball flies from the middle and bounces off edges, shields and bricks; each brick that it hits is gone, "
        "and a king that it hits is dead, his seat out. Shields run round their castle and turn the ball away. The "
        "button, held as the ball meets your shield, keeps it there for as long as you hold it; then it flies on. "
        "When one king is left the game ends."
    ),
    reward="-1 when your king dies, +1 for the last one alive.",
    renderer="universe.renderers.atari.warlords:WarlordsRenderer",
    sticks=_KNOB_AND_BUTTON,
    frames=8,
    max_turns=800,
    horizon="The game ends when one king is left.",
    baseline={
        "first": Baseline(mean=-0.3, sd=0.794, episodes=30),
        "second": Baseline(mean=-0.367, sd=0.765, episodes=30),
        "third": Baseline(mean=-0.8, sd=0.484, episodes=30),
        "fourth": Baseline(mean=-0.467, sd=0.73, episodes=30),
    },
    typical_turns=794,
    trains=("prediction", "tactics", "risk"),
    n_seats=4,
)

BREAKOUT = atari_card(
    env_id="atari/breakout_v1",
    title="Breakout",
    summary="A paddle keeps a ball in play that breaks the bricks of a wall.",
    rules=(
        "Each brick that the ball hits is gone and pays; the ball bounces off walls, bricks and paddle, and where it "
        "meets the paddle decides how it leaves. It gets faster as it is returned and when it reaches the higher "
        "rows, up to 4 pixels a frame. A ball that passes the paddle is lost; there are five, each served with fire. "
        "The game ends when they are lost."
    ),
    reward="1 for a brick of the two lowest rows, 4 for the two in the middle, 7 for the two highest.",
    renderer="universe.renderers.atari.breakout:BreakoutRenderer",
    sticks=_KNOB,
    frames=4,
    max_turns=500,
    horizon="The game ends when five balls are lost.",
    baseline={"first": Baseline(mean=1.5, sd=2.0, episodes=30)},
    typical_turns=174,
    trains=("prediction", "planning"),
    cartridge="breakout",
    n_seats=1,
)

ATARI_PADDLES: tuple[EnvCard, ...] = (
    PONG,
    BASKETBALL_PONG,
    VOLLEYBALL_PONG,
    FOOZPONG,
    QUADRAPONG,
    TENNIS,
    WARLORDS,
    BREAKOUT,
)
