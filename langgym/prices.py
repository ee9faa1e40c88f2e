"""What models cost: the table of the package, and the home's `prices.toml`, which comes first."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents_db.records import SpendingRecord
from agents_db.store import AgentsDB
from langgym.errors import UsageError

PRICES_FILE = "prices.toml"
OPENAI_HOST = "api.openai.com"
"""Where the prices of the package hold; any other server may ask for what it likes."""
_MILLION = 1_000_000
_ENDPOINT = "openai:"
_DATE = re.compile(r"-\d{4}-\d{2}-\d{2}")

_Dollars = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a million tokens cost, in US dollars."""

    input: Decimal
    cached: Decimal
    """Of the tokens read, those that the provider had in its cache."""
    output: Decimal

    def find_cost(self, tokens_in: int, tokens_out: int, *, cached: int = 0) -> Decimal:
        """Returns the exact cost in US dollars; `cached` tokens are among those read."""
        cached = min(cached, tokens_in)
        return (self.input * (tokens_in - cached) + self.cached * cached + self.output * tokens_out) / _MILLION


class PriceTable:
    """Prices by the names of models."""

    def __init__(self, own: Mapping[str, Price], given: Mapping[str, Price], *, file: Path) -> None:
        """Joins two tables.

        Args:
            own: Of the package; its names of endpoints' models hold at OpenAI alone.
            given: Of the home; a plain name holds wherever a model of that name is served, `host/NAME` there alone.
            file: Where `given` comes from.
        """
        self._own = own
        self._given = given
        self.file = file

    def find(self, model: str, endpoint: str | None = None) -> Price | None:
        """Returns the price of a model, or `None` where it is not known.

        Args:
            model: The name that `--model` takes.
            endpoint: The address of the server of an `openai:` model; `None` where nobody knows it.
        """
        if not model.startswith(_ENDPOINT):
            return _match(self._given, model) or _match(self._own, model)
        name = model.removeprefix(_ENDPOINT)
        host = find_host(endpoint)
        return (
            (_match(self._given, f"{host}/{name}") if host else None)
            or _match(self._given, name)
            or (_match(self._own, name) if host == OPENAI_HOST else None)
        )

    def explain(self, model: str) -> str:
        """Returns what a person can do about a model whose price is not known."""
        name = model.removeprefix(_ENDPOINT)
        return f'add [models."{name}"] with input and output, in US dollars per million tokens, to {str(self.file)!r}'


def find_host(endpoint: str | None) -> str | None:
    """Returns host and port of an address.

    >>> find_host("http://127.0.0.1:8080/v1#qwen3")
    '127.0.0.1:8080'
    """
    return None if endpoint is None else urlsplit(endpoint).netloc.rpartition("@")[2].lower() or None


def find_endpoint(base_url: str | None) -> str:
    """Returns the address that a model of those settings is asked at now."""
    return base_url or os.environ.get("OPENAI_BASE_URL", "").strip() or f"https://{OPENAI_HOST}/v1"


def load_prices(home: Path) -> PriceTable:
    """Returns the prices of the package and of a home.

    Raises:
        UsageError: The home's file cannot be read or holds what is no price.
    """
    own = _read_prices(files("langgym.models").joinpath(PRICES_FILE).read_text(encoding="utf-8"))
    path = home / PRICES_FILE
    try:
        given = _read_prices(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageError(f"{str(path)!r} holds no price at {place}: {first['msg']}. Mend or remove it.") from None
    except ValueError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error}. Mend or remove it.") from None
    return PriceTable(own, given, file=path)


def read_spending(
    db: AgentsDB, prices: PriceTable, *, run_id: int | None = None, agent_id: int | None = None
) -> list[tuple[SpendingRecord, Price | None]]:
    """Returns the stored sums of spending with their prices, `None` where one is not known.

    A model of an endpoint has the price of the server that first answered in the run.
    """
    rows = db.spending(run_id=run_id, agent_id=agent_id)
    asked = any(row.model.startswith(_ENDPOINT) for row in rows)
    endpoints = db.fingerprints(run_id=run_id, agent_id=agent_id) if asked else {}
    found: list[tuple[SpendingRecord, Price | None]] = []
    for row in rows:
        endpoint = endpoints.get((row.run_id, row.agent_id, row.model))
        if endpoint is None and row.model.startswith(_ENDPOINT):
            endpoint = _find_planned(db, row.run_id)
        found.append((row, prices.find(row.model, endpoint)))
    return found


def _find_planned(db: AgentsDB, run_id: int) -> str | None:
    """Returns the server that a run was told to ask, where no episode of it says more."""
    settings = db.run(run_id).settings.get("settings")
    base_url = settings.get("base_url") if isinstance(settings, dict) else None
    return base_url if isinstance(base_url, str) else None


class _Row(BaseModel):
    """A price as a file says it."""

    model_config = ConfigDict(extra="forbid")

    input: _Dollars
    cached: _Dollars | None = None
    output: _Dollars
    as_of: str | date | None = None
    source: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    models: dict[str, _Row] = Field(default_factory=dict[str, _Row])


def _read_prices(text: str) -> dict[str, Price]:
    rows = _File.model_validate(tomllib.loads(text, parse_float=Decimal)).models
    return {
        name: Price(input=row.input, cached=row.input if row.cached is None else row.cached, output=row.output)
        for name, row in rows.items()
    }


def _match(table: Mapping[str, Price], name: str) -> Price | None:
    """Returns the price of the longest key that fits a name."""
    fitting = [key for key in table if _fits(key, name)]
    if not fitting:
        return None
    return table[max(fitting, key=lambda key: (len(key.removesuffix("*")), not key.endswith("*")))]


def _fits(key: str, name: str) -> bool:
    if key.endswith("*"):
        return name.startswith(key[:-1])
    return name == key or (name.startswith(key) and _DATE.fullmatch(name, len(key)) is not None)
