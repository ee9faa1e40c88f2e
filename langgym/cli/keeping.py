"""Making and deleting agents, and remaking their indexes."""

from collections.abc import Mapping
from pathlib import Path

from agents_db.index import remove_index
from agents_db.owner import AgentLock
from agents_db.records import AgentDraft, Json
from agents_db.store import AgentsDB
from langgym.agent import is_model
from langgym.cli.budgeting import check_agent
from langgym.config import STORED, load_settings
from langgym.errors import UsageError
from langgym.home import index_root, store_path
from langgym.limits import Limits
from langgym.models.names import DEFAULT_MODEL, open_model
from langgym.plan import find_plan
from langgym.prices import load_prices
from langgym.query.agents import AgentDetail, read_agent


def make_agent(home: Path, name: str, flags: Mapping[str, Json]) -> AgentDetail:
    """Stores a new agent with the settings that it keeps; its model and embedder must be names that are known."""
    settings = load_settings(home, flags=flags)
    prices = load_prices(home)
    check_model(settings.model, home)
    kept = {field: value for field, value in flags.items() if field in STORED and value is not None}
    with AgentsDB.open(store_path(home)) as db:
        db.create_agent(AgentDraft(name=name, model=settings.model, settings=kept))
        return read_agent(db, name, prices=prices)


def limit_agent(home: Path, name: str, limits: Limits, *, anew: bool) -> AgentDetail:
    """Stores what an agent may spend; limits that are not given stay, unless all are set `anew`."""
    prices = load_prices(home)
    if not store_path(home).exists():
        raise UsageError(f"No agent {name!r}: nothing is stored in {str(home)!r} yet.")
    with AgentsDB.open(store_path(home)) as db:
        record = db.agent(name)
        kept = limits if anew else Limits.read(record.limits).replace(limits)
        check_agent(home, record, kept)
        if dict(record.limits) != kept.describe():
            db.limit_agent(record.agent_id, kept.describe())
        return read_agent(db, name, prices=prices)


def check_model(name: str, home: Path) -> None:
    """Raises `UsageError` for a name that is neither a policy's nor of a model's form; needs no weights."""
    kind, _, rest = name.partition(":")
    is_form = name == DEFAULT_MODEL or (kind == "local" and rest.endswith(".gguf")) or (kind == "openai" and rest)
    if not is_form and is_model(name):
        open_model(name, home=home).close()


def remove_agent(home: Path, name: str) -> None:
    """Deletes an agent that nobody plays, closes its open runs and removes its index."""
    root = index_root(home)
    with AgentsDB.open(store_path(home)) as db:
        record = db.agent(name)
        with AgentLock(root, record.agent_id, name=name):
            for run in db.open_runs():
                plan = find_plan(run)
                if plan is not None and plan.agent == name:
                    db.end_run(run.run_id, "failed")
            db.delete_agent(name)
    remove_index(root, record.agent_id)
