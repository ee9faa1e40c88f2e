"""`langgym db`: the store itself."""

from pathlib import Path
from typing import Annotated

import typer

from langgym.cli.output import emit, emit_json, say
from langgym.cli.place import AsJson, find_place

app = typer.Typer(help="The store itself.", no_args_is_help=True, rich_markup_mode=None)


@app.command("path")
def show_path(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Print where the store is."""
    from langgym.home import store_path
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
    """Look for damage in the store and its indexes, changing nothing; exit code 5 when there is any."""
    from langgym.cli.upkeep import check

    raise typer.Exit(check(find_place(ctx).home, as_json=as_json))


@app.command("repair")
def repair_store(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Mend what `check` finds and the store itself can mend; exit code 5 when something is left.

    Before rows are changed, the store is copied to `langgym.db.before-repair.backup`.
    """
    from langgym.cli.upkeep import repair

    raise typer.Exit(repair(find_place(ctx).home, dry=dry_run, as_json=as_json))


@app.command("backup")
def back_up_store(
    ctx: typer.Context,
    target: Annotated[
        Path | None, typer.Argument(help="The file to make; else one with the time in its name in `backups`.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
    as_json: AsJson = False,
) -> None:
    """Copy the store to a file, even while agents play; the copy is verified and is a store itself."""
    from langgym.cli.upkeep import backup

    raise typer.Exit(backup(find_place(ctx).home, target, force=force, as_json=as_json))


@app.command("vacuum")
def vacuum_store(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Give back the space that the store no longer needs; no agent may be in play."""
    from langgym.cli.upkeep import vacuum

    raise typer.Exit(vacuum(find_place(ctx).home, as_json=as_json))


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
