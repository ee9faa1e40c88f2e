"""Whether the heuristic rivals are worth beating: what they earn in each role, beside what random play earns there."""

import argparse
import math
import statistics
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from langgym.agent import Stranger
from langgym.bench.report import make_table, write_report
from langgym.policies.heuristic import CHOOSERS, HeuristicPolicy
from langgym.policies.random import RandomPolicy
from langgym.references import REFERENCES, Reference, load_references, write_references
from langgym.runner import EpisodeStreams, run_episode
from universe.card import Baseline, EnvCard
from universe.catalog import default_catalog
from universe.text_env import TextEnv

EVEN = frozenset({"classic/rps_v2"})
"""Environments in which nothing earns more than random play does against random play."""
EPISODES = {
    **{"classic/chess_v6": 4, "classic/go_v5": 8, "classic/connect_four_v3": 10, "classic/hanabi_v5": 8},
    **{"classic/leduc_holdem_v4": 300, "classic/texas_holdem_v4": 200, "classic/texas_holdem_no_limit_v6": 600},
    **{"mpe/collect_treasure_v1": 4, "mpe/simple_world_comm_v3": 8, "mpe/simple_tag_v3": 10},
}
"""Episodes of each side where nothing else is asked for; of others `USUAL`."""
USUAL = 25
HEAD = ("role", "episodes", "heuristic", "random", "better by", "95 %", "beats random")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of one role."""

    env_id: str
    role: str
    mean: float
    sd: float
    episodes: int
    random: float
    half_width: float
    """Half of the 95 % interval of the difference; the spread is the wider of both, since a few games that all end
    alike have none."""

    @property
    def gain(self) -> float:
        """How much more than random play it earns."""
        return self.mean - self.random

    @property
    def beats(self) -> bool:
        """Whether it earns significantly more."""
        return self.gain > self.half_width


def measure_card(card: EnvCard, *, episodes: int, seed: int) -> list[Row]:
    """Returns a row for each role of a card."""
    rows: list[Row] = []
    for side in list_sides(card):
        returns = play_side(card, side, episodes=episodes, seed=seed)
        rows.extend(_weigh(card, role, found, card.baseline[role]) for role, found in returns.items())
    return rows


def list_sides(card: EnvCard) -> list[tuple[str, ...]]:
    """Returns the roles of a card, those of one team together."""
    sides: dict[str, list[str]] = {}
    for role in card.baseline:
        sides.setdefault(card.teams.get(role, f"only {role}"), []).append(role)
    return [tuple(roles) for roles in sides.values()]


def play_side(card: EnvCard, side: Sequence[str], *, episodes: int, seed: int) -> dict[str, list[float]]:
    """Returns the returns of each role of a side that the heuristic plays, all others at random.

    Where the card has teams it holds every seat of the side, and a return is the mean over a role's seats; elsewhere it
    holds one of them, another one in each episode.
    """
    returns: dict[str, list[float]] = {role: [] for role in side}
    env = TextEnv(card)
    try:
        for number in range(episodes):
            streams = EpisodeStreams.of(seed, number)
            own = [seat for seat in env.seats if card.role(seat) in side]
            held = own if card.teams else [own[number % len(own)]]
            players = {
                seat: Stranger(
                    HeuristicPolicy(card, streams.policy(seat)) if seat in held else RandomPolicy(streams.policy(seat))
                )
                for seat in env.seats
            }
            ends = run_episode(env, players, streams=streams)
            for role in side:
                returns[role].append(statistics.fmean(ends[seat].total for seat in held if card.role(seat) == role))
    finally:
        env.close()
    return returns


def _weigh(card: EnvCard, role: str, returns: Sequence[float], floor: Baseline) -> Row:
    sd, n = statistics.stdev(returns), len(returns)
    spread = max(sd, floor.sd)
    return Row(
        env_id=card.env_id,
        role=role,
        mean=statistics.fmean(returns),
        sd=sd,
        episodes=n,
        random=floor.mean,
        half_width=1.96 * math.sqrt(spread**2 / n + floor.sd**2 / floor.episodes),
    )


def merge_references(
    known: Mapping[tuple[str, str], Reference], rows: Sequence[Row]
) -> dict[tuple[str, str], Reference]:
    """Returns references with those of the rows in place of older ones; a role that beats nobody has none."""
    merged = dict(known)
    for row in rows:
        merged.pop((row.env_id, row.role), None)
        if row.beats and row.env_id not in EVEN:
            merged[row.env_id, row.role] = Reference(mean=row.mean, sd=row.sd, episodes=row.episodes)
    return merged


def main(arguments: list[str]) -> int:
    """Plays, prints the table, and returns 1 where a heuristic does not beat random play and could."""
    options = _parse(arguments)
    warnings.simplefilter("ignore")
    catalog = default_catalog()
    cards = [catalog.find(name) for name in options.envs or CHOOSERS]
    rows: list[Row] = []
    for card in cards:
        sys.stderr.write(f"{card.env_id} …\n")
        episodes = options.episodes or EPISODES.get(card.env_id, USUAL)
        rows.extend(measure_card(card, episodes=max(2, episodes), seed=options.seed))
    sys.stdout.write(make_table(HEAD, [_tell(row) for row in rows]) + "\n")
    if options.json:
        write_report(options.json, "rivals", {"seed": options.seed, "roles": [asdict(row) for row in rows]})
    if options.write:
        write_references(REFERENCES, merge_references(load_references(REFERENCES), rows))
        sys.stderr.write(f"written: {REFERENCES}\n")
    failed = [row for row in rows if not row.beats and row.env_id not in EVEN]
    for row in failed:
        sys.stdout.write(f"FAILED: {row.env_id} {row.role} does not beat random play in {row.episodes} episodes\n")
    return 1 if failed else 0


def _tell(row: Row) -> list[str]:
    verdict = "cannot" if row.env_id in EVEN else "yes" if row.beats else "NO"
    return [
        f"{row.env_id} {row.role}",
        str(row.episodes),
        f"{row.mean:.2f}",
        f"{row.random:.2f}",
        f"{row.gain:.2f}",
        f"± {row.half_width:.2f}",
        verdict,
    ]


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="langgym bench rivals", description="What the heuristic rivals earn.")
    parser.add_argument("--episodes", type=int, help="of each side; else as many as end within a minute in all")
    parser.add_argument("--envs", nargs="+", metavar="ENV", help="which environments; else all that have a heuristic")
    parser.add_argument("--seed", type=int, default=1, help="of all draws")
    parser.add_argument("--write", action="store_true", help="store the figures as the references of scores")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args(arguments)
