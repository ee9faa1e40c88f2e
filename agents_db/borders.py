"""Named points between two effects, at which tests end the process as a power cut would."""

import os
import signal
import sys
from collections.abc import Mapping

from agents_db.errors import CallerError

VARIABLE = "LANGGYM_CRASH_AT"
BORDERS = (
    "after_reply",
    "after_sql",
    "before_move",
    "after_move",
    "mid_chroma",
    "after_chroma",
    "mid_rebuild",
    "after_pointer",
    "mid_migration",
    "mid_reflection",
)
"""Where a process can be told to die, in the order in which an episode meets them.

- `after_reply`: a model's reply has come and is not stored yet.
- `after_sql`: a turn is committed.
- `before_move`, `after_move`: round the move of the environment.
- `mid_chroma`: a batch is half applied to a vector index.
- `after_chroma`: a batch is applied, and still waits in the outbox.
- `mid_rebuild`: a new generation of an index is full and not verified.
- `after_pointer`: the new generation is in use, and the old one still there.
- `mid_migration`: the schema is changed and not committed.
- `mid_reflection`: what an agent learns from an episode is half made.
"""


class _Crash:
    """The border at which this process dies, and how often it has to be reached."""

    def __init__(self, border: str, times: int) -> None:
        self._border = border
        self._left = times

    def pass_border(self, border: str) -> None:
        """Ends the process where it is time."""
        if border != self._border:
            return
        self._left -= 1
        if self._left == 0:
            _die()


def read_crash(environ: Mapping[str, str]) -> _Crash | None:
    """Returns what `LANGGYM_CRASH_AT` asks for: `NAME`, or `NAME:N` for the N-th time, from 1; `None` without it."""
    value = environ.get(VARIABLE, "")
    if not value:
        return None
    name, colon, times = value.partition(":")
    if name not in BORDERS or (colon and not (times.isascii() and times.isdigit() and int(times) > 0)):
        raise CallerError(f"{VARIABLE}={value!r} is no border. Use NAME or NAME:N, NAME one of: {', '.join(BORDERS)}.")
    return _Crash(name, int(times) if colon else 1)


def arm(value: str) -> None:
    """Has this process die at a border from now on, `NAME` or `NAME:N`; for processes that were forked."""
    global _crash
    _crash = read_crash({VARIABLE: value})


def _die() -> None:
    if sys.platform == "win32":
        os._exit(137)
    os.kill(os.getpid(), signal.SIGKILL)


_crash = read_crash(os.environ)


def reach(border: str) -> None:
    """Does nothing, unless `LANGGYM_CRASH_AT` names this border: then the process dies without any cleaning up."""
    if _crash is not None:
        _crash.pass_border(border)
