"""Go programs over GTP, the Go Text Protocol, version 2."""

import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from langgym.rivals.programs import PATIENCE, ProgramFault
from universe.text_env import Turn

_LONGEST = 10_000  # characters of an answer
_SHOWN = 80  # characters of an answer in a message
_GNU = (
    *("--mode", "gtp", "--chinese-rules", "--never-resign"),
    *("--capture-all-dead", "--play-out-aftermath"),
)
"""GNU Go scores by area as the engine does, and takes dead stones off the board, which the engine counts as alive."""


class GtpProgram:
    """A go program of one episode; it is told the whole game anew for each decision and need remember nothing."""

    def __init__(self, path: Path, options: Mapping[str, int], *, patience: float = PATIENCE) -> None:
        """Starts a program.

        Args:
            path: Its file.
            options: `level`, which GNU Go takes.
            patience: Seconds for an answer.

        Raises:
            ProgramFault: It does not start.
        """
        self._name = path.name
        self._patience = patience
        own = (*_GNU, "--level", str(options["level"])) if "gnugo" in path.name else ()
        try:
            self._process = subprocess.Popen(
                [str(path), *own],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # Ctrl-C is LangGym's to hear
            )
        except OSError as error:
            raise ProgramFault(f"{self._name} does not start: {error}") from error
        self._seeds: bool | None = None
        """Whether it takes seeds; `None` before it was asked."""

    def choose(self, turn: Turn, seed: int) -> int:
        """Returns the program's action, drawn by the seed where it takes one.

        Raises:
            ProgramFault: It died, took too long or answered nonsense.
        """
        view = turn.view
        colours = dict(zip(view.seats, ("black", "white"), strict=True))
        self.ask(f"boardsize {view.kwargs['board_size']}")
        self.ask("clear_board")
        self.ask(f"komi {view.kwargs['komi']}")
        if self._seeds is None:
            self._seeds = self.ask("known_command set_random_seed") == "true"
        if self._seeds:
            self.ask(f"set_random_seed {seed & 0x7FFFFFFF}")
        for move in view.moves:
            self.ask(f"play {colours[move.seat]} {move.name}")
        said = self.ask(f"genmove {colours[turn.seat]}").lower()
        names = {turn.name(action).lower(): action for action in view.legal}
        if said not in names:
            raise ProgramFault(f"{self._name} gave no legal move in turn {turn.number}: {_quote(said)}.")
        return names[said]

    def ask(self, command: str) -> str:
        """Returns the answer to a command.

        Raises:
            ProgramFault: It died, took too long, or refused.
        """
        watch = threading.Timer(self._patience, self._process.kill)
        watch.start()
        try:
            answer = self._exchange(command)
        except OSError as error:
            raise ProgramFault(f"{self._name} died before {command!r}.") from error
        finally:
            watch.cancel()
        if not answer.startswith("="):
            raise ProgramFault(f"{self._name} answered {command!r} with {_quote(answer)}.")
        return answer[1:].strip()

    def close(self) -> None:
        """Ends the program."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            _close(stream)
        self._process.wait()

    def _exchange(self, command: str) -> str:
        """Returns the lines up to the empty one that ends an answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{command}\n")
        stdin.flush()
        answer = ""
        while len(answer) < _LONGEST:
            line = stdout.readline(_LONGEST)
            if not line:
                raise ProgramFault(f"{self._name} ended, or gave no answer in time, at {command!r}.")
            if not line.strip() and answer:
                break
            answer += line.lstrip() if not answer else line
        return answer


def _close(stream: IO[str] | None) -> None:
    try:
        if stream is not None:
            stream.close()
    except OSError:
        pass  # what was not written yet, to a program that is gone


def _quote(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
