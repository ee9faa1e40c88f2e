"""Asking a model for operations on strategies, through the same ledger as any other question, and wording that."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from agents_db.knowledge import MemoryRecord
from langgym.asking import (
    NO_ANSWERS,
    AskSettings,
    Attempt,
    AttemptClass,
    Ledger,
    make_attempt,
    note_completion,
)
from langgym.errors import UsageError
from langgym.memory.contrasts import Contrast
from langgym.memory.decisions import Sighting
from langgym.memory.experience import Moment
from langgym.memory.life import Lived
from langgym.memory.operations import (
    MOST_ADDED,
    MOST_OPERATIONS,
    MOST_TOKENS,
    Accepted,
    Case,
    UnreadableOperations,
    check_operations,
    cite,
    read_operations,
)
from langgym.memory.strategies import phrase
from langgym.models.chat import ChatModel, Completion, JsonSchema, Message
from langgym.prompts import fill
from universe.card import EnvCard

MOST_ANSWERS = 2
"""Replies that a reflection may cost: a bad one is asked for once more, then nothing is concluded."""
MOST_TURNS = 12
"""Decisions of a seat that are told: those that were paid or cost most, then the last ones."""
MOST_MOVES, LONGEST_WORD = 20, 80
"""Moves of others that are quoted, the last ones, and characters of a name."""
LONGEST_ECHO = 2000
OPTIONAL = ("reflect_others", "reflect_contrasts")
"""Sections that are left out where the prompt does not fit."""
FORM = json.dumps(
    {
        "operations": [
            {
                "op": "add, agree, edit or retire",
                "id": "of a strategy; null to add",
                "condition": "a fact, or null for always",
                "action": "a fact",
                "effect_words": "what comes of it",
                "evidence": ["a decision"],
            }
        ]
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking a model to reflect."""

    accepted: tuple[Accepted, ...]
    refused: tuple[str, ...]
    """Why operations were refused, those of the last reply."""
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a reflection is about, as it is told."""

    agent: str
    card: EnvCard
    lives: Sequence[Lived]
    """The agent's seats of one role in the episode."""
    numbers: Mapping[int, int]
    """Of episodes as they are cited, by id."""
    contrasts: Sequence[Contrast]
    strategies: Sequence[MemoryRecord]
    conditions: Sequence[str]
    actions: Sequence[str]
    """Facts that may be spoken of."""
    others: Mapping[str, Sequence[str]]
    """What others played, by their names: hostile data."""


def ask_reflection(
    model: ChatModel,
    prompt: Sequence[Message],
    *,
    case: Case,
    schema: JsonSchema,
    ledger: Ledger,
    settings: AskSettings,
    seed: int,
) -> Asked:
    """Asks until a reply can be used or `MOST_ANSWERS` were given; what was received before is not asked for again.

    Raises:
        ModelError: The provider failed; the same can be asked again later.
        BudgetError: A limit does not allow the next call.
    """
    attempts = list(ledger.earlier())
    first = attempts[0].prompt if attempts else tuple(prompt)
    while not _is_done(attempts):
        draws = (seed + len(attempts)) & 0x7FFFFFFF
        make_attempt(
            ledger,
            attempts,
            _converse(first, attempts),
            max_tokens=settings.max_tokens,
            ask=partial(_ask, model, case=case, schema=schema, settings=settings, seed=draws),
        )
    return _conclude(attempts, case)


def _is_done(attempts: Sequence[Attempt]) -> bool:
    answers = sum(attempt.outcome not in NO_ANSWERS for attempt in attempts)
    n_too_long = sum(attempt.outcome == "too_long" for attempt in attempts)
    is_ok = any(attempt.outcome == "ok" for attempt in attempts)
    return is_ok or answers >= MOST_ANSWERS or n_too_long >= 2


def _conclude(attempts: Sequence[Attempt], case: Case) -> Asked:
    used = next((attempt for attempt in attempts if attempt.outcome == "ok" and attempt.reply is not None), None)
    if used is None or used.reply is None:
        problems = [attempt.problem for attempt in attempts[-1:] if attempt.problem]
        return Asked(accepted=(), refused=tuple(problems), attempts=tuple(attempts))
    accepted, refused = check_operations(read_operations(used.reply), case)
    return Asked(accepted=tuple(accepted), refused=tuple(refused), attempts=tuple(attempts))


def _converse(first: Sequence[Message], attempts: Sequence[Attempt]) -> tuple[Message, ...]:
    """Returns the prompt, shorter where it did not fit, followed by a bad reply and what was wrong with it."""
    too_long = any(attempt.outcome == "too_long" for attempt in attempts)
    messages = [message for message in first if not (too_long and message.section in OPTIONAL)]
    for attempt in attempts:
        if attempt.outcome in NO_ANSWERS:
            continue
        if attempt.reply:
            messages.append(Message(role="assistant", section="reply", text=attempt.reply[:LONGEST_ECHO]))
        told = fill("reflect_retry", problem=attempt.problem or "", form=FORM)
        messages.append(Message(role="user", section="retry", text=told))
    return tuple(messages)


def _ask(
    model: ChatModel, draft: Attempt, *, case: Case, schema: JsonSchema, settings: AskSettings, seed: int
) -> Attempt:
    completion = _complete(model, draft.prompt, schema=schema, settings=settings, seed=seed)
    outcome, problem = classify_operations(completion, case)
    return note_completion(draft, completion, outcome=outcome, problem=problem)


def _complete(
    model: ChatModel, messages: Sequence[Message], *, schema: JsonSchema, settings: AskSettings, seed: int
) -> Completion:
    held = schema if model.has_schema else None
    limits = {"max_tokens": settings.max_tokens, "temperature": settings.temperature, "seed": seed}
    try:
        return model.complete(messages, schema=held, **limits)  # pyright: ignore[reportArgumentType]
    except UsageError:  # raised before anything is sent: the model's grammar holds no lists
        return model.complete(messages, **limits)  # pyright: ignore[reportArgumentType]


def classify_operations(completion: Completion, case: Case) -> tuple[AttemptClass, str | None]:
    """Returns the class of a reply, and what is wrong with it; of one that is ok, why some operations are refused."""
    if completion.finish == "refused":
        return "refused", "refused"
    if not completion.text.strip():
        return "empty", "Your reply was empty."
    if completion.finish == "length":
        return "truncated", "Your reply was cut off before it ended."
    try:
        operations = read_operations(completion.text)
    except UnreadableOperations as error:
        return "unreadable", str(error)
    accepted, refused = check_operations(operations, case)
    return "illegal" if refused and not accepted else "ok", "; ".join(refused) or None


def make_prompt(matter: Matter) -> tuple[Message, ...]:
    """Returns what a model is told: rules, its own decisions, what is counted, its strategies, data of others."""
    card, parts = matter.card, list[tuple[str, str]]()
    seats = " and ".join(life.seat for life in matter.lives)
    rules = fill(
        "reflect_rules", agent=matter.agent, title=card.title, seat=seats, rules=card.rules, reward=card.reward
    )
    for life in matter.lives:
        end = f"{life.result or 'ended'}, return {life.total:+.2f}"
        parts.append(("reflect_episode", fill("reflect_episode", seat=life.seat, turns=_tell_turns(life), end=end)))
    if matter.contrasts:
        told = "\n".join(f"- {phrase(card, each)} {_cite(each.supports, matter.numbers)}" for each in matter.contrasts)
        parts.append(("reflect_contrasts", fill("reflect_contrasts", contrasts=told)))
    known = "\n".join(f"- id {place}: {each.text}" for place, each in enumerate(matter.strategies, 1)) or "none yet"
    parts.append(("reflect_strategies", fill("reflect_strategies", strategies=known)))
    if matter.others:
        others = "\n".join(_quote(name, moves) for name, moves in matter.others.items())
        parts.append(("reflect_others", fill("reflect_others", others=others)))
    facts = fill("reflect_facts", conditions=_list(matter.conditions), actions=_list(matter.actions))
    ask = fill("reflect_ask", most=MOST_OPERATIONS, added=MOST_ADDED, tokens=MOST_TOKENS, form=FORM)
    parts += [("reflect_facts", facts), ("reflect_ask", ask)]
    system = Message(role="system", section="reflect_rules", text=rules)
    return (system, *(Message(role="user", section=section, text=text) for section, text in parts))


def _tell_turns(life: Lived) -> str:
    """Returns the decisions of a seat that matter most, in order, each with its id and its facts."""
    moments = life.moments
    ranked = sorted(range(len(moments)), key=lambda place: (-abs(moments[place].reward), -place))
    return "\n".join(_tell_turn(life, moments[place]) for place in sorted(ranked[:MOST_TURNS]))


def _tell_turn(life: Lived, moment: Moment) -> str:
    state = "; ".join(moment.state)
    action = "; ".join(moment.options[moment.action])
    return f"- {cite(life.clock, moment.turn)}: {state} -> you took: {action} -> then {moment.reward:+.2f}"


def _cite(sightings: Sequence[Sighting], numbers: Mapping[int, int]) -> str:
    cited = ", ".join(cite(numbers[each.episode_id], each.turn) for each in sightings)
    return f"As in {cited}." if cited else ""


def _list(facts: Sequence[str]) -> str:
    return ", ".join(json.dumps(fact, ensure_ascii=False) for fact in facts)


def _quote(name: str, moves: Sequence[str]) -> str:
    """Returns what another played as JSON on one line, so that nothing of it can end the block."""
    shown = [move[:LONGEST_WORD] for move in moves[-MOST_MOVES:]]
    return json.dumps({"player": name[:LONGEST_WORD], "played": shown})
