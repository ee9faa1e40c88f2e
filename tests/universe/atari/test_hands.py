"""The hands that carry out decisions on boards: what they promise, held against the emulator."""

from collections.abc import Iterator
from typing import cast

import chess
import numpy as np
import pytest

from langgym.bench.atari.contest import play_contest
from langgym.bench.atari.players.boards import PLAYERS
from universe.atari import blackjack, checkers, chess_game, cube, flags, maze, othello, surround
from universe.atari.console import Console
from universe.atari.setup import read_setup
from universe.atari.sticks import Controls
from universe.catalog import default_catalog
from universe.streams import Stream


class Table:
    """A console and the hand that plays on it, without anything around them."""

    def __init__(self, name: str) -> None:
        """Begins a game as its card says."""
        cartridge, self.rules = read_setup(default_catalog().find(f"atari/{name}").arguments({}))
        self.console = Console(cartridge)
        self.hand: Controls = self.rules.make_controls()
        self.console.begin(1)
        self.console.wait(self.rules.start)

    def await_turn(self) -> int | None:
        """Returns who must decide, `None` when the game is over."""
        while not all(self.console.ended):
            seat = self.hand.whose_turn(self.console)
            if seat is not None:
                return seat
            self.console.wait(1)
        return None

    def play(self, action: int, seat: int) -> None:
        """Carries out a decision."""
        self.console.play({seat: self.hand.carry_out(action, seat, self.console)})

    def walk(self, n_turns: int) -> Iterator[tuple[int, list[int], Stream]]:
        """Yields whose turn it is and what is legal, for some turns."""
        for turn in range(n_turns):
            seat = self.await_turn()
            if seat is None:
                return
            yield seat, list(self.hand.legal(seat, self.console)), Stream.of(turn, "table")


def test_an_othello_disc_turns_what_the_rules_say() -> None:
    table = Table("othello_v3")
    for seat, legal, stream in table.walk(20):
        before, place = othello.read_board(table.console.ram), stream.pick(legal)
        table.play(place, seat)
        table.await_turn()
        after = othello.place_disc(before, place, othello.side_of(seat))
        assert othello.read_board(table.console.ram) == after


def test_othello_refuses_every_other_place() -> None:
    table = Table("othello_v3")
    seat, legal, _ = next(table.walk(1))
    saved, before = table.console.save(), othello.read_board(table.console.ram)
    for place in (0, 7, 27, 36, 44, 63):
        table.console.load(saved)
        table.play(place, seat)
        assert place in legal or othello.read_board(table.console.ram) == before
    table.play(legal[0], seat)
    assert othello.read_board(table.console.ram) != before


def test_a_checkers_move_goes_where_the_rules_say() -> None:
    table = Table("video_checkers_v4")
    taken = 0
    for seat, legal, stream in table.walk(24):
        ram = table.console.ram
        before, action = checkers.read_board(ram), stream.pick(legal)
        steps = checkers.list_steps(before, checkers.side_of(seat), only=checkers.find_jumper(ram))
        step = next(step for step in steps if step.action == action)
        after, on = checkers.play_step(before, step)
        table.play(action, seat)
        assert table.await_turn() == (seat if on else 1 - seat)
        assert checkers.read_board(table.console.ram) == after
        taken += step.taken is not None
    assert taken >= 3


def test_a_man_looks_where_it_was_sent() -> None:
    """It stands there afterwards, but where a bomb or a new flag has sent it to its corner."""
    table = Table("flag_capture_v2")
    stayed = 0
    for seat, legal, stream in table.walk(40):
        cell, known = stream.pick(legal), flags.read_flags(table.console.ram)
        bomb = flags.read_clue(table.console.ram, cell).kind == flags.BOMB
        table.play(cell, seat)
        at, back = flags.find_man(table.console.ram, seat), (0, flags.CELLS - 1)[seat]
        won = flags.read_flags(table.console.ram) != known
        assert at == (back if won or bomb else cell)
        stayed += at == cell
    assert stayed >= 20


def test_a_decision_of_surround_is_one_step() -> None:
    table = Table("surround_v2")
    for turn in range(8):
        before = [surround.find_head(table.console.ram, seat) for seat in (0, 1)]
        sticks = [Stream.of(turn, "step").pick((1, 3), str(seat)) for seat in (0, 1)]
        table.console.play({seat: table.hand.carry_out(sticks[seat], seat, table.console) for seat in (0, 1)})
        after = [surround.find_head(table.console.ram, seat) for seat in (0, 1)]
        pairs = zip(before, after, strict=True)
        assert [abs(one[0] - other[0]) + abs(one[1] - other[1]) for one, other in pairs] == [1, 1]
        field = surround.read_field(table.console.ram)
        assert all(field[y, x] for x, y in before)
    border = 2 * (surround.WIDTH + surround.HEIGHT) - 4
    assert surround.read_field(table.console.ram).sum() == border + 2 * 8


@pytest.mark.parametrize("seed", range(1, 5))
def test_the_maze_of_the_ram_is_the_one_that_is_drawn(seed: int) -> None:
    table = Table("maze_craze_v3")
    table.console.begin(seed)
    table.console.wait(table.rules.start)
    walls, middles = np.array(maze.read_walls(table.console.ram)), table.console.screen[67::6, 2::4][:25, :39]
    assert (walls == (middles == middles[0, 0])).all()
    assert len(maze.explore(maze.read_walls(table.console.ram), (0, 0))) == maze.COLUMNS * maze.ROWS + 1


def test_a_maze_hand_stops_at_the_next_branching() -> None:
    table = Table("maze_craze_v3")
    walls, moved = maze.read_walls(table.console.ram), 0
    for turn in range(30):
        start = cast("maze.Cell", maze.find_cell(table.console.ram, 0))
        cell = (int(start[0]), int(start[1]))
        way = Stream.of(turn, "maze").pick(maze.list_open(walls, cell))
        table.play(table.rules.sticks.index(way), 0)
        if all(table.console.ended) or table.console.ended[0]:
            break
        end = maze.find_cell(table.console.ram, 0)
        passed = maze.walk(cell, way)
        while passed != end:
            assert len(maze.list_open(walls, passed)) == 2
            passed = maze.walk(passed, way)
        moved += 1
    assert moved >= 5


def test_a_mark_is_set_where_it_was_named() -> None:
    table = Table("tic_tac_toe_3d_v1")
    marked: list[int] = []
    for seat, legal, stream in table.walk(6):
        assert not set(marked) & set(legal)
        marked.append(stream.pick(legal))
        table.play(marked[-1], seat)
    table.await_turn()
    moments = [table.console.ram]
    for _ in range(8):
        table.console.wait(1)
        moments.append(table.console.ram)
    own = cube.read_cells(*moments)
    assert [cell for cell, mark in enumerate(own) if mark == "m"] == sorted(marked)


def test_cards_are_drawn_as_chosen() -> None:
    """Hit draws one, stay none, double one for twice the bet."""
    table = Table("blackjack_v1")
    chosen: set[int] = set()
    for seat, legal, _ in table.walk(40):
        choice = (blackjack.HIT, blackjack.STAY, blackjack.DOUBLE)[len(chosen) % 3] if blackjack.HIT in legal else 0
        before = blackjack.read_hand(table.console.ram, dealer=False)
        table.play(choice if choice in legal else legal[0], seat)
        if choice in legal and choice != 0:
            table.await_turn()
            drawn = len(blackjack.read_hand(table.console.ram, dealer=False)) - len(before)
            assert drawn == (choice != blackjack.STAY)
            chosen.add(choice)
    assert chosen == {blackjack.HIT, blackjack.STAY, blackjack.DOUBLE}


def test_the_computer_answers_a_chess_move_with_a_legal_one() -> None:
    table = Table("video_chess_v1")
    for seat, legal, stream in table.walk(5):
        board, action = chess_game.read_board(table.console.ram), stream.pick(legal)
        board.push(chess.Move(*divmod(action, 64)))
        table.play(action, seat)
        table.await_turn()
        answers = [_push(board, move).board_fen() for move in board.legal_moves]
        assert chess_game.read_board(table.console.ram).board_fen() in answers


def _push(board: chess.Board, move: chess.Move) -> chess.Board:
    after = board.copy()
    after.push(move)
    return after


@pytest.mark.parametrize("name", ["surround_v2", "flag_capture_v2", "tic_tac_toe_3d_v1"])
def test_the_text_is_enough_to_play_by(name: str) -> None:
    card = default_catalog().find(f"atari/{name}")
    played, at_random = play_contest(card, PLAYERS[card.env_id], episodes=2)
    assert min(played.returns) > max(at_random.returns)
