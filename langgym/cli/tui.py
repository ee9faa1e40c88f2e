"""`langgym tui`: the terminal interface."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langgym.cli.place import find_place
from langgym.errors import UsageError

if TYPE_CHECKING:
    from langgym.tui.targets import Target


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("tui")(open_tui)


def open_tui(
    ctx: typer.Context,
    agent: Annotated[str | None, typer.Option(help="Open this agent.")] = None,
    episode: Annotated[int | None, typer.Option(help="Open this episode.")] = None,
    step: Annotated[int | None, typer.Option(min=0, help="At this turn, counted from 0.")] = None,
    memory: Annotated[int | None, typer.Option(help="Open this memory.")] = None,
    env: Annotated[str | None, typer.Option(help="Open this environment.")] = None,
    where: Annotated[str | None, typer.Option(help="Open the episodes that fit this filter.")] = None,
    arena: Annotated[str | None, typer.Option(help="Open the ratings of the arena with this key.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Open what is being played now.")] = False,
    read_only: Annotated[bool, typer.Option("--read-only", help="Change nothing, not even memories.")] = False,
    web: Annotated[bool, typer.Option("--web", help="Serve it to browsers on this machine; read-only.")] = False,
    host: Annotated[str, typer.Option(help="With --web: the address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="With --web: the port; 0 for any.")] = 0,
    public: Annotated[bool, typer.Option("--public", help="With --web: allow other addresses than loopback.")] = False,
) -> None:
    """Open the terminal interface: agents, their lives, what they know, and why they did what they did."""
    from langgym.tui.settings import load_tui_settings

    home = find_place(ctx).home
    settings = load_tui_settings(home)
    first = _find_target(
        agent=agent, episode=episode, step=step, memory=memory, env=env, where=where, arena=arena, live=live
    )
    if web:
        return _serve(ctx, home, host=host, port=port, public=public)
    from langgym.tui.web_page import runs_in_page

    if not runs_in_page():
        _check_terminal()
    from langgym.tui.app import LangGymApp

    app = LangGymApp(home, first=first, settings=settings, read_only=read_only)
    error = app.run()
    if error is not None:
        raise error
    if app.return_code:
        raise typer.Exit(app.return_code)
    return None


def _find_target(
    *,
    agent: str | None,
    episode: int | None,
    step: int | None,
    memory: int | None,
    env: str | None,
    where: str | None,
    arena: str | None,
    live: bool,
) -> "Target | None":
    """Returns what is opened at first: the most particular of what was named."""
    from langgym.tui import targets

    if step is not None and episode is None:
        raise UsageError("--step is of an episode: name one by --episode.")
    n_named = sum(value is not None for value in (episode, memory, env, where, arena))
    if n_named + live > 1:
        raise UsageError("Open one thing: --episode, --memory, --env, --where, --arena or --live.")
    if live:
        return targets.LiveTarget()
    if episode is not None:
        return targets.EpisodeTarget(episode, step)
    if memory is not None:
        return targets.MemoryTarget(memory)
    if env is not None:
        return targets.UniverseTarget(env)
    if where is not None:
        return targets.EpisodesTarget(where)
    if arena is not None:
        return targets.RatingsTarget(arena)
    return None if agent is None else targets.AgentTarget(agent)


def _check_terminal() -> None:
    if not sys.stdin.isatty() or not sys.stdout.isatty() or os.environ.get("TERM", "") in ("", "dumb"):
        raise UsageError(
            "`langgym tui` needs a terminal; everything that it shows is also printed by `langgym agents`, `episodes`, "
            "`replay`, `memories`, `strategies`, `envs`, `live`, `curves`, `cost` and `arena`, plain and with --json."
        )


def _serve(ctx: typer.Context, home: Path, *, host: str, port: int, public: bool) -> None:
    """Serves the interface; what the pages open is given by the same flags as here, always read-only."""
    import secrets

    from langgym.cli.output import say
    from langgym.tui.web import serve

    given = [
        flag for name in ("agent", "episode", "step", "memory", "env", "where", "arena") for flag in _repeat(ctx, name)
    ]
    live = ["--live"] if ctx.params["live"] else []
    command = [sys.executable, "-m", "langgym", "--home", str(home), "tui", "--read-only", *given, *live]
    serve(
        command,
        host=host,
        port=port,
        token=secrets.token_urlsafe(24),
        open_page=lambda url: say(
            f"open {url}\nCtrl-C ends it; whoever has this address can read everything in {home}"
        ),
        public=public,
    )


def _repeat(ctx: typer.Context, name: str) -> list[str]:
    """Returns a flag as it was given; nothing where it was not."""
    value = ctx.params[name]
    return [] if value is None else [f"--{name}={value}"]
