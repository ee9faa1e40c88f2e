"""Tables: making them, watching them, and playing every seat of them at once."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import Response, StreamingResponse

from universe.service.events import Event
from universe.service.hall import Hall
from universe.service.routes.answers import Token, send
from universe.service.wire import EndBody, MadeTable, NewTable, PlayBody, Position, Status, TablePage, TableState

STREAM = "text/event-stream"
EVENT = {
    "type": "object",
    "description": "Each event of the stream.",
    "properties": {
        "event": {"enum": ["turn", "moved", "over", "look"]},
        "id": {"type": "string"},
        "data": {"type": "string", "description": "A `TableState`, or a `Look` where the event is `look`, as JSON."},
    },
    "required": ["event", "data"],
}


def make_routes(hall: Hall) -> APIRouter:
    """Returns the paths."""
    routes = APIRouter(prefix="/v1/tables", tags=["tables"])

    @routes.post("", operation_id="make_table", response_model=MadeTable, status_code=201)
    async def make_table(body: NewTable) -> Response:
        """Makes a table; its tokens are shown this once."""
        return send(await hall.make(body), 201)

    @routes.get("", operation_id="list_tables", response_model=TablePage)
    async def list_tables(
        status: Status | None = None,
        env: Annotated[str | None, Query(max_length=64)] = None,
        after: Annotated[int | None, Query(ge=0, le=2**62)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> Response:
        """Lists tables, newest first; `after` is the `next` of the page before."""
        return send(await hall.list_tables(status=status, env=env, after=after, limit=limit))

    @routes.get("/{table}", operation_id="read_table", response_model=TableState)
    async def read_table(table: str) -> Response:
        """Returns a table as everybody may see it."""
        return send(await hall.state(table))

    @routes.get("/{table}/position", operation_id="read_position", response_model=Position)
    async def read_position(table: str, token: Token) -> Response:
        """Returns where a table stands, to who plays every seat of it."""
        return send(await hall.position(table, token))

    @routes.post("/{table}/play", operation_id="play_turn", response_model=Position)
    async def play_turn(table: str, body: PlayBody, token: Token) -> Response:
        """Plays every seat that must act and returns the next position; the same again gives the same."""
        return send(await hall.play(table, token, body))

    @routes.post("/{table}/end", operation_id="end_table", response_model=Position)
    async def end_table(table: str, body: EndBody, token: Token) -> Response:
        """Ends a table for who made it."""
        return send(await hall.end(table, token, body))

    _add_events(routes, hall)
    return routes


def _add_events(routes: APIRouter, hall: Hall) -> None:
    """Adds the path that streams what happens."""

    @routes.get(
        "/{table}/events",
        operation_id="follow_table",
        response_class=StreamingResponse,
        responses={200: {"content": {STREAM: {"schema": EVENT}}, "description": "Events"}},
    )
    async def follow_table(
        table: str,
        token: Token,
        last_event_id: Annotated[str | None, Header(max_length=64)] = None,
        seconds: Annotated[float, Query(ge=0, le=3600, allow_inf_nan=False)] = 600.0,
    ) -> Response:
        """Tells what happens at a table: `turn`, `moved`, `over`, and `look` to a seat's token."""
        events = hall.follow(table, token, last=last_event_id, seconds=seconds)
        return StreamingResponse(_write(events), media_type=STREAM)


async def _write(events: AsyncIterator[Event | None]) -> AsyncIterator[bytes]:
    yield b": here\n\n"
    async for event in events:
        if event is None:
            yield b": still here\n\n"
            continue
        head = f"id: {event.id}\n" if event.id is not None else ""
        yield f"{head}event: {event.kind}\ndata: {event.data.model_dump_json(by_alias=True)}\n\n".encode()
