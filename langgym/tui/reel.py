"""Reel: the decisions of an episode in order, the one that is looked at, and whether new ones are followed."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """A decision by its turn and seat."""

    turn: int
    seat: str


@dataclass(slots=True)
class Reel:
    """Where a person is in an episode; `at` is always that of a decision, or 0 where there is none yet."""

    places: Sequence[Place] = field(default_factory=tuple[Place, ...])
    at: int = 0
    follows: bool = False
    """Whether the last decision is looked at as new ones come."""
    n_new: int = 0
    """Decisions that came since following stopped."""

    @property
    def place(self) -> Place | None:
        """The decision that is looked at."""
        return self.places[self.at] if self.places else None

    def extend(self, places: Sequence[Place]) -> bool:
        """Takes the decisions as they are now; says whether another one is looked at."""
        came = max(0, len(places) - len(self.places))
        before = self.place
        self.places = places
        if self.follows:
            self.at, self.n_new = max(0, len(places) - 1), 0
        else:
            self.n_new += came
            self.at = max(0, min(self.at, len(places) - 1))
        return self.place != before

    def go(self, at: int) -> None:
        """Looks at a decision by its number; a step back ends following."""
        target = max(0, min(at, len(self.places) - 1))
        if target < self.at:
            self.follows = False
        self.at = target
        if self.at == len(self.places) - 1:
            self.n_new = 0

    def find(self, turn: int, seat: str | None = None) -> int | None:
        """Returns the number of the decision of a turn, and of a seat where one is named; `None` for none."""
        for at, place in enumerate(self.places):
            if place.turn == turn and seat in (None, place.seat):
                return at
        return None

    def step_own(self, way: int) -> None:
        """Goes to the next (1) or previous (-1) decision of the same seat, where there is one."""
        place, at = self.place, self.at + way
        while place is not None and 0 <= at < len(self.places):
            if self.places[at].seat == place.seat:
                self.go(at)
                return
            at += way

    def toggle_follow(self) -> None:
        """Begins to follow, from the last decision on, or ends it."""
        self.follows = not self.follows
        if self.follows:
            self.at, self.n_new = max(0, len(self.places) - 1), 0
