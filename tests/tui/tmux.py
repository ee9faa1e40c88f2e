"""A program in tmux, a real terminal: what is typed, what is seen, and how the terminal is left behind."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

TOP = Path(__file__).parents[2]
LOOK_SECONDS = 0.02
"""Between two looks at the screen."""
MISSING = "tmux is missing, the terminal in which these tests run. Install it: apt-get install tmux"
BEFORE = "what stood here before"
_SCRIPT = f'echo "{BEFORE}"; "$@"; echo "ended with exit code $?"; exec cat'
_ENDED = re.compile(r"^ended with exit code (\d+)$", re.MULTILINE)


class Tmux:
    """A terminal of its own, in which a program is started beneath a line of text; all of it ends with the block.

    Args:
        command: the program.
        size: columns and lines.
    """

    def __init__(self, command: Sequence[str], *, size: tuple[int, int] = (120, 40)) -> None:
        if shutil.which("tmux") is None:
            raise AssertionError(MISSING)
        self._command, self._size = command, size
        self._folder = tempfile.mkdtemp(prefix="langgym-", dir="/tmp")  # the name of a socket must be short
        dropped = ("TMUX", "TMUX_PANE", "NO_COLOR", "LC_ALL", "COLUMNS", "LINES")  # the last two overrule the terminal
        self._environ = {name: value for name, value in os.environ.items() if name not in dropped}
        self._environ |= {"LANG": "C.UTF-8", "TERM": "xterm-256color", "COLORTERM": "truecolor"}

    def __enter__(self) -> Self:
        width, height = (str(room) for room in self._size)
        shell = ("sh", "-c", _SCRIPT, "sh", *self._command)
        self._run("new-session", "-d", "-x", width, "-y", height, "-c", str(TOP), *shell)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(AssertionError):  # where it never began
            self._run("kill-server")
        shutil.rmtree(self._folder, ignore_errors=True)

    def send(self, *keys: str) -> None:
        """Presses keys, by the names that tmux has for them: `j`, `Enter`, `Escape`, `C-q`."""
        self._run("send-keys", *keys)

    def type(self, text: str) -> None:
        """Types a text as it stands, and Enter."""
        self._run("send-keys", "-l", text)
        self._run("send-keys", "Enter")

    def resize(self, width: int, height: int) -> None:
        """Makes the terminal larger or smaller."""
        self._run("resize-window", "-x", str(width), "-y", str(height))

    def screen(self) -> str:
        """Returns what is seen, line by line."""
        return self._run("capture-pane", "-p")

    def printed(self) -> list[str]:
        """Returns the lines that were printed, long ones in one piece."""
        return [line.rstrip() for line in self._run("capture-pane", "-p", "-J").splitlines() if line.strip()]

    def wait_for(self, *words: str, seconds: float = 20.0) -> str:
        """Waits until every one of some words is seen at the same time; returns all that is seen with them."""
        return self.wait_until(lambda shown: all(word in shown for word in words), repr(words), seconds=seconds)

    def wait_until(self, holds: Callable[[str], object], what: str, *, seconds: float = 20.0) -> str:
        """Waits until what is seen is as it should be; returns it."""
        end = time.monotonic() + seconds
        while not holds(shown := self.screen()):
            assert time.monotonic() < end, f"{what} is not seen within {seconds:g} s:\n{shown}"
            time.sleep(LOOK_SECONDS)
        return shown

    def wait_still(self, seconds: float = 0.3) -> str:
        """Waits until nothing has changed for a while; returns what is seen."""
        shown, since = self.screen(), time.monotonic()
        while time.monotonic() - since < seconds:
            time.sleep(LOOK_SECONDS)
            if (now := self.screen()) != shown:
                shown, since = now, time.monotonic()
        return shown

    def exited(self) -> int | None:
        """Returns how the program ended; `None` while it runs."""
        ended = _ENDED.search(self.screen())
        return None if ended is None else int(ended[1])

    def wait_end(self, seconds: float = 20.0) -> int:
        """Waits for the end of the program; returns how it ended."""
        self.wait_until(_ENDED.search, "the end of the program", seconds=seconds)
        code = self.exited()
        assert code is not None
        return code

    def ask(self, question: str) -> str:
        """Returns what tmux says of the terminal: `#{cursor_flag}`."""
        return self._run("display-message", "-p", question).strip()

    def check_restored(self, *, seconds: float = 5.0) -> None:
        """Raises `AssertionError` unless the program has ended and left the terminal as it found it.

        Args:
            seconds: how long what is typed afterwards may take to be seen.
        """
        shown = self.screen()
        assert self.exited() is not None, f"The program still runs:\n{shown}"
        assert shown.startswith(BEFORE), f"What stood on the screen before is gone:\n{shown}"
        flags = "alternate_on", "cursor_flag", "mouse_any_flag", "keypad_flag"
        assert {flag: self.ask(f"#{{{flag}}}") for flag in flags} == dict(zip(flags, "0100", strict=True))
        self.type("echoed")
        self.wait_until(lambda shown: shown.count("echoed") == 2, "what was typed, and `cat`", seconds=seconds)

    def _run(self, *arguments: str) -> str:
        command = ["tmux", "-u", "-f", "/dev/null", "-S", f"{self._folder}/socket", *arguments]
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", env=self._environ, timeout=20, check=False
        )
        assert done.returncode == 0, f"{' '.join(arguments[:2])}: {done.stderr.strip()}"
        return done.stdout
