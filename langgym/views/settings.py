"""Settings as tables and lines: what each is, and where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from langgym.views.columns import Column

if TYPE_CHECKING:
    from langgym.limits import LimitName
    from langgym.query.settings import SettingItem, SettingsPage
    from langgym.query.spending import LimitValues
    from langgym.views.columns import Columns

UNSET: Mapping[str, str] = {
    "base_url": "OPENAI_BASE_URL, else OpenAI",
    "temperature": "the model's kind decides",
    "thought": "the model's kind decides",
    "reply_tokens": "the model's kind decides",
    "decide": "advised if embedded, else model",
    "reflector": "self if an endpoint, else grounded",
    "max_turns": "60 if embedded, else no cap",
    "requests_per_minute": "no limit",
    "tokens_per_minute": "no limit",
    "threads": "half of the cores",
    "universe": "that of this process",
}
"""What holds where a setting is not set."""

SETTING_COLUMNS: "Columns[SettingItem]" = (
    Column("setting", lambda item: item.name, width=20),
    Column("value", lambda item: tell_value(item), width=34),
    Column("from", lambda item: tell_origin(item), width=28),
)


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A limit of an agent's whole life."""

    name: "LimitName"
    limit: float | None
    left: float | None


LIMIT_COLUMNS: "Columns[LimitRow]" = (
    Column("limit", lambda row: row.name, width=20),
    Column("at most", lambda row: _tell_amount(row.name, row.limit), width=16),
    Column("left", lambda row: _tell_amount(row.name, row.left) if row.limit is not None else None, width=16),
    Column("from", lambda row: "nobody" if row.limit is None else "the agent", width=12),
)


def list_limits(page: "SettingsPage") -> list[LimitRow]:
    """Returns every limit that an agent can have, those that it has not too."""
    from langgym.limits import FLAGS

    return [LimitRow(name, _find_amount(page.limits, name), _find_amount(page.left, name)) for name in FLAGS]


def tell_value(item: "SettingItem") -> str:
    """Returns the value of a setting; where it is not set, what holds then, in brackets."""
    if item.value is None:
        return f"({UNSET.get(item.name, 'not set')})"
    return str(item.value)


def tell_origin(item: "SettingItem") -> str:
    """Returns where the value of a setting comes from."""
    match item.origin:
        case "agent":
            return "the agent"
        case "variable" | "file":
            return str(item.place)
        case "default":
            return "the default"


def _tell_amount(name: "LimitName", value: float | None) -> str:
    from langgym.limits import format_amount

    return "no limit" if value is None else format_amount(name, value)


def _find_amount(values: "LimitValues", name: "LimitName") -> float | None:
    amount: float | None = getattr(values, name)
    return amount
