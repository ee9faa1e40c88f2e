"""Playing episodes: one agent in its seats, rivals in the others, and what the agent learns from them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Protocol

from langgym.bench.learning.rules import RIVALS, Decider, name_side
from langgym.memory.experience import Moment
from langgym.memory.life import Lived, judge
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv, Turn


class Learner(Decider, Protocol):
    """Somebody who decides and learns."""

    def witness(self, turn: Turn, action: int) -> Moment:
        """Returns a decision as it is remembered."""
        ...

    def absorb(self, life: Lived) -> None:
        """Learns from the decisions of a seat; those of rivals come too where everything is open."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is tried: one side of an environment against one kind of rival."""

    env_id: str
    side: str
    """A team, or the role of seats that play for themselves."""
    rival: str
    episodes: int
    checkpoints: tuple[int, ...]
    """Episodes after which the agent is examined, rising; the last is the end."""
    evaluations: int
    """Episodes of an examination."""


def find_sides(card: EnvCard) -> list[str]:
    """Returns the sides of an environment: its teams, or all who play for themselves as one."""
    return list(dict.fromkeys(card.team(seat) or name_side(card) for seat in card.seats))


def find_seats(card: EnvCard, side: str, number: int) -> list[str]:
    """Returns the seats that an agent takes in an episode: its whole team, or one seat after the other."""
    team = [seat for seat in card.seats if card.team(seat) == side]
    return team or [card.seats[number % len(card.seats)]]


class Match:
    """An agent among rivals in an environment.

    Two agents with the same seed meet the same episodes in the same seats, and rivals that draw the same; `own` names
    the agent's own draws.
    """

    def __init__(self, trial: Trial, *, seed: int, own: str) -> None:
        """Makes the environment and the rivals."""
        self.card = default_catalog().find(trial.env_id)
        self._env = TextEnv(self.card)
        self._trial, self._seed, self._own = trial, seed, own
        self._rival = RIVALS[trial.rival].make(self.card)

    def learn(self, player: Learner, number: int) -> int:
        """Plays an episode from which the agent learns and returns how many decisions it made."""
        card, mine = self.card, find_seats(self.card, self._trial.side, number)
        told = self._env.seats if card.hidden is None else mine
        watch = _Watch(player, told)
        self._play("learn", number, player, mine, watch)
        outcome = self._env.outcome()
        for seat in told:
            total = outcome[seat].total
            player.absorb(
                Lived(
                    participation_id=number,
                    episode_id=number,
                    seat=seat,
                    role=card.role(seat),
                    clock=number + 1,
                    moments=tuple(watch.lives[seat]),
                    total=total,
                    result=judge(card, total),
                    own=seat in mine,
                )
            )
        return sum(len(watch.lives[seat]) for seat in mine)

    def examine(self, player: Decider, n: int) -> tuple[float, ...]:
        """Returns the mean return over the agent's seats in each of `n` episodes from which it learns nothing."""
        returns: list[float] = []
        for number in range(n):
            mine = find_seats(self.card, self._trial.side, number)
            self._play("evaluate", number, player, mine, None)
            outcome = self._env.outcome()
            returns.append(fmean(outcome[seat].total for seat in mine))
        return tuple(returns)

    def close(self) -> None:
        """Frees the environment."""
        self._env.close()

    def _play(self, phase: str, number: int, player: Decider, mine: Collection[str], watch: "_Watch | None") -> None:
        env, place = self._env, (phase, self._trial.env_id, self._seed, number)
        stream, own = Stream.of(*place), Stream.of(*place, "own", self._own)
        env.reset(stream.integer("env") & 0x7FFFFFFF)
        env.payments()
        while turns := env.turns():
            chosen = {
                turn.seat: player.decide(turn, own, learning=watch is not None)
                if turn.seat in mine
                else self._rival.decide(turn, stream, learning=False)
                for turn in turns
            }
            if watch is not None:
                watch.see([(turn, chosen[turn.seat]) for turn in turns])
            env.play(chosen)
            if watch is not None:
                watch.pay(env.payments())
        if watch is not None:
            watch.settle()


class _Watch:
    """What the seats that are told live through in an episode, with what each decision was paid."""

    def __init__(self, player: Learner, told: Collection[str]) -> None:
        self.lives: dict[str, list[Moment]] = {seat: [] for seat in told}
        self._player = player
        self._owed = dict.fromkeys(told, 0.0)

    def see(self, decided: Collection[tuple[Turn, int]]) -> None:
        for turn, action in decided:
            if turn.seat in self.lives:
                self._give(turn.seat)
                self.lives[turn.seat].append(self._player.witness(turn, action))

    def pay(self, payments: dict[str, float]) -> None:
        for seat in self._owed:
            self._owed[seat] += payments.get(seat, 0.0)

    def settle(self) -> None:
        for seat in self.lives:
            self._give(seat)

    def _give(self, seat: str) -> None:
        """Gives what was paid since a seat's last decision to that decision; what came before its first is nobody's."""
        life, paid = self.lives[seat], self._owed[seat]
        self._owed[seat] = 0.0
        if life and paid:
            life[-1] = replace(life[-1], reward=paid)
