"""The table of scripted players that read only the text, against random play."""

import argparse
import sys
from collections.abc import Mapping, Sequence

from langgym.bench.atari.contest import Player, play_contest
from langgym.bench.atari.players.boards import PLAYERS as BOARDS
from langgym.bench.atari.players.creatures import PLAYERS as CREATURES
from langgym.bench.atari.players.duels import PLAYERS as DUELS
from langgym.bench.atari.players.paddles import PLAYERS as PADDLES
from langgym.bench.report import make_table
from universe.card import EnvCard

PLAYERS: Mapping[str, Player] = {**PADDLES, **BOARDS, **DUELS, **CREATURES}
"""The scripted player of every game that has one."""


def run_play(cards: Sequence[EnvCard], options: argparse.Namespace) -> tuple[Mapping[str, object], bool]:
    """Prints the table; returns its figures. Nothing here is promised game by game, so nothing can fail."""
    rows: list[list[str]] = []
    figures: dict[str, object] = {}
    n_better = 0
    for card in cards:
        player = PLAYERS.get(card.env_id)
        if player is None:
            continue
        scripted, random = play_contest(card, player, episodes=options.episodes or 20)
        better = scripted.mean - scripted.half_width > random.mean + random.half_width
        n_better += better
        rows.append(
            [
                card.env_id,
                str(len(scripted.returns)),
                f"{scripted.mean:.2f} ± {scripted.half_width:.2f}",
                f"{random.mean:.2f} ± {random.half_width:.2f}",
                "yes" if better else "no",
            ]
        )
        figures[card.env_id] = {"scripted": scripted.returns, "random": random.returns, "better": better}
    head = ["game", "episodes", "by the text (mean, 95 %)", "random", "clearly better"]
    sys.stdout.write(make_table(head, rows) + f"\nclearly better than random play in {n_better} games\n")
    return figures, False
