"""Does what was learnt in one environment help in another? Learning curves with and without the facts of earlier lives.

Facts go over whose words both environments share; exact situations do not. What a fact was worth elsewhere is a weak
prior here: it counts for a few decisions, and experience of the new environment soon weighs more.
"""

import argparse
import sys
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean, stdev

import numpy as np

from langgym.bench.learning.learners import ExperiencedPlayer
from langgym.bench.learning.playing import Match, Trial, find_sides
from langgym.bench.learning.verdicts import bootstrap
from langgym.bench.report import make_table, write_report
from langgym.errors import UsageError
from langgym.memory.advice import scale_for, weighing_for
from langgym.memory.carrying import CAP, Prior, join_worths
from langgym.memory.experience import Experience
from universe.card import EnvCard
from universe.catalog import default_catalog

SETTLED = 50
"""Episodes after which what was carried over must not be a loss."""
SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A life that goes on in another environment."""

    sources: tuple[Trial, ...]
    target: Trial
    cap: float
    """0 carries nothing over."""
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it."""

    move: Move
    returns: Mapping[int, tuple[float, ...]] = field(default_factory=dict[int, tuple[float, ...]])
    """By episodes learnt from in the target."""
    carried: Mapping[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    """Facts that the target knows too, with what they were taken to be worth, and for how many decisions."""


def main(arguments: list[str]) -> int:
    """Prints learning curves with and without transfer; returns 1 where it is clearly a loss in the end."""
    options = _read_options(arguments)
    warnings.simplefilter("ignore")
    sources = tuple(
        _make_trial(card, side, options, points=(options.episodes,))
        for card in _find_cards(options.sources)
        for side in find_sides(card)
    )
    targets = [
        _make_trial(card, side, options, points=options.checkpoints)
        for card in _find_cards(options.targets)
        for side in find_sides(card)
    ]
    moves = [
        Move(sources=sources, target=target, cap=cap, seed=seed)
        for target in targets
        for seed in range(options.seeds)
        for cap in (0.0, options.cap)
    ]
    outcomes = _run(moves, options.workers)
    gains = [gain for target in targets for gain in find_gains(outcomes, target)]
    sys.stdout.write(_tell(outcomes, targets, gains) + "\n")
    if options.json:
        write_report(options.json, "transfer", _describe(outcomes, gains))
    return int(any(gain.is_loss for gain in gains))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """By how much the return with transfer differs from that without, at one checkpoint."""

    target: Trial
    point: int
    difference: float
    low: float
    high: float
    """The bounds of its 95 % interval."""

    @property
    def is_loss(self) -> bool:
        """Whether it is clearly a loss when it should have worn off."""
        return self.point >= SETTLED and self.high < 0


def find_gains(outcomes: Sequence[Outcome], target: Trial) -> list[Gain]:
    """Returns the paired differences in a target, checkpoint by checkpoint."""
    ours = [each for each in outcomes if each.move.target == target]
    found: list[Gain] = []
    for point in target.checkpoints:
        carried, alone = (
            np.array([each.returns[point] for each in ours if (each.move.cap > 0) is moved]) for moved in (True, False)
        )
        low, high, _ = bootstrap(carried - alone)
        difference = float((carried - alone).mean())
        found.append(Gain(target=target, point=point, difference=difference, low=low, high=high))
    return found


def run_move(move: Move) -> Outcome:
    """Returns what comes of a life that goes on elsewhere: the same for the same move, in whatever process."""
    warnings.simplefilter("ignore")
    card = default_catalog().find(move.target.env_id)
    prior = {role: _learn(move, card, role) for role in {card.role(seat) for seat in card.seats}}
    lives = {role: Experience(weighing_for(card), facts) for role, facts in prior.items()}
    player = ExperiencedPlayer(card, lives)
    match = Match(move.target, seed=move.seed, own="")
    try:
        returns: dict[int, tuple[float, ...]] = {}
        for number in range(move.target.episodes + 1):
            if number in move.target.checkpoints:
                returns[number] = match.examine(player, move.target.evaluations)
            if number < move.target.episodes:
                match.learn(player, number)
        carried = {
            fact: prior[role][fact]
            for role in lives
            for fact, (_, seen) in player.outlook(role).find_worths().items()
            if seen and fact in prior[role]
        }
        return Outcome(move=move, returns=returns, carried=carried)
    finally:
        match.close()


def _learn(move: Move, card: EnvCard, role: str) -> Prior:
    """Returns what the facts of actions were worth in the sources, in the measure of a role's returns."""
    if not move.cap:
        return {}
    told: list[tuple[float, Mapping[str, tuple[float, int]]]] = []
    for trial in move.sources:
        match = Match(trial, seed=move.seed, own="")
        player = ExperiencedPlayer(match.card)
        for number in range(trial.episodes):
            match.learn(player, number)
        match.close()
        for other in sorted({match.card.role(seat) for seat in match.card.seats}):
            measure = scale_for(card, role) / scale_for(match.card, other)
            told.append((measure, player.outlook(other).find_worths()))
    return join_worths(told, cap=move.cap)


def _run(moves: Sequence[Move], workers: int) -> list[Outcome]:
    if workers == 1:
        return [_announce(run_move(move), place, len(moves)) for place, move in enumerate(moves, 1)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return [_announce(each, place, len(moves)) for place, each in enumerate(pool.map(run_move, moves), 1)]


def _announce(outcome: Outcome, place: int, n: int) -> Outcome:
    first = outcome.returns[min(outcome.returns)]
    sys.stderr.write(f"life {place} of {n}: {outcome.move.target.env_id}, {fmean(first):.2f} at first\n")
    return outcome


def _tell(outcomes: Sequence[Outcome], targets: Sequence[Trial], gains: Sequence[Gain]) -> str:
    points = sorted({point for target in targets for point in target.checkpoints})
    rows: list[list[str]] = []
    for target in targets:
        name = f"{target.env_id} {target.side}"
        for moved, label in ((False, "alone"), (True, "carried over")):
            lives = [each for each in outcomes if each.move.target == target and (each.move.cap > 0) is moved]
            rows.append([f"{name}, {label}", *(_tell_mean(lives, point) for point in points)])
        found = {gain.point: gain for gain in gains if gain.target == target}
        rows.append([f"{name}, difference", *(_tell_gain(found.get(point)) for point in points)])
    sources = outcomes[0].move.sources
    learnt = ", ".join(f"{source.env_id} {source.side} ({source.episodes} episodes)" for source in sources)
    table = make_table(["return after so many episodes", *(f"@{point}" for point in points)], rows)
    facts = "\n".join(_tell_facts(outcomes, target) for target in targets)
    return f"{table}\n\nlearnt before in: {learnt}\n{facts}\n{_tell_aim(gains)}"


def _tell_mean(lives: Sequence[Outcome], point: int) -> str:
    means = [fmean(each.returns[point]) for each in lives if point in each.returns]
    if not means:
        return ""
    spread = f" ± {stdev(means) / len(means) ** 0.5:.2f}" if len(means) > 1 else ""
    return f"{fmean(means):.2f}{spread}"


def _tell_gain(gain: Gain | None) -> str:
    return "" if gain is None else f"{gain.difference:+.2f} [{gain.low:.2f}, {gain.high:.2f}]"


def _tell_facts(outcomes: Sequence[Outcome], target: Trial) -> str:
    carried = [each.carried for each in outcomes if each.move.target == target and each.move.cap > 0]
    facts = {fact: [each[fact][0] for each in carried if fact in each] for each in carried for fact in each}
    ranked = sorted(facts, key=lambda fact: -abs(fmean(facts[fact])))
    told = ", ".join(f"{fact} {fmean(facts[fact]):+.2f}" for fact in ranked[:SHOWN])
    return f"{target.env_id} {target.side}: {len(ranked)} facts carried over and met again, among them {told or 'none'}"


def _tell_aim(gains: Sequence[Gain]) -> str:
    lines = [
        f"{gain.target.env_id} {gain.target.side}: a head start of {gain.difference:+.2f} before the first episode"
        for gain in gains
        if gain.point == 0
    ]
    losses = [f"{gain.target.env_id} {gain.target.side} @{gain.point}" for gain in gains if gain.is_loss]
    lines.append(f"clearly a loss from episode {SETTLED} on: {', '.join(losses) or 'nowhere'}")
    return "\n".join(lines)


def _describe(outcomes: Sequence[Outcome], gains: Sequence[Gain]) -> dict[str, object]:
    return {
        "players": "stand-ins for a language model: experience alone decides",
        "lives": [
            {
                **asdict(each.move),
                "means": {str(point): fmean(returns) for point, returns in each.returns.items()},
                "carried": dict(each.carried),
            }
            for each in outcomes
        ],
        "gains": [{**asdict(gain), "loss": gain.is_loss} for gain in gains],
    }


def _find_cards(names: Sequence[str]) -> list[EnvCard]:
    found = [card for card in default_catalog() if card.suite != "atari" and any(name in card.env_id for name in names)]
    if not found:
        raise UsageError(f"No environment's name has {' or '.join(map(repr, names))} in it.")
    return found


def _make_trial(card: EnvCard, side: str, options: argparse.Namespace, *, points: tuple[int, ...]) -> Trial:
    return Trial(
        env_id=card.env_id,
        side=side,
        rival=options.rival,
        episodes=points[-1],
        checkpoints=points,
        evaluations=options.evaluations,
    )


def _read_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="langgym bench transfer", description="Learn here, play there.")
    parser.add_argument("--from", dest="sources", type=_read_names, default=("tictactoe",), help="where to learn first")
    parser.add_argument("--to", dest="targets", type=_read_names, default=("connect_four",), help="where to go on")
    parser.add_argument("--rival", choices=("random", "tactic"), default="random", help="who plays all other seats")
    parser.add_argument("--seeds", type=int, default=5, help="agents, each with a life of its own")
    parser.add_argument("--episodes", type=int, default=300, help="episodes in each of the first environments")
    parser.add_argument("--checkpoints", type=_read_points, default=(0, 5, 10, 25, 50, 100), help="0,5,10 …")
    parser.add_argument("--evaluations", type=int, default=200, help="episodes played at each checkpoint, unlearnt")
    parser.add_argument(
        "--cap", type=float, default=CAP, help="decisions that a fact from elsewhere counts for at most"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args(arguments)
    if min(options.seeds, options.episodes, options.evaluations, options.workers) < 1 or options.cap <= 0:
        parser.error("--seeds, --episodes, --evaluations and --workers must be at least 1, and --cap above 0")
    return options


def _read_names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


def _read_points(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(number) for number in text.split(",")}))
