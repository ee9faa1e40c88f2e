"""Cards of the Atari games for two that fight, race or play ball, and of their neighbours for one."""

from universe.card import Baseline, EnvCard, Kwarg
from universe.cards.atari import ALL_STICKS, atari_card

ATARI_DUELS: tuple[EnvCard, ...] = (
    atari_card(
        env_id="atari/boxing_v2",
        title="Boxing",
        summary="Two boxers seen from above, for two minutes or until one has a hundred points.",
        rules=(
            "A boxer moves one pixel a frame in eight directions and cannot pass through the other or the ropes. Fire "
            "strikes with the arm on the rival's side; the glove is out after about 8 frames and the next punch is "
            "ready after about 40. It lands where the heads are 12 to 27 pixels apart across and 10 to 26 up or down: "
            "two points up to 17 or 18 across, else one; at the same height it passes the head. Who is hit is pushed "
            "away and cannot act for a quarter of a second."
        ),
        reward="A punch that lands pays 1 or 2, the other loses as much.",
        renderer="universe.renderers.atari.boxing:BoxingRenderer",
        sticks=ALL_STICKS,
        frames=15,
        fire_frames=8,
        baseline={"first": Baseline(mean=0, sd=1, episodes=1), "second": Baseline(mean=0, sd=1, episodes=1)},
        typical_turns=475,
        max_turns=480,
        horizon="It ends after two minutes of play, or at a hundred points.",
        trains=("tactics", "navigation"),
    ),
    atari_card(
        env_id="atari/combat_tank_v2",
        title="Combat (tanks)",
        summary="Two tanks between walls; a shell counts when it has bounced off a wall.",
        rules=(
            "Up drives where the tank faces, left and right turn it by 22.5 degrees each 15 frames. A shell flies where "
            "the tank faces, two pixels a frame, and bounces off walls; a new one can be fired when the last has died "
            "out. With `billiard_hit` it hits only after a bounce, and a direct shot flies through the rival; without it "
            "direct shots hit and walls stop shells. Who is hit is thrown about and faces another way. Tanks do not pass "
            "walls or each other. With `is_invisible` tanks are to be seen only when they fire, are hit or touch a wall."
        ),
        reward="A hit pays 1, who is hit loses 1.",
        renderer="universe.renderers.atari.combat:TankRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "UPRIGHT", "UPLEFT", "UPFIRE", "RIGHTFIRE", "LEFTFIRE"),
        frames=15,
        baseline={"first": Baseline(mean=0, sd=1, episodes=1), "second": Baseline(mean=0, sd=1, episodes=1)},
        typical_turns=500,
        max_turns=500,
        horizon="It ends after 8181 frames, about 545 decisions of 15.",
        trains=("tactics", "navigation", "prediction"),
        variants=(
            Kwarg(name="has_maze", default=True, meaning="Whether there are walls inside the field."),
            Kwarg(name="is_invisible", default=False, meaning="Whether tanks are hidden most of the time."),
            Kwarg(name="billiard_hit", default=True, meaning="Whether shells must bounce before they hit."),
        ),
    ),
    atari_card(
        env_id="atari/combat_plane_v2",
        title="Combat (planes)",
        summary="Two planes that never stop shoot at each other between clouds.",
        rules=(
            "A plane flies where it faces; who leaves the field comes back on the other side. Biplanes turn by up (to the "
            "right) and down (to the left) and go slower or faster by left and right; jets turn by left and right. A turn "
            "is 22.5 degrees, one in 15 frames. A missile flies two pixels a frame and dies out; with `guided_missile` "
            "it turns as its plane's stick does, else it flies straight. Clouds hide planes and missiles."
        ),
        reward="A hit pays 1, who is hit loses 1.",
        renderer="universe.renderers.atari.combat:PlaneRenderer",
        sticks=(
            *("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN"),
            *("UPFIRE", "RIGHTFIRE", "LEFTFIRE", "DOWNFIRE"),
        ),
        frames=15,
        baseline={"first": Baseline(mean=0, sd=1, episodes=1), "second": Baseline(mean=0, sd=1, episodes=1)},
        typical_turns=500,
        max_turns=500,
        horizon="It ends after 8181 frames, about 545 decisions of 15.",
        trains=("tactics", "navigation", "prediction"),
        variants=(
            Kwarg(name="game_version", default="bi-plane", choices=("bi-plane", "jet"), meaning="What is flown."),
            Kwarg(name="guided_missile", default=True, meaning="Whether missiles can be steered in flight."),
        ),
    ),
    atari_card(
        env_id="atari/space_war_v2",
        title="Space War",
        summary="Two ships that drift and bounce shoot at each other; ten hits win.",
        rules=(
            "Left and right turn the ship by 22.5 degrees each 8 frames; up pushes it where it faces, and it keeps its "
            "speed. Ships and missiles bounce off the edges; ships fly through each other. A missile flies two pixels a "
            "frame where the ship faces, and dies out after about two seconds. Each ship has eight shots; when both have "
            "none left, both get eight again. Who is hit flies on."
        ),
        reward="A hit pays 1, who is hit loses 1.",
        renderer="universe.renderers.atari.space_war:SpaceWarRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "UPRIGHT", "UPLEFT", "UPFIRE", "RIGHTFIRE", "LEFTFIRE"),
        frames=8,
        baseline={"first": Baseline(mean=0, sd=1, episodes=1), "second": Baseline(mean=0, sd=1, episodes=1)},
        typical_turns=500,
        max_turns=500,
        horizon="It ends when a ship has hit ten times.",
        trains=("tactics", "navigation", "prediction"),
    ),
)
