"""`langgym memories`: what agents know."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from langgym.cli.output import emit, emit_json, emit_table, format_time, say, warn
from langgym.cli.place import AsJson, Before, Limit, find_place

if TYPE_CHECKING:
    from langgym.query.episodes import AttemptItem
    from langgym.query.memories import MemoryDetail, MemoryItem

app = typer.Typer(help="What agents know.", no_args_is_help=True, rich_markup_mode=None)
Agent = Annotated[str, typer.Option(help="Whose memories.")]


@app.command("list")
def list_memories(
    ctx: typer.Context,
    agent: Agent,
    kind: Annotated[str | None, typer.Option(help="Only this kind: episodic …")] = None,
    env: Annotated[str | None, typer.Option(help="Only of this environment.")] = None,
    limit: Limit = 50,
    before: Before = None,
    as_json: AsJson = False,
) -> None:
    """List an agent's memories, newest first."""
    from langgym.cli.reading import find_env_id, open_reader
    from langgym.query.memories import MemoriesPage, read_memories

    env_id = find_env_id(env)
    with open_reader(find_place(ctx).home) as db:
        if db is None:
            page = MemoriesPage(items=(), next=None)
        else:
            page = read_memories(db, agent, kind=kind, env_id=env_id, limit=limit, before=before)
    if as_json:
        return emit_json(page)
    if not page.items:
        return say(f"no memory here; `langgym play --agent {agent}` makes some")
    _emit_memories(page.items, [None] * len(page.items))
    if page.next is not None:
        say(f"more: --before {page.next}")
    return None


@app.command("search")
def search_memories(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(help="What to look for.")],
    agent: Agent,
    text: Annotated[
        bool, typer.Option("--text", help="Look for the words themselves, not for what they mean.")
    ] = False,
    limit: Limit = 10,
    as_json: AsJson = False,
) -> None:
    """Search an agent's memories by meaning, or by words."""
    from langgym.cli.reading import open_stored
    from langgym.cli.searching import search

    home = find_place(ctx).home
    with open_stored(home, f"agent {agent!r}") as db:
        page = search(db, home, agent, " ".join(words), text=text, limit=limit)
    if as_json:
        return emit_json(page)
    if page.n_without_vector:
        warn(f"{page.n_without_vector} memories have no vector yet and were left out; `--text` finds them too")
    if not page.items:
        return say("nothing was found")
    _emit_memories(page.items, [item.score for item in page.items])
    return None


@app.command("show")
def show_memory(
    ctx: typer.Context,
    memory: Annotated[int, typer.Argument(help="Its id.")],
    prompts: Annotated[bool, typer.Option("--prompts", help="With every prompt and reply in full.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a memory: its text, the decisions that it rests on, and where it was recalled."""
    from langgym.cli.reading import open_stored
    from langgym.query.memories import read_memory

    with open_stored(find_place(ctx).home, f"memory {memory}") as db:
        detail = read_memory(db, memory)
    if as_json:
        return emit_json(detail)
    emit("\n".join(_describe(detail, prompts=prompts)))
    return None


def _emit_memories(memories: "Sequence[MemoryItem]", scores: Sequence[float | None]) -> None:
    scored = any(score is not None for score in scores)
    headings = ("id", *(("score",) if scored else ()), "kind", "environment", "episode", "outcome", "recalled", "text")
    rows = [
        (
            memory.memory_id,
            *((score,) if scored else ()),
            *(memory.kind, memory.env_id, memory.episode_id, memory.outcome, memory.n_recalled, memory.text),
        )
        for memory, score in zip(memories, scores, strict=True)
    ]
    emit_table(headings, rows)


def _describe(memory: "MemoryDetail", *, prompts: bool) -> list[str]:
    from langgym.cli.episode_text import describe_step

    turns = "" if memory.turn_from is None else f", turns {memory.turn_from} to {memory.turn_to}"
    outcome = "unknown" if memory.outcome is None else f"{memory.outcome:+g}"
    lines = [
        f"memory {memory.memory_id} of {memory.agent} ({memory.kind}, {memory.state})",
        f"  {memory.text}",
        f"  rests on   episode {memory.episode_id} of {memory.env_id}, seat {memory.seat}{turns}, return {outcome}",
        f"  made       {format_time(memory.created_at)}, at the agent's clock {memory.clock}",
        f"  importance {memory.importance:.2f}",
        "",
        "The decisions that it rests on" + ("" if prompts else " (--prompts shows their prompts)"),
    ]
    for step in memory.steps:
        shown = step if prompts else step.model_copy(update={"attempts": _without_prompts(step.attempts)})
        lines += [f"  {line}" for line in describe_step(shown, in_full=False)]
    lines += ["", f"Recalled {memory.n_recalled} times"]
    lines += [
        f"  episode {use.episode_id}, turn {use.turn}, {use.seat}: rank {use.rank}, score {use.score:.3f}"
        for use in memory.recalled_in
    ]
    return lines


def _without_prompts(attempts: "Sequence[AttemptItem]") -> tuple[object, ...]:
    return tuple(attempt.model_copy(update={"prompt": None}) for attempt in attempts)
