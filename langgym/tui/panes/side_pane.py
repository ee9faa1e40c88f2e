"""SidePane: what stands beside a list and tells of the row at its cursor."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from langgym.tui.fetching import Fetching
from langgym.tui.safe import safe
from langgym.tui.trouble import Trouble
from langgym.tui.widgets.text_pane import PaneBlock, TextPane
from langgym.tui.widgets.virtual_list import REST_SECONDS

if TYPE_CHECKING:
    from agents_db.store import AgentsDB

T = TypeVar("T")


class SidePane(TextPane, Fetching):
    """A text that is read once the cursor of a list rests; it is hidden where there is little room."""

    def __init__(self, *, glyphs: str) -> None:
        super().__init__(glyphs=glyphs, id="side")
        self.add_class("side")

    def wait(self, read: Callable[[], None]) -> None:
        """Calls `read` once the cursor has rested; it has to see by itself whether the cursor is still there."""
        self.set_timer(REST_SECONDS, read)

    def read(self, query: "Callable[[AgentsDB], T]", describe: Callable[[T], Iterable[PaneBlock]]) -> None:
        """Shows what a query finds, in blocks, or why it finds nothing."""
        self.fetch("side", query, lambda found: self.show(list(describe(found))), failed=self._tell)

    def _tell(self, trouble: Trouble) -> None:
        self.show([PaneBlock("trouble", "cannot be read", [safe(trouble.text)])])
