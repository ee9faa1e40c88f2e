"""Boards for a person's eyes: the text that a seat was given, painted; no character of it is changed."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from rich.text import Text

from langgym.tui.arena import draw_arena
from langgym.tui.safe import safe

MAX_LINES = 400
"""Lines further down are shown unpainted: no board is as long."""

_FIRST = "bold cyan"
_SECOND = "reverse yellow on black"
"""Sides differ by attribute as well as by hue: light letters, and letters cut out of a block."""
_FREE = "dim"
_LAST = "bold underline"
_GOOD = "bold green"
_BAD = "bold reverse red"
_SUITS = {"c": "green", "d": "cyan", "h": "bold red", "s": "bold"}
_COLOURS = {"R": "red", "Y": "yellow", "G": "green", "W": "bold", "B": "blue"}

_VERSION = re.compile(r"[_-]v\d+$")
_MOVES = re.compile(r"Moves so far\b")
_LAST_MOVE = re.compile(r"(?P<move>[^\s,:][^,:]*)\.$")
_SQUARE = re.compile(r"\d?[A-Za-z]\d{1,2}")
_COLUMN = re.compile(r"\b\d$")
_HEADER = re.compile(r" *\w(?: {1,3}\w){2,}")
_CARD = re.compile(r"(?<!\w)(?:10|[2-9TJQKA])([cdhs])(?!\w)")
_SUIT = re.compile(r"\b([cdhs]) (?:clubs|diamonds|hearts|spades)\b")
_HANABI = re.compile(r"(?<!\w)[RYGWB]{1,5}[0-5]?(?!\w)")
_OUTCOME = re.compile(r": (?:(you won)|(you lost)|draw)$")

Lines = Iterator[tuple[int, str]]
"""Lines with the place in the text where each starts."""
Painter = Callable[[Text, Lines], None]


def paint_board(env_id: str, text: str) -> Text:
    """Returns the board text of a seat painted: who stands where, which move was the last, which suit a card has.

    What it returns reads as `safe(text)`; for environments of the suite `mpe` a map may follow. What is not known of an
    environment is left as it is.
    """
    painted = safe(text)
    suite, _, name = env_id.rpartition("/")
    if suite == "mpe":
        painted.append_text(draw_arena(painted.plain))
    painter = _PAINTERS.get(_VERSION.sub("", name))
    if painter:
        painter(painted, _lines_of(painted.plain))
    return painted


def _lines_of(plain: str) -> Lines:
    """Yields the lines that are painted."""
    start = 0
    for line in plain.split("\n", MAX_LINES)[:MAX_LINES]:
        yield start, line
        start += len(line) + 1


@dataclass(slots=True)
class _GridPainter:
    """Paints boards of cells that stand apart: pieces of two sides, free cells, and the last move."""

    first: str
    second: str
    free: str = "."

    def __call__(self, painted: Text, lines: Lines) -> None:
        """Paints every board among the lines; a line of moves tells of the boards below it."""
        cell = f"[{re.escape(self.first + self.second + self.free)}]"
        row = re.compile(rf"(?: ?(?P<rank>\d{{1,2}}) )?(?P<cells>{cell}(?: {{1,3}}{cell}){{2,}})")
        board = _Board()
        for start, line in lines:
            if found := row.fullmatch(line):
                self._paint_row(painted, start, found, board)
            elif _HEADER.fullmatch(line):
                board = _Board(board.move, line.split())
            elif _MOVES.match(line):
                board = _Board(_paint_last(painted, start, line))

    def _paint_row(self, painted: Text, start: int, found: re.Match[str], board: "_Board") -> None:
        rank, base = found["rank"] or "", start + found.start("cells")
        for index, cell in enumerate(re.finditer(r"\S", found["cells"])):
            place, mark = base + cell.start(), cell[0]
            style = _FIRST if mark in self.first else _SECOND if mark in self.second else _FREE
            painted.stylize(style, place, place + 1)
            if board.is_last(index, rank, mark not in self.free):
                painted.stylize(_LAST, place, place + 1)


@dataclass(slots=True)
class _Board:
    """One board as far as it has been read."""

    move: str = ""
    columns: list[str] = field(default_factory=list[str])
    landed: bool = False
    """Whether the piece that was dropped last has been met, on boards without names of rows."""

    def is_last(self, index: int, rank: str, taken: bool) -> bool:
        """Returns whether the last move touched the cell in column `index` of the row `rank`."""
        if index >= len(self.columns):
            return False
        column = self.columns[index]
        if rank:
            layer = index // len(set(self.columns)) + 1
            squares = _SQUARE.findall(self.move)
            return f"{column}{rank}" in squares or f"{layer}{column}{rank}" in squares
        dropped = _COLUMN.search(self.move)
        if self.landed or not taken or not dropped or dropped[0] != column:
            return False
        self.landed = True
        return True


def _paint_last(painted: Text, start: int, line: str) -> str:
    """Marks the last move of a line of moves and returns it; empty where there is none."""
    found = _LAST_MOVE.search(line)
    if not found or found["move"] == "none":
        return ""
    painted.stylize(_LAST, start + found.start("move"), start + found.end("move"))
    return found["move"]


def _paint_poker(painted: Text, lines: Lines) -> None:
    """Paints cards by suit and marks the last move, which stands in the last line of a round."""
    latest: tuple[int, str] | None = None
    under_moves = False
    for start, line in lines:
        for found in (*_CARD.finditer(line), *_SUIT.finditer(line)):
            painted.stylize(_SUITS[found[1]], start + found.start(), start + found.end())
        under_moves = bool(_MOVES.match(line)) or (under_moves and line.endswith("."))
        latest = (start, line) if under_moves else latest
    if latest:
        _paint_last(painted, *latest)


def _paint_hanabi(painted: Text, lines: Lines) -> None:
    """Paints the colours of cards: of a card that may have several, each letter in its own."""
    for start, line in lines:
        for found in _HANABI.finditer(line):
            letters = found[0].rstrip("012345")
            for place, letter in enumerate(letters, start + found.start()):
                painted.stylize(_COLOURS[letter], place, place + 1)
            if len(letters) == 1:
                painted.stylize(_COLOURS[letters], start + found.start(), start + found.end())
        if _MOVES.match(line):
            _paint_last(painted, start, line)


def _paint_rounds(painted: Text, lines: Lines) -> None:
    """Paints how each past round ended."""
    for start, line in lines:
        found = _OUTCOME.search(line)
        if found:
            style = _GOOD if found[1] else _BAD if found[2] else _FREE
            painted.stylize(style, start + found.start() + 2, start + found.end())


_CHESS = _GridPainter("PNBRQK", "pnbrqk")
_PAINTERS: Mapping[str, Painter] = {
    "chess": _CHESS,
    "video_chess": _CHESS,
    "connect_four": _GridPainter("X", "O"),
    "tictactoe": _GridPainter("X", "O"),
    "tic_tac_toe_3d": _GridPainter("X", "O"),
    "go": _GridPainter("X", "O"),
    "othello": _GridPainter("o", "x", ".+"),
    "video_checkers": _GridPainter("oO", "xX", ".-"),
    "flag_capture": _GridPainter("Y", "R", ".?#"),
    "rps": _paint_rounds,
    "leduc_holdem": _paint_poker,
    "texas_holdem": _paint_poker,
    "texas_holdem_no_limit": _paint_poker,
    "hanabi": _paint_hanabi,
}
