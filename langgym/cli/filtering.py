"""The options by which lists are filtered and ordered, and the page of what is left."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from langgym.errors import UsageError

if TYPE_CHECKING:
    from agents_db.filters import Condition
    from agents_db.store import AgentsDB

Where = Annotated[
    str, typer.Option(metavar="FILTER", help="Only those that fit, such as 'env:chess return:>0.5 since:2d'.")
]
AgentOrder = Annotated[Literal["newest", "oldest", "name", "most played"], typer.Option(help="Which come first.")]
EpisodeOrder = Annotated[
    Literal["newest", "oldest", "longest", "best"], typer.Option(help="Which come first; best is by return.")
]
MemoryOrder = Annotated[
    Literal["newest", "oldest", "recalled", "importance"], typer.Option(help="Which come first: the most of it.")
]


def list_conditions(**values: str | None) -> "tuple[Condition, ...]":
    """Returns a condition for each option that was given."""
    from agents_db.filters import Condition

    return tuple(Condition(field=name, op="=", value=value) for name, value in values.items() if value is not None)


def join_conditions(
    db: "AgentsDB", parse: "Callable[..., Sequence[Condition]]", where: str, conditions: "Sequence[Condition]"
) -> "Sequence[Condition]":
    """Returns the conditions of a filter and those of options.

    Args:
        db: The store.
        parse: Reads the filter; raises `FilterError`.
        where: The filter.
        conditions: Of the options.

    Raises:
        UnknownAgent: An option names nobody: an error, not an empty list.
    """
    from datetime import datetime

    for condition in conditions:
        if condition.field == "agent":
            db.agent(str(condition.value))
    return (*parse(where, now=datetime.now().astimezone()), *conditions)


def cut_page(ids: Sequence[int], *, before: int | None, limit: int, descends: bool) -> Sequence[int]:
    """Returns a page of ids: those that follow `before`.

    Args:
        ids: All of them, in their order.
        before: The last id of the page before; `None` for the first page.
        limit: How many at most.
        descends: Whether ids go down: `before` need not be among them.

    Raises:
        UsageError: `before` is not among ids of another order.
    """
    if before is None:
        return ids[:limit]
    if before in ids:
        start = ids.index(before) + 1
    elif descends:
        start = next((at for at, each in enumerate(ids) if each < before), len(ids))
    else:
        raise UsageError(f"--before {before} is none of these; take the `next` of the page before.")
    return ids[start : start + limit]
