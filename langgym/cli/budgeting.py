"""Who pays for a run, before it is stored: every agent in it must have a price where a cost is limited."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from agents_db.records import AgentRecord, Json
from agents_db.store import AgentsDB
from langgym.agent import is_model
from langgym.budget import Payer, check_prices
from langgym.cli.reading import open_known
from langgym.config import Settings, load_settings
from langgym.hosting import stored_settings
from langgym.limits import Limits
from langgym.plan import Plan
from langgym.prices import load_prices


def make_payer(name: str, settings: Settings, record: AgentRecord | None) -> Payer:
    """Returns who pays for an agent's calls; `record` is `None` for one that is not made yet."""
    return Payer(
        agent_id=record.agent_id if record else 0,
        name=name,
        model=settings.model if is_model(settings.model) else None,
        base_url=settings.base_url,
        limits=Limits.read(record.limits) if record else Limits(),
    )


def find_settings(home: Path, record: AgentRecord | None, flags: Mapping[str, Json]) -> Settings:
    """Returns how an agent would play, whether it exists or not."""
    return load_settings(home, flags=flags) if record is None else stored_settings(home, record, flags)


def list_others(db: AgentsDB | None, settings: Settings) -> dict[str, AgentRecord]:
    """Returns the agents that would fill other seats, by the names that `--rival` and `--mate` take."""
    found: dict[str, AgentRecord] = {}
    for who in (settings.rival, settings.mate):
        record = db.find_agent(who.removeprefix("agent:")) if db is not None and who.startswith("agent:") else None
        if record is not None:
            found[who] = record
    return found


def check_budgets(home: Path, agents: Sequence[str], flags: Mapping[str, Json], limits: Limits) -> None:
    """Raises `UsageError` where a cost is limited and somebody's model has no price, before anything is stored."""
    with open_known(home) as db:
        for name in agents:
            record = db.find_agent(name) if db is not None else None
            _check(home, db, name, record=record, settings=find_settings(home, record, flags), limits=limits)


def check_plan(db: AgentsDB, home: Path, plan: Plan, limits: Limits) -> None:
    """Does the same for a run that is stored, before it gets new limits."""
    _check(home, db, plan.agent, record=db.find_agent(plan.agent), settings=plan.settings, limits=limits)


def check_agent(home: Path, record: AgentRecord, limits: Limits) -> None:
    """Does the same for an agent, before it gets limits of its own."""
    check_prices(load_prices(home), limits, [make_payer(record.name, stored_settings(home, record), record)])


def _check(
    home: Path, db: AgentsDB | None, name: str, *, record: AgentRecord | None, settings: Settings, limits: Limits
) -> None:
    payers = [make_payer(name, settings, record)]
    payers += [
        make_payer(other.name, stored_settings(home, other), other) for other in list_others(db, settings).values()
    ]
    check_prices(load_prices(home), limits, payers)
