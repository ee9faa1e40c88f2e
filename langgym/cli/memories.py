"""`langgym memories`: what agents know."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from langgym.cli.filtering import MemoryOrder, Where, cut_page, join_conditions, list_conditions
from langgym.cli.output import emit, emit_columns, emit_json, say, warn
from langgym.cli.place import AsJson, Before, Limit, find_place
from langgym.errors import UsageError

if TYPE_CHECKING:
    from agents_db.filters import Condition
    from agents_db.store import AgentsDB
    from langgym.query.memories import MemoriesPage

app = typer.Typer(help="What agents know.", no_args_is_help=True, rich_markup_mode=None)
Memory = Annotated[int, typer.Argument(help="Its id.")]
Reason = Annotated[str | None, typer.Option(help="Why; kept with the change.")]
State = Literal["active", "superseded", "retired", "quarantined", "any"]


@app.command("list")
def list_memories(
    ctx: typer.Context,
    agent: Annotated[str | None, typer.Option(help="Whose memories; without it, of all agents.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind: episodic …")] = None,
    env: Annotated[str | None, typer.Option(help="Only of this environment.")] = None,
    state: Annotated[State, typer.Option(help="Only those that stand so; only active ones are recalled.")] = "active",
    as_of: Annotated[
        int | None, typer.Option(metavar="EPISODE", help="What it knew when this episode began, as it stood then.")
    ] = None,
    where: Where = "",
    order: MemoryOrder = "newest",
    limit: Limit = 50,
    before: Before = None,
    as_json: AsJson = False,
) -> None:
    """List an agent's memories, or everybody's, newest first unless `--order` says otherwise."""
    from langgym.cli.reading import find_env_id, open_reader
    from langgym.query.memories import MemoriesPage, read_memories
    from langgym.views.memories import choose_columns, tell_moment

    filtered = agent is None or bool(where) or order != "newest"
    if as_of is not None and filtered:
        raise UsageError("--as-of needs --agent, and goes with neither --where nor --order.")
    env_id = find_env_id(env)
    wanted = None if state == "any" else state
    with open_reader(find_place(ctx).home) as db:
        if db is None:
            page = MemoriesPage(as_of=None, items=(), next=None)
        elif filtered or agent is None:
            conditions = list_conditions(agent=agent, kind=kind, env=env_id, state=wanted)
            page = _filter_memories(db, where, conditions, order=order, before=before, limit=limit)
        else:
            page = read_memories(
                db, agent, kind=kind, env_id=env_id, limit=limit, before=before, state=wanted, as_of=as_of
            )
    if as_json:
        return emit_json(page)
    if page.as_of is not None:
        say(tell_moment(page.as_of))
    if not page.items:
        if where:
            return say(f"no memory fits {where!r}")
        return say(f"no memory here; `langgym play --agent {agent or 'ada'}` makes some")
    emit_columns(choose_columns(one_agent=agent is not None, one_state=state == "active"), page.items)
    if page.next is not None:
        say(f"more: --before {page.next}")
    return None


@app.command("search")
def search_memories(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(help="What to look for.")],
    agent: Annotated[str | None, typer.Option(help="Whose memories; without it, of all agents.")] = None,
    text: Annotated[
        bool, typer.Option("--text", help="Look for the words themselves, not for what they mean.")
    ] = False,
    where: Where = "",
    limit: Limit = 10,
    as_json: AsJson = False,
) -> None:
    """Search an agent's memories, or everybody's, by meaning, or by words."""
    from langgym.cli.reading import open_stored
    from langgym.cli.searching import search
    from langgym.views.memories import choose_columns, choose_found_columns, tell_left_out

    home = find_place(ctx).home
    with open_stored(home, "memories" if agent is None else f"agent {agent!r}") as db:
        page = search(db, home, " ".join(words), agent=agent, where=where, text=text, limit=limit)
    if as_json:
        return emit_json(page)
    if page.n_without_vector:
        warn(f"{tell_left_out(page.n_without_vector)}; `--text` finds them too")
    if not page.items:
        return say("nothing was found")
    if page.how == "vectors":
        emit_columns(choose_found_columns(one_agent=agent is not None), page.items)
    else:
        emit_columns(choose_columns(one_agent=agent is not None, one_state=True), page.items)
    return None


@app.command("show")
def show_memory(
    ctx: typer.Context,
    memory: Memory,
    prompts: Annotated[bool, typer.Option("--prompts", help="With every prompt and reply in full.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a memory: its text, the decisions that it rests on, how it changed, and where it was recalled."""
    from langgym.cli.reading import open_stored
    from langgym.query.memories import read_memory
    from langgym.views.memories import describe_memory

    with open_stored(find_place(ctx).home, f"memory {memory}") as db:
        detail = read_memory(db, memory)
    if as_json:
        return emit_json(detail)
    emit("\n".join(describe_memory(detail, prompts=prompts)))
    return None


@app.command("history")
def show_history(
    ctx: typer.Context,
    memory: Annotated[int | None, typer.Argument(help="The id of a memory; else all of an agent's.")] = None,
    agent: Annotated[str | None, typer.Option(help="Whose memories.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List how a memory has changed, or all memories of an agent, newest first."""
    from langgym.cli.reading import open_stored
    from langgym.query.memories import read_history
    from langgym.views.memories import EVENT_COLUMNS

    if (memory is None) == (agent is None):
        raise UsageError("Name a memory by its id, or an agent by --agent.")
    with open_stored(find_place(ctx).home, f"memory {memory}" if agent is None else f"agent {agent!r}") as db:
        page = read_history(db, memory_id=memory, agent=agent, limit=limit)
    if as_json:
        return emit_json(page)
    if not page.items:
        return say("nothing was changed yet")
    emit_columns(EVENT_COLUMNS, page.items)
    if len(page.items) == limit:
        say(f"there may be older ones: --limit {2 * limit}")
    return None


@app.command("retire")
def retire_memory(ctx: typer.Context, memory: Memory, reason: Reason = None) -> None:
    """Recall a memory no more, from the next episode on; `restore` brings it back."""
    from langgym.cli.changing import retire

    say(retire(find_place(ctx).home, memory, reason))


@app.command("restore")
def restore_memory(ctx: typer.Context, memory: Memory, reason: Reason = None) -> None:
    """Recall a memory again that was retired, superseded or put in quarantine."""
    from langgym.cli.changing import restore

    say(restore(find_place(ctx).home, memory, reason))


@app.command("pin")
def pin_memory(ctx: typer.Context, memory: Memory, reason: Reason = None) -> None:
    """Pin a memory: it is always among those that recall looks at."""
    from langgym.cli.changing import pin

    say(pin(find_place(ctx).home, memory, reason))


@app.command("unpin")
def unpin_memory(ctx: typer.Context, memory: Memory, reason: Reason = None) -> None:
    """Treat a memory like any other again."""
    from langgym.cli.changing import unpin

    say(unpin(find_place(ctx).home, memory, reason))


@app.command("edit")
def edit_memory(
    ctx: typer.Context,
    memory: Memory,
    text: Annotated[str, typer.Option(help="What it is to say.")],
    reason: Reason = None,
) -> None:
    """Write the text of a memory anew by hand; its history says so, and keeps what it said before."""
    from langgym.cli.changing import edit

    say(edit(find_place(ctx).home, memory, text, reason))


@app.command("undo")
def undo_change(
    ctx: typer.Context, event: Annotated[int, typer.Argument(help="The id of the change, as `history` lists it.")]
) -> None:
    """Make of a memory what it was before a change; this is a change too, and can be undone."""
    from langgym.cli.changing import undo

    say(undo(find_place(ctx).home, event))


def _filter_memories(
    db: "AgentsDB",
    where: str,
    conditions: "Sequence[Condition]",
    *,
    order: MemoryOrder,
    before: int | None,
    limit: int,
) -> "MemoriesPage":
    from langgym.query.filters import parse_memory_filter
    from langgym.query.memories import MemoriesPage, read_memory_items
    from langgym.query.values import find_next

    wanted = join_conditions(db, parse_memory_filter, where, conditions)
    ids = cut_page(db.memory_ids(wanted, order=order), before=before, limit=limit, descends=order == "newest")
    return MemoriesPage(as_of=None, items=tuple(read_memory_items(db, ids)), next=find_next(ids, limit))
