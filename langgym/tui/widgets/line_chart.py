"""LineChart: curves of several series with intervals, told apart by glyph and name, with a cursor that reads values."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.strip import Strip
from textual.widget import Widget

from langgym.tui.keymap import bind
from langgym.tui.safe import safe_line
from langgym.tui.widgets.canvas import ACROSS, DOWN, Canvas, Cell, Scale, format_tick, make_scale
from langgym.tui.widgets.series import Plot, Point, Series, clean_series, nearest_point, scale_values

__all__ = ["LineChart", "Point", "Series"]

GLYPHS = "●▲■◆○△□◇"
ASCII_GLYPHS = "ox+#@%&="
NAME_CELLS = 24
LEAST = (24, 6)
"""Cells below which there is no room for axes."""
NOTHING = "nothing to draw yet"


class LineChart(Widget, can_focus=True):
    """Means as lines, intervals as fainter dots under them, a legend above, and numbers along both axes.

    An interval that reaches far beyond all means is cut at the edge, so that it does not flatten the lines.
    """

    HELP: ClassVar[str | None] = (
        "A chart: left and right move a cursor that reads the values; g and G go to the ends. "
        "Each series has a glyph, as in the legend; fainter dots are its interval."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("next-point"),
        bind("previous-point"),
        bind("first"),
        bind("last"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"chart--axis", *(f"chart--series-{number}" for number in range(1, 9))}
    DEFAULT_CSS = """
    LineChart { height: 1fr; background: $surface; }
    LineChart > .chart--axis { color: $text-muted; }
    LineChart > .chart--series-1 { color: #3f9fdf; }
    LineChart > .chart--series-2 { color: #e08e00; }
    LineChart > .chart--series-3 { color: #12a57a; }
    LineChart > .chart--series-4 { color: #d46a9f; }
    LineChart > .chart--series-5 { color: #9b7fe0; }
    LineChart > .chart--series-6 { color: #d9534f; }
    LineChart > .chart--series-7 { color: #8a9a3b; }
    LineChart > .chart--series-8 { color: #8c8c8c; }
    """

    def __init__(self, series: Sequence[Series] = (), *, glyphs: str = "unicode", id: str | None = None) -> None:
        """Draws series.

        Args:
            series: the first is in front.
            glyphs: `ascii` where no more than ASCII may be used.
            id: as Textual knows it.
        """
        super().__init__(id=id)
        self._ascii = glyphs == "ascii"
        self._series = [clean_series(each) for each in series]
        self._words = ("", "")
        self._cursor: float | None = None
        self._drawn: list[Strip] = []

    # what is shown

    def show(self, series: Sequence[Series], *, x_words: str = "", y_words: str = "") -> None:
        """Draws other series; the cursor stays at its value.

        Args:
            series: the first is in front.
            x_words: what lies along the lower axis.
            y_words: what lies along the left axis.
        """
        self._series = [clean_series(each) for each in series]
        self._words = (x_words, y_words)
        self._redraw()

    @property
    def cursor(self) -> float | None:
        """The value on the lower axis that is read; `None` where none is."""
        return self._cursor

    @cursor.setter
    def cursor(self, x: float | None) -> None:
        self._cursor = x
        self._redraw()

    def readings(self) -> list[tuple[str, Point | None]]:
        """Returns for each series, by name, the point nearest to the cursor; `None` outside of what it spans."""
        if self._cursor is None:
            return []
        return [(each.name, nearest_point(each.points, self._cursor)) for each in self._series]

    # moving

    def action_next_point(self) -> None:
        """Reads the next value to the right."""
        self._step(1)

    def action_previous_point(self) -> None:
        """Reads the next value to the left."""
        self._step(-1)

    def action_first(self) -> None:
        """Reads the first values."""
        places = self._places()
        self.cursor = places[0] if places else None

    def action_last(self) -> None:
        """Reads the last values."""
        places = self._places()
        self.cursor = places[-1] if places else None

    def _step(self, by: int) -> None:
        """Moves the cursor to the next place that lies in another column; at first to the last one."""
        places = self._places()
        if not places or self._cursor is None:
            self.action_last()
            return
        scale = make_scale(places, max(2, self.size.width * ACROSS))
        here = scale.dot(self._cursor) // ACROSS
        further = [place for place in places if (scale.dot(place) // ACROSS - here) * by > 0]
        if further:
            self.cursor = further[0] if by > 0 else further[-1]

    def _places(self) -> list[float]:
        return sorted({point.x for each in self._series for point in each.points})

    # drawing

    def on_resize(self) -> None:
        """Draws anew."""
        self._redraw()

    def notify_style_update(self) -> None:
        """Draws anew, in other colours."""
        super().notify_style_update()
        self._redraw()

    def render_line(self, y: int) -> Strip:
        """Returns one line of the chart."""
        if not self._drawn:
            style = self.rich_style
            self._drawn = [strip.apply_style(style) for strip in self._draw()]
        return self._drawn[y] if y < len(self._drawn) else Strip.blank(self.size.width, self.rich_style)

    def _redraw(self) -> None:
        self._drawn = []
        self.refresh()

    def _draw(self) -> list[Strip]:
        width, height = self.size
        if not any(each.points for each in self._series):
            return self._say(NOTHING)
        if width < LEAST[0] or height < LEAST[1]:
            return self._say("no room for a chart")
        legend = self._draw_legend(width, max(1, height // 3))
        n_rows = height - len(legend) - 2
        values = scale_values(self._series)
        y_scale = make_scale(values, n_rows * DOWN, margin=0.04)
        labels = self._y_labels(y_scale, n_rows)
        gutter = max(map(len, labels.values())) + 1
        x_scale = make_scale(self._places(), (width - gutter - 1) * ACROSS)
        canvas = Canvas(width - gutter - 1, n_rows)
        self._draw_plot(Plot(canvas, x_scale, y_scale))
        rows = [self._draw_row(canvas, row, labels.get(row, ""), gutter) for row in range(n_rows)]
        return [*legend, *rows, *self._draw_foot(x_scale, gutter, width)]

    def _say(self, words: str) -> list[Strip]:
        width, height = self.size
        above = [Strip.blank(width)] * max(0, (height - 1) // 2)
        return [*above, Strip([Segment(words[:width].center(width), self._axis_style())], width)]

    def _draw_legend(self, width: int, most: int) -> list[Strip]:
        """Returns the lines of the legend, with what the cursor reads; what has no room is counted."""
        entries = list(self._entries())
        lines: list[list[Segment]] = [[]]
        used = left_out = 0
        for number, entry in enumerate(entries):
            size = sum(cell_len(segment.text) for segment in entry) + 2
            if used and used + size > width:
                if len(lines) == most:
                    left_out = len(entries) - number
                    break
                lines.append([])
                used = 0
            lines[-1] += [*entry, Segment("  ")]
            used += size
        strips = [Strip(line).adjust_cell_length(width) for line in lines]
        if left_out:
            more = f" +{left_out}"
            tail = Strip([Segment(more, self._axis_style())])
            strips[-1] = Strip.join([strips[-1].crop(0, width - len(more)), tail])
        return strips

    def _entries(self) -> Iterator[list[Segment]]:
        """Yields what the legend says: what is measured, where the cursor is, and each series."""
        axis = self._axis_style()
        if self._words[1]:
            yield [Segment(safe_line(self._words[1], NAME_CELLS).plain, axis)]
        if self._cursor is not None:
            yield [Segment(f"at {_number(self._cursor)}:", axis)]
        points = dict(enumerate(point for _, point in self.readings()))
        for number, each in enumerate(self._series):
            name = safe_line(each.name, NAME_CELLS).plain
            words = "" if self._cursor is None else f" {self._reading(points.get(number))}"
            words = words if each.points else " (no points)"
            yield [Segment(f"{self._glyph(number)} {name}", self._ink(number)), Segment(words)]

    def _reading(self, point: Point | None) -> str:
        if point is None or point.mean is None:
            return "-"
        interval = "" if point.low is None or point.high is None else f" [{_number(point.low)}, {_number(point.high)}]"
        where = "" if point.x == self._cursor else f" at {_number(point.x)}"
        return f"{_number(point.mean)}{interval} n {point.n}{where}"

    def _y_labels(self, scale: Scale, n_rows: int) -> dict[int, str]:
        """Returns the numbers at the left by row."""
        ticks = scale.ticks(max(1, n_rows // 4))
        step = ticks[1] - ticks[0] if len(ticks) > 1 else scale.high - scale.low
        return {n_rows - 1 - scale.dot(tick) // DOWN: format_tick(tick, step) for tick in ticks}

    def _draw_plot(self, plot: Plot) -> None:
        """Draws the curves, then the cursor where nothing is, then the glyphs."""
        plot.draw(self._series)
        if self._cursor is not None:
            self._draw_cursor(plot.canvas, plot.x_scale.dot(self._cursor))
        for ink, each in list(enumerate(self._series))[::-1]:
            self._draw_glyphs(plot, each.points, ink)

    def _draw_cursor(self, canvas: Canvas, x: int) -> None:
        mark = Cell("|" if self._ascii else "│", -1)
        for row in range(canvas.height):
            if canvas.free(x // ACROSS, row):
                canvas.mark(x, row * DOWN, mark)

    def _draw_glyphs(self, plot: Plot, points: Sequence[Point], ink: int) -> None:
        """Marks points; of those that are close together only some, and of two series not the same ones."""
        apart = max(1, 8 * len(points) // max(1, plot.canvas.width))
        for number, point in enumerate(points):
            seen = number % apart == ink % apart or number in (0, len(points) - 1)
            if point.mean is not None and seen:
                plot.canvas.mark(*plot.place(point.x, point.mean), Cell(self._glyph(ink), ink))

    def _draw_row(self, canvas: Canvas, row: int, label: str, gutter: int) -> Strip:
        axis = self._axis_style()
        tick = ("+" if label else "|") if self._ascii else ("┤" if label else "│")
        segments = [Segment(f"{label:>{gutter}}{tick}", axis)]
        glyphs = [self._glyph(number) for number in range(len(self._series))] if self._ascii else None
        for (ink, faint), cells in groupby(canvas.row(row, glyphs), key=lambda cell: (cell.ink, cell.faint)):
            style = axis if ink < 0 else self._ink(ink)
            text = "".join(cell.mark for cell in cells)
            segments.append(Segment(text, style + Style(dim=True) if faint else style))
        return Strip(segments, gutter + 1 + canvas.width)

    def _draw_foot(self, scale: Scale, gutter: int, width: int) -> list[Strip]:
        """Returns the lower axis and the numbers below it, with what lies along it at the right."""
        words = safe_line(self._words[0], min(NAME_CELLS, width // 2)).plain
        room = width - (cell_len(words) + 1 if words else 0)
        rule = ["-" if self._ascii else "─"] * (width - gutter - 1)
        numbers = ""
        ticks = scale.ticks(max(1, (width - gutter) // 12))
        step = ticks[1] - ticks[0] if len(ticks) > 1 else scale.high - scale.low
        for tick in ticks:
            label, column = format_tick(tick, step), scale.dot(tick) // ACROSS
            start = min(gutter + 1 + column - len(label) // 2, width - len(label))
            if start > len(numbers) - (not numbers) and start + len(label) <= room:
                numbers = f"{numbers:<{start}}{label}"
                rule[column] = "+" if self._ascii else "┴"
        corner = "+" if self._ascii else "└"
        foot = f"{corner:>{gutter + 1}}{''.join(rule)}", f"{numbers:<{width - cell_len(words)}}{words}"
        return [Strip([Segment(line, self._axis_style())]).adjust_cell_length(width) for line in foot]

    def _glyph(self, number: int) -> str:
        glyphs = ASCII_GLYPHS if self._ascii else GLYPHS
        return glyphs[number % len(glyphs)]

    def _ink(self, number: int) -> Style:
        return self.get_component_rich_style(f"chart--series-{number % 8 + 1}", partial=True)

    def _axis_style(self) -> Style:
        return self.get_component_rich_style("chart--axis")


def _number(value: float) -> str:
    return f"{value:.4g}"
