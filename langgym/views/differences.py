"""What differs between two texts, line by line: each line is marked, so that no colour is needed to tell them apart."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

MAX_LINES = 400
"""A longer text is shown as it is: comparing takes time that grows with the square of the lines (0.1 s for 500)."""
KEPT = 1
"""Lines around a change that are shown although they are as before."""


def tell_difference(before: Sequence[str], after: Sequence[str]) -> list[str] | None:
    """Returns the lines of a text marked against an earlier one; `None` where they share no line or are too long.

    >>> tell_difference(["a", "b", "c", "d", "e"], ["a", "b", "c", "d", "f"])
    ['  … 3 lines as before', '  d', '- e', '+ f']
    """
    if max(len(before), len(after)) > MAX_LINES or not set(before) & set(after):
        return None
    return list(_mark(before, after))


def _mark(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    for tag, first, last, start, stop in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from _shorten(after[start:stop], leads=start == 0, ends=stop == len(after) and last == len(before))
            continue
        yield from (f"- {line}" for line in before[first:last])
        yield from (f"+ {line}" for line in after[start:stop])


def _shorten(lines: Sequence[str], *, leads: bool, ends: bool) -> Iterator[str]:
    """Yields lines that are as before: all of a few, of many only those beside a change."""
    head, tail = (0 if leads else KEPT), (0 if ends else KEPT)
    left_out = len(lines) - head - tail
    if left_out <= 1:
        yield from (f"  {line}" for line in lines)
        return
    yield from (f"  {line}" for line in lines[:head])
    yield f"  … {left_out} lines as before"
    yield from (f"  {line}" for line in lines[len(lines) - tail :])
