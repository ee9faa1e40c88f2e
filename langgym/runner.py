"""Plays one episode: asks each seat, tells the observers, moves the environment; replays what is already stored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from langgym.errors import LangGymError, ReplayError
from langgym.memory.recalled import Recalled
from langgym.policies.policy import Decision
from universe.streams import Stream
from universe.text_env import SeatEnd, TextEnv, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where an environment stands before a turn, and what was paid on the way."""

    turn: int
    digest: bytes
    payments: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a seat did in a turn, and what it had in mind."""

    turn: Turn
    decision: Decision
    action: int | None
    """What is played: the decision's action or the fallback's; `None` where the seat forfeits."""
    recalled: Sequence[Recalled] = ()
    replayed: bool = False
    """Whether it comes from the store and was not decided now."""


class Player(Protocol):
    """Whoever sits in a seat."""

    def act(self, turn: Turn) -> tuple[Decision, Sequence[Recalled]]:
        """Returns the decision for a turn and the memories that were shown for it."""
        ...


class Observer(Protocol):
    """Somebody who follows an episode; called from the thread that plays it, and trusted not to raise."""

    def on_turn(self, position: Position, acts: Sequence[Act]) -> None:
        """Is told of the decisions of a turn before the environment moves."""
        ...

    def on_end(self, position: Position, outcome: Mapping[str, SeatEnd]) -> None:
        """Is told of the last position and the outcome."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is stored of an interrupted episode."""

    digests: Mapping[int, bytes]
    """By turn."""
    actions: Mapping[int, Mapping[str, int]]
    """By turn and seat."""
    on_drift: Callable[[int], None] | None = None
    """Is told the turn at which the rebuilt environment differs; `None` makes that an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeStreams:
    """Where the draws of an episode come from; each is independent of the others."""

    seed: int
    """Of the environment."""
    menus: Stream
    fallback: Stream
    root: tuple[int, int]
    """(run seed, number of the episode)."""

    @classmethod
    def of(cls, run_seed: int, number: int) -> "EpisodeStreams":
        """Returns the streams of an episode of a run."""
        return cls(
            seed=Stream.of(run_seed, number, "env").integer() & 0x7FFFFFFF,
            menus=Stream.of(run_seed, number, "menu"),
            fallback=Stream.of(run_seed, number, "fallback"),
            root=(run_seed, number),
        )

    def policy(self, seat: str) -> Stream:
        """Returns the stream of a seat's policy."""
        return Stream.of(*self.root, "policy", seat)


class Stopped(LangGymError):
    """The caller asked to stop; the episode stands at a turn's border and can be resumed."""

    exit_code = 130


def run_episode(
    env: TextEnv,
    players: Mapping[str, Player],
    *,
    streams: EpisodeStreams,
    observers: Sequence[Observer] = (),
    past: Past | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> dict[str, SeatEnd]:
    """Plays an episode to its end and returns the outcome of every seat.

    Raises:
        ReplayError: The rebuilt environment differs from `past`.
        Stopped: `should_stop` said so.
        EnvFault: The environment failed.
        ModelError: A model's provider failed; the turn under way can be decided again.
    """
    env.reset(streams.seed, menus=streams.menus)
    position = _stand(env, past)
    while env.turns():
        stored = past.actions.get(position.turn) if past else None
        if stored is None and should_stop():
            raise Stopped(f"Stopped before turn {position.turn}.")
        acts = _replay(env, stored, position.turn) if stored is not None else _decide(env, players, streams)
        for observer in observers:
            observer.on_turn(position, acts)
        silent = [act.turn.seat for act in acts if act.action is None]
        if silent:
            env.forfeit(silent[0])
        else:
            env.play({act.turn.seat: act.action for act in acts if act.action is not None})
        position = _stand(env, past)
    outcome = env.outcome()
    for observer in observers:
        observer.on_end(position, outcome)
    return outcome


def _stand(env: TextEnv, past: Past | None) -> Position:
    payments = env.payments()
    position = Position(turn=env.n_turns, digest=env.digest(payments), payments=payments)
    expected = past.digests.get(position.turn) if past else None
    # A forfeit ends the episode at the turn that was refused: the same number, another digest, nothing stored of it.
    if past is not None and expected is not None and env.turns() and expected != position.digest:
        if past.on_drift is None:
            raise ReplayError(
                f"The rebuilt environment differs from the stored one at turn {position.turn}.", turn=position.turn
            )
        past.on_drift(position.turn)
    return position


def _replay(env: TextEnv, stored: Mapping[str, int], number: int) -> list[Act]:
    acts: list[Act] = []
    for turn in env.turns():
        action = stored.get(turn.seat)
        if action is None or action not in turn.menu.actions:
            raise ReplayError(f"The stored action of {turn.seat} in turn {number} does not fit any more.", turn=number)
        acts.append(Act(turn=turn, decision=Decision(action=action, source="scripted"), action=action, replayed=True))
    return acts


def _decide(env: TextEnv, players: Mapping[str, Player], streams: EpisodeStreams) -> list[Act]:
    acts: list[Act] = []
    for turn in env.turns():
        decision, recalled = players[turn.seat].act(turn)
        action = decision.action
        if action is None and env.fallback == "random":
            action = streams.fallback.pick(turn.menu.actions, turn.seat, turn.index)
        acts.append(Act(turn=turn, decision=decision, action=action, recalled=recalled))
    return acts
