"""`langgym live`: what is played now, by any process."""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langgym.cli.output import emit, emit_columns, emit_json, say
from langgym.cli.place import AsJson, find_place

if TYPE_CHECKING:
    from agents_db.store import AgentsDB
    from langgym.query.live import LiveItem, LivePage

POLL_SECONDS = 0.25


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("live")(show_live)


def show_live(
    ctx: typer.Context,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on with a line for every change, until nothing is played any more.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show which episodes are under way, and whether their players still are."""
    from langgym.cli.reading import open_reader
    from langgym.query.live import LivePage
    from langgym.views.live import LIVE_COLUMNS, NO_LIVE, describe_page

    home = find_place(ctx).home
    with open_reader(home) as db:
        if db is None:
            page = LivePage(read_at=datetime.now(UTC), items=(), between=())
        elif follow:
            return _follow(db, home, as_json=as_json)
        else:
            page = _read(db, home)
    if as_json:
        return emit_json(page, compact=follow)
    if not page.items and not page.between:
        return say(NO_LIVE)
    if page.items:
        emit_columns(LIVE_COLUMNS, page.items)
    say(describe_page(page))
    return None


def _read(db: "AgentsDB", home: Path) -> "LivePage":
    from langgym.home import index_root
    from langgym.query.live import read_live

    return read_live(db, index_root(home), datetime.now(UTC))


def _follow(db: "AgentsDB", home: Path, *, as_json: bool) -> None:
    """Prints what changes until nobody plays any more, or Ctrl-C is pressed."""
    from langgym.views.live import describe_page

    known: dict[int, LiveItem] | None = None
    last = ""
    try:
        for page in _list_pages(db, home):
            lines = list(_tell_changes(db, known or {}, page))
            if as_json and (lines or known is None):
                emit_json(page, compact=True)
            elif not as_json:
                _emit_lines(page, lines)
            known = {item.episode.episode_id: item for item in page.items}
            last = describe_page(page)
    except KeyboardInterrupt:
        return
    say(f"nobody plays any more: {last}")


def _emit_lines(page: "LivePage", lines: "Iterable[str]") -> None:
    for line in lines:
        emit(f"{page.read_at.astimezone():%H:%M:%S}  {line}")
    sys.stdout.flush()


def _list_pages(db: "AgentsDB", home: Path) -> "Iterator[LivePage]":
    """Yields what is played now, again and again; the last time when nobody plays."""
    while True:
        page = _read(db, home)
        yield page
        if page.over:
            return
        time.sleep(POLL_SECONDS)


def _tell_changes(db: "AgentsDB", known: "Mapping[int, LiveItem]", page: "LivePage") -> Iterator[str]:
    """Yields a line for each episode that is not as it was."""
    from agents_db.errors import NotStored
    from langgym.query.episodes import EpisodeItem
    from langgym.views.live import describe_end, describe_live

    shown = {item.episode.episode_id for item in page.items}
    for episode_id in known.keys() - shown:
        try:
            yield describe_end(EpisodeItem.model_validate(db.episode(episode_id)))
        except NotStored:  # the store was replaced under us
            continue
    for item in page.items:
        before = known.get(item.episode.episode_id)
        if before is None or _find_mark(before) != _find_mark(item):
            yield describe_live(item)


def _find_mark(item: "LiveItem") -> tuple[object, ...]:
    return (item.state, item.turn, item.last_seat, item.last_action, item.waits_for)
