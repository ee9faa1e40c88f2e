"""The options that every command shares."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from langgym.errors import UsageError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON; its schemas are in docs/schema.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")]
Before = Annotated[int | None, typer.Option(help="Only those with smaller ids: the `next` of the page before.")]

Status = Literal["running", "finished", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and how a command runs."""

    home_given: Path | None
    debug: bool

    @property
    def home(self) -> Path:
        """The home folder."""
        from langgym.home import find_home

        return find_home(self.home_given)


def find_place(ctx: typer.Context) -> Place:
    """Returns what the options before the command said."""
    return cast("Place", ctx.obj)


def read_pairs(texts: list[str]) -> dict[str, str]:
    """Returns `key=value` texts as a mapping."""
    pairs: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"--kwarg {text!r} is not key=value.")
        pairs[key.strip()] = value.strip()
    return pairs
