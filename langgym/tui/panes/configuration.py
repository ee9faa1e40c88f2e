"""ConfigurationPane: how an agent plays, what it may spend, and where each value comes from."""

from typing import TYPE_CHECKING, ClassVar

from langgym.tui.panes.read_pane import ReadPane
from langgym.tui.safe import safe
from langgym.tui.widgets.text_pane import PaneBlock, TextPane
from langgym.views.columns import tell_table
from langgym.views.settings import LIMIT_COLUMNS, SETTING_COLUMNS, list_limits

if TYPE_CHECKING:
    from agents_db.store import AgentsDB
    from langgym.query.settings import SettingsPage


class ConfigurationPane(ReadPane["SettingsPage"]):
    """An agent's settings and limits."""

    NOUN: ClassVar[str] = "the settings"

    def __init__(self, agent: str) -> None:
        super().__init__(id="configuration-pane")
        self._agent = agent

    def read(self, db: "AgentsDB") -> "SettingsPage":
        """Returns the settings."""
        from langgym.prices import load_prices
        from langgym.query.settings import read_settings

        home = self.gym.home
        return read_settings(db, self._agent, home=home, prices=load_prices(home))

    def show(self, found: "SettingsPage") -> None:
        """Shows settings and limits as two tables."""
        settings = [safe(line) for line in tell_table(SETTING_COLUMNS, found.items)]
        limits = [safe(line) for line in tell_table(LIMIT_COLUMNS, list_limits(found))]
        blocks = [PaneBlock("settings", "Settings", settings), PaneBlock("limits", "Limits", limits)]
        self.query_one(TextPane).show(blocks)

    def twin(self) -> str:
        """Returns the command that prints the same."""
        return f"langgym agents settings {self._agent}"

    def json(self) -> str | None:
        """Returns the settings as JSON."""
        return None if self.found is None else self.found.model_dump_json(indent=2)
