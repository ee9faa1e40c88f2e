"""Cards of the multi-particle environments (mpe2): here those in which everyone is on one side."""

from universe.card import Baseline, EnvCard, Kwarg
from universe.cards.mpe_contests import ADVERSARY, CRYPTO, PUSH, TAG, WORLD_COMM
from universe.cards.particle import BUMP, CUT, REQUIRES, SUCCESS, TURNS, moving, number

SIMPLE = EnvCard(
    env_id="mpe/simple_v3",
    title="Simple",
    summary="One agent pushes itself to one landmark.",
    rules=(
        "The agent and the landmark start anywhere within 1 of the middle to each side; the landmark stays. "
        f"{moving()} The agent passes through the landmark. {CUT}"
    ),
    seats=("agent_0",),
    min_seats=1,
    max_seats=1,
    simultaneous=True,
    horizon=CUT,
    typical_turns=25,
    kwargs=(TURNS,),
    reward="Each turn minus the square of the distance to the landmark.",
    moves_public=False,
    trains=("navigation",),
    baseline={"agent": Baseline(mean=-40.57, sd=34.1, episodes=1000)},
    module="mpe2.simple_v3",
    renderer="universe.renderers.mpe.together:SimpleRenderer",
    requires=REQUIRES,
)

REFERENCE = EnvCard(
    env_id="mpe/simple_reference_v3",
    title="Simple reference",
    summary="Two partners tell each other which of three coloured landmarks to go to.",
    rules=(
        "There are three landmarks: 0 red, 1 green, 2 blue. Each partner has a landmark as its goal, drawn "
        "independently and the same for the whole episode, and only the other partner is shown which. Each turn both "
        "move and say one of ten words (0 to 9); a word is heard in the next turn. Partners do not see each other, and "
        f"pass through each other. {moving()} {CUT}"
    ),
    seats=("agent_0", "agent_1"),
    min_seats=2,
    max_seats=2,
    simultaneous=True,
    horizon=CUT,
    typical_turns=25,
    kwargs=(
        Kwarg(
            name="local_ratio",
            default=0.5,
            meaning="weight of the partner's distance alone; the rest weighs the mean of both distances",
            minimum=0.0,
            maximum=1.0,
        ),
        TURNS,
    ),
    reward=(
        "Each turn minus a mix of distances to the goals: `local_ratio` times the partner's distance to the partner's "
        "goal (the one that this seat can name), and the rest times the mean of both. By default 0.75 of the "
        "partner's distance and 0.25 of one's own."
    ),
    hidden="Each seat knows only its partner's goal, and nothing of where the partner is.",
    moves_public=False,
    trains=("communication", "cooperation", "navigation"),
    teams={"agent": "partners"},
    baseline={"agent": Baseline(mean=-28.67, sd=10.3, episodes=1000)},
    module="mpe2.simple_reference_v3",
    renderer="universe.renderers.mpe.talk:ReferenceRenderer",
    requires=REQUIRES,
)

SPEAKER_LISTENER = EnvCard(
    env_id="mpe/simple_speaker_listener_v4",
    title="Simple speaker listener",
    summary="A speaker who knows the goal and cannot move guides a listener who moves and cannot speak.",
    rules=(
        "There are three landmarks: 0 red, 1 green, 2 blue. One is the goal for the whole episode; only the speaker is "
        "shown which, and it sees nothing else. Each turn it says one of three words (0 to 2), which the listener "
        f"hears in the next turn. The listener moves. {moving()} Nothing collides. {CUT}"
    ),
    seats=("speaker_0", "listener_0"),
    min_seats=2,
    max_seats=2,
    simultaneous=True,
    horizon=CUT,
    typical_turns=25,
    kwargs=(TURNS,),
    reward="Each turn both get minus the square of the listener's distance to the goal.",
    hidden="Only the speaker knows the goal; the speaker does not see where the landmarks and the listener are.",
    moves_public=False,
    trains=("communication", "cooperation", "navigation"),
    teams={"speaker": "partners", "listener": "partners"},
    baseline={
        "speaker": Baseline(mean=-40.09, sd=32.9, episodes=1000),
        "listener": Baseline(mean=-40.09, sd=32.9, episodes=1000),
    },
    module="mpe2.simple_speaker_listener_v4",
    renderer="universe.renderers.mpe.talk:SpeakerListenerRenderer",
    requires=REQUIRES,
)

SPREAD = EnvCard(
    env_id="mpe/simple_spread_v3",
    title="Simple spread",
    summary="Teammates share out as many landmarks as they are, without bumping into each other.",
    rules=(
        "There are N agents and N landmarks, placed anywhere within 1 of the middle to each side. Agents have radius "
        f"0.15: two touch below a distance of 0.30. {moving()} {BUMP} Agents pass through landmarks. With "
        "`curriculum` touches cost nothing (the first stage, for ever). With `terminate_on_success` the episode ends "
        f"as soon as every landmark has an agent within 0.1. {CUT}"
    ),
    seats=("agent_0", "agent_1", "agent_2"),
    min_seats=2,
    max_seats=6,
    simultaneous=True,
    horizon=CUT,
    typical_turns=25,
    kwargs=(
        number("N", 3, "agents and landmarks", minimum=2, maximum=6),
        Kwarg(
            name="local_ratio",
            default=0.5,
            meaning="weight of the seat's own touches; the rest weighs the shared distances",
            minimum=0.0,
            maximum=1.0,
        ),
        TURNS,
        Kwarg(name="curriculum", default=False, meaning="whether touches are free"),
        SUCCESS,
    ),
    reward=(
        "Each turn everyone gets (1 - `local_ratio`) times minus the sum, over the landmarks, of the distance from the "
        "landmark to the agent nearest to it; and each agent minus `local_ratio` for every agent that it touches."
    ),
    hidden="No seat sees how fast the others move.",
    moves_public=False,
    trains=("cooperation", "navigation"),
    teams={"agent": "team"},
    baseline={"agent": Baseline(mean=-26.71, sd=8.18, episodes=1000)},
    module="mpe2.simple_spread_v3",
    renderer="universe.renderers.mpe.together:SpreadRenderer",
    requires=REQUIRES,
)

FORMATION = EnvCard(
    env_id="mpe/simple_formation_v1",
    title="Simple formation",
    summary="Teammates who cannot see each other form a circle round a landmark.",
    rules=(
        "N agents should stand evenly spaced on a circle of radius 0.5 round the landmark. The places turn with the "
        "agents: the first lies at the smallest angle at which any agent stands just now (counted from right, over "
        "up), the others follow at equal steps; agents are matched to places so that the distances add up to the "
        f"least. Agents have radius 0.05: two touch below a distance of 0.10. {moving()} {BUMP} Nobody sees the "
        "others. With `terminate_on_success` the episode ends as soon as every agent is within 0.05 of its place. "
        f"{CUT}"
    ),
    seats=("agent_0", "agent_1", "agent_2", "agent_3"),
    min_seats=2,
    max_seats=8,
    simultaneous=True,
    horizon=CUT,
    typical_turns=25,
    kwargs=(number("N", 4, "agents", minimum=2, maximum=8), TURNS, SUCCESS),
    reward="Each turn everyone gets minus the mean distance of the agents from their places, each at most 2.",
    hidden="No seat sees the other agents.",
    moves_public=False,
    trains=("cooperation", "navigation"),
    teams={"agent": "team"},
    baseline={"agent": Baseline(mean=-18.8, sd=5.12, episodes=1000)},
    module="mpe2.simple_formation_v1",
    renderer="universe.renderers.mpe.together:FormationRenderer",
    requires=REQUIRES,
)

LINE = EnvCard(
    env_id="mpe/simple_line_v1",
    title="Simple line",
    summary="Teammates who cannot see each other line up between two landmarks.",
    rules=(
        "Two landmarks lie 1.25 apart. N spots are evenly spaced on the line between them, the first and the last on "
        "the landmarks themselves; agents are matched to spots so that the distances add up to the least. Agents have "
        f"radius 0.03: two touch below a distance of 0.06. {moving()} {BUMP} Nobody sees the others. With "
        "`terminate_on_success` the episode ends as soon as every agent is within 0.05 of its spot. "
        f"{CUT}"
    ),
    seats=("agent_0", "agent_1", "agent_2", "agent_3"),
    min_seats=2,
    max_seats=8,
    simultaneous=True,
    horizon=CUT,
    typical_turns=25,
    kwargs=(number("N", 4, "agents and spots", minimum=2, maximum=8), TURNS, SUCCESS),
    reward="Each turn everyone gets minus the mean distance of the agents from their spots, each at most 2.",
    hidden="No seat sees the other agents.",
    moves_public=False,
    trains=("cooperation", "navigation"),
    teams={"agent": "team"},
    baseline={"agent": Baseline(mean=-22.47, sd=5.91, episodes=1000)},
    module="mpe2.simple_line_v1",
    renderer="universe.renderers.mpe.together:LineRenderer",
    requires=REQUIRES,
)

TREASURE = EnvCard(
    env_id="mpe/collect_treasure_v1",
    title="Collect treasure",
    summary="Collectors fetch coloured treasures and bring each to the deposit of its colour, which moves as well.",
    rules=(
        "A collector (radius 0.05) without a treasure that comes within 0.075 of one picks it up; the treasure is gone "
        "for a turn and then appears elsewhere in a random colour. A collector that carries a treasure and comes "
        "within 0.125 of the deposit of that colour delivers it, in the same turn if it picked it up there. Colours by "
        f"deposit: 0 blue, 1 orange, 2 green, 3 red, 4 purple, 5 brown. {moving('0.15', '0.06')} A deposit is heavier: "
        f"a push adds 0.067 and carries 0.027. Everyone passes through everyone. {CUT}"
    ),
    seats=(*(f"collector_{number}" for number in range(6)), "deposit_0", "deposit_1"),
    min_seats=2,
    max_seats=16,
    simultaneous=True,
    horizon=CUT,
    typical_turns=25,
    kwargs=(
        number("num_collectors", 6, "collectors", minimum=1, maximum=10),
        number("num_deposits", 2, "deposits, each with a colour of its own", minimum=1, maximum=6),
        number("num_treasures", 6, "treasures", minimum=1, maximum=12),
        TURNS,
    ),
    reward=(
        "Everyone gets 5 for each treasure picked up and 5 for each delivered. Each turn a collector loses 0.1 times "
        "the distance to the nearest treasure, or to its deposit while it carries one, and 5 for each collector within "
        "0.10. A deposit loses 0.1 times the distance to the nearest collector that carries its colour, or, while none "
        "does, to the mean place of all collectors."
    ),
    moves_public=False,
    trains=("cooperation", "navigation", "planning"),
    teams={"collector": "team", "deposit": "team"},
    baseline={
        "collector": Baseline(mean=-2.685, sd=14, episodes=1000),
        "deposit": Baseline(mean=0.6863, sd=3.76, episodes=1000),
    },
    module="mpe2.collect_treasure_v1",
    renderer="universe.renderers.mpe.treasure:TreasureRenderer",
    requires=REQUIRES,
)

MPE: tuple[EnvCard, ...] = (
    SIMPLE,
    ADVERSARY,
    CRYPTO,
    PUSH,
    REFERENCE,
    SPEAKER_LISTENER,
    SPREAD,
    TAG,
    WORLD_COMM,
    FORMATION,
    LINE,
    TREASURE,
)
"""Every card of the suite, in the order of mpe2's own list."""
