"""Read models of settings: how an agent plays, and where each value comes from."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, JsonValue

from agents_db.records import AgentRecord
from agents_db.store import AgentsDB
from langgym.config import CONFIG_FILE, Settings, load_settings
from langgym.prices import PriceTable
from langgym.query.spending import LimitValues, read_agent_spending
from langgym.query.values import Document, ReadModel

Origin = Literal["agent", "variable", "file", "default"]
"""What the value is of: the agent itself, which outranks a variable `LANGGYM_…` of the environment, which outranks
`config.toml` of the home, which outranks the default."""
_PREFIX = str(Settings.model_config.get("env_prefix", ""))


class SettingItem(ReadModel):
    """A setting and where its value comes from."""

    name: str
    value: JsonValue
    """`None` where it is left to the model's kind, or nothing is limited."""
    origin: Origin
    place: str | None
    """The name of the variable or the path of the file; `None` for the others."""


class SettingsPage(Document):
    """How an agent plays where no flag says otherwise, and what it may spend."""

    schema_id: Literal["langgym.settings/1"] = Field(default="langgym.settings/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    agent: str
    items: tuple[SettingItem, ...]
    limits: LimitValues
    """Of its whole life; these are always the agent's own."""
    left: LimitValues
    next: None = None


def read_settings(db: AgentsDB, name: str, *, home: Path, prices: PriceTable) -> SettingsPage:
    """Returns how an agent plays; raises `UnknownAgent`, and `UsageError` where the file cannot be read.

    Args:
        db: The store.
        name: The agent's name.
        home: Where `config.toml` is.
        prices: For what its limits leave.
    """
    record = db.agent(name)
    stored = _stored(record)
    settings = load_settings(home, stored=stored)
    file = home / CONFIG_FILE
    written = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    variables = {key.upper(): key for key in os.environ}
    items: list[SettingItem] = []
    for field in Settings.model_fields:
        origin, place = _find_origin(field, stored, variables, written, file)
        items.append(SettingItem(name=field, value=getattr(settings, field), origin=origin, place=place))
    spent = read_agent_spending(db, prices, record)
    return SettingsPage(agent=name, items=tuple(items), limits=spent.limits, left=spent.left)


def _stored(record: AgentRecord) -> dict[str, JsonValue]:
    return {**record.settings, "model": record.model}


def _find_origin(
    field: str, stored: Mapping[str, object], variables: Mapping[str, str], written: Mapping[str, object], file: Path
) -> tuple[Origin, str | None]:
    """Returns what outranks everything else that gives a value, as `load_settings` ranks it."""
    variable = variables.get((_PREFIX + field).upper())
    if field in stored:
        return "agent", None
    if variable is not None:
        return "variable", variable
    if field in written:
        return "file", str(file)
    return "default", None
