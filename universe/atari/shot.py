"""What an Atari game shows at the end of a decision: the window that renderers look through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Screen = NDArray[np.uint8]
"""A picture as palette indices, rows from the top: `hue << 4 | luminance`, 210 x 160 or a little more."""

Ram = NDArray[np.uint8]
"""The console's 128 bytes."""

APART = 8
"""Frames between a shot's two looks, over which velocities are measured."""


@dataclass(frozen=True, slots=True)
class Look:
    """One moment: its last two frames, since many sprites are drawn in every second frame only, and the RAM."""

    before: Screen
    """The frame before the last."""
    screen: Screen
    ram: Ram


@dataclass(frozen=True, slots=True)
class Shot:
    """The moment in which a decision is due, and a moment shortly before; read-only and the same for all seats."""

    now: Look
    earlier: Look | None
    """`apart` frames before; `None` where the episode is too young."""
    apart: int
    frame: int
    """Frames since the emulator was started, the warm-up included."""
    scores: Mapping[str, float]
    """What each seat has been paid since its first turn."""
    lives: Mapping[str, int]
    """As the emulator counts them; -1 for a seat that is out, 0 where the game has none."""
    known: dict[str, Any] = field(default_factory=dict[str, Any], compare=False, repr=False)
    """What renderers have read out of the shot already, by their own key: it is made once for all seats."""

    def __post_init__(self) -> None:
        for look in (self.now, self.earlier):
            for array in (look.before, look.screen, look.ram) if look else ():
                array.flags.writeable = False
