"""Cards of the Atari games: creatures."""

from universe.card import Baseline, EnvCard, Kwarg
from universe.cards.atari import atari_card

_NO_BASELINE = {"first": Baseline(mean=0, sd=0, episodes=1), "second": Baseline(mean=0, sd=0, episodes=1)}

_ENTOMBED = (
    "The maze scrolls up, faster and faster. A runner is lost when the top edge reaches it or a monster touches it. Walls "
    "stop runners, and runners do not stop each other. A make-break turns the block before you into free ground or free "
    "ground into a block; there are few of them."
)

ATARI_CREATURES: tuple[EnvCard, ...] = (
    atari_card(
        env_id="atari/joust_v3",
        title="Joust",
        summary="Two knights on birds clash with riders and with each other: the higher one wins.",
        rules=(
            "When two birds touch, the one that is higher wins and the other one dies; level ones bounce off. A rider "
            "that you beat pays 500 and more and leaves an egg; to touch the egg pays 250. To beat the rival pays 2000. "
            "Who dies is paid 50, loses one of 5 birds about 4 seconds later and comes back on the lowest ledge. Riders "
            "come in waves; an egg that is left alone hatches a rider. The left and the right edge are joined."
        ),
        reward="Your own points: 500 and more for a rider, 250 for an egg, 2000 for beating the rival, 50 for dying.",
        horizon="The game ends when both have lost all birds; a seat that has is out before.",
        renderer="universe.renderers.atari.joust:JoustRenderer",
        sticks=("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE"),
        frames=10,
        fire_frames=5,
        max_turns=500,
        typical_turns=450,
        wins=False,
        trains=("tactics", "prediction", "risk"),
        baseline=_NO_BASELINE,
    ),
    atari_card(
        env_id="atari/space_invaders_v2",
        title="Space Invaders",
        summary="Two cannons shoot at the same block of invaders, each for its own points.",
        rules=(
            "36 invaders march sideways and down, the faster the fewer they are. An invader pays 5 in the lowest row of "
            "the block, 10 in the next, and so on to 30 in the top row, to whose shot hits it; the mother ship that "
            "passes at the top pays 100. When a bomb hits a cannon, the other seat is paid 200; about 2 seconds later one "
            "of the three lives that both share is gone and play goes on."
        ),
        reward="Your own points; 200 when the rival's cannon is hit.",
        horizon="The game ends for both with the third cannon that is hit, whoever lost it, or when invaders land.",
        renderer="universe.renderers.atari.space_invaders:SpaceInvadersRenderer",
        sticks=("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE"),
        frames=8,
        start=130,
        max_turns=400,
        typical_turns=250,
        wins=False,
        trains=("tactics", "prediction", "risk"),
        variants=(
            Kwarg(name="moving_shields", default=True, meaning="Whether the shields move to and fro."),
            Kwarg(name="zigzaging_bombs", default=False, meaning="Whether bombs fall in zigzags."),
            Kwarg(name="fast_bomb", default=False, meaning="Whether bombs fall faster."),
            Kwarg(name="invisible_invaders", default=False, meaning="Whether invaders show only when one is hit."),
        ),
        baseline=_NO_BASELINE,
    ),
    atari_card(
        env_id="atari/wizard_of_wor_v3",
        title="Wizard of Wor",
        summary="Two worriors shoot monsters in a maze, and may shoot each other.",
        rules=(
            "Six monsters roam the maze. To shoot a burwor pays 100, a garwor 200, a thorwor 500, the rival 1000; killed burwors are "
            "replaced by garwors and thorwors until the dungeon is empty, then the next one begins. Whom a monster, its "
            "shot or the rival's shot hits loses a life and comes back from the pen."
        ),
        reward="Your own points.",
        horizon="A seat is out when it has lost three worriors; the game ends when both are out.",
        renderer="universe.renderers.atari.wizard_of_wor:WizardOfWorRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN", "UPFIRE", "RIGHTFIRE", "LEFTFIRE", "DOWNFIRE"),
        frames=8,
        fire_frames=5,
        start=212,
        max_turns=500,
        typical_turns=450,
        wins=False,
        trains=("tactics", "navigation", "risk"),
        baseline=_NO_BASELINE,
    ),
    atari_card(
        env_id="atari/mario_bros_v3",
        title="Mario Bros.",
        summary="Two plumbers bump pests from below and kick them off, each for its own points.",
        rules=(
            "Pests crawl out of the pipes at the top and walk down from floor to floor. To kick a flipped one off pays 800, "
            "and so does each coin that rolls out for it; a flipped pest that is left alone gets up again, faster. Crabs "
            "must be bumped twice. The POW block works three times. Who is touched by a pest on its feet or by the fireball "
            "loses one of five lives. When all pests are gone the next phase begins."
        ),
        reward="Your own points: 800 for each pest kicked off and each coin.",
        horizon="A seat is out when it has lost five lives; the game ends when both are out.",
        renderer="universe.renderers.atari.mario_bros:MarioBrosRenderer",
        sticks=("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE"),
        frames=10,
        fire_frames=5,
        start=15,
        max_turns=500,
        typical_turns=400,
        wins=False,
        trains=("tactics", "prediction", "risk"),
        baseline=_NO_BASELINE,
    ),
    atari_card(
        env_id="atari/entombed_competitive_v3",
        title="Entombed, against each other",
        summary="Two runners flee down a maze that scrolls up; who is caught first pays the other one.",
        rules=(
            f"{_ENTOMBED} Then that seat is paid -1 and the rival 1, and both start anew in a fresh maze. Each has three "
            "runners."
        ),
        reward="1 for each runner that the rival loses, -1 for each that you lose.",
        horizon="The game ends when a seat has lost its third runner.",
        renderer="universe.renderers.atari.entombed:EntombedRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN"),
        frames=8,
        fire_frames=4,
        start=4,
        max_turns=400,
        typical_turns=120,
        trains=("navigation", "planning", "risk"),
        baseline=_NO_BASELINE,
    ),
    atari_card(
        env_id="atari/entombed_cooperative_v3",
        title="Entombed, together",
        summary="Two runners flee down a maze that scrolls up; both are paid for getting on.",
        rules=f"{_ENTOMBED} Then both start anew in a fresh maze. Each has three runners. TODO",
        reward="1 for both",
        horizon="The game ends when a seat has lost its third runner.",
        renderer="universe.renderers.atari.entombed:EntombedTogetherRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN"),
        frames=8,
        fire_frames=4,
        start=4,
        max_turns=400,
        typical_turns=120,
        wins=False,
        trains=("navigation", "cooperation", "risk"),
        baseline=_NO_BASELINE,
    ),
)
