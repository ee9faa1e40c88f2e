"""Curves as tables and lines."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from langgym.views.columns import Column
from langgym.views.words import format_interval, format_return

if TYPE_CHECKING:
    from langgym.query.curves import Curve, CurvePoint, CurvesPage
    from langgym.views.columns import Columns

NO_CURVE = "no finished episode here; `langgym play --agent ada` plays one"


@dataclass(frozen=True, slots=True)
class CurveRow:
    """A point of an agent's curve."""

    agent: str
    point: "CurvePoint"


CURVE_COLUMNS: "Columns[CurveRow]" = (
    Column("agent", lambda row: row.agent, width=20),
    Column("from", lambda row: row.point.first, width=6, right=True),
    Column("to", lambda row: row.point.last, width=6, right=True),
    Column("n", lambda row: row.point.n, width=5, right=True, rank=2),
    Column("return", lambda row: format_return(row.point.mean), width=8, right=True),
    Column("95 % interval", lambda row: format_interval(row.point.low, row.point.high) or None, width=18),
    Column("won", lambda row: format_share(row.point.win_rate), width=6, right=True, rank=1),
    Column("fallbacks", lambda row: format_share(row.point.fallback_rate), width=9, right=True, rank=2),
    Column("illegal at first", lambda row: format_share(row.point.illegal_rate), width=16, right=True, rank=2),
)


def list_points(page: "CurvesPage") -> list[CurveRow]:
    """Returns the points of every curve, agent by agent."""
    return [CurveRow(curve.agent, point) for curve in page.items for point in curve.points]


def describe_curve(curve: "Curve") -> str:
    """Returns what a curve is of, and where it began and has come to, in one line."""
    where = "in all environments" if curve.env_id is None else f"in {curve.env_id}"
    if not curve.points:
        return f"{curve.agent} {where}: nothing finished yet"
    first, last = curve.points[0], curve.points[-1]
    times = "1 participation" if curve.n == 1 else f"{curve.n:,} participations"
    moved = "" if first is last else f"; first {_tell_mean(first)}, last {_tell_mean(last)}"
    return f"{curve.agent} {where}: {times}, mean return {format_return(curve.mean)}{moved}"


def format_share(share: float | None) -> str | None:
    """Returns a share in percent.

    >>> format_share(0.125), format_share(None)
    ('12 %', None)
    """
    return None if share is None else f"{share:.0%}".replace("%", " %")


def _tell_mean(point: "CurvePoint") -> str:
    interval = format_interval(point.low, point.high)
    return f"{format_return(point.mean)}{' ' if interval else ''}{interval} in {point.n}"
