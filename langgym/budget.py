"""Budgets: what a run or an agent may spend, checked before every call."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from agents_db.records import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may be spent; `None` is no limit."""

    tokens: int | None = None
    """Read and written."""
    cost: float | None = None
    """In US dollars."""
    calls: int | None = None
    seconds: float | None = None
    """Of play."""

    def describe(self) -> dict[str, Json]:
        """Returns the limits as they are stored."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def read(cls, stored: Mapping[str, Json]) -> "Limits":
        """Returns stored limits."""
        return cls(**{name: value for name, value in stored.items() if name in cls.__slots__})  # pyright: ignore[reportArgumentType]
