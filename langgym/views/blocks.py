"""Blocks: text in parts that have a title, which a screen folds and the command line prints one below the other."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

MARGIN = "  "


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a text, under a title."""

    name: str
    """Unique among the blocks that are shown together, and the same whenever this kind of part is shown anew."""
    title: str
    lines: list[str] = field(default_factory=list[str])
    """Each on one line; of unknown origin, so they go through what makes text fit for a terminal."""
    changed: bool = True
    """Whether it says anything new: what does not is folded, and its title says what is left out."""
    marked: bool = False
    """Whether its lines are marked as they differ from an earlier text."""


def tell_blocks(blocks: Iterable[Block], *, in_full: bool = False) -> list[str]:
    """Returns blocks line by line: of one that says nothing new only the title, unless `in_full`."""
    return [line for block in blocks for line in _tell_block(block, in_full=in_full)]


def indent(lines: Sequence[str], margin: str = MARGIN) -> list[str]:
    """Returns lines with a margin."""
    return [margin + line for line in lines]


def _tell_block(block: Block, *, in_full: bool) -> Iterator[str]:
    yield block.title
    if block.changed or in_full:
        yield from indent(block.lines)
