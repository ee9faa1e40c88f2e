"""`langgym envs`: what can be played."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from langgym.cli import options
from langgym.cli.output import emit, emit_columns, emit_json, say, warn
from langgym.cli.place import AsJson, find_place, read_pairs

if TYPE_CHECKING:
    from universe.catalog import Catalog

app = typer.Typer(help="What can be played.", no_args_is_help=True, rich_markup_mode=None)
Env = Annotated[str, typer.Argument(help="Its id, with or without suite and version: classic/chess_v6 or chess.")]


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
    from langgym.views.envs import ENV_COLUMNS

    page = read_envs(_open_catalog(), suite=suite, hidden=hidden)
    if as_json:
        return emit_json(page)
    emit_columns(ENV_COLUMNS, page.items)
    if not page.items:
        say("no environment fits; `langgym envs list` shows them all")
    return None


@app.command("show")
def show_env(env: Env, as_json: AsJson = False) -> None:
    """Show everything that an agent can read about an environment."""
    from langgym.query.envs import read_env
    from langgym.views.envs import describe_env

    detail = read_env(_open_catalog().find(env))
    if as_json:
        return emit_json(detail)
    emit("\n".join(describe_env(detail)))
    return None


@app.command("record")
def record_env(
    ctx: typer.Context,
    env: Annotated[str | None, typer.Argument(help="The environment; without it, all that were played.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many choices of it at most.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show what the agents here have done in an environment, who did, and why they chose it."""
    from langgym.cli.records import show_record, show_records

    home = find_place(ctx).home
    if env is None:
        return show_records(home, _open_catalog(), as_json=as_json)
    return show_record(home, _open_catalog().find(env), limit=limit, as_json=as_json)


@app.command("try")
def try_env(
    env: Env,
    policy: Annotated[Literal["human", "random"], typer.Option(help="Who decides for every seat.")] = "human",
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the game and of random play.")] = 0,
    kwarg: options.Kwarg = None,
    turns: Annotated[int | None, typer.Option(min=1, help="Stop after so many turns.")] = None,
    frames: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Save a picture (PNG) and the text of every turn in this folder."),
    ] = None,
) -> None:
    """Play a game here, seeing exactly what a model would read; nothing is stored."""
    from langgym.cli.trying import try_game

    try_game(_open_catalog().find(env), read_pairs(kwarg or []), policy=policy, seed=seed, turns=turns, folder=frames)


def _open_catalog() -> "Catalog":
    from universe.catalog import default_catalog

    catalog = default_catalog()
    for problem in catalog.problems:
        warn(problem)
    return catalog
