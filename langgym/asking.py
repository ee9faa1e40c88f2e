"""Asking a model to choose from a menu: attempts, their classes, what the model is told after a bad one.

Decisions in a game and choices of an environment go through the same door.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Literal, Protocol

from agents_db.borders import reach
from langgym.errors import ModelError, PromptTooLong
from langgym.models.chat import ChatModel, Completion, Message
from langgym.models.compaction import compact_prompt
from langgym.prompts import fill
from universe.errors import IllegalAction, UnreadableAnswer
from universe.menu import Answer, Menu

AttemptClass = Literal["ok", "illegal", "unreadable", "truncated", "empty", "refused", "too_long", "provider_error"]

DROPPED_WHEN_TOO_LONG = ("memories", "strategies", "experience")
"""Sections that are left out when the prompt does not fit the model's context."""
NO_ANSWERS = ("provider_error", "too_long")
"""Classes of attempts in which the model was not heard."""
BYTES_PER_TOKEN = 3
"""Of an estimate: English prose has about four bytes a token, boards and JSON fewer."""
LONGEST_ECHO = 2000
"""Characters of a bad reply that are shown to the model again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call of a model within a decision."""

    ordinal: int
    outcome: AttemptClass
    prompt: tuple[Message, ...]
    reply: str | None
    problem: str | None
    tokens_in: int | None = None
    tokens_out: int | None = None
    cached_tokens: int | None = None
    milliseconds: int = 0
    est_in: int = 0
    """Tokens that a call is estimated to read; they are what counts of a call whose answer never comes."""
    est_out: int = 0
    lost_calls: int = 0
    """Calls that were sent and whose answer never came, before the one that is told here."""


class Ledger(Protocol):
    """Where the attempts of one decision are kept, so that a reply is never lost or asked for twice."""

    def earlier(self) -> Sequence[Attempt]:
        """Returns the attempts that were already received, oldest first."""
        ...

    def begin(self, attempt: Attempt) -> None:
        """Stores that an attempt is about to be made, without a reply.

        Raises:
            BudgetError: A limit does not allow it; it must not be made.
        """
        ...

    def keep(self, attempt: Attempt) -> None:
        """Stores what came of an attempt; when it returns, the reply survives a power cut."""
        ...


@dataclass(slots=True)
class MemoryLedger:
    """A ledger that forgets at the end of the process, for play without a store."""

    attempts: list[Attempt] = field(default_factory=list)

    def earlier(self) -> Sequence[Attempt]:
        """Returns what was kept."""
        return tuple(self.attempts)

    def begin(self, attempt: Attempt) -> None:
        """Allows every attempt."""

    def keep(self, attempt: Attempt) -> None:
        """Keeps an attempt in memory."""
        self.attempts.append(attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSettings:
    """How a model is asked."""

    max_attempts: int = 3
    thought: int | None = None
    """The longest thought before an answer, in characters; `None` asks for none."""
    max_tokens: int = 256
    temperature: float | None = None

    def describe(self) -> dict[str, int | float | None]:
        """Returns the settings as they are stored with a participation."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking; `answer` is `None` when no attempt was legal."""

    answer: Answer | None
    attempts: tuple[Attempt, ...]


def ask_menu(
    model: ChatModel,
    menu: Menu,
    prompt: Sequence[Message],
    *,
    ledger: Ledger,
    settings: AskSettings,
    seed: int,
) -> Asked:
    """Asks until an answer is legal or `max_attempts` are used up.

    Provider errors are kept in the ledger, never count against the model and end the asking. Where the model can tell
    that a prompt is too long, it is shortened before it is asked, and says so itself; one that is refused all the same
    is tried once more without what is remembered. What was asked before is asked again with the same first prompt, as
    it was stored.

    Raises:
        ModelError: The provider failed after all retries.
        BudgetError: A limit does not allow the next call.
    """
    attempts = list(ledger.earlier())
    for attempt in attempts:
        if attempt.outcome == "ok" and attempt.reply is not None:
            return Asked(answer=menu.parse(attempt.reply), attempts=tuple(attempts))
    prompt = attempts[0].prompt if attempts else prompt
    while _may_ask(attempts, settings.max_attempts):
        messages = _conversation(menu, prompt, attempts, thinks=settings.thought is not None)
        messages = compact_prompt(model, messages, reply=settings.max_tokens).messages
        draws = (seed + _count_answers(attempts)) & 0x7FFFFFFF
        attempt = make_attempt(
            ledger,
            attempts,
            messages,
            max_tokens=settings.max_tokens,
            ask=partial(_ask, model, menu, settings=settings, seed=draws),
        )
        if attempt.outcome == "ok" and attempt.reply is not None:
            return Asked(answer=menu.parse(attempt.reply), attempts=tuple(attempts))
    return Asked(answer=None, attempts=tuple(attempts))


def make_attempt(
    ledger: Ledger,
    attempts: list[Attempt],
    messages: Sequence[Message],
    *,
    max_tokens: int,
    ask: Callable[[Attempt], Attempt],
) -> Attempt:
    """Makes one attempt through the ledger, adds it to `attempts` and returns it.

    Args:
        ledger: Is told before it is made and what came of it.
        attempts: Those before it.
        messages: Its prompt.
        max_tokens: Of the reply.
        ask: Asks with the prompt of a draft and returns it with what came of it.

    Raises:
        ModelError: The provider failed; the ledger knows.
        BudgetError: A limit does not allow it; nothing was asked.
    """
    draft = Attempt(
        ordinal=len(attempts),
        outcome="ok",
        prompt=tuple(messages),
        reply=None,
        problem=None,
        est_in=estimate_tokens(messages),
        est_out=max_tokens,
    )
    ledger.begin(draft)
    failure: ModelError | None = None
    try:
        attempt = ask(draft)
    except PromptTooLong as error:
        attempt = replace(draft, outcome="too_long", problem=str(error))
    except ModelError as error:
        failure = error
        attempt = replace(draft, outcome="provider_error", problem=str(error), lost_calls=error.lost_calls)
    reach("after_reply")
    ledger.keep(attempt)
    attempts.append(attempt)
    if failure is not None:
        raise failure
    return attempt


def note_completion(draft: Attempt, completion: Completion, *, outcome: AttemptClass, problem: str | None) -> Attempt:
    """Returns a draft with what a model replied, and how that was classed."""
    return replace(
        draft,
        outcome=outcome,
        reply=completion.text,
        problem=problem,
        tokens_in=completion.tokens_in,
        tokens_out=completion.tokens_out,
        cached_tokens=completion.cached_tokens,
        milliseconds=completion.milliseconds,
        lost_calls=completion.lost_calls,
    )


def _ask(model: ChatModel, menu: Menu, draft: Attempt, *, settings: AskSettings, seed: int) -> Attempt:
    completion = model.complete(
        draft.prompt,
        schema=menu.schema(thought=settings.thought) if model.has_schema else None,
        max_tokens=settings.max_tokens,
        temperature=settings.temperature,
        seed=seed,
    )
    outcome, problem, _ = classify_reply(menu, completion)
    return note_completion(draft, completion, outcome=outcome, problem=problem)


def _may_ask(attempts: Sequence[Attempt], max_attempts: int) -> bool:
    n_too_long = sum(attempt.outcome == "too_long" for attempt in attempts)
    return _count_answers(attempts) < max_attempts and n_too_long < 2


def _count_answers(attempts: Sequence[Attempt]) -> int:
    return sum(attempt.outcome not in NO_ANSWERS for attempt in attempts)


def estimate_tokens(messages: Sequence[Message]) -> int:
    """Returns about how many tokens a prompt has, rather too many: three bytes each, and four for every message."""
    return sum(4 + -(-len(message.text.encode(errors="replace")) // BYTES_PER_TOKEN) for message in messages)


def _conversation(
    menu: Menu, prompt: Sequence[Message], attempts: Sequence[Attempt], *, thinks: bool
) -> tuple[Message, ...]:
    """Returns the prompt followed by each bad reply and what was wrong with it."""
    too_long = any(attempt.outcome == "too_long" for attempt in attempts)
    messages = [message for message in prompt if not (too_long and message.section in DROPPED_WHEN_TOO_LONG)]
    for attempt in attempts:
        if attempt.outcome in NO_ANSWERS:
            continue
        if attempt.reply:
            messages.append(Message(role="assistant", section="reply", text=_cut(attempt.reply)))
        told = fill(f"retry_{attempt.outcome}", problem=attempt.problem or "", form=menu.example(preface=thinks))
        messages.append(Message(role="user", section="retry", text=told))
    return tuple(messages)


def _cut(reply: str) -> str:
    return reply if len(reply) <= LONGEST_ECHO else f"{reply[:LONGEST_ECHO]} …"


def classify_reply(menu: Menu, completion: Completion) -> tuple[AttemptClass, str | None, Answer | None]:
    """Returns the class of a reply, the problem as the model is told it, and the answer of a legal one.

    A reply that was cut off counts as truncated even if it holds an answer: it may have been about to change it.
    """
    if completion.finish == "refused":
        return "refused", "refused", None
    if not completion.text.strip():
        return "empty", "empty", None
    if completion.finish == "length":
        return "truncated", "cut off", None
    try:
        return "ok", None, menu.parse(completion.text)
    except UnreadableAnswer as error:
        return "unreadable", str(error), None
    except IllegalAction as error:
        return "illegal", str(error), None
