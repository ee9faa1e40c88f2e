"""The table of how true the words are, game by game."""

import argparse
import math
import sys
from collections.abc import Mapping, Sequence

from langgym.bench.atari.truth import Verdicts, judge_game
from langgym.bench.atari.witness import Witness
from langgym.bench.atari.witnesses.boards import WITNESSES as BOARDS
from langgym.bench.atari.witnesses.creatures import WITNESSES as CREATURES
from langgym.bench.atari.witnesses.duels import WITNESSES as DUELS
from langgym.bench.atari.witnesses.paddles import WITNESSES as PADDLES
from langgym.bench.report import make_table
from universe.card import EnvCard
from universe.making import load_renderer

WITNESSES: Mapping[str, Witness] = {**PADDLES, **BOARDS, **DUELS, **CREATURES}
"""The independent source of every game that has one."""

PROMISED = {"exact": 0.99, "named": 0.95, "generic": 0.95}
"""The share of true statements by level."""


def run_truth(cards: Sequence[EnvCard], options: argparse.Namespace) -> tuple[Mapping[str, object], bool]:
    """Prints the table; returns its figures and whether a game keeps less than its level promises."""
    rows: list[list[str]] = []
    figures: dict[str, object] = {}
    broken = False
    for card in cards:
        witness = WITNESSES.get(card.env_id)
        if witness is None:
            rows.append([card.env_id, "-", "none", "0", "", "", "not judged"])
            continue
        renderer = load_renderer(card)
        level = str(getattr(renderer, "level", "generic"))
        verdicts = judge_game(card, witness, renderer, n_frames=options.frames)
        kept = not math.isnan(verdicts.share) and verdicts.share >= PROMISED[level]
        broken |= not kept
        rows.append(_make_row(verdicts, level, kept=kept))
        figures[card.env_id] = {
            "level": level,
            "source": verdicts.source,
            "frames": verdicts.n_frames,
            "share": verdicts.share,
            "agreed": dict(verdicts.agreed),
            "judged": dict(verdicts.judged),
        }
        for fault in verdicts.faults[: options.faults]:
            sys.stderr.write(f"{card.env_id}: {fault}\n")
    head = ["game", "level", "source", "statements", "true", "least true", "promise"]
    sys.stdout.write(make_table(head, rows) + "\n")
    return figures, broken


def _make_row(verdicts: Verdicts, level: str, *, kept: bool) -> list[str]:
    shares = {kind: verdicts.agreed[kind] / n for kind, n in verdicts.judged.items()}
    worst = min(shares, key=lambda kind: shares[kind], default="")
    return [
        verdicts.env_id,
        level,
        verdicts.source,
        str(verdicts.judged.total()),
        f"{100 * verdicts.share:.1f} %",
        f"{worst} {100 * shares[worst]:.1f} % of {verdicts.judged[worst]}" if worst else "",
        "kept" if kept else f"MISSED ({100 * PROMISED[level]:.0f} %)",
    ]
