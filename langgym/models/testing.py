"""The conformance check that every chat model passes."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from langgym.errors import LangGymError
from langgym.models.chat import ChatModel, Completion, JsonSchema, Message

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
