"""`langgym mcp` in a process of its own, played by the SDK's client."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from agents_db.records import AgentDraft
from agents_db.store import AgentsDB
from langgym.home import store_path
from tests.service.assistants import Assistant


def play(home: Path, *options: str, **join: object) -> dict[str, Any]:
    async def go() -> dict[str, Any]:
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "langgym", "--home", str(home), "mcp", *options]
        )
        async with Client(stdio_client(command)) as client:
            player = Assistant(client)
            return await player.play(await player.call("join", env="tictactoe", **join))

    return asyncio.run(go())


def test_an_assistant_plays_a_whole_game_that_is_kept(home: Path) -> None:
    last = play(home, rivals="heuristic", name="Claude")

    with AgentsDB.open_reader(store_path(home)) as db:
        [episode] = db.episodes()
    ends = {part.seat: (part.player, part.result) for part in episode.participations}
    assert ends == {
        "player_1": ("guest:claude", last["outcome"][0]["result"]),
        "player_2": ("heuristic", last["outcome"][1]["result"]),
    }


def test_an_assistant_sits_down_against_an_agent_that_learns_from_it(home: Path) -> None:
    with AgentsDB.open(store_path(home)) as db:
        ada = db.create_agent(AgentDraft(name="ada", model="experience"))

    assert play(home, "--player", "agent:ada", rivals="agent:ada")["state"] == "over"

    with AgentsDB.open_reader(store_path(home)) as db:
        assert [memory.seat for memory in db.memories(ada.agent_id)] == ["player_2"]


def test_an_assistant_plays_where_nothing_is_kept(home: Path) -> None:
    assert play(home, "--memory")["state"] == "over"

    assert not store_path(home).exists()
