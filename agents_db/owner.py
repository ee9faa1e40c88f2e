"""The lock by which one process plays an agent."""

import contextlib
import errno
import json
import os
import socket
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from filelock import FileLock, Timeout

from agents_db.errors import AgentOwned, StoreError, StoreFull, StoreUnwritable


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
        self._sidecar = folder / "owner.json"
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
        pid, host = _read_owner(self._sidecar)
        whom = f"process {pid!r} on {host!r}" if pid else "another process"
        message = f"The agent {name!r} is being played by {whom}; wait until it is done, or stop it there."
        return AgentOwned(message, pid=pid, host=host)


def _explain(error: OSError, name: str, folder: Path) -> StoreError:
    kind = StoreFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreUnwritable
    return kind(
        f"Cannot lock the agent {name!r} in {str(folder)!r} ({error.strerror}); check the disk or use `--home`."
    )


def _read_owner(sidecar: Path) -> tuple[int, str]:
    """Returns the owner's process and host; 0 and an empty text where it has not written them yet.

    What another owner left behind is passed over: it was written before this machine was started, or its process is
    gone.
    """
    try:
        owner = cast("dict[str, object]", json.loads(sidecar.read_text(encoding="utf-8")))
        pid, host = int(str(owner["pid"])), str(owner["host"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0, ""
    if host == socket.gethostname() and (owner.get("boot", _read_boot()) != _read_boot() or not _is_alive(pid)):
        return 0, ""
    return pid, host


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
    return True
