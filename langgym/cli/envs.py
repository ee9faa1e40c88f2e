"""`langgym envs`: what can be played."""

from typing import Annotated

import typer

from langgym.cli.output import emit, emit_json, emit_table, say, warn
from langgym.cli.place import AsJson

app = typer.Typer(help="What can be played.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_envs(
    suite: Annotated[str | None, typer.Option(help="Only this family: classic, mpe …")] = None,
    hidden: Annotated[
        bool | None, typer.Option("--hidden/--open", help="Only games that hide something, or only open ones.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the environments."""
    from langgym.query.envs import read_envs
    from universe.catalog import default_catalog

    catalog = default_catalog()
    for problem in catalog.problems:
        warn(problem)
    page = read_envs(catalog, suite=suite, hidden=hidden)
    if as_json:
        return emit_json(page)
    emit_table(
        ("environment", "seats", "acting", "hides", "turns", "trains", "what it is"),
        [
            (
                env.env_id if env.playable else f"{env.env_id} (not installed)",
                env.seats_text,
                "together" if env.simultaneous else "in turns",
                "yes" if env.hidden else "no",
                env.typical_turns,
                ", ".join(env.trains),
                env.summary,
            )
            for env in page.items
        ],
    )
    if not page.items:
        say("no environment fits; `langgym envs list` shows them all")
    return None
