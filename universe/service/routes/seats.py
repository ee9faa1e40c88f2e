"""Seats: taking one, waiting for its turn, answering, and giving it up."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from universe.service.hall import Hall
from universe.service.routes.answers import Token, send
from universe.service.wire import Accepted, AnswerBody, Array, ClaimSeat, Look, ReadBody, ReadValue, SeatToken

LONGEST_WAIT = 30.0
"""Seconds that a request may wait for a turn."""
Number = Annotated[int, Query(ge=-1, le=2**62)]


def make_routes(hall: Hall) -> APIRouter:
    """Returns the paths."""
    routes = APIRouter(prefix="/v1/tables/{table}/seats/{seat}", tags=["seats"])

    @routes.post("/claim", operation_id="claim_seat", response_model=SeatToken, status_code=201)
    async def claim_seat(table: str, seat: str, body: ClaimSeat) -> Response:
        """Takes an open seat; its token is shown this once."""
        return send(await hall.claim(table, seat, body), 201)

    @routes.post("/renew", operation_id="renew_token", response_model=SeatToken)
    async def renew_token(table: str, seat: str, token: Token) -> Response:
        """Replaces the token of a seat; the old one gives no right any more."""
        return send(await hall.renew(table, seat, token))

    @routes.get("/turn", operation_id="await_turn", response_model=Look)
    async def await_turn(
        table: str,
        seat: str,
        token: Token,
        wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT, allow_inf_nan=False)] = 0.0,
        after: Number = -1,
    ) -> Response:
        """Returns what a seat can do; waits until it must act in a turn after `after`, or it is over."""
        return send(await hall.look(table, seat, token, wait=wait, after=after))

    @routes.post("/answer", operation_id="answer_turn", response_model=Accepted)
    async def answer_turn(table: str, seat: str, body: AnswerBody, token: Token) -> Response:
        """Answers for a seat; the same again gives the same."""
        return send(await hall.answer(table, seat, token, body))

    @routes.post("/leave", operation_id="leave_seat", status_code=204, response_class=Response)
    async def leave_seat(table: str, seat: str, token: Token) -> Response:
        """Gives a seat up; its rule decides for it from then on."""
        await hall.leave(table, seat, token)
        return Response(status_code=204)

    @routes.post("/read", operation_id="read_words", response_model=ReadValue)
    async def read_words(table: str, seat: str, body: ReadBody, token: Token) -> Response:
        """Returns the value of the menu that words in the game's own notation mean."""
        return send(await hall.read(table, seat, token, body))

    @routes.get("/observation", operation_id="read_observation", response_model=Array)
    async def read_observation(table: str, seat: str, token: Token, turn: Number | None = None) -> Response:
        """Returns what PettingZoo shows the seat in the turn that it must act in."""
        return send(await hall.observe(table, seat, token, turn))

    return routes
