"""`langgym bench`."""

import importlib
from typing import Annotated

import typer

from langgym.cli.output import warn


def register(app: typer.Typer) -> None:
    """Adds the command."""
    settings: dict[str, object] = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(context_settings=settings, add_help_option=False)(bench)


def bench(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Which measurement: overhead or texts.")] = None,
) -> None:
    """Measure a promise or a speed on the spot."""
    try:
        runner = importlib.import_module("langgym.bench.__main__")
    except ModuleNotFoundError:
        warn("this installation has no benchmarks")
        raise typer.Exit(2) from None
    arguments = [*([name] if name else []), *ctx.args]
    raise typer.Exit(runner.main(arguments) or 0)
