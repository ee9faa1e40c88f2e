"""`langgym experience`: what came of an agent's decisions, and in which episodes."""

from typing import Annotated

import typer

from langgym.cli import options
from langgym.cli.output import emit, emit_columns, emit_json, say
from langgym.cli.place import AsJson, find_place, read_pairs


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("experience")(show_experience)


def show_experience(
    ctx: typer.Context,
    agent: Annotated[str, typer.Option(help="Whose experience.")],
    env: Annotated[str | None, typer.Argument(help="The environment; without it, where there is experience.")] = None,
    kwarg: options.Kwarg = None,
    role: Annotated[str | None, typer.Option(help="Only of this role.")] = None,
    situation: Annotated[str | None, typer.Option(help="Only situations with these words.")] = None,
    as_of: Annotated[int | None, typer.Option(help="As the agent knew it when this episode began.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many situations.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show what came of an agent's decisions: by situation and action, with the episodes behind every number."""
    from langgym.cli.reading import open_stored
    from langgym.query.experience import read_experience, read_places
    from langgym.query.moments import find_clock_at
    from langgym.views.experience import PLACE_COLUMNS, describe_situation, tell_page
    from universe.catalog import default_catalog

    with open_stored(find_place(ctx).home, f"agent {agent!r}") as db:
        if env is None:
            places = read_places(db, agent)
            if as_json:
                return emit_json(places)
            if not places.items:
                return say(f"{agent} has no experience yet; `langgym play --agent {agent}` makes some")
            return emit_columns(PLACE_COLUMNS, places.items)
        page = read_experience(
            db,
            agent,
            default_catalog().find(env),
            read_pairs(kwarg or []),
            clock=None if as_of is None else find_clock_at(db, agent, as_of),
            role=role,
            words=situation,
            limit=limit,
        )
    if as_json:
        return emit_json(page)
    if not page.items:
        return say(f"{agent} has no such experience of {page.env_id}")
    emit(tell_page(page))
    for item in page.items:
        emit("\n" + "\n".join(describe_situation(item)))
    return None
