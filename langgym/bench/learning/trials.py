"""Lives: an agent learns from episodes of an environment; at checkpoints it plays some and learns nothing from them."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from statistics import fmean
from time import perf_counter

from langgym.bench.learning.players import FIXED, TACTIC, ExperiencedPlayer, Player, RandomPlayer, RulePlayer
from langgym.memory.experience import Moment
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv

ARMS = ("none", "experience")
"""What is compared; the fixed rule of a game stands beside them where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is tried: one side of an environment against one kind of rival."""

    env_id: str
    side: str
    """A team, or the role of seats that play for themselves."""
    rival: str
    episodes: int
    checkpoints: tuple[int, ...]
    evaluations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What came of a trial for one arm and one agent."""

    trial: Trial
    arm: str
    seed: int
    returns: Mapping[int, tuple[float, ...]] = field(default_factory=dict[int, tuple[float, ...]])
    """Of the evaluation episodes, by checkpoint; the same seeds and seats in every arm."""
    seconds: float = 0.0

    def describe(self) -> dict[str, object]:
        """Returns it for a JSON file, with means instead of single returns."""
        means = {str(point): fmean(returns) for point, returns in self.returns.items()}
        return {**asdict(self.trial), "arm": self.arm, "seed": self.seed, "means": means, "seconds": self.seconds}


def find_sides(card: EnvCard) -> list[str]:
    """Returns the sides of an environment: its teams, or all who play for themselves as one."""
    teams = list(dict.fromkeys(card.team(seat) for seat in card.seats))
    return [team or card.role(card.seats[0]) for team in teams]


def find_seats(card: EnvCard, side: str, number: int) -> list[str]:
    """Returns the seats that an agent takes in an episode: its whole team, or one seat after the other."""
    team = [seat for seat in card.seats if card.team(seat) == side]
    return team or [card.seats[number % len(card.seats)]]


def run_trials(trials: Sequence[Trial], *, n_seeds: int, workers: int) -> list[Curve]:
    """Returns the curves of all trials, arms and agents, run in several processes."""
    tasks = [
        (trial, arm, seed)
        for trial in trials
        for arm in (*ARMS, *(("fixed",) if (trial.env_id, trial.side) in FIXED else ()))
        for seed in range(n_seeds)
    ]
    if workers == 1:
        return [run_life(*task) for task in tasks]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(run_life, *zip(*tasks, strict=True)))


def run_life(trial: Trial, arm: str, seed: int) -> Curve:
    """Returns the curve of one agent."""
    warnings.simplefilter("ignore")
    card = default_catalog().find(trial.env_id)
    env = TextEnv(card)
    player = _make_player(arm, trial, card)
    rival = RulePlayer(TACTIC) if trial.rival == "tactic" else RandomPlayer()
    returns: dict[int, tuple[float, ...]] = {}
    begun = perf_counter()
    if arm != "experience":
        played = _evaluate(env, player, rival, trial, seed)
        returns = dict.fromkeys(trial.checkpoints, played)
    else:
        for number in range(trial.episodes):
            _learn(env, player, rival, trial, (seed, number))
            if number + 1 in trial.checkpoints:
                returns[number + 1] = _evaluate(env, player, rival, trial, seed)
    env.close()
    return Curve(trial=trial, arm=arm, seed=seed, returns=returns, seconds=perf_counter() - begun)


def _make_player(arm: str, trial: Trial, card: EnvCard) -> Player:
    if arm == "experience":
        return ExperiencedPlayer(card)
    return RulePlayer(FIXED[trial.env_id, trial.side]) if arm == "fixed" else RandomPlayer()


def _learn(env: TextEnv, player: Player, rival: Player, trial: Trial, place: tuple[int, int]) -> None:
    mine = find_seats(env.card, trial.side, place[1])
    open_game = env.card.hidden is None
    told = env.seats if open_game else mine
    lives = _play(env, player, rival, mine, Stream.of("learn", trial.env_id, *place), learning=True, told=told)
    for seat in told:
        if lives[seat]:
            player.absorb(env.card.role(seat), lives[seat])


def _evaluate(env: TextEnv, player: Player, rival: Player, trial: Trial, seed: int) -> tuple[float, ...]:
    """Returns the agent's mean return over its seats, episode by episode."""
    returns: list[float] = []
    for number in range(trial.evaluations):
        mine = find_seats(env.card, trial.side, number)
        _play(env, player, rival, mine, Stream.of("evaluate", trial.env_id, seed, number), learning=False, told=())
        outcome = env.outcome()
        returns.append(fmean(outcome[seat].total for seat in mine))
    return tuple(returns)


def _play(
    env: TextEnv,
    player: Player,
    rival: Player,
    mine: Iterable[str],
    stream: Stream,
    *,
    learning: bool,
    told: Iterable[str],
) -> dict[str, list[Moment]]:
    """Plays an episode and returns what the seats that are `told` have lived through."""
    lives: dict[str, list[Moment]] = {seat: [] for seat in told}
    owed = dict.fromkeys(env.seats, 0.0)
    env.reset(stream.integer("env") & 0x7FFFFFFF)
    env.payments()
    while turns := env.turns():
        chosen: dict[str, int] = {}
        for turn in turns:
            who = player if turn.seat in mine else rival
            action = chosen[turn.seat] = who.decide(turn, stream, learning=learning)
            if turn.seat in lives:
                _pay(lives[turn.seat], owed, turn.seat)
                facts = turn.facts
                lives[turn.seat].append(
                    Moment(situation=turn.situation, state=facts.state, options=facts.actions, action=action)
                )
        env.play(chosen)
        for seat, reward in env.payments().items():
            owed[seat] += reward
    for seat, life in lives.items():
        _pay(life, owed, seat)
    return lives


def _pay(life: list[Moment], owed: dict[str, float], seat: str) -> None:
    """Gives what was paid since a seat's last decision to that decision; what came before its first is nobody's."""
    if life and owed[seat]:
        last = life[-1]
        life[-1] = Moment(
            situation=last.situation,
            state=last.state,
            options=last.options,
            action=last.action,
            reward=last.reward + owed[seat],
        )
    owed[seat] = 0.0
