"""What went wrong, as a screen says it."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["empty", "schema", "gone", "error"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something cannot be shown."""

    kind: Kind
    """`empty`: nothing is stored yet; `schema`: the store is of another version; `gone`: what was named is not there;
    `error`: anything else."""
    text: str
    error: Exception


def explain(error: Exception) -> Trouble:
    """Returns an error in a line of words."""
    from agents_db.errors import CallerError, NoStore, StoreTooNew, StoreTooOld
    from langgym.errors import LangGymError

    match error:
        case NoStore():
            return Trouble("empty", str(error), error)
        case StoreTooNew() | StoreTooOld():
            return Trouble("schema", str(error), error)
        case CallerError():
            return Trouble("gone", str(error), error)
        case LangGymError():
            return Trouble("error", str(error), error)
        case _ if type(error).__module__.startswith("agents_db"):
            return Trouble("error", str(error), error)
        case _:
            return Trouble(
                "error", f"{type(error).__name__}: {error}. This is a bug in LangGym; please report it.", error
            )
