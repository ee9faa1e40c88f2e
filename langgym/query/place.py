"""Read models of the store itself."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from agents_db.records import Finding
from agents_db.treatments import Repair
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
    mendable: bool
    """Whether `langgym db repair` does something about it."""


class CheckPage(Document):
    """What a check of the store found."""

    schema_id: Literal["langgym.check/1"] = Field(default="langgym.check/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    store: str
    items: tuple[FindingItem, ...]
    next: None = None


class TreatmentItem(ReadModel):
    """What became of something that a check found."""

    severity: Literal["note", "problem"]
    state: Literal["mended", "planned", "left"]
    what: str
    note: str
    """What was done, would be done, or is for a person to do."""


class RepairPage(Document):
    """What a repair did, or would do."""

    schema_id: Literal["langgym.repair/1"] = Field(default="langgym.repair/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    store: str
    backup: str | None
    """Where the store is as it was before; `None` where none of its rows were changed."""
    items: tuple[TreatmentItem, ...]
    next: None = None


class BackupMade(Document):
    """A backup that was made and verified."""

    schema_id: Literal["langgym.backup/1"] = Field(default="langgym.backup/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    path: str
    bytes: int


class VacuumDone(Document):
    """What a vacuum gave back."""

    schema_id: Literal["langgym.vacuum/1"] = Field(default="langgym.vacuum/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    store: str
    before: int
    after: int
    """Bytes of the store's files."""
    waits: bool
    """Whether a reader keeps SQLite's log from being folded into the file."""


def read_place(home: Path, store: Path) -> StorePlace:
    """Returns where a home's store is and how large."""
    files = [Path(f"{store}{suffix}") for suffix in ("", "-wal", "-shm")]
    size = sum(file.stat().st_size for file in files if file.is_file())
    return StorePlace(home=str(home), store=str(store), exists=store.is_file(), bytes=size)


def describe_findings(store: Path, findings: list[Finding]) -> CheckPage:
    """Returns the findings of a check."""
    return CheckPage(store=str(store), items=tuple(FindingItem.model_validate(finding) for finding in findings))


def describe_repair(store: Path, repair: Repair) -> RepairPage:
    """Returns what a repair did."""
    items = tuple(TreatmentItem.model_validate(item) for item in repair.items)
    return RepairPage(store=str(store), backup=None if repair.backup is None else str(repair.backup), items=items)
