"""What `langgym db check` looks at."""

import sqlite3
from collections.abc import Callable, Iterator

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from agents_db import tables
from agents_db.engine import find_driver
from agents_db.errors import StoreCorrupt
from agents_db.records import Finding
from agents_db.texts import hash_text, unpack_text

_RESTORE = "Restore a backup, or export what can be read and import it into a new store."


def check_store(connection: Connection) -> list[Finding]:
    """Returns everything that is wrong with a store, and notes on what waits."""
    checks = (_check_pages, _check_keys, _check_texts, _check_counters, _check_outbox)
    return [finding for check in checks for finding in _run_check(connection, check)]


def _run_check(connection: Connection, check: Callable[[Connection], Iterator[Finding]]) -> list[Finding]:
    """Returns what a check finds; damage that stops it is a finding too."""
    try:
        return list(check(connection))
    except (sqlite3.DatabaseError, DBAPIError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        return [Finding(severity="problem", what=f"SQLite: {reason}", advice=_RESTORE)]


def _check_pages(connection: Connection) -> Iterator[Finding]:
    for (message,) in find_driver(connection).execute("PRAGMA integrity_check(20)"):
        if message != "ok":
            yield Finding(severity="problem", what=f"SQLite: {message}", advice=_RESTORE)


def _check_keys(connection: Connection) -> Iterator[Finding]:
    for table, row_id, parent, _ in find_driver(connection).execute("PRAGMA foreign_key_check"):
        what = f"Row {row_id!r} of {table!r} names a row of {parent!r} that is not there."
        yield Finding(severity="problem", what=what, advice=_RESTORE)


def _check_texts(connection: Connection) -> Iterator[Finding]:
    table = tables.texts.c
    query = select(table.text_id, table.digest, table.codec, table.altered, table.body)
    for text_id, digest, codec, altered, body in connection.execute(query):
        try:
            whole = hash_text(unpack_text(codec, body).encode(), altered=altered) == digest
        except StoreCorrupt:
            whole = False
        if not whole:
            what = f"Text {text_id!r} is not what was stored."
            yield Finding(severity="problem", what=what, advice=_RESTORE)


def _check_counters(connection: Connection) -> Iterator[Finding]:
    agent, memory, played = tables.agent.c, tables.memory.c, tables.participation.c
    n_memories = (
        select(func.count())
        .where(memory.agent_id == agent.agent_id, memory.state == "active")
        .correlate(tables.agent)
        .scalar_subquery()
    )
    n_decisions = (
        select(func.coalesce(func.sum(played.n_decisions), 0))
        .where(played.agent_id == agent.agent_id)
        .correlate(tables.agent)
        .scalar_subquery()
    )
    query = select(agent.name, agent.n_memories, n_memories, agent.n_decisions, n_decisions)
    for name, kept_memories, memories, kept_decisions, decisions in connection.execute(query):
        if (kept_memories, kept_decisions) != (memories, decisions):
            yield Finding(
                severity="problem",
                what=f"The counters of agent {name!r} are off: {kept_memories} memories and {kept_decisions} decisions "
                f"are counted, {memories} and {decisions} are stored.",
                advice="Please report it; nothing is lost.",
            )


def _check_outbox(connection: Connection) -> Iterator[Finding]:
    outbox, agent = tables.outbox.c, tables.agent.c
    query = (
        select(agent.name, func.count())
        .select_from(tables.outbox)
        .join(tables.agent, agent.agent_id == outbox.agent_id)
        .group_by(agent.name)
        .order_by(agent.name)
    )
    for name, n_rows in connection.execute(query):
        what = f"{n_rows} memories of agent {name!r} wait for its index; searches find them all the same."
        yield Finding(severity="note", what=what, advice="They are indexed when the agent plays next.")
