"""Cards of the Atari games: creatures."""

from universe.card import Baseline, EnvCard, Kwarg
from universe.cards.atari import atari_card

_ENTOMBED = (
    "The maze scrolls up, faster and faster. A runner is lost when the top edge reaches it or a monster touches it. "
    "Walls stop runners, and runners do not stop each other. A make-break turns the block before you into free "
    "ground or free ground into a block; there are few of them. After a loss nothing can be done for about 2 "
    "seconds."
)

ATARI_CREATURES: tuple[EnvCard, ...] = (
    atari_card(
        env_id="atari/joust_v3",
        seeded=False,
        title="Joust",
        summary="Two knights on birds clash with riders and with each other: the higher one wins.",
        rules=(
            "When two birds touch, the one that is higher wins and the other one dies; level ones bounce off. A "
            "rider that you beat pays 500 and more and leaves an egg; to touch the egg pays 250. To beat the rival "
            "pays 2000. Who dies is paid 50, loses one of 5 birds about 4 seconds later and comes back on the "
            "lowest ledge. Riders come in waves; an egg that is left alone hatches a rider. The left and the right "
            "edge are joined."
        ),
        reward="Your own points: 500 and more for a rider, 250 for an egg, 2000 for beating the rival, 50 for dying.",
        horizon="The game ends when both have lost all birds; a seat that has is out before.",
        renderer="universe.renderers.atari.joust:JoustRenderer",
        sticks=("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE"),
        frames=10,
        fire_frames=5,
        max_turns=500,
        typical_turns=500,
        wins=False,
        trains=("tactics", "prediction", "risk"),
        baseline={
            "first": Baseline(mean=4000, sd=2100, episodes=32),
            "second": Baseline(mean=5161, sd=3260, episodes=32),
        },
    ),
    atari_card(
        env_id="atari/space_invaders_v2",
        seeded=False,
        title="Space Invaders",
        summary="Two cannons shoot at the same block of invaders, each for its own points.",
        rules=(
            "36 invaders march sideways and down, the faster the fewer they are. An invader pays 5 in the lowest "
            "row of the block, 10 in the next, and so on to 30 in the top row, to whose shot hits it; the mother "
            "ship that passes at the top pays 100. When a bomb hits a cannon, the other seat is paid 200; about 2 "
            "seconds later one of the three lives that both share is gone and play goes on."
        ),
        reward="Your own points; 200 when the rival's cannon is hit.",
        horizon="The game ends for both with the third cannon that is hit, whoever lost it, or when invaders land.",
        renderer="universe.renderers.atari.space_invaders:SpaceInvadersRenderer",
        sticks=("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE"),
        frames=8,
        start=130,
        max_turns=400,
        typical_turns=156,
        wins=False,
        trains=("tactics", "prediction", "risk"),
        variants=(
            Kwarg(name="moving_shields", default=True, meaning="Whether the shields move to and fro."),
            Kwarg(name="zigzaging_bombs", default=False, meaning="Whether bombs fall in zigzags."),
            Kwarg(name="fast_bomb", default=False, meaning="Whether bombs fall faster."),
            Kwarg(name="invisible_invaders", default=False, meaning="Whether invaders show only when one is hit."),
        ),
        baseline={
            "first": Baseline(mean=416, sd=175, episodes=32),
            "second": Baseline(mean=358, sd=169, episodes=32),
        },
    ),
    atari_card(
        env_id="atari/wizard_of_wor_v3",
        seeded=False,
        title="Wizard of Wor",
        summary="Two worriors shoot monsters in a maze, and may shoot each other.",
        rules=(
            "Six monsters roam the maze. To shoot a burwor pays 100, a garwor 200, a thorwor 500, the rival 1000; "
            "killed burwors are replaced by garwors and thorwors until the dungeon is empty, then the next one "
            "begins. Whom a monster, its shot or the rival's shot hits loses a life and comes back from the pen."
        ),
        reward="Your own points.",
        horizon="A seat is out when it has lost three worriors; the game ends when both are out.",
        renderer="universe.renderers.atari.wizard_of_wor:WizardOfWorRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN", "UPFIRE", "RIGHTFIRE", "LEFTFIRE", "DOWNFIRE"),
        frames=10,
        fire_frames=5,
        start=212,
        max_turns=500,
        typical_turns=490,
        wins=False,
        trains=("tactics", "navigation", "risk"),
        baseline={
            "first": Baseline(mean=481, sd=572, episodes=32),
            "second": Baseline(mean=744, sd=804, episodes=32),
        },
    ),
    atari_card(
        env_id="atari/mario_bros_v3",
        seeded=False,
        title="Mario Bros.",
        summary="Two plumbers bump pests from below and kick them off, each for its own points.",
        rules=(
            "Pests crawl out of the pipes at the top and walk down from floor to floor. To kick a flipped one off "
            "pays 800, and so does each coin that rolls out for it; a flipped pest that is left alone gets up "
            "again, faster. Crabs must be bumped twice. The POW block works three times. Who is touched by a pest "
            "on its feet or by the fireball loses one of five lives. When all pests are gone the next phase begins."
        ),
        reward="Your own points: 800 for each pest kicked off and each coin.",
        horizon="A seat is out when it has lost five lives; the game ends when both are out.",
        renderer="universe.renderers.atari.mario_bros:MarioBrosRenderer",
        sticks=("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE"),
        frames=10,
        fire_frames=5,
        start=15,
        max_turns=500,
        typical_turns=425,
        wins=False,
        trains=("tactics", "prediction", "risk"),
        baseline={
            "first": Baseline(mean=375, sd=609, episodes=32),
            "second": Baseline(mean=425, sd=642, episodes=32),
        },
    ),
    atari_card(
        env_id="atari/entombed_competitive_v3",
        title="Entombed, against each other",
        summary="Two runners flee down a maze that scrolls up; who is caught first pays the other one.",
        rules=(
            f"{_ENTOMBED} Then that seat is paid -1 and the rival 1, and both start anew in a fresh maze. Each has "
            "three runners."
        ),
        reward="1 for each runner that the rival loses, -1 for each that you lose.",
        horizon="The game ends when a seat has lost its third runner.",
        renderer="universe.renderers.atari.entombed:EntombedRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN"),
        frames=8,
        fire_frames=4,
        start=4,
        max_turns=400,
        typical_turns=161,
        trains=("navigation", "planning", "risk"),
        baseline={
            "first": Baseline(mean=-0.125, sd=1.95, episodes=32),
            "second": Baseline(mean=0.125, sd=1.95, episodes=32),
        },
    ),
    atari_card(
        env_id="atari/entombed_cooperative_v3",
        title="Entombed, together",
        summary="Two runners flee down a maze that scrolls up; both are paid for each new maze.",
        rules=(
            f"{_ENTOMBED} Then both start anew in a fresh maze, and both are paid 1 when it begins. Each has three "
            "runners."
        ),
        reward="1 for both each time that a fresh maze begins after a runner was lost, nothing for the last one.",
        horizon="The game ends when a seat has lost its third runner.",
        renderer="universe.renderers.atari.entombed:EntombedTogetherRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN"),
        frames=8,
        fire_frames=4,
        start=4,
        max_turns=400,
        typical_turns=161,
        teams={"first": "runners", "second": "runners"},
        wins=False,
        trains=("navigation", "cooperation", "risk"),
        baseline={
            "first": Baseline(mean=3.19, sd=0.644, episodes=32),
            "second": Baseline(mean=3.19, sd=0.644, episodes=32),
        },
    ),
    atari_card(
        env_id="atari/ms_pacman_v1",
        cartridge="ms_pacman",
        n_seats=1,
        title="Ms. Pac-Man",
        summary="Eat the dots of a maze and keep away from four ghosts.",
        rules=(
            "A dot pays 10, an energizer (one of four big dots that blink) 50. After an energizer ghosts can be "
            "eaten for a while: 200 for the first, twice as much for each further one. A fruit that wanders through "
            "pays 100 and more. A ghost that cannot be eaten costs a life and starts everybody anew; the dots stay "
            "eaten. A maze without dots is followed by the next one."
        ),
        reward="Points.",
        horizon="The game ends when three lives are lost.",
        renderer="universe.renderers.atari.ms_pacman:MsPacmanRenderer",
        sticks=("NOOP", "UP", "RIGHT", "LEFT", "DOWN"),
        frames=8,
        start=264,
        warm_up=30,
        max_turns=500,
        typical_turns=212,
        trains=("navigation", "planning", "risk"),
        baseline={"first": Baseline(mean=392, sd=205, episodes=32)},
    ),
    atari_card(
        env_id="atari/frostbite_v1",
        cartridge="frostbite",
        n_seats=1,
        title="Frostbite",
        summary="Jump from ice floe to ice floe to build an igloo before you freeze.",
        rules=(
            "To land on a white floe pays 10, turns its whole row blue and adds a block to the igloo; when all four "
            "rows are blue they turn white again. When the igloo is whole, go up into its door to finish the level. "
            "Fish are food, geese, crabs and clams push you along and off the floe; the water, the bear and the "
            "cold (the degrees run down) cost a life, which brings the degrees back."
        ),
        reward="Points.",
        horizon="The game ends when four lives are lost.",
        renderer="universe.renderers.atari.frostbite:FrostbiteRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN", "UPRIGHT", "UPLEFT", "DOWNRIGHT", "DOWNLEFT"),
        frames=10,
        fire_frames=4,
        start=64,
        warm_up=30,
        max_turns=400,
        typical_turns=154,
        trains=("planning", "prediction", "risk"),
        baseline={"first": Baseline(mean=64.4, sd=36.6, episodes=32)},
    ),
    atari_card(
        env_id="atari/pitfall_v1",
        cartridge="pitfall",
        n_seats=1,
        title="Pitfall!",
        summary="Run and jump through a jungle of 255 screens for 32 treasures, within 20 minutes.",
        rules=(
            "You start with 2000 points, which are not paid. A treasure pays thousands. A log that rolls over you "
            "takes 1 point for each frame that it touches you; to fall down a hole takes 100. Tar pits, swamps, "
            "crocodiles, fire, cobras and scorpions cost one of three lives. Some pits open and close."
        ),
        reward="Points gained, negative where they are lost.",
        horizon="The game ends with the third life lost or after 20 minutes.",
        renderer="universe.renderers.atari.pitfall:PitfallRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN", "RIGHTFIRE", "LEFTFIRE"),
        frames=8,
        fire_frames=4,
        warm_up=30,
        max_turns=500,
        typical_turns=500,
        trains=("navigation", "prediction", "risk"),
        baseline={"first": Baseline(mean=-99.9, sd=108, episodes=32)},
    ),
    atari_card(
        env_id="atari/montezuma_revenge_v1",
        cartridge="montezuma_revenge",
        n_seats=1,
        title="Montezuma's Revenge",
        summary="Explore a pyramid of rooms for keys and jewels, past skulls, pits and doors.",
        rules=(
            "The key pays 100 and opens a door, which pays more. Touching a skull, and falling too deep, cost one "
            "of six lives, and Joe starts again where he came into the room. Nothing is paid on the way to the "
            "first key. Other rooms hold more keys, jewels, spiders, snakes and gates."
        ),
        reward="Points.",
        horizon="The game ends when six lives are lost.",
        renderer="universe.renderers.atari.montezuma_revenge:MontezumaRevengeRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN", "RIGHTFIRE", "LEFTFIRE"),
        frames=8,
        fire_frames=4,
        warm_up=16,
        max_turns=500,
        typical_turns=264,
        trains=("navigation", "planning", "risk"),
        baseline={"first": Baseline(mean=0, sd=0, episodes=32)},
    ),
)
