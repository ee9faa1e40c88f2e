"""Atari in words: how fast, how long, how true, and whether the text is enough to play by.

Three tables: `speed` over all cards, `truth` of the words, `play` by the text alone.
"""

import argparse
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

from langgym.bench.report import write_report
from langgym.errors import UsageError
from universe.card import EnvCard
from universe.cards import ATARI

TABLES = ("speed", "truth", "play")


def main(arguments: list[str]) -> int:
    """Prints the tables and returns 1 when a replay differs, or words are less true than their level promises."""
    options = _read_options(arguments)
    warnings.simplefilter("ignore")
    cards = find_cards(options.games)
    result: dict[str, Mapping[str, object]] = {}
    broken = False
    for table in TABLES if options.table == "all" else (options.table,):
        if table == "speed":
            from langgym.bench.atari.speed import run_speed as run
        elif table == "truth":
            from langgym.bench.atari.truths import run_truth as run
        else:
            from langgym.bench.atari.contests import run_play as run
        result[table], failed = run(cards, options)
        broken |= failed
    if options.json:
        write_report(options.json, "atari", result)
    return int(broken)


def find_cards(games: list[str]) -> list[EnvCard]:
    """Returns the cards of Atari games whose names contain one of those given; all of them where none is given.

    Raises:
        UsageError: No game fits, or the extra is not installed.
    """
    found = [card for card in ATARI if not games or any(game in card.env_id for game in games)]
    if not found:
        raise UsageError(f"No Atari game's name has {' or '.join(map(repr, games))} in it.")
    if not all(card.playable for card in found):
        raise UsageError("Atari is not installed: pip install 'langgym[atari]'")
    return found


def _read_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="langgym bench atari", description="Atari in words.")
    parser.add_argument("table", nargs="?", choices=(*TABLES, "all"), default="speed", help="which table")
    parser.add_argument("games", nargs="*", help="only games with one of these in their names")
    parser.add_argument("--turns", type=int, default=60, help="decisions to time for each game (speed)")
    parser.add_argument("--episodes", type=int, help="episodes for each game (speed: 1, play: 20)")
    parser.add_argument("--frames", type=int, default=200, help="moments to judge for each game (truth)")
    parser.add_argument("--faults", type=int, default=0, help="false statements to show for each game (truth)")
    parser.add_argument("--home", type=Path, help="where the tokenizer's weights lie (speed)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args(arguments)
    if min(options.turns, options.frames, options.episodes or 1) < 1:
        parser.error("--turns, --frames and --episodes must be at least 1")
    sys.stdout.reconfigure(line_buffering=True)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    return options
