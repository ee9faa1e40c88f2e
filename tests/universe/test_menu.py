"""Menus: names and actions, and which replies count as an answer."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from universe.errors import AnswerError, IllegalAction, UnreadableAnswer
from universe.menu import Menu
from universe.streams import Stream

CELLS = ("a1", "b2", "c3")


def make_menu(**options: object) -> Menu:
    return Menu(range(3), lambda action: (CELLS[action],), **options)  # pyright: ignore[reportArgumentType]


def make_product() -> Menu:
    moves, words = ("stay", "left"), ("say 0", "say 1")
    return Menu(range(4), lambda action: (moves[action % 2], words[action // 2]), fields=("move", "say"))


@pytest.mark.parametrize(
    "reply",
    [
        '{"action": "b2"}',
        'I considered a1.\n{"action": "a1"}\nNo, better:\n{"action": "b2"}',
        '```json\n{"thought": "fine", "action": "b2"}\n```',
        "action: b2",
        "**Action:** `B2`",
        "action: a1\nOn reflection\naction: b2.",
        "b2",
        ' "B2." ',
        'action: a1\n{"action": "b2"}',
        '{"action": "a1"}\naction: b2',
    ],
)
def test_the_last_structured_answer_counts(reply: str) -> None:
    assert make_menu().parse(reply).name == "b2"


@pytest.mark.parametrize(
    "reply",
    [
        '{"action": "a1"}\nNo: {"action": "b2"',
        'action: a1\n{"thought": "better", "action": "b2',
        '{"action": "a1"} {"thought": "hm", "action":',
    ],
)
def test_an_answer_that_was_not_closed_takes_back_what_stood_before(reply: str) -> None:
    with pytest.raises(UnreadableAnswer, match="not closed"):
        make_menu().parse(reply)


@pytest.mark.parametrize(
    "reply", ['{"action": "b2"} {"note": "thanks', '{"x": {"action": "b2"}', '{"action": \naction: b2']
)
def test_an_answer_after_something_unclosed_counts(reply: str) -> None:
    assert make_menu().parse(reply).name == "b2"


@pytest.mark.parametrize(
    "reply",
    ["", "I play b2.", "b2 or c3", '{"move": "b2"}', '{"action": "b2"', "The best action is b2", "{" * 500, "[1, 2]"],
)
def test_prose_is_never_an_answer(reply: str) -> None:
    with pytest.raises(UnreadableAnswer):
        make_menu().parse(reply)


@pytest.mark.parametrize(
    "reply", ['{"action": "d4"}', "action: d4", '{"action": "b2"}\n{"action": "d4"}', '{"action": 7}']
)
def test_an_answer_off_the_menu_is_illegal_and_says_what_is_legal(reply: str) -> None:
    with pytest.raises(IllegalAction, match="a1, b2, c3"):
        make_menu().parse(reply)


def test_a_product_has_a_field_for_each_factor() -> None:
    menu = make_product()
    assert menu.fields == ("move", "say")
    assert menu.parse('{"move": "left", "say": "say 1"}').action == 3
    assert menu.parse("move: left\nsay: say 0").action == 1
    with pytest.raises(UnreadableAnswer):
        menu.parse('{"move": "left"}')


def test_a_product_with_one_foreign_field_is_illegal() -> None:
    with pytest.raises(IllegalAction):
        make_product().parse('{"move": "left", "say": "say 9"}')


def test_schema_holds_the_thought_first_and_bounds_it() -> None:
    schema = make_menu().schema(thought=80)
    assert list(schema["properties"]) == ["thought", "action"]  # pyright: ignore[reportArgumentType]
    assert schema["properties"]["thought"] == {"type": "string", "maxLength": 80}  # pyright: ignore[reportIndexIssue]
    assert schema["required"] == ["thought", "action"]


def test_the_preface_of_an_answer_is_kept() -> None:
    menu = make_menu(preface="reason")
    assert menu.parse('{"reason": "new", "action": "c3"}').thought == "new"
    assert menu.parse("reason: new\naction: c3").thought == "new"
    assert menu.parse("c3").thought is None


def test_order_is_drawn_anew_each_turn_and_always_the_same_for_one_turn() -> None:
    stream = Stream.of(1, "menu")
    orders = [
        tuple(option.name for option in make_menu(stream=stream, seat="x", index=index).options) for index in range(30)
    ]
    assert len(set(orders)) == 6
    again = [
        tuple(option.name for option in make_menu(stream=stream, seat="x", index=index).options) for index in range(30)
    ]
    assert orders == again


def test_notation_of_the_game_is_read_before_case_is_folded() -> None:
    menu = make_menu(read=lambda answer: {"centre": "b2"}.get(answer))
    assert menu.parse("action: centre").name == "b2"
    with pytest.raises(IllegalAction):
        menu.parse("action: Centre")


@given(st.text(max_size=300))
def test_no_reply_crashes_the_reader(reply: str) -> None:
    try:
        answer = make_menu().parse(reply)
    except AnswerError:
        return
    assert answer.name in CELLS


@given(st.lists(st.text(min_size=1).map(str.strip).filter(bool), min_size=1, max_size=6, unique=True))
def test_every_name_goes_to_its_action_and_back(names: list[str]) -> None:
    menu = Menu(range(len(names)), lambda action: (names[action],))
    for action, name in enumerate(names):
        assert menu.action(name) == action
        assert menu.name(action) == name


@given(st.lists(st.from_regex(r"[a-z][a-z0-9 ]{0,8}[a-z0-9]", fullmatch=True), min_size=1, max_size=6, unique=True))
def test_an_answer_by_the_schema_is_read_as_its_action(names: list[str]) -> None:
    menu = Menu(range(len(names)), lambda action: (names[action],))
    for action, name in enumerate(names):
        assert menu.parse(json.dumps({"action": name})).action == action


@pytest.mark.parametrize(
    "reply",
    [
        "_" * 20_000,
        "x: a" + " " * 100_000 + "b",
        "{" * 150_000,
        '{"' * 50_000,
        '{"a":' * 20_000,
        '{"a":[' * 300 + "0," * 80_000,
        '{"action": "' + "b2 " * 60_000 + '"}',
        '{"action": ' + "[" * 980 + "]" * 980 + "}",
        '{"action": "b2"}' + " " * 1_000_000,
    ],
    ids=lambda reply: reply[:12],
)
def test_a_hostile_reply_is_refused_in_little_time(reply: str) -> None:
    began = time.process_time()
    with pytest.raises(AnswerError):
        make_menu().parse(reply)
    assert time.process_time() - began < 4


def test_a_name_that_ends_in_a_full_stop_can_be_answered() -> None:
    menu = Menu(range(2), lambda action: (("Stop.", "Go!")[action],))
    assert menu.parse('{"action": "Stop."}').action == 0
    assert menu.parse("action: Go!").action == 1


@pytest.mark.parametrize("value", ['"b2!"', '" B2. "', '"`b2`"'])
def test_marks_round_a_value_do_not_count(value: str) -> None:
    assert make_menu().parse(f'{{"action": {value}}}').name == "b2"


@pytest.mark.parametrize("value", ['["b2"]', '{"name": "b2"}', "null", "true", "NaN"])
def test_a_value_that_is_no_text_names_no_action(value: str) -> None:
    with pytest.raises(IllegalAction):
        make_menu().parse(f'{{"action": {value}}}')


def test_of_a_key_given_twice_the_last_counts() -> None:
    assert make_menu().parse('{"action": "a1", "action": "b2"}').name == "b2"
