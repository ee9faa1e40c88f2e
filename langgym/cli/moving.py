"""Forking agents, writing them to parcels and taking them out again."""

from pathlib import Path

from agents_db.store import AgentsDB
from langgym.cli.output import emit, say
from langgym.cli.reading import open_stored
from langgym.errors import UsageError
from langgym.home import store_path
from langgym.prices import load_prices
from langgym.query.agents import AgentDetail, read_agent


def fork(home: Path, name: str, new: str, at: int | None) -> AgentDetail:
    """Makes an agent that begins with what another one knew, and says what that is."""
    with open_stored(home, f"agent {name!r}") as db:
        db.agent(name)
    prices = load_prices(home)
    with AgentsDB.open(store_path(home)) as db:
        db.fork_agent(name, new, episode_id=at)
        agent = read_agent(db, new, prices=prices)
    when = "knows now" if at is None else f"knew when episode {at} had ended"
    say(f"{new} knows what {name} {when}: {_count(agent)}")
    return agent


def export(home: Path, name: str, target: Path) -> None:
    """Writes an agent to a parcel, and says where and how much."""
    with open_stored(home, f"agent {name!r}") as db:
        parcel = db.export_agent(name, target.absolute())
    emit(str(parcel.path))
    n_memories, n_episodes = parcel.n_rows["memory"], parcel.n_rows["episode"]
    say(f"{_plural(n_memories, 'memory', 'memories')}, {_plural(n_episodes, 'episode')}, {parcel.n_bytes} bytes")


def take_in(home: Path, source: Path, name: str | None) -> AgentDetail:
    """Stores the agent of a parcel, and says who it is and whom it would ask."""
    if not source.exists():
        raise UsageError(f"There is no {str(source)!r}; `langgym agents export` writes such a file or folder.")
    prices = load_prices(home)
    with AgentsDB.open(store_path(home)) as db:
        arrival = db.import_agent(source.absolute(), name=name)
        agent = read_agent(db, arrival.agent.name, prices=prices)
    if not arrival.is_new:
        say(f"{agent.name} is here already with all that the parcel holds; nothing was changed")
        return agent
    url = agent.settings.get("base_url")
    where = f" at {url}" if isinstance(url, str) else ""
    say(f"{agent.name} is here: {_count(agent)}; it plays with the model {agent.model}{where}")
    return agent


def _count(agent: AgentDetail) -> str:
    n_played, n_memories = agent.n_participations, agent.n_memories
    return f"{_plural(n_played, 'participation')}, {_plural(n_memories, 'active memory', 'active memories')}"


def _plural(n: int, word: str, words: str | None = None) -> str:
    return f"{n} {word if n == 1 else words or word + 's'}"
