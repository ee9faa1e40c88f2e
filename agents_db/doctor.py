"""`langgym db repair`: does what the check says that it would do."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from agents_db.backup import copy_store
from agents_db.checks import find_damage, look_for
from agents_db.engine import open_sqlite, translated
from agents_db.errors import AgentOwned, NoStore
from agents_db.index import MemoryIndex
from agents_db.inspection import IndexPlace, Stray, check_indexes, describe_owned, find_strays, inspect_index
from agents_db.mends import MENDS
from agents_db.owner import AgentLock
from agents_db.records import Finding
from agents_db.store import AgentsDB
from agents_db.treatments import Repair, Treatment


def plan_repair(path: Path, root: Path) -> Repair:
    """Returns what `repair_store` would do; changes nothing."""
    with AgentsDB.open_reader(path) as db:
        found = [finding for finding in db.check() if finding.mendable or finding.severity == "problem"]
        found += check_indexes(db, root)
    return Repair(items=tuple(_plan(finding) for finding in found), backup=None)


def repair_store(path: Path, root: Path) -> Repair:
    """Mends what the store itself knows how to mend; may be killed and repeated at any time.

    Rows are mended in one transaction, after the store was copied to `<path>.before-repair.backup`; then each index
    that is off is made anew. Where SQLite's tables are damaged nothing is touched: that takes a backup.

    Args:
        path: the store.
        root: the folder of all indexes.
    """
    if not path.is_file():
        raise NoStore(f"Nothing is stored at {str(path)!r} yet; there is nothing to repair.")
    AgentsDB.open(path).close()  # brings it to the newest schema
    with translated(path), closing(open_sqlite(path, "rw")) as driver:
        damage = list(find_damage(driver))
        lost = [_leave(finding) for finding in damage if not finding.mendable]
        if lost:
            return Repair(items=tuple(lost), backup=None)
        backup = _back_up(path) if damage or _has_faults(driver) else None
        items = _mend_rows(driver, damage) if backup else []
    with AgentsDB.open(path) as db:
        items += _mend_indexes(db, root)
        rest = [finding for finding in db.check() if finding.severity == "problem"]
    items += [_leave(finding) for finding in rest]
    return Repair(items=tuple(items), backup=backup)


def _plan(finding: Finding) -> Treatment:
    state = "planned" if finding.mendable else "left"
    return Treatment(severity=finding.severity, state=state, what=finding.what, note=finding.advice)


def _mend(finding: Finding, done: str) -> Treatment:
    return Treatment(severity=finding.severity, state="mended", what=finding.what, note=done)


def _leave(finding: Finding, advice: str | None = None) -> Treatment:
    return Treatment(severity=finding.severity, state="left", what=finding.what, note=advice or finding.advice)


def _has_faults(driver: sqlite3.Connection) -> bool:
    return any(True for mend in MENDS for _ in look_for(driver, mend))


def _back_up(path: Path) -> Path:
    target = Path(f"{path}.before-repair.backup")
    copy_store(path, target)
    return target


def _mend_rows(driver: sqlite3.Connection, damage: list[Finding]) -> list[Treatment]:
    """Mends SQLite's own indexes and all rows, in one transaction."""
    done: list[Treatment] = []
    driver.execute("PRAGMA synchronous=FULL")
    driver.execute("BEGIN IMMEDIATE")
    try:
        if damage:
            driver.execute("REINDEX")
            note = "SQLite's indexes were built anew from their tables."
            done += [_mend(finding, note) for finding in damage]
        for mend in MENDS:
            found = list(look_for(driver, mend))
            if found:
                mend.apply(driver)
            done += [_mend(finding, mend.done) for finding in found]
        driver.execute("COMMIT")
    except BaseException:
        if driver.in_transaction:
            driver.execute("ROLLBACK")
        raise
    return done


def _mend_indexes(db: AgentsDB, root: Path) -> list[Treatment]:
    names = {record.agent_id: record.name for record in db.agents()}
    done = [_remove_stray(db, stray) for stray in find_strays(root, names)]
    for agent_id, name in names.items():
        place = IndexPlace(root=root, agent_id=agent_id, name=name)
        if db.ledger.state(agent_id) is not None or place.generations():
            done += _mend_owned(db, place)
    return done


def _remove_stray(db: AgentsDB, stray: Stray) -> Treatment:
    """Removes the folder of an agent that is gone; what is not LangGym's is left."""
    finding = stray.describe()
    if not stray.ours:
        return _leave(finding)
    agent_id = int(stray.folder.name)
    try:
        with AgentLock(stray.folder.parent, agent_id, name=f"number {agent_id}"):
            if all(record.agent_id != agent_id for record in db.agents()):  # it may have been made just now
                shutil.rmtree(stray.folder, ignore_errors=True)
    except AgentOwned as error:
        return _leave(finding, str(error))
    return _mend(finding, "It was removed.")


def _mend_owned(db: AgentsDB, place: IndexPlace) -> list[Treatment]:
    """Makes an agent's index equal to the store; leaves it alone where another process owns it."""
    try:
        with AgentLock(place.root, place.agent_id, name=place.name):
            found = list(inspect_index(db, place))
            return _mend_index(db, place, found) if found else []
    except AgentOwned as error:
        return [_leave(describe_owned(place, error))]


def _mend_index(db: AgentsDB, place: IndexPlace, found: list[Finding]) -> list[Treatment]:
    state = db.ledger.state(place.agent_id)
    if state is None:
        for folder in place.generations():
            shutil.rmtree(folder, ignore_errors=True)
        return [_mend(finding, "It was removed.") for finding in found]
    db.ledger.mark(place.agent_id, dirty=True)  # so that opening trusts nothing
    with MemoryIndex.open(db, place.agent_id, place.root, embedder=state.embedder) as index:
        whole = index.is_open
    if not whole:
        advice = "It could not be built anew; see that the disk has space and can be written, then repair again."
        return [_leave(finding, advice) for finding in found]
    return [_mend(finding, "The index is equal to the store again.") for finding in found]
