"""Stopping a run by signals: the first asks for a clean stop, the second Ctrl-C stops at once."""

import signal
from types import FrameType, TracebackType
from typing import Self

from langgym.cli.output import say


class StopSwitch:
    """Catches SIGINT and SIGTERM while it is entered; called, it says whether a stop was asked for."""

    def __init__(self, *, patient: bool = True, silent: bool = False) -> None:
        """Prepares to catch signals.

        Args:
            patient: Whether the first Ctrl-C waits for the decision under way; where a person is asked it does not.
            silent: Whether nothing is said when a signal comes.
        """
        self.patient = patient
        self._silent = silent
        self._asked = False
        self._before: dict[signal.Signals, signal.Handlers | object] = {}

    def __call__(self) -> bool:
        """Returns whether a stop was asked for."""
        return self._asked

    def ask(self) -> None:
        """Asks for a stop at the next turn's border."""
        self._asked = True

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and (self._asked or not self.patient):
            raise KeyboardInterrupt
        self._asked = True
        if not self._silent:
            say("\nstopping after this decision; Ctrl-C again stops at once")
