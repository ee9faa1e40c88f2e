"""Agents that one process hosts: what they share, and what they do not."""

from pathlib import Path

import pytest

from agents_db.records import AgentDraft
from agents_db.store import AgentsDB
from langgym import hosting
from langgym.config import Settings
from langgym.home import store_path
from langgym.hosting import Host
from langgym.models.doubles import ScriptedModel
from langgym.models.names import ModelSettings


def test_agents_that_share_a_model_keep_their_own_temperature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[ModelSettings] = []

    def open_double(name: str, *, home: Path, settings: ModelSettings) -> ScriptedModel:
        opened.append(settings)
        return ScriptedModel([])

    monkeypatch.setattr(hosting, "open_model", open_double)
    with AgentsDB.open(store_path(tmp_path)) as db:
        for name in ("ada", "bob"):
            db.create_agent(AgentDraft(name=name, model="openai:x"))
        host = Host(db, tmp_path, note=print)
        ada = host.open_agent("ada", Settings(model="openai:x", embedder="hashed", temperature=0.2))
        bob = host.open_agent("bob", Settings(model="openai:x", embedder="hashed"))
        host.close()
    assert (ada.asking.temperature, bob.asking.temperature) == (0.2, None)
    assert [settings.temperature for settings in opened] == [None]
