"""Read models of the weights of the embedded models."""

from typing import Literal

from pydantic import Field

from langgym.models.weights import WeightFile
from langgym.query.values import Document, ReadModel


class ModelItem(ReadModel):
    """A file of weights."""

    name: str
    title: str
    file: str
    path: str
    """Where it is, or is to be put."""
    present: bool
    size: int
    """Bytes."""
    sha256: str
    source: str
    licence: str


class ModelsPage(Document):
    """The weights of the embedded models."""

    schema_id: Literal["langgym.models/1"] = Field(default="langgym.models/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    items: tuple[ModelItem, ...]
    next: None = None


def read_models(files: list[WeightFile]) -> ModelsPage:
    """Returns the weights of a home."""
    return ModelsPage(
        items=tuple(
            ModelItem(
                name=file.pin.name,
                title=file.pin.title,
                file=file.pin.file,
                path=str(file.path),
                present=file.present,
                size=file.pin.size,
                sha256=file.pin.sha256,
                source=file.pin.source,
                licence=file.pin.licence,
            )
            for file in files
        )
    )
