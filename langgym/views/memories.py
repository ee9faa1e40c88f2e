"""Memories as tables, lines and blocks: what each says and rests on, how it stands, changed, and was recalled."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from langgym.query.plain import plain_line
from langgym.views.blocks import Block, indent
from langgym.views.columns import Column
from langgym.views.episodes import describe_step
from langgym.views.words import format_time, tell_times

if TYPE_CHECKING:
    from pydantic import JsonValue

    from langgym.query.episodes import StepItem
    from langgym.query.memories import (
        EvidenceItem,
        FoundMemory,
        MemoryDetail,
        MemoryEventItem,
        MemoryItem,
        MemoryUse,
        Moment,
        RecountItem,
    )
    from langgym.views.columns import Columns

M = TypeVar("M", bound="MemoryItem")

_HAND = "hand"
_CREDITS = {1: ", it went better than expected", -1: ", it went worse than expected", 0: "", None: ""}


def _add_contents(columns: "Columns[M]") -> "Columns[M]":
    """Returns columns with those that tell of any memory what it is."""
    return (
        *columns,
        Column("kind", lambda memory: memory.kind, width=9),
        Column("environment", lambda memory: memory.env_id, width=26, rank=1),
        Column("episode", lambda memory: memory.episode_id, width=7, right=True, rank=2),
        Column("outcome", lambda memory: memory.outcome, width=8, right=True, rank=2),
        Column("recalled", lambda memory: memory.n_recalled, width=8, right=True, rank=2),
        Column("text", lambda memory: memory.text, width=80),
    )


def choose_columns(*, one_agent: bool, one_state: bool) -> "Columns[MemoryItem]":
    """Returns `MEMORY_COLUMNS` without those in which every row would say the same."""
    columns: list[Column[MemoryItem]] = [Column("id", lambda memory: memory.memory_id, width=7, right=True)]
    if not one_agent:
        columns.append(Column("agent", lambda memory: memory.agent, width=14))
    if not one_state:
        columns.append(Column("state", lambda memory: memory.state, width=11, rank=1))
    return _add_contents(columns)


MEMORY_COLUMNS: "Columns[MemoryItem]" = choose_columns(one_agent=False, one_state=False)


def choose_found_columns(*, one_agent: bool) -> "Columns[FoundMemory]":
    """Returns the columns of what a search by meaning found; one for words gives no scores."""
    columns: list[Column[FoundMemory]] = [
        Column("id", lambda memory: memory.memory_id, width=7, right=True),
        Column("score", lambda memory: memory.score, width=6, right=True),
    ]
    if not one_agent:
        columns.append(Column("agent", lambda memory: memory.agent, width=14))
    return _add_contents(columns)


EVENT_COLUMNS: "Columns[MemoryEventItem]" = (
    Column("id", lambda event: event.event_id, width=7, right=True),
    Column("memory", lambda event: event.memory_id, width=7, right=True),
    Column("when", lambda event: format_time(event.created_at), width=16, rank=1),
    Column("clock", lambda event: event.clock, width=6, right=True, rank=2),
    Column("what", lambda event: event.op, width=10),
    Column("by", lambda event: event.actor, width=16),
    Column("from and to", lambda event: tell_fields(event), width=60),
)


def tell_left_out(n_without_vector: int) -> str:
    """Returns what a search by meaning could not look at."""
    have = "memory has" if n_without_vector == 1 else "memories have"
    were = "was" if n_without_vector == 1 else "were"
    return f"{n_without_vector:,} {have} no vector yet and {were} left out"


def tell_moment(moment: "Moment") -> str:
    """Returns of which moment a list of memories is told."""
    change = "" if moment.event_id is None else f", change {moment.event_id}" if moment.event_id else ", no change yet"
    return f"as of the beginning of episode {moment.episode_id}: the agent's clock {moment.clock}{change}"


def describe_memory(memory: "MemoryDetail", *, prompts: bool) -> list[str]:
    """Returns everything that is known of a memory line by line."""
    lines: list[str] = []
    for block in list_memory_blocks(memory, prompts=prompts):
        lines += [*([""] if lines else []), block.title, *indent(block.lines)]
    return lines


def list_memory_blocks(memory: "MemoryDetail", *, prompts: bool) -> list[Block]:
    """Returns everything that is known of a memory; what is as with any other is left out.

    Blocks are called `memory`, `decisions`, `evidence`, `changes` and `recalled`.
    """
    hint = "" if prompts else " (--prompts shows their prompts)"
    recalled = tell_times(memory.n_recalled, "recalled")
    blocks = [
        describe_head(memory, memory.history, recount=memory.recount),
        Block("decisions", f"The decisions that it rests on{hint}", list(_tell_decisions(memory, prompts=prompts))),
        Block("evidence", "Further evidence", [_tell_evidence(piece) for piece in memory.evidence[1:]]),
        Block("changes", "Changes", [_tell_event(event) for event in memory.history]),
        Block("recalled", recalled.capitalize(), [_tell_use(use) for use in memory.recalled_in]),
    ]
    return [block for block in blocks if block.lines or block.name not in ("evidence", "changes")]


def describe_head(
    memory: "MemoryItem", history: "Sequence[MemoryEventItem]", *, recount: "RecountItem | None" = None
) -> Block:
    """Returns what a memory says, how it stands and what it is worth, as the block `memory`.

    Args:
        memory: The memory.
        history: Its changes, oldest first.
        recount: What its effect is when it is counted anew; `None` where it was not.
    """
    title = f"memory {memory.memory_id} of {memory.agent} ({', '.join(_tell_standing(memory, history))})"
    return Block("memory", title, [*_tell_contents(memory), *_tell_worth(memory, recount)])


def drop_prompts(step: "StepItem") -> "StepItem":
    """Returns a decision without the prompts of its attempts."""
    attempts = tuple(attempt.model_copy(update={"prompt": None}) for attempt in step.attempts)
    return step.model_copy(update={"attempts": attempts})


def tell_fields(event: "MemoryEventItem") -> str:
    """Returns what a change made of each field, and why, in one line."""
    changed = "; ".join(f"{name} {_show(event.before, name)} → {_show(event.after, name)}" for name in event.after)
    return (changed or "nothing") + ("" if event.reason is None else f" ({event.reason})")


def _tell_contents(memory: "MemoryItem") -> Iterator[str]:
    turns = _tell_turns(memory.turn_from, memory.turn_to)
    outcome = "unknown" if memory.outcome is None else f"{memory.outcome:+g}"
    yield from memory.text.splitlines()
    yield f"rests on   episode {memory.episode_id} of {memory.env_id}, seat {memory.seat}{turns}, return {outcome}"
    yield f"made       {format_time(memory.created_at)}, at the agent's clock {memory.clock}"
    yield f"importance {memory.importance:.2f}"


def _tell_decisions(memory: "MemoryDetail", *, prompts: bool) -> Iterator[str]:
    for step in memory.steps:
        shown = step if prompts else drop_prompts(step)
        yield from describe_step(shown, in_full=False)


def _tell_standing(memory: "MemoryItem", history: "Sequence[MemoryEventItem]") -> Iterator[str]:
    yield memory.kind
    yield memory.state if memory.superseded_by is None else f"{memory.state} by memory {memory.superseded_by}"
    if memory.pinned:
        yield "pinned"
    edits = [event for event in history if "text" in event.after]
    if edits and edits[-1].actor == _HAND and edits[-1].op == "edit":
        yield "edited by hand"


def _tell_worth(memory: "MemoryItem", recount: "RecountItem | None") -> Iterator[str]:
    """Yields what a strategy says in short, who made a memory, and what it has been worth."""
    if memory.action is not None:
        yield f"holds      {'always' if memory.condition is None else f'when {memory.condition!r}'}"
        yield f"action     {memory.action!r}"
    if memory.effect is not None:
        unknown = memory.low is None or memory.high is None
        yield f"effect     {memory.effect:+.2f}" + ("" if unknown else f" [{memory.low:+.2f}, {memory.high:+.2f}]")
        if recount is not None:
            yield f"recounted  {_tell_recount(recount)}"
    if memory.subject is not None:
        yield f"subject    {memory.subject!r}"
    if memory.scope != "environment":
        yield f"scope      {memory.scope}: offered everywhere"
    if memory.maker != "template" or memory.trust != "self":
        words = "" if memory.trust == "self" else ", made of words of others too"
        yield f"maker      {memory.maker}{words}"
    if memory.votes or memory.n_helped or memory.n_hurt:
        helped, hurt = tell_times(memory.n_helped, "helped"), tell_times(memory.n_hurt, "hurt")
        yield f"worth      {memory.votes} votes, {helped}, {hurt}"


def _tell_turns(first: int | None, last: int | None) -> str:
    return "" if first is None else f", turns {first} to {last}"


def _tell_evidence(piece: "EvidenceItem") -> str:
    turns = _tell_turns(piece.turn_from, piece.turn_to)
    return f"episode {piece.episode_id}, seat {piece.seat}{turns}: {piece.relation}"


def _tell_event(event: "MemoryEventItem") -> str:
    when = f"{format_time(event.created_at)}, clock {event.clock}"
    return plain_line(f"change {event.event_id} ({when}): {event.op} by {event.actor}: {tell_fields(event)}")


def _show(fields: "Mapping[str, JsonValue]", name: str) -> str:
    value = fields.get(name)
    if value is None or isinstance(value, bool):
        return "none" if value is None else "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else repr(value) if name == "text" else str(value)


def _tell_use(use: "MemoryUse") -> str:
    credit = _CREDITS[use.credit]
    return f"episode {use.episode_id}, turn {use.turn}, {use.seat}: rank {use.rank}, score {use.score:.3f}{credit}"


def _tell_recount(recount: "RecountItem") -> str:
    bounds = f"[{recount.low or 0.0:+.2f}, {recount.high or 0.0:+.2f}]"
    return f"{recount.effect or 0.0:+.2f} {bounds} from {recount.n_with} decisions against {recount.n_without}"
