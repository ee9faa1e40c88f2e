"""The lock by which one process plays an agent."""

import contextlib
import errno
import json
import os
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from filelock import FileLock, Timeout

from agents_db.errors import AgentOwned, StoreError, StoreFull, StoreUnwritable


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that plays an agent."""

    pid: int
    host: str
    since: int
    """When it took the agent, in UTC microseconds; 0 where it did not say."""
    near: bool
    """Whether it is on this machine and was seen alive; what another machine wrote is believed."""


def find_owner(root: Path | str, agent_id: int) -> Owner | None:
    """Returns the process that plays an agent; `None` where nobody does any more.

    It says nothing of what is played. A process of another machine is believed to live, for nobody here can tell; so
    is one here whose number another process has got since it was killed.

    Args:
        root: the folder of all indexes.
        agent_id: of the agent.
    """
    return _read_owner(_find_sidecar(root, agent_id))


class AgentLock:
    """The right to play an agent and to touch its vector index, held until `close` or the end of the process.

    The operating system keeps the lock, so that a process that died never blocks; the file beside it only names the
    owner.
    """

    def __init__(self, root: Path | str, agent_id: int, *, name: str) -> None:
        """Takes the lock at once.

        Args:
            root: the folder of all indexes.
            agent_id: of the agent.
            name: the agent's, for the error.

        Raises:
            AgentOwned: another process has it.
        """
        folder = Path(root) / str(agent_id)
        self._sidecar = _find_sidecar(root, agent_id)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / "lock", blocking=False, is_singleton=False, thread_local=False)
            self._lock.acquire()
        except Timeout:
            raise self._make_error(name) from None
        except OSError as error:
            raise _explain(error, name, folder) from error
        owner = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "boot": _read_boot(),
            "since": time.time_ns() // 1000,
        }
        draft = self._sidecar.with_suffix(f".{os.getpid()}")
        try:
            draft.write_text(json.dumps(owner), encoding="utf-8")
            draft.replace(self._sidecar)
        except OSError as error:
            self._lock.release()
            raise _explain(error, name, folder) from error

    def close(self) -> None:
        """Gives the lock back; more calls do nothing."""
        if self._lock.is_locked:
            with contextlib.suppress(OSError):
                self._sidecar.unlink(missing_ok=True)
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _make_error(self, name: str) -> AgentOwned:
        owner = _read_owner(self._sidecar)  # none where it has not written itself down yet
        whom = f"process {owner.pid!r} on {owner.host!r}" if owner else "another process"
        message = f"The agent {name!r} is being played by {whom}; wait until it is done, or stop it there."
        return AgentOwned(message, pid=owner.pid if owner else 0, host=owner.host if owner else "")


def _explain(error: OSError, name: str, folder: Path) -> StoreError:
    kind = StoreFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreUnwritable
    return kind(
        f"Cannot lock the agent {name!r} in {str(folder)!r} ({error.strerror}); check the disk or use `--home`."
    )


def _find_sidecar(root: Path | str, agent_id: int) -> Path:
    return Path(root) / str(agent_id) / "owner.json"


def _read_owner(sidecar: Path) -> Owner | None:
    """Returns the owner that a file names.

    What another owner left behind is passed over: it was written before this machine was started, or its process is
    gone.
    """
    try:
        owner = cast("dict[str, object]", json.loads(sidecar.read_text(encoding="utf-8")))
        pid, host, since = int(str(owner["pid"])), str(owner["host"]), int(str(owner.get("since", 0)))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    near = host == socket.gethostname()
    if pid <= 0 or (near and (owner.get("boot", _read_boot()) != _read_boot() or not _is_alive(pid))):
        return None
    return Owner(pid, host, since, near)


def _read_boot() -> str:
    """Returns what tells this start of the machine from others; an empty text where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32" or pid <= 0:  # a signal would end the process there, or reach others
        return pid > 0
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Returns whether a process has died and only waits for its parent to ask; its lock is free."""
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2]
    except OSError:
        return False
    return state.split()[:1] == [b"Z"]
