"""The options that every command shares."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON; its schemas are in docs/schema.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")]
Before = Annotated[int | None, typer.Option(help="Only those with smaller ids: the `next` of the page before.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and how a command runs."""

    home_given: Path | None
    debug: bool

    @property
    def home(self) -> Path:
        """The home folder."""
        from langgym.config import find_home

        return find_home(self.home_given)


def find_place(ctx: typer.Context) -> Place:
    """Returns what the options before the command said."""
    return cast("Place", ctx.obj)
