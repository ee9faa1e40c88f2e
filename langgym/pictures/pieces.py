"""Chess pieces as flat shapes, on a square of side 1 with its origin at the top left."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langgym.pictures.canvas import Canvas, Point

    Shape = tuple[Point, ...]
    Disc = tuple[float, float, float]

_FOOT: "Shape" = ((0.24, 0.80), (0.76, 0.80), (0.80, 0.90), (0.20, 0.90))
_SHAPES: "Mapping[str, Sequence[Shape]]" = {
    "p": (((0.42, 0.44), (0.58, 0.44), (0.68, 0.80), (0.32, 0.80)),),
    "r": (
        ((0.34, 0.36), (0.66, 0.36), (0.70, 0.80), (0.30, 0.80)),
        (
            *((0.27, 0.16), (0.38, 0.16), (0.38, 0.25), (0.45, 0.25), (0.45, 0.16), (0.55, 0.16)),
            *((0.55, 0.25), (0.62, 0.25), (0.62, 0.16), (0.73, 0.16), (0.73, 0.38), (0.27, 0.38)),
        ),
    ),
    "n": (
        (
            *((0.32, 0.80), (0.37, 0.62), (0.52, 0.46), (0.37, 0.50), (0.27, 0.57), (0.20, 0.47), (0.36, 0.28)),
            *((0.40, 0.13), (0.50, 0.22), (0.63, 0.28), (0.73, 0.46), (0.74, 0.80)),
        ),
    ),
    "b": (
        ((0.45, 0.55), (0.55, 0.55), (0.68, 0.80), (0.32, 0.80)),
        ((0.50, 0.18), (0.62, 0.34), (0.64, 0.48), (0.56, 0.60), (0.44, 0.60), (0.36, 0.48), (0.38, 0.34)),
    ),
    "q": (
        (
            *((0.18, 0.28), (0.34, 0.50), (0.36, 0.20), (0.50, 0.46), (0.64, 0.20), (0.66, 0.50), (0.82, 0.28)),
            *((0.70, 0.80), (0.30, 0.80)),
        ),
    ),
    "k": (
        (
            *((0.46, 0.06), (0.54, 0.06), (0.54, 0.13), (0.62, 0.13), (0.62, 0.20), (0.54, 0.20), (0.54, 0.34)),
            *((0.46, 0.34), (0.46, 0.20), (0.38, 0.20), (0.38, 0.13), (0.46, 0.13)),
        ),
        (
            (0.24, 0.38),
            (0.44, 0.31),
            (0.56, 0.31),
            (0.76, 0.38),
            (0.77, 0.53),
            (0.68, 0.80),
            (0.32, 0.80),
            (0.23, 0.53),
        ),
    ),
}
_DISCS: "Mapping[str, Sequence[Disc]]" = {
    "p": ((0.50, 0.34, 0.14),),
    "b": ((0.50, 0.15, 0.05),),
    "q": ((0.18, 0.26, 0.05), (0.36, 0.18, 0.05), (0.64, 0.18, 0.05), (0.82, 0.26, 0.05)),
}


def draw_piece(canvas: "Canvas", symbol: str, corner: "Point", size: float) -> None:
    """Draws a piece on a square.

    Args:
        canvas: Where to.
        symbol: Its letter: a capital for White, a small one for Black.
        corner: The top left of the square.
        size: The side of the square.
    """
    kind = symbol.lower()
    fill, edge = ("#fbfaf5", "#26221d") if symbol.isupper() else ("#2d2a28", "#0c0b0a")
    for shape in (*_SHAPES[kind], _FOOT):
        points = [(corner[0] + x * size, corner[1] + y * size) for x, y in shape]
        canvas.shape(points, fill=fill, edge=edge)
    for x, y, radius in _DISCS.get(kind, ()):
        canvas.disc((corner[0] + x * size, corner[1] + y * size), radius * size, fill=fill, edge=edge)
