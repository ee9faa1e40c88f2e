"""What the tests of the dashboard share: homes, an attack, a page run without a browser."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from agents_db.records import EpisodeRecord
from agents_db.store import AgentsDB
from langgym.board.app import PAGES
from langgym.home import store_path

EPISODES = int(os.environ.get("DASHBOARD_EPISODES", "20000"))
"""Of the large store; `DASHBOARD_EPISODES=100000` looks at one of that size."""
TOP = Path(__file__).parents[2]
EVIL = (
    "<script>window.owned=1</script><img src=x onerror='window.owned=1'><b>bold</b> [a](javascript:alert(1)) "
    "**strong** $x^2$ :smile: ![i](http://evil.example/i.png) <a href='http://evil.example'>b</a> \x1b[31m \u202eabc"
)
SEEN = "<script>window.owned=1</script>"
"""Where it is read on a page, the attack is text."""
NAMES = tuple(PAGES)


@dataclass(frozen=True)
class Homes:
    """Folders that the dashboard looks at."""

    root: Path

    @property
    def small(self) -> Path:
        return self.root / "small"

    @property
    def large(self) -> Path:
        return self.root / "large"

    @property
    def empty(self) -> Path:
        return self.root / "empty"

    @property
    def experiments(self) -> Path:
        return self.root / "experiments"


def open_page(homes: Homes, home: Path, monkeypatch: pytest.MonkeyPatch, **words: str) -> AppTest:
    """Returns a page of the dashboard after its first run."""
    arguments = ["dashboard.py", "--home", str(home), "--experiments", str(homes.experiments)]
    monkeypatch.setattr(sys, "argv", arguments)
    app = AppTest.from_file(str(TOP / "langgym" / "dashboard.py"), default_timeout=60)
    for name, value in words.items():
        app.query_params[name] = value
    return check(app.run())


def check(app: AppTest) -> AppTest:
    """Returns a page that has run; fails where it raised."""
    assert [each.value for each in app.exception] == []
    return app


def read_texts(app: AppTest) -> str:
    """Returns what a page shows as text."""
    return "\n".join([*(each.value for each in app.text), *(each.value for each in app.code)])


def find_episode(db: AgentsDB, env_id: str) -> EpisodeRecord:
    """Returns the newest episode of an environment."""
    return db.episodes(env_id=env_id, limit=1)[0]


def find_told(db: AgentsDB) -> dict[str, str]:
    """Returns the address of a decision of kim's model, in whose prompt and reply there are attacks."""
    record = find_episode(db, "classic/tictactoe_v3")
    turn = next(step.turn for step in db.spine(record.episode_id) if step.source == "model")
    return {"episode": str(record.episode_id), "turn": str(turn)}


def open_store(home: Path) -> AgentsDB:
    return AgentsDB.open_reader(store_path(home))
