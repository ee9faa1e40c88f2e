"""Prompts that are made to fit a small context."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langgym.errors import PromptTooLong
from langgym.models.chat import Message
from langgym.models.compaction import NOTE_SECTION, Size, compact_prompt
from langgym.models.doubles import FunctionModel
from langgym.models.embedded import EmbeddedModel
from langgym.models.names import ModelSettings, open_model

RULES = Message(role="system", section="rules", text="Play by these rules.")
MEMORIES = Message(role="user", section="memories", text="FROM EARLIER EPISODES\n- one two\n- three four\n- five six")
STRATEGIES = Message(role="user", section="strategies", text="FOUND OUT\n- corners are good")
BOARD = Message(role="user", section="board", text="TURN 3, empty")
MENU = Message(role="user", section="menu", text="LEGAL a1, b2")
REPLY = Message(role="assistant", section="reply", text="I have thought about it and shall play z9")
RETRY = Message(role="user", section="retry", text="z9 is not legal")
PROMPT = (RULES, STRATEGIES, MEMORIES, BOARD, MENU, REPLY, RETRY)


class Measurer(FunctionModel):
    """A double to which every word is a token."""

    def __init__(self, context: int) -> None:
        super().__init__(lambda call: "a1")
        self.context = context

    def measure(self, messages: Sequence[Message]) -> Size | None:
        return Size(tokens=sum(len(each.text.split()) for each in messages), context=self.context)


def count(messages: Sequence[Message]) -> int:
    return sum(len(each.text.split()) for each in messages)


def test_prompt_that_fits_stays_as_it_is() -> None:
    assert compact_prompt(Measurer(count(PROMPT) + 5), PROMPT, reply=5).messages == PROMPT


def test_room_for_the_reply_is_kept_free() -> None:
    compacted = compact_prompt(Measurer(count(PROMPT) + 5), PROMPT, reply=6)
    assert compacted.messages != PROMPT


def test_memories_go_first_from_the_last_and_the_rest_stays() -> None:
    compacted = compact_prompt(Measurer(count(PROMPT)), PROMPT, reply=1)
    assert (compacted.n_history, [each for each in compacted.messages if each.section == "strategies"]) == (
        0,
        [STRATEGIES],
    )
    assert not any("five six" in each.text for each in compacted.messages)


def test_history_goes_next_the_oldest_first() -> None:
    bare = count((RULES, BOARD, MENU, RETRY)) + 13
    compacted = compact_prompt(Measurer(bare), PROMPT, reply=0)
    assert [each.section for each in compacted.messages] == ["rules", NOTE_SECTION, "board", "menu", "retry"]


def test_prompt_says_what_was_left_out() -> None:
    compacted = compact_prompt(Measurer(1), PROMPT, reply=0)
    [note] = [each.text for each in compacted.messages if each.section == NOTE_SECTION]
    assert note == "(Left out for lack of room: 4 lines of memory, 2 earlier answers.)"


def test_rules_board_and_menu_are_never_touched() -> None:
    compacted = compact_prompt(Measurer(1), PROMPT, reply=0)
    assert [each for each in compacted.messages if each.section != NOTE_SECTION] == [RULES, BOARD, MENU]


def test_prompt_of_a_model_that_cannot_measure_stays_as_it_is() -> None:
    assert compact_prompt(FunctionModel(lambda call: "a1"), PROMPT, reply=10**6).messages == PROMPT


@given(st.integers(20, 90), st.integers(0, 30))
def test_result_fits_or_has_nothing_left_to_leave_out(context: int, reply: int) -> None:
    compacted = compact_prompt(Measurer(context), PROMPT, reply=reply)
    fits = count(compacted.messages) + reply <= context
    assert fits or {each.section for each in compacted.messages} == {"rules", NOTE_SECTION, "board", "menu"}


# The real model


@pytest.mark.model
@pytest.mark.parametrize("name", ["local:smollm2", "completion:smollm2", "completion:smollm2@alpaca"])
def test_measured_size_is_what_the_engine_reads(name: str, model_home) -> None:
    model = open_model(name, home=model_home)
    measured, read = model.measure(PROMPT[:5]), model.rate(PROMPT[:5], ["A", "B"])  # pyright: ignore
    model.close()
    assert (measured.tokens, measured.context) == (read.tokens_in, 4096)


@pytest.mark.model
def test_long_memories_fit_a_small_context_of_the_real_model(model_home) -> None:
    model = open_model("local:smollm2", home=model_home, settings=ModelSettings(context=512))
    assert isinstance(model, EmbeddedModel)
    lines = "\n".join(f"- In game {number} I played the corner and lost in the end." for number in range(60))
    prompt = (RULES, Message(role="user", section="memories", text=f"EARLIER\n{lines}"), BOARD, MENU)
    with pytest.raises(PromptTooLong):
        model.complete(prompt, max_tokens=8)
    compacted = compact_prompt(model, prompt, reply=8)
    size = model.measure(compacted.messages)
    completion = model.complete(compacted.messages, max_tokens=8)
    model.close()
    assert 400 < size.tokens <= 504
    assert completion.tokens_in is not None
    assert 0 < compacted.n_memories < 60
