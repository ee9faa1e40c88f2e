"""What `langgym db check` looks at in the store; it changes nothing."""

import re
import sqlite3
from collections.abc import Callable, Iterator

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from agents_db import tables
from agents_db.engine import find_driver
from agents_db.errors import StoreCorrupt
from agents_db.mends import MENDS, Mend
from agents_db.records import Finding
from agents_db.texts import hash_text, unpack_text

_RESTORE = "Restore a backup, or export what can be read and import it into a new store."
_REINDEX = "`langgym db repair` builds SQLite's own index anew from its table; nothing is lost."
_N_MESSAGES = 100
_OF_INDEX = re.compile(
    r"row \d+ missing from index .*|row \d+ values differ from index .*|wrong # of entries in index .*"
    r"|non-unique entry in index .*"
)
_OF_TREE = re.compile(r"(?:\*+ in database main \*+\s*)?(?:On )?[Tt]ree (?:page )?(\d+)\b.*", re.DOTALL)


def check_store(connection: Connection) -> list[Finding]:
    """Returns everything that is wrong with a store, and notes on what waits; each says what a repair would do."""
    checks = (_check_pages, _check_keys, _check_texts, _check_evidence, _check_served, _check_outbox)
    found = [finding for check in checks for finding in _run_check(connection, check)]
    for mend in MENDS:
        found += _run_check(connection, lambda opened, mend=mend: look_for(find_driver(opened), mend))
    return list(dict.fromkeys(found))  # one damage may stop several checks with the same words


def find_damage(driver: sqlite3.Connection) -> Iterator[Finding]:
    """Yields what SQLite says of its pages; damage that is only in an index can be mended."""
    try:
        roots = {root for (root,) in driver.execute("SELECT rootpage FROM sqlite_master WHERE type = 'index'")}
        messages = [message for (message,) in driver.execute(f"PRAGMA integrity_check({_N_MESSAGES})")]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise
        roots, messages = set[int](), [str(error)]
    for message in messages:
        if message != "ok":
            mendable = _is_mendable(message, roots)
            advice = _REINDEX if mendable else _RESTORE
            yield Finding(severity="problem", what=f"SQLite: {message}", advice=advice, mendable=mendable)


def look_for(driver: sqlite3.Connection, mend: Mend) -> Iterator[Finding]:
    """Yields what of a kind of fault there is."""
    for what in mend.find(driver):
        yield Finding(severity=mend.severity, what=what, advice=mend.plan, mendable=True)


def _is_mendable(message: str, roots: set[int]) -> bool:
    tree = _OF_TREE.fullmatch(message)
    return int(tree[1]) in roots if tree else _OF_INDEX.fullmatch(message) is not None


def _run_check(connection: Connection, check: Callable[[Connection], Iterator[Finding]]) -> list[Finding]:
    """Returns what a check finds; damage that stops it is a finding too."""
    try:
        return list(check(connection))
    except (sqlite3.DatabaseError, DBAPIError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        return [Finding(severity="problem", what=f"SQLite: {reason}", advice=_RESTORE)]


def _check_pages(connection: Connection) -> Iterator[Finding]:
    yield from find_damage(find_driver(connection))


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


def _check_evidence(connection: Connection) -> Iterator[Finding]:
    evidence, played = tables.evidence.c, tables.participation.c
    sits = select(played.seat).where(played.episode_id == evidence.episode_id, played.seat == evidence.seat).exists()
    query = select(evidence.memory_id, evidence.seat, evidence.episode_id).where(~sits)
    for memory_id, seat, episode_id in connection.execute(query):
        what = f"Memory {memory_id!r} rests on seat {seat!r} of episode {episode_id!r}, in which nobody sat."
        yield Finding(severity="problem", what=what, advice=_RESTORE)


def _check_served(connection: Connection) -> Iterator[Finding]:
    seat, played = tables.served_seat.c, tables.participation.c
    sits = select(played.seat).where(played.episode_id == seat.episode_id, played.seat == seat.seat).exists()
    for name, episode_id in connection.execute(select(seat.seat, seat.episode_id).where(~sits)):
        what = f"The served seat {name!r} of episode {episode_id!r} is none of the episode's."
        yield Finding(severity="problem", what=what, advice=_RESTORE)
    hashes = select(tables.served_table.c.table_id).where(func.length(tables.served_table.c.owner_hash) != 32)
    for (table_id,) in connection.execute(hashes):
        what = f"The served table {table_id!r} has no hash of its owner's token."
        yield Finding(severity="problem", what=what, advice=_RESTORE)


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
