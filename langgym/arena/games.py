"""What came of the games of an arena, read from its episodes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from agents_db.filters import Condition
from agents_db.records import EpisodeRecord, ParticipationRecord, RunRecord
from agents_db.store import AgentsDB
from langgym.arena.ratings import Game

_VALUES: Mapping[str | None, float] = {"win": 1.0, "loss": -1.0}
MOST_VERSIONS = 4
"""Of an agent's memory that are rated apart; where it learns from game to game, spans of its life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A game that has ended."""

    env_id: str
    number: int
    """Of its bout."""
    leg: int
    is_zero_sum: bool
    """Whether it counts by itself."""
    values: Mapping[str, float]
    """By player: the mean over its seats of what it came to, by results where it counts by itself, else by returns."""
    clocks: Mapping[str, int]
    """By agent: how many of its participations it remembered."""
    seats: Sequence[ParticipationRecord]


@dataclass(slots=True)
class Played:
    """What was played in an arena."""

    legs: list[Leg] = field(default_factory=list[Leg])
    n_failed: int = 0
    n_open: int = 0
    """Games that were begun and have not ended."""


def read_played(db: AgentsDB, runs: Sequence[RunRecord]) -> Played:
    """Returns the games of an arena's runs, bout by bout."""
    played = Played()
    for run in runs:
        arena = run.settings["arena"]
        assert isinstance(arena, dict)
        ids = db.episode_ids([Condition("run", "=", run.run_id)], order="oldest")
        for episode in db.episodes_by_id(list(ids)):
            played.n_open += episode.status == "running"
            played.n_failed += episode.status == "failed"
            if episode.status == "finished":
                leg, counts = int(str(arena["leg"])), bool(arena["zero_sum"])
                played.legs.append(_read_leg(episode, leg=leg, is_zero_sum=counts))
    played.legs.sort(key=lambda leg: (leg.number, leg.env_id, leg.leg))
    return played


def find_games(legs: Sequence[Leg]) -> list[Game]:
    """Returns the games as they count: each by itself, or both of a bout together where only they say who is better.

    A bout of which one game is missing does not count where both are needed.
    """
    bouts: dict[tuple[str, int], list[Leg]] = {}
    for leg in legs:
        bouts.setdefault((leg.env_id, leg.number), []).append(leg)
    return [game for both in bouts.values() for game in _judge_bout(both)]


def find_meetings(legs: Sequence[Leg]) -> list[frozenset[str]]:
    """Returns who met whom, bout by bout."""
    bouts: dict[tuple[str, int], set[str]] = {}
    for leg in legs:
        bouts.setdefault((leg.env_id, leg.number), set()).update(leg.values)
    return [frozenset(players) for players in bouts.values()]


def name_versions(legs: Sequence[Leg]) -> list[Leg]:
    """Returns the games with agents named by the version of their memory: `ada@20`, or `ada@20-39` where it learnt."""
    ages: dict[str, set[int]] = {}
    for leg in legs:
        for player, clock in leg.clocks.items():
            ages.setdefault(player, set()).add(clock)
    names = {(player, clock): name for player, some in ages.items() for clock, name in _name_ages(player, some).items()}

    def rename(leg: Leg) -> Leg:
        values = {
            names[player, leg.clocks[player]] if player in leg.clocks else player: value
            for player, value in leg.values.items()
        }
        return replace(leg, values=values)

    return [rename(leg) for leg in legs]


def _name_ages(player: str, ages: set[int]) -> dict[int, str]:
    if "@" in player:
        return dict.fromkeys(ages, player)
    ordered = sorted(ages)
    size = -(-len(ordered) // MOST_VERSIONS) if len(ordered) > MOST_VERSIONS else 1
    spans = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    return {
        age: f"{player}@{span[0]}" if len(span) == 1 else f"{player}@{span[0]}-{span[-1]}"
        for span in spans
        for age in span
    }


def _read_leg(episode: EpisodeRecord, *, leg: int, is_zero_sum: bool) -> Leg:
    values: dict[str, list[float]] = {}
    clocks: dict[str, int] = {}
    for part in episode.participations:
        total = math.nan if part.total is None else part.total
        values.setdefault(part.player, []).append(_VALUES.get(part.result, 0.0) if is_zero_sum else total)
        clock = part.settings.get("clock")
        if isinstance(clock, int):
            clocks[part.player] = clock
    return Leg(
        env_id=episode.env_id,
        number=episode.number,
        leg=leg,
        is_zero_sum=is_zero_sum,
        values={player: fmean(some) for player, some in values.items()},
        clocks=clocks,
        seats=episode.participations,
    )


def _judge_bout(legs: Sequence[Leg]) -> list[Game]:
    if legs[0].is_zero_sum:
        return [game for leg in legs if (game := _judge(leg, leg.values)) is not None]
    if len(legs) < 2:
        return []
    sums: dict[str, float] = {}
    for leg in legs:
        for player, value in leg.values.items():
            sums[player] = sums.get(player, 0.0) + value
    game = _judge(legs[0], sums)
    return [] if game is None else [game]


def _judge(leg: Leg, values: Mapping[str, float]) -> Game | None:
    """Returns who was better, the players in the order of their names; `None` where nobody can tell."""
    if len(values) != 2 or not all(map(math.isfinite, values.values())):
        return None
    one, other = sorted(values)
    score = 0.5 if values[one] == values[other] else float(values[one] > values[other])
    return Game(leg.env_id, leg.number, one, other, score)
