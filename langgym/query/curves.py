"""Read models of curves: how an agent's returns went, in buckets, with intervals."""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Literal

from pydantic import Field

from agents_db.charts import BucketRecord
from agents_db.records import AgentRecord
from agents_db.store import AgentsDB
from langgym.query.comparison import Difference, find_differences
from langgym.query.values import Document, Number, ReadModel

CONFIDENCE = 0.95
SMALLEST = 5
"""Participations of a point, where there are as many: the returns of fewer say little."""


class CurvePoint(ReadModel):
    """Finished participations that follow one another."""

    first: int
    last: int
    """Both included: places among the finished participations that the curve shows, from 1."""
    n: int
    mean: Number
    """Of the return."""
    low: Number
    high: Number
    """The bounds of the mean's interval (95 %, Student's); `None` where there are fewer than two."""
    win_rate: Number
    """Of those that can be won; `None` where none can."""
    fallback_rate: Number
    """Of decisions: those that nobody chose; `None` where there was none to make."""
    illegal_rate: Number
    """Of decisions: those that were not legal at first try."""


class Curve(ReadModel):
    """How an agent's returns went."""

    agent: str
    env_id: str | None
    """`None` is everywhere."""
    n: int
    """Finished participations; those that a fork began with are among them."""
    mean: Number
    points: tuple[CurvePoint, ...]
    """In the order in which they were lived."""


class CurvesPage(Document):
    """The curves of some agents, side by side."""

    schema_id: Literal["langgym.curves/1"] = Field(default="langgym.curves/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    env_id: str | None
    """`None` is everywhere: returns of different environments are then thrown together."""
    items: tuple[Curve, ...]
    differences: tuple[Difference, ...]
    """Settings that these agents do not share."""
    next: None = None


def read_curves(db: AgentsDB, agents: Sequence[str], *, env_id: str | None, buckets: int = 40) -> CurvesPage:
    """Returns the curves of agents; raises `UnknownAgent`.

    Args:
        db: The store.
        agents: Their names.
        env_id: Only of this environment.
        buckets: How many points a curve has at most; there are fewer where a point would have less than `SMALLEST`
            participations.
    """
    records = [db.agent(name) for name in agents]
    return CurvesPage(
        env_id=env_id,
        items=tuple(_read_curve(db, record, env_id, buckets) for record in records),
        differences=find_differences(records),
    )


def _read_curve(db: AgentsDB, record: AgentRecord, env_id: str | None, buckets: int) -> Curve:
    found = db.curve(record.agent_id, env_id=env_id, n_buckets=buckets, smallest=SMALLEST)
    n = sum(bucket.n for bucket in found)
    return Curve(
        agent=record.name,
        env_id=env_id,
        n=n,
        mean=sum(bucket.n * bucket.mean for bucket in found) / n if n else None,
        points=tuple(_make_point(bucket) for bucket in found),
    )


def _make_point(bucket: BucketRecord) -> CurvePoint:
    reach = find_reach(bucket.n, bucket.squares)
    decisions = bucket.n_decisions
    return CurvePoint(
        first=bucket.first,
        last=bucket.last,
        n=bucket.n,
        mean=bucket.mean,
        low=None if reach is None else bucket.mean - reach,
        high=None if reach is None else bucket.mean + reach,
        win_rate=_divide(bucket.n_wins, bucket.n_judged),
        fallback_rate=_divide(bucket.n_fallbacks, decisions),
        illegal_rate=_divide(decisions - bucket.n_first_try_legal, decisions),
    )


def _divide(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def find_reach(n: int, squares: float) -> float | None:
    """Returns how far the interval of a mean reaches to either side; `None` where one value says nothing of it.

    Args:
        n: How many values.
        squares: The sum of their squared differences from the mean.
    """
    return None if n < 2 else find_quantile(n - 1) * math.sqrt(squares / (n - 1) / n)


def find_quantile(freedom: int) -> float:
    """Returns the quantile of Student's distribution up to which an interval of `CONFIDENCE` reaches.

    Exact for one and two degrees of freedom, else by the expansion 26.7.5 of Abramowitz and Stegun (1964), within
    0.2 % of it; scipy knows better, and takes longer to load than everything else that a curve needs.

    >>> [round(find_quantile(freedom), 2) for freedom in (1, 2, 3, 10, 1000)]
    [12.71, 4.3, 3.18, 2.23, 1.96]
    """
    share = (1 + CONFIDENCE) / 2
    if freedom == 1:
        return math.tan(math.pi * (share - 0.5))
    if freedom == 2:
        return (2 * share - 1) / math.sqrt(2 * share * (1 - share))
    z = NormalDist().inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, start=1))
