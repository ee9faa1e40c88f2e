"""GotoScreen: one line that says where to go."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from langgym.tui.keymap import bind
from langgym.tui.safe import safe
from langgym.tui.targets import AgentTarget, EpisodeTarget, MemoryTarget, Target, UniverseTarget

FORMS = (
    "812 or e812: an episode · 812.17: its turn 17 · m30: a memory · ada: an agent · classic/chess_v6: an environment"
)


def read_target(text: str) -> Target | None:
    """Returns what a line names; `None` for an empty one.

    >>> read_target("812.17"), read_target("m30")
    (EpisodeTarget(episode_id=812, turn=17, seat=None, follow=False), MemoryTarget(memory_id=30))
    """
    text = text.strip()
    number, _, turn = text.removeprefix("e").partition(".")
    if number.isdecimal() and (not turn or turn.isdecimal()):
        return EpisodeTarget(int(number), int(turn) if turn else None)
    if text[:1] == "m" and text[1:].isdecimal():
        return MemoryTarget(int(text[1:]))
    if "/" in text:
        return UniverseTarget(text)
    return AgentTarget(text) if text else None


class GotoScreen(ModalScreen[Target | None]):
    """A line to type where to go; it ends with the target."""

    BINDINGS: ClassVar[list[BindingType]] = [bind("back", "leave")]

    def compose(self) -> ComposeResult:
        """Yields the line."""
        with Vertical(classes="dialog"):
            yield Static("Go to", markup=False)
            yield Input(placeholder="812.17", id="where")
            yield Static(safe(FORMS), markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Goes there."""
        self.dismiss(read_target(event.value))

    def action_leave(self) -> None:
        """Stays."""
        self.dismiss(None)
