"""Asking a model how likely it finds each of some options, through the same ledger as any other question."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from langgym.asking import DROPPED_WHEN_TOO_LONG, Attempt, Ledger, make_attempt
from langgym.models.chat import Message, RatingModel
from langgym.models.compaction import compact_prompt
from langgym.models.likelihood import read_shares

LABEL_TOKENS = 32
"""Room for the longest name of an action, `Answer:` included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """What came of asking; `shares` is `None` where the prompt did not fit even without its memories."""

    shares: tuple[float, ...] | None
    """One per label, in their order; they sum to 1."""
    attempts: tuple[Attempt, ...]


def ask_shares(
    model: RatingModel, prompt: Sequence[Message], labels: Sequence[str], *, ledger: Ledger, seed: int
) -> Rated:
    """Asks once; what was received before is not asked for again.

    Where the model can tell that a prompt is too long, it is shortened first, and says so itself; one that is refused
    all the same is tried once more without its memories.

    Raises:
        ModelError: The provider failed; the same can be asked again later.
        BudgetError: A limit does not allow the call.
    """
    attempts = list(ledger.earlier())
    for attempt in attempts:
        if attempt.outcome == "ok" and attempt.reply is not None:
            return Rated(shares=read_shares(attempt.reply), attempts=tuple(attempts))
    while sum(attempt.outcome == "too_long" for attempt in attempts) < 2:
        too_long = any(attempt.outcome == "too_long" for attempt in attempts)
        told = tuple(each for each in prompt if not (too_long and each.section in DROPPED_WHEN_TOO_LONG))
        kept = compact_prompt(model, told, reply=LABEL_TOKENS).messages
        attempt = make_attempt(ledger, attempts, kept, max_tokens=1, ask=partial(_ask, model, labels=labels, seed=seed))
        if attempt.reply is not None:
            return Rated(shares=read_shares(attempt.reply), attempts=tuple(attempts))
    return Rated(shares=None, attempts=tuple(attempts))


def _ask(model: RatingModel, draft: Attempt, *, labels: Sequence[str], seed: int) -> Attempt:
    rating = model.rate(draft.prompt, labels, seed=seed)
    return replace(
        draft,
        reply=rating.text,
        tokens_in=rating.tokens_in,
        tokens_out=1,
        cached_tokens=rating.cached_tokens,
        milliseconds=rating.milliseconds,
    )
