"""What the cards of the multi-particle environments say about rewards, computed anew from the world's places."""

from collections.abc import Callable, Mapping
from itertools import product
from math import exp
from typing import Any

import numpy as np
import pytest

from universe.card import EnvCard
from universe.cards.mpe import MPE
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv

Pay = Callable[[Any, Any], float]


def far(one: Any, other: Any) -> float:
    return float(np.linalg.norm(one.state.p_pos - other.state.p_pos))


def touch(one: Any, other: Any) -> bool:
    return far(one, other) < one.size + other.size


def good(world: Any) -> list[Any]:
    return [agent for agent in world.agents if not agent.adversary]


def bad(world: Any) -> list[Any]:
    return [agent for agent in world.agents if agent.adversary]


def edge(agent: Any) -> float:
    """The price of leaving the arena, as the cards word it."""
    return sum(
        0.0 if d < 0.9 else 10 * (d - 0.9) if d < 1 else min(exp(2 * d - 2), 10) for d in map(abs, agent.state.p_pos)
    )


def pay_adversary(world: Any, agent: Any) -> float:
    goal = agent.goal_a
    if agent.adversary:
        return -far(agent, goal)
    return far(bad(world)[0], goal) - min(far(each, goal) for each in good(world))


def pay_crypto(world: Any, agent: Any) -> float:
    eve, bob, _ = ((each.state.c == agent.goal_a.color).all() for each in world.agents)
    if agent.adversary:
        return 0.0 if eve else -2.0
    return (0.0 if bob else -2.0) + (0.0 if eve else 2.0)


def pay_push(world: Any, agent: Any) -> float:
    if agent.adversary:
        return far(good(world)[0], agent.goal_a) - far(agent, agent.goal_a)
    return -far(agent, agent.goal_a)


def pay_reference(world: Any, agent: Any) -> float:
    mate = agent.goal_a
    return -0.75 * far(mate, agent.goal_b) - 0.25 * far(agent, mate.goal_b)


def pay_spread(world: Any, agent: Any) -> float:
    shared = sum(min(far(each, mark) for each in world.agents) for mark in world.landmarks)
    return -0.5 * shared - 0.5 * sum(touch(agent, other) for other in world.agents if other is not agent)


def pay_tag(world: Any, agent: Any) -> float:
    if agent.adversary:
        return 10.0 * sum(touch(*pair) for pair in product(good(world), bad(world)))
    return -10.0 * sum(touch(agent, other) for other in bad(world)) - edge(agent)


def pay_world(world: Any, agent: Any) -> float:
    if agent.adversary:
        touches = sum(touch(*pair) for pair in product(good(world), bad(world)))
        return 5.0 * touches - 0.1 * min(far(agent, prey) for prey in good(world))
    eaten = 2.0 * sum(touch(agent, food) for food in world.food) - 0.05 * min(far(agent, food) for food in world.food)
    return eaten - 5.0 * sum(touch(agent, other) for other in bad(world)) - 2 * edge(agent)


def pay_line(world: Any, agent: Any) -> float:
    """Shares out evenly spaced spots, both ends included, by trying every order of four."""
    from itertools import permutations

    first, last = (mark.state.p_pos for mark in world.landmarks)
    spots = [first + (last - first) * number / 3 for number in range(4)]
    gaps = [[float(np.linalg.norm(each.state.p_pos - spot)) for spot in spots] for each in world.agents]
    best = min(permutations(range(4)), key=lambda order: sum(gaps[i][j] for i, j in enumerate(order)))
    return -sum(min(gaps[i][j], 2.0) for i, j in enumerate(best)) / 4


PAYS: Mapping[str, Pay] = {
    "simple": lambda world, agent: -(far(agent, world.landmarks[0]) ** 2),
    "simple_adversary": pay_adversary,
    "simple_crypto": pay_crypto,
    "simple_push": pay_push,
    "simple_reference": pay_reference,
    "simple_speaker_listener": lambda world, agent: -(far(world.agents[1], world.agents[0].goal_b) ** 2),
    "simple_spread": pay_spread,
    "simple_tag": pay_tag,
    "simple_world_comm": pay_world,
    "simple_line": pay_line,
}


@pytest.mark.parametrize("name", PAYS)
def test_rewards_are_what_the_card_says(name: str) -> None:
    env = TextEnv(default_catalog().find(f"mpe/{name}"))
    world = env._engine.core.world
    for seed in range(5):
        env.reset(seed)
        stream = Stream.of(seed, "pay")
        while turns := env.turns():
            env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in turns})
            paid = env.payments()
            for agent in world.agents:
                assert paid[agent.name] == pytest.approx(PAYS[name](world, agent))


@pytest.mark.parametrize("card", MPE, ids=lambda card: card.env_id)
def test_last_push_is_never_paid(card: EnvCard) -> None:
    """Places move by the velocity of the turn before, so a push in the last turn changes no reward; words do."""
    if card.env_id == "mpe/simple_crypto_v3":
        return
    totals: list[dict[str, float]] = []
    for move in (1, 2):
        env = TextEnv(card)
        env.reset(3)
        while turns := env.turns():
            last = turns[0].number == 24
            env.play({turn.seat: move if last and len(turn.menu) > 3 else 0 for turn in turns})
        totals.append({seat: end.total for seat, end in env.outcome().items()})
    assert totals[0] == totals[1]
