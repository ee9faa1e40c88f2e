"""Read models of the store itself."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from agents_db.records import Finding
from langgym.query.values import Document, ReadModel


class StorePlace(Document):
    """Where things lie."""

    schema_id: Literal["langgym.path/1"] = Field(default="langgym.path/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    home: str
    store: str
    exists: bool
    bytes: int
    """Of the store's files."""


class FindingItem(ReadModel):
    """Something that a check found."""

    severity: Literal["note", "problem"]
    what: str
    advice: str


class CheckPage(Document):
    """What a check of the store found."""

    schema_id: Literal["langgym.check/1"] = Field(default="langgym.check/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    store: str
    items: tuple[FindingItem, ...]
    next: None = None


def read_place(home: Path, store: Path) -> StorePlace:
    """Returns where a home's store is and how large."""
    files = [Path(f"{store}{suffix}") for suffix in ("", "-wal", "-shm")]
    size = sum(file.stat().st_size for file in files if file.is_file())
    return StorePlace(home=str(home), store=str(store), exists=store.is_file(), bytes=size)


def describe_findings(store: Path, findings: list[Finding]) -> CheckPage:
    """Returns the findings of a check."""
    items = tuple(
        FindingItem(severity=finding.severity, what=finding.what, advice=finding.advice) for finding in findings
    )
    return CheckPage(store=str(store), items=items)
