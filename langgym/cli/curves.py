"""`langgym curves`: how the returns of agents went, side by side."""

from typing import Annotated

import typer

from langgym.cli.output import emit, emit_columns, emit_json, say
from langgym.cli.place import AsJson, find_place


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("curves")(show_curves)


def show_curves(
    ctx: typer.Context,
    agent: Annotated[list[str], typer.Option(help="Whose returns; give it again for more agents.")],
    env: Annotated[str | None, typer.Option(help="Only in this environment.")] = None,
    buckets: Annotated[int, typer.Option(min=1, max=1000, help="How many points at most.")] = 40,
    as_json: AsJson = False,
) -> None:
    """Show how the returns of agents went: the mean of episodes that follow one another, with its interval."""
    from langgym.cli.reading import find_env_id, open_stored
    from langgym.query.curves import read_curves
    from langgym.views.comparison import describe_differences
    from langgym.views.curves import CURVE_COLUMNS, NO_CURVE, describe_curve, list_points

    env_id = find_env_id(env)
    names = list(dict.fromkeys(agent))
    with open_stored(find_place(ctx).home, f"agent {names[0]!r}") as db:
        page = read_curves(db, names, env_id=env_id, buckets=buckets)
    if as_json:
        return emit_json(page)
    points = list_points(page)
    if not points:
        return say(NO_CURVE)
    if len(names) > 1:
        emit(describe_differences(len(names), page.differences))
    emit("\n".join(describe_curve(curve) for curve in page.items))
    emit()
    emit_columns(CURVE_COLUMNS, points)
    if env_id is None:
        say("returns of all environments are mixed here; --env names one")
    return None
