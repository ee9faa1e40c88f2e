"""What a picture is drawn from: only what those who look at it may know."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import JsonValue

from universe.view import Move

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A position as one seat may know it, or as a spectator who may know everything."""

    seats: tuple[str, ...]
    seat: str | None
    """Who looks; `None` is the spectator."""
    acting: tuple[str, ...]
    """The seats that act next; empty when the episode is over."""
    opener: str
    """The seat that acted first."""
    kwargs: Mapping[str, JsonValue]
    """Every keyword of the variant."""
    glimpses: Mapping[str, object]
    """What the renderer copied out of the engine: for the seat that looks, for every seat where it is the spectator."""
    moves: Sequence[Move]
    """Past moves that whoever looks may know, oldest first."""

    @property
    def glimpse(self) -> object:
        """What any one of those who look knows: of an open game everything."""
        return next(iter(self.glimpses.values()))

    @property
    def last(self) -> Move | None:
        """The last move."""
        return self.moves[-1] if self.moves else None


Drawer = Callable[[Sight], "Image"]
"""Draws a position."""
