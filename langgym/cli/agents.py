"""`langgym agents`: who plays."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from langgym.cli import options
from langgym.cli.filtering import AgentOrder
from langgym.cli.output import emit, emit_columns, emit_json, say
from langgym.cli.place import AsJson, find_place
from langgym.errors import UsageError

app = typer.Typer(help="Who plays.", no_args_is_help=True, rich_markup_mode=None)
Name = Annotated[str, typer.Argument(help="The agent's name.")]


@app.command("list")
def list_agents(
    ctx: typer.Context,
    where: Annotated[str, typer.Option(metavar="WORDS", help="Only those whose name or model holds every word.")] = "",
    order: AgentOrder = "oldest",
    as_json: AsJson = False,
) -> None:
    """List the agents."""
    from langgym.cli.reading import open_reader
    from langgym.query.agents import AgentsPage, read_agents
    from langgym.views.agents import AGENT_COLUMNS, NO_AGENT

    with open_reader(find_place(ctx).home) as db:
        page = read_agents(db, where, order=order) if db is not None else AgentsPage(items=())
    if as_json:
        return emit_json(page)
    if not page.items:
        return say(f"no agent has {where!r} in its name or model" if where else NO_AGENT)
    emit_columns(AGENT_COLUMNS, page.items)
    return None


@app.command("show")
def show_agent(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show an agent, its record in every environment, its last choices and its last episodes."""
    from langgym.cli.reading import open_stored
    from langgym.prices import load_prices
    from langgym.query.agents import read_agent
    from langgym.query.episodes import read_episodes
    from langgym.views.agents import CHOICE_COLUMNS, LAST_EPISODES, SCORE_COLUMNS, describe_agent
    from langgym.views.episodes import EPISODE_COLUMNS

    home = find_place(ctx).home
    with open_stored(home, f"agent {name!r}") as db:
        agent = read_agent(db, name, prices=load_prices(home))
        episodes = read_episodes(db, agent=name, limit=LAST_EPISODES).items
    if as_json:
        return emit_json(agent)
    emit("\n".join(describe_agent(agent)))
    if agent.environments:
        emit("\nRecord")
        emit_columns(SCORE_COLUMNS, agent.environments)
    if agent.choices:
        emit("\nLast choices")
        emit_columns(CHOICE_COLUMNS, agent.choices)
    if episodes:
        emit("\nLast episodes")
        emit_columns(EPISODE_COLUMNS, episodes)
    return None


@app.command("settings")
def show_settings(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show how an agent plays where no flag says otherwise, its limits, and where each value comes from."""
    from langgym.cli.reading import open_stored
    from langgym.prices import load_prices
    from langgym.query.settings import read_settings
    from langgym.views.settings import LIMIT_COLUMNS, SETTING_COLUMNS, list_limits

    home = find_place(ctx).home
    with open_stored(home, f"agent {name!r}") as db:
        page = read_settings(db, name, home=home, prices=load_prices(home))
    if as_json:
        return emit_json(page)
    emit_columns(SETTING_COLUMNS, page.items)
    emit("\nLimits")
    emit_columns(LIMIT_COLUMNS, list_limits(page))
    return None


@app.command("create")
def create_agent(
    ctx: typer.Context,
    name: Name,
    model: options.Model = None,
    temperature: options.Temperature = None,
    thought: options.Thought = None,
    max_attempts: options.MaxAttempts = None,
    reply_tokens: options.ReplyTokens = None,
    memories: options.Memories = None,
    memory_tokens: options.MemoryTokens = None,
    decide: options.Decide = None,
    curiosity: options.Curiosity = None,
    reflector: options.Reflector = None,
    embedder: options.Embedder = None,
    base_url: options.BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make an agent that keeps these settings; `langgym play --agent NAME` makes one as well."""
    from langgym.cli.keeping import make_agent

    flags = {
        **{"model": model, "temperature": temperature, "thought": thought, "max_attempts": max_attempts},
        **{"reply_tokens": reply_tokens, "memories": memories, "embedder": embedder, "base_url": base_url},
        **{"memory_tokens": memory_tokens, "decide": decide, "curiosity": curiosity, "reflector": reflector},
    }
    agent = make_agent(find_place(ctx).home, name, flags)
    if as_json:
        return emit_json(agent)
    say(f"{agent.name} is made with the model {agent.model}; let it play: `langgym play --agent {agent.name}`")
    return None


@app.command("limit")
def limit_agent(
    ctx: typer.Context,
    name: Name,
    max_tokens: options.MaxTokens = None,
    max_cost: options.MaxCost = None,
    max_calls: options.MaxCalls = None,
    max_time: options.MaxTime = None,
    none: Annotated[bool, typer.Option("--none", help="Take every limit away.")] = False,
    as_json: AsJson = False,
) -> None:
    """Set what an agent may spend in its whole life, over all runs; other limits stay. Without an option, show them."""
    from langgym.cli.keeping import limit_agent as keep_limits
    from langgym.limits import Limits
    from langgym.views.cost import describe_limits, describe_sums

    limits = Limits(tokens=max_tokens, cost=max_cost, calls=max_calls, seconds=max_time)
    if none and not limits.is_empty:
        raise UsageError("--none takes every limit away: leave the others out.")
    agent = keep_limits(find_place(ctx).home, name, limits, anew=none)
    if as_json:
        return emit_json(agent)
    say(f"{agent.name} has spent {describe_sums(agent.spent)}")
    say(f"its limits: {describe_limits(agent.spent)}")
    return None


@app.command("fork")
def fork_agent(
    ctx: typer.Context,
    name: Name,
    new: Annotated[str, typer.Option("--as", help="The name of the new agent.")],
    at: Annotated[
        int | None,
        typer.Option(metavar="EPISODE", help="As of the end of this episode; else as of now."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make an agent that begins with what another one knew; neither learns anything of the other from then on."""
    from langgym.cli.moving import fork

    agent = fork(find_place(ctx).home, name, new, at)
    if as_json:
        emit_json(agent)


@app.command("export")
def export_agent(
    ctx: typer.Context,
    name: Name,
    target: Annotated[Path, typer.Argument(help="A file whose name ends with .tar, or a folder; must not be there.")],
) -> None:
    """Write an agent with everything that it knows and has played to a file; the same agent gives the same bytes."""
    from langgym.cli.moving import export

    export(find_place(ctx).home, name, target)


@app.command("import")
def import_agent(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(help="What `export` wrote.")],
    name: Annotated[str | None, typer.Option("--as", help="Its name here; else its own.")] = None,
    as_json: AsJson = False,
) -> None:
    """Store an agent that was exported; a damaged file is refused, and one that is here already changes nothing."""
    from langgym.cli.moving import take_in

    agent = take_in(find_place(ctx).home, source, name)
    if as_json:
        emit_json(agent)


@app.command("delete")
def delete_agent(
    ctx: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete an agent with everything that it knows; its episodes stay."""
    from langgym.cli.keeping import remove_agent
    from langgym.cli.reading import open_stored

    home = find_place(ctx).home
    with open_stored(home, f"agent {name!r}") as db:
        agent = db.agent(name)
    if not yes:
        _confirm(f"Delete {name} with its {agent.n_memories} memories? Its episodes stay. [y/N] ")
    remove_agent(home, name)
    say(f"{name} is deleted with its {agent.n_memories} memories")


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError("Nobody can be asked here: say --yes.")
    sys.stderr.write(question)
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        say("nothing was deleted")
        raise typer.Exit(1)
