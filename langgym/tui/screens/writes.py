"""What a person may change: memories are pinned, retired and edited, and each change is taken back again."""

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea
from textual.widgets.text_area import Edit, EditResult

from langgym.query.plain import plain_text
from langgym.tui.keymap import bind
from langgym.tui.safe import safe
from langgym.tui.screens.screen import StoreScreen
from langgym.tui.trouble import Trouble

if TYPE_CHECKING:
    from agents_db.store import AgentsDB
    from langgym.memory.hand import HandChange
    from langgym.query.memories import MemoryItem

Change = Literal["pin", "unpin", "retire", "restore"]
READ_ONLY = "this is read-only: start it without --read-only to change memories"
LONGEST = 20_000
"""Characters that are edited in a terminal."""


class MemoryWrites(StoreScreen):
    """A screen on which the memory at the cursor can be changed, by the store's own ways, beside any other writer."""

    BINDINGS: ClassVar[list[BindingType]] = [bind("pin"), bind("edit"), bind("retire"), bind("undo")]

    def memory_to_change(self) -> "MemoryItem | None":
        """Returns the memory at the cursor, as it is shown."""
        raise NotImplementedError

    def action_pin(self) -> None:
        """Pins the memory, or takes its pin away."""
        memory = self._find_memory()
        if memory is not None:
            self._make(memory.memory_id, "unpin" if memory.pinned else "pin")

    def action_retire(self) -> None:
        """Takes the memory out of recall, or brings it back."""
        memory = self._find_memory()
        if memory is not None:
            self._make(memory.memory_id, "retire" if memory.state == "active" else "restore")

    def action_edit(self) -> None:
        """Opens an editor for the memory's text."""
        memory = self._find_memory()
        if memory is None:
            return
        if len(memory.text) > LONGEST:
            self.gym.tell(f"it has {len(memory.text):,} characters: `langgym memories edit` takes it", warning=True)
        else:
            self._open_editor(memory)

    def action_undo(self) -> None:
        """Takes the last change back that was made here and still stands."""
        made = self.gym.changes
        if self.gym.read_only:
            self.gym.tell(READ_ONLY, warning=True)
        elif not made:
            self.gym.tell("nothing was changed here that could be undone")
        else:
            self._undo(made[-1])

    def _find_memory(self) -> "MemoryItem | None":
        """Returns the memory that may be changed; says so where there is none."""
        if self.gym.read_only:
            self.gym.tell(READ_ONLY, warning=True)
            return None
        memory = self.memory_to_change()
        if memory is None:
            self.gym.tell("there is no memory here")
        return memory

    # changes

    def _make(self, memory_id: int, name: Change) -> None:
        def change(db: "AgentsDB") -> "HandChange":
            from langgym.memory import hand

            ways = {"pin": hand.pin, "unpin": hand.unpin, "retire": hand.retire, "restore": hand.restore}
            return ways[name](db, memory_id)

        self.change(change, self._tell_change)

    def _tell_change(self, change: "HandChange") -> None:
        self.gym.changes.append(change.event_id)
        self.gym.tell(f"{change.words}; u undoes it")
        self.reload()

    def _undo(self, event_id: int) -> None:
        def change(db: "AgentsDB") -> "HandChange":
            from langgym.memory import hand

            return hand.undo(db, event_id)

        task = partial(self.gym.source.write, change)
        self.work("change", task, partial(self._tell_undone, event_id), failed=partial(self._tell_kept, event_id))

    def _tell_undone(self, event_id: int, change: "HandChange") -> None:
        self._forget(event_id)
        self.gym.tell(change.words)
        self.reload()

    def _tell_kept(self, event_id: int, trouble: Trouble) -> None:
        """Says why a change stands; one that something else stands on is not tried again."""
        if trouble.kind == "gone":
            self._forget(event_id)
        self.report(trouble)

    def _forget(self, event_id: int) -> None:
        if event_id in self.gym.changes:
            self.gym.changes.remove(event_id)

    # editing

    def _open_editor(self, memory: "MemoryItem", *, draft: str | None = None, note: str = "") -> None:
        title = f"Memory {memory.memory_id} of {memory.agent}"
        editor = EditScreen(title, memory.text, draft=draft, note=note)
        self.gym.push_screen(editor, partial(self._write, memory))

    def _write(self, memory: "MemoryItem", text: str | None) -> None:
        if text is None:
            return

        def change(db: "AgentsDB") -> "HandChange":
            from langgym.memory import hand

            return hand.edit(db, memory.memory_id, text, seen=memory.text)

        failed = partial(self._edit_again, memory, text)
        self.work("change", partial(self.gym.source.write, change), self._tell_change, failed=failed)

    def _edit_again(self, memory: "MemoryItem", draft: str, trouble: Trouble) -> None:
        """Keeps what was typed, beside what the memory says by now."""

        def read(db: "AgentsDB") -> "MemoryItem":
            from langgym.query.memories import MemoryItem

            return MemoryItem.model_validate(db.memory(memory.memory_id))

        def show(now: "MemoryItem") -> None:
            says = "" if now.text == memory.text else f" It says now: {now.text}"
            self._open_editor(now, draft=draft, note=f"{trouble.text}{says}")

        self.fetch("changed", read, show)


class SafeArea(TextArea):
    """A text that is edited: no character of it, typed, pasted or stored, moves the terminal's cursor."""

    HELP: ClassVar[str | None] = "The text: ctrl+s saves it, escape drops what was typed."

    def edit(self, edit: Edit) -> EditResult:
        """Changes the text."""
        edit.text = plain_text(edit.text)
        return super().edit(edit)


class EditScreen(ModalScreen[str | None]):
    """An editor over a screen; it ends with the new text, or `None` where everything is to stay as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [bind("back", "leave"), bind("save")]
    DEFAULT_CSS = """
    EditScreen { align: center middle; }
    EditScreen > .dialog { height: 80%; }
    EditScreen TextArea { height: 1fr; min-height: 3; }
    EditScreen .note { height: auto; max-height: 6; }
    """

    def __init__(self, title: str, text: str, *, draft: str | None = None, note: str = "") -> None:
        """Edits a text.

        Args:
            title: what it is of.
            text: what is edited.
            draft: what was typed before; `None` begins with the text.
            note: why it is edited once more.
        """
        super().__init__()
        self._title, self._note = title, note
        self._text = plain_text(text)
        self._draft = self._text if draft is None else plain_text(draft)
        self._mended = self._text != text

    def compose(self) -> ComposeResult:
        """Yields the text."""
        hint = "ctrl+s saves, escape drops"
        if self._mended:
            hint += "; what a terminal cannot show stands as pictures, and is saved so"
        with Vertical(classes="dialog"):
            yield Static(safe(self._title, style="bold"), markup=False)
            yield SafeArea(self._draft)
            yield Static(safe(self._note), classes="note", markup=False)
            yield Static(safe(hint), markup=False)

    def on_mount(self) -> None:
        """Puts the cursor at the end."""
        area = self.query_one(SafeArea)
        area.move_cursor(area.document.end)

    def action_save(self) -> None:
        """Ends with the text, unless it says nothing or nothing new."""
        text = self.query_one(SafeArea).text
        if not text.strip():
            self._refuse("A memory must say something: write it, or drop this and retire it.")
        elif text == self._text:
            self._refuse("That is what it says already.")
        else:
            self.dismiss(text)

    def action_leave(self) -> None:
        """Drops what was typed."""
        self.dismiss(None)

    def _refuse(self, why: str) -> None:
        self.query_one(".note", Static).update(safe(why))
