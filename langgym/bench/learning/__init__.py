"""Does memory make an agent better? Learning curves of arms that differ in nothing but what they remember.

The players are stand-ins for a language model, and are named so: they decide by memory alone, or at random. What is
measured is what the memory holds, not whether a model reads it.
"""

import argparse
import sys
import warnings
from pathlib import Path

from langgym.bench.learning.arms import ARMS, NONE
from langgym.bench.learning.crew import find_tasks, run_tasks
from langgym.bench.learning.journal import Journal
from langgym.bench.learning.lives import MOST_TURNS, make_trial
from langgym.bench.learning.playing import Trial, find_sides
from langgym.bench.learning.plot import check_plots, draw_curves
from langgym.bench.learning.rules import RIVALS, find_rule
from langgym.bench.learning.tables import Findings
from langgym.bench.report import write_report
from langgym.errors import UsageError
from universe.card import EnvCard
from universe.catalog import default_catalog

INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Prints learning curves and what follows from them; returns 1 where memory makes an agent clearly worse."""
    options = _read_options(arguments)
    warnings.simplefilter("ignore")
    trials = _find_trials(options)
    tasks = find_tasks(trials, options.arms, options.seeds)
    journal = Journal(options.resume)
    try:
        lives = run_tasks(tasks, workers=options.workers, journal=journal, say=sys.stderr.write)
    except KeyboardInterrupt:
        kept = f"; `--resume {options.resume}` goes on" if options.resume else ""
        sys.stderr.write(f"langgym bench: stopped{kept}\n")
        return INTERRUPTED
    findings = Findings(lives, options.arms)
    sys.stdout.write(findings.tell() + "\n")
    if options.json:
        write_report(options.json, "learning", {"seeds": options.seeds, **findings.describe()})
    if options.plot:
        draw_curves(options.plot, findings)
    return int(bool(findings.clearly_worse))


def _find_trials(options: argparse.Namespace) -> list[Trial]:
    cards = [card for card in default_catalog() if card.suite != "atari" and _is_asked(card, options.games)]
    if not cards:
        raise UsageError(f"No environment's name has {' or '.join(map(repr, options.games))} in it.")
    points = tuple(point for point in options.checkpoints if point <= options.episodes)
    points = points if options.episodes in points else (*points, options.episodes)
    trials = [
        make_trial(card, side, rival=options.rival, points=points, evaluations=options.evaluations, turns=options.turns)
        for card in cards
        for side in find_sides(card)
        if _has_rival(card, side, options.rival)
    ]
    if not trials:
        raise UsageError(f"None of these environments has a rival {options.rival!r}.")
    return trials


def _is_asked(card: EnvCard, games: list[str]) -> bool:
    return not games or any(game in card.env_id for game in games)


def _has_rival(card: EnvCard, side: str, rival: str) -> bool:
    """Returns whether a side of an environment has somebody against it who plays as that rival does."""
    envs = RIVALS[rival].envs
    if envs is not None and card.env_id not in envs:
        return False
    sides = find_sides(card)
    alone = [each for each in sides if each != side] or (sides if _team_of(card, side) is None else [])
    return rival != "rule" or any(find_rule(card.env_id, other, "rule") for other in alone)


def _team_of(card: EnvCard, side: str) -> str | None:
    return side if any(card.team(seat) == side for seat in card.seats) else None


def _read_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="langgym bench learning", description="Learning curves, arm by arm.")
    parser.add_argument("games", nargs="*", help="only environments with one of these in their names")
    parser.add_argument("--rival", choices=tuple(RIVALS), default="random", help="who plays all other seats")
    parser.add_argument(
        "--arms", type=_read_arms, default=tuple(ARMS), help=f"of {', '.join(ARMS)}; {NONE} always plays"
    )
    parser.add_argument("--seeds", type=_read_count, default=5, help="agents, each with a life of its own")
    parser.add_argument("--episodes", type=_read_count, default=300, help="episodes of a life")
    parser.add_argument("--checkpoints", type=_read_points, default=(25, 50, 100, 300, 1000), help="25,100 …")
    parser.add_argument(
        "--evaluations", type=_read_count, default=100, help="episodes played at each checkpoint, unlearnt"
    )
    parser.add_argument(
        "--turns",
        type=_read_count,
        default=MOST_TURNS,
        help="turns of a seat in a life: long games are played less often",
    )
    parser.add_argument("--workers", type=_read_count, default=2, help="processes")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--plot", type=Path, help="also draw the curves to this PNG file")
    parser.add_argument("--resume", type=Path, help="keep lives in this file as they end, and go on with those in it")
    options = parser.parse_args(arguments)
    for path in filter(None, (options.json, options.plot, options.resume)):
        if not path.absolute().parent.is_dir():
            parser.error(f"there is no folder {str(path.parent)!r}")
    if options.plot:
        check_plots()
    return options


def _read_count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1 on, not {text!r}")
    return int(text)


def _read_points(text: str) -> tuple[int, ...]:
    return tuple(sorted({_read_count(each.strip()) for each in text.split(",")}))


def _read_arms(text: str) -> tuple[str, ...]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in ARMS:
            raise argparse.ArgumentTypeError(f"no arm {name!r}; they are {', '.join(ARMS)}")
    return tuple(arm for arm in ARMS if arm in (NONE, *names))
