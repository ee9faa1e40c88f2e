"""Asking a model: attempts, their classes, and what the model is told."""

from typing import get_args

import pytest

from langgym.asking import Asked, AskSettings, Attempt, AttemptClass, MemoryLedger, ask_menu
from langgym.errors import ModelError, PromptTooLong
from langgym.models.chat import Completion, Message
from langgym.models.doubles import Reply, ScriptedModel
from langgym.policies.policy import Decision
from universe.menu import Menu

PROMPT = (
    Message(role="system", section="rules", text="Rules."),
    Message(role="user", section="memories", text="Memories."),
    Message(role="user", section="board", text="Board."),
)


def make_completion(text: str, finish: str = "stop") -> Completion:
    return Completion(
        text=text,
        finish=finish,  # pyright: ignore[reportArgumentType]
        tokens_in=10,
        tokens_out=2,
        cached_tokens=4,
        milliseconds=5,
    )


def ask(*replies: Reply, ledger: MemoryLedger | None = None, **settings: object) -> tuple[Asked, ScriptedModel]:
    model = ScriptedModel(replies)
    menu = Menu(range(2), lambda action: (("left", "right")[action],))
    asked = ask_menu(
        model,
        menu,
        PROMPT,
        ledger=ledger if ledger is not None else MemoryLedger(),
        settings=AskSettings(**settings),  # pyright: ignore[reportArgumentType]
        seed=1,
    )
    return asked, model


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ('{"action": "up"}', "illegal"),
        ("I would go left", "unreadable"),
        ("   ", "empty"),
        (make_completion('{"action": "left"', "length"), "truncated"),
        (make_completion('{"action": "left"}', "length"), "truncated"),
        (make_completion("I cannot help with that", "refused"), "refused"),
    ],
)
def test_each_bad_reply_has_its_class_and_the_next_one_counts(reply: Reply, outcome: str) -> None:
    asked, _ = ask(reply, '{"action": "left"}')
    assert [attempt.outcome for attempt in asked.attempts] == [outcome, "ok"]
    assert asked.answer is not None
    assert asked.answer.name == "left"


def test_illegal_reply_is_shown_to_the_model_with_what_is_legal() -> None:
    _, model = ask('{"action": "up"}', '{"action": "left"}')
    *_, said, told = model.calls[1].messages
    assert (said.role, said.text) == ("assistant", '{"action": "up"}')
    assert "'up' is not legal now" in told.text
    assert "left, right" in told.text


def test_retry_messages_differ_by_what_went_wrong() -> None:
    told = set()
    for bad in ('{"action": "up"}', "prose", make_completion("{", "length"), ""):
        _, model = ask(bad, '{"action": "left"}')
        told.add(model.calls[1].messages[-1].text)
    assert len(told) == 4


def test_no_answer_is_invented_when_all_attempts_are_bad() -> None:
    asked, model = ask("no", "no", "no", max_attempts=3)
    assert asked.answer is None
    assert len(model.calls) == 3


def test_every_attempt_is_kept_before_the_next_call() -> None:
    ledger = MemoryLedger()
    ask("no", '{"action": "left"}', ledger=ledger)
    assert [(attempt.ordinal, attempt.outcome) for attempt in ledger.attempts] == [(0, "unreadable"), (1, "ok")]


def test_a_received_answer_is_not_asked_for_again() -> None:
    ledger = MemoryLedger()
    ask('{"action": "right"}', ledger=ledger)
    asked, model = ask(ledger=ledger)
    assert model.calls == []
    assert asked.answer is not None
    assert asked.answer.name == "right"


def test_asking_goes_on_after_the_attempts_already_received() -> None:
    ledger = MemoryLedger()
    ask("no", "no", max_attempts=2, ledger=ledger)
    asked, model = ask('{"action": "left"}', ledger=ledger, max_attempts=3)
    assert len(model.calls) == 1
    assert len(model.calls[0].messages) == len(PROMPT) + 4
    assert asked.answer is not None


def test_a_provider_error_is_kept_and_counts_against_nobody() -> None:
    ledger = MemoryLedger()
    with pytest.raises(ModelError, match="gone"):
        ask(ModelError("gone"), ledger=ledger)
    asked, model = ask("no", "no", '{"action": "left"}', ledger=ledger, max_attempts=3)
    assert ledger.attempts[0].outcome == "provider_error"
    assert len(model.calls) == 3
    assert asked.answer is not None


def test_a_prompt_that_is_too_long_is_tried_again_without_memories() -> None:
    asked, model = ask(PromptTooLong("too long"), '{"action": "left"}')
    assert [attempt.outcome for attempt in asked.attempts] == ["too_long", "ok"]
    assert [message.section for message in model.calls[1].messages] == ["rules", "board"]


def test_without_a_schema_the_model_is_asked_for_text() -> None:
    model = ScriptedModel(["action: left"], has_schema=False)
    menu = Menu(range(2), lambda action: (("left", "right")[action],))
    asked = ask_menu(model, menu, PROMPT, ledger=MemoryLedger(), settings=AskSettings(), seed=1)
    assert model.calls[0].schema is None
    assert asked.answer is not None


def test_tokens_and_time_of_each_call_are_kept() -> None:
    asked, _ = ask(make_completion('{"action": "left"}'))
    [attempt] = asked.attempts
    assert (attempt.tokens_in, attempt.tokens_out, attempt.cached_tokens, attempt.milliseconds) == (10, 2, 4, 5)


def test_a_prompt_that_is_too_long_is_no_bad_answer() -> None:
    asked, model = ask(PromptTooLong("too long"), '{"action": "left"}', max_attempts=1)
    assert asked.answer is not None
    assert len(model.calls) == 2
    assert Decision(action=0, source="model", attempts=asked.attempts).first_try_legal


def test_a_prompt_that_stays_too_long_is_not_sent_a_third_time() -> None:
    asked, model = ask(PromptTooLong("too long"), PromptTooLong("too long"), max_attempts=5)
    assert asked.answer is None
    assert len(model.calls) == 2


def test_a_decision_that_was_begun_goes_on_with_the_prompt_that_was_stored() -> None:
    ledger = MemoryLedger()
    ask("no", max_attempts=1, ledger=ledger)
    model = ScriptedModel(['{"action": "left"}'])
    menu = Menu(range(2), lambda action: (("left", "right")[action],))
    other = (Message(role="system", section="rules", text="Other rules."),)
    ask_menu(model, menu, other, ledger=ledger, settings=AskSettings(), seed=1)
    assert model.calls[0].messages[: len(PROMPT)] == PROMPT


def test_a_huge_bad_reply_is_not_sent_back_whole() -> None:
    _, model = ask("no " * 300_000, '{"action": "left"}')
    assert len(model.calls[1].prompt) < 4000


def test_seeds_stay_in_the_range_that_providers_take() -> None:
    model = ScriptedModel(["no", "no", '{"action": "left"}'])
    menu = Menu(range(2), lambda action: (("left", "right")[action],))
    ask_menu(model, menu, PROMPT, ledger=MemoryLedger(), settings=AskSettings(), seed=2**31 - 1)
    assert [call.seed for call in model.calls] == [2**31 - 1, 0, 1]


@pytest.mark.parametrize("outcome", get_args(AttemptClass))
def test_every_class_of_attempt_can_be_gone_on_from(outcome: AttemptClass) -> None:
    earlier = Attempt(ordinal=0, outcome=outcome, prompt=PROMPT, reply='{"action": "left"}', problem="$problem {0} %s")
    asked, _ = ask('{"action": "left"}', ledger=MemoryLedger([earlier]))
    assert asked.answer is not None
