"""Operations: what a model may ask to be done with an agent's strategies, how that is read, and what is refused."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from langgym.memory.decisions import Sighting
from langgym.memory.experience import Moment
from langgym.models.chat import JsonSchema

MOST_OPERATIONS, MOST_ADDED = 4, 3
MOST_TOKENS = 60
"""Words and signs of a strategy: its condition, its action and what is said of its effect."""
MOST_EVIDENCE = 6
BORROWED = 4
"""Words in a row from a text of another that are too many for a strategy."""
LONGEST_REPLY = 20_000
_TOKEN = re.compile(r"\w+|[^\w\s]")
_CITED = re.compile(r"e(\d+)\.t(\d+)")
_OPENING = re.compile(r'\{\s*"operations"')


class Operation(BaseModel):
    """One thing to do with the strategies."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    op: Literal["add", "agree", "edit", "retire"]
    id: int | None = None
    """Of the strategy; `add` has none."""
    condition: str | None = None
    action: str | None = None
    effect_words: str = ""
    evidence: tuple[str, ...] = Field(default=(), strict=False)
    """Decisions, as `e12.t5`."""


class Operations(BaseModel):
    """What a model asks for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    operations: tuple[Operation, ...]


class UnreadableOperations(ValueError):
    """A reply in which no operations can be read; the text says why."""


def make_schema(conditions: Sequence[str], actions: Sequence[str]) -> JsonSchema:
    """Returns the JSON schema of a reply that speaks of these facts alone."""
    fields: dict[str, Mapping[str, object]] = {
        "op": {"enum": ["add", "agree", "edit", "retire"]},
        "id": {"type": ["integer", "null"]},
        "condition": {"enum": [None, *conditions]},
        "action": {"enum": [None, *actions]},
        "effect_words": {"type": "string"},
        "evidence": {"type": "array", "items": {"type": "string"}},
    }
    item = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    listed = {"type": "array", "items": item}
    return {"type": "object", "properties": {"operations": listed}, "required": ["operations"]}


def read_operations(reply: str) -> tuple[Operation, ...]:
    """Returns the operations of the last object in a reply that has any.

    Raises:
        UnreadableOperations: There is no such object, or it is not as it should be.
    """
    if len(reply) > LONGEST_REPLY:
        raise UnreadableOperations("The reply is too long to be read.")
    decoder = json.JSONDecoder()
    for opening in reversed(list(_OPENING.finditer(reply))):
        try:
            value, _ = decoder.raw_decode(reply, opening.start())
            return Operations.model_validate(value).operations
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise UnreadableOperations(f"{place}: {first['msg']}.") from error
        except (ValueError, RecursionError) as error:
            raise UnreadableOperations("The last object was not closed.") from error
    raise UnreadableOperations('There is no object {"operations": […]}.')


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What operations are held against."""

    decisions: Mapping[Sighting, Moment]
    """The agent's own in the role, by place."""
    seats: Mapping[int, Sequence[str]]
    """The agent's seats in that role by episode."""
    numbers: Mapping[int, int]
    """Of episodes as they are cited, by id: the clock at their end, which is the same however they were played."""
    n_strategies: int
    """Strategies that were shown and may be changed; they are numbered from 1."""
    others: Sequence[str]
    """Names and words of others."""

    def cite(self, sighting: Sighting) -> str:
        """Returns a decision as it is cited."""
        return cite(self.numbers[sighting.episode_id], sighting.turn)


def cite(number: int, turn: int) -> str:
    """Returns how a turn of an episode is cited."""
    return f"e{number}.t{turn}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """An operation that nothing speaks against, with the decisions that it rests on."""

    operation: Operation
    evidence: tuple[Sighting, ...]


def check_operations(operations: Sequence[Operation], case: Case) -> tuple[list[Accepted], list[str]]:
    """Returns the operations that may be done, and for each of the others why it may not."""
    accepted: list[Accepted] = []
    refused: list[str] = []
    n_added = 0
    for number, operation in enumerate(operations, start=1):
        n_added += operation.op == "add"
        reason = (
            f"there are more than {MOST_OPERATIONS} operations"
            if number > MOST_OPERATIONS
            else f"there are more than {MOST_ADDED} additions"
            if operation.op == "add" and n_added > MOST_ADDED
            else None
        )
        evidence = tuple(find_evidence(operation, case))
        reason = reason or find_fault(operation, evidence, case)
        if reason is None:
            accepted.append(Accepted(operation, evidence))
        else:
            refused.append(f"operation {number} ({operation.op}): {reason}")
    return accepted, refused


def find_evidence(operation: Operation, case: Case) -> Iterator[Sighting]:
    """Yields the decisions that an operation cites and that exist."""
    episodes = {number: episode_id for episode_id, number in case.numbers.items()}
    for cited in dict.fromkeys(operation.evidence):
        found = _CITED.fullmatch(cited.strip())
        if found is None or len(found[0]) > 40:
            continue
        episode_id, turn = episodes.get(int(found[1]), 0), int(found[2])
        for seat in case.seats.get(episode_id, ()):
            if (sighting := Sighting(episode_id, seat, turn)) in case.decisions:
                yield sighting


def find_fault(operation: Operation, evidence: Sequence[Sighting], case: Case) -> str | None:
    """Returns why an operation may not be done; `None` where nothing speaks against it."""
    if not operation.evidence:
        return "it cites no decision"
    if len(operation.evidence) > MOST_EVIDENCE:
        return f"it cites more than {MOST_EVIDENCE} decisions"
    if len(evidence) < len(set(operation.evidence)):
        return "it cites decisions that you never made"
    if operation.op == "add" and operation.id is not None:
        return "what is new has no id"
    if operation.op != "add" and operation.id not in range(1, case.n_strategies + 1):
        return f"there is no strategy {operation.id!r} to change"
    if operation.op in ("add", "edit"):
        return _find_untold(operation, evidence, case) or _find_foul(operation, case)
    return None


def _find_untold(operation: Operation, evidence: Sequence[Sighting], case: Case) -> str | None:
    """Returns what is wrong with the facts of an operation: each must have been there in all that is cited."""
    if operation.action is None:
        return "it names no action"
    for sighting in evidence:
        moment = case.decisions[sighting]
        if operation.condition is not None and operation.condition not in moment.state:
            return f"the condition {operation.condition[:80]!r} did not hold in {case.cite(sighting)}"
        if not any(operation.action in facts for facts in moment.options.values()):
            return f"no action {operation.action[:80]!r} was there in {case.cite(sighting)}"
    return None


def _find_foul(operation: Operation, case: Case) -> str | None:
    """Returns what is wrong with the words of an operation."""
    words = operation.effect_words
    said = " ".join((operation.condition or "", operation.action or "", words))
    if len(_TOKEN.findall(said)) > MOST_TOKENS:
        return f"it has more than {MOST_TOKENS} words"
    ours = _fold(words)
    for text in case.others:
        theirs = _fold(text)
        n = min(BORROWED, len(theirs))
        if any(_holds(ours, theirs[place : place + n]) for place in range(len(theirs) - n + 1) if n):
            return "it repeats names or words of others"
    return None


def _fold(text: str) -> list[str]:
    return [token.casefold() for token in _TOKEN.findall(text) if token[0].isalnum()]


def _holds(words: Sequence[str], some: Sequence[str]) -> bool:
    n = len(some)
    return any(list(words[place : place + n]) == list(some) for place in range(len(words) - n + 1))


def clean_words(words: str) -> str:
    """Returns what a model says of an effect as it may be quoted in a strategy: one line without quotation marks."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).replace('"', "'").split())
