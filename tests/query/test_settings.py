"""Read models of settings, against the loader that play itself uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents_db.errors import UnknownAgent
from agents_db.records import AgentDraft
from agents_db.store import AgentsDB
from langgym.config import CONFIG_FILE, Settings, load_settings
from langgym.home import store_path
from langgym.prices import load_prices
from langgym.query.settings import SettingItem, read_settings
from langgym.views.settings import UNSET, list_limits, tell_value


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def db(home: Path) -> Iterator[AgentsDB]:
    home.mkdir()
    with AgentsDB.open(store_path(home)) as store:
        store.create_agent(AgentDraft(name="ada", model="random", settings={"memories": 2}))
        yield store


def read(db: AgentsDB, home: Path) -> dict[str, SettingItem]:
    return {item.name: item for item in read_settings(db, "ada", home=home, prices=load_prices(home)).items}


def test_the_agent_outranks_the_variable_the_variable_the_file_and_the_file_the_default(
    db: AgentsDB, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = home / CONFIG_FILE
    file.write_text("memories = 3\nmax_attempts = 4\ncuriosity = 0.1\n", encoding="utf-8")
    monkeypatch.setenv("LANGGYM_MEMORIES", "5")
    monkeypatch.setenv("LANGGYM_MAX_ATTEMPTS", "6")
    found = read(db, home)
    assert (found["memories"].value, found["memories"].origin) == (2, "agent")
    assert (found["max_attempts"].value, found["max_attempts"].place) == (6, "LANGGYM_MAX_ATTEMPTS")
    assert (found["curiosity"].value, found["curiosity"].place) == (0.1, str(file))
    assert (found["rival"].value, found["rival"].origin) == ("random", "default")


def test_the_values_are_those_that_play_would_use(db: AgentsDB, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("langgym_thought", "9")  # names of variables are read in any case
    played = load_settings(home, stored={"memories": 2, "model": "random"}).model_dump()
    found = read(db, home)
    assert {name: item.value for name, item in found.items()} == played
    assert found["thought"].place == "langgym_thought"


def test_an_agent_that_is_not_there_is_an_error(db: AgentsDB, home: Path) -> None:
    with pytest.raises(UnknownAgent):
        read_settings(db, "nobody", home=home, prices=load_prices(home))


@pytest.mark.parametrize("name", [name for name, field in Settings.model_fields.items() if field.default is None])
def test_what_is_not_set_says_what_holds(name: str) -> None:
    assert tell_value(SettingItem(name=name, value=None, origin="default", place=None)) == f"({UNSET[name]})"


def test_every_limit_is_told_with_what_it_leaves(db: AgentsDB, home: Path) -> None:
    from langgym.limits import Limits

    db.limit_agent(db.agent("ada").agent_id, Limits(calls=3).describe())
    page = read_settings(db, "ada", home=home, prices=load_prices(home))
    assert {row.name: (row.limit, row.left) for row in list_limits(page)} == {
        "calls": (3, 3),
        "tokens": (None, None),
        "cost": (None, None),
        "seconds": (None, None),
    }
