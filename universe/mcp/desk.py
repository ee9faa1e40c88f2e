"""Where the tools ask: a hall in the same process, or a service elsewhere."""

from typing import Protocol, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ValidationError

from universe.card import EnvCard
from universe.catalog import find_id
from universe.errors import UniverseError
from universe.service.hall import Hall
from universe.service.problems import TITLES, Refusal, misfit
from universe.service.wire import (
    Accepted,
    AnswerBody,
    ClaimSeat,
    EnvPage,
    House,
    Look,
    MadeTable,
    NewTable,
    Problem,
    SeatToken,
    Status,
    TablePage,
    TableState,
)

M = TypeVar("M", bound=BaseModel)
PAGE = 100
"""Items that are asked for at once."""
SLACK = 10.0
"""Seconds that an answer may take beyond what it is asked to wait."""


class Desk(Protocol):
    """Does what tools ask for; what is refused is a `Refusal`."""

    async def cards(self) -> list[EnvCard]:
        """Returns the cards of everything that can be played, in the catalogue's order."""
        ...

    async def card(self, name: str) -> EnvCard:
        """Returns a card by any of its names."""
        ...

    async def players(self) -> list[str]:
        """Returns whom the house can seat."""
        ...

    async def tables(self, *, status: Status | None, env: str | None, after: int | None, limit: int) -> TablePage:
        """Returns tables, newest first."""
        ...

    async def state(self, table: str) -> TableState:
        """Returns a table as everybody may see it."""
        ...

    async def make(self, new: NewTable) -> MadeTable:
        """Makes a table."""
        ...

    async def claim(self, table: str, seat: str, name: str) -> SeatToken:
        """Takes an open seat."""
        ...

    async def look(self, table: str, seat: str, token: str, *, wait: float, after: int) -> Look:
        """Returns what a seat can do."""
        ...

    async def answer(self, table: str, seat: str, token: str, body: AnswerBody) -> Accepted:
        """Answers for a seat."""
        ...

    async def leave(self, table: str, seat: str, token: str) -> None:
        """Gives a seat up."""
        ...


class HallDesk:
    """Asks a hall in the same event loop."""

    def __init__(self, hall: Hall) -> None:
        """Takes the hall, which belongs to the caller."""
        self._hall = hall

    async def cards(self) -> list[EnvCard]:
        """Returns the cards of what is installed."""
        return [card for card in self._hall.catalog if card.playable]

    async def card(self, name: str) -> EnvCard:
        """Returns a card."""
        return self._hall.find_card(name)

    async def players(self) -> list[str]:
        """Returns whom the house can seat."""
        return self._hall.house.players()

    async def tables(self, *, status: Status | None, env: str | None, after: int | None, limit: int) -> TablePage:
        """Returns tables."""
        return await self._hall.list_tables(status=status, env=env, after=after, limit=limit)

    async def state(self, table: str) -> TableState:
        """Returns a table."""
        return await self._hall.state(table)

    async def make(self, new: NewTable) -> MadeTable:
        """Makes a table."""
        return await self._hall.make(new)

    async def claim(self, table: str, seat: str, name: str) -> SeatToken:
        """Takes a seat."""
        return await self._hall.claim(table, seat, ClaimSeat(name=name))

    async def look(self, table: str, seat: str, token: str, *, wait: float, after: int) -> Look:
        """Looks."""
        return await self._hall.look(table, seat, token, wait=wait, after=after)

    async def answer(self, table: str, seat: str, token: str, body: AnswerBody) -> Accepted:
        """Answers."""
        return await self._hall.answer(table, seat, token, body)

    async def leave(self, table: str, seat: str, token: str) -> None:
        """Gives a seat up."""
        await self._hall.leave(table, seat, token)


class RemoteDesk:
    """Asks a service by its address."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        """Takes a client whose base is the service's address; it belongs to the caller."""
        self._client = client
        self._names: list[str] = []
        self._cards: dict[str, EnvCard] = {}

    async def cards(self) -> list[EnvCard]:
        """Returns the cards of what the service can play; they stay the same as long as it runs."""
        return [card for name in await self._list_names() if (card := await self.card(name)).playable]

    async def card(self, name: str) -> EnvCard:
        """Returns a card."""
        try:
            env_id = find_id(name, await self._list_names())
        except UniverseError as error:
            raise misfit(error) from error
        if env_id not in self._cards:
            self._cards[env_id] = await self._ask("GET", f"/v1/envs/{quote(env_id)}", EnvCard)
        return self._cards[env_id]

    async def _list_names(self) -> list[str]:
        after, found = "", list[str]()
        while not self._names:
            page = await self._ask("GET", f"/v1/envs?limit={PAGE}{after}", EnvPage)
            found += [item.env_id for item in page.items]
            if page.next is None:
                self._names = found
            after = f"&after={quote(page.next or '', safe='')}"
        return self._names

    async def players(self) -> list[str]:
        """Returns whom the house can seat."""
        return (await self._ask("GET", "/v1/house", House)).players

    async def tables(self, *, status: Status | None, env: str | None, after: int | None, limit: int) -> TablePage:
        """Returns tables."""
        asked = {"status": status, "env": env, "after": after, "limit": limit}
        words = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in asked.items() if value is not None)
        return await self._ask("GET", f"/v1/tables?{words}", TablePage)

    async def state(self, table: str) -> TableState:
        """Returns a table."""
        return await self._ask("GET", _at(table), TableState)

    async def make(self, new: NewTable) -> MadeTable:
        """Makes a table."""
        return await self._ask("POST", "/v1/tables", MadeTable, body=new)

    async def claim(self, table: str, seat: str, name: str) -> SeatToken:
        """Takes a seat."""
        return await self._ask("POST", f"{_at(table, seat)}/claim", SeatToken, body=ClaimSeat(name=name))

    async def look(self, table: str, seat: str, token: str, *, wait: float, after: int) -> Look:
        """Looks."""
        path = f"{_at(table, seat)}/turn?wait={wait:g}&after={after}"
        return await self._ask("GET", path, Look, token=token, patience=wait + SLACK)

    async def answer(self, table: str, seat: str, token: str, body: AnswerBody) -> Accepted:
        """Answers."""
        return await self._ask("POST", f"{_at(table, seat)}/answer", Accepted, token=token, body=body)

    async def leave(self, table: str, seat: str, token: str) -> None:
        """Gives a seat up."""
        await self._send("POST", f"{_at(table, seat)}/leave", token=token)

    async def _ask(
        self,
        method: str,
        path: str,
        kind: type[M],
        *,
        token: str | None = None,
        body: BaseModel | None = None,
        patience: float = SLACK,
    ) -> M:
        reply = await self._send(method, path, token=token, body=body, patience=patience)
        try:
            return kind.model_validate_json(reply.content)
        except ValidationError as error:
            raise Refusal(502, "internal", "The service answers what this version does not understand.") from error

    async def _send(
        self, method: str, path: str, *, token: str | None, body: BaseModel | None = None, patience: float = SLACK
    ) -> httpx2.Response:
        headers = {"X-Seat-Token": token} if token is not None else {}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = body.model_dump_json(by_alias=True, exclude_none=True)
        try:
            reply = await self._client.request(method, path, headers=headers, content=content, timeout=patience)
        except httpx2.HTTPError as error:
            raise Refusal(503, "draining", "The service does not answer; try again.", retry_after=1) from error
        if reply.is_success:
            return reply
        raise _read_problem(reply)


def _at(table: str, seat: str | None = None) -> str:
    """Returns the path of a table or of a seat of it."""
    path = f"/v1/tables/{quote(table, safe='')}"
    return path if seat is None else f"{path}/seats/{quote(seat, safe='')}"


def _read_problem(reply: httpx2.Response) -> Refusal:
    try:
        problem = Problem.model_validate_json(reply.content)
    except ValidationError:
        return Refusal(reply.status_code, "internal", f"The service answers {reply.status_code}.")
    code = problem.code if problem.code in TITLES else "internal"
    return Refusal(problem.status, code, problem.detail, attempts_left=problem.attempts_left)
