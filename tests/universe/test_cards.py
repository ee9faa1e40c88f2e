"""Contracts over every card of the catalogue."""

import importlib
import warnings
from collections.abc import Iterator

import pytest
from pettingzoo.test import api_test, parallel_api_test, seed_test

from universe.card import EnvCard
from universe.cards import BUILT_IN
from universe.testing import Elsewhere, check_card, check_renderer
from universe.text_env import TextEnv

SLOW = "atari"
"""The suite whose episodes take a second or more: fewer and shorter ones are played of it here."""

every_card = pytest.mark.parametrize("card", BUILT_IN, ids=lambda card: card.env_id)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as process:
        yield process


@every_card
def test_card_agrees_with_its_environment(card: EnvCard, elsewhere: Elsewhere) -> None:
    slow = card.suite == SLOW
    check_card(card, elsewhere=elsewhere, n_episodes=1 if slow else 20, max_turns=25 if slow else None)


@pytest.mark.parametrize("card", [card for card in BUILT_IN if card.suite != SLOW], ids=lambda card: card.env_id)
def test_renderer_keeps_its_contract(card: EnvCard) -> None:
    check_renderer(card)


@every_card
def test_environment_passes_pettingzoos_own_tests(card: EnvCard) -> None:
    module = importlib.import_module(card.module)
    slow = card.suite == SLOW
    arguments = card.arguments({"frames": 1} if any(kwarg.name == "frames" for kwarg in card.kwargs) else {})
    cycles = 10 if slow else 100
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        env = module.env(**arguments)
        api_test(env, num_cycles=cycles)
        env.close()
        seed_test(lambda: module.env(**arguments), num_cycles=4 if slow else 20)
        if card.simultaneous:
            env = module.parallel_env(**arguments)
            parallel_api_test(env, num_cycles=cycles)
            env.close()


@every_card
def test_payments_are_what_pettingzoo_hands_out(card: EnvCard) -> None:
    """TextEnv's totals equal the sum of `last()` over the agents' turns of the wrapped environment."""
    env = TextEnv(card, max_turns=15 if card.suite == SLOW else None)
    module = importlib.import_module(card.module)
    wrapped = module.parallel_env(**env.arguments) if card.simultaneous else module.env(**env.arguments)
    env.reset(3)
    played = []
    while env.turns():
        played.append({turn.seat: turn.menu.actions[turn.index % len(turn.menu)] for turn in env.turns()})
        env.play(played[-1])
    totals = dict.fromkeys(env.seats, 0.0)
    if card.simultaneous:
        wrapped.reset(seed=3)
        for actions in played:
            for seat, reward in wrapped.step(actions)[1].items():
                totals[seat] += reward
    else:
        wrapped.reset(seed=3)
        queue = iter(played)
        for seat in wrapped.agent_iter():
            _, reward, terminated, truncated, _ = wrapped.last()
            totals[seat] += reward
            if terminated or truncated:
                wrapped.step(None)
                continue
            actions = next(queue, None)
            if actions is None:
                totals |= {
                    other: totals[other] + owed for other, owed in wrapped._cumulative_rewards.items() if other != seat
                }
                break
            wrapped.step(actions[seat])
    assert {seat: end.total for seat, end in env.outcome().items()} == pytest.approx(totals)
