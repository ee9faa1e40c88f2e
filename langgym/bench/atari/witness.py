"""What knows better: an independent source for the statements of a game's text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from universe.atari.shot import Look, Shot

Spot = tuple[float, float]
"""The middle of a thing: pixels from the left and from the top."""

Spots = Mapping[str, Sequence[Spot]]
"""Where things are: by seat for what seats steer, by `seat:thing` for what is a seat's (`first_0:missile`), else by
name.

No spot means that the thing is not there; a name that is missing, that the source does not know.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Where a game's things are by a source that its renderer does not use."""

    source: Literal["RAM", "pixels", "stick"]
    """RAM where the text comes from pixels, the reverse, or what moves when a seat's stick moves."""
    spots: Callable[[Look], Spots] | None = None
    """Reads a moment; `None` where sticks alone are the source."""
    tolerance: float = 3.0
    """Pixels by which two sources may differ in each direction."""
    drift: float = 5.0
    """Pixels by which motions in a decision may differ in each direction."""
    sticks: tuple[str, ...] = ()
    """What the stick probe tries, by the emulator's names, until something follows; empty where it is not used."""
    probe_frames: int = 6
    """For how many frames it holds them."""
    reach: float = 8.0
    """Pixels that what follows a stick may lie away from the thing that the text says follows it."""
    judge: Callable[[str, str, Shot], Sequence[bool]] | None = None
    """Judges what is not a place or a motion, as boards and clocks: text, seat and shot to a verdict per statement."""
