"""Cards of the Atari games for two that fight, race or play ball, and of their neighbours for one."""

from universe.card import Baseline, EnvCard, Kwarg
from universe.cards.atari import ALL_STICKS, atari_card

ATARI_DUELS: tuple[EnvCard, ...] = (
    atari_card(
        env_id="atari/boxing_v2",
        seeded=False,
        title="Boxing",
        summary="Two boxers seen from above, for two minutes or until one has a hundred points.",
        rules=(
            "A boxer moves one pixel a frame in eight directions and cannot pass through the other or the ropes. "
            "Fire strikes with the arm on the rival's side; the glove is out after about 8 frames, and the next "
            "punch is ready after about 40. It lands where the heads are 12 to 26 pixels apart across and 10 to 26 "
            "up or down: for two points up to 16 across, else for one; at the same height it passes the head. Who is "
            "hit is pushed away and cannot act for a quarter of a second."
        ),
        reward="A punch that lands pays 1 or 2, the other loses as much.",
        renderer="universe.renderers.atari.boxing:BoxingRenderer",
        sticks=ALL_STICKS,
        frames=15,
        fire_frames=8,
        baseline={
            "first": Baseline(mean=-4.667, sd=8.43, episodes=30),
            "second": Baseline(mean=4.667, sd=8.43, episodes=30),
        },
        typical_turns=474,
        max_turns=480,
        horizon="It ends after two minutes of play, or at a hundred points.",
        trains=("tactics", "navigation"),
    ),
    atari_card(
        env_id="atari/combat_tank_v2",
        title="Combat (tanks)",
        summary="Two tanks between walls; a shell counts when it has bounced off a wall.",
        rules=(
            "Up drives where the tank faces, left and right turn it by 22.5 degrees each 15 frames. A shell flies "
            "where the tank faces, two pixels a frame, and bounces off walls; a new one can be fired when the last "
            "has died out. With `billiard_hit` it hits only after a bounce, and a direct shot flies through the "
            "rival; without it direct shots hit. Who is hit is thrown about and faces another way. Tanks do not pass "
            "walls or each other. With `is_invisible` tanks are to be seen only when they fire or touch a wall."
        ),
        reward="A hit pays 1, who is hit loses 1.",
        renderer="universe.renderers.atari.combat:TankRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "UPRIGHT", "UPLEFT", "UPFIRE", "RIGHTFIRE", "LEFTFIRE"),
        frames=15,
        baseline={
            "first": Baseline(mean=0.8, sd=3.76, episodes=30),
            "second": Baseline(mean=-0.8, sd=3.76, episodes=30),
        },
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
            "A plane flies where it faces; who leaves the field comes back on the other side. Biplanes turn by up "
            "(to the right) and down (to the left) and go slower or faster by left and right; jets turn by left and "
            "right and go faster or slower by up and down. A turn is 22.5 degrees, one in 15 frames. A missile flies "
            "two pixels a frame and dies out; with `guided_missile` it turns as its plane's stick does, else it "
            "flies straight. Clouds hide planes."
        ),
        reward="A hit pays 1, who is hit loses 1.",
        renderer="universe.renderers.atari.combat:PlaneRenderer",
        sticks=(
            *("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN"),
            *("UPFIRE", "RIGHTFIRE", "LEFTFIRE", "DOWNFIRE"),
        ),
        frames=15,
        baseline={
            "first": Baseline(mean=-0.5, sd=3.62, episodes=30),
            "second": Baseline(mean=0.5, sd=3.62, episodes=30),
        },
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
            "Left and right turn the ship by 22.5 degrees each 8 frames; up pushes it where it faces, and it keeps "
            "its speed. Ships and missiles bounce off the edges; ships fly through each other. A missile flies two "
            "pixels a frame where the ship faces, and dies out after about two seconds. Each ship has eight shots; "
            "when both have none left, both get eight again. Who is hit flies on."
        ),
        reward="A hit pays 1, who is hit loses 1.",
        renderer="universe.renderers.atari.space_war:SpaceWarRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "UPRIGHT", "UPLEFT", "UPFIRE", "RIGHTFIRE", "LEFTFIRE"),
        frames=8,
        baseline={
            "first": Baseline(mean=0.4333, sd=2.3, episodes=30),
            "second": Baseline(mean=-0.4333, sd=2.3, episodes=30),
        },
        typical_turns=500,
        max_turns=500,
        horizon="It ends when a ship has hit ten times.",
        trains=("tactics", "navigation", "prediction"),
    ),
    atari_card(
        env_id="atari/ice_hockey_v2",
        title="Ice Hockey",
        summary="Two teams of two men, a puck and three minutes.",
        rules=(
            "A man moves about 0.6 pixels a frame in eight directions. A puck that touches his stick stays with him "
            "until he shoots or another takes it; fire swings the stick, and the puck on it flies towards the "
            "rival's end, mostly aslant. The puck bounces off the boards. After a goal there is a face-off in the "
            "middle."
        ),
        reward="A goal pays 1, the other team loses 1.",
        renderer="universe.renderers.atari.ice_hockey:IceHockeyRenderer",
        sticks=ALL_STICKS,
        frames=10,
        fire_frames=6,
        start=60,
        baseline={
            "first": Baseline(mean=-0.5667, sd=1.33, episodes=30),
            "second": Baseline(mean=0.5667, sd=1.33, episodes=30),
        },
        typical_turns=500,
        max_turns=500,
        horizon="It ends after three minutes of the game's clock, about 1150 decisions of 10.",
        trains=("tactics", "navigation", "prediction"),
    ),
    atari_card(
        env_id="atari/double_dunk_v3",
        seeded=False,
        title="Double Dunk",
        summary="Basketball of two against two under one basket.",
        rules=(
            "Each attack begins with a choice: both seats hold a direction (or fire with a direction) for a moment "
            "and then let the stick go, which is the play that the men then run; who chooses nothing for 120 frames "
            "loses a point. Then sticks move the man one steers, the inner or the outer one as the play goes. With "
            "the ball, fire passes or shoots; without it, fire jumps or steals. After a steal or a rebound the ball "
            "must be taken out of the arc before a shot counts. A basket is worth two or three points, and then the "
            "other team attacks."
        ),
        reward="Each point of a basket pays 1 and costs the other team 1; to stall in the choice of a play costs 1.",
        renderer="universe.renderers.atari.double_dunk:DoubleDunkRenderer",
        sticks=ALL_STICKS,
        frames=12,
        fire_frames=8,
        baseline={
            "first": Baseline(mean=-6.1, sd=4.03, episodes=30),
            "second": Baseline(mean=-1.033, sd=3.4, episodes=30),
        },
        typical_turns=500,
        max_turns=500,
        horizon="It ends when a team has 24 points, in random play after about 1500 decisions.",
        trains=("tactics", "navigation", "cooperation"),
        warm_sticks=False,
    ),
    atari_card(
        env_id="atari/freeway_v1",
        title="Freeway",
        summary="A chicken crosses ten lanes of cars as often as it can.",
        rules=(
            "Up and down move the chicken one pixel a frame; a car that touches it throws it back by one or two "
            "lanes, and for that time the stick does nothing. At the top it scores and starts again at the bottom. "
            "Cars keep their speeds: 1, 1/2, 1/3, 1/4 or 1/5 pixels a frame from the middle of the road outwards; who "
            "leaves on one side comes in on the other."
        ),
        reward="Each crossing pays 1.",
        renderer="universe.renderers.atari.freeway:FreewayRenderer",
        sticks=("NOOP", "UP", "DOWN"),
        frames=10,
        baseline={
            "first": Baseline(mean=0.0, sd=0.0, episodes=30),
        },
        typical_turns=500,
        max_turns=500,
        horizon="The game ends after 8190 frames, about 819 decisions of 10.",
        trains=("navigation", "prediction"),
        cartridge="freeway",
        n_seats=1,
    ),
    atari_card(
        env_id="atari/tetris_v1",
        timed=False,
        title="Tetris",
        summary="Falling pieces are moved and turned to fill rows of a well.",
        rules=(
            "A piece falls a row in 20 frames. `left` and `right` move it a column, `turn` turns it by a quarter, "
            "`drop` lets it fall until it lies, `wait` lets 20 frames pass. A full row vanishes and what lies above "
            "it comes down. Pieces are square, bar, T, L, J, S and Z. The game ends when a new piece finds no room."
        ),
        reward="Each full row pays 1.",
        renderer="universe.renderers.atari.tetris:TetrisRenderer",
        sticks=("NOOP", "LEFT", "RIGHT", "FIRE", "DOWN"),
        frames=8,
        baseline={
            "first": Baseline(mean=0.0, sd=0.0, episodes=30),
        },
        typical_turns=54,
        max_turns=500,
        horizon="It ends when the well is full.",
        trains=("planning",),
        controls="universe.atari.tetris:TetrisControls",
        cartridge="tetris",
        n_seats=1,
        start=40,
        plans=False,
    ),
    atari_card(
        env_id="atari/seaquest_v1",
        title="Seaquest",
        summary="A submarine saves divers, shoots what hunts it and must surface for air.",
        rules=(
            "The submarine moves one pixel a frame in eight directions and faces the side it last moved to. Fire "
            "shoots a torpedo, a new one when the last has left the screen or hit. Who touches a diver takes him on "
            "board, six at most. Air runs out by 1 in 32 frames below the surface and fills at it. To surface with "
            "no diver on board costs a life; with some, the air is filled and one diver leaves; with six, all go "
            "ashore and are paid. A life, and a diver with it, is also lost by touching a hunter or a missile, and "
            "without air."
        ),
        reward="A hunter that is hit pays 20 at first, more later; six divers brought up pay for each and for the air.",
        renderer="universe.renderers.atari.seaquest:SeaquestRenderer",
        sticks=ALL_STICKS,
        frames=8,
        baseline={
            "first": Baseline(mean=64.0, sd=43.8, episodes=30),
        },
        typical_turns=203,
        max_turns=500,
        horizon="It ends when the submarine is lost with no life left.",
        trains=("navigation", "planning", "risk"),
        cartridge="seaquest",
        n_seats=1,
        start=140,
    ),
)
