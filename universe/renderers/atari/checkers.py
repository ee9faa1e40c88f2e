"""Words for the console's checkers."""

import re

from universe.atari.checkers import (
    KING,
    STUCK,
    Board,
    Step,
    find_jumper,
    find_square,
    list_steps,
    play_step,
    read_board,
    side_of,
    split_square,
)
from universe.renderers.atari.board import COLUMNS, BoardRenderer, draw_board
from universe.renderers.words import bucket, count_of, tell_moves
from universe.view import Facts, View

_SHOWN = 8  # past moves that are told
_STOP = "stop, no move is left"
_MOVE = re.compile(r"\W*([a-h])\s*([1-8])\s*(?:to|[-x:>]*)\s*([a-h])\s*([1-8])\W*", re.IGNORECASE)
_LOOKS = ("orange, from the bottom up", "white, from the top down")


class CheckersRenderer(BoardRenderer):
    """Moves are `c3-d4` and jumps `c3xe5`: columns a to h from the left, rows 1 to 8 from the bottom."""

    level = "exact"

    def brief(self, view: View) -> str:
        """Returns the seat's men and how squares and moves are named."""
        seat = view.seats.index(view.seat)
        order = "You move first" if seat == 0 else "Your rival moves first"
        return (
            f"Your men are {_LOOKS[seat]}; your rival's are {_LOOKS[1 - seat]}. {order}. A square is a letter for its "
            "column, a to h from the left, and a number for its row, 1 to 8 from the bottom. A move is c3-d4, a jump "
            "c3xe5. On the board o and O are your men and kings, x and X your rival's, . is a free square, - a square "
            "that is never used."
        )

    def text(self, view: View) -> str:
        """Returns the past moves, the board, how many men each has, and whether the seat must jump."""
        board, side = _see(self, view)
        steps = _list_legal(self, view)
        rows = [[_mark(board, side, row, column) for column in range(8)] for row in range(7, -1, -1)]
        lines = [tell_moves(view, _SHOWN), *draw_board(rows, upwards=True)]
        lines.append(f"Men: you {_count(board, side)}, rival {_count(board, -side)}")
        if not steps:
            lines.append("You cannot move: the game stands still for ever.")
        elif len(self._jumper(view)):
            lines.append(f"Your man on {self._jumper(view)} must go on jumping.")
        elif next(iter(steps.values())).taken is not None:
            lines.append("You must jump.")
        return "\n".join(lines)

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the move, for example `c3-d4`, or the jump, `c3xe5`."""
        if action == STUCK:
            return (_STOP,)
        step = _list_legal(self, view)[action]
        return (f"{_name(step.start)}{'-' if step.taken is None else 'x'}{_name(step.end)}",)

    def read(self, answer: str, view: object) -> str | None:
        """Reads `C3 d4`, `c3 to d4`, `c3:e5` and the like."""
        found = _MOVE.fullmatch(answer)
        if found is None:
            return None
        start, end = f"{found[1]}{found[2]}".lower(), f"{found[3]}{found[4]}".lower()
        return f"{start}{'x' if abs(int(found[2]) - int(found[4])) == 2 else '-'}{end}"

    def situation(self, view: View) -> str:
        """Returns the phase, how men and kings stand, and whether the seat must jump."""
        return "; ".join(["checkers", *self._state(view)])

    def facts(self, view: View) -> Facts:
        """Returns how the board stands, and what each move takes, crowns and risks."""
        board, side = _see(self, view)
        steps = _list_legal(self, view)
        actions = {action: _describe(board, step, side) for action, step in steps.items()}
        return Facts(tuple(self._state(view)), actions or {STUCK: ("no move is left",)})

    def _state(self, view: View) -> list[str]:
        board, side = _see(self, view)
        mine, theirs = (sum(value * who > 0 for value in board) for who in (side, -side))
        kings, rivals = board.count(KING * side), board.count(-KING * side)
        phase = "opening" if mine + theirs > 19 else "middle game" if mine + theirs > 9 else "endgame"
        lead = mine - theirs
        men = "level in men" if not lead else f"{'ahead' if lead > 0 else 'behind'} by {bucket(abs(lead), (1, 2, 4))}"
        crowns = "no kings" if not kings and not rivals else f"kings {bucket(kings, _FEW)} to {bucket(rivals, _FEW)}"
        steps = list(_list_legal(self, view).values())
        duty = "cannot move" if not steps else "must jump" if steps[0].taken is not None else "free to move"
        return [phase, men, crowns, duty]

    def _jumper(self, view: View) -> str:
        square = find_jumper(self.shot(view).now.ram)
        return "" if square is None else _name(square)


_FEW = (0, 1, 2, 3)


def _see(renderer: BoardRenderer, view: View) -> tuple[Board, int]:
    """Returns the board, and the sign of the seat's men on it."""
    return read_board(renderer.shot(view).now.ram), side_of(view.seats.index(view.seat))


def _list_legal(renderer: BoardRenderer, view: View) -> dict[int, Step]:
    """Returns the legal moves by their number."""
    board, side = _see(renderer, view)
    steps = list_steps(board, side, only=find_jumper(renderer.shot(view).now.ram))
    return {step.action: step for step in steps}


def _name(square: int) -> str:
    row, column = split_square(square)
    return f"{COLUMNS[column]}{row + 1}"


def _mark(board: Board, side: int, row: int, column: int) -> str:
    if (row + column) % 2:
        return "-"
    square = find_square(row, column)
    value = 0 if square is None else board[square] * side
    return {0: ".", 1: "o", KING: "O", -1: "x", -KING: "X"}[value]


def _count(board: Board, side: int) -> str:
    kings = board.count(KING * side)
    n = sum(value * side > 0 for value in board)
    return f"{n} ({count_of(kings, 'king')})" if kings else str(n)


def _describe(board: Board, step: Step, side: int) -> tuple[str, ...]:
    """Returns the facts of a move, coarse to fine."""
    after, on = play_step(board, step)
    kind = "step" if step.taken is None else "jump"
    who = "king" if abs(board[step.start]) == KING else "man"
    facts = [kind, f"{kind} of a {who}"]
    if step.taken is not None:
        facts.append("takes a king" if abs(board[step.taken]) == KING else "takes a man")
    facts += ["goes on jumping"] if on else []
    facts += ["is crowned"] if abs(after[step.end]) != abs(board[step.start]) else []
    if not on:
        replies = [reply for reply in list_steps(after, -side) if reply.taken is not None]
        risk = "can be taken" if any(reply.taken == step.end for reply in replies) else ""
        facts.append(risk or ("exposes another man" if replies else "nothing can be taken"))
        facts.append(f"{kind} of a {who}, {facts[-1]}")
    row, column = split_square(step.end)
    facts.append("to the side" if column in (0, 7) else "to the centre" if row in (3, 4) else "to elsewhere")
    return tuple(facts)
