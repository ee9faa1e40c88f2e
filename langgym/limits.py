"""Limits of what may be spent, and what calls take of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Literal

from agents_db.records import Json, SpendingRecord
from langgym.asking import NO_ANSWERS, Attempt
from langgym.prices import Price

LimitName = Literal["calls", "tokens", "cost", "seconds"]

FLAGS: Mapping[LimitName, str] = {
    "calls": "--max-calls",
    "tokens": "--max-tokens",
    "cost": "--max-cost",
    "seconds": "--max-time",
}
"""The option that sets each limit."""
SIZES: tuple[LimitName, ...] = ("calls", "tokens", "cost")
"""Limits of what calls take."""


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

    def replace(self, other: "Limits") -> "Limits":
        """Returns these limits with those that another sets in their place."""
        return Limits.read({**self.describe(), **other.describe()})

    def find(self, name: LimitName) -> Decimal | None:
        """Returns a limit as an exact number, or `None`."""
        value = getattr(self, name)
        return None if value is None else Decimal(str(value))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is limited."""
        return not self.describe()

    @classmethod
    def read(cls, stored: Mapping[str, Json]) -> "Limits":
        """Returns stored limits."""
        names = [field.name for field in fields(cls)]
        return cls(**{name: value for name, value in stored.items() if name in names})  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What calls took, or may take; sums are exact."""

    calls: int = 0
    tokens: int = 0
    cost: Decimal = Decimal(0)
    """In US dollars, of what has a price."""

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(calls=self.calls + other.calls, tokens=self.tokens + other.tokens, cost=self.cost + other.cost)

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(calls=self.calls - other.calls, tokens=self.tokens - other.tokens, cost=self.cost - other.cost)

    def of(self, name: LimitName) -> Decimal:
        """Returns the amount that a limit other than that of time is about."""
        return self.cost if name == "cost" else Decimal(self.calls if name == "calls" else self.tokens)


def estimate_spending(attempt: Attempt, price: Price | None) -> Spent:
    """Returns the most that one call of an attempt should take: its prompt, and the longest reply."""
    return _make_spent(1, attempt.est_in, attempt.est_out, price=price)


def measure_spending(attempt: Attempt, price: Price | None) -> Spent:
    """Returns what an attempt took; what no provider has counted is taken from the estimate, lost calls as well."""
    heard = attempt.outcome not in NO_ANSWERS
    tokens_in = attempt.est_in if attempt.tokens_in is None else attempt.tokens_in
    tokens_out = attempt.est_out if attempt.tokens_out is None else attempt.tokens_out
    answered = _make_spent(
        int(attempt.outcome != "provider_error"),
        tokens_in if heard else 0,
        tokens_out if heard else 0,
        cached=attempt.cached_tokens or 0,
        price=price,
    )
    lost = attempt.lost_calls
    return answered + _make_spent(lost, lost * attempt.est_in, lost * attempt.est_out, price=price)


def sum_row(row: SpendingRecord, price: Price | None) -> Spent:
    """Returns what a stored sum amounts to, with the calls that were lost or cut off by their estimates."""
    counted = _make_spent(row.n_calls, row.tokens_in, row.tokens_out, cached=row.cached_tokens, price=price)
    guessed = (row.lost_in + row.open_in, row.lost_out + row.open_out)
    return counted + _make_spent(row.lost_calls + row.open_calls, *guessed, price=price)


def _make_spent(calls: int, tokens_in: int, tokens_out: int, *, cached: int = 0, price: Price | None) -> Spent:
    cost = price.find_cost(tokens_in, tokens_out, cached=cached) if price else Decimal(0)
    return Spent(calls=calls, tokens=tokens_in + tokens_out, cost=cost)


def format_amount(name: LimitName, value: Decimal | float) -> str:
    """Returns an amount of what a limit is about, for people.

    >>> [format_amount(name, 1) for name in FLAGS]
    ['1 call', '1 token', '$1.0000', '1 s']
    """
    if name == "cost":
        return f"${value:.4f}" if not 0 < value < Decimal("0.0001") else "under $0.0001"
    if name == "seconds":
        return f"{float(value):.4g} s"
    return f"{int(value):,} {name.removesuffix('s') if value == 1 else name}"
