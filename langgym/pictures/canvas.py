"""A canvas for flat shapes and short words, drawn twice as large and reduced, so that edges are smooth."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FINE = 2
"""How much larger than its picture the canvas is."""
PAPER, INK, FAINT = "#f4f1ea", "#23262d", "#8a8f98"
Point = tuple[float, float]


class Canvas:
    """A picture that is being drawn; all measures are pixels of the finished picture, from its top left."""

    def __init__(self, width: int, height: int, *, paper: str = PAPER) -> None:
        self.width, self.height = width, height
        self._image = Image.new("RGB", (width * FINE, height * FINE), paper)
        self._draw = ImageDraw.Draw(self._image)

    def box(
        self, corner: Point, size: Point, *, fill: str | None = None, edge: str | None = None, round_by: float = 0
    ) -> None:
        """Draws a rectangle of a size from its top left corner."""
        (x, y), (width, height) = corner, size
        corners = _enlarge((corner, (x + width, y + height)))
        self._draw.rounded_rectangle(corners, round_by * FINE, fill=fill, outline=edge, width=FINE)

    def disc(self, centre: Point, radius: float, *, fill: str | None = None, edge: str | None = None) -> None:
        """Draws a circle."""
        x, y = centre
        corners = _enlarge(((x - radius, y - radius), (x + radius, y + radius)))
        self._draw.ellipse(corners, fill=fill, outline=edge, width=FINE)

    def line(self, points: Sequence[Point], *, fill: str = INK, width: float = 1) -> None:
        """Draws a line through points."""
        self._draw.line(_enlarge(points), fill=fill, width=round(width * FINE), joint="curve")

    def shape(self, points: Sequence[Point], *, fill: str, edge: str | None = None) -> None:
        """Draws a filled polygon."""
        self._draw.polygon(_enlarge(points), fill=fill, outline=edge, width=FINE)

    def write(
        self, place: Point, text: str, *, size: int = 14, fill: str = INK, anchor: Literal["mm", "lm", "rm"] = "mm"
    ) -> None:
        """Writes a word or two: `mm` centred on a place, `lm` from it, `rm` up to it."""
        x, y = place
        self._draw.text((x * FINE, y * FINE), text, fill=fill, font=_find_font(size * FINE), anchor=anchor)

    def finish(self) -> Image.Image:
        """Returns the picture."""
        return self._image.resize((self.width, self.height), Image.Resampling.LANCZOS)


@cache
def _find_font(size: int) -> "FreeTypeFont | ImageFont.ImageFont":
    return ImageFont.load_default(size)  # comes with Pillow: pictures are the same on every machine


def _enlarge(points: Sequence[Point]) -> list[Point]:
    return [(x * FINE, y * FINE) for x, y in points]
