"""What hands do that play boards on a console: hold a stick until something is so, lead a cursor to a place."""

from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")


def hold_until(done: Callable[[], bool], stick: int, *, longest: int) -> Iterator[int]:
    """Yields a stick until something is so, which is asked before each frame, or for so many frames."""
    for _ in range(longest):
        if done():
            return
        yield stick


def lead_to(goal: T, find: Callable[[], T], steer: Callable[[T], int], *, longest: int) -> Iterator[int]:
    """Yields sticks until a cursor is where it should be, or for so many frames.

    Args:
        goal: Where it should be.
        find: Returns where it is.
        steer: Returns the stick that brings it nearer from where it is.
        longest: Frames after which it is given up.
    """
    for _ in range(longest):
        at = find()
        if at == goal:
            return
        yield steer(at)
