"""`langgym agents`: who plays."""

import typer

from langgym.cli.output import emit_json, emit_table, say
from langgym.cli.place import AsJson, find_place

app = typer.Typer(help="Who plays.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_agents(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the agents."""
    from langgym.cli.reading import open_reader
    from langgym.query.agents import AgentsPage, read_agents

    with open_reader(find_place(ctx).home) as db:
        page = read_agents(db) if db is not None else AgentsPage(items=())
    if as_json:
        return emit_json(page)
    emit_table(
        ("agent", "model", "played", "decisions", "fallbacks", "memories", "last played"),
        [
            (
                agent.name,
                agent.model,
                agent.n_participations,
                agent.n_decisions,
                agent.n_fallbacks,
                agent.n_memories,
                agent.last_played_at.strftime("%Y-%m-%d %H:%M") if agent.last_played_at else None,
            )
            for agent in page.items
        ],
    )
    if not page.items:
        say("no agent yet; make one and let it play: `langgym play --agent ada`")
    return None
