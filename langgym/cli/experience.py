"""`langgym experience`: what came of an agent's decisions, and in which episodes."""

from typing import TYPE_CHECKING, Annotated

import typer

from langgym.cli import options
from langgym.cli.output import emit, emit_json, emit_table, say
from langgym.cli.place import AsJson, find_place, read_pairs

if TYPE_CHECKING:
    from langgym.query.experience import SituationItem, TriedItem

SHOWN_EPISODES = 8


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
    from universe.catalog import default_catalog

    with open_stored(find_place(ctx).home, f"agent {agent!r}") as db:
        if env is None:
            places = read_places(db, agent)
            if as_json:
                return emit_json(places)
            if not places.items:
                return say(f"{agent} has no experience yet; `langgym play --agent {agent}` makes some")
            rows = [
                (item.env_id, item.role, " ".join(f"{name}={value}" for name, value in item.kwargs.items()))
                for item in places.items
            ]
            return emit_table(("environment", "role", "variant"), rows)
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
    emit(f"{page.n_decisions} decisions in {page.n_situations} situations, what was met most first")
    for item in page.items:
        emit("\n".join(_describe(item)))
    return None


def _describe(item: "SituationItem") -> list[str]:
    return [f"\n{item.situation} ({item.role}), {item.n} times", *(f"  {_describe_tried(each)}" for each in item.tried)]


def _describe_tried(tried: "TriedItem") -> str:
    games = tried.wins + tried.draws + tried.losses
    came = f"won {tried.wins}, drew {tried.draws}, lost {tried.losses}" if games else "no winning or losing"
    own = "" if tried.n_own == tried.n else f", {tried.n_own} of them its own"
    shown = ", ".join(map(str, tried.episodes[-SHOWN_EPISODES:]))
    more = "… " if len(tried.episodes) > SHOWN_EPISODES else ""
    facts, plural = "; ".join(tried.facts), "time" if tried.n == 1 else "times"
    return (
        f"{tried.name}: {tried.n} {plural}{own}, {came}, mean return {tried.mean:+.2f} [{facts}] episodes {more}{shown}"
    )
