import re
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from langgym.tui.boards import paint_board
from langgym.tui.safe import safe

GOLDEN = sorted((Path(__file__).parent.parent / "universe" / "golden").glob("*.txt"))
SUITES = {"boards": "classic", "hands": "classic"}


def env_of(path: Path) -> str:
    group, _, name = path.stem.partition("_")
    return f"{SUITES.get(group, group)}/{name}"


def last_view(name: str) -> str:
    """The text that a seat was given at the last turn of a golden file."""
    path = next(path for path in GOLDEN if path.stem == name)
    view = re.split(r"(?m)^== .*\n", path.read_text(encoding="utf-8"))[-1]
    return re.split(r"(?m)^(?:action: |-> )", view)[0]


def style_at(painted: Text, place: int) -> str:
    style = painted.get_style_at_offset(Console(), place)
    words = ("bold", "dim", "underline", "reverse")
    return " ".join([word for word in words if getattr(style, word)] + ([style.color.name] if style.color else []))


def cell(painted: Text, line_start: str, column: int) -> str:
    """The style of a cell of the row that starts so; columns count from 0, two characters apart."""
    start = painted.plain.index(f"\n{line_start} ") + 1
    return style_at(painted, start + len(line_start) + 1 + 2 * column)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_painting_changes_no_character_of_a_golden_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    painted = paint_board(env_of(path), text).plain

    assert painted.startswith(safe(text).plain)
    assert path.stem.startswith("mpe") or painted == safe(text).plain


def test_pieces_of_two_sides_differ_by_hue_and_by_attribute() -> None:
    painted = paint_board("classic/chess_v6", last_view("boards_chess_v6"))

    assert (cell(painted, "8", 0), cell(painted, "8", 2)) == ("reverse yellow", "bold cyan")


def test_both_squares_of_the_last_move_are_marked() -> None:
    painted = paint_board("classic/chess_v6", last_view("boards_chess_v6"))

    assert "underline" in cell(painted, "7", 7)
    assert "underline" in cell(painted, "6", 7)
    assert "underline" not in cell(painted, "7", 1)


def test_only_the_topmost_piece_of_the_last_column_is_marked() -> None:
    painted = paint_board("classic/connect_four_v3", last_view("boards_connect_four_v3"))
    marked = [
        (line, column)
        for line, row in enumerate(painted.plain.split("\n"))
        if re.fullmatch(r"[.XO]( [.XO]){6}", row)
        for column in range(7)
        if "underline"
        in style_at(painted, sum(len(each) + 1 for each in painted.plain.split("\n")[:line]) + 2 * column)
    ]

    assert [column for _, column in marked] == [4]


def test_a_mark_on_one_of_four_layers_is_found_by_its_name() -> None:
    text = "Moves so far: you 2c1.\n  a b c d   a b c d\n1 . . X .   . . X .\n"

    painted = paint_board("atari/tic_tac_toe_3d_v1", text)

    row = painted.plain.index("1 . .")
    assert "underline" not in style_at(painted, row + 6)
    assert "underline" in style_at(painted, row + 16)


def test_cards_of_two_suits_are_not_painted_alike() -> None:
    painted = paint_board("classic/texas_holdem_v4", "Your cards: 8d 4s. Public cards: 3c Kh.")
    styles = {style_at(painted, painted.plain.index(card)) for card in ("8d", "4s", "3c", "Kh")}

    assert len(styles) == 4


def test_the_last_move_of_a_hand_is_marked_in_the_last_round() -> None:
    painted = paint_board("classic/texas_holdem_v4", last_view("hands_texas_holdem_v4"))
    marked = "".join(char for at, char in enumerate(painted.plain) if "underline" in style_at(painted, at))

    assert marked == "player_1 check"


def test_each_possible_colour_of_a_hanabi_card_is_painted_as_itself() -> None:
    painted = paint_board("classic/hanabi_v5", "Your cards: (1) RG 12, (2) B4")

    assert [style_at(painted, painted.plain.index(letter)) for letter in ("R", "G", "B", "4")] == [
        "red",
        "green",
        "blue",
        "blue",
    ]


def test_a_map_shows_each_thing_where_the_numbers_put_it() -> None:
    text = "Goal: 1.00 right, 1.00 up (distance 1.41)\nYou: 1.00 left, 1.00 down of the middle; at rest; no move yet"

    rows = paint_board("mpe/simple_v3", text).plain.split("\n")[4:]

    assert (rows[8][16], rows[16][0]) == ("a", "@")
    assert any(row.startswith("@ you  a Goal") for row in rows)


def test_things_in_one_place_are_said_to_be_several() -> None:
    text = "Teammates: adversary_0 0.50 left; adversary_1 0.50 left"

    drawn = paint_board("mpe/simple_tag_v3", text).plain

    assert "a Teammates adversary_0" in drawn
    assert "* several in one place" in drawn


def test_a_text_without_places_gets_no_map() -> None:
    text = "Key: 1\nalice_0 has said nothing yet"

    assert paint_board("mpe/simple_crypto_v3", text).plain == text


def test_escape_sequences_in_a_board_stay_visible_text() -> None:
    painted = paint_board("classic/chess_v6", "8 r n b \x1b]0;x\x07\nMoves so far: \x1b[2J.")

    assert "\x1b" not in painted.plain
    assert "␛]0;x␇" in painted.plain


def test_an_environment_that_is_not_known_is_left_unpainted() -> None:
    assert paint_board("other/game_v1", "1 X O X\n2 . . .").spans == []
