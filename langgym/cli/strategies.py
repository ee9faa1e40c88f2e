"""`langgym strategies`: what an agent holds to be true, and what has come of it since."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from langgym.cli.output import emit, emit_columns, emit_json, say
from langgym.cli.place import AsJson, find_place

if TYPE_CHECKING:
    from langgym.query.strategies import StrategyItem
    from langgym.query.versions import Version


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("strategies")(show_strategies)


def show_strategies(
    ctx: typer.Context,
    agent: Annotated[str, typer.Option(help="Whose strategies.")],
    env: Annotated[str | None, typer.Option(help="Only of this environment.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that were retired, superseded or quarantined.")
    ] = False,
    details: Annotated[bool, typer.Option("--details", help="Each with all that is known of it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show an agent's strategies: the effect that each claims beside the effect measured since it was stated."""
    from langgym.cli.reading import find_env_id, open_stored
    from langgym.query.strategies import read_strategies
    from langgym.query.versions import read_versions
    from langgym.views.strategies import NO_STRATEGY, STRATEGY_COLUMNS

    env_id = find_env_id(env)
    with open_stored(find_place(ctx).home, f"agent {agent!r}") as db:
        page = read_strategies(db, agent, env_id=env_id, state=None if everything else "active")
        versions = [read_versions(db, item.chain) for item in page.items] if details else []
    if as_json:
        return emit_json(page)
    if not page.items:
        return say(NO_STRATEGY.format(agent=agent))
    if details:
        return emit("\n\n".join(_tell_all(item, said) for item, said in zip(page.items, versions, strict=True)))
    emit_columns(STRATEGY_COLUMNS, page.items)
    return None


def _tell_all(item: "StrategyItem", versions: "Sequence[Version]") -> str:
    """Returns a strategy and its versions as text."""
    from langgym.views.blocks import tell_blocks
    from langgym.views.strategies import describe_strategy, list_version_blocks

    told = [f"{item.memory_id}", *describe_strategy(item), *tell_blocks(list_version_blocks(versions))]
    return "\n".join(told)
