"""The real embedded model."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from langgym.errors import ModelError, PromptTooLong, UsageError
from langgym.models.chat import Message
from langgym.models.embedded import EmbeddedModel
from langgym.models.likelihood import LETTERS, choose_labels, show_options
from langgym.models.names import ModelSettings, open_model
from langgym.models.testing import check_model, check_rating

pytestmark = pytest.mark.model

NASTY = ['say "no"', "back\\slash", "tab\there", "line\nbreak", "é𝄞漢", "{brace} | (bar)", "\x00\x7f"]
LONG = [Message(role="user", section="board", text="Tell a very long story. " * 60)]
SLOW = [Message(role="user", section="board", text="Tell a very long story. " * 600)]
ASK = [Message(role="system", section="rules", text="Play."), Message(role="user", section="board", text="Which one?")]
CHOOSE = [*ASK, Message(role="user", section="menu", text=show_options(["up", "down", "left"]))]


def test_conformance(model_home: Path) -> None:
    check_model(open_model("local:smollm2", home=model_home))


def test_conformance_of_ratings(model_home: Path) -> None:
    model = open_model("local:smollm2", home=model_home)
    assert isinstance(model, EmbeddedModel)
    check_rating(model)


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
from langgym.models.likelihood import LETTERS, choose_labels, show_options
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


def test_every_letter_can_be_rated(smollm: EmbeddedModel) -> None:
    assert smollm.labels()[:52] == LETTERS


def test_menu_of_a_whole_chess_position_is_rated_at_once(smollm: EmbeddedModel) -> None:
    labels = choose_labels(218, smollm.labels())
    assert (len(labels), len(smollm.rate(CHOOSE, labels).shares)) == (218, 218)


def test_shares_follow_the_labels_and_not_their_order(smollm: EmbeddedModel) -> None:
    forth, back = smollm.rate(CHOOSE, ["A", "B", "C"]), smollm.rate(CHOOSE, ["C", "B", "A"])
    assert back.shares[::-1] == pytest.approx(forth.shares, abs=0.05)
    assert max(forth.shares) - min(forth.shares) > 0.1


def test_what_memory_says_of_a_name_moves_its_share(smollm: EmbeddedModel) -> None:
    names = ["a2", "c1", "b3", "b1"]
    menu = Message(role="user", section="menu", text=", ".join(names))
    shares = [
        smollm.rate([*ASK, menu, Message(role="user", section="experience", text=f"{name} won 8 of 9.")], names).shares
        for name in ("b3", "a2")
    ]
    assert shares[0][2] > 1.2 * shares[1][2]


def test_name_that_begins_another_is_told_apart(smollm: EmbeddedModel) -> None:
    names = ["raise 1", "raise 10", "raise 100", "fold"]
    shares = smollm.rate([*ASK, Message(role="user", section="menu", text="Say: raise 10")], names).shares
    assert max(shares) == shares[1]


def test_single_label_is_certain(smollm: EmbeddedModel) -> None:
    rating = smollm.rate(ASK, ["pass"])
    assert (rating.shares, rating.tokens_in) == ((1.0,), 0)


def test_shares_do_not_depend_on_what_was_asked_before(model_home: Path) -> None:
    shares: list[tuple[float, ...]] = []
    for before in ([], LONG, CHOOSE):
        model = open_model("local:smollm2", home=model_home)
        assert isinstance(model, EmbeddedModel)
        if before:
            model.complete(before, max_tokens=5)
        shares.append(model.rate(CHOOSE, LETTERS).shares)
        model.close()
    assert shares[1:] == shares[:1] * 2


def test_rating_reads_the_cache_of_the_prompt(smollm: EmbeddedModel) -> None:
    smollm.rate(LONG, ["A", "B"])
    rating = smollm.rate([*LONG, Message(role="user", section="menu", text="Go on.")], ["A", "B"])
    assert rating.cached_tokens is not None
    assert rating.tokens_in is not None
    assert rating.tokens_in // 2 < rating.cached_tokens < rating.tokens_in


def test_prompt_that_does_not_fit_is_not_rated(smollm: EmbeddedModel) -> None:
    with pytest.raises(PromptTooLong):
        smollm.rate([Message(role="user", section="board", text="word " * 6000)], ["A", "B"])


def test_labels_alike_but_for_spaces_are_refused(smollm: EmbeddedModel) -> None:
    with pytest.raises(UsageError, match="twice"):
        smollm.rate(ASK, ["go on", "go\non"])


def test_closing_ends_a_rating_in_flight(model_home: Path) -> None:
    model = open_model("local:smollm2", home=model_home, settings=ModelSettings(threads=1))
    assert isinstance(model, EmbeddedModel)
    model.labels()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(model.rate, SLOW, ["A", "B"])
        time.sleep(0.5)
        start = time.monotonic()
        model.close()
        with pytest.raises(ModelError, match="closed"):
            call.result(20)
    assert time.monotonic() - start < 5


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C interrupts, also where a shell runs the tests in the background and has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupt_leaves_a_rating_and_the_engine_stops(smollm: EmbeddedModel) -> None:
    main = threading.main_thread().ident
    assert main is not None
    smollm.labels()
    timer = threading.Timer(0.5, lambda: signal.pthread_kill(main, signal.SIGINT))
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        smollm.rate(SLOW, ["A", "B"])
    left = time.monotonic() - start
    smollm.rate(ASK, ["A", "B"])
    assert (left < 2, time.monotonic() - start < 8) == (True, True)


def test_rating_that_takes_too_long_fails(model_home: Path) -> None:
    model = open_model("local:smollm2", home=model_home, settings=ModelSettings(timeout=1.0))
    assert isinstance(model, EmbeddedModel)
    model.labels()
    with pytest.raises(ModelError, match="in 1 s"):
        model.rate(SLOW, ["A", "B"])
    model.close()
