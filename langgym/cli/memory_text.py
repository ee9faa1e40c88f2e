"""A memory as text: what it says and rests on, how it stands, how it changed, and where it was recalled."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from langgym.cli.episode_text import describe_step
from langgym.cli.output import format_time
from langgym.query.episodes import AttemptItem
from langgym.query.memories import EvidenceItem, MemoryDetail, MemoryEventItem, MemoryUse, RecountItem
from langgym.query.plain import plain_line

_HAND = "hand"
_CREDITS = {1: ", it went better than expected", -1: ", it went worse than expected", 0: "", None: ""}


def describe_memory(memory: MemoryDetail, *, prompts: bool) -> list[str]:
    """Returns everything that is known of a memory; what is as with any other is left out."""
    turns = _tell_turns(memory.turn_from, memory.turn_to)
    outcome = "unknown" if memory.outcome is None else f"{memory.outcome:+g}"
    lines = [
        f"memory {memory.memory_id} of {memory.agent} ({', '.join(_tell_standing(memory))})",
        f"  {memory.text}",
        f"  rests on   episode {memory.episode_id} of {memory.env_id}, seat {memory.seat}{turns}, return {outcome}",
        f"  made       {format_time(memory.created_at)}, at the agent's clock {memory.clock}",
        f"  importance {memory.importance:.2f}",
        *_tell_worth(memory),
        "",
        "The decisions that it rests on" + ("" if prompts else " (--prompts shows their prompts)"),
    ]
    for step in memory.steps:
        shown = step if prompts else step.model_copy(update={"attempts": _without_prompts(step.attempts)})
        lines += [f"  {line}" for line in describe_step(shown, in_full=False)]
    further = memory.evidence[1:]
    if further:
        lines += ["", "Further evidence", *(f"  {_tell_evidence(piece)}" for piece in further)]
    if memory.history:
        lines += ["", "Changes", *(f"  {_tell_event(event)}" for event in memory.history)]
    lines += ["", f"Recalled {memory.n_recalled} times", *(f"  {_tell_use(use)}" for use in memory.recalled_in)]
    return lines


def tell_change(event: MemoryEventItem) -> tuple[object, ...]:
    """Returns a change as a row: id, memory, when, clock, what, by whom, and the fields before and after."""
    told = (event.event_id, event.memory_id, format_time(event.created_at), event.clock, event.op, event.actor)
    return (*told, _tell_fields(event))


def _tell_standing(memory: MemoryDetail) -> Iterator[str]:
    yield memory.kind
    yield memory.state if memory.superseded_by is None else f"{memory.state} by memory {memory.superseded_by}"
    if memory.pinned:
        yield "pinned"
    edits = [event for event in memory.history if "text" in event.after]
    if edits and edits[-1].actor == _HAND and edits[-1].op == "edit":
        yield "edited by hand"


def _tell_worth(memory: MemoryDetail) -> Iterator[str]:
    """Yields what a strategy says in short, who made a memory, and what it has been worth."""
    if memory.action is not None:
        yield f"  holds      {'always' if memory.condition is None else f'when {memory.condition!r}'}"
        yield f"  action     {memory.action!r}"
    if memory.effect is not None:
        unknown = memory.low is None or memory.high is None
        yield f"  effect     {memory.effect:+.2f}" + ("" if unknown else f" [{memory.low:+.2f}, {memory.high:+.2f}]")
        if memory.recount is not None:
            yield f"  recounted  {_tell_recount(memory.recount)}"
    if memory.subject is not None:
        yield f"  subject    {memory.subject!r}"
    if memory.scope != "environment":
        yield f"  scope      {memory.scope}: offered everywhere"
    if memory.maker != "template" or memory.trust != "self":
        words = "" if memory.trust == "self" else ", made of words of others too"
        yield f"  maker      {memory.maker}{words}"
    if memory.votes or memory.n_helped or memory.n_hurt:
        yield f"  worth      {memory.votes} votes, helped {memory.n_helped} times, hurt {memory.n_hurt} times"


def _tell_turns(first: int | None, last: int | None) -> str:
    return "" if first is None else f", turns {first} to {last}"


def _tell_evidence(piece: EvidenceItem) -> str:
    turns = _tell_turns(piece.turn_from, piece.turn_to)
    return f"episode {piece.episode_id}, seat {piece.seat}{turns}: {piece.relation}"


def _tell_event(event: MemoryEventItem) -> str:
    when = f"{format_time(event.created_at)}, clock {event.clock}"
    return plain_line(f"change {event.event_id} ({when}): {event.op} by {event.actor}: {_tell_fields(event)}")


def _tell_fields(event: MemoryEventItem) -> str:
    changed = "; ".join(f"{name} {_show(event.before, name)} → {_show(event.after, name)}" for name in event.after)
    return (changed or "nothing") + ("" if event.reason is None else f" ({event.reason})")


def _show(fields: Mapping[str, JsonValue], name: str) -> str:
    value = fields.get(name)
    if value is None or isinstance(value, bool):
        return "none" if value is None else "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else repr(value) if name == "text" else str(value)


def _tell_use(use: MemoryUse) -> str:
    credit = _CREDITS[use.credit]
    return f"episode {use.episode_id}, turn {use.turn}, {use.seat}: rank {use.rank}, score {use.score:.3f}{credit}"


def _without_prompts(attempts: Sequence[AttemptItem]) -> tuple[AttemptItem, ...]:
    return tuple(attempt.model_copy(update={"prompt": None}) for attempt in attempts)


def _tell_recount(recount: RecountItem) -> str:
    bounds = f"[{recount.low or 0.0:+.2f}, {recount.high or 0.0:+.2f}]"
    return f"{recount.effect or 0.0:+.2f} {bounds} from {recount.n_with} decisions against {recount.n_without}"
