"""Prompts as one text."""

import pytest

from langgym.models.chat import Message
from langgym.models.templates import write_prompt

RULES = Message(role="system", section="rules", text="Play.")
BOARD = Message(role="user", section="board", text="You stand at a fork.")
MENU = Message(role="user", section="menu", text="left, right")


def test_plain_text_has_nothing_but_the_texts() -> None:
    assert write_prompt("plain", [RULES, BOARD, MENU]) == "Play.\n\nYou stand at a fork.\n\nleft, right\n\n"


def test_alpaca_has_the_rules_as_instruction_and_the_rest_as_input() -> None:
    assert write_prompt("alpaca", [RULES, BOARD, MENU]) == (
        "### Instruction:\nPlay.\n\n### Input:\nYou stand at a fork.\n\nleft, right\n\n### Response:\n"
    )


def test_alpaca_without_rules_has_no_input() -> None:
    assert write_prompt("alpaca", [BOARD]) == "### Instruction:\nYou stand at a fork.\n\n### Response:\n"


def test_earlier_reply_stays_where_it_was_said() -> None:
    reply = Message(role="assistant", section="reply", text="up")
    assert write_prompt("plain", [BOARD, reply, MENU]).split("\n\n")[:3] == [BOARD.text, "up", MENU.text]


def test_half_a_character_does_not_break_the_prompt() -> None:
    assert write_prompt("plain", [Message(role="user", section="board", text="a\ud800b")]) == "a\ufffdb\n\n"


def test_chat_is_left_to_the_engine() -> None:
    with pytest.raises(ValueError, match="engine"):
        write_prompt("chat", [BOARD])
