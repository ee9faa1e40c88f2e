"""Contracts over every card of the catalogue."""

import importlib
import warnings

import pytest
from pettingzoo.test import api_test, parallel_api_test, seed_test

from universe.card import EnvCard
from universe.cards import BUILT_IN
from universe.testing import check_card, check_renderer
from universe.text_env import TextEnv

every_card = pytest.mark.parametrize("card", BUILT_IN, ids=lambda card: card.env_id)


@every_card
def test_card_agrees_with_its_environment(card: EnvCard) -> None:
    check_card(card)


@every_card
def test_renderer_keeps_its_contract(card: EnvCard) -> None:
    check_renderer(card)


@every_card
def test_environment_passes_pettingzoos_own_tests(card: EnvCard) -> None:
    module = importlib.import_module(card.module)
    arguments = card.arguments({})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        api_test(module.env(**arguments), num_cycles=100)
        seed_test(lambda: module.env(**arguments), num_cycles=20)
        if card.simultaneous:
            parallel_api_test(module.parallel_env(**arguments), num_cycles=100)


@every_card
def test_payments_are_what_pettingzoo_hands_out(card: EnvCard) -> None:
    """TextEnv's totals equal the sum of `last()` over the agents' turns of the wrapped environment."""
    env = TextEnv(card)
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
                break
            wrapped.step(actions[seat])
    assert {seat: end.total for seat, end in env.outcome().items()} == pytest.approx(totals)
