"""Blocks of a view as a pane shows them."""

from rich.text import Text

from langgym.tui.safe import safe
from langgym.tui.widgets.text_pane import PaneBlock
from langgym.views.blocks import Block

_STYLES = {"+ ": "green", "- ": "red"}


def show_block(block: Block, *, link: object | None = None, folded: bool = False) -> PaneBlock:
    """Returns a block of a view; lines that are marked against an earlier text have a colour as well.

    Args:
        block: of the view.
        link: what is to be opened from it.
        folded: whether it is folded until somebody unfolds it.
    """
    lines = [_paint(line) if block.marked else safe(line) for line in block.lines]
    return PaneBlock(block.name, block.title, lines, folded=folded, link=link)


def _paint(line: str) -> Text:
    return safe(line, _STYLES.get(line[:2], ""))
