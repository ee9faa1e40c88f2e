"""How what the hall returns becomes an answer: written by pydantic once, and never read again."""

from typing import Annotated

from fastapi import Depends
from fastapi.security import APIKeyHeader
from pydantic import BaseModel
from starlette.responses import Response

SEAT_TOKEN = "X-Seat-Token"
_seat_token = APIKeyHeader(
    name=SEAT_TOKEN,
    scheme_name="SeatToken",
    description="The token of a seat, or the owner token of who made the table.",
    auto_error=False,
)
Token = Annotated[str | None, Depends(_seat_token)]
"""The right at a table that a request brings."""


def send(model: BaseModel, status: int = 200) -> Response:
    """Returns a model as an answer."""
    return Response(model.model_dump_json(by_alias=True), status, media_type="application/json")
