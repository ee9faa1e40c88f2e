"""Curves: buckets of what an agent has finished, with intervals."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, cast

import pytest
from scipy import special  # pyright: ignore[reportMissingTypeStubs]

from agents_db.errors import UnknownAgent
from agents_db.records import EpisodeStatus, Result
from agents_db.store import AgentsDB
from langgym.query.curves import SMALLEST, Curve, find_quantile, read_curves
from tests.agents_db.conftest import World


class Past(World):
    """A world in which ada has played."""

    def __init__(self, db: AgentsDB) -> None:
        super().__init__(db)
        self._n = 0

    def live(
        self,
        *totals: float,
        env_id: str = "classic/tictactoe_v3",
        result: Result | None = "win",
        status: EpisodeStatus = "finished",
    ) -> None:
        for total in totals:
            episode = self.start(self._n, env_id=env_id)
            end = self.draft_end(episode, status=status, total=total)
            mine, theirs = end.outcomes
            self.db.end_episode(replace(end, outcomes=(replace(mine, result=result), theirs)))
            self._n += 1

    def decide(self, *, fallback: bool, legal: bool) -> None:
        """Plays an episode of one decision."""
        episode = self.start(self._n)
        step = replace(self.draft_step(), source="fallback" if fallback else "model", first_try_legal=legal)
        self.db.record_turn(episode.episode_id, self.draft_position(), [step], paid=False)
        self.db.end_episode(self.draft_end(episode))
        self._n += 1

    def read(self, *, env_id: str | None = None, buckets: int = 40, agent: str = "ada") -> Curve:
        return read_curves(self.db, [agent], env_id=env_id, buckets=buckets).items[0]


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    with AgentsDB.open(tmp_path / "store.db") as db:
        yield Past(db)


def draw(n: int, *, seed: int = 0, middle: float = 0.0) -> list[float]:
    random_ = random.Random(seed)
    return [random_.gauss(middle, 1.0) for _ in range(n)]


def cut(values: Sequence[float], curve: Curve) -> list[Sequence[float]]:
    return [values[point.first - 1 : point.last] for point in curve.points]


def test_every_participation_is_in_one_point_in_the_order_in_which_it_was_lived(past: Past) -> None:
    values = draw(103)
    past.live(*values)
    curve = past.read(buckets=7)
    assert [point.first for point in curve.points] == [1, *(point.last + 1 for point in curve.points[:-1])]
    assert curve.points[-1].last == curve.n == 103
    assert {point.n for point in curve.points} == {14, 15}
    assert [point.mean for point in curve.points] == pytest.approx([fmean(part) for part in cut(values, curve)])
    assert curve.mean == pytest.approx(fmean(values))


def test_the_interval_is_students(past: Past) -> None:
    values = draw(40)
    past.live(*values)
    curve = past.read(buckets=5)
    for part, point in zip(cut(values, curve), curve.points, strict=True):
        reach = float(cast("Any", special).stdtrit(len(part) - 1, 0.975)) * stdev(part) / math.sqrt(len(part))
        assert point.high == pytest.approx(fmean(part) + reach, rel=2e-3)
        assert point.low == pytest.approx(fmean(part) - reach, rel=2e-3)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 7, 10, 20, 50, 200, 10_000])
def test_the_quantile_is_within_two_thousandths_of_scipys(freedom: int) -> None:
    assert find_quantile(freedom) == pytest.approx(float(cast("Any", special).stdtrit(freedom, 0.975)), rel=2e-3)


def test_the_interval_of_large_returns_is_as_exact_as_that_of_small_ones(past: Past) -> None:
    past.live(*[1e9 + value for value in draw(10)])
    [point] = past.read(buckets=1).points
    assert point.low is not None
    assert point.high is not None
    assert point.high - point.low == pytest.approx(2 * find_quantile(9) * stdev(draw(10)) / math.sqrt(10), rel=1e-4)


def test_one_participation_has_no_interval(past: Past) -> None:
    past.live(0.5)
    [point] = past.read().points
    assert (point.n, point.mean, point.low, point.high) == (1, 0.5, None, None)


def test_points_of_few_participations_are_thrown_together(past: Past) -> None:
    past.live(*draw(4 * SMALLEST + 1))
    assert [point.n for point in past.read(buckets=40).points] == [6, 5, 5, 5]


def test_an_agent_that_has_finished_nothing_has_no_point(past: Past) -> None:
    past.live(1.0, status="failed")
    past.start(99)
    curve = past.read()
    assert (curve.n, curve.mean, curve.points) == (0, None, ())


def test_only_the_environment_that_was_asked_for_counts(past: Past) -> None:
    past.live(1.0, 1.0)
    past.live(-1.0, -1.0, -1.0, env_id="mpe/simple_v3")
    curve = past.read(env_id="mpe/simple_v3")
    assert (curve.n, curve.mean, curve.points[0].first, curve.points[0].last) == (3, -1.0, 1, 3)
    assert past.read().n == 5


def test_returns_that_are_no_numbers_are_left_out_as_they_are_of_the_record(past: Past) -> None:
    past.live(1.0, math.nan, math.inf, -math.inf, 3.0)
    curve = past.read()
    [stats] = past.db.env_stats(past.ada.agent_id)
    assert (curve.n, curve.mean) == (stats.n_participations, stats.mean_total) == (2, 2.0)


def test_wins_count_only_where_the_game_can_be_won(past: Past) -> None:
    past.live(1.0, env_id="mpe/simple_v3", result=None)
    assert past.read().points[0].win_rate is None
    past.live(1.0, result="win")
    past.live(-1.0, -1.0, -1.0, result="loss")
    assert past.read().points[0].win_rate == 0.25


def test_decisions_that_nobody_chose_and_those_illegal_at_first_are_told(past: Past) -> None:
    past.decide(fallback=False, legal=True)
    past.decide(fallback=False, legal=False)
    past.decide(fallback=True, legal=False)
    past.decide(fallback=False, legal=True)
    [point] = past.read().points
    assert (point.fallback_rate, point.illegal_rate) == (0.25, 0.5)


def test_a_fork_begins_where_its_parent_was(past: Past) -> None:
    past.live(1.0, 2.0, 3.0)
    past.db.fork_agent("ada", "eve")
    past.live(4.0)
    assert (past.read(agent="eve").n, past.read(agent="eve").mean) == (3, 2.0)


def test_curves_come_in_the_order_in_which_they_were_asked_for(past: Past) -> None:
    past.live(1.0)
    past.db.fork_agent("ada", "eve")
    assert [curve.agent for curve in read_curves(past.db, ["eve", "ada"], env_id=None).items] == ["eve", "ada"]


def test_an_agent_that_is_not_there_is_an_error(past: Past) -> None:
    with pytest.raises(UnknownAgent, match="'bob'"):
        read_curves(past.db, ["ada", "bob"], env_id=None)
