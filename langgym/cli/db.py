"""`langgym db`: the store itself."""

from typing import Annotated

import typer

from langgym.cli.output import emit, emit_json, say
from langgym.cli.place import AsJson, find_place

app = typer.Typer(help="The store itself.", no_args_is_help=True, rich_markup_mode=None)


@app.command("path")
def show_path(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Print where the store is."""
    from langgym.config import store_path
    from langgym.query.place import read_place

    home = find_place(ctx).home
    place = read_place(home, store_path(home))
    if as_json:
        return emit_json(place)
    emit(place.store)
    if not place.exists:
        say("nothing is stored there yet")
    return None


@app.command("check")
def check_store(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Look for damage in the store; exit code 5 when there is any."""
    from langgym.cli.exits import STORE
    from langgym.cli.reading import open_reader
    from langgym.config import store_path
    from langgym.query.place import describe_findings

    home = find_place(ctx).home
    with open_reader(home) as db:
        page = describe_findings(store_path(home), [] if db is None else db.check())
    problems = [item for item in page.items if item.severity == "problem"]
    if as_json:
        emit_json(page)
    else:
        for item in page.items:
            emit(f"{item.severity}: {item.what} {item.advice}")
        say("nothing is stored yet" if db is None else f"{len(problems)} problems in {page.store}")
    raise typer.Exit(STORE if problems else 0)


@app.command("reindex")
def reindex(
    ctx: typer.Context,
    agent: Annotated[str | None, typer.Option(help="Only this agent; else all.")] = None,
    embedder: Annotated[str | None, typer.Option(help="Make vectors of this embedder, not of the agent's.")] = None,
) -> None:
    """Embed what has no vector yet and build the vector indexes anew; the store itself is not changed otherwise."""
    from langgym.cli.reading import open_stored
    from langgym.cli.reindexing import reindex_agents

    home = find_place(ctx).home
    with open_stored(home, f"agent {agent!r}" if agent else "agent to index") as db:
        names = [db.agent(agent).name] if agent else [record.name for record in db.agents()]
    raise typer.Exit(reindex_agents(home, names, embedder=embedder))
