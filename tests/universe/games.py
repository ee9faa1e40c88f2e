"""Games played by the names of their moves, or randomly up to a turn."""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from pydantic import JsonValue

from universe.card import EnvCard
from universe.streams import Stream
from universe.text_env import TextEnv, Turn

few = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 10_000)


def begin(card: EnvCard, **kwargs: JsonValue) -> TextEnv:
    env = TextEnv(card, kwargs)
    env.reset(0)
    return env


def play(card: EnvCard, names: str, **kwargs: JsonValue) -> TextEnv:
    """Plays a game in turns from its first position by the names of its moves."""
    env = begin(card, **kwargs)
    for name in names.split():
        step(env, name)
    return env


def step(env: TextEnv, name: str) -> None:
    [turn] = env.turns()
    env.play({turn.seat: turn.menu.action(name)})


def turn_of(env: TextEnv) -> Turn:
    return env.turns()[0]


def facts_of(env: TextEnv, name: str) -> tuple[str, ...]:
    turn = turn_of(env)
    return turn.facts.actions[turn.menu.action(name)]


def results(env: TextEnv) -> list[str | None]:
    return [end.result for end in env.outcome().values()]


def walk(card: EnvCard, seed: int, n_turns: int, visit: Callable[[Turn, int], None] | None = None) -> TextEnv:
    """Plays randomly for at most `n_turns`; `visit` sees each turn with the action about to be played."""
    env = TextEnv(card)
    env.reset(seed)
    stream = Stream.of(seed, "walk")
    while env.turns() and env.n_turns < n_turns:
        chosen = {turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in env.turns()}
        if visit is not None:
            visit(turn_of(env), chosen[turn_of(env).seat])
        env.play(chosen)
    return env
