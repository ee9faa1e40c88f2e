"""`langgym cost`: what was spent."""

from typing import Annotated

import typer

from langgym.cli.output import emit_columns, emit_json, say
from langgym.cli.place import AsJson, find_place


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(cost)


def cost(
    ctx: typer.Context,
    agent: Annotated[str | None, typer.Option(help="Only what this agent has spent.")] = None,
    run: Annotated[int | None, typer.Option(help="Only what was spent in this run.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what was spent, by agent and model."""
    from langgym.cli.reading import open_reader, open_stored
    from langgym.prices import load_prices
    from langgym.query.spending import CostPage, add_up, read_costs
    from langgym.views.cost import COST_COLUMNS, NO_COST, list_costs

    home = find_place(ctx).home
    prices = load_prices(home)
    if agent is None and run is None:
        with open_reader(home) as db:
            page = CostPage(items=(), total=add_up([])) if db is None else read_costs(db, prices)
    else:
        what = f"agent {agent!r}" if agent is not None else f"run {run}"
        with open_stored(home, what) as db:
            owner = None if agent is None else db.agent(agent).agent_id
            if run is not None:
                db.run(run)
            page = read_costs(db, prices, agent_id=owner, run_id=run)
    if as_json:
        return emit_json(page)
    if not page.items:
        return say(NO_COST)
    emit_columns(COST_COLUMNS, list_costs(page))
    return None
