"""Terminal: a program in a pseudo-terminal, with the time of every byte that it writes."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import psutil

_ESCAPES = re.compile(rb"\x1b\[[0-9;:?<>=]*[ -/]*[@-~]|\x1b[@-Z\\-_]")
QUIET_SECONDS = 0.04
"""A program that has written nothing for so long has painted what it had to."""


class Terminal:
    """A program that believes it is on a terminal.

    Args:
        command: the program and its arguments.
        size: columns and lines.
        environ: its environment.
    """

    def __init__(self, command: Sequence[str], *, size: tuple[int, int] = (120, 40), environ: dict[str, str]) -> None:
        self._leader, follower = pty.openpty()
        columns, lines = size
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._lock = threading.Condition()
        self._written = bytearray()
        self._last = time.perf_counter()
        self.started = time.perf_counter()
        own = {name: value for name, value in environ.items() if name not in ("COLUMNS", "LINES")}  # of another one
        self._process = subprocess.Popen(
            command,
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env={**own, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )
        os.close(follower)
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._leader)

    @property
    def process(self) -> psutil.Process:
        """The program."""
        return psutil.Process(self._process.pid)

    @property
    def written(self) -> bytes:
        """Everything that it has written so far."""
        with self._lock:
            return bytes(self._written)

    def wait_for(self, text: str, *, timeout: float = 30.0) -> float:
        """Waits until the program has written a text since it was started; returns the seconds since then."""
        wanted = text.encode()
        deadline = time.perf_counter() + timeout
        with self._lock:
            while wanted not in _ESCAPES.sub(b"", bytes(self._written)):
                if not self._lock.wait(max(0.0, deadline - time.perf_counter())) and time.perf_counter() > deadline:
                    raise TimeoutError(f"The program has not written {text!r} within {timeout:g} s.")
            return self._last - self.started

    def press(self, keys: bytes, *, timeout: float = 5.0) -> float:
        """Presses keys; returns the seconds until the first byte of what is painted for them."""
        with self._lock:
            before = len(self._written)
            start = time.perf_counter()
            os.write(self._leader, keys)
            while len(self._written) == before:
                if not self._lock.wait(timeout):
                    raise TimeoutError(f"Nothing was painted for {keys!r} within {timeout:g} s.")
            return self._last - start

    def rest(self, *, timeout: float = 10.0) -> None:
        """Waits until the program has painted what it had to."""
        deadline = time.perf_counter() + timeout
        with self._lock:
            while time.perf_counter() - self._last < QUIET_SECONDS and time.perf_counter() < deadline:
                self._lock.wait(QUIET_SECONDS)

    def wait(self, timeout: float = 10.0) -> int:
        """Waits until the program has ended; returns its exit code."""
        return self._process.wait(timeout)

    def _listen(self) -> None:
        while True:
            try:
                piece = os.read(self._leader, 65536)
            except OSError:
                return
            if not piece:
                return
            with self._lock:
                self._written += piece
                self._last = time.perf_counter()
                self._lock.notify_all()
