"""Plays one episode: asks each seat, tells the observers, moves the environment; goes on after what is stored."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from agents_db.borders import reach
from langgym.errors import LangGymError
from langgym.guards import Guards, is_silent
from langgym.memory.recalled import Recalled
from langgym.policies.policy import Decision
from langgym.replay import Past, Position, fast_forward, find_position
from universe.streams import Stream
from universe.text_env import SeatEnd, Turn
from universe.universe import Env


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a seat did in a turn, and what it had in mind."""

    turn: Turn
    decision: Decision
    action: int | None
    """What is played: the decision's action or the fallback's; `None` where the seat forfeits."""
    recalled: Sequence[Recalled] = ()


class Player(Protocol):
    """Whoever sits in a seat."""

    @property
    def waits(self) -> bool:
        """Whether a decision waits for somebody outside of this process, so that seats are best asked at once."""
        ...

    def act(self, turn: Turn) -> tuple[Decision, Sequence[Recalled]]:
        """Returns the decision for a turn and the memories that were shown for it."""
        ...


class Observer(Protocol):
    """Somebody who follows an episode; called from the thread that plays it, and trusted not to raise.

    Turns that were played before an interruption are not told again.
    """

    def on_turn(self, position: Position, acts: Sequence[Act]) -> None:
        """Is told of the decisions of a turn before the environment moves."""
        ...

    def on_end(self, position: Position, outcome: Mapping[str, SeatEnd]) -> None:
        """Is told of the last position and the outcome."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeStreams:
    """Where the draws of an episode come from; each is independent of the others."""

    seed: int
    """Of the environment."""
    menus: Stream
    fallback: Stream
    warm_up: Stream
    """Of what is drawn for the environment's reset."""
    root: tuple[int, int]
    """(run seed, number of the episode)."""

    @classmethod
    def of(cls, run_seed: int, number: int) -> "EpisodeStreams":
        """Returns the streams of an episode of a run."""
        return cls(
            seed=Stream.of(run_seed, number, "env").integer() & 0x7FFFFFFF,
            menus=Stream.of(run_seed, number, "menu"),
            fallback=Stream.of(run_seed, number, "fallback"),
            warm_up=Stream.of(run_seed, number, "warm-up"),
            root=(run_seed, number),
        )

    def policy(self, seat: str) -> Stream:
        """Returns the stream of a seat's policy."""
        return Stream.of(*self.root, "policy", seat)


class Stopped(LangGymError):
    """The caller asked to stop; the episode stands at a turn's border and can be resumed."""

    exit_code = 130


def run_episode(
    env: Env,
    players: Mapping[str, Player],
    *,
    streams: EpisodeStreams,
    options: Mapping[str, JsonValue] | None = None,
    observers: Sequence[Observer] = (),
    past: Past | None = None,
    guards: Guards | None = None,
    pool: Executor | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> dict[str, SeatEnd]:
    """Plays an episode to its end and returns the outcome of every seat.

    Args:
        env: Is reset here, and used from this thread alone.
        players: By seat.
        streams: Where its draws come from.
        options: What the environment's reset is given; `None` draws it from the streams.
        observers: Are told of every turn that is played now, and of the end.
        past: What is stored of it; `None` begins it.
        guards: Fresh ones; `None` watches nothing.
        pool: Asks the seats of a turn at once, where they wait; `None` asks one after the other.
        should_stop: Is asked before every turn.

    Raises:
        ReplayError: The rebuilt environment differs from `past`.
        Stopped: `should_stop` said so.
        EnvFault: The environment failed.
        ModelError: A model's provider failed; the turn under way can be decided again.
        BudgetError: A limit does not allow the next call; the turn under way can be decided later.
    """
    guards = guards or Guards()
    given = env.draw_options(streams.warm_up) if options is None else options
    env.reset(streams.seed, menus=streams.menus, options=given)
    position = fast_forward(env, past, guards) if past else find_position(env)
    while env.turns():
        reason = guards.arrive([turn.seat for turn in env.turns()], position.digest)
        if reason is not None:
            env.stop(reason)
            position = find_position(env)
            break
        if should_stop():
            raise Stopped(f"Stopped before turn {position.turn}.")
        acts = _decide(env, players, streams, pool)
        for observer in observers:
            observer.on_turn(position, acts)
        reach("before_move")
        _move(env, acts, guards)
        reach("after_move")
        position = find_position(env)
    outcome = env.outcome()
    for observer in observers:
        observer.on_end(position, outcome)
    return outcome


def _move(env: Env, acts: Sequence[Act], guards: Guards) -> None:
    for act in acts:
        missed = act.decision.source == "fallback"
        heard = [attempt.outcome for attempt in act.decision.attempts]
        guards.decide(act.turn.seat, is_silent(heard) if missed else None)
    silent = [act.turn.seat for act in acts if act.action is None]
    if silent:
        env.forfeit(silent[0])
    else:
        env.play({act.turn.seat: act.action for act in acts if act.action is not None})


def _decide(env: Env, players: Mapping[str, Player], streams: EpisodeStreams, pool: Executor | None) -> list[Act]:
    acts: list[Act] = []
    for turn, (decision, recalled) in zip(env.turns(), _ask(env.turns(), players, pool), strict=True):
        action = decision.action
        if action is None and env.fallback == "random":
            action = streams.fallback.pick(turn.menu.actions, turn.seat, turn.index)
        acts.append(Act(turn=turn, decision=decision, action=action, recalled=recalled))
    return acts


def _ask(
    turns: Sequence[Turn], players: Mapping[str, Player], pool: Executor | None
) -> list[tuple[Decision, Sequence[Recalled]]]:
    """Returns what the seats answer, in the order of the turns; raises what the first of them raises."""
    waiting = [turn for turn in turns if players[turn.seat].waits]
    if pool is None or len(waiting) < 2:
        return [players[turn.seat].act(turn) for turn in turns]
    for turn in waiting:
        turn.prepare()
    futures = {turn.seat: pool.submit(players[turn.seat].act, turn) for turn in waiting}
    answers = {turn.seat: players[turn.seat].act(turn) for turn in turns if turn.seat not in futures}
    for future in futures.values():
        future.exception()  # every reply is stored before any error is raised
    return [futures[turn.seat].result() if turn.seat in futures else answers[turn.seat] for turn in turns]
