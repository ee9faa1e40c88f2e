"""Boards of squares and lines: tic-tac-toe, connect four, go, chess."""

from typing import TYPE_CHECKING, cast

from langgym.pictures.canvas import FAINT, INK, Canvas
from langgym.pictures.pieces import draw_piece

if TYPE_CHECKING:
    import chess
    from PIL.Image import Image

    from langgym.pictures.sight import Sight
    from universe.renderers.go import Position as GoPosition

SIDE = 480
"""The width of a picture in pixels."""
HEAD = 36
"""The height of the line above a board that says who plays."""
MARGIN = 28
"""Where the names of rows and columns stand."""
FIRST, SECOND, MARKED = "#2f6fb7", "#c8463c", "#f2c14e"
_GO_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"  # as texts and GTP name them: without I
_DEEP = HEAD + MARGIN


def draw_noughts(sight: "Sight") -> "Image":
    """Draws tic-tac-toe: the first seat plays X."""
    cells = cast("tuple[int, ...]", sight.glimpse)
    canvas, size = Canvas(SIDE, SIDE + HEAD), (SIDE - 2 * MARGIN) / 3
    write_head(canvas, sight, ("X", "O"))
    for at, cell in enumerate(cells):
        x, y = MARGIN + at // 3 * size, _DEEP + at % 3 * size
        fresh = sight.last is not None and sight.last.action == at
        canvas.box((x + 2, y + 2), (size - 4, size - 4), fill="#fdf3d0" if fresh else "#ffffff", round_by=6)
        middle, reach = (x + size / 2, y + size / 2), size * 0.28
        if cell == 1:
            for way in (1, -1):
                ends = [(middle[0] - reach, middle[1] - way * reach), (middle[0] + reach, middle[1] + way * reach)]
                canvas.line(ends, fill=FIRST, width=9)
        elif cell == 2:
            canvas.disc(middle, reach + 4, fill=SECOND)
            canvas.disc(middle, reach - 5, fill="#fdf3d0" if fresh else "#ffffff")
    for place in range(3):
        canvas.write((MARGIN + (place + 0.5) * size, HEAD + MARGIN / 2), "abc"[place], fill=FAINT)
        canvas.write((MARGIN / 2, _DEEP + (place + 0.5) * size), str(place + 1), fill=FAINT)
    return canvas.finish()


def draw_four(sight: "Sight") -> "Image":
    """Draws connect four: columns are 1 to 7."""
    cells = cast("tuple[int, ...]", sight.glimpse)
    size = (SIDE - 2 * MARGIN) / 7
    canvas = Canvas(SIDE, round(_DEEP + 6 * size + MARGIN))
    write_head(canvas, sight, ("blue", "red"))
    canvas.box((MARGIN - 6, _DEEP - 6), (7 * size + 12, 6 * size + 12), fill="#d8dde6", round_by=12)
    column = None if sight.last is None else sight.last.action
    fresh = None if column is None else next(at for at in range(column, 42, 7) if cells[at])
    for at, cell in enumerate(cells):
        middle = (MARGIN + (at % 7 + 0.5) * size, _DEEP + (at // 7 + 0.5) * size)
        if at == fresh:
            canvas.disc(middle, size * 0.46, fill=MARKED)
        canvas.disc(middle, size * 0.4, fill=("#ffffff", FIRST, SECOND)[cell])
    for place in range(7):
        canvas.write((MARGIN + (place + 0.5) * size, HEAD + MARGIN / 3), str(place + 1), fill=FAINT)
    return canvas.finish()


def draw_go(sight: "Sight") -> "Image":
    """Draws go: Black is the first seat; A1 is bottom left."""
    position = cast("GoPosition", sight.glimpse)
    size = round(len(position.cells) ** 0.5)
    canvas, gap = Canvas(SIDE, SIDE + HEAD, paper="#e8c98f"), (SIDE - 3.4 * MARGIN) / max(size - 1, 1)
    left, top = 1.9 * MARGIN, HEAD + 1.9 * MARGIN
    black, white = position.captured
    write_head(canvas, sight, (f"black, took {black}", f"white, took {white}"))
    far = (size - 1) * gap
    for place in range(size):
        along = place * gap
        canvas.line([(left, top + along), (left + far, top + along)])
        canvas.line([(left + along, top), (left + along, top + far)])
        canvas.write((left + along, top - MARGIN * 1.3), _GO_LETTERS[place], size=11)
        canvas.write((left - MARGIN * 1.3, top + along), str(size - place), size=11)
    fresh = None if sight.last is None else sight.last.action
    for at, cell in enumerate(position.cells):
        middle = (left + at % size * gap, top + at // size * gap)
        if cell:
            canvas.disc(middle, gap * 0.46, fill=INK if cell > 0 else "#fbfbf8", edge=INK)
        if cell and at == fresh:
            canvas.disc(middle, gap * 0.16, fill=SECOND)
        if at == position.ko:
            canvas.box((middle[0] - gap / 5, middle[1] - gap / 5), (gap / 2.5, gap / 2.5), edge=SECOND)
    return canvas.finish()


def draw_chess(sight: "Sight") -> "Image":
    """Draws chess with the side of whoever looks at the bottom: White for a spectator."""
    board = cast("chess.Board", sight.glimpse)
    turned = sight.seat == sight.seats[1]
    canvas, size = Canvas(SIDE, SIDE + HEAD), (SIDE - 2 * MARGIN) / 8
    write_head(canvas, sight, ("white", "black"))
    fresh = _find_squares(sight)
    for square in range(64):
        file, rank = square % 8, square // 8
        column, row = (7 - file, rank) if turned else (file, 7 - rank)
        corner = (MARGIN + column * size, _DEEP + row * size)
        light = (file + rank) % 2 == 1
        shade = ("#dbb24f", "#f4dc82")[light] if square in fresh else ("#b08a63", "#ecd9b8")[light]
        canvas.box(corner, (size, size), fill=shade)
        piece = board.piece_at(square)
        if piece is not None:
            draw_piece(canvas, piece.symbol(), corner, size)
    for place in range(8):
        file = "abcdefgh"[7 - place if turned else place]
        canvas.write((MARGIN + (place + 0.5) * size, _DEEP + 8 * size + MARGIN / 2), file, fill=FAINT)
        rank = str(place + 1 if turned else 8 - place)
        canvas.write((MARGIN / 2, _DEEP + (place + 0.5) * size), rank, fill=FAINT)
    return canvas.finish()


def _find_squares(sight: "Sight") -> tuple[int, ...]:
    """Returns the squares that the last move went from and to."""
    from chess import parse_square

    name = "" if sight.last is None else sight.last.name
    return tuple(parse_square(name[at : at + 2]) for at in range(0, min(len(name), 4), 2))


def write_head(canvas: Canvas, sight: "Sight", marks: tuple[str, ...]) -> None:
    """Writes who plays what above a board; a dot stands before whoever is to move."""
    share = canvas.width / len(sight.seats)
    for place, (seat, mark) in enumerate(zip(sight.seats, marks, strict=True)):
        x = place * share + 14
        if seat in sight.acting:
            canvas.disc((x, HEAD / 2), 5, fill="#3c8d40")
        you = " (looks)" if seat == sight.seat else ""
        canvas.write((x + 12, HEAD / 2), f"{seat}: {mark}{you}", anchor="lm")
