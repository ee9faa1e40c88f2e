"""What the tests of games with hands share."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.universe.games import step, turn_of
from universe.card import EnvCard
from universe.cards.hands import LEDUC, LIMIT, NO_LIMIT
from universe.renderers.poker.cards import RANKS
from universe.text_env import TextEnv

GOLDEN = Path(__file__).parent / "golden"


LONGEST = 700  # characters of a median turn: about 300 tokens of the embedded model


POKER = (LEDUC, LIMIT, NO_LIMIT)


TABLES = [(LEDUC, {}), *((card, {"num_players": n}) for card in (LIMIT, NO_LIMIT) for n in (2, 3, 6, 10))]


TEAMS = [
    {},
    {"players": 3, "hand_size": 4},
    {"players": 5, "hand_size": 4},
    {"players": 2, "colors": 2, "ranks": 3, "hand_size": 5, "max_life_tokens": 20},
    {"players": 4, "colors": 4, "max_information_tokens": 2, "hand_size": 2},
    {"max_information_tokens": 0, "hand_size": 2},
    {"observation_type": "minimal"},
    {"observation_type": "seer"},
]


DECK = [suit + rank for suit in "SHDC" for rank in RANKS]


every_table = pytest.mark.parametrize(
    ("card", "kwargs"), TABLES, ids=[f"{card.env_id} {kwargs}" for card, kwargs in TABLES]
)


every_team = pytest.mark.parametrize("kwargs", TEAMS, ids=str)


def begin(card: EnvCard, seed: int, *names: str, **kwargs: Any) -> TextEnv:
    env = TextEnv(card, kwargs)
    env.reset(seed)
    for name in names:
        step(env, name)
    return env


def wander(env: TextEnv, seed: int, rare: str) -> Any:
    """Yields every turn of random play in which actions that begin with `rare` are seldom chosen."""
    draw = random.Random(seed)
    env.reset(seed)
    while env.turns():
        turn = turn_of(env)
        yield turn
        weights = [0.1 if turn.menu.name(action).startswith(rare) else 1.0 for action in turn.menu.actions]
        env.play({turn.seat: draw.choices(turn.menu.actions, weights)[0]})


def core(env: TextEnv) -> Any:
    return env._engine.core  # tests may look: renderers may not


def choose(env: TextEnv, said: str) -> str:
    return turn_of(env).menu.parse(json.dumps({"action": said})).name
