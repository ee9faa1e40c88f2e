"""Other people's clients against a running service: the SDK's, and one that knows only the OpenAPI document."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from langgym.bench.serving.process import ServiceProcess
from tests.service.assistants import Assistant
from universe.mcp.desk import RemoteDesk
from universe.mcp.server import make_server

TOKEN = "a-token-that-nobody-guesses"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "token").write_text(TOKEN)
    with ServiceProcess(folder / "home", "--token-file", str(folder / "token")) as running:
        yield running


# Assistants


def test_an_assistant_plays_a_whole_game_over_http(service: ServiceProcess) -> None:
    async def play() -> dict[str, Any]:
        async with (
            httpx2.AsyncClient(headers=BEARER) as http,
            Client(streamable_http_client(f"{service.url}/mcp", http_client=http)) as client,
        ):
            player = Assistant(client)
            return await player.play(await player.call("join", env="connect_four", rivals="heuristic"))

    assert asyncio.run(play())["outcome"]


def test_an_assistant_plays_elsewhere_through_a_server_here(service: ServiceProcess) -> None:
    async def play() -> tuple[dict[str, Any], str, dict[str, Any]]:
        async with (
            httpx2.AsyncClient(base_url=service.url, headers=BEARER) as http,
            Client(make_server(RemoteDesk(http))) as client,
        ):
            player = Assistant(client)
            joined = await player.call("join", env="tictactoe")
            told = await player.fail("act", ticket=joined["ticket"], answer="z9")
            await player.call("list", query="tic")
            facts = await player.call("describe", env="tictactoe")
            await player.call("tables", status="running", limit=1)
            last = await player.play(joined)
            await player.call("leave", ticket=joined["ticket"])
            return last, told, facts

    last, told, facts = asyncio.run(play())
    assert last["outcome"]
    assert "Attempts left: 2" in told
    assert facts["players"] == ["random", "heuristic"]


def test_a_service_that_is_gone_is_told_in_words() -> None:
    async def ask() -> str:
        async with (
            httpx2.AsyncClient(base_url="http://127.0.0.1:9") as http,
            Client(make_server(RemoteDesk(http))) as client,
        ):
            return await Assistant(client).fail("tables")

    assert "does not answer" in asyncio.run(ask())


def post_tool(service: ServiceProcess, **headers: str) -> httpx2.Response:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    given = {"Accept": "application/json, text/event-stream", **headers}
    return httpx2.post(f"{service.url}/mcp", json=body, headers=given)


def test_the_guard_stands_before_the_tools(service: ServiceProcess) -> None:
    assert post_tool(service).status_code == 401
    assert post_tool(service, Host="evil.example", **BEARER).status_code == 421
    assert post_tool(service, Origin="https://evil.example", **BEARER).status_code == 403
    assert post_tool(service, **BEARER).status_code == 200


# A program that was written from the document alone


class Api:
    """Calls operations of an OpenAPI document by their ids."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http
        self._document = http.get("/openapi.json").json()

    def call(self, operation_id: str, body: object = None, *, token: str | None = None, **values: object) -> Any:
        [(method, path, operation)] = [
            (method, path, operation)
            for path, operations in self._document["paths"].items()
            for method, operation in operations.items()
            if operation["operationId"] == operation_id
        ]
        places = {parameter["name"]: parameter["in"] for parameter in operation.get("parameters", ())}
        assert values.keys() <= places.keys()
        for name, place in places.items():
            if place == "path":
                path = path.replace(f"{{{name}}}", str(values[name]))
        query = {name: str(value) for name, value in values.items() if places[name] == "query"}
        scheme = self._document["components"]["securitySchemes"]["SeatToken"] if token is not None else {}
        headers = {scheme["name"]: token} if token is not None else {}
        reply = self._http.request(method, path, params=query, headers=headers, json=body)
        assert str(reply.status_code) in operation["responses"]
        assert reply.is_success, reply.text
        return reply.json() if reply.content else None


def test_a_program_written_from_the_document_plays_a_whole_game(service: ServiceProcess) -> None:
    with httpx2.Client(base_url=service.url, headers=BEARER, timeout=60) as http:
        api = Api(http)
        made = api.call("make_table", {"env": "tictactoe", "seats": {"player_2": "random"}})
        table = made["table"]["table"]
        claimed = api.call("claim_seat", {"name": "program"}, table=table, seat="player_1")
        after, look = -1, {"state": "waiting"}
        while look["state"] != "over":
            look = api.call("await_turn", table=table, seat="player_1", token=claimed["token"], wait=10, after=after)
            if look["state"] == "your_turn":
                turn = look["turn"]
                body = {"turn": turn["turn"], "action": turn["options"][0]["action"]}
                after = api.call("answer_turn", body, table=table, seat="player_1", token=claimed["token"])["turn"]
        state = api.call("read_table", table=table)
    assert (state["status"], state["outcome"]) == ("ended", look["outcome"])
