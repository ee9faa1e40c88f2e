"""Rebuilds an interrupted episode: plays what is stored of it and compares every position on the way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from agents_db.store import AgentsDB
from langgym.errors import ReplayError
from langgym.guards import Guards, Misses, is_silent
from universe.universe import Env


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where an environment stands before a turn, and what was paid on the way."""

    turn: int
    digest: bytes
    payments: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is stored of an interrupted episode."""

    digests: Mapping[int, bytes]
    """By turn."""
    actions: Mapping[int, Mapping[str, int]]
    """By turn and seat."""
    misses: Misses = field(default_factory=dict[int, dict[str, bool]])
    on_drift: Callable[[int], None] | None = None
    """Is told the turn at which the rebuilt environment differs; `None` makes that an error."""


def read_past(db: AgentsDB, episode_id: int, *, on_drift: Callable[[int], None] | None = None) -> Past:
    """Returns what is stored of an episode."""
    actions: dict[int, dict[str, int]] = {}
    misses: dict[int, dict[str, bool]] = {}
    for move in db.moves(episode_id):
        actions.setdefault(move.turn, {})[move.seat] = move.action
    for (turn, seat), classes in db.failures(episode_id).items():
        misses.setdefault(turn, {})[seat] = is_silent(classes)
    digests = {position.turn: position.digest for position in db.positions(episode_id)}
    return Past(digests=digests, actions=actions, misses=misses, on_drift=on_drift)


def find_position(env: Env) -> Position:
    """Returns where an environment stands; what was paid is owed no longer."""
    payments = env.payments()
    return Position(turn=env.n_turns, digest=env.digest(payments), payments=payments)


def fast_forward(env: Env, past: Past, guards: Guards) -> Position:
    """Plays the stored turns on an environment that was reset and returns where it stands after them.

    Raises:
        ReplayError: The rebuilt environment differs from the stored one; the error names the turn.
        EnvFault: The environment failed.
    """
    position = find_position(env)
    while True:
        _compare(position, past)
        stored = past.actions.get(position.turn)
        if stored is None or not env.turns():
            return position
        _check_fit(env, stored)
        guards.arrive([turn.seat for turn in env.turns()], position.digest)
        missed = past.misses.get(position.turn, {})
        for turn in env.turns():
            guards.decide(turn.seat, missed.get(turn.seat))
        env.play(stored)
        position = find_position(env)


def _compare(position: Position, past: Past) -> None:
    expected = past.digests.get(position.turn)
    if expected is None or expected == position.digest:
        return
    if past.on_drift is None:
        raise ReplayError(
            f"The rebuilt environment differs from the stored one at turn {position.turn}.", turn=position.turn
        )
    past.on_drift(position.turn)


def _check_fit(env: Env, stored: Mapping[str, int]) -> None:
    """Raises `ReplayError` unless there is a stored action for each seat that acts, and each is legal."""
    number = env.n_turns
    for turn in env.turns():
        if stored.get(turn.seat) not in turn.view.legal:
            raise ReplayError(f"The stored action of {turn.seat} in turn {number} does not fit any more.", turn=number)
    if len(stored) > len(env.turns()):
        idle = ", ".join(sorted(set(stored) - {turn.seat for turn in env.turns()}))
        raise ReplayError(f"Turn {number} has a stored action of {idle}, who does not act in it any more.", turn=number)
