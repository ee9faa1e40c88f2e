"""`langgym serve` in a process of its own, as a client meets it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

STARTING = 60.0
"""Seconds that a service has to say where it listens."""


class ServiceDown(RuntimeError):
    """A service did not come up, or ended by itself."""


class ServiceProcess:
    """A service of a home; killed and started again it has the same address."""

    def __init__(self, home: Path, *options: str) -> None:
        """Starts nothing yet.

        Args:
            home: The home folder.
            options: Of `langgym serve`.
        """
        self._home = home
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self.port = 0
        """Known once it has started."""
        self._log = home.parent / "service.log"

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of its process."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has said so far, over all of its lives."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    @property
    def memory(self) -> int:
        """Bytes that it has in memory now."""
        return int(psutil.Process(self.pid).memory_info().rss)

    def start(self) -> None:
        """Starts it and waits until it says where it listens.

        Raises:
            ServiceDown: It did not; the text is what it said.
        """
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("a", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                [*_command(), "--home", str(self._home), "serve", "--port", str(self.port), *self._options],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        watchdog = threading.Timer(STARTING, self._process.kill)
        watchdog.start()
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        watchdog.cancel()
        self._process.stdout.close()  # nothing else is printed
        if not line.startswith("http://"):
            self._process.wait()
            raise ServiceDown(f"The service did not start: {self.log[-2000:]}")
        self.port = int(line.rpartition(":")[2])

    def kill(self) -> None:
        """Ends it by SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self, patience: float = 60.0) -> int:
        """Asks it to end, as an operating system does, and returns its exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(patience)

    def wait(self, seconds: float) -> bool:
        """Returns whether it ends within some seconds."""
        end = time.monotonic() + seconds
        assert self._process is not None
        while self._process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        return self._process.poll() is not None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def _command() -> Sequence[str]:
    return (sys.executable, "-m", "langgym")
