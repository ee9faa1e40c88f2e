"""Chess in words, held against the chess library and PettingZoo's engine."""

import json

import chess
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.universe.games import facts_of, few, play, results, seeds, step, turn_of, walk
from universe.cards.boards import CHESS
from universe.renderers.chess_game import ChessRenderer
from universe.view import View


def chess_view(fen: str) -> View:
    board = chess.Board(fen)
    seats = ("player_0", "player_1")
    return View(
        seat=seats[not board.turn], seats=seats, role="player", turn=0, index=0, observation=None, legal=(),
        kwargs={}, reward=0.0, moves=(), look=lambda: board,
    )  # fmt: skip


@given(seeds, st.integers(0, 120))
@few
def test_chess_menu_is_what_the_chess_library_allows(seed: int, n_turns: int) -> None:
    env = walk(CHESS, seed, n_turns)
    assume(env.turns())
    turn = turn_of(env)
    board = turn.view.glimpse
    assert isinstance(board, chess.Board)
    assert sorted(turn.menu.choices["action"]) == sorted(move.uci() for move in board.legal_moves)
    chosen = turn.menu.options[seed % len(turn.menu)]
    board = board.copy()
    board.push_uci(chosen.name)
    env.play({turn.seat: chosen.action})
    assert [turn.text.split("FEN: ")[1].splitlines()[0] for turn in env.turns()] == [board.fen()][: len(env.turns())]


@given(seeds, st.integers(0, 120))
@few
def test_chess_reads_every_notation_of_every_move(seed: int, n_turns: int) -> None:
    env = walk(CHESS, seed, n_turns)
    assume(env.turns())
    turn = turn_of(env)
    board = turn.view.glimpse
    assert isinstance(board, chess.Board)
    for move in board.legal_moves:
        for said in (board.san(move), board.lan(move), move.uci().upper(), f"12. {board.san(move)}!"):
            assert turn.menu.parse(json.dumps({"action": said})).name == move.uci()


@given(st.text(max_size=8))
@settings(max_examples=100, deadline=None)
def test_chess_reads_anything_without_failing(said: str) -> None:
    view = chess_view(chess.STARTING_FEN)
    assert ChessRenderer().read(said, view) is None or len(said) >= 2


CASTLING = "r3k2r/8/8/8/8/8/8/R3K2R"


@pytest.mark.parametrize(
    ("fen", "said", "uci"),
    [
        (f"{CASTLING} w KQkq - 0 1", "O-O", "e1g1"),
        (f"{CASTLING} w KQkq - 0 1", "0-0-0", "e1c1"),
        (f"{CASTLING} b KQkq - 0 1", "o-o", "e8g8"),
        ("8/P6k/8/8/8/8/8/K7 w - - 0 1", "a8=Q", "a7a8q"),
        ("8/P6k/8/8/8/8/8/K7 w - - 0 1", "a7-a8=N", "a7a8n"),
        ("8/8/8/3pP3/8/8/7k/K7 w - d6 0 1", "exd6 e.p.", "e5d6"),
        ("8/7k/8/8/1B6/8/1P6/K7 w - - 0 1", "b3", "b2b3"),
        ("8/7k/8/8/1B6/8/1P6/K7 w - - 0 1", "Bc3", "b4c3"),
        ("8/7k/8/8/8/5n2/8/K7 b - - 0 1", "3... nd4", "f3d4"),
    ],
)
def test_chess_reads_special_moves(fen: str, said: str, uci: str) -> None:
    assert ChessRenderer().read(said, chess_view(fen)) == uci


@pytest.mark.parametrize("said", ["Nd5", "a8", "--", "bc3", "the knight"])
def test_chess_reads_no_move_that_was_not_said(said: str) -> None:
    assert ChessRenderer().read(said, chess_view("8/P6k/8/8/1B6/8/8/K7 w - - 0 1")) is None


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("e2e4 e7e5 d1h5 b8c6 f1c4 g8f6 h5f7", ["win", "loss"]),
        ("f2f3 e7e5 g2g4 d8h4", ["loss", "win"]),
        (
            "e2e3 a7a5 d1h5 a8a6 h5a5 h7h5 h2h4 a6h6 a5c7 f7f6 c7d7 e8f7 d7b7 d8d3 b7b8 d3h7 b8c8 f7g6 c8e6",
            ["draw", "draw"],
        ),
        ("g1f3 g8f6 f3g1 f6g8 g1f3 g8f6 f3g1", ["draw", "draw"]),
    ],
    ids=["White mates", "Black mates", "stalemate", "a third repetition is possible"],
)
def test_chess_ends_as_its_facts_say(names: str, expected: list[str]) -> None:
    *before, last = names.split()
    env = play(CHESS, " ".join(before))
    assert facts_of(env, last)[0] == ("draws" if "draw" in expected else "wins")
    step(env, last)
    assert results(env) == expected


@pytest.mark.parametrize("seed", [1, 5, 9])
def test_chess_facts_foretell_the_end_of_a_long_game(seed: int) -> None:
    told: list[tuple[str, ...]] = []
    env = walk(CHESS, seed, 1_000, lambda turn, action: told.append(turn.facts.actions[action]))
    last = "draws" if results(env) == ["draw", "draw"] else "wins"
    assert ["wins" in facts or "draws" in facts for facts in told] == [False] * (len(told) - 1) + [True]
    assert told[-1][0] == last


def test_castling_en_passant_and_promotion_are_played_by_their_names() -> None:
    env = play(CHESS, "g1f3 a7a5 e2e3 a5a4 b2b4")
    assert "captures a pawn" in facts_of(env, "a4b3")
    for name in ("a4b3", "f1e2", "b3a2"):
        step(env, name)
    assert "castles" in facts_of(env, "e1g1")
    step(env, "e1g1")
    assert {"a2b1q", "a2b1r", "a2b1b", "a2b1n"} <= set(turn_of(env).menu.choices["action"])
    assert "promotes to a knight" in facts_of(env, "a2b1n")
    step(env, "a2b1n")
    assert turn_of(env).text.splitlines()[-2] == "1 R n B Q . R K ."


def test_chess_facts_name_captures_checks_and_dangers() -> None:
    env = play(CHESS, "e2e4 d7d5 f1b5")
    assert "in check" in turn_of(env).facts.state
    assert "You are in check." in turn_of(env).text
    for name in ("c7c6", "b5c6"):
        step(env, name)
    facts = facts_of(env, "b7c6")
    assert {"captures", "captures a bishop", "captures a stronger piece", "not attacked"} <= set(facts)


def test_piece_put_where_it_can_be_taken_for_nothing_hangs() -> None:
    assert {"attacked", "not defended", "hangs"} <= set(facts_of(play(CHESS, "e2e4 a7a6"), "f1b5"))


def test_chess_situation_is_the_same_for_both_colours() -> None:
    white, black = turn_of(play(CHESS, "e2e4 e7e5")), turn_of(play(CHESS, "e2e3 e7e5 e3e4"))
    assert (white.situation, white.seat) == (black.situation, "player_0")
    assert black.seat == "player_1"
    assert set(white.facts.actions.values()) == set(black.facts.actions.values())


def test_chess_situation_is_mirrored_only_without_castling() -> None:
    situation = ChessRenderer().situation
    assert situation(chess_view("k7/8/8/8/8/8/P7/K7 w - - 0 1")) == situation(
        chess_view("7k/8/8/8/8/8/7P/7K w - - 0 9")
    )
    assert situation(chess_view("4k3/8/8/8/8/8/P7/4K2R w K - 0 1")) != situation(
        chess_view("3k4/8/8/8/8/8/7P/R2K4 w - - 0 1")
    )


def test_repeated_position_is_told() -> None:
    turn = turn_of(play(CHESS, "g1f3 g8f6 f3g1 f6g8"))
    assert turn.text.endswith("This position has occurred before.")
    assert "position repeated" in turn.facts.state
