"""The command `langgym`: its groups, its global options, and the one place where errors end."""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from langgym import __version__
from langgym.cli import (
    agents,
    arena,
    bench,
    curves,
    db,
    envs,
    episodes,
    experience,
    live,
    mcp,
    memories,
    models,
    play,
    replaying,
    serve,
    spending,
    strategies,
    tui,
)
from langgym.cli.exits import OK, SOME_FAILED, USAGE, Failure, explain_error
from langgym.cli.output import report_json, warn
from langgym.cli.place import Place

DEBUG_VARIABLE = "LANGGYM_DEBUG"
_GLOBAL_FLAGS = ("--debug",)
_GLOBAL_OPTIONS = ("--home",)

app = typer.Typer(
    name="langgym",
    help="Persistent language-model agents that choose PettingZoo games, play them in text, remember and improve.",
    epilog="Start with: langgym models fetch && langgym play --agent ada --episodes 3",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
play.register(app)
app.add_typer(envs.app, name="envs")
app.add_typer(agents.app, name="agents")
app.add_typer(episodes.app, name="episodes")
app.add_typer(memories.app, name="memories")
app.add_typer(models.app, name="models")
app.add_typer(db.app, name="db")
replaying.register(app)
experience.register(app)
spending.register(app)
curves.register(app)
live.register(app)
strategies.register(app)
arena.register(app)
tui.register(app)
serve.register(app)
mcp.register(app)
bench.register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"langgym {__version__}\n")
        raise typer.Exit


@app.callback()
def _globals(  # pyright: ignore[reportUnusedFunction]
    ctx: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="The home folder: store, indexes, weights, config.toml. Else LANGGYM_HOME or the user's."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors. Also LANGGYM_DEBUG=1.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    ctx.obj = Place(home_given=home, debug=debug)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and returns its exit code."""
    given = hoist_globals(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    try:
        code = app(args=given, prog_name="langgym", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        return _close_pipe()
    except SystemExit as end:  # typer's own way out: of completion, and with 1 where the reader of the output is gone
        return _close_pipe() if end.code == 1 else int(end.code or OK)
    except typer.TyperException as error:
        return _report_usage(error, as_json="--json" in given)
    except (Exception, KeyboardInterrupt) as error:
        return _report(error, given)
    return code if isinstance(code, int) else OK


def hoist_globals(arguments: Sequence[str]) -> list[str]:
    """Returns the arguments with `--home` and `--debug` first, so that they may stand anywhere.

    >>> hoist_globals(["play", "--home", "x", "--agent", "ada", "--", "--home"])
    ['--home', 'x', 'play', '--agent', 'ada', '--', '--home']
    """
    if "bench" in arguments[:1]:
        return list(arguments)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    first: list[str] = []
    rest: list[str] = []
    queue = list(arguments[:end])
    while queue:
        argument = queue.pop(0)
        if argument in _GLOBAL_OPTIONS and queue:
            first += [argument, queue.pop(0)]
        elif argument in _GLOBAL_FLAGS or argument.split("=")[0] in _GLOBAL_OPTIONS:
            first.append(argument)
        else:
            rest.append(argument)
    return [*first, *rest, *arguments[end:]]


def _close_pipe() -> int:
    """Ends quietly where the reader of the output has had enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OK


def _report_usage(error: typer.TyperException, *, as_json: bool) -> int:
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if not message and context is not None:  # a group without a command: its help was asked for
        sys.stderr.write(context.get_help() + "\n")
        return USAGE
    if context is not None:
        message = f"{message} Try `{context.command_path} --help`."
    return _tell(Failure(code=USAGE, kind=type(error).__name__, message=message), as_json=as_json)


def _report(error: BaseException, given: Sequence[str]) -> int:
    debug = "--debug" in given or os.environ.get(DEBUG_VARIABLE, "") not in ("", "0")
    if debug:
        traceback.print_exception(error)
    failure = explain_error(error)
    if failure is None:
        advice = "" if debug else " `--debug` shows where."
        message = f"This is a bug in LangGym {__version__}: {type(error).__name__}: {error}.{advice} Please report it."
        failure = Failure(code=SOME_FAILED, kind=type(error).__name__, message=message)
    return _tell(failure, as_json="--json" in given)


def _tell(failure: Failure, *, as_json: bool) -> int:
    if as_json:
        report_json(failure.describe())
    else:
        warn(failure.message)
    return failure.code
