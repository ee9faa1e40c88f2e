"""Does experience make an agent better? Learning curves of arms that differ in nothing but what they remember.

The players are stand-ins for a language model, and are named so: they decide by experience alone, or at random. What is
measured is what the memory holds, not whether a model reads it.
"""

import argparse
import sys
import warnings
from pathlib import Path

from langgym.bench.learning.table import make_tables, summarize
from langgym.bench.learning.trials import Trial, find_sides, run_trials
from langgym.bench.report import write_report
from langgym.errors import UsageError
from universe.catalog import default_catalog


def main(arguments: list[str]) -> int:
    """Prints learning curves and what follows from them; returns 1 where experience makes an agent clearly worse."""
    options = _read_options(arguments)
    warnings.simplefilter("ignore")
    trials = [
        Trial(
            env_id=card.env_id,
            side=side,
            rival=options.rival,
            episodes=options.episodes,
            checkpoints=tuple(point for point in options.checkpoints if point <= options.episodes),
            evaluations=options.evaluations,
        )
        for card in default_catalog()
        if card.suite != "atari" and (not options.games or any(game in card.env_id for game in options.games))
        for side in find_sides(card)
    ]
    if not trials:
        raise UsageError(f"No environment's name has {' or '.join(map(repr, options.games))} in it.")
    curves = run_trials(trials, n_seeds=options.seeds, workers=options.workers)
    verdicts = summarize(curves)
    sys.stdout.write(make_tables(curves, verdicts) + "\n")
    if options.json:
        write_report(options.json, "learning", {"curves": [curve.describe() for curve in curves], "verdicts": verdicts})
    return int(any(verdict["worse"] for verdict in verdicts))


def _read_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="langgym bench learning", description="Learning curves, arm by arm.")
    parser.add_argument("games", nargs="*", help="only environments with one of these in their names")
    parser.add_argument("--rival", choices=("random", "tactic"), default="random", help="who plays all other seats")
    parser.add_argument("--seeds", type=int, default=2, help="agents, each with a life of its own")
    parser.add_argument("--episodes", type=int, default=100, help="episodes of a life")
    parser.add_argument("--checkpoints", type=_read_numbers, default=(25, 50, 100, 300, 1000), help="25,100 …")
    parser.add_argument("--evaluations", type=int, default=100, help="episodes played at each checkpoint, unlearnt")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args(arguments)
    if min(options.seeds, options.episodes, options.evaluations, options.workers) < 1:
        parser.error("--seeds, --episodes, --evaluations and --workers must be at least 1")
    return options


def _read_numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(number) for number in text.split(",")))
