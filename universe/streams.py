"""Independent streams of random draws that need no generator state.

Each draw is a pure function of the stream's key and of the place where it is made (a seat and its turn), so a resumed
episode draws what the interrupted one would have drawn.
"""

from collections.abc import MutableSequence, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stream:
    """A source of draws, named by where it comes from.

    >>> Stream.of(7, "menu").integer("player_0", 3) == Stream.of(7, "menu").integer("player_0", 3)
    True
    """

    key: bytes

    @classmethod
    def of(cls, *origin: int | str) -> "Stream":
        """Returns the stream of an origin, for example (run seed, episode, name)."""
        return cls(blake2b("\x1f".join(map(str, origin)).encode(), digest_size=16).digest())

    def integer(self, seat: str = "", index: int = 0, n: int = 0) -> int:
        """Returns the 63-bit draw number `n` of a seat in its turn `index`."""
        place = blake2b(f"{seat}\x1f{index}\x1f{n}".encode(), key=self.key, digest_size=8).digest()
        return int.from_bytes(place, "big") >> 1

    def fraction(self, seat: str = "", index: int = 0, n: int = 0) -> float:
        """Returns a draw from [0, 1), uniform to 53 bits."""
        return (self.integer(seat, index, n) >> 10) / (1 << 53)

    def pick(self, items: Sequence[T], seat: str = "", index: int = 0) -> T:
        """Returns one of `items`, uniformly (to a bias below len(items) / 2**63)."""
        return items[self.integer(seat, index) % len(items)]

    def shuffle(self, items: MutableSequence[T], seat: str = "", index: int = 0) -> None:
        """Shuffles `items` in place (Fisher and Yates)."""
        for last in range(len(items) - 1, 0, -1):
            other = self.integer(seat, index, last) % (last + 1)
            items[last], items[other] = items[other], items[last]
