"""Copies of a store that are made while others write, verified before they get their name."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from agents_db.disk import sync_path
from agents_db.engine import open_sqlite, translate_error, translated
from agents_db.errors import CallerError, NoStore, StoreCorrupt, StoreError, StoreFull, StoreUnwritable
from agents_db.migrations.upgrade import find_revision

PAGES = 2048
"""Copied at a time; between two pieces the progress is told."""
Progress = Callable[[int, int], None]
"""Is told how many pages are copied, and how many there are."""


def back_up(store: Path, target: Path, *, replace: bool = False, progress: Progress | None = None) -> int:
    """Copies a store as it is at one moment, and returns the bytes of the copy.

    The copy is made under another name beside the target, checked, synced to the disk and then renamed, so that
    `target` is never half a backup. Writers do not wait for it.

    Args:
        store: is only read.
        target: its folder is made where needed.
        replace: whether a file of that name is replaced.
        progress: is told how far it is.

    Raises:
        CallerError: there is such a file, or the target cannot be one.
        StoreCorrupt: the store is damaged; there is no backup.
        StoreFull: no space; what was copied is removed.
    """
    _check_target(store, target, replace=replace)
    return copy_store(store, target, verify=_verify, progress=progress)


def copy_store(
    store: Path,
    target: Path,
    *,
    verify: Callable[[sqlite3.Connection, Path], None] | None = None,
    progress: Progress | None = None,
) -> int:
    """Copies a store, damaged or not, over whatever `target` is; else like `back_up`."""
    if not store.is_file():
        raise NoStore(f"Nothing is stored at {str(store)!r} yet; there is nothing to back up.")
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy_pages(store, draft, verify=verify, progress=progress)
        size = draft.stat().st_size
        sync_path(draft)
        draft.replace(target)
        sync_path(target.parent)
    except OSError as error:
        raise StoreUnwritable(
            f"Cannot write the backup {str(target)!r} ({error.strerror}); name another target."
        ) from error
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                Path(f"{draft}{suffix}").unlink(missing_ok=True)
    return size


def _check_target(store: Path, target: Path, *, replace: bool) -> None:
    if target.is_dir():
        raise CallerError(f"{str(target)!r} is a folder; name a file for the backup.")
    if not target.exists():
        return
    if store.exists() and target.samefile(store):
        raise CallerError(f"{str(target)!r} is the store itself; name another file for the backup.")
    if not replace:
        raise CallerError(f"There is a file {str(target)!r} already; name another one, or use `--force`.")
    if Path(f"{target}-wal").exists():
        raise CallerError(f"{str(target)!r} is a store in use; name another file for the backup.")


def _copy_pages(
    store: Path,
    draft: Path,
    *,
    verify: Callable[[sqlite3.Connection, Path], None] | None,
    progress: Progress | None,
) -> None:
    """Copies every page as it is now, and verifies the copy."""

    def tell(_: int, left: int, total: int) -> None:
        if progress is not None:
            progress(total - left, total)

    with translated(store), closing(open_sqlite(store, "ro")) as source:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # one moment: writers cannot make it begin anew
        try:
            with closing(open_sqlite(draft, "rwc")) as copy:
                source.backup(copy, pages=PAGES, progress=tell, sleep=0.01)
                copy.execute("PRAGMA synchronous=FULL")
                if verify is not None:
                    verify(copy, store)
        except sqlite3.Error as error:
            raise _explain(error, draft, store) from error


def _explain(error: sqlite3.Error, draft: Path, store: Path) -> Exception:
    """Returns the error that says what it means for a backup."""
    failure = translate_error(error, draft)
    folder = str(draft.parent)
    if isinstance(failure, StoreFull):
        return StoreFull(f"No space left for a backup in {folder!r}; free some or name another target.")
    if isinstance(failure, StoreCorrupt):
        return StoreCorrupt(f"The store {str(store)!r} is damaged ({error}); run `langgym db check`.")
    if isinstance(failure, StoreUnwritable):
        return StoreUnwritable(f"Cannot write a backup in {folder!r} ({error}); name another target.")
    return failure or error


def _verify(copy: sqlite3.Connection, store: Path) -> None:
    """Raises `StoreCorrupt` unless the copy is a store without damage."""
    advice = "no backup was made; run `langgym db check`"
    messages = [message for (message,) in copy.execute("PRAGMA integrity_check(1)")]
    if messages != ["ok"]:
        raise StoreCorrupt(f"The store {str(store)!r} is damaged ({messages[0]}); {advice}.")
    stray = copy.execute("PRAGMA foreign_key_check").fetchone()
    if stray is not None:
        raise StoreCorrupt(f"The store {str(store)!r} has rows of {stray[0]!r} without their parents; {advice}.")
    if find_revision(copy, store) is None:
        raise StoreError(f"The store {str(store)!r} is empty; {advice}.")
