"""Words for Tetris: the well and the falling piece, read from the console's RAM."""

from collections.abc import Iterable

from universe.atari.shot import Ram, Shot
from universe.atari.tetris import ACTIONS, Cell, read_piece
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.scene import Scene
from universe.renderers.atari.words import read_stick
from universe.view import Facts, View

N_ROWS, N_COLUMNS = 22, 10
LEFT_PART = 6
"""Columns whose bits lie in a row's left byte, the highest first; its right byte has the others, the lowest first."""

RIGHT_BYTE = 22
"""The right byte of the lowest row; its left byte is the first of all, and higher rows follow."""

SHAPES = {
    "square": ((0, 0), (0, 1), (1, 0), (1, 1)),
    "bar": ((0, 0), (0, 1), (0, 2), (0, 3)),
    "T": ((0, 0), (0, 1), (0, 2), (1, 1)),
    "L": ((0, 0), (0, 1), (0, 2), (1, 0)),
    "J": ((0, 0), (0, 1), (0, 2), (1, 2)),
    "S": ((0, 0), (0, 1), (1, 1), (1, 2)),
    "Z": ((1, 0), (1, 1), (0, 1), (0, 2)),
}
"""Cells of each piece in one of its positions, rows upwards."""


class TetrisRenderer(AtariRenderer):
    """The well as rows of cells, and what a drop would do."""

    level = "exact"

    fields = ("action",)

    def see(self, shot: Shot) -> Scene:
        """Returns the lines of the well."""
        piece = read_piece(shot.now.ram)
        ground = read_well(shot.now.ram) - set(piece)
        lines = [f"Piece: {name_piece(piece)}, {_tell_columns(piece)}" if piece else "No piece yet"]
        return Scene(things=(), lines=(*lines, *_draw(ground, piece), tell_drop(ground, piece)))

    def brief(self, view: View) -> str:
        """Returns how the well is drawn."""
        return (
            "Pieces fall in a well of 10 columns (1 on the left) and 22 rows (1 at the bottom). In the drawing `#` is "
            "a cell that lies, `o` the falling piece, `.` an empty cell; rows without any are left out."
        )

    def text(self, view: View) -> str:
        """Returns the piece, the well and the score."""
        scene = self.scene(view)
        return "\n".join([*scene.lines, *self.tell_score(scene, view)])

    def words(self, view: View) -> list[str]:
        """Returns the names of what can be decided."""
        return list(ACTIONS)

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns what an action is called."""
        return (ACTIONS[action],)

    def read(self, answer: str, view: View) -> str | None:
        """Reads `rotate` and `down` besides the usual."""
        said = read_stick(answer)
        return {"rotate": "turn", "down": "drop", "fire": "turn"}.get(str(said), said)

    def situation(self, view: View) -> str:
        """Returns the piece, what a drop would do, and how the ground lies."""
        shot = self.shot(view)
        piece = read_piece(shot.now.ram)
        tops = _tops(read_well(shot.now.ram) - set(piece))
        where = _lowest(tops, piece)
        name = name_piece(piece) if piece else "no piece"
        return f"{name}; {self.scene(view).lines[-1].lower()}; lowest ground {where}; {_height(tops)}"

    def facts(self, view: View) -> Facts:
        """Returns the ground, and for each action where it takes the piece and what a drop would do from there."""
        shot = self.shot(view)
        piece = read_piece(shot.now.ram)
        ground = read_well(shot.now.ram) - set(piece)
        tops = _tops(ground)
        where = _lowest(tops, piece)
        here = tell_drop(ground, piece).lower()
        actions = {action: [ACTIONS[action]] for action in view.legal}
        for action, shift in ((1, -1), (2, 1)):
            moved = [(row, column + shift) for row, column in piece]
            free = all(0 <= column < N_COLUMNS and (row, column) not in ground for row, column in moved)
            ahead = "left" if shift < 0 else "right"
            actions[action] += [
                "towards the lowest ground" if where == ahead else "away from the lowest ground",
                f"then {tell_drop(ground, moved).lower()}" if free else "in the way",
            ]
        actions[4].append(here)
        state = (name_piece(piece) if piece else "no piece", here, f"lowest ground {where}", _height(tops))
        return Facts(state, {action: tuple(facts) for action, facts in actions.items()})


def read_well(ram: Ram) -> set[Cell]:
    """Returns every filled cell, those of the falling piece included."""
    filled: set[Cell] = set()
    for row in range(N_ROWS):
        left, right = int(ram[row]), int(ram[RIGHT_BYTE + row])
        filled |= {(row, column) for column in range(LEFT_PART) if left >> (LEFT_PART - 1 - column) & 1}
        filled |= {(row, column) for column in range(LEFT_PART, N_COLUMNS) if right >> (column - LEFT_PART) & 1}
    return filled


def name_piece(cells: Iterable[Cell]) -> str:
    """Returns what a piece is called, however it is turned.

    >>> name_piece([(5, 3), (6, 3), (7, 3), (6, 4)])
    'T'
    """
    turned = list(cells)
    for _ in range(4):
        if _settle(turned) in _NAMES:
            return _NAMES[_settle(turned)]
        turned = [(column, -row) for row, column in turned]
    return "piece"


def tell_drop(ground: set[Cell], piece: list[Cell]) -> str:
    """Returns what would come of dropping a piece where it is.

    >>> tell_drop({(0, column) for column in range(8)}, [(5, 8), (5, 9), (6, 8), (6, 9)])
    'A drop here: completes 1 line'
    """
    if not piece:
        return "A drop here: nothing to drop"
    fall = 0
    while all(row - fall - 1 >= 0 and (row - fall - 1, column) not in ground for row, column in piece):
        fall += 1
    landed = {(row - fall, column) for row, column in piece}
    filled = ground | landed
    lines = sum(all((row, column) in filled for column in range(N_COLUMNS)) for row in {row for row, _ in landed})
    covered = sum(_count_gap(filled, cell) for cell in landed)
    done = f"completes {lines} line{'s' * (lines > 1)}" if lines else ""
    holes = f"leaves {covered} empty cell{'s' * (covered > 1)} below it" if covered else ""
    return f"A drop here: {' and '.join(part for part in (done, holes) if part) or 'leaves no empty cell below it'}"


def _count_gap(filled: set[Cell], cell: Cell) -> int:
    """Returns how many empty cells lie right below a cell."""
    row, column = cell
    gap = 0
    while row - gap - 1 >= 0 and (row - gap - 1, column) not in filled:
        gap += 1
    return gap


def _settle(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    placed = list(cells)
    low, left = min(row for row, _ in placed), min(column for _, column in placed)
    return tuple(sorted((row - low, column - left) for row, column in placed))


_NAMES = {_settle(cells): name for name, cells in SHAPES.items()}


def _tops(ground: set[Cell]) -> list[int]:
    """Returns the height of each column."""
    return [max((row + 1 for row, at in ground if at == column), default=0) for column in range(N_COLUMNS)]


def _lowest(tops: list[int], piece: list[Cell]) -> str:
    """Returns where the lowest column lies from a piece: left, right or below it."""
    columns = [column for _, column in piece] or [N_COLUMNS // 2]
    low = min(tops)
    spots = [column for column, top in enumerate(tops) if top == low]
    near = min(spots, key=lambda column: max(min(columns) - column, column - max(columns), 0))
    return "left" if near < min(columns) else "right" if near > max(columns) else "below"


def _height(tops: list[int]) -> str:
    highest = max(tops)
    return (
        "the ground is flat"
        if highest == 0
        else f"{'low' if highest < 7 else 'middling' if highest < 14 else 'high'} ground"
    )


def _tell_columns(piece: list[Cell]) -> str:
    columns = [column for _, column in piece]
    return f"columns {min(columns) + 1} to {max(columns) + 1}"


def _draw(ground: set[Cell], piece: list[Cell]) -> list[str]:
    falling = set(piece)
    lines: list[str] = []
    for row in range(N_ROWS - 1, -1, -1):
        marks = [
            "o" if (row, column) in falling else "#" if (row, column) in ground else "." for column in range(N_COLUMNS)
        ]
        if set(marks) != {"."}:
            lines.append(f"row {row + 1} {''.join(marks)}")
    return lines
