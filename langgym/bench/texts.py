"""How long the texts are: tokens of each card's turns by the embedded model's own tokenizer.

A turn counts as its text and its menu, as they stand in a prompt, without rules, brief and memories.
"""

import argparse
import statistics
import sys
import warnings
from pathlib import Path

from langgym.bench.report import make_table, write_report
from langgym.home import find_home
from langgym.models.embedded import EmbeddedModel
from langgym.models.weights import require_weights
from langgym.policies.model import show_board, show_menu
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv

LONG = {"classic/chess_v6": 700, "classic/go_v5": 700}
"""The most tokens of a median turn that are promised where they are not the usual ones."""
USUAL = 300


def collect_turns(card: EnvCard, *, n_turns: int) -> list[str]:
    """Returns the texts of the first `n_turns` turns or more, every seat's, of seeded random episodes."""
    env, texts = TextEnv(card), list[str]()
    for seed in range(n_turns):
        env.reset(seed)
        stream = Stream.of(seed, "texts")
        while env.turns():
            texts += [f"{show_board(turn)}\n{show_menu(turn, thought=None)}" for turn in env.turns()]
            env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in env.turns()})
        if len(texts) >= n_turns:
            break
    env.close()
    return texts[:: max(1, len(texts) // n_turns)]


def main(arguments: list[str]) -> int:
    """Prints the table and returns 1 when a median is longer than promised."""
    parser = argparse.ArgumentParser(prog="langgym bench texts", description="Tokens of each card's turns.")
    parser.add_argument("--turns", type=int, default=60, help="turns to measure for each card")
    parser.add_argument("--home", type=Path, help="where the model's weights lie")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    model = EmbeddedModel(require_weights(find_home(options.home), "smollm2"))
    figures: dict[str, dict[str, float]] = {}
    try:
        for card in default_catalog():
            counts = [model.count_tokens(text) for text in collect_turns(card, n_turns=options.turns)]
            figures[card.env_id] = {
                "median": statistics.median(counts),
                "most": max(counts),
                "promised": LONG.get(card.env_id, USUAL),
                "turns": len(counts),
            }
    finally:
        model.close()
    rows = [[env_id, *(f"{value:.0f}" for value in row.values())] for env_id, row in figures.items()]
    sys.stdout.write(make_table(["tokens of a turn", "median", "most", "promised median", "turns"], rows) + "\n")
    if options.json:
        write_report(options.json, "texts", {"tokens": figures})
    return int(any(row["median"] > row["promised"] for row in figures.values()))
