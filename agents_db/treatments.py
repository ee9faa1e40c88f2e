"""The frozen values in which a repair says what it did."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What became of something that a check found."""

    severity: Literal["note", "problem"]
    state: Literal["mended", "planned", "left"]
    what: str
    note: str
    """What was done, would be done, or is for a person to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What a repair did."""

    items: tuple[Treatment, ...]
    backup: Path | None
    """Where the store is as it was; `None` where none of its rows were changed."""
