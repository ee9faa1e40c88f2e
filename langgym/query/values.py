"""Values that every read model is made of: times, numbers that may not be finite, the frozen base, pages."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field


class ReadModel(BaseModel):
    """A frozen value that is shown; its JSON Schema is in docs/schema."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True, serialize_by_alias=True)


class Document(ReadModel):
    """A read model that is printed by itself: it begins with the name of its schema."""

    schema_id: str = Field(alias="schema")


ReadModelT = TypeVar("ReadModelT", bound=ReadModel)


def _read_time(value: object) -> object:
    return datetime.fromtimestamp(value / 1_000_000, UTC) if isinstance(value, int) else value


def _drop_infinite(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None


Time = Annotated[AwareDatetime, BeforeValidator(_read_time)]
"""Made of UTC microseconds since 1970; RFC 3339 in JSON."""
Number = Annotated[float | None, AfterValidator(_drop_infinite)]
"""NaN and the infinities become `None`."""


def extend_model(kind: type[ReadModelT], item: ReadModel, **more: object) -> ReadModelT:
    """Returns a read model that has the fields of another and more."""
    return kind.model_validate({**dict(item), **more})


def find_next(ids: Sequence[int], limit: int) -> int | None:
    """Returns what the next page is `before`, or `None` where this page was not full."""
    return ids[-1] if ids and len(ids) == limit else None
