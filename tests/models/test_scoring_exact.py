"""The likelihoods of labels are those of the whole vocabulary, and many cost no more than two."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from langgym.models.chat import Message
from langgym.models.embedded import EmbeddedModel
from langgym.models.likelihood import choose_labels
from langgym.models.llama import LlamaServer
from langgym.models.names import open_model
from langgym.models.templates import LEAD, write_prompt

RULES = "You play a long game on a board of nine squares, three in a row win, and the other side moves after you. " * 20
PROMPT = write_prompt(
    "plain",
    [
        Message(role="system", section="rules", text=RULES),
        Message(role="user", section="menu", text="Choose one of the letters A to Z."),
    ],
)


class Engine:
    """A channel to an engine that knows letters as tokens and finds all alike; it counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, path: str, body: Mapping[str, object] | None = None) -> Mapping[str, object]:
        self.asked.append(path)
        assert body is not None
        if path == "/tokenize":
            return {"tokens": [ord(letter) for letter in str(body["content"]).replace(" ", "")]}
        bias = body["logit_bias"]
        assert isinstance(bias, list)
        rows = [{"id": token, "prob": 1 / len(bias)} for token, _ in bias]
        return {"completion_probabilities": [{"top_probs": rows}], "tokens_evaluated": 5, "timings": {"cache_n": 0}}

    def check_open(self) -> None:
        """Is always open."""

    def close(self) -> None:
        """Has nothing to close."""


@pytest.mark.parametrize("n", [2, 20, 52])
def test_labels_of_one_token_take_one_request_however_many_they_are(n: int) -> None:
    engine = Engine()
    LlamaServer(engine, name="m").rate("Answer:", choose_labels(n))
    assert engine.asked.count("/completion") == 1


def test_names_take_a_request_for_each_beginning_that_several_share() -> None:
    engine = Engine()
    shares = LlamaServer(engine, name="m").rate("Answer:", ["ab", "ac", "b"]).shares
    assert (engine.asked.count("/completion"), shares) == (2, (0.25, 0.25, 0.5))


@pytest.fixture
def fresh(model_home: Path) -> Iterator[EmbeddedModel]:
    model = open_model("local:smollm2", home=model_home)
    assert isinstance(model, EmbeddedModel)
    yield model
    model.close()


@pytest.mark.model
def test_shares_are_the_softmax_of_the_whole_vocabulary_restricted_to_the_labels(fresh: EmbeddedModel) -> None:
    server, labels = fresh.open_engine(), choose_labels(20)
    assert 450 < server.count_tokens(PROMPT + LEAD) < 600
    shares = server.rate(PROMPT + LEAD, labels).shares
    whole = server.read_vocabulary(PROMPT + LEAD)
    assert sum(whole.values()) == pytest.approx(1.0, abs=1e-3)
    told = [whole[f" {label}"] for label in labels]
    assert shares == pytest.approx([share / sum(told) for share in told], abs=1e-5)


@pytest.mark.model
def test_walk_over_names_is_the_product_of_what_the_vocabulary_says_at_each_node(fresh: EmbeddedModel) -> None:
    server, names = fresh.open_engine(), ["left", "left turn", "right"]
    shares = server.rate(PROMPT + LEAD, names).shares
    first = server.read_vocabulary(PROMPT + LEAD)
    then = server.read_vocabulary(f"{PROMPT}{LEAD} left")
    left = first[" left"] / (first[" left"] + first[" right"])
    end = then["\n"] / (then["\n"] + then[" turn"])
    assert shares == pytest.approx([left * end, left * (1 - end), 1 - left], abs=0.02)
