"""`langgym play` and `langgym resume`."""

from pathlib import Path
from typing import Annotated

import typer

from langgym.cli.output import warn
from langgym.cli.place import find_place, read_pairs
from langgym.errors import UsageError

AGENT_VARIABLE = "LANGGYM_AGENT"
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say every decision.")]
Events = Annotated[bool, typer.Option("--json", help="Write events to standard output as JSON Lines.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(play)
    app.command()(resume)


def play(
    ctx: typer.Context,
    agent: Annotated[
        str | None,
        typer.Option(help="The agent; made if new. Else LANGGYM_AGENT, or `agent` in config.toml."),
    ] = None,
    env: Annotated[str | None, typer.Option(help="The environment; without it the agent chooses.")] = None,
    kwarg: Annotated[list[str] | None, typer.Option(help="key=value of the environment; may be repeated.")] = None,
    episodes: Annotated[int, typer.Option("--episodes", "-n", min=1, help="How many to play.")] = 1,
    seed: Annotated[int | None, typer.Option(min=0, max=2**63 - 1, help="Of all draws; without it, entropy.")] = None,
    model: Annotated[str | None, typer.Option(help="local:smollm2, local:FILE.gguf, openai:NAME or random.")] = None,
    rival: Annotated[str | None, typer.Option(help="Other seats: random, self or agent:NAME.")] = None,
    mate: Annotated[str | None, typer.Option(help="Seats of team mates: random, self or agent:NAME.")] = None,
    seat: Annotated[str | None, typer.Option(help="The agent's seat; without it the seat rotates.")] = None,
    max_turns: Annotated[int | None, typer.Option(help="Turns after which an episode is capped.")] = None,
    max_attempts: Annotated[int | None, typer.Option(help="Replies a model has for one decision.")] = None,
    temperature: Annotated[float | None, typer.Option(help="Of the model, 0 to 2.")] = None,
    thought: Annotated[int | None, typer.Option(help="Characters of thought before an answer; 0 for none.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="The longest reply.")] = None,
    memories: Annotated[int | None, typer.Option(help="Memories recalled in a turn.")] = None,
    no_memory: Annotated[bool, typer.Option("--no-memory", help="The same as --memories 0.")] = False,
    embedder: Annotated[str | None, typer.Option(help="Finds memories: local:minilm, openai:NAME or hashed.")] = None,
    base_url: Annotated[str | None, typer.Option(help="Of an OpenAI-compatible server.")] = None,
    threads: Annotated[int | None, typer.Option(help="Of the embedded model; half of the cores.")] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: Events = False,
) -> None:
    """Let an agent play episodes: choose, play, remember.

    A new agent keeps the model and the settings that it is made with; later flags hold for one run.
    Exit code 1: an environment failed. 130: stopped; `langgym resume` goes on.
    """
    from langgym.cli.playing import Loudness, Request, play_run

    if no_memory and memories:
        raise UsageError(f"--no-memory and --memories {memories} exclude each other.")
    home = find_place(ctx).home
    flags = {
        **{"model": model, "rival": rival, "mate": mate, "max_turns": max_turns, "max_attempts": max_attempts},
        **{"temperature": temperature, "thought": thought, "max_tokens": max_tokens, "base_url": base_url},
        **{"memories": 0 if no_memory else memories, "embedder": embedder, "threads": threads},
    }
    request = Request(
        home=home,
        agent=_find_agent(agent, home),
        env=env,
        kwargs=read_pairs(kwarg or []),
        episodes=episodes,
        seed=seed,
        seat=seat,
        flags=flags,
        loudness=Loudness(quiet=quiet, verbose=verbose, as_json=as_json),
    )
    raise typer.Exit(play_run(request))


def resume(
    ctx: typer.Context,
    agent: Annotated[str | None, typer.Option(help="Only the runs of this agent.")] = None,
    accept_drift: Annotated[
        bool, typer.Option("--accept-drift", help="Go on although the rebuilt environment differs, and mark it.")
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: Events = False,
) -> None:
    """Go on with every run that was stopped or cut off, from the very turn."""
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
