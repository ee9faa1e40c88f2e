"""`langgym play` and `langgym resume`."""

from pathlib import Path
from typing import Annotated

import typer

from langgym.cli import options
from langgym.cli.output import warn
from langgym.cli.place import find_place, read_pairs
from langgym.errors import UsageError

AGENT_VARIABLE = "LANGGYM_AGENT"


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(play)
    app.command()(resume)


def play(
    ctx: typer.Context,
    agent: Annotated[
        str | None, typer.Option(help="The agent; made if new. Else LANGGYM_AGENT, or `agent` in config.toml.")
    ] = None,
    env: Annotated[str | None, typer.Option(help="The environment; without it the agent chooses.")] = None,
    kwarg: options.Kwarg = None,
    episodes: Annotated[int, typer.Option("--episodes", "-n", min=1, help="How many to play.")] = 1,
    seed: options.Seed = None,
    model: options.Model = None,
    rival: options.Rival = None,
    mate: options.Mate = None,
    seat: Annotated[str | None, typer.Option(help="The agent's seat; without it the seat rotates.")] = None,
    max_turns: options.MaxTurns = None,
    max_attempts: options.MaxAttempts = None,
    temperature: options.Temperature = None,
    thought: options.Thought = None,
    reply_tokens: options.ReplyTokens = None,
    memories: options.Memories = None,
    no_memory: options.NoMemory = False,
    embedder: options.Embedder = None,
    base_url: options.BaseUrl = None,
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    as_json: options.Events = False,
) -> None:
    """Let an agent play episodes: choose, play, remember.

    A new agent keeps the model and the settings that it is made with; later flags hold for one run.
    Exit code 1: an environment failed. 130: stopped; `langgym resume` goes on.
    """
    from langgym.cli.playing import Loudness, Request, play_run

    if no_memory and memories:
        raise UsageError(f"--no-memory and --memories {memories} exclude each other.")
    place = find_place(ctx)
    flags = {
        **{"model": model, "rival": rival, "mate": mate, "max_turns": max_turns, "max_attempts": max_attempts},
        **{"temperature": temperature, "thought": thought, "reply_tokens": reply_tokens, "base_url": base_url},
        **{"memories": 0 if no_memory else memories, "embedder": embedder, "threads": threads},
    }
    loudness = Loudness(quiet=quiet, verbose=verbose, as_json=as_json)
    who, kwargs = _find_agent(agent, place.home), read_pairs(kwarg or [])
    request = Request(place.home, who, env, kwargs, episodes, seed, seat, flags, loudness)
    raise typer.Exit(play_run(request))


def resume(
    ctx: typer.Context,
    agent: Annotated[str | None, typer.Option(help="Only the runs of this agent.")] = None,
    accept_drift: Annotated[
        bool, typer.Option("--accept-drift", help="Go on although the rebuilt environment differs, and mark it.")
    ] = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    as_json: options.Events = False,
) -> None:
    """Go on with what was stopped, from the very turn."""
    from langgym.cli.playing import Loudness
    from langgym.cli.resuming import resume_runs

    loudness = Loudness(quiet=quiet, verbose=verbose, as_json=as_json)
    raise typer.Exit(resume_runs(find_place(ctx).home, agent=agent, accept_drift=accept_drift, loudness=loudness))


def _find_agent(given: str | None, home: Path) -> str:
    """Returns the agent's name: as given, else from the environment, else from the home's configuration."""
    import os
    import tomllib

    from langgym.config import CONFIG_FILE

    name = given or os.environ.get(AGENT_VARIABLE)
    file = home / CONFIG_FILE
    if not name and file.is_file():
        try:
            name = str(tomllib.loads(file.read_text(encoding="utf-8")).get("agent", "")) or None
        except ValueError as error:
            warn(f"{str(file)!r} cannot be read: {error}")
    if not name:
        raise UsageError("Which agent? Name one, old or new: `langgym play --agent ada`.")
    return name
