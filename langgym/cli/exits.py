"""From errors to exit codes and one line that says what is wrong."""

import errno
import sys
from dataclasses import asdict, dataclass

from agents_db.errors import AgentOwned, AgentsDBError, CallerError, UnknownAgent
from langgym.errors import LangGymError
from universe.errors import EnvFault, UniverseError, UnknownEnv

OK, SOME_FAILED, USAGE, MODEL, BUDGET, STORE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
_UNUSABLE = (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM, errno.EDQUOT, errno.ENOTDIR, errno.EIO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong, for a person and for a program."""

    code: int
    kind: str
    """The name of the error's class."""
    message: str
    nearest: tuple[str, ...] = ()
    """Names that the caller may have meant."""
    pid: int | None = None
    """The process that owns what was asked for."""

    def describe(self) -> dict[str, object]:
        """Returns the failure as the object that `--json` prints on standard error."""
        return {"schema": "langgym.error/1", **asdict(self)}


def explain_error(error: BaseException) -> Failure | None:
    """Returns what a person is told of an error; `None` for one that nobody expected."""
    kind = type(error).__name__
    if isinstance(error, KeyboardInterrupt):
        return Failure(code=INTERRUPTED, kind=kind, message="Interrupted.")
    if isinstance(error, LangGymError):
        return Failure(code=error.exit_code, kind=kind, message=str(error))
    if isinstance(error, AgentsDBError):
        return _explain_store(error, kind)
    if isinstance(error, UniverseError):
        nearest = error.nearest if isinstance(error, UnknownEnv) else ()
        code = SOME_FAILED if isinstance(error, EnvFault) else USAGE
        return Failure(code=code, kind=kind, message=str(error), nearest=nearest)
    if isinstance(error, OSError):
        return _explain_system(error, kind)
    embed = sys.modules.get("agents_db.embed")  # where nobody has loaded it, the error is none of its
    if embed is not None and isinstance(error, embed.EmbedderError):
        return Failure(code=MODEL, kind=kind, message=str(error))
    return None


def _explain_store(error: AgentsDBError, kind: str) -> Failure:
    return Failure(
        code=USAGE if isinstance(error, CallerError) else STORE,
        kind=kind,
        message=str(error),
        nearest=error.nearest if isinstance(error, UnknownAgent) else (),
        pid=error.pid if isinstance(error, AgentOwned) and error.pid else None,
    )


def _explain_system(error: OSError, kind: str) -> Failure | None:
    if error.errno not in _UNUSABLE:
        return None
    if error.filename is None:
        return Failure(code=SOME_FAILED, kind=kind, message=f"Cannot write the output: {error.strerror}.")
    message = f"Cannot use {str(error.filename)!r}: {error.strerror}; check it or use `--home`."
    return Failure(code=STORE, kind=kind, message=message)
