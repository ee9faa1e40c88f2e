"""`langgym db check`, `repair`, `backup` and `vacuum`: what they do and what they say."""

import sys
import time
from pathlib import Path

from agents_db.backup import back_up
from agents_db.doctor import plan_repair, repair_store
from agents_db.inspection import check_indexes
from agents_db.treatments import Repair, Treatment
from agents_db.vacuum import Vacuumed, vacuum_store
from langgym.cli.exits import OK, STORE
from langgym.cli.output import emit, emit_json, say, warn
from langgym.cli.reading import open_reader
from langgym.home import index_root, store_path
from langgym.query.place import BackupMade, VacuumDone, describe_findings, describe_repair

EMPTY = "nothing is stored yet"
_WORDS = {"mended": "mended", "planned": "would mend", "left": "left"}


def check(home: Path, *, as_json: bool) -> int:
    """Shows everything that is wrong with a store and its indexes."""
    store = store_path(home)
    with open_reader(home) as db:
        found = [] if db is None else [*db.check(), *check_indexes(db, index_root(home))]
    page = describe_findings(store, found)
    n_problems = sum(item.severity == "problem" for item in page.items)
    if as_json:
        emit_json(page)
    else:
        for item in page.items:
            emit(f"{item.severity}: {item.what} {item.advice}")
        say(EMPTY if db is None else f"{n_problems} problem{'' if n_problems == 1 else 's'} in {store}")
    return STORE if n_problems else OK


def repair(home: Path, *, dry: bool, as_json: bool) -> int:
    """Mends what can be mended, or shows what would be; 5 where something is left that no repair can mend."""
    store = store_path(home)
    done = Repair(items=(), backup=None)
    if store.is_file():
        done = (plan_repair if dry else repair_store)(store, index_root(home))
    if as_json:
        emit_json(describe_repair(store, done))
    else:
        for item in done.items:
            emit(f"{_WORDS[item.state]}: {item.what} {item.note}")
        if done.backup is not None:
            say(f"the store as it was before: {done.backup}")
        say(_sum_up(done.items, store) if store.is_file() else EMPTY)
    return STORE if any(item.state == "left" and item.severity == "problem" for item in done.items) else OK


def backup(home: Path, target: Path | None, *, force: bool, as_json: bool) -> int:
    """Copies the store while others write, and says where and how large the copy is."""
    target = target or home / "backups" / time.strftime("langgym-%Y%m%d-%H%M%S.db")
    bar = _Progress()
    try:
        size = back_up(
            store_path(home), target.absolute(), replace=force, progress=bar if sys.stderr.isatty() else None
        )
    finally:
        bar.clear()
    made = BackupMade(path=str(target.absolute()), bytes=size)
    if as_json:
        emit_json(made)
    else:
        emit(made.path)
        say(f"{size} bytes, checked")
    return OK


def vacuum(home: Path, *, as_json: bool) -> int:
    """Writes the store anew without its gaps and says what that gave back."""
    store = store_path(home)
    with open_reader(home) as db:
        agents = {} if db is None else {record.agent_id: record.name for record in db.agents()}
    done = Vacuumed(before=0, after=0, waits=False)
    if db is not None:
        done = vacuum_store(store, index_root(home), agents)
    if as_json:
        emit_json(VacuumDone(store=str(store), before=done.before, after=done.after, waits=done.waits))
    elif db is None:
        say(EMPTY)
    else:
        emit(f"{done.before} bytes before, {done.after} after")
    if done.waits:
        warn("another process reads the store; the rest is given back when it is done")
    return OK


class _Progress:
    """A line on a terminal that says how much is copied."""

    def __init__(self) -> None:
        self._is_shown = False

    def __call__(self, done: int, total: int) -> None:
        self._is_shown = True
        sys.stderr.write(f"\r{100 * done // max(1, total)} % copied")
        sys.stderr.flush()

    def clear(self) -> None:
        if self._is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _sum_up(items: tuple[Treatment, ...], store: Path) -> str:
    counts = [f"{sum(item.state == state for item in items)} {word}" for state, word in _WORDS.items()]
    told = [count for count in counts if not count.startswith("0 ")]
    return f"{', '.join(told) or 'nothing to repair'} in {store}"
