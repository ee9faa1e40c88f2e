"""Cards of Atari games that are told by their shapes alone: what pays and what is what has to be found out."""

from universe.card import Baseline, EnvCard
from universe.cards.atari import atari_card

_RULES = (
    "You are told shapes, not what they are: which of them you steer, what helps and what harms you have to find out. "
)
_RENDERER = "universe.renderers.atari.generic:GenericRenderer"

BOWLING = atari_card(
    env_id="atari/bowling_v1",
    cartridge="bowling",
    title="Bowling",
    summary="A ball, a lane and ten pins, told by their shapes.",
    rules=_RULES + "A ball that rolls is paid for the pins that it knocks down.",
    reward="Points by the pins that fall, as the game's own score counts them.",
    renderer=_RENDERER,
    sticks=("NOOP", "FIRE", "UP", "DOWN", "UPFIRE", "DOWNFIRE"),
    frames=12,
    n_seats=1,
    baseline={"first": Baseline(mean=10.5, sd=4.13, episodes=30)},
    typical_turns=300,
    trains=("prediction", "memory"),
)

CARNIVAL = atari_card(
    env_id="atari/carnival_v1",
    cartridge="carnival",
    title="Carnival",
    summary="A shooting gallery, told by its shapes.",
    rules=_RULES + "Targets pass in rows and pay when they are hit; there are only so many shots.",
    reward="Points by the target that is hit.",
    renderer=_RENDERER,
    sticks=("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE"),
    frames=12,
    fire_frames=8,
    n_seats=1,
    baseline={"first": Baseline(mean=624, sd=389, episodes=30)},
    typical_turns=150,
    trains=("prediction", "tactics"),
    horizon="The game ends when there are no more shots.",
)

ATARI_SHAPES: tuple[EnvCard, ...] = (BOWLING, CARNIVAL)
