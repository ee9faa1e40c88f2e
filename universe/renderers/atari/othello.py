"""Words for the console's othello."""

from universe.atari.othello import (
    CELLS,
    SIZE,
    Board,
    find_flips,
    list_places,
    place_disc,
    read_board,
    side_of,
)
from universe.renderers.atari.board import COLUMNS, BoardRenderer, draw_board
from universe.renderers.words import bucket, count_of, tell_moves
from universe.view import Facts, View

_SHOWN = 8  # past moves that are told
_CORNERS = (0, SIZE - 1, CELLS - SIZE, CELLS - 1)
_ENDS = (0, SIZE - 1)
_LOOKS = ("light (drawn light teal)", "dark (drawn black)")


class OthelloRenderer(BoardRenderer):
    """Places are `a1` (top left) to `h8` (bottom right): a letter for the column, a number for the row."""

    level = "exact"

    def brief(self, view: View) -> str:
        """Returns the seat's discs and how places are named."""
        seat = view.seats.index(view.seat)
        order = "You move first" if seat == 0 else "Your rival moves first"
        return (
            f"Your discs are {_LOOKS[seat]}, your rival's {_LOOKS[1 - seat]}. {order}. A place is a letter for its "
            "column and a number for its row: a1 is top left, h8 bottom right. On the board o is yours, x your "
            "rival's, + a free place where you may place a disc, . any other free place."
        )

    def text(self, view: View) -> str:
        """Returns the past moves, the board and how many discs each has."""
        board, side = _see(self, view)
        legal = set(view.legal)
        marks = {side: "o", -side: "x", 0: "."}
        cells = ["+" if cell in legal else marks[value] for cell, value in enumerate(board)]
        rows = [cells[start : start + SIZE] for start in range(0, CELLS, SIZE)]
        counts = f"Discs: you {board.count(side)}, rival {board.count(-side)}, free places {board.count(0)}"
        return "\n".join([tell_moves(view, _SHOWN), *draw_board(rows), counts])

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the place, for example `d3`."""
        return (_name(action),)

    def situation(self, view: View) -> str:
        """Returns the phase, the corners, and how discs and choices stand."""
        board, side = _see(self, view)
        return "; ".join(["othello", *_state(board, side, len(view.legal))])

    def facts(self, view: View) -> Facts:
        """Returns how the board stands, and what each place turns, opens and leaves to the rival."""
        board, side = _see(self, view)
        actions = {action: _describe(board, action, side) for action in view.legal}
        return Facts(tuple(_state(board, side, len(view.legal))), actions)


def _see(renderer: BoardRenderer, view: View) -> tuple[Board, int]:
    """Returns the board, and what the seat's discs are on it."""
    return read_board(renderer.shot(view).now.ram), side_of(view.seats.index(view.seat))


def _name(cell: int) -> str:
    return f"{COLUMNS[cell % SIZE]}{cell // SIZE + 1}"


def _state(board: Board, side: int, n_legal: int) -> list[str]:
    free = board.count(0)
    phase = "opening" if free > 44 else "middle game" if free > 14 else "endgame"
    lead = board.count(side) - board.count(-side)
    discs = "level in discs" if abs(lead) < 3 else f"{'ahead' if lead > 0 else 'behind'} in discs"
    mine, theirs = (sum(board[corner] == who for corner in _CORNERS) for who in (side, -side))
    corners = f"corners {mine} to {theirs}" if mine or theirs else "no corner taken"
    reach = any(find_flips(board, corner, side) for corner in _CORNERS)
    return [phase, discs, corners, "a corner can be taken" if reach else "no corner in reach", _choice(n_legal)]


def _choice(n: int) -> str:
    return f"{_range(n, (1, 2, 4, 8), 'place')} to choose from"


def _range(n: int, edges: tuple[int, ...], noun: str) -> str:
    return f"{bucket(n, edges)} {noun}{'' if n == 1 else 's'}"


def _describe(board: Board, cell: int, side: int) -> tuple[str, ...]:
    """Returns the facts of a place, coarse to fine."""
    after = place_disc(board, cell, side)
    replies = list_places(after, -side)
    opened = [corner for corner in _CORNERS if corner in replies and not find_flips(board, corner, -side)]
    kind = _kind(board, cell)
    n_turned = len(find_flips(board, cell, side))
    facts = [kind, f"turns {_range(n_turned, (1, 2, 4, 7), 'disc')}"]
    facts += ["opens a corner to the rival"] if opened else []
    facts += [f"leaves the rival {_range(len(replies), (1, 3, 6, 10), 'place')}" if replies else "the rival must pass"]
    facts += [f"{kind}, turns {count_of(n_turned, 'disc')}"]
    return tuple(facts)


def _kind(board: Board, cell: int) -> str:
    """Returns what kind of place it is: corners and the places next to free ones matter."""
    row, column = divmod(cell, SIZE)
    if cell in _CORNERS:
        return "corner"
    corner = (SIZE - 1) * SIZE * (row >= SIZE // 2) + (SIZE - 1) * (column >= SIZE // 2)
    down, across = abs(row - corner // SIZE), abs(column - corner % SIZE)
    if max(down, across) == 1 and not board[corner]:
        return "diagonal to a free corner" if down == across else "beside a free corner"
    return "edge" if row in _ENDS or column in _ENDS else "inside"
