"""The real embedded model."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from langgym.errors import ModelError, PromptTooLong
from langgym.models.chat import Message
from langgym.models.embedded import EmbeddedModel
from langgym.models.names import ModelSettings, open_model
from langgym.models.testing import check_model

pytestmark = pytest.mark.model

NASTY = ['say "no"', "back\\slash", "tab\there", "line\nbreak", "é𝄞漢", "{brace} | (bar)", "\x00\x7f"]
LONG = [Message(role="user", section="board", text="Tell a very long story. " * 60)]
ASK = [Message(role="system", section="rules", text="Play."), Message(role="user", section="board", text="Which one?")]


def test_conformance(model_home: Path) -> None:
    check_model(open_model("local:smollm2", home=model_home))


@pytest.mark.parametrize("value", NASTY)
def test_every_name_of_an_action_can_be_said(value: str, smollm: EmbeddedModel) -> None:
    schema = {"type": "object", "properties": {"move": {"enum": [value]}}, "required": ["move"]}
    completion = smollm.complete(ASK, schema=schema, max_tokens=64, seed=1)
    assert (json.loads(completion.text), completion.finish) == ({"move": value}, "stop")


def test_bounded_thought_comes_before_the_move(smollm: EmbeddedModel) -> None:
    fields = {"thought": {"type": "string", "maxLength": 20}, "move": {"enum": ["a", "b"]}}
    completion = smollm.complete(ASK, schema={"type": "object", "properties": fields}, max_tokens=64, seed=1)
    reply = json.loads(completion.text)
    assert (list(reply), len(reply["thought"]) <= 20, reply["move"] in "ab") == (["thought", "move"], True, True)


def test_prompt_cache_is_counted(smollm: EmbeddedModel) -> None:
    smollm.complete(LONG, max_tokens=1)
    completion = smollm.complete(LONG, max_tokens=1)
    assert completion.cached_tokens is not None
    assert completion.tokens_in is not None
    assert completion.cached_tokens > completion.tokens_in // 2


def test_prompt_that_does_not_fit_is_told_apart(smollm: EmbeddedModel) -> None:
    with pytest.raises(PromptTooLong):
        smollm.complete([Message(role="user", section="board", text="word " * 6000)])


def test_reply_that_reaches_the_limit_says_so(smollm: EmbeddedModel) -> None:
    assert smollm.complete(LONG, max_tokens=3).finish == "length"


def test_closing_ends_a_call_in_flight(model_home: Path) -> None:
    model = open_model("local:smollm2", home=model_home, settings=ModelSettings(threads=1))
    model.complete(ASK, max_tokens=1)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(model.complete, LONG, max_tokens=3000)
        time.sleep(0.5)
        start = time.monotonic()
        model.close()
        with pytest.raises(ModelError):
            call.result(20)
    assert time.monotonic() - start < 15


def test_exit_of_the_interpreter_is_clean_with_a_call_in_flight(model_home: Path) -> None:
    code = """
import sys, threading, time
from pathlib import Path
from langgym.models.chat import Message
from langgym.models.names import open_model
model = open_model("local:smollm2", home=Path(sys.argv[1]))
prompt = [Message(role="user", section="board", text="Tell a very long story. " * 20)]
model.complete(prompt, max_tokens=1)
threading.Thread(target=model.complete, args=(prompt,), kwargs={"max_tokens": 3000}, daemon=True).start()
time.sleep(0.5)
print("leaving")
"""
    child = subprocess.run([sys.executable, "-c", code, str(model_home)], capture_output=True, text=True, timeout=120)
    assert (child.returncode, child.stdout) == (0, "leaving\n")


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"GGUF" + bytes(1000))
    with pytest.raises(ModelError, match="cannot load"):
        EmbeddedModel(path).start()
