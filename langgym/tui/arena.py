"""Maps of particle worlds, drawn from the numbers that a seat was told."""

import re
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from rich.cells import cell_len
from rich.text import Text

WIDTH, HEIGHT = 33, 17
"""Cells of a map; odd, so that there is a middle."""
MAX_THINGS = 26

_OFFSET = r"(?:(?P<x>\d+\.\d+) (?P<side>left|right))?(?:, )?(?:(?P<y>\d+\.\d+) (?P<height>up|down))?"
_PLACE = re.compile(rf"(?:(?P<name>[\w-]+) (?:at )?)?(?P<place>here\b|{_OFFSET})(?: \(distance|, moving|, at rest|$)")
_OWN = re.compile(rf"You: {_OFFSET} of the middle")
_YOU = "bold reverse"
_SEVERAL = "*"
_STYLES = {
    "prey": "bold green",
    "goal": "bold green",
    "predator": "reverse yellow on black",
    "rival": "reverse yellow on black",
    "teammate": "bold cyan",
    "teammates": "bold cyan",
}


@dataclass(frozen=True, slots=True)
class Thing:
    """Something on the map; where it is, in the units of the arena, right and up of the middle or of the seat."""

    label: str
    x: float
    y: float


def draw_arena(plain: str) -> Text:
    """Returns a map with its legend, to be put below the text; empty where the text tells no places."""
    lines = plain.split("\n")
    things = _read_things(lines)
    if not things:
        return Text()
    own = _read_own(lines)
    you = own or Thing("you", 0.0, 0.0)
    placed = [Thing(thing.label, you.x + thing.x, you.y + thing.y) for thing in things]
    extent = max(1.0, *(max(abs(thing.x), abs(thing.y)) for thing in (you, *placed)))
    middle = "the middle of the arena" if own else "you"
    drawn = Text(f"\n\nMap, {extent:.2f} from {middle} to each side:\n", end="")
    cells = _draw_cells(placed, you, extent, framed=own is not None)
    drawn.append_text(cells)
    drawn.append_text(_draw_legend(placed, several=_SEVERAL in cells.plain))
    return drawn


def _read_things(lines: list[str]) -> list[Thing]:
    """Returns what the lines place, relative to the seat; what is told of twice stands where it was told last."""
    found: dict[str, Thing] = {}
    for line in lines:
        head, colon, rest = line.partition(": ")
        if colon and head != "You" and len(head) < 60:
            found |= {thing.label: thing for thing in _read_line(head, rest)}
    return list(found.values())[-MAX_THINGS:]


def _read_line(head: str, rest: str) -> list[Thing]:
    """Returns the things of one line: `Prey agent_0: …`, or several that are parted by `;`."""
    things: list[Thing] = []
    parts = rest.split("; ")
    for number, part in enumerate(parts, 1):
        place = _PLACE.match(part)
        if place and place["place"]:
            name = f" {place['name']}" if place["name"] else ""
            again = f" ({number})" if len(parts) > 1 and head.startswith("Nearest") else ""
            things.append(_to_thing(f"{head}{name}{again}", place))
    return things


def _read_own(lines: list[str]) -> Thing | None:
    """Returns where the seat is in the arena; `None` where it is not told."""
    own = [found for found in map(_OWN.match, lines) if found]
    return _to_thing("you", own[-1]) if own else None


def _to_thing(label: str, found: re.Match[str]) -> Thing:
    x, y = float(found["x"] or 0.0), float(found["y"] or 0.0)
    return Thing(label, -x if found["side"] == "left" else x, -y if found["height"] == "down" else y)


def _draw_cells(things: list[Thing], you: Thing, extent: float, *, framed: bool) -> Text:
    """Returns the map; `framed` marks the corners of the arena, which reaches 1 from its middle."""
    cells: dict[tuple[int, int], tuple[str, str]] = {}
    for thing, letter in zip(things, _letters(things), strict=True):
        spot = _spot(thing.x, thing.y, extent)
        cells[spot] = (_SEVERAL, "bold") if spot in cells else (letter, _style_of(thing))
    spot = _spot(you.x, you.y, extent)
    cells[spot] = ("@", _YOU)
    if framed:
        for corner in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
            cells.setdefault(_spot(*corner, extent), ("+", "dim"))
    drawn = Text(end="")
    for row in range(HEIGHT):
        line = [cells.get((column, row)) or _empty(column, row) for column in range(WIDTH)]
        for style, run in groupby(line, key=itemgetter(1)):
            drawn.append("".join(mark for mark, _ in run), style)
        drawn.append("\n")
    return drawn


def _empty(column: int, row: int) -> tuple[str, str]:
    """Returns an empty cell: dots an eighth of the arena's half apart give measure to the eye."""
    return (".", "dim") if column % 4 == 0 and row % 2 == 0 else (" ", "")


def _draw_legend(things: list[Thing], *, several: bool) -> Text:
    """Returns what each letter stands for, on lines as wide as the map where that is possible."""
    drawn, width = Text("@", style="", end=""), 5
    drawn.stylize(_YOU, 0, 1)
    drawn.append(" you")
    lettered = zip(_letters(things), things, strict=True)
    entries = [(letter, f" {thing.label}", _style_of(thing)) for letter, thing in lettered]
    if several:
        entries.append((_SEVERAL, " several in one place", "bold"))
    for mark, label, style in entries:
        size = 3 + cell_len(label)
        fits = width + size <= WIDTH
        drawn.append("  " if fits else "\n")
        drawn.append(mark, style)
        drawn.append(label)
        width = width + size if fits else size - 2
    return drawn


def _letters(things: list[Thing]) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[: len(things)]


def _style_of(thing: Thing) -> str:
    return _STYLES.get(thing.label.split(" ", 1)[0].lower(), "bold")


def _spot(x: float, y: float, extent: float) -> tuple[int, int]:
    """Returns the cell, from the top left, of a place."""
    across = round((x / extent + 1) / 2 * (WIDTH - 1))
    down = round((1 - y / extent) / 2 * (HEIGHT - 1))
    return across, down
