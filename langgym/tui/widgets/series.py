"""Series: points with intervals, and where they lie on a canvas."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from langgym.tui.widgets.canvas import Canvas, Scale, clamp


@dataclass(frozen=True, slots=True)
class Point:
    """A mean with its interval; what is not known is `None`, and not a number counts as that."""

    x: float
    mean: float | None
    low: float | None = None
    high: float | None = None
    n: int = 1


@dataclass(frozen=True, slots=True)
class Series:
    """Points under a name, which may be of unknown origin."""

    name: str
    points: Sequence[Point]


def scale_values(series: Sequence[Series]) -> list[float]:
    """Returns the values that the left axis must hold: all means, and intervals as far as they leave room for these."""
    means = [point.mean for each in series for point in each.points if point.mean is not None]
    bounds = [
        bound for each in series for point in each.points for bound in (point.low, point.high) if bound is not None
    ]
    low, high = min(means, default=0.0), max(means, default=0.0)
    room = (clamp(high) - clamp(low)) / 2
    if room <= 0:
        return [*means, *bounds] or [0.0]
    return [*means, *(max(low - room, min(high + room, bound)) for bound in bounds)]


def clean_series(series: Series) -> Series:
    """Returns a series in order, without points that are nowhere; what is not a number is not known."""
    points = [
        replace(point, mean=_known(point.mean), low=_known(point.low), high=_known(point.high))
        for point in series.points
        if math.isfinite(point.x)
    ]
    known = [point for point in points if point.mean is not None]
    return replace(series, points=sorted(points if known else [], key=lambda point: point.x))


def _known(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def nearest_point(points: Sequence[Point], x: float) -> Point | None:
    """Returns the point nearest to a place; `None` before the first and after the last."""
    if not points or not points[0].x <= x <= points[-1].x:
        return None
    after = bisect_left(points, x, key=lambda point: point.x)
    return min(points[max(0, after - 1) : after + 1], key=lambda point: abs(point.x - x))


@dataclass(frozen=True, slots=True)
class Plot:
    """A canvas with its scales: lines are drawn above intervals, the first series above the others."""

    canvas: Canvas
    x_scale: Scale
    y_scale: Scale

    def draw(self, series: Sequence[Series]) -> None:
        """Draws every series, as the ink of its number."""
        layers = list(enumerate(series))[::-1]
        for ink, each in layers:
            self._draw_intervals(each.points, ink)
        for ink, each in layers:
            self._draw_line(each.points, ink)

    def place(self, x: float, value: float) -> tuple[int, int]:
        """Returns the dot of a value, counted from the top left."""
        return self.x_scale.dot(x), self.y_scale.n_dots - 1 - self.y_scale.dot(value)

    def _draw_line(self, points: Sequence[Point], ink: int) -> None:
        before: tuple[int, int] | None = None
        for point in points:
            now = None if point.mean is None else self.place(point.x, point.mean)
            if now:
                self.canvas.line(before or now, now, ink)
            before = now

    def _draw_intervals(self, points: Sequence[Point], ink: int) -> None:
        before: tuple[int, int, int] | None = None
        for point, after in pairwise([*points, None]):
            now = self._interval(point)
            if now and before:
                self._fill(before, now, ink)
            elif now and not self._interval(after):
                self._fill(now, now, ink)
            before = now

    def _interval(self, point: Point | None) -> tuple[int, int, int] | None:
        """Returns where an interval lies: its column of dots, its upper and its lower end."""
        if point is None or point.low is None or point.high is None:
            return None
        (x, lower), (_, upper) = self.place(point.x, point.low), self.place(point.x, point.high)
        return x, max(0, min(upper, lower)), min(self.y_scale.n_dots - 1, max(upper, lower))

    def _fill(self, start: tuple[int, int, int], end: tuple[int, int, int], ink: int) -> None:
        """Fills the area between two intervals with sparse dots, and draws its edges; a single one becomes a bar."""
        (first, top, bottom), (last, last_top, last_bottom) = start, end
        for x in [first] if first == last else range(first + first % 2, last + 1, 2):
            part = (x - first) / (last - first or 1)
            upper = round(top + (last_top - top) * part)
            lower = round(bottom + (last_bottom - bottom) * part)
            filled = first == last or x % 8 == 0
            for y in (*range(upper, lower, 2 if filled else max(1, lower - upper)), lower):
                self.canvas.dot(x, y, ink, faint=True)
