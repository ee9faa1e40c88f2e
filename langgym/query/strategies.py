"""Read models of strategies: what each claims, and what has come of it since."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from agents_db.knowledge import MemoryRecord, MemoryState
from agents_db.store import AgentsDB
from langgym.query.memories import MemoryItem, RecountItem
from langgym.query.values import Document, extend_model

_ALL = 2**31
_KIND = "strategy"


class StrategyItem(MemoryItem):
    """A strategy: what it claims, which versions it has, and what has come of it since it was stated."""

    stated: int
    """The agent's clock when its effect was last stated as it is now."""
    trigger: int
    """The episode after which it was."""
    measured: RecountItem | None
    """Counted only in what was lived after it was stated; `None` where that is too little to tell, or the environment
    is gone."""
    chain: tuple[int, ...]
    """Ids of its versions, oldest first, itself among them: what it took the place of, what took its place, and others
    about the same."""


class StrategiesPage(Document):
    """An agent's strategies, newest first."""

    schema_id: Literal["langgym.strategies/1"] = Field(default="langgym.strategies/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    agent: str
    clock: int
    """The agent's clock now: participations finished."""
    items: tuple[StrategyItem, ...]
    next: None = None


def read_strategies(
    db: AgentsDB, agent: str, *, env_id: str | None = None, state: MemoryState | None = "active"
) -> StrategiesPage:
    """Returns an agent's strategies; raises `UnknownAgent`.

    Args:
        db: The store.
        agent: The agent's name.
        env_id: Only of this environment.
        state: Only in this state; `None` for any.
    """
    from langgym.memory.strategies import find_statement, recount  # what it counts with is slow to load

    owner = db.agent(agent)
    known = db.memories(owner.agent_id, kind=_KIND, limit=_ALL, state=None)
    shown = [each for each in known if env_id in (None, each.env_id) and state in (None, each.state)]
    chains = _Chains(known)
    measured = recount(db, shown)
    items: list[StrategyItem] = []
    for record in shown:
        statement = find_statement(db, record)
        contrast = measured.get(record.memory_id)
        item = extend_model(
            StrategyItem,
            MemoryItem.model_validate(record),
            stated=record.clock if statement is None else statement.clock,
            trigger=record.episode_id if statement is None else statement.episode_id or record.episode_id,
            measured=None if contrast is None else RecountItem.model_validate(contrast),
            chain=chains.find(record),
        )
        items.append(item)
    return StrategiesPage(agent=agent, clock=owner.n_participations, items=tuple(items))


class _Chains:
    """Which of an agent's strategies are versions of the same."""

    def __init__(self, known: Sequence[MemoryRecord]) -> None:
        self._known = {memory.memory_id for memory in known}
        self._alike: dict[tuple[str | None, ...], list[int]] = {}
        self._before: dict[int, list[int]] = {}
        self._after: dict[int, list[int]] = {}
        for memory in known:
            self._alike.setdefault(_find_subject(memory), []).append(memory.memory_id)
            if memory.superseded_by is not None:
                self._before.setdefault(memory.superseded_by, []).append(memory.memory_id)
                self._after[memory.memory_id] = [memory.superseded_by]

    def find(self, memory: MemoryRecord) -> tuple[int, ...]:
        """Returns the ids of the versions of a strategy, oldest first."""
        alike = self._alike[_find_subject(memory)]
        return tuple(sorted((_follow(alike, self._before) | _follow(alike, self._after)) & self._known))


def _find_subject(memory: MemoryRecord) -> tuple[str | None, ...]:
    """Returns what a strategy is about; one that speaks of no fact is about itself alone."""
    if memory.subject is not None:
        return (memory.env_id, memory.role, memory.subject)
    alone = None if memory.action is not None else memory.key
    return (memory.env_id, memory.role, memory.condition, memory.action, alone)


def _follow(starts: Sequence[int], links: Mapping[int, Sequence[int]]) -> set[int]:
    """Returns everything that is reached from somewhere, what it starts from included."""
    reached: set[int] = set()
    waiting = list(starts)
    while waiting:
        memory_id = waiting.pop()
        if memory_id not in reached:
            reached.add(memory_id)
            waiting += links.get(memory_id, ())
    return reached
