"""MemoryScreen: everything of one memory: what it says and rests on, how it changed, and where it was recalled."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from langgym.tui.blocks import show_block
from langgym.tui.keymap import bind
from langgym.tui.panes.read_pane import ReadPane
from langgym.tui.safe import safe
from langgym.tui.screens.writes import MemoryWrites
from langgym.tui.targets import EpisodeTarget, MemoryTarget
from langgym.tui.widgets.text_pane import PaneBlock, TextPane
from langgym.views.blocks import Block
from langgym.views.episodes import describe_attempts, describe_step
from langgym.views.memories import drop_prompts, list_memory_blocks

if TYPE_CHECKING:
    from agents_db.store import AgentsDB
    from langgym.query.episodes import StepItem
    from langgym.query.memories import MemoryDetail, MemoryItem


class MemoryPane(ReadPane["MemoryDetail"]):
    """A memory in blocks."""

    NOUN: ClassVar[str] = "the memory"

    def __init__(self, memory_id: int, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._memory_id = memory_id

    def read(self, db: "AgentsDB") -> "MemoryDetail":
        """Returns the memory."""
        from langgym.query.memories import read_memory

        return read_memory(db, self._memory_id)

    def show(self, found: "MemoryDetail") -> None:
        """Shows the memory; cursor and folds stay."""
        self.query_one(TextPane).show(list(list_parts(found)))

    def twin(self) -> str:
        """Returns the command that prints the same."""
        return f"langgym memories show {self._memory_id} --prompts"

    def json(self) -> str | None:
        """Returns the memory as JSON."""
        return None if self.found is None else self.found.model_dump_json(indent=2)


class MemoryScreen(MemoryWrites):
    """One memory."""

    HELP: ClassVar[str | None] = (
        "One memory. Space folds and unfolds, enter opens what has an arrow, b goes to where it was born. "
        "P pins, e edits, x retires or restores, u undoes."
    )
    BINDINGS: ClassVar[list[BindingType]] = [bind("birth")]

    def __init__(self, target: MemoryTarget) -> None:
        super().__init__()
        self._target = target

    @property
    def heading(self) -> str:
        """What the bar says."""
        return f"Memory {self._target.memory_id}"

    def twin(self) -> str:
        """Returns the command that prints the same."""
        return self.pane.twin()

    def compose_body(self) -> ComposeResult:
        """Yields the memory."""
        yield MemoryPane(self._target.memory_id, id="memory")

    @property
    def pane(self) -> MemoryPane:
        """The memory."""
        return self.query_one("#memory", MemoryPane)

    def memory_to_change(self) -> "MemoryItem | None":
        """Returns the memory."""
        return self.pane.found

    def action_birth(self) -> None:
        """Opens the turn where the memory was born."""
        found = self.pane.found
        if found is not None:
            self.gym.open(EpisodeTarget(found.episode_id, found.turn_from, found.seat))

    def reload(self) -> None:
        """Reads the memory again."""
        self.pane.load()

    def text_to_copy(self) -> str:
        """Returns the text at the cursor."""
        return self.pane.text_of_cursor()

    def json_to_copy(self) -> str | None:
        """Returns the memory as JSON."""
        return self.pane.json()

    def text_to_page(self) -> str:
        """Returns the memory in full."""
        return self.pane.text()


def list_parts(memory: "MemoryDetail") -> Iterator[PaneBlock]:
    """Yields a memory in the blocks of its view; what leads anywhere is a block of its own."""
    for block in list_memory_blocks(memory, prompts=True):
        match block.name:
            case "memory":
                yield show_block(block)
                yield from _link_memory(memory)
            case "decisions":
                yield PaneBlock(block.name, block.title, ())
                for step in memory.steps:
                    yield from _show_step(memory, step)
            case "evidence":
                places = [(piece.episode_id, piece.turn_from, piece.seat) for piece in memory.evidence[1:]]
                yield from _link_lines(block, [EpisodeTarget(*place) for place in places])
            case "recalled":
                places = [(use.episode_id, use.turn, use.seat) for use in memory.recalled_in]
                yield from _link_lines(block, [EpisodeTarget(*place) for place in places])
            case _:
                yield show_block(block)


def _link_memory(memory: "MemoryDetail") -> Iterator[PaneBlock]:
    born = EpisodeTarget(memory.episode_id, memory.turn_from, memory.seat)
    where = f"born in episode {memory.episode_id}" + ("" if memory.turn_from is None else f", turn {memory.turn_from}")
    yield PaneBlock("birth", where, (), link=born)
    if memory.superseded_by is not None:
        newer = MemoryTarget(memory.superseded_by)
        yield PaneBlock("superseded", f"superseded by memory {memory.superseded_by}", (), link=newer)


def _show_step(memory: "MemoryDetail", step: "StepItem") -> Iterator[PaneBlock]:
    """Yields a decision, and its prompts and replies in a fold of their own."""
    title, *lines = describe_step(drop_prompts(step), in_full=False)
    link = EpisodeTarget(memory.episode_id, step.turn, step.seat)
    yield PaneBlock(f"decision:{step.turn}", title, [safe(line) for line in lines], link=link)
    if step.attempts:
        told = [safe(line) for line in describe_attempts(step.attempts)]
        yield PaneBlock(f"prompt:{step.turn}", f"turn {step.turn}: prompts and replies", told, folded=True)


def _link_lines(block: Block, links: "list[EpisodeTarget]") -> Iterator[PaneBlock]:
    """Yields the title of a block, and each of its lines with what it leads to."""
    yield PaneBlock(block.name, block.title, ())
    for number, (line, link) in enumerate(zip(block.lines, links, strict=True)):
        yield PaneBlock(f"{block.name}:{number}", line, (), link=link)
