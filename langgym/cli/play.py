"""`langgym play` and `langgym resume`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langgym.cli import options
from langgym.cli.output import warn
from langgym.cli.place import find_place, read_pairs
from langgym.errors import UsageError

if TYPE_CHECKING:
    from langgym.cli.playing import Loudness, Request
    from langgym.cli.resuming import ResumeRequest

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
    agents: Annotated[
        str | None, typer.Option(help="Several at once: names with commas between them, or patterns such as 'pop-*'.")
    ] = None,
    env: Annotated[str | None, typer.Option(help="The environment; without it the agent chooses.")] = None,
    kwarg: options.Kwarg = None,
    episodes: Annotated[int, typer.Option("--episodes", "-n", min=1, help="How many to play.")] = 1,
    seed: options.Seed = None,
    model: options.Model = None,
    rival: options.Rival = None,
    mate: options.Mate = None,
    seat: Annotated[str | None, typer.Option(help="The agent's seat; without it the seat rotates.")] = None,
    parallel: Annotated[
        int, typer.Option("--parallel", "-k", min=1, max=256, help="Episodes under way at once, over all agents.")
    ] = 1,
    workers: options.Workers = 1,
    max_turns: options.MaxTurns = None,
    max_attempts: options.MaxAttempts = None,
    temperature: options.Temperature = None,
    thought: options.Thought = None,
    reply_tokens: options.ReplyTokens = None,
    memories: options.Memories = None,
    memory_tokens: options.MemoryTokens = None,
    no_memory: options.NoMemory = False,
    decide: options.Decide = None,
    curiosity: options.Curiosity = None,
    reflector: options.Reflector = None,
    embedder: options.Embedder = None,
    base_url: options.BaseUrl = None,
    universe: options.Universe = None,
    requests_per_minute: options.RequestsPerMinute = None,
    tokens_per_minute: options.TokensPerMinute = None,
    max_repeats: options.MaxRepeats = None,
    max_misses: options.MaxMisses = None,
    threads: options.Threads = None,
    max_tokens: options.MaxTokens = None,
    max_cost: options.MaxCost = None,
    max_calls: options.MaxCalls = None,
    max_time: options.MaxTime = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Play nothing: print what it would take.")] = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    as_json: options.Events = False,
) -> None:
    """Let an agent play episodes: choose, play, remember.

    A new agent keeps the model and the settings that it is made with; later flags hold for one run.
    Exit code 1: an environment failed. 3: a provider, or the universe, is away. 4: a limit was reached. 130: stopped.
    `langgym resume` goes on after 3, 4 and 130.
    """
    from langgym.cli.playing import Loudness, Request
    from langgym.limits import Limits

    if no_memory and memories:
        raise UsageError(f"--no-memory and --memories {memories} exclude each other.")
    place = find_place(ctx)
    flags = {
        **{"model": model, "rival": rival, "mate": mate, "max_turns": max_turns, "max_attempts": max_attempts},
        **{"temperature": temperature, "thought": thought, "reply_tokens": reply_tokens, "base_url": base_url},
        **{"memories": 0 if no_memory else memories, "embedder": embedder, "threads": threads},
        **{"requests_per_minute": requests_per_minute, "tokens_per_minute": tokens_per_minute},
        **{"max_repeats": max_repeats, "max_misses": max_misses, "memory_tokens": memory_tokens},
        **{"decide": decide, "curiosity": curiosity, "reflector": reflector, "universe": universe},
    }
    request = Request(
        home=place.home,
        agents=_find_agents(agent, agents, place.home),
        env=env,
        kwargs=read_pairs(kwarg or []),
        episodes=episodes,
        seed=seed,
        seat=seat,
        parallel=parallel,
        limits=Limits(tokens=max_tokens, cost=max_cost, calls=max_calls, seconds=max_time),
        flags=flags,
    )
    request.check()
    if dry_run:
        from langgym.cli.estimating import print_estimate

        return print_estimate(request, as_json=as_json)
    request.check_budget()
    raise typer.Exit(_play(request, workers, Loudness(quiet=quiet, verbose=verbose, as_json=as_json)))


def resume(
    ctx: typer.Context,
    agent: Annotated[str | None, typer.Option(help="Only the runs of this agent.")] = None,
    accept_drift: Annotated[
        bool, typer.Option("--accept-drift", help="Go on although the rebuilt environment differs, and mark it.")
    ] = False,
    universe: options.Universe = None,
    workers: options.Workers = 1,
    max_tokens: options.MaxTokens = None,
    max_cost: options.MaxCost = None,
    max_calls: options.MaxCalls = None,
    max_time: options.MaxTime = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    as_json: options.Events = False,
) -> None:
    """Go on with what was stopped, from the very turn; runs of different agents at the same time.

    A limit that is given takes the place of the one that the runs were given; it counts what they have spent before.
    A run that was played in a service's universe goes on there, or at the address that is given.
    """
    from langgym.cli.playing import Loudness
    from langgym.cli.resuming import ResumeRequest
    from langgym.limits import Limits

    agents = None if agent is None else (agent,)
    request = ResumeRequest(
        home=find_place(ctx).home,
        agents=agents,
        accept_drift=accept_drift,
        universe=universe,
        limits=Limits(tokens=max_tokens, cost=max_cost, calls=max_calls, seconds=max_time),
    )
    raise typer.Exit(_play(request, workers, Loudness(quiet=quiet, verbose=verbose, as_json=as_json)))


def _play(request: "Request | ResumeRequest", workers: int, loudness: "Loudness") -> int:
    """Plays what was asked for, in this process or in several."""
    from langgym.cli.playing import make_teller
    from langgym.cli.stopping import StopSwitch

    with StopSwitch() as stop, make_teller(loudness, stop) as tell:
        parts = request.split(workers) if workers > 1 else []
        if len(parts) < 2:
            return request.play(tell, stop)
        from langgym.cli.working import play_apart

        return play_apart(parts, tell=tell, stop=stop)


def _find_agents(one: str | None, several: str | None, home: Path) -> tuple[str, ...]:
    """Returns the names of the agents that are to play, each once."""
    if several is None:
        return (_find_agent(one, home),)
    if one is not None:
        raise UsageError("--agent and --agents exclude each other.")
    names = [name.strip() for name in several.split(",") if name.strip()]
    found = [match for name in names for match in (_match_agents(name, home) if "*" in name else [name])]
    if not found:
        raise UsageError(f"--agents {several!r} names nobody: write names with commas between them.")
    return tuple(dict.fromkeys(found))


def _match_agents(pattern: str, home: Path) -> list[str]:
    from fnmatch import fnmatchcase

    from langgym.cli.reading import open_stored

    with open_stored(home, f"agent like {pattern!r}") as db:
        found = [agent.name for agent in db.agents() if fnmatchcase(agent.name, pattern)]
    if not found:
        raise UsageError(f"No agent is like {pattern!r}; `langgym agents list` shows them all.")
    return found


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
