"""What changed between two texts, line by line."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from rich.text import Text

from langgym.query.plain import plain_text
from langgym.tui.safe import cut_line

MAX_LINES = 2000
SMALL = 1600
"""Pairs of lines between two anchors that are compared one by one; `difflib` takes time by them and by the matches."""
_STYLES = {"+": "green", "-": "red", " ": "dim"}


def diff_lines(before: Sequence[str], after: Sequence[str]) -> list[Text]:
    """Returns the lines of `after` and those that it lost, each behind a mark: `+` new, `-` gone, a space unchanged.

    Texts of more than `MAX_LINES` lines are not compared: the first line says so, and `after` follows without marks.
    """
    if max(len(before), len(after)) > MAX_LINES:
        why = Text(f"Not compared: there are more than {MAX_LINES:,} lines.", style="italic", end="")
        return [why, *(_draw(" ", line, "") for line in after)]
    return [_draw(mark, line, _STYLES[mark]) for mark, line in _compare(before, after)]


def _compare(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yields lines with their marks: lines that both texts hold once are matched first, then what is between them."""
    old_start = new_start = 0
    for old, new in (*_anchors(before, after), (len(before), len(after))):
        yield from _compare_gap(before[old_start:old], after[new_start:new])
        if old < len(before):
            yield " ", before[old]
        old_start, new_start = old + 1, new + 1


def _anchors(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Returns where the longest row of lines stands that both texts hold once and in the same order."""
    in_old, in_new = Counter(before), Counter(after)
    places = {line: at for at, line in enumerate(after) if in_new[line] == 1}
    pairs = [(at, places[line]) for at, line in enumerate(before) if in_old[line] == 1 and line in places]
    tails: list[int] = []
    """Of the rows of each length, the least place in `after` with which one ends."""
    ends: list[int] = []
    """The pairs at which those rows end."""
    previous: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(tails, place)
        tails[length : length + 1] = [place]
        ends[length : length + 1] = [number]
        previous.append(ends[length - 1] if length else -1)
    row: list[tuple[int, int]] = []
    number = ends[-1] if ends else -1
    while number >= 0:
        row.append(pairs[number])
        number = previous[number]
    return row[::-1]


def _compare_gap(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yields the lines between two anchors; what is long and has no equal head or tail counts as changed as a whole."""
    top = _shared(old, new)
    bottom = _shared(old[top:][::-1], new[top:][::-1])
    yield from ((" ", line) for line in old[:top])
    lost, added = old[top : len(old) - bottom], new[top : len(new) - bottom]
    if len(lost) * len(added) <= SMALL:
        codes = SequenceMatcher(None, lost, added, autojunk=False).get_opcodes()
    else:
        codes = [("replace", 0, len(lost), 0, len(added))]
    for kind, start, end, new_start, new_end in codes:
        yield from ((" " if kind == "equal" else "-", line) for line in lost[start:end])
        if kind != "equal":
            yield from (("+", line) for line in added[new_start:new_end])
    yield from ((" ", line) for line in old[len(old) - bottom :])


def _shared(before: Sequence[str], after: Sequence[str]) -> int:
    """Returns with how many equal lines both begin."""
    n_lines = 0
    for old, new in zip(before, after, strict=False):
        if old != new:
            break
        n_lines += 1
    return n_lines


def _draw(mark: str, line: str, style: str) -> Text:
    flat = plain_text(line).replace("\n", " ")
    return Text(f"{mark} {cut_line(flat)}", style=style, end="")
