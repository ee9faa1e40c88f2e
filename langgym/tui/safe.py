"""The only way by which text reaches the terminal: no character of it moves the cursor, and none is markup."""

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from langgym.query.plain import plain_line, plain_text

MAX_CELLS = 1000
"""A line is cut there: a terminal shows no more, and wrapping a megabyte takes seconds."""


def cut_line(line: str, cells: int = MAX_CELLS) -> str:
    """Returns a line of at most so many cells; what is cut off is counted.

    >>> cut_line("a" * 30, 20)
    'aaaaaaaaa… (21 more)'
    """
    if len(line) <= cells and cell_len(line) <= cells:
        return line
    room = max(1, cells - len(f"… ({len(line):,} more)"))
    kept = set_cell_size(line[:room], room).rstrip()
    return f"{kept}… ({len(line) - len(kept):,} more)"


def safe(text: str, style: str = "") -> Text:
    r"""Returns text of unknown origin as lines that a widget may show.

    >>> safe("[b]x[/b]\x1b]0;y\x07").plain
    '[b]x[/b]␛]0;y␇'
    """
    lines = plain_text(text).split("\n")
    return Text("\n".join(map(cut_line, lines)), style=style, no_wrap=False, end="")


def safe_line(text: str, cells: int = MAX_CELLS, style: str = "") -> Text:
    """Returns text of unknown origin on one line of at most so many cells; what does not fit ends with `…`."""
    line = plain_line(text[: 8 * cells + 64])
    if cell_len(line) > cells:
        line = set_cell_size(line, max(0, cells - 1)).rstrip() + "…"
    return Text(line, style=style, no_wrap=True, end="")
