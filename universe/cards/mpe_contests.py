"""Cards of the multi-particle environments (mpe2) that have two sides."""

from universe.card import Baseline, EnvCard, Kwarg
from universe.cards.particle import BUMP, CUT, REQUIRES, SUCCESS, TURNS, moving, number

_EDGE = "nothing below 0.9, then 10 * (d - 0.9) up to 1, then e to the power of (2 * d - 2), at most 10"
_TOP = ", to a speed of at most 1.0 (predator) or 1.3 (prey)"

ADVERSARY = EnvCard(
    env_id="mpe/simple_adversary_v3",
    title="Simple adversary",
    summary="Good agents hold a goal that they know against an adversary that must guess it.",
    rules=(
        "There are N good agents, one adversary and N landmarks; one landmark is the goal for the whole episode. All "
        "see the landmarks and each other; only the good agents see which landmark is the goal. Nobody sees "
        f"velocities. {moving()} Nothing collides. {CUT}"
    ),
    seats=("adversary_0", "agent_0", "agent_1"),
    min_seats=3,
    max_seats=7,
    simultaneous=True,
    horizon=CUT,
    typical_turns=25,
    kwargs=(number("N", 2, "good agents and landmarks", minimum=2, maximum=6), TURNS),
    reward=(
        "Each turn the adversary gets minus its distance to the goal; every good agent gets the adversary's distance "
        "to the goal minus the distance of the good agent nearest to it."
    ),
    hidden="The adversary does not know which landmark is the goal; no seat sees velocities.",
    moves_public=False,
    trains=("bluffing", "cooperation", "prediction"),
    teams={"adversary": "adversary", "agent": "good"},
    baseline={
        "adversary": Baseline(mean=-28.98, sd=13.3, episodes=1000),
        "agent": Baseline(mean=8, sd=16.1, episodes=1000),
    },
    module="mpe2.simple_adversary_v3",
    renderer="universe.renderers.mpe.rivals:AdversaryRenderer",
    requires=REQUIRES,
)

CRYPTO = EnvCard(
    env_id="mpe/simple_crypto_v3",
    title="Simple crypto",
    summary="Alice tells Bob a bit over a public channel; both have a key that the eavesdropper Eve lacks.",
    rules=(
        "A message (0 or 1) and a key (0 or 1) are drawn for the whole episode. Alice sees both, Bob the key, Eve "
        "neither. Each turn all three say one of four words (0 to 3) at once. Bob and Eve hear Alice's word in the "
        "next turn; what they say is their guess of the message, so a guess is made before the word of that turn is "
        f"heard, and 2 and 3 are always wrong. Nobody hears Bob or Eve. Nobody moves. {CUT}"
    ),
    seats=("eve_0", "bob_0", "alice_0"),
    min_seats=3,
    max_seats=3,
    simultaneous=True,
    horizon=CUT,
    typical_turns=25,
    kwargs=(TURNS,),
    reward=(
        "Each turn Eve gets -2 for a wrong guess and 0 for a right one. Alice and Bob each get -2 when Bob is wrong, "
        "plus 2 when Eve is wrong."
    ),
    hidden="Bob does not see the message, Eve neither message nor key; Alice hears no guesses.",
    moves_public=False,
    trains=("communication", "cooperation", "prediction"),
    teams={"eve": "eve", "bob": "alice and bob", "alice": "alice and bob"},
    baseline={
        "eve": Baseline(mean=-37.61, sd=4.22, episodes=1000),
        "bob": Baseline(mean=0.166, sd=5.97, episodes=1000),
        "alice": Baseline(mean=0.166, sd=5.97, episodes=1000),
    },
    module="mpe2.simple_crypto_v3",
    renderer="universe.renderers.mpe.talk:CryptoRenderer",
    requires=REQUIRES,
)

PUSH = EnvCard(
    env_id="mpe/simple_push_v3",
    title="Simple push",
    summary="An agent heads for a goal that it knows; an adversary that does not know it pushes it away.",
    rules=(
        "There are two landmarks, one of which is the goal for the whole episode; only the agent sees which. Each sees "
        f"the other. Bodies have radius 0.05 and touch below a distance of 0.10. {moving()} {BUMP} Both pass through "
        f"landmarks. {CUT}"
    ),
    seats=("adversary_0", "agent_0"),
    min_seats=2,
    max_seats=2,
    simultaneous=True,
    horizon=CUT,
    typical_turns=25,
    kwargs=(TURNS,),
    reward=(
        "Each turn the agent gets minus its distance to the goal; the adversary gets the agent's distance to the goal "
        "minus its own."
    ),
    hidden="The adversary does not know which landmark is the goal.",
    moves_public=False,
    trains=("navigation", "prediction", "tactics"),
    teams={"adversary": "adversary", "agent": "good"},
    baseline={
        "adversary": Baseline(mean=0.1677, sd=18.2, episodes=1000),
        "agent": Baseline(mean=-28.5, sd=13.3, episodes=1000),
    },
    module="mpe2.simple_push_v3",
    renderer="universe.renderers.mpe.rivals:PushRenderer",
    requires=REQUIRES,
)

TAG = EnvCard(
    env_id="mpe/simple_tag_v3",
    title="Simple tag",
    summary="Predators (adversaries) chase faster prey (agents) between obstacles.",
    rules=(
        "Adversaries are predators, agents are prey. Radii: predator 0.075, prey 0.05, obstacle 0.2, so predator and "
        f"prey touch below a distance of 0.125. {moving('0.3 (predator) or 0.4 (prey)', '0.12 or 0.16', _TOP)} {BUMP} "
        "Obstacles do not move. A touch does not end anything. All see each other's places, and the velocities of prey "
        "(other than their own) too. With `curriculum` prey has half its push and half its speed (the first stage, for "
        "ever). With `terminate_on_success` the episode ends as soon as every prey is touched at once. "
        f"{CUT}"
    ),
    seats=("adversary_0", "adversary_1", "adversary_2", "agent_0"),
    min_seats=2,
    max_seats=10,
    simultaneous=True,
    horizon=CUT,
    typical_turns=25,
    kwargs=(
        number("num_good", 1, "prey", minimum=1, maximum=4),
        number("num_adversaries", 3, "predators", minimum=1, maximum=6),
        number("num_obstacles", 2, "obstacles", minimum=0, maximum=6),
        TURNS,
        Kwarg(name="curriculum", default=False, meaning="whether prey has half its speed"),
        SUCCESS,
    ),
    reward=(
        "Each turn every predator gets 10 for each pair of a predator and a prey that touch, its own or not. A prey "
        f"loses 10 for each predator that touches it and, for x and y each, by its distance d from the middle: {_EDGE}."
    ),
    hidden="No seat sees how fast a predator other than itself moves.",
    moves_public=False,
    trains=("cooperation", "navigation", "prediction"),
    teams={"adversary": "predators", "agent": "prey"},
    baseline={
        "adversary": Baseline(mean=4.87, sd=11.6, episodes=1000),
        "agent": Baseline(mean=-16.79, sd=20.9, episodes=1000),
    },
    module="mpe2.simple_tag_v3",
    renderer="universe.renderers.mpe.chase:TagRenderer",
    requires=REQUIRES,
)

WORLD_COMM = EnvCard(
    env_id="mpe/simple_world_comm_v3",
    title="Simple world comm",
    summary="A chase with food and hiding places, in which a leader who sees all directs the predators by words.",
    rules=(
        "Adversaries are predators (the first leads), agents are prey. Radii: predator 0.075, prey 0.045, food 0.03, "
        "forest 0.3, obstacle 0.2; two things touch when they are nearer than their radii together (predator and prey "
        f"0.12, prey and food 0.075). {moving('0.3 (predator) or 0.4 (prey)', '0.12 or 0.16', _TOP)} {BUMP} Food and "
        "forests are passed through; food is never used up. Who touches a forest is in it. From outside the forests "
        "one sees those who are in none; from within one, only those in the same; the leader sees everyone. Each turn "
        f"the leader says one of four words (0 to 3) besides its move; predators hear it in the next turn, prey never. "
        f"{CUT}"
    ),
    seats=("leadadversary_0", "adversary_0", "adversary_1", "adversary_2", "agent_0", "agent_1"),
    min_seats=2,
    max_seats=10,
    simultaneous=True,
    horizon=CUT,
    typical_turns=25,
    kwargs=(
        number("num_good", 2, "prey", minimum=1, maximum=4),
        number("num_adversaries", 4, "predators, the leader among them", minimum=1, maximum=6),
        number("num_obstacles", 1, "obstacles", minimum=0, maximum=4),
        number("num_food", 2, "places with food", minimum=1, maximum=4),
        TURNS,
        number("num_forests", 2, "forests", minimum=0, maximum=4),
    ),
    reward=(
        "Each turn every predator gets 5 for each pair of a predator and a prey that touch, its own or not, and loses "
        "0.1 times its distance to the nearest prey, seen or not. A prey gets 2 for each food that it touches, and "
        "loses 5 for each predator that touches it, 0.05 times its distance to the nearest food and, for x and y each, "
        f"by its distance d from the middle, twice this: {_EDGE}."
    ),
    hidden="Those whom a forest hides, and for prey the leader's words.",
    moves_public=False,
    trains=("communication", "cooperation", "navigation", "prediction"),
    teams={"leadadversary": "predators", "adversary": "predators", "agent": "prey"},
    baseline={
        "leadadversary": Baseline(mean=3.445, sd=8.87, episodes=1000),
        "adversary": Baseline(mean=3.415, sd=8.8, episodes=1000),
        "agent": Baseline(mean=-26.48, sd=36.9, episodes=1000),
    },
    module="mpe2.simple_world_comm_v3",
    renderer="universe.renderers.mpe.chase:WorldRenderer",
    requires=REQUIRES,
)
