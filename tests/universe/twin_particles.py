"""Twin worlds of the multi-particle environments: whatever can change without this seat's observation changing."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tests.universe.twins import Given, Pair, Recall, see, take
from universe.text_env import TextEnv, Turn

EPISODES = 110
ENOUGH = 204  # pairs of one card
LATEST = 8  # turns played at most before the worlds part

Meddle = Callable[[Any, Any, random.Random], None]
"""Changes a world; gets the world, the agent that must not notice and a source of draws."""


def part_worlds(one: TextEnv, two: TextEnv, recall: Recall | None) -> Iterator[Pair]:
    """Yields twins that share their past and now differ in all that one seat does not observe.

    Every kind of change is tried on top of the others and taken back where the seat's observation shows it.
    """
    n_pairs = 0
    for seed in range(EPISODES):
        if n_pairs >= ENOUGH:
            break
        draw = random.Random(seed)
        trails = _play(one, two, seed, draw)
        for seat in one.seats:
            pair = _part(one, two, seat, MEDDLES, draw, trails[seat], recall, hide=seed % 2 == 1)
            if pair is not None:
                n_pairs += 1
                yield pair


def find_kinds(one: TextEnv, two: TextEnv, recall: Recall | None) -> Iterator[Pair]:
    """Yields a pair for every seat and every single kind of change that goes unnoticed, over a few episodes."""
    for seed in range(3):
        draw = random.Random(seed)
        trails = _play(one, two, seed, draw)
        for seat in one.seats:
            for kind, meddle in MEDDLES.items():
                pair = _part(one, two, seat, {kind: meddle}, draw, trails[seat], recall, hide=kind == HIDING)
                if pair is not None:
                    yield pair


def _play(one: TextEnv, two: TextEnv, seed: int, draw: random.Random) -> dict[str, tuple[list[Given], list[Given]]]:
    """Plays both worlds alike for some turns and returns what each seat observed before the last.

    Nothing differs yet, so no text is made.
    """
    trails: dict[str, tuple[list[Given], list[Given]]] = {seat: ([], []) for seat in one.seats}
    one.reset(seed)
    two.reset(seed)
    for _ in range(seed % LATEST):
        if not one.turns():
            break
        for first, second in zip(one.turns(), two.turns(), strict=True):
            trails[first.seat][0].append(Given(see(first), {}))
            trails[second.seat][1].append(Given(see(second), {}))
        actions = {turn.seat: draw.choice(turn.menu.actions) for turn in one.turns()}
        one.play(actions)
        two.play(actions)
    return trails


def _part(
    one: TextEnv,
    two: TextEnv,
    seat: str,
    meddles: Mapping[str, Meddle],
    draw: random.Random,
    trail: tuple[list[Given], list[Given]],
    recall: Recall | None,
    *,
    hide: bool,
) -> Pair | None:
    """Returns the pair that differs in every kind of change that the seat does not notice; both worlds are restored."""
    worlds = [env._engine.core.world for env in (one, two)]
    kept = [_save(world) for world in worlds]
    stay = list(two._moves)
    try:
        if hide:
            shared = draw.getrandbits(32)
            for world in worlds:
                _hide(world, _agent(world, seat), random.Random(shared))
        unnoticed = [kind for kind, meddle in meddles.items() if _change(one, two, seat, kind, meddle, draw)]
        if not unnoticed:
            return None
        given = [take(_look(env, seat), recall) for env in (one, two)]
        secrets = [_write(env) for env in (one, two)]
    finally:
        for world, state in zip(worlds, kept, strict=True):
            _restore(world, state)
        two._moves[:] = stay
    return Pair(seat, ", ".join(unnoticed), [*trail[0], given[0]], [*trail[1], given[1]], secrets[0], secrets[1])


def _change(one: TextEnv, two: TextEnv, seat: str, kind: str, meddle: Meddle, draw: random.Random) -> bool:
    """Changes the second world and returns `True`, or leaves it alone where nothing changes or the seat sees it."""
    world = two._engine.core.world
    kept, stay = _save(world), list(two._moves)
    meddle(world, _agent(world, seat), draw)
    if kind == MOVES and not two.card.moves_public:
        _forge(two, seat, draw)
    changed = kept != _save(world) or stay != two._moves
    if changed and _observe(one, seat).tobytes() == _observe(two, seat).tobytes():
        return True
    _restore(world, kept)
    two._moves[:] = stay
    return False


def _observe(env: TextEnv, seat: str) -> Any:
    return env._engine.core.observe(seat)


def _look(env: TextEnv, seat: str) -> Turn:
    """Returns the seat's turn in the world as it is now."""
    engine: Any = env._engine
    engine._observations = {**engine._observations, seat: _observe(env, seat)}
    view = env._view(seat)
    return Turn(replace(view, moves=list(view.moves)), env._renderer, env._stream)


def _agent(world: Any, seat: str) -> Any:
    return next(agent for agent in world.agents if agent.name == seat)


class _Fields(dict[str, Any]):
    """An entity's fields, equal where each is the very same object: meddling replaces values, never alters them."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and all(self[name] is other.get(name) for name in self)


def _save(world: Any) -> list[tuple[Any, _Fields, _Fields]]:
    return [(entity, _Fields(vars(entity)), _Fields(vars(entity.state))) for entity in world.entities]


def _restore(world: Any, kept: list[tuple[Any, _Fields, _Fields]]) -> None:
    for entity, own, state in kept:
        vars(entity).update(own)
        vars(entity.state).update(state)


def _write(env: TextEnv) -> str:
    """Returns everything that can be a secret, written out."""
    lines = [str([(move.seat, move.action) for move in env._moves])]
    for entity in env._engine.core.world.entities:
        parts = [entity.name, *(f"{name}={np.asarray(value).tolist()}" for name, value in vars(entity.state).items())]
        for name in ("goal_a", "goal_b", "key", "color", "holding", "alive", "type"):
            value = _field(entity, name)
            if value is not None:
                parts.append(f"{name}={getattr(value, 'name', value)}")
        lines.append(" ".join(map(str, parts)))
    return "\n".join(lines)


def _field(entity: Any, name: str) -> Any:
    """Returns an entity's field, or `None`: the properties of mpe2 raise where nothing was set."""
    return vars(entity).get(f"_{name}", vars(entity).get(name))


def _forge(env: TextEnv, seat: str, draw: random.Random) -> None:
    """Changes what the other seats are recorded to have done."""
    for number, move in enumerate(env._moves):
        if move.seat != seat:
            env._moves[number] = replace(move, action=move.action + 1, name=f"forged {draw.random():.6f}")


def _others(world: Any, agent: Any) -> list[Any]:
    return [other for other in world.agents if other is not agent]


def _goal(world: Any, agent: Any, draw: random.Random) -> None:
    """Makes another landmark the goal of all, with the colours that go with it."""
    goal = _field(world.agents[0], "goal_a")
    if goal not in world.landmarks:
        return
    other = draw.choice([mark for mark in world.landmarks if mark is not goal])
    for each in world.agents:
        each.goal_a = other
        if hasattr(each, "speaker") and each.name == "bob_0":
            each.color = other.color
    if world.landmarks[0].name == "landmark 0" and hasattr(goal, "index"):
        pusher = world.agents[-1]
        colour = np.array([0.25, 0.25, 0.25])
        colour[other.index + 1] += 0.5
        pusher.color = colour
    elif all(float(mark.color[0]) == 0.15 for mark in world.landmarks):
        goal.color, other.color = other.color, goal.color


def _task(world: Any, agent: Any, draw: random.Random) -> None:
    """Changes the landmark that another agent knows to be somebody's goal (reference, speaker and listener)."""
    for each in _others(world, agent):
        goal = _field(each, "goal_b")
        if goal is not None:
            each.goal_b = draw.choice([mark for mark in world.landmarks if mark is not goal])


def _key(world: Any, agent: Any, draw: random.Random) -> None:
    for each in world.agents:
        if _field(each, "key") is not None:
            each.key = next(mark.color for mark in world.landmarks if mark.color is not each.key)


def _positions(world: Any, agent: Any, draw: random.Random) -> None:
    for other in _others(world, agent):
        other.state.p_pos = other.state.p_pos + np.array([draw.uniform(0.01, 0.3), draw.uniform(-0.3, -0.01)])


def _velocities(world: Any, agent: Any, draw: random.Random) -> None:
    for other in _others(world, agent):
        other.state.p_vel = other.state.p_vel + np.array([draw.uniform(0.1, 0.5), draw.uniform(-0.5, -0.1)])


def _rival_velocities(world: Any, agent: Any, draw: random.Random) -> None:
    """Changes how adversaries move: in a chase nobody observes that."""
    for other in _others(world, agent):
        if getattr(other, "adversary", False):
            other.state.p_vel = other.state.p_vel + np.array([draw.uniform(0.1, 0.5), draw.uniform(-0.5, -0.1)])


def _words(world: Any, agent: Any, draw: random.Random) -> None:
    """Changes what one other agent said."""
    if not world.dim_c:
        return
    other = draw.choice(_others(world, agent))
    others = [word for word in np.eye(world.dim_c) if not np.array_equal(word, other.state.c)]
    other.state.c = draw.choice(others)


def _landmarks(world: Any, agent: Any, draw: random.Random) -> None:
    for mark in world.landmarks:
        mark.state.p_pos = mark.state.p_pos + np.array([draw.uniform(0.01, 0.3), draw.uniform(-0.3, -0.01)])


def _identities(world: Any, agent: Any, draw: random.Random) -> None:
    """Swaps two others of a kind: an observation that sorts by distance does not say who is who."""
    kinds = [other for other in _others(world, agent) if getattr(other, "collector", None)]
    if len(kinds) >= 2:
        first, second = draw.sample(kinds, 2)
        first.state, second.state = first.state, second.state
        for name in ("_p_pos", "_p_vel"):
            one, two = getattr(first.state, name), getattr(second.state, name)
            setattr(first.state, name, two)
            setattr(second.state, name, one)
        first.holding, second.holding = second.holding, first.holding


def _hide(world: Any, agent: Any, draw: random.Random) -> None:
    """Puts every other agent into the first forest and this one out of all of them."""
    forests = getattr(world, "forests", [])
    if not forests:
        return
    agent.state.p_pos = np.array([3.0, 3.0])
    for other in _others(world, agent):
        other.state.p_pos = forests[0].state.p_pos + np.array([draw.uniform(-0.05, 0.05), draw.uniform(-0.05, 0.05)])


def _stir(world: Any, agent: Any, draw: random.Random) -> None:
    """Moves the hidden agents about within their forest."""
    if getattr(world, "forests", []):
        for other in _others(world, agent):
            other.state.p_pos = other.state.p_pos + np.array([draw.uniform(0.01, 0.05), draw.uniform(0.01, 0.05)])


def _nothing(world: Any, agent: Any, draw: random.Random) -> None:
    """Leaves the world alone: the record of moves is what differs."""


HIDING = "where agents in a forest are"
MOVES = "what the others did"
GOAL = "the goal"
TASK = "the goal that another knows"
KEY = "the key"
POSITIONS = "the others' positions"
VELOCITIES = "the others' velocities"
WORDS = "what another said"
LANDMARKS = "the landmarks"
IDENTITIES = "which of the others is which"

MEDDLES: dict[str, Meddle] = {
    GOAL: _goal,
    TASK: _task,
    KEY: _key,
    POSITIONS: _positions,
    VELOCITIES: _velocities,
    "the adversaries' velocities": _rival_velocities,
    WORDS: _words,
    LANDMARKS: _landmarks,
    IDENTITIES: _identities,
    HIDING: _stir,
    MOVES: _nothing,
}
"""Every kind of change by what differs."""
