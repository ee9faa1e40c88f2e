"""No seat is given anything that depends on what it may not know."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import pytest

from agents_db.embed import HashedEmbedder
from agents_db.exact import ExactIndex
from agents_db.knowledge import AsOf
from langgym.memory.advisor import Advisor
from langgym.memory.library import Library
from langgym.memory.recall import Recall
from langgym.memory.shelf import MemoryShelf
from langgym.policies.model import ModelPolicy
from tests.langgym.worlds import World
from tests.universe import twin_particles as particles
from tests.universe.twin_hands import deal_hanabi, deal_poker
from tests.universe.twin_particles import find_kinds, part_worlds
from tests.universe.twins import Leak, LeakyRenderer, check_noninterference, take
from universe.card import EnvCard
from universe.cards import BUILT_IN
from universe.making import load_renderer
from universe.streams import Stream
from universe.text_env import TextEnv, Turn

pytestmark = pytest.mark.filterwarnings("ignore:.*precision lowered by casting")  # PettingZoo's no-limit environment

CARDS = {card.env_id: card for card in BUILT_IN}
HIDING = tuple(card for card in BUILT_IN if card.hidden)
FEWEST = 200

ONLY_SIMULTANEOUS = {
    "classic/rps_v2": "the rival's current move is not made before this seat's own is, and no earlier one is hidden",
}
"""Cards whose secret is a choice that the engine is not told before the turn is over: there is nothing to leak."""

POKER = ("classic/leduc_holdem_v4", "classic/texas_holdem_v4", "classic/texas_holdem_no_limit_v6")
TALKS = ("mpe/simple_crypto_v3", "mpe/simple_reference_v3", "mpe/simple_speaker_listener_v4")

UNSEEN = {
    ("mpe/simple_adversary_v3", "adversary_0"): particles.GOAL,
    ("mpe/simple_push_v3", "adversary_0"): particles.GOAL,
    ("mpe/simple_crypto_v3", "eve_0"): particles.KEY,
    ("mpe/simple_crypto_v3", "bob_0"): particles.GOAL,
    ("mpe/simple_crypto_v3", "alice_0"): particles.WORDS,
    ("mpe/simple_reference_v3", "agent_0"): particles.TASK,
    ("mpe/simple_reference_v3", "agent_1"): particles.POSITIONS,
    ("mpe/simple_speaker_listener_v4", "listener_0"): particles.TASK,
    ("mpe/simple_speaker_listener_v4", "speaker_0"): particles.LANDMARKS,
    ("mpe/simple_tag_v3", "agent_0"): particles.VELOCITIES,
    ("mpe/simple_tag_v3", "adversary_0"): "the adversaries' velocities",
    ("mpe/simple_world_comm_v3", "agent_0"): particles.HIDING,
    ("mpe/simple_world_comm_v3", "adversary_0"): particles.HIDING,
    ("mpe/simple_formation_v1", "agent_0"): particles.POSITIONS,
    ("mpe/simple_line_v1", "agent_0"): particles.POSITIONS,
    ("mpe/simple_spread_v3", "agent_0"): particles.VELOCITIES,
    ("mpe/collect_treasure_v1", "collector_0"): particles.IDENTITIES,
}
"""What at least must differ unseen, so that a maker of twins that finds nothing does not pass."""


def _maker(card: EnvCard) -> Any:
    if card.env_id == "classic/hanabi_v5":
        return deal_hanabi
    if card.env_id in POKER:
        return deal_poker
    return part_worlds if card.suite == "mpe" else None


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A store in which ada has lived through some episodes."""
    world = World(tmp_path_factory.mktemp("life"))
    for number, env_id in enumerate(("mpe/simple_crypto_v3", "classic/leduc_holdem_v4", "classic/hanabi_v5", None)):
        world.play(world.plan(env_id=env_id, episodes=3, settings={"max_turns": 4}), seed=number)
    yield world
    world.close()


def _remember(life: World, card: EnvCard) -> Callable[[Turn], str]:
    """Returns the whole prompt that ada's model would be given, with what she recalls."""
    ada = life.db.agent("ada")
    embedder = HashedEmbedder()
    index = ExactIndex(life.db, ada.agent_id, embedder=embedder.fingerprint)
    shelf, library = MemoryShelf(life.db, ada.agent_id), Library(life.db, ada.agent_id)
    as_of = AsOf(clock=ada.n_participations, event_id=life.db.last_event(ada.agent_id))
    recalls = {
        role: Recall(shelf, index, embedder, card=card, role=role, as_of=as_of) for role in map(card.role, card.seats)
    }
    policy = ModelPolicy(life.model, card, agent="ada", stream=Stream.of(0))

    def prompt(turn: Turn) -> str:
        role = card.role(turn.seat)
        recalled = recalls[role].recall(turn)
        assert recalled
        outlook = library.open(card, {}, role, clock=as_of.clock)
        advice = Advisor(card, role, outlook).advise(turn, recalled)
        told = "\n".join(message.text for message in policy.prompt(turn, recalled, advice))
        return f"{told}\n{advice.pack()}"

    return prompt


def _tell(card: EnvCard, compared: Counter[tuple[str, str]]) -> None:
    """Prints how many pairs were compared for each seat, and for what a seat cannot see."""
    kinds: dict[str, Counter[str]] = {}
    for (seat, unseen), n in compared.items():
        kinds.setdefault(seat, Counter()).update({kind: n for kind in unseen.split(", ")})
    for seat, found in kinds.items():
        n_pairs = sum(n for (other, _), n in compared.items() if other == seat)
        told = ", ".join(f"{kind} {n}" for kind, n in found.items())
        sys.stdout.write(f"{card.env_id} {seat}: {n_pairs} pairs; {told}\n")


@pytest.mark.parametrize("env_id", ONLY_SIMULTANEOUS)
def test_a_card_without_twins_hides_nothing_but_the_moves_of_the_turn(env_id: str) -> None:
    assert CARDS[env_id].simultaneous
    assert CARDS[env_id].moves_public


@pytest.mark.parametrize(
    "card", [card for card in HIDING if card.env_id not in ONLY_SIMULTANEOUS], ids=lambda card: card.env_id
)
def test_what_a_seat_is_given_does_not_depend_on_what_it_cannot_see(card: EnvCard, life: World) -> None:
    maker = _maker(card)
    assert maker is not None, f"{card.env_id} hides something: {card.hidden} Make twins for it."

    compared = check_noninterference(card, maker, recall=_remember(life, card))

    _tell(card, compared)
    assert sum(compared.values()) >= FEWEST


@pytest.mark.parametrize(
    ("env_id", "kwargs"),
    [
        ("classic/texas_holdem_v4", {"num_players": 4}),
        ("classic/texas_holdem_no_limit_v6", {"num_players": 3}),
        ("classic/hanabi_v5", {"players": 3, "colors": 3, "hand_size": 4}),
        ("classic/hanabi_v5", {"observation_type": "minimal"}),
    ],
)
def test_variants_keep_secrets_too(env_id: str, kwargs: dict[str, Any]) -> None:
    few = partial(_maker(CARDS[env_id]), episodes=25)

    compared = check_noninterference(CARDS[env_id], few, kwargs=kwargs)

    assert sum(compared.values()) >= 2 * 25


@cache
def _unseen(env_id: str) -> Counter[tuple[str, str]]:
    return check_noninterference(CARDS[env_id], find_kinds)


@pytest.mark.parametrize(("place", "kind"), UNSEEN.items(), ids=str)
def test_twins_differ_in_what_the_seat_is_known_not_to_see(place: tuple[str, str], kind: str) -> None:
    env_id, seat = place
    assert _unseen(env_id)[seat, kind]


@pytest.mark.parametrize("place", ["brief", "text", "name", "situation", "facts"])
@pytest.mark.parametrize("env_id", POKER)
def test_a_renderer_that_tells_the_rivals_cards_is_caught(env_id: str, place: str) -> None:
    def secret(engine: Any, seat: str) -> str:
        hands = engine.env.get_perfect_information()["hand_cards"]
        return str([hand for number, hand in enumerate(hands) if number != engine.possible_agents.index(seat)])

    renderer = LeakyRenderer(load_renderer(CARDS[env_id]), secret, place)

    with pytest.raises(Leak, match="tells of the rivals' cards"):
        check_noninterference(CARDS[env_id], deal_poker, renderer=renderer)


def test_a_renderer_that_prints_hanabis_state_is_caught() -> None:
    card = CARDS["classic/hanabi_v5"]
    renderer = LeakyRenderer(load_renderer(card), lambda engine, seat: str(engine.hanabi_env.game_state))

    with pytest.raises(Leak, match="tells of the own cards"):
        check_noninterference(card, deal_hanabi, renderer=renderer)


@pytest.mark.parametrize("env_id", ["mpe/simple_adversary_v3", "mpe/simple_push_v3", *TALKS])
def test_a_renderer_that_reads_the_goal_out_of_the_world_is_caught(env_id: str) -> None:
    def secret(engine: Any, seat: str) -> str:
        agents = engine.world.agents
        goals = [getattr(agent, name, None) for agent in agents for name in ("_goal_a", "_goal_b")]
        return " ".join(str(goal.name) for goal in goals if goal is not None)

    renderer = LeakyRenderer(load_renderer(CARDS[env_id]), secret)

    with pytest.raises(Leak, match="goal"):
        check_noninterference(CARDS[env_id], find_kinds, renderer=renderer)


def test_a_memory_that_tells_a_secret_is_caught() -> None:
    card = CARDS["classic/leduc_holdem_v4"]
    renderer = LeakyRenderer(
        load_renderer(card), lambda engine, seat: str(engine.env.get_perfect_information()), "nowhere"
    )

    with pytest.raises(Leak, match="the recalled of player_"):
        check_noninterference(card, deal_poker, renderer=renderer, recall=lambda turn: str(turn.view.glimpse))


def test_the_order_of_a_menu_comes_from_its_stream_alone() -> None:
    env = TextEnv(CARDS["classic/hanabi_v5"])
    orders = []
    for seed, name in ((1, "a"), (1, "a"), (2, "a"), (1, "b")):
        env.reset(seed, menus=Stream.of(name))
        orders.append(take(env.turns()[0]).shown["order"])

    assert orders[0] == orders[1]
    assert orders[0] != orders[3]
