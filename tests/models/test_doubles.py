"""The public doubles: they keep the contract, record what they got and fail clearly."""

import json

import pytest

from langgym.errors import ModelError, PromptTooLong
from langgym.models.chat import Completion, Message
from langgym.models.doubles import Call, FunctionModel, ScriptedModel
from langgym.models.testing import ModelFault, check_model

PROMPT = [Message(role="system", section="rules", text="Play."), Message(role="user", section="board", text="Where?")]
CUT = Completion(text="e", finish="length", tokens_in=1, tokens_out=1, cached_tokens=None, milliseconds=3)


def test_function_model_keeps_the_contract() -> None:
    check_model(FunctionModel(lambda call: '{"move": "left"}'))


def test_scripted_model_keeps_the_contract() -> None:
    check_model(ScriptedModel(['{"move": "left"}'] * 4))


def test_replies_come_in_order() -> None:
    model = ScriptedModel(["e4", CUT])
    assert (model.complete(PROMPT).text, model.complete(PROMPT)) == ("e4", CUT)


def test_exception_among_the_replies_is_raised() -> None:
    model = ScriptedModel([PromptTooLong("too long", status=400), "e4"])
    with pytest.raises(PromptTooLong):
        model.complete(PROMPT)
    assert model.complete(PROMPT).text == "e4"


def test_used_up_replies_say_so() -> None:
    model = ScriptedModel(["e4"])
    model.complete(PROMPT)
    with pytest.raises(ModelError, match=r"has 1 replies and was asked for number 2.*Where\?"):
        model.complete(PROMPT)


def test_calls_are_recorded() -> None:
    model = FunctionModel(lambda call: call.prompt)
    model.complete(PROMPT, schema={"type": "object"}, max_tokens=5, temperature=0.5, seed=7)
    wanted = Call(messages=tuple(PROMPT), schema={"type": "object"}, max_tokens=5, temperature=0.5, seed=7)
    assert model.calls == [wanted]


@pytest.mark.parametrize(
    "broken",
    [
        FunctionModel(lambda call: "left"),
        FunctionModel(lambda call: json.dumps({"move": "up"})),
        FunctionModel(lambda call: '{"move": "left"}', name=""),
    ],
    ids=["prose", "outside of the enum", "no name"],
)
def test_check_refuses_a_broken_model(broken: FunctionModel) -> None:
    with pytest.raises(ModelFault):
        check_model(broken)
