"""The way to the store: it is opened by the first reader, read in worker threads, and watched for changes."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from langgym.errors import UsageError

if TYPE_CHECKING:
    from agents_db.store import AgentsDB

T = TypeVar("T")
WATCH_SECONDS = 0.25
"""Between two looks at the store: what another process has written is seen within twice that."""
Files = tuple[tuple[int, int], ...]


class Look(NamedTuple):
    """What changes when somebody writes."""

    version: int | None
    """Of the store, with every commit of others; `None` while nobody has opened it."""
    files: Files | None
    """When the files of the store were written and how long they are; `None` where there are none."""

    def differs(self, before: "Look") -> bool:
        """Returns whether somebody has written since another look."""
        if self.version is None or before.version is None:
            return self.files != before.files
        return self.version != before.version


class Source:
    """A store that is read by many threads and changed by a person's hand alone.

    Nothing that is slow to load is loaded before the first `read`. `read` and `write` are for worker threads.

    Args:
        home: the home folder.
        read_only: whether `write` is refused.
        changed: called by the watching thread whenever somebody has written.
    """

    def __init__(self, home: Path, *, read_only: bool, changed: Callable[[], None]) -> None:
        self.home, self.read_only = home, read_only
        self._changed = changed
        self._lock = threading.Lock()
        self._db: AgentsDB | None = None
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="store watcher", daemon=True)

    def start(self) -> None:
        """Begins to watch."""
        self._watcher.start()

    def read(self, query: "Callable[[AgentsDB], T]") -> T:
        """Returns what a query finds; raises the errors of `agents_db.errors`, `NoStore` where nothing is stored."""
        return query(self._open())

    def write(self, change: "Callable[[AgentsDB], T]") -> T:
        """Changes the store, beside any other writer; raises `UsageError` where it is only read."""
        if self.read_only:
            raise UsageError("The interface was opened to read only; start it without --read-only to change memories.")
        from agents_db.store import AgentsDB
        from langgym.home import store_path

        self._open()  # a store that is not there is not made
        with AgentsDB.open(store_path(self.home)) as db:
            done = change(db)
        self._changed()
        return done

    def close(self) -> None:
        """Ends what still reads, and closes the store."""
        self._ended.set()
        with self._lock:
            if self._db is not None:
                self._db.interrupt()
                self._db.close()

    def _open(self) -> "AgentsDB":
        with self._lock:
            if self._db is None:
                from agents_db.store import AgentsDB
                from langgym.home import store_path

                self._db = AgentsDB.open_reader(store_path(self.home))
            return self._db

    def _watch(self) -> None:
        """Calls back when somebody has written, or has made a store where there was none."""
        seen = self._look()
        while not self._ended.wait(WATCH_SECONDS):
            now = self._look() or seen
            if now is not None and seen is not None and now.differs(seen):
                self._changed()
            seen = now

    def _look(self) -> Look | None:
        """Looks at the store; `None` where it cannot be looked at now."""
        from langgym.home import store_path

        db = self._db  # while nobody could read yet, it is not opened for the sake of watching
        try:
            version = None if db is None else db.data_version()
        except Exception:  # locked, moved away or closed: whoever reads it says so
            return None
        return Look(version, _stat_files(store_path(self.home)))  # the files last: what is written now is seen next


def _stat_files(path: Path) -> Files | None:
    """Returns when the files of a store were written and how long they are: one that is being made grows."""
    stats = [file.stat() for file in (path, Path(f"{path}-wal")) if file.exists()]
    return tuple((stat.st_mtime_ns, stat.st_size) for stat in stats) or None
