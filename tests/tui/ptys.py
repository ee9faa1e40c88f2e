"""A program in a pseudo-terminal: its keys, every byte that it writes, and what a terminal would show of them."""

import codecs
import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.cells import cell_len

TOP = Path(__file__).parents[2]
QUIET_SECONDS = 0.4
KEY_SECONDS = 0.08
ESCAPE_SECONDS = 0.25
"""After an escape a key is another key; sooner, both together are one with `alt`."""
_CONTROL = re.compile(
    r"\x1b\[(?P<csi>[0-?]*[ -/]*[@-~])"
    r"|\x1b\](?P<osc>[^\x07\x1b\x9c]*)(?:\x07|\x1b\\)"
    r"|(?P<other>\x1b.?|[\x00-\x1f\x7f-\x9f])",
    re.DOTALL,
)
_BEGUN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?)?\Z")
"""A sequence that has not come to its end yet."""
_MODES = "1000|1003|1004|1006|1015|1016|1049|2004|2026|2048|25|7"
_ALLOWED_CSI = re.compile(rf"[\d;]*m|\d+;\d+H|\?(?:{_MODES})[hl]|\?(?:2026|2048)\$p|>\d+u|<u")
"""Colours, where to write next, modes of the terminal as a whole and questions about them, the keyboard's protocol."""
_ALLOWED_OSC = re.compile(r"22;[a-z-]+")
"""The shape of the pointer."""
_ALLOWED_OTHER = ("\r", "\n")
_HIDING = re.compile("[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")
"""Marks that turn the direction of writing, and characters that are not seen."""


def find_foreign(written: bytes, *, copied: Sequence[str] = ()) -> list[str]:
    r"""Returns whatever in the bytes of a program is neither text nor a sequence that Textual itself writes.

    Args:
        written: everything.
        copied: sequences of the clipboard that a person has asked for.

    >>> find_foreign(b"\x1b[1;2Ha\x1b]0;title\x07b\x1b[2J")
    ["'\\x1b]0;title\\x07'", "'\\x1b[2J'"]
    """
    try:
        text = written.decode()
    except UnicodeDecodeError as error:
        return [f"not UTF-8: {written[max(0, error.start - 20) : error.end + 20]!r}"]
    controls = [match for match in _CONTROL.finditer(text) if not _is_known(match, copied)]
    return [*(repr(match[0]) for match in controls), *(repr(match[0]) for match in _HIDING.finditer(text))]


def _is_known(match: re.Match[str], copied: Sequence[str]) -> bool:
    if match["csi"] is not None:
        return _ALLOWED_CSI.fullmatch(match["csi"]) is not None
    if match["osc"] is not None:
        return match["osc"] in copied or _ALLOWED_OSC.fullmatch(match["osc"]) is not None
    return match[0] in _ALLOWED_OTHER


class Terminal:
    """A pseudo-terminal with a program in it; it ends with the block."""

    def __init__(self, command: Sequence[str], *, size: tuple[int, int] = (120, 40)) -> None:
        self.size = size
        self.written = bytearray()
        self._cells: dict[tuple[int, int], str] = {}
        self._place = (0, 0)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._undrawn = ""
        self._main, inner = os.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        own = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        environ = {**own, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        self._child = subprocess.Popen(
            command, cwd=TOP, env=environ, stdin=inner, stdout=inner, stderr=inner, start_new_session=True
        )
        os.close(inner)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        os.close(self._main)

    @property
    def alive(self) -> bool:
        """Whether the program still runs."""
        return self._child.poll() is None

    def press(self, *keys: str, quiet: float = QUIET_SECONDS) -> str:
        """Sends keys one after the other; returns what is seen once nothing more is written."""
        for key in keys:
            os.write(self._main, key.encode())
            self.pause(ESCAPE_SECONDS if key == "\x1b" else KEY_SECONDS)
        return self.settle(quiet=quiet)

    def pause(self, seconds: float) -> None:
        """Reads for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._read(left)

    def settle(self, *, quiet: float = QUIET_SECONDS, most: float = 20.0) -> str:
        """Reads until nothing has been written for a while; returns what is seen."""
        end = time.monotonic() + most
        while self._read(quiet) and time.monotonic() < end:
            pass
        return self.text()

    def wait_for(self, words: str, *, seconds: float = 30.0) -> str:
        """Reads until words are seen; returns all that is seen with them."""
        end = time.monotonic() + seconds
        while words not in self.text():
            left = end - time.monotonic()
            if left <= 0 or not (self._read(min(left, 0.5)) or self.alive):
                raise AssertionError(f"{words!r} is not seen:\n{self.text()}")
        return self.text()

    def ends(self, seconds: float) -> bool:
        """Reads until the program has ended, for a while; says whether it has."""
        end = time.monotonic() + seconds
        while self.alive and time.monotonic() < end:
            if not self._read(0.1):
                time.sleep(0.02)
        return not self.alive

    def wait(self, seconds: float = 20.0) -> int:
        """Waits for the end of the program; returns how it ended."""
        end = time.monotonic() + seconds
        while self._child.poll() is None and time.monotonic() < end:
            self._read(0.1)
        while self._read(0.1):
            pass
        return self._child.wait(timeout=10)

    def text(self) -> str:
        """Returns what a terminal shows now, line by line."""
        self._draw()
        width, height = self.size
        rows = (("".join(self._cells.get((x, y), " ") for x in range(width))) for y in range(height))
        return "\n".join(row.rstrip() for row in rows)

    def _read(self, seconds: float) -> bool:
        """Takes what is written within some time; says whether anything was."""
        if not select.select([self._main], [], [], seconds)[0]:
            return False
        try:
            came = os.read(self._main, 1 << 16)
        except OSError:  # nobody writes any more
            return False
        self.written += came
        self._undrawn += self._decoder.decode(came)
        return bool(came)

    def _draw(self) -> None:
        """Puts what has come since the last time where a terminal puts it."""
        begun = _BEGUN.search(self._undrawn)
        end = begun.start() if begun else len(self._undrawn)
        text, self._undrawn = self._undrawn[:end], self._undrawn[end:]
        at = 0
        for match in _CONTROL.finditer(text):
            self._put(text[at : match.start()])
            at = match.end()
            if match["csi"] is not None and match["csi"].endswith("H"):
                row, column = match["csi"][:-1].split(";")
                self._place = (int(column) - 1, int(row) - 1)
            elif match[0] == "\r":
                self._place = (0, self._place[1])
            elif match[0] == "\n":
                self._place = (self._place[0], self._place[1] + 1)
        self._put(text[at:])

    def _put(self, text: str) -> None:
        x, y = self._place
        for character in text:
            room = cell_len(character)
            if room == 0:
                self._cells[x - 1, y] = self._cells.get((x - 1, y), "") + character
                continue
            self._cells[x, y] = character
            for more in range(1, room):
                self._cells[x + more, y] = ""
            x += room
        self._place = (x, y)
