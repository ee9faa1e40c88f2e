"""The read model of an error, as `--json` prints it on standard error."""

from typing import Literal

from pydantic import Field

from langgym.query.values import Document


class Trouble(Document):
    """What went wrong."""

    schema_id: Literal["langgym.error/1"] = Field(default="langgym.error/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    code: int
    """The exit code."""
    kind: str
    """The name of the error."""
    message: str
    nearest: tuple[str, ...]
    """Names that the caller may have meant."""
    pid: int | None
    """The process that owns what was asked for."""
