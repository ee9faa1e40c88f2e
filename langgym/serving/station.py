"""What a service of LangGym stands on: the store and its lock, the agents, the journal and the house."""

import os
import secrets
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from agents_db.errors import AgentOwned
from agents_db.owner import AgentLock
from agents_db.records import RunDraft
from agents_db.store import AgentsDB
from langgym import __version__
from langgym.errors import StorageError
from langgym.home import service_root, store_path
from langgym.hosting import Host
from langgym.provenance import find_commit
from langgym.serving.agents import AGENT, ServedAgents
from langgym.serving.house import GymHouse
from langgym.serving.journal import KIND, LINGER, StoreJournal, close_runs
from universe.catalog import Catalog
from universe.service.contracts import Journal
from universe.service.journal import MemoryJournal


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What a hall is opened over."""

    journal: Journal
    house: GymHouse
    n_unfinished: int
    """Tables that an earlier service left."""


@contextmanager
def open_station(
    home: Path,
    players: Sequence[str],
    *,
    catalog: Catalog,
    note: Callable[[str], None],
    linger: float = LINGER,
) -> Generator[Station]:
    """Opens what a service keeps its tables in, and closes it after the service.

    Args:
        home: The home folder.
        players: Whom guests may ask for beside `random` and `heuristic`.
        catalog: Where environments are found.
        note: Is told in one line what a person should know.
        linger: Seconds for which a table that was played to its end comes back as well.

    Raises:
        StorageError: Another process serves this home.
        UnknownAgent: A player is an agent that does not exist.
        AgentOwned: Another process plays one of the agents, or one that sits at a table that has not ended.
        UsageError: A player's name is nobody's.
    """
    with ExitStack() as stack:
        stack.callback(_take_home(home).close)
        db = stack.enter_context(AgentsDB.open(store_path(home)))
        host = Host(db, home, note=note)
        stack.callback(host.close)
        close_runs(db)
        run = db.start_run(
            RunDraft(
                seed=secrets.randbits(63),
                settings={"kind": KIND, "players": list(players)},
                langgym_version=__version__,
                commit=find_commit(),
            )
        )
        agents = ServedAgents(
            host,
            run,
            [who.removeprefix(AGENT) for who in players if who.startswith(AGENT)],
            catalog=catalog,
            note=note,
            earlier=_find_seated(db),
        )
        stack.callback(agents.close)
        journal = StoreJournal(db, run, agents, catalog=catalog, linger=linger)
        stack.callback(journal.close)
        house = GymHouse(players, agents=agents, find_episode=journal.find_episode)
        yield Station(journal=journal, house=house, n_unfinished=len(db.open_served()))


def open_passing(players: Sequence[str]) -> Station:
    """Returns what a service stands on that keeps nothing; raises `UsageError` for a player that cannot play there."""
    return Station(journal=MemoryJournal(), house=GymHouse(players), n_unfinished=0)


def _take_home(home: Path) -> AgentLock:
    try:
        return AgentLock(service_root(home), 0, name="the service")
    except AgentOwned as error:
        whom = f"process {error.pid}" if error.pid and error.pid != os.getpid() else "another service"
        raise StorageError(
            f"The home {str(home)!r} is served by {whom} already: talk to that one by its address, or serve another "
            "home with `--home`, or keep nothing with `--memory`."
        ) from error


def _find_seated(db: AgentsDB) -> Iterator[str]:
    """Yields the agents that sit at tables that have not ended."""
    for served in db.open_served():
        for seat in served.seats:
            if seat.who.startswith(AGENT):
                yield seat.who.removeprefix(AGENT)
