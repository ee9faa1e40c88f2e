"""Who stands in for a language model on the tour: a player of Connect Four who reads the board out of the prompt.

It looks one move ahead and says why it moves as it does; its very first answer names no column, and it is asked again.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from langgym.models.doubles import Call

WIDTH, HEIGHT = 7, 6
FOUR = 4


def answer(call: Call) -> str:
    """Returns what a player of lines says who looks one move ahead; of other games it knows nothing."""
    names = list_names(call)
    board = read_board(call.prompt)
    if board is None:
        return json.dumps({"thought": "I do not know this game.", "action": min(names)})
    empty = not any(mark in row for row in board for mark in "XO")
    if empty and "FROM EARLIER EPISODES" not in call.prompt and "middle" not in call.prompt:
        return json.dumps({"thought": "The middle takes part in most lines.", "action": "middle"})
    thought, name = choose(board, names)
    return json.dumps({"thought": thought, "action": name})


def list_names(call: Call) -> list[str]:
    """Returns the legal actions."""
    assert call.schema is not None
    fields: Any = call.schema["properties"]
    return [str(name) for name in fields["action"]["enum"]]


def read_board(prompt: str) -> list[str] | None:
    """Returns the rows of a board of Connect Four from the top, X one's own, or `None` where there is none."""
    found = re.search(r"Board \(you ([XO]), rival [XO]\):\n1 2 3 4 5 6 7\n((?:[.XO ]+\n?){6})", prompt)
    if found is None:
        return None
    rows = found[2].replace(" ", "")
    return (rows if found[1] == "X" else rows.translate(str.maketrans("XO", "OX"))).splitlines()


def choose(board: Sequence[str], names: Sequence[str]) -> tuple[str, str]:
    """Returns a thought and the column that it speaks for."""
    for name in names:
        if wins(board, name, "X"):
            return f"Column {name} makes four of mine in a line.", name
    for name in names:
        if wins(board, name, "O"):
            return f"In column {name} my rival would have four in a line. I must be there first.", name
    safe = [name for name in names if not opens(board, name)] or list(names)
    name = min(safe, key=lambda name: (abs(int(name) - FOUR), name))
    return f"Nothing is urgent. Column {name} is nearest to the middle, and opens nothing for my rival.", name


def wins(board: Sequence[str], name: str, mark: str) -> bool:
    """Returns whether a piece in a column makes four in a line."""
    after, row, column = drop(board, name, mark)
    ways = ((0, 1), (1, 0), (1, 1), (1, -1))
    return any(
        1 + sum(reach(after, (row, column), (sign * down, sign * right)) for sign in (1, -1)) >= FOUR
        for down, right in ways
    )


def opens(board: Sequence[str], name: str) -> bool:
    """Returns whether the rival wins on top of a piece in a column."""
    after, row, _ = drop(board, name, "X")
    return row > 0 and wins(after, name, "O")


def drop(board: Sequence[str], name: str, mark: str) -> tuple[list[str], int, int]:
    """Returns the board after a piece has fallen into a column, and where it lies."""
    column = int(name) - 1
    row = max(row for row in range(HEIGHT) if board[row][column] == ".")
    after = list(board)
    after[row] = after[row][:column] + mark + after[row][column + 1 :]
    return after, row, column


def reach(board: Sequence[str], place: tuple[int, int], way: tuple[int, int]) -> int:
    """Returns how many equal pieces follow one in a direction."""
    (row, column), (down, right) = place, way
    mark, n = board[row][column], 0
    while 0 <= row + down < HEIGHT and 0 <= column + right < WIDTH and board[row + down][column + right] == mark:
        row, column, n = row + down, column + right, n + 1
    return n
