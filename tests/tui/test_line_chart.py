import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from langgym.tui.widgets.canvas import Canvas, make_scale
from langgym.tui.widgets.line_chart import GLYPHS, NOTHING, LineChart, Point, Series

Check = Callable[[LineChart, Pilot[None]], Awaitable[None]]


class ChartApp(App[None]):
    def __init__(self, glyphs: str) -> None:
        super().__init__()
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        yield LineChart(glyphs=self._glyphs)


def run(check: Check, *, size: tuple[int, int] = (80, 20), glyphs: str = "unicode") -> None:
    async def main() -> None:
        app = ChartApp(glyphs)
        async with app.run_test(size=size) as pilot:
            chart = app.query_one(LineChart)
            chart.focus()
            await pilot.pause()
            await check(chart, pilot)

    asyncio.run(main())


def rows(chart: LineChart) -> list[str]:
    return [chart.render_line(y).text for y in range(chart.size.height)]


def line(name: str, means: Sequence[float | None], *, half: float | None = None) -> Series:
    points = [
        Point(at * 10.0, mean, None if half is None or mean is None else mean - half, half and mean and mean + half, 5)
        for at, mean in enumerate(means)
    ]
    return Series(name, points)


def test_nothing_to_draw_is_said() -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        assert NOTHING in "".join(rows(chart))
        chart.show([Series("ada", []), Series("bob", [Point(1.0, math.nan), Point(math.inf, 2.0)])])
        assert NOTHING in "".join(rows(chart))

    run(check)


def test_a_rising_line_starts_below_and_ends_above() -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show([line("ada", [0.0, 0.5, 1.0])])
        marked = [(row.index(GLYPHS[0]), y) for y, row in enumerate(rows(chart)) if y > 0 and GLYPHS[0] in row]
        assert len(marked) == 3
        assert marked == sorted(marked, reverse=True)

    run(check)


def test_both_axes_have_numbers_and_words() -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show([line("ada", [0.0, 0.4, 1.0])], x_words="episodes", y_words="return")
        drawn = rows(chart)
        assert [row[:4].strip() for row in drawn if "┤" in row] == ["1.0", "0.5", "0.0"]
        assert drawn[-1].split() == ["0", "5", "10", "15", "episodes"]
        assert drawn[0].startswith("return")

    run(check)


def test_each_series_has_its_glyph_in_the_legend_and_in_the_plot() -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show([line(f"agent {number}", [number, number + 0.5]) for number in range(8)])
        drawn = rows(chart)
        legend = "".join(row for row in drawn if "agent" in row)
        plot = "".join(row for row in drawn if "agent" not in row)
        assert all(f"{glyph} agent {number}" in legend and glyph in plot for number, glyph in enumerate(GLYPHS))

    run(check)


def test_an_interval_is_fainter_than_its_line() -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show([line("ada", [0.0, 1.0, 0.0], half=0.4)])
        dots = [segment for y in range(1, 18) for segment in chart.render_line(y) if "⠀" < segment.text[0] <= "⣿"]
        faint = [segment for segment in dots if segment.style and segment.style.dim]
        assert 0 < len(faint) < len(dots)

    run(check)


def test_an_interval_that_reaches_far_leaves_room_for_the_lines() -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show([Series("ada", [Point(1, 0.1, -900.0, 900.0, 2), Point(2, 0.9, 0.8, 1.0, 40)])])
        marked = [y for y, row in enumerate(rows(chart)) if y and GLYPHS[0] in row]
        assert marked[1] - marked[0] >= 6

    run(check)


def test_the_cursor_reads_the_values_of_every_series() -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show([line("ada", [0.0, 0.5, 1.0], half=0.25), line("bob", [3.0, 2.0])])
        await pilot.press("left")
        assert rows(chart)[0].rstrip() == "at 20:  ● ada 1 [0.75, 1.25] n 5  ▲ bob -"
        await pilot.press("left")
        assert rows(chart)[0].rstrip() == "at 10:  ● ada 0.5 [0.25, 0.75] n 5  ▲ bob 2 n 5"
        assert [(name, point and point.mean) for name, point in chart.readings()] == [("ada", 0.5), ("bob", 2.0)]

    run(check)


def test_the_cursor_says_where_it_read_a_point_that_is_not_quite_there() -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show([Series("ada", [Point(0, 1.0), Point(8, 2.0)]), Series("bob", [Point(x, 0.0) for x in (0, 6, 10)])])
        chart.cursor = 6
        assert "ada 2 n 1 at 8" in rows(chart)[0]

    run(check)


def test_the_cursor_stops_at_both_ends() -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show([line("ada", [0.0, 0.5, 1.0])])
        await pilot.press("g", "left", "left")
        assert chart.cursor == 0.0
        await pilot.press("right", "right", "right", "right")
        assert chart.cursor == 20.0

    run(check)


def test_the_cursor_is_drawn_in_its_column() -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show([line("ada", [0.0, 0.5, 1.0])])
        without = rows(chart)
        chart.cursor = 10
        changed = [[x for x in range(80) if was[x] != now[x]] for was, now in zip(without, rows(chart), strict=True)]
        assert len({x for row in changed[1:] for x in row}) == 1

    run(check)


def test_a_gap_is_not_bridged() -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show([line("ada", [1.0, 1.0, None, 1.0, 1.0])])
        row = next(row for row in rows(chart)[1:] if GLYPHS[0] in row)
        inside = row[row.index(GLYPHS[0]) : row.rindex(GLYPHS[0])]
        assert 15 < inside.count(" ") < 40

    run(check)


def test_a_lone_point_is_seen_with_its_interval() -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show([Series("ada", [Point(3, 0.5, 0.1, 0.9, 7)])])
        drawn = rows(chart)
        column = next(row.index(GLYPHS[0]) for row in drawn[1:] if GLYPHS[0] in row)
        assert sum(row[column] not in " ─┴" for row in drawn[1:-1]) > 8

    run(check)


def test_ascii_glyphs_are_all_that_is_drawn_where_asked_for() -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show([line("ada", [0.0, 0.5, 1.0], half=0.2), line("bob", [1.0, 0.2])])
        await pilot.press("left")
        assert "".join(rows(chart)).isascii()
        assert "o ada" in rows(chart)[0]

    run(check, glyphs="ascii")


def test_a_name_of_unknown_origin_is_shown_as_text() -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show([line("[/b]\x1b]0;x\x07\n" + "y" * 99, [0.0, 1.0])])
        assert rows(chart)[0].startswith("● [/b]␛]0;x␇ yyyyyyyyyyyy…")

    run(check)


def test_what_has_no_room_in_the_legend_is_counted() -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show([line(f"a long name number {number}", [0.0, 1.0]) for number in range(8)])
        assert rows(chart)[1].rstrip().endswith("+6")

    run(check, size=(30, 8))


@pytest.mark.parametrize("size", [(120, 30), (60, 16), (24, 6), (23, 6), (10, 2), (1, 1)])
def test_every_size_is_filled_and_not_overdrawn(size: tuple[int, int]) -> None:
    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show([line("漢字", [0.0, 0.7, 1.0], half=0.3), line("bob", [5.0, None, 2.0])], x_words="episodes")
        chart.cursor = 10
        assert {cell_len(row) for row in rows(chart)} == {size[0]}

    run(check, size=size)


VALUES = st.one_of(st.none(), st.floats(), st.floats(-10, 10))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.tuples(VALUES, VALUES, VALUES, VALUES), max_size=6), max_size=4))
def test_no_number_is_too_strange_to_be_drawn(series: list[list[tuple[float | None, ...]]]) -> None:
    made = [
        Series(str(number), [Point(math.nan if x is None else x, mean, low, high) for x, mean, low, high in points])
        for number, points in enumerate(series)
    ]

    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        chart.show(made)
        chart.action_last()
        assert {cell_len(row) for row in rows(chart)} == {60}

    run(check, size=(60, 16))


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.0, 1e6), (5.0, 5.0), (-1.7e308, 1.7e308), (0.0, 1e-200)])
def test_an_axis_has_few_round_ticks_within_its_ends(low: float, high: float) -> None:
    scale = make_scale([low, high], 100)

    ticks = scale.ticks(5)

    assert 1 <= len(ticks) <= 21
    assert all(scale.low - 1e-9 * abs(scale.low) <= tick <= scale.high * (1 + 1e-9) for tick in ticks)


def test_a_line_has_no_holes() -> None:
    canvas = Canvas(10, 5)
    canvas.line((0, 19), (3, 0), 0)

    assert all(any(cell.ink == 0 for cell in canvas.row(row)) for row in range(5))


def test_eight_series_of_forty_points_are_drawn_at_once() -> None:
    series = [line(f"agent {n}", [math.sin(n + at / 5) for at in range(40)], half=0.3) for n in range(8)]

    async def check(chart: LineChart, pilot: Pilot[None]) -> None:
        assert min([timed(chart, series) for _ in range(5)]) < 0.03

    run(check, size=(120, 30))


def timed(chart: LineChart, series: Sequence[Series]) -> float:
    start = time.process_time()
    chart.show(series)
    rows(chart)
    return time.process_time() - start
