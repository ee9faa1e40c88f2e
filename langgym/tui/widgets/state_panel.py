"""StatePanel: what stands where there is nothing to show, and why."""

from typing import Literal

from textual.widgets import Static

from langgym.tui.safe import safe

State = Literal["loading", "empty", "no match", "error"]
MARKS = {"loading": "…", "empty": "○", "no match": "∅", "error": "!"}


class StatePanel(Static, can_focus=True):
    """A few lines in the middle of a part of a screen: loading, empty, nothing fits the filter, or an error."""

    DEFAULT_CSS = """
    StatePanel { height: 1fr; content-align: center middle; text-align: center; color: $text-muted; padding: 1 4; }
    StatePanel.-error { color: $text-error; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self.state: State = "loading"
        self.text = ""

    def tell(self, state: State, text: str, advice: str = "") -> None:
        """Shows a state.

        Args:
            state: which.
            text: what is so.
            advice: what to do.
        """
        self.state, self.text = state, text
        self.set_class(state == "error", "-error")
        lines = [f"{MARKS[state]}  {text}", *((("", advice)) if advice else ())]
        self.update(safe("\n".join(lines)))
