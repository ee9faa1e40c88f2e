"""Forgetting: what an agent lets go so that its memory stays bounded, and what it may offer anywhere."""

from collections.abc import Collection, Mapping, Sequence

from agents_db.knowledge import MemoryChange, MemoryRecord
from agents_db.store import AgentsDB
from langgym.memory.scoring import rate_recency, rate_utility
from langgym.memory.strategies import KIND

MOST_ACTIVE = 5000
"""Active memories of an agent."""
ROOM = 50
"""Memories fewer than that there are after some were let go, so that it need not be done after every episode."""
WEIGHTS = {"utility": 0.5, "importance": 0.3, "recency": 0.2}
"""Of what keeps an episodic memory."""
ACTOR = "forgetting"


def forget(db: AgentsDB, agent_id: int, *, clock: int, most: int = MOST_ACTIVE) -> list[MemoryRecord]:
    """Retires episodic memories that an agent needs least where it has more active ones than it may.

    What an active strategy rests on is never let go, nor what is pinned. Doing it again changes nothing.

    Args:
        db: The store.
        agent_id: Whose memories.
        clock: The agent's, by which recency goes.
        most: Active memories that it may have.
    """
    agent = next(agent for agent in db.agents() if agent.agent_id == agent_id)
    if agent.n_memories <= most:
        return []
    active = db.memories(agent_id, limit=agent.n_memories)
    strategies = (memory for memory in active if memory.kind == KIND)
    needed = {(piece.episode_id, piece.seat) for each in strategies for piece in db.evidence(each.memory_id)}
    n = len(active) - max(0, most - min(ROOM, most // 10))
    return db.learn((), choose_forgotten(active, n, clock=clock, needed=needed))


def choose_forgotten(
    memories: Sequence[MemoryRecord], n: int, *, clock: int, needed: Collection[tuple[int, str]]
) -> list[MemoryChange]:
    """Returns the changes that retire the `n` episodic memories that are worth least.

    Args:
        memories: All that are active.
        n: How many are to go; fewer do where there are no more.
        clock: The agent's.
        needed: Episodes and seats whose memories stay.
    """
    free = [
        memory
        for memory in memories
        if memory.kind == "episodic" and not memory.pinned and (memory.episode_id, memory.seat) not in needed
    ]
    free.sort(key=lambda memory: (_rate(memory, clock), memory.memory_id))
    return [
        MemoryChange(
            memory_id=memory.memory_id,
            op="retire",
            fields={"state": "retired"},
            actor=ACTOR,
            reason="there are too many memories, and this one is needed least",
            origin=("forget", memory.rev),
            clock=clock,
        )
        for memory in free[: max(0, n)]
    ]


def _rate(memory: MemoryRecord, clock: int) -> float:
    parts: Mapping[str, float] = {
        "utility": rate_utility(memory.n_helped, memory.n_hurt),
        "importance": memory.importance,
        "recency": rate_recency(memory.kind, clock - memory.clock),
    }
    return sum(weight * parts[name] for name, weight in WEIGHTS.items())


def promote(strategies: Sequence[MemoryRecord], *, clock: int, episode_id: int) -> list[MemoryChange]:
    """Returns the changes that make strategies general that hold in environments of two suites.

    They must speak of the same action under the same condition, in the same words, with intervals on the same side of
    nothing; the one that is known best becomes general, unless one of them is already.

    Args:
        strategies: All active ones of an agent.
        clock: The agent's.
        episode_id: After which it is done.
    """
    groups: dict[tuple[str | None, str | None, bool], list[MemoryRecord]] = {}
    for memory in strategies:
        if memory.low is not None and memory.high is not None and memory.low * memory.high > 0:
            groups.setdefault((memory.condition, memory.action, memory.low > 0), []).append(memory)
    changes: list[MemoryChange] = []
    for group in groups.values():
        suites = {memory.env_id.partition("/")[0] for memory in group}
        if len(suites) < 2 or any(memory.scope == "general" for memory in group):
            continue
        best = max(group, key=lambda memory: (memory.votes, -memory.memory_id))
        changes.append(
            MemoryChange(
                memory_id=best.memory_id,
                op="promote",
                fields={"scope": "general"},
                actor="grounded",
                reason=f"it holds in {' and '.join(sorted(suites))}",
                origin=("promote", best.rev),
                episode_id=episode_id,
                clock=clock,
            )
        )
    return changes
