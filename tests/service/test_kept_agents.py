"""Agents at served tables: they play with whoever comes, and remember it as any other game."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents_db.errors import AgentOwned, UnknownAgent
from agents_db.records import AgentDraft
from agents_db.store import AgentsDB
from langgym.errors import StorageError, UsageError
from langgym.home import store_path
from langgym.serving.station import Station, open_passing, open_station
from langgym.serving.usher import Standing, Usher
from universe.catalog import default_catalog
from universe.service.hall import Hall
from universe.service.wire import AnswerBody, ClaimSeat, Look, NewTable

GAME = "classic/tictactoe_v3"


@pytest.fixture
def bob(home: Path) -> int:
    """A home with bob, who needs no model and learns by counting."""
    with AgentsDB.open(store_path(home)) as db:
        return db.create_agent(AgentDraft(name="bob", model="experience")).agent_id


@pytest.fixture
def station(home: Path, bob: int) -> Iterator[Station]:
    with open_station(home, ["agent:bob"], catalog=default_catalog(), note=print) as opened:
        yield opened


async def play_guest(hall: Hall, table: str, seat: str, token: str, *, turns: int = 99) -> Look:
    """Plays the first choice until it is over, or for some turns."""
    look = await hall.look(table, seat, token, wait=10.0)
    while look.turn is not None and turns:
        action = look.turn.options[0].action
        accepted = await hall.answer(table, seat, token, AnswerBody(turn=look.turn.turn, action=action))
        look = await hall.look(table, seat, token, wait=10.0, after=accepted.turn)
        turns -= 1
    return look


async def play_bob(station: Station, *, turns: int = 99) -> Look:
    async with Hall(journal=station.journal, house=station.house) as hall:
        made = await hall.make(NewTable(env=GAME, seats={"player_2": "agent:bob"}))
        table = made.table.table
        token = await hall.claim(table, "player_1", ClaimSeat(name="Zoë"))
        return await play_guest(hall, table, "player_1", token.token, turns=turns)


def test_an_agent_remembers_the_game_that_it_was_served(home: Path, bob: int) -> None:
    with open_station(home, ["agent:bob"], catalog=default_catalog(), note=print) as station:
        look = asyncio.run(play_bob(station))

    assert look.state == "over"
    with AgentsDB.open_reader(store_path(home)) as db:
        [memory] = db.memories(bob, kind="episodic")
        assert db.agent("bob").n_participations == 1
        assert db.jobs(bob) == []
    assert memory.seat == "player_2"
    assert "guest:zo" in memory.text


def test_an_agent_goes_on_where_its_service_was_left(home: Path, bob: int) -> None:
    async def finish(station: Station) -> Look:
        async with Hall(journal=station.journal, house=station.house) as hall:
            [state] = (await hall.list_tables()).items
            token = await hall.claim(state.table, "player_1", ClaimSeat(name="Zoë"))
            return await play_guest(hall, state.table, "player_1", token.token)

    async def lay(station: Station) -> None:
        async with Hall(journal=station.journal, house=station.house) as hall:
            await hall.make(NewTable(env=GAME, seats={"player_2": "agent:bob"}))

    with open_station(home, ["agent:bob"], catalog=default_catalog(), note=print) as station:
        asyncio.run(lay(station))
    with open_station(home, [], catalog=default_catalog(), note=print) as station:  # not offered any more
        assert asyncio.run(finish(station)).state == "over"

    with AgentsDB.open_reader(store_path(home)) as db:
        assert db.agent("bob").n_participations == 1
        assert {run.status for run in (db.run(1), db.run(2))} == {"finished"}


def test_an_agent_that_was_not_offered_is_not_seated(home: Path, bob: int) -> None:
    with open_station(home, [], catalog=default_catalog(), note=print) as station:
        problem = station.house.check("agent:bob", default_catalog().find(GAME), "player_2")

    assert problem is not None
    assert "bob" not in problem


def test_a_program_that_was_not_offered_is_not_started() -> None:
    house = open_passing([]).house

    assert house.check("uci:stockfish", default_catalog().find("classic/chess_v6"), "player_0") is not None


def test_a_player_that_does_not_know_the_game_is_refused() -> None:
    house = open_passing(["uci:stockfish"]).house

    problem = house.check("uci:stockfish", default_catalog().find(GAME), "player_1")
    assert problem is not None
    assert "classic/chess_v6" in problem


def test_an_agent_of_a_service_is_owned_by_it(station: Station, home: Path) -> None:
    from agents_db.owner import AgentLock
    from langgym.home import index_root

    with pytest.raises(AgentOwned):
        AgentLock(index_root(home), 1, name="bob")


def test_a_home_is_served_once(station: Station, home: Path) -> None:
    with pytest.raises(StorageError, match="served"), open_station(home, [], catalog=default_catalog(), note=print):
        pass


def test_an_agent_that_does_not_exist_is_refused_at_once(home: Path) -> None:
    with pytest.raises(UnknownAgent), open_station(home, ["agent:eve"], catalog=default_catalog(), note=print):
        pass


def test_agents_do_not_play_where_nothing_is_kept() -> None:
    with pytest.raises(UsageError, match="--memory"):
        open_passing(["agent:bob"])


def test_a_name_that_is_nobodys_is_refused() -> None:
    with pytest.raises(UsageError, match="nobodyknows"):
        open_passing(["nobodyknows"])


def test_a_table_to_which_nobody_came_is_nothing_to_remember(home: Path, bob: int) -> None:
    from universe.service.settings import Limits

    async def wait(station: Station) -> None:
        async with Hall(journal=station.journal, house=station.house, limits=Limits(idle_seconds=0.05)) as hall:
            made = await hall.make(NewTable(env=GAME, seats={"player_2": "agent:bob"}))
            while (await hall.state(made.table.table)).status == "waiting":
                await asyncio.sleep(0.02)

    with open_station(home, ["agent:bob"], catalog=default_catalog(), note=print) as station:
        asyncio.run(wait(station))

    with AgentsDB.open_reader(store_path(home)) as db:
        [episode] = db.episodes()
        assert (episode.status, db.agent("bob").n_participations) == ("failed", 0)
        assert "Nobody came" in (episode.fault or "")


# A table that is always there


def standing(**seats: str) -> Standing:
    return Standing(env=GAME, kwargs={}, seats=seats)


async def list_open(hall: Hall, *, without: str | None = None) -> str:
    """Returns the open table, as soon as there is one."""
    async with asyncio.timeout(10):
        while True:
            page = await hall.list_tables(status="waiting")
            found = [state.table for state in page.items if state.table != without]
            if found:
                assert len(found) == 1
                return found[0]
            await asyncio.sleep(0.02)


def test_when_a_table_is_taken_another_one_is_laid() -> None:
    async def try_it() -> tuple[str, str]:
        station = open_passing([])
        async with Hall(journal=station.journal, house=station.house) as hall:
            usher = asyncio.create_task(Usher(hall, standing(player_2="random"), note=pytest.fail).run())
            first = await list_open(hall)
            await hall.claim(first, "player_1", ClaimSeat())
            second = await list_open(hall, without=first)
            usher.cancel()
            return first, second

    first, second = asyncio.run(try_it())
    assert first != second


def test_a_table_that_was_laid_before_is_used_first(home: Path) -> None:
    async def lay(station: Station) -> str:
        async with Hall(journal=station.journal, house=station.house) as hall:
            usher = asyncio.create_task(Usher(hall, standing(player_2="random"), note=pytest.fail).run())
            table = await list_open(hall)
            await asyncio.sleep(0.6)
            usher.cancel()
            assert await list_open(hall) == table
            return table

    tables: list[str] = []
    for _ in range(2):
        with open_station(home, [], catalog=default_catalog(), note=print) as station:
            tables.append(asyncio.run(lay(station)))
    assert tables[0] == tables[1]


def test_a_table_that_cannot_be_laid_is_told_of() -> None:
    told: list[str] = []

    async def try_it() -> None:
        station = open_passing([])
        async with Hall(journal=station.journal, house=station.house) as hall:
            usher = asyncio.create_task(Usher(hall, standing(player_9="random"), note=told.append).run())
            while not told:
                await asyncio.sleep(0.02)
            usher.cancel()

    asyncio.run(try_it())
    assert "player_9" in told[0]
