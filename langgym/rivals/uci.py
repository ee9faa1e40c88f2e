"""Chess programs over UCI, through python-chess."""

import logging
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import chess
import chess.engine

from langgym.rivals.programs import PATIENCE, ProgramFault
from universe.text_env import Turn

_HASH = 16  # megabytes


class UciProgram:
    """A chess program of one episode."""

    def __init__(self, path: Path, options: Mapping[str, int], *, patience: float = PATIENCE) -> None:
        """Starts a program with one thread and a small table.

        Args:
            path: Its file.
            options: `skill`, from 0 to 20, for programs that have one, and `nodes`, which a decision looks at.
            patience: Seconds for an answer.

        Raises:
            ProgramFault: It does not start, or does not speak UCI.
        """
        logging.getLogger("chess.engine").setLevel(logging.CRITICAL)  # what it writes amiss is told once, as a fault
        self._name = path.name
        self._patience = patience
        self._limit = chess.engine.Limit(nodes=options["nodes"])
        with self._faults("does not speak UCI"):
            self._engine = chess.engine.SimpleEngine.popen_uci(str(path), timeout=patience, setpgrp=True)
        wanted = {"Threads": 1, "Hash": _HASH, "Skill Level": options["skill"]}
        try:
            with self._faults("refuses its options"):
                self._engine.configure({name: value for name, value in wanted.items() if name in self._engine.options})
        except ProgramFault:
            self.close()
            raise

    def choose(self, turn: Turn, seed: int) -> int:
        """Returns the program's action; the seed is of no use to UCI, whose weaker levels draw by themselves.

        Raises:
            ProgramFault: It died, took too long or answered nonsense.
        """
        board = cast("chess.Board", turn.view.glimpse)
        watch = threading.Timer(self._patience, self._engine.close)
        watch.start()
        try:
            with self._faults("failed"):
                move = self._engine.play(board, self._limit, game=object()).move
        finally:
            watch.cancel()
        names = {turn.name(action): action for action in turn.view.legal}
        if move is None or move.uci() not in names:
            raise ProgramFault(f"{self._name} gave no legal move in turn {turn.number}.")
        return names[move.uci()]

    def close(self) -> None:
        """Ends the program."""
        self._engine.close()

    @contextmanager
    def _faults(self, what: str) -> Generator[None]:
        try:
            yield
        except chess.engine.EngineError as error:
            raise ProgramFault(f"{self._name} {what}: {str(error) or type(error).__name__}") from error
        except (TimeoutError, OSError) as error:
            raise ProgramFault(f"{self._name} {what}: {str(error) or 'it gave no answer in time'}") from error
