"""The tools: what they tell an assistant, what they refuse, and that they say no more than a seat may know."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from mcp import Client

from tests.service.assistants import Assistant
from universe.mcp.desk import HallDesk
from universe.mcp.server import make_server
from universe.service.hall import Hall
from universe.service.settings import Limits

T = TypeVar("T")


def run(part: Callable[[Assistant], Awaitable[T]], limits: Limits | None = None) -> T:
    async def play() -> T:
        async with Hall(limits=limits) as hall, Client(make_server(HallDesk(hall))) as client:
            return await part(Assistant(client))

    return asyncio.run(play())


def test_every_tool_says_what_it_is_for_and_what_it_answers() -> None:
    async def read() -> dict[str, bool]:
        async with Hall() as hall, Client(make_server(HallDesk(hall))) as client:
            tools = (await client.list_tools()).tools
        return {tool.name: bool(tool.description) and tool.output_schema is not None for tool in tools}

    assert asyncio.run(read()) == dict.fromkeys(("list", "describe", "tables", "join", "look", "act", "leave"), True)


def test_words_find_environments() -> None:
    found = run(lambda player: player.call("list", query="Tic-tac"))

    assert "classic/tictactoe_v3" in [item["env"] for item in found["items"]]
    assert "classic/chess_v6" not in [item["env"] for item in found["items"]]


def test_a_list_goes_on_where_it_was_cut() -> None:
    async def read(player: Assistant) -> list[str]:
        envs: list[str] = []
        after = None
        while True:
            page = await player.call("list", limit=7, after=after)
            envs += [item["env"] for item in page["items"]]
            after = page["next"]
            if after is None:
                return envs

    envs = run(read)
    whole = run(lambda player: player.call("list", query="chess"))
    assert len(envs) == len(set(envs)) > 50
    assert {item["env"] for item in whole["items"]} <= set(envs)


def test_rules_and_players_are_told() -> None:
    facts = run(lambda player: player.call("describe", env="leduc_holdem"))

    assert facts["players"] == ["random"]
    assert facts["hidden"]
    assert facts["rules"]


def test_an_assistant_plays_a_whole_game() -> None:
    async def play(player: Assistant) -> dict[str, Any]:
        return await player.play(await player.call("join", env="tictactoe"))

    last = run(play)
    assert {end["seat"] for end in last["outcome"]} == {"player_1", "player_2"}
    assert {end["reason"] for end in last["outcome"]} == {"natural"}


def test_an_assistant_answers_with_several_fields() -> None:
    async def play(player: Assistant) -> dict[str, Any]:
        joined = await player.call("join", env="mpe/simple_world_comm_v3", seat="leadadversary_0", rivals="random")
        assert len(joined["view"]["choices"]) == 2
        return await player.play(joined)

    assert run(play)["state"] == "over"


def test_two_assistants_play_each_other() -> None:
    async def play(player: Assistant) -> list[dict[str, Any]]:
        one = await player.call("join", env="tictactoe", rivals="open", name="one")
        [line] = (await player.call("tables", env="tictactoe"))["items"]
        assert (line["open_seats"], line["players"]) == (["player_2"], {"player_1": "one"})
        two = await player.call("join", table=line["table"], name="two")
        return list(await asyncio.gather(player.play(one), player.play(two)))

    one, two = run(play)
    assert one["outcome"] == two["outcome"]


def test_an_illegal_answer_is_explained_and_counted() -> None:
    async def play(player: Assistant) -> str:
        joined = await player.call("join", env="tictactoe")
        return await player.fail("act", ticket=joined["ticket"], answer="z9")

    told = run(play)
    assert "z9" in told
    assert "Attempts left: 2" in told


def test_after_the_last_attempt_the_rule_decides() -> None:
    async def play(player: Assistant) -> tuple[str, dict[str, Any]]:
        joined = await player.call("join", env="tictactoe")
        told = [await player.fail("act", ticket=joined["ticket"], answer="z9") for _ in range(3)]
        return told[-1], await player.call("look", ticket=joined["ticket"])

    told, view = run(play)
    assert "the seat's rule decides" in told
    assert [(end["seat"], end["reason"]) for end in view["outcome"]] == [
        ("player_1", "forfeit"),
        ("player_2", "forfeit"),
    ]


def test_an_answer_out_of_turn_is_refused() -> None:
    async def play(player: Assistant) -> str:
        joined = await player.call("join", env="tictactoe", seat="player_2", rivals="open")
        return await player.fail("act", ticket=joined["ticket"], answer="a1")

    assert "not your turn" in run(play)


def test_tickets_that_are_wrong_are_told_apart_by_nothing() -> None:
    async def play(player: Assistant) -> set[str]:
        joined = await player.call("join", env="tictactoe", rivals="open")
        table, seat, token = joined["ticket"].split(":")
        other = (await player.call("join", table=table))["ticket"].split(":")[2]
        wrong = (
            "",
            "::",
            f"{table}:{seat}",
            f"{table}:{seat}:{token[:-1]}",
            f"{table}:{seat}:{other}",
            f"{table}:player_9:{token}",
            f"{'x' * 22}:{seat}:{token}",
        )
        return {await player.fail("look", ticket=ticket, wait=0) for ticket in wrong}

    assert len(run(play)) == 1


def test_a_seat_that_was_left_ends_the_game() -> None:
    async def play(player: Assistant) -> dict[str, Any]:
        joined = await player.call("join", env="tictactoe")
        await player.call("leave", ticket=joined["ticket"])
        return await player.call("look", ticket=joined["ticket"])

    assert run(play)["state"] == "over"


def test_rivals_that_nobody_knows_are_refused_in_words() -> None:
    told = run(lambda player: player.fail("join", env="tictactoe", rivals="agent:nobody"))

    assert "random" in told


def test_an_environment_that_there_is_not_is_refused_with_the_nearest() -> None:
    assert "classic/tictactoe_v3" in run(lambda player: player.fail("join", env="tictacto"))


def test_keywords_that_the_environment_does_not_take_are_refused() -> None:
    assert "size" in run(lambda player: player.fail("join", env="tictactoe", keywords={"size": 9}))


def test_a_table_and_an_environment_exclude_each_other() -> None:
    assert "either" in run(lambda player: player.fail("join", env="tictactoe", table="x"))


def test_too_many_tables_are_refused_in_words() -> None:
    async def play(player: Assistant) -> str:
        await player.call("join", env="tictactoe")
        return await player.fail("join", env="tictactoe")

    assert "tables" in run(play, Limits(tables=1))


def test_a_rivals_hand_is_shown_nowhere() -> None:
    async def play(player: Assistant) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        one = await player.call("join", env="leduc_holdem", rivals="open", seed=5)
        two = await player.call("join", table=one["table"])
        views = [await player.call("look", ticket=mine["ticket"], wait=0) for mine in (one, two)]
        return views[0], views[1], (await player.call("tables", status="running"))["items"][0]

    one, two, line = run(play)
    assert sorted((one["state"], two["state"])) == ["waiting", "your_turn"]
    waiting = one if one["state"] == "waiting" else two
    assert (waiting["text"], waiting["choices"]) == (None, {})
    assert set(line) == {"table", "env", "status", "turn", "open_seats", "players"}
