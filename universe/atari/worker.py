"""The process that emulators run in: requests on stdin, answers on stdout, both pickled by the process that started it.

It ends when its stdin does, so it never outlives whom it works for.
"""

import os
import pickle
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from universe.atari.session import Session

Answer = tuple[bool, Any]
"""Whether the request was carried out, and its result or what went wrong in words."""


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answers requests until there are no more; a request is a session's number, a method and its arguments."""
    sessions: dict[int, Session] = {}
    while True:
        try:
            number, method, arguments = pickle.load(requests)
        except EOFError:
            return
        try:
            answer: Answer = (True, _carry_out(sessions, number, method, arguments))
        except Exception as error:
            answer = (False, f"{type(error).__name__}: {error}")
        pickle.dump(answer, answers, protocol=5)
        answers.flush()


def _carry_out(sessions: dict[int, Session], number: int, method: str, arguments: tuple[Any, ...]) -> Any:
    if method == "open":
        sessions[number] = session = Session(*arguments)
        return session.seats, session.n_actions
    if method == "close":
        sessions.pop(number, None)
        return None
    ask: Callable[..., Any] = getattr(sessions[number], method)
    return ask(*arguments)


def main() -> None:
    """Serves; whatever the emulator or its libraries print goes nowhere."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that plays, which stops at a border
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
