"""Labels, shares, and the double that rates."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langgym.errors import ModelError, PromptTooLong, UsageError
from langgym.models.chat import Message, can_rate
from langgym.models.doubles import RateCall, RatingDouble, ScriptedModel
from langgym.models.likelihood import (
    LABELS,
    choose_labels,
    make_rating,
    read_shares,
    share_words,
    show_options,
)
from langgym.models.testing import ModelFault, check_rating

PROMPT = [Message(role="user", section="board", text="Where?")]
WEIGHTS = st.lists(st.floats(1e-30, 1e3), min_size=1, max_size=60)


def test_no_label_comes_twice() -> None:
    assert len(set(LABELS)) == len(LABELS)


def test_labels_are_cut_to_what_is_known() -> None:
    assert choose_labels(3, ["x", "y"]) == ("x", "y")


def test_name_with_a_line_break_forges_no_label() -> None:
    assert show_options(["a\n\rB) b", "c"]).splitlines() == ["A) a B) b", "B) c"]


def test_options_beyond_the_labels_are_not_shown() -> None:
    assert show_options(["a", "b", "c"], ["X", "Y"]) == "X) a\nY) b"


@given(WEIGHTS)
def test_stored_rating_says_its_shares_to_the_last_digit(weights: list[float]) -> None:
    rating = make_rating(weights, tokens_in=1, cached_tokens=0, milliseconds=1)
    assert read_shares(rating.text) == rating.shares
    assert math.fsum(rating.shares) == pytest.approx(1.0, abs=1e-7)


@pytest.mark.parametrize("text", ['{"A": 1}', "0.5", "[]", "[NaN]", "A"])
def test_text_without_shares_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no rating|no shares|Expecting value"):
        read_shares(text)


def test_double_keeps_the_contract() -> None:
    check_rating(RatingDouble(lambda call: [1.0] * len(call.labels)))


def test_call_of_the_double_is_recorded() -> None:
    model = RatingDouble(lambda call: [2, 6])
    assert model.rate(PROMPT, ["A", "B"], seed=7).shares == (0.25, 0.75)
    assert model.rate_calls == [RateCall(messages=tuple(PROMPT), labels=("A", "B"), seed=7)]


def test_double_raises_what_its_function_returns() -> None:
    with pytest.raises(PromptTooLong):
        RatingDouble(lambda call: PromptTooLong("too long")).rate(PROMPT, ["A"])


def test_double_with_too_few_weights_says_so() -> None:
    with pytest.raises(ModelError, match="1 weights for 2 labels"):
        RatingDouble(lambda call: [1]).rate(PROMPT, ["A", "B"])


def test_double_refuses_a_label_that_comes_twice() -> None:
    with pytest.raises(UsageError, match="twice"):
        RatingDouble(lambda call: [1, 1]).rate(PROMPT, ["A", "A"])


def test_words_that_differ_at_once_take_one_question() -> None:
    asked: list[list[int]] = []
    share_words([[1, 0], [2, 0], [3, 0]], lambda said, tokens: asked.append([*said]) or dict.fromkeys(tokens, 0.3))
    assert asked == [[]]


def test_word_gets_the_product_of_its_shares() -> None:
    tree = {(): {5: 0.9, 6: 0.1}, (5, 7): {1: 0.25, 2: 0.75}}
    assert share_words([[5, 7, 1, 0], [6, 0], [5, 7, 2, 0]], lambda said, _: tree[tuple(said)]) == [
        0.9 * 0.25,
        0.1,
        0.9 * 0.75,
    ]


@given(st.sets(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=30))
def test_shares_of_words_sum_to_one(words: set[str]) -> None:
    tokens = [[*map(ord, word), 0] for word in sorted(words)]
    shares = share_words(tokens, lambda said, those: {token: 1 / len(those) for token in those})
    assert math.fsum(shares) == pytest.approx(1.0)


def test_double_also_completes() -> None:
    assert RatingDouble(lambda call: [1], ["e4"]).complete(PROMPT).text == "e4"


def test_who_can_rate_is_told_apart() -> None:
    assert (can_rate(RatingDouble(lambda call: [1])), can_rate(ScriptedModel([]))) == (True, False)


class _Fickle(RatingDouble):
    """Its shares depend on how often it was asked."""

    def __init__(self) -> None:
        super().__init__(lambda call: [len(self.rate_calls)] + [1.0] * (len(call.labels) - 1))


class _Lax(RatingDouble):
    """It rates whatever it is given."""

    def rate(self, messages, labels, *, seed=None):
        return make_rating([1.0] * max(1, len(labels)), tokens_in=1, cached_tokens=0, milliseconds=0)


@pytest.mark.parametrize(
    "broken",
    [_Fickle(), _Lax(lambda call: [1]), RatingDouble(lambda call: [1], labels=["A"])],
    ids=["fickle", "rates anything", "one label"],
)
def test_check_refuses_a_broken_rating(broken: RatingDouble) -> None:
    with pytest.raises(ModelFault):
        check_rating(broken)
