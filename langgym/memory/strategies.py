"""Strategies: condition, action, effect; how they are phrased, applied and recomputed."""

import json
from collections.abc import Mapping, Sequence
from typing import Protocol

from agents_db.knowledge import MemoryEventRecord, MemoryRecord
from agents_db.records import EpisodeRecord, JsonObject
from langgym.memory.advice import scale_for, weighing_for
from langgym.memory.contrasts import Comparison, Contrast
from langgym.memory.decisions import Decisions
from langgym.memory.life import LifeStore, Lived, read_lives
from langgym.memory.recalled import Recalled
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.view import Facts

KIND = "strategy"
GROUNDED = "grounded"
"""The maker of what was found in experience without a model."""
HAND = "hand"
"""The maker of what a person wrote."""
FLOWING = 12
"""Decisions over which rewards are added up where all act at once and one thing follows from another."""
_EVER = 2**63 - 1
"""A clock that no agent comes to."""
UNPROVEN = 0.3
"""The importance of a strategy without an effect."""


class StrategyStore(LifeStore, Protocol):
    """Where strategies are read, and what they rest on."""

    def episode(self, episode_id: int) -> EpisodeRecord:
        """Returns an episode."""
        ...

    def memory_events(
        self, *, memory_id: int | None = None, agent_id: int | None = None, limit: int = 50
    ) -> list[MemoryEventRecord]:
        """Returns the changes of a memory or of all memories of an agent, newest first."""
        ...


def horizon_for(card: EnvCard) -> int | None:
    """Returns over how many decisions rewards count for a strategy: `None` to the end, 1 where a round stands alone.

    Longer than for experience, which looks ahead by what it knows of the decisions to come.
    """
    steps = weighing_for(card).steps
    return FLOWING if steps is not None and steps > 1 else steps


def phrase(card: EnvCard, contrast: Contrast) -> str:
    """Returns a contrast in words, with its numbers and no advice beyond them."""
    when = "" if contrast.condition is None else f' when "{contrast.condition}"'
    n, m = contrast.n_with, contrast.n_without
    horizon = horizon_for(card)
    what = "return" if horizon is None else "reward" if horizon == 1 else f"return of {horizon} turns"
    side = "higher" if contrast.effect >= 0 else "lower"
    return (
        f'In {card.title}{when}, taking "{contrast.action}": {what} {abs(contrast.effect):.2f} {side} than otherwise '
        f"(95 % {contrast.low:+.2f} to {contrast.high:+.2f}; {n} against {m} decisions)."
    )


def rate_strategy(card: EnvCard, role: str, effect: float | None) -> float:
    """Returns how much a strategy matters, in [0, 1]: more, the larger its effect beside the chance of returns."""
    if effect is None:
        return UNPROVEN
    return 0.5 + 0.5 * min(1.0, abs(effect) / scale_for(card, role))


def apply(strategies: Sequence[Recalled], facts: Facts) -> dict[int, float]:
    """Returns what strategies say of each legal action: the effects that hold for it, added up.

    A strategy holds where its condition does. Of several with the same action only the most specific counts: facts of
    a state are coarse to fine, so that is the one whose condition comes last, and one without a condition the least.

    Args:
        strategies: Those that were recalled; memories of other kinds are passed over.
        facts: Of the turn.
    """
    effects = _find_effects(strategies, facts.state)
    return {
        action: sum(effects[fact] for fact in dict.fromkeys(found) if fact in effects)
        for action, found in facts.actions.items()
    }


def _find_effects(strategies: Sequence[Recalled], state: Sequence[str]) -> Mapping[str, float]:
    """Returns the effect of each fact of an action here."""
    places: dict[str | None, int] = {fact: place for place, fact in enumerate(state)}
    places[None] = -1
    best: dict[str, tuple[int, float]] = {}
    for strategy in strategies:
        holds = strategy.kind == KIND and strategy.condition in places
        if not holds or strategy.action is None or strategy.effect is None:
            continue
        found = (places[strategy.condition], strategy.effect)
        if strategy.action not in best or found[0] > best[strategy.action][0]:
            best[strategy.action] = found
    return {action: effect for action, (_, effect) in best.items()}


def recompute(db: StrategyStore, memory: MemoryRecord) -> Contrast | None:
    """Returns what a strategy states, computed anew from the stored episodes that the agent had when it stated it.

    `None` where it is no strategy of an environment that is known, or one side has fewer than two decisions.
    """
    card = find_card(memory)
    if card is None:
        return None
    kwargs = db.episode(memory.episode_id).kwargs
    lives = read_lives(db, memory.agent_id, card, kwargs, until=find_stated(db, memory))
    return _compare(card, memory, lives)


def recount(db: StrategyStore, memories: Sequence[MemoryRecord]) -> dict[int, Contrast]:
    """Returns by id what came of an agent's strategies in the episodes that it has lived since it stated them.

    What each was stated from is not counted again, so the strategy is put to the test. Left out are those that are
    none of an environment that is known, and those of which too little has been seen since: one side has fewer than
    two decisions, or a fact that they speak of fewer than a table of decisions takes in.
    """
    groups: dict[str, list[MemoryRecord]] = {}
    variants: dict[str, JsonObject] = {}
    for memory in memories:
        if find_card(memory) is None:
            continue
        kwargs = db.episode(memory.episode_id).kwargs
        place = json.dumps([memory.env_id, kwargs], sort_keys=True)
        variants[place] = kwargs
        groups.setdefault(place, []).append(memory)
    found: dict[int, Contrast] = {}
    for place, group in groups.items():
        found |= _recount_variant(db, group, variants[place])
    return found


def _recount_variant(db: StrategyStore, memories: Sequence[MemoryRecord], kwargs: JsonObject) -> dict[int, Contrast]:
    card = find_card(memories[0])
    if card is None:
        return {}
    clocks = [find_stated(db, memory) for memory in memories]
    lives = read_lives(db, memories[0].agent_id, card, kwargs, after=min(clocks), until=_EVER)
    found: dict[int, Contrast] = {}
    for memory, clock in zip(memories, clocks, strict=True):
        contrast = _compare(card, memory, [life for life in lives if life.clock > clock])
        if contrast is not None:
            found[memory.memory_id] = contrast
    return found


def find_card(memory: MemoryRecord) -> EnvCard | None:
    """Returns where a strategy can be counted; `None` where it is none of an action, or its environment is gone."""
    if memory.kind != KIND or memory.action is None:
        return None
    return next((card for card in default_catalog() if card.env_id == memory.env_id), None)


def _compare(card: EnvCard, memory: MemoryRecord, lives: Sequence[Lived]) -> Contrast | None:
    if memory.action is None or not lives:
        return None
    decisions = Decisions(lives, role=memory.role, steps=horizon_for(card))
    return Comparison(decisions).measure(memory.condition, memory.action)


def find_stated(db: StrategyStore, memory: MemoryRecord) -> int:
    """Returns the agent's clock when the effect of a strategy was last stated as it is now."""
    event = find_statement(db, memory)
    return memory.clock if event is None else event.clock


def find_statement(db: StrategyStore, memory: MemoryRecord) -> MemoryEventRecord | None:
    """Returns the change that states the effect of a strategy as it is now; `None` where it was made with it."""
    if not memory.rev:
        return None
    for event in db.memory_events(memory_id=memory.memory_id, limit=memory.rev):
        if event.op != "undo" and "effect" in event.after and event.after["effect"] == memory.effect:
            return event
    return None
