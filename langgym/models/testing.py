"""The conformance checks that every chat model passes, and every one that rates."""

import json
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from langgym.errors import LangGymError
from langgym.models.chat import ChatModel, Completion, JsonSchema, Message, Rating, RatingModel
from langgym.models.likelihood import choose_labels, read_shares, show_options

CHOICES = ["left", 'the "right"']
SCHEMA: JsonSchema = {
    "type": "object",
    "properties": {"move": {"enum": CHOICES}},
    "required": ["move"],
    "additionalProperties": False,
}
PROMPT = (
    Message(role="system", section="rules", text="You walk through a maze."),
    Message(role="user", section="board", text="You stand at a fork."),
    Message(role="user", section="menu", text='Choose: left, the "right". Answer as {"move": …}.'),
)


class ModelFault(AssertionError):
    """A model breaks the contract of `ChatModel`."""


def check_model(model: ChatModel) -> None:
    """Checks the contract of `ChatModel` with about five short calls, and closes `model`.

    A double has to answer each prompt with `{"move": "left"}`.

    Raises:
        ModelFault: The contract is broken.
    """
    identity = (model.name, model.fingerprint)
    _demand(all(identity), "name and fingerprint are not empty")
    _check_completion(model.complete(PROMPT, max_tokens=8, temperature=0.0, seed=2**63 - 1))
    _check_held(model)
    with ThreadPoolExecutor(2) as pool:
        at_once = [pool.submit(model.complete, PROMPT, max_tokens=4, seed=seed) for seed in range(2)]
    for future in at_once:
        _check_completion(future.result())
    _demand((model.name, model.fingerprint) == identity, "name and fingerprint stay as they are")
    model.close()
    model.close()
    try:
        model.complete(PROMPT)
    except LangGymError:
        return
    raise ModelFault("A closed model answers.")


def check_rating(model: RatingModel) -> None:
    """Checks what `RatingModel` adds to a chat model with about six short calls, and closes `model`.

    Raises:
        ModelFault: The contract is broken.
    """
    known = model.labels()
    _demand(len(known) >= 2, "there are at least two short labels")
    _demand(len(set(known)) == len(known), "no short label comes twice")
    few = choose_labels(2, known)
    ask = (*PROMPT[:2], Message(role="user", section="menu", text=show_options(CHOICES, few)))
    first = _rate(model, ask, few)
    again = _rate(model, ask, few)
    _demand(math.dist(first.shares, again.shares) < 0.001, "the same prompt gets the same shares, to three digits")
    with ThreadPoolExecutor(2) as pool:
        at_once = [pool.submit(_rate, model, PROMPT, labels) for labels in (CHOICES, known)]
    for future in at_once:
        future.result()
    for wrong in ((), ("",), (few[0], few[0])):
        _demand(_refuses(model, wrong), f"{wrong} is refused as labels")
    model.close()
    _demand(_refuses(model, few), "a closed model rates nothing")


def _rate(model: RatingModel, messages: Sequence[Message], labels: Sequence[str]) -> Rating:
    rating = model.rate(messages, labels, seed=2**63 - 1)
    _demand(len(rating.shares) == len(labels), "there is one share for each label")
    _demand(min(rating.shares) >= 0 and abs(math.fsum(rating.shares) - 1) < 1e-7, "shares sum to 1")
    _demand(read_shares(rating.text) == rating.shares, "the text of a rating says its shares")
    _demand(rating.milliseconds >= 0, "time is not negative")
    return rating


def _refuses(model: RatingModel, labels: Sequence[str]) -> bool:
    try:
        model.rate(PROMPT, labels)
    except LangGymError:
        return True
    return False


def _check_held(model: ChatModel) -> None:
    completion = model.complete(PROMPT, schema=SCHEMA, max_tokens=32, seed=1)
    _check_completion(completion)
    if not model.has_schema:
        return
    try:
        reply: object = json.loads(completion.text)
    except ValueError as error:
        raise ModelFault(f"The reply {completion.text!r} under a schema is no JSON.") from error
    _demand(isinstance(reply, dict), "a reply under the schema of an object is one")
    _demand(cast("dict[str, object]", reply).get("move") in CHOICES, "a reply under a schema holds to its enum")


def _check_completion(completion: Completion) -> None:
    counts = (completion.tokens_in, completion.tokens_out, completion.cached_tokens)
    _demand(all(count is None or count >= 0 for count in counts), "counts of tokens are not negative")
    _demand(completion.milliseconds >= 0, "time is not negative")
    _demand(completion.finish in {"stop", "length", "refused"}, "`finish` is one of its three values")


def _demand(holds: bool, what: str) -> None:
    if not holds:
        raise ModelFault(f"It does not hold that {what}.")
