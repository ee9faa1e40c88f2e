"""`langgym envs`: what can be played."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from langgym.cli import options
from langgym.cli.output import emit, emit_json, emit_table, say, warn
from langgym.cli.place import AsJson, read_pairs

if TYPE_CHECKING:
    from langgym.query.envs import EnvDetail
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

    page = read_envs(_open_catalog(), suite=suite, hidden=hidden)
    if as_json:
        return emit_json(page)
    emit_table(
        ("environment", "seats", "acting", "hides", "turns", "trains", "what it is"),
        [
            (
                env.env_id if env.playable else f"{env.env_id} (not installed)",
                str(env.min_seats) if env.min_seats == env.max_seats else f"{env.min_seats}-{env.max_seats}",
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


@app.command("show")
def show_env(env: Env, as_json: AsJson = False) -> None:
    """Show everything that an agent can read about an environment."""
    from langgym.query.envs import read_env

    detail = read_env(_open_catalog().find(env))
    if as_json:
        return emit_json(detail)
    emit("\n".join(_describe(detail)))
    return None


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


def _describe(env: "EnvDetail") -> list[str]:
    lines = [f"{env.env_id}  {env.title}", env.summary, "", "Rules", env.rules, "", "Facts"]
    least, most = env.min_seats, env.max_seats
    lines += [
        f"  seats      {', '.join(env.seats)}{'' if least == most else f' ({least} to {most})'}",
        f"  acting     {'all at once' if env.simultaneous else 'in turns'}",
        f"  paid for   {env.reward}",
        f"  hides      {env.hides or 'nothing'}",
        f"  ends       {env.horizon}{f' (capped at {env.max_turns} turns)' if env.max_turns else ''}",
        f"  length     {env.typical_turns} decisions of a seat in random play",
        f"  trains     {', '.join(env.trains)}",
        f"  no answer  {'forfeits the game' if env.fallback == 'forfeit' else 'a random action, marked as fallback'}",
    ]
    lines += [f"  team       {role} plays for {team}" for role, team in env.teams.items()]
    lines += ["", "Random play earns"]
    lines += [
        f"  {role}: {base.mean:.3f} on average, standard deviation {base.sd:.3f} ({base.episodes} episodes)"
        for role, base in env.baseline.items()
    ]
    if env.kwargs:
        lines += ["", "Keywords (--kwarg name=value)"]
    for kwarg in env.kwargs:
        choices = f"; one of {', '.join(map(str, kwarg.choices))}" if kwarg.choices else ""
        bounds = [
            f"{word} {bound:g}" for word, bound in (("from", kwarg.minimum), ("to", kwarg.maximum)) if bound is not None
        ]
        limits = f"; {' '.join(bounds)}" if bounds else ""
        lines.append(f"  {kwarg.name}={kwarg.default}  {kwarg.meaning}{choices}{limits}")
    if not env.playable:
        lines += ["", f"Not installed: pip install '{env.requires or env.env_id}'"]
    return lines
