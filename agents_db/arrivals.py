"""Arrivals: agents that come out of parcels, under their own name or another one."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from agents_db import tables
from agents_db.agents import check_name, find_agent, read_agent
from agents_db.errors import AgentExists, BadParcel
from agents_db.parcel_files import ParcelFiles
from agents_db.parcel_intake import Intake
from agents_db.parcel_kinds import Value
from agents_db.records import AgentRecord
from agents_db.writer import Transaction

_OWNED = {
    "memory": "SELECT key FROM memory WHERE agent_id = ?",
    "memory_event": "SELECT key FROM memory_event WHERE agent_id = ?",
    "participation": "SELECT key FROM participation WHERE agent_id = ?",
    "lived": "SELECT p.key FROM lived l JOIN participation p USING (participation_id) WHERE l.agent_id = ?",
}
_KEYS = {"memory": "key", "memory_event": "key", "participation": "key", "lived": "participation"}
_RECOUNTED = dict.fromkeys(
    ("n_participations", "n_decisions", "n_fallbacks", "n_memories", "tokens_in", "tokens_out", "memory_version"), 0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An agent that was imported, or was here already."""

    agent: AgentRecord
    is_new: bool


def import_agent(transaction: Transaction, parcel: ParcelFiles, *, name: str | None) -> Arrival:
    """Stores a parcel's agent with everything in it; where all of it is here already, changes nothing.

    An agent that was deleted comes back as what it was, if it had not gone on after the export.

    Args:
        transaction: of the write.
        parcel: verified; what is wrong with its rows raises `BadParcel`, after which all must be rolled back.
        name: under which it is to live here; `None` for its own. One that is taken raises `AgentExists`.
    """
    connection = transaction.connection
    rows = list(parcel.rows("agent"))
    if [(row["key"], row["name"]) for row in rows] != [(parcel.key, parcel.name)]:
        raise BadParcel("The parcel's manifest tells another agent than its rows.")
    name = name or parcel.name
    check_name(name)
    table = tables.agent
    here = connection.execute(select(table).where(table.c.key == parcel.key)).mappings().first()
    if here is not None and here["deleted_at"] is None:
        _check_same(connection, parcel, agent_id=here["agent_id"], known=here["name"], name=name)
        return Arrival(agent=read_agent(connection, here["name"]), is_new=False)
    if find_agent(connection, name) is not None:
        raise AgentExists(f"There is an agent {name!r} already; import this one under another name by `--as`.")
    agent_id = _make_agent(transaction, {**rows[0], "name": name}, known=None if here is None else here["agent_id"])
    if here is not None:
        _check_unmoved(connection, parcel, agent_id=agent_id)
    Intake(transaction, parcel, agent_id).run()
    return Arrival(agent=read_agent(connection, name), is_new=True)


def _make_agent(transaction: Transaction, row: dict[str, Value], *, known: int | None) -> int:
    """Stores the agent's own row, or makes that of a deleted one what it was; its counters are counted later."""
    table = tables.agent
    if known is None:
        transaction.connection.execute(insert(table).values(**row, **_RECOUNTED))
        made = select(table.c.agent_id).where(table.c.key == row["key"])
        return int(transaction.connection.execute(made).scalar_one())
    version = table.c.memory_version + 1
    values = {**row, **_RECOUNTED, "memory_version": version, "deleted_at": None}
    transaction.connection.execute(update(table).where(table.c.agent_id == known).values(**values))
    return known


def _has_more(parcel: ParcelFiles, connection: Connection, agent_id: int) -> bool:
    """Returns whether the parcel holds anything of the agent that is not here."""
    return any(_read_keys(parcel, table) - _list_keys(connection, table, agent_id) for table in _OWNED)


def _read_keys(parcel: ParcelFiles, table: str) -> set[str]:
    rows = parcel.rows(table)
    return {str(row[_KEYS[table]]) for row in rows if table != "participation" or row["own"]}


def _list_keys(connection: Connection, table: str, agent_id: int) -> set[str]:
    return set(connection.exec_driver_sql(_OWNED[table], (agent_id,)).scalars())


def _check_same(connection: Connection, parcel: ParcelFiles, *, agent_id: int, known: str, name: str) -> None:
    """Raises `AgentExists` unless the agent that is here has that name and all that the parcel holds."""
    if known != name:
        raise AgentExists(
            f"This agent is here already, as {known!r}; `langgym agents fork {known} --as {name}` makes another of it."
        )
    if _has_more(parcel, connection, agent_id):
        raise AgentExists(
            f"{known!r} is here already and does not know all that the parcel holds; "
            "import it into another home, or delete it here first."
        )


def _check_unmoved(connection: Connection, parcel: ParcelFiles, *, agent_id: int) -> None:
    """Raises `AgentExists` where an agent that was deleted here had gone on after it was exported."""
    for table in ("participation", "lived"):
        if _list_keys(connection, table, agent_id) - _read_keys(parcel, table):
            raise AgentExists("This agent was deleted here after it had gone on playing; import it into another home.")
