"""A hall: tables in their threads, seats of the house that think, coming back and ending politely."""

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from tests.service.parlour import Clock, SlowHouse
from universe.card import EnvCard
from universe.service.contracts import Play, Sitter, TableDraft
from universe.service.hall import Hall
from universe.service.journal import MemoryJournal
from universe.service.plain_house import PlainHouse, RandomSitter
from universe.service.problems import Refusal
from universe.service.settings import Limits
from universe.service.wire import AnswerBody, ClaimSeat, MadeTable, NewTable, PlayBody, Position
from universe.text_env import Turn

T = TypeVar("T")
ALL = {"*": "mine"}


def run(part: Callable[[Hall], Awaitable[T]], hall: Hall | None = None) -> T:
    async def opened() -> T:
        async with hall or Hall() as found:
            return await part(found)

    return asyncio.run(opened())


async def play_out(hall: Hall, made: MadeTable, seat: str) -> None:
    """Plays a seat until the table is over."""
    table, after = made.table.table, -1
    token = next(token.token for token in made.tokens if token.seat == seat)
    while True:
        look = await hall.look(table, seat, token, wait=10, after=after)
        if look.turn is None:
            assert look.state == "over"
            return
        after = look.turn.turn
        await hall.answer(table, seat, token, AnswerBody(turn=after, action=look.turn.options[-1].action))


@pytest.mark.parametrize("house", [PlainHouse, SlowHouse])
def test_many_tables_are_played_at_once(house: type[PlainHouse]) -> None:
    async def play(hall: Hall) -> list[str]:
        seats = {"player_1": "mine", "player_2": "random"}
        made = await asyncio.gather(*(hall.make(NewTable(env="tictactoe", seats=seats)) for _ in range(30)))
        await asyncio.gather(*(play_out(hall, one, "player_1") for one in made))
        return [(await hall.state(one.table.table)).status for one in made]

    assert run(play, Hall(house=house())) == ["ended"] * 30


def test_a_table_of_the_house_alone_may_be_over_before_it_is_told_of() -> None:
    async def play(hall: Hall) -> MadeTable:
        return await hall.make(NewTable(env="leduc_holdem", seats={"*": "random"}, seed=1))

    made = run(play)
    assert (made.table.status, made.fallback, made.max_turns) == ("ended", "forfeit", None)


def test_a_table_that_is_over_holds_no_environment() -> None:
    async def play(hall: Hall) -> tuple[bool, Position]:
        made = await hall.make(NewTable(env="tictactoe", seats=ALL, seed=1))
        engine = weakref.ref(hall._floor.tables[made.table.table].get_episode().env._engine)
        position = await hall.position(made.table.table, made.owner_token)
        while position.turns:
            turn = position.turns[0]
            body = PlayBody(turn=position.turn, actions={turn.seat: turn.options[0].action})
            position = await hall.play(made.table.table, made.owner_token, body)
        gc.collect()
        return engine() is None, await hall.position(made.table.table, made.owner_token)

    is_gone, position = run(play)
    assert is_gone
    assert position.outcome is not None


def test_two_guests_play_one_another() -> None:
    async def play(hall: Hall) -> str:
        made = await hall.make(NewTable(env="connect_four", seats={"player_0": "mine"}))
        claimed = await hall.claim(made.table.table, "player_1", ClaimSeat(name="bob"))
        both = made.model_copy(update={"tokens": [*made.tokens, claimed]})
        await asyncio.gather(play_out(hall, both, "player_0"), play_out(hall, both, "player_1"))
        return (await hall.state(made.table.table)).status

    assert run(play) == "ended"


def test_an_environment_lives_in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    from universe.service.episode import Episode

    threads: set[str] = set()
    made_in: set[str] = set()
    monkeypatch.setattr(Episode, "play", _note(Episode.play, threads))
    monkeypatch.setattr(Episode, "__init__", _note(Episode.__init__, made_in))

    async def play(hall: Hall) -> None:
        await play_out(hall, await hall.make(NewTable(env="chess", seats=ALL, max_turns=8)), "player_0")

    async def both(hall: Hall) -> None:
        made = await hall.make(NewTable(env="connect_four", seats=ALL))
        await asyncio.gather(play_out(hall, made, "player_0"), play_out(hall, made, "player_1"))

    run(both)

    assert len(threads) == 1
    assert threads == made_in
    assert threading.current_thread().name not in threads


def _note(method: Callable[..., T], threads: set[str]) -> Callable[..., T]:
    def noted(*args: object, **kwargs: object) -> T:
        threads.add(threading.current_thread().name)
        return method(*args, **kwargs)

    return noted


def test_a_hall_over_the_same_journal_has_every_table_at_its_step() -> None:
    journal = MemoryJournal()

    async def begin(hall: Hall) -> list[MadeTable]:
        made = [await hall.make(NewTable(env=env, seats=ALL, seed=3)) for env in ("chess", "classic/rps", "hanabi")]
        rps = made[1]
        await hall.answer(rps.table.table, "player_0", rps.owner_token, AnswerBody(turn=0, action=2))
        chess = made[0]
        [turn] = (await hall.position(chess.table.table, chess.owner_token)).turns
        body = PlayBody(turn=0, actions={turn.seat: turn.options[0].action})
        await hall.play(chess.table.table, chess.owner_token, body)
        return made

    async def look(hall: Hall) -> list[tuple[str, int, list[str]]]:
        states = (await hall.list_tables()).items[::-1]
        return [(state.table, state.turn, [seat.seat for seat in state.seats if seat.due]) for state in states]

    made = run(begin, Hall(journal=journal))
    found = run(look, Hall(journal=journal))

    tables = [one.table.table for one in made]
    assert found == [(tables[0], 1, ["player_1"]), (tables[1], 0, ["player_1"]), (tables[2], 0, ["player_0"])]


def test_a_table_that_cannot_come_back_does_not_keep_the_others() -> None:
    journal = MemoryJournal(keep_ended=True)

    async def begin(hall: Hall) -> list[str]:
        return [(await hall.make(NewTable(env="tictactoe", seats=ALL))).table.table for _ in range(3)]

    async def look(hall: Hall) -> list[str]:
        return [state.status for state in (await hall.list_tables()).items[::-1]]

    tables = run(begin, Hall(journal=journal))
    journal.tables[tables[1]].digests[0] = b"another"

    assert run(look, Hall(journal=journal)) == ["running", "failed", "running"]


def test_tokens_hold_after_coming_back() -> None:
    journal = MemoryJournal()

    async def begin(hall: Hall) -> MadeTable:
        return await hall.make(NewTable(env="tictactoe", seats=ALL))

    made = run(begin, Hall(journal=journal))

    async def look(hall: Hall) -> str:
        return (await hall.look(made.table.table, "player_1", made.tokens[0].token)).state

    assert run(look, Hall(journal=journal)) == "your_turn"


def test_who_waits_is_answered_when_the_service_is_about_to_stop() -> None:
    async def wait(hall: Hall) -> tuple[str, float]:
        made = await hall.make(NewTable(env="tictactoe", seats=ALL))
        began = time.monotonic()
        waiting = asyncio.create_task(hall.look(made.table.table, "player_2", made.owner_token, wait=30))
        await asyncio.sleep(0.1)
        hall.stop_waiting()
        return (await waiting).state, time.monotonic() - began

    state, seconds = run(wait)

    assert state == "waiting"
    assert seconds < 5


def test_a_service_that_is_about_to_stop_makes_no_tables() -> None:
    async def make(hall: Hall) -> Refusal:
        hall.stop_waiting()
        with pytest.raises(Refusal) as refused:
            await hall.make(NewTable(env="tictactoe"))
        return refused.value

    assert run(make).code == "draining"


def test_tables_that_were_put_away_are_not_gone() -> None:
    async def ask(hall: Hall) -> Refusal:
        made = await hall.make(NewTable(env="tictactoe", seats=ALL))
        await hall.drain(1)
        with pytest.raises(Refusal) as refused:
            await hall.answer(made.table.table, "player_1", made.owner_token, AnswerBody(turn=0, action=0))
        return refused.value

    journal = MemoryJournal(keep_ended=True)

    assert run(ask, Hall(journal=journal)).status == 503
    assert [kept.outcome for kept in journal.tables.values()] == [None]


def test_time_limits_are_looked_after_without_being_asked() -> None:
    clock = Clock()

    async def let_pass(hall: Hall) -> str:
        made = await hall.make(NewTable(env="tictactoe", seats=ALL, decision_seconds=5))
        clock.now += 6
        for _ in range(100):
            await asyncio.sleep(0.05)
            if (await hall.state(made.table.table)).status == "ended":
                break
        return (await hall.look(made.table.table, "player_1", made.owner_token)).outcome[0].reason  # pyright: ignore

    assert run(let_pass, Hall(clock=clock)) == "forfeit"


class Stubborn(RandomSitter):
    """Thinks until it is told to stop."""

    def __init__(self, seed: int, go: threading.Event) -> None:
        super().__init__(seed)
        self._go = go

    @property
    def waits(self) -> bool:
        return True

    def act(self, turn: Turn) -> Play:
        assert self._go.wait(20)
        return super().act(turn)


class StubbornHouse(PlainHouse):
    def __init__(self) -> None:
        self.go = threading.Event()

    def sit_down(self, who: str, draft: TableDraft, card: EnvCard, seat: str) -> Sitter:
        return Stubborn(draft.seed, self.go)


def test_a_seat_that_thinks_holds_up_no_other_table() -> None:
    house = StubbornHouse()

    async def play(hall: Hall) -> str:
        try:
            await hall.make(NewTable(env="tictactoe", seats={"player_1": "random", "player_2": "mine"}))
            made = await hall.make(NewTable(env="classic/rps", seats=ALL, max_turns=2))
            body = PlayBody(turn=0, actions={"player_0": 0, "player_1": 0})
            return str((await hall.play(made.table.table, made.owner_token, body)).turn)
        finally:
            house.go.set()

    assert run(play, Hall(house=house, limits=Limits(workers=1))) == "1"


def test_an_environment_that_cannot_be_made_so_is_refused_and_nothing_is_kept() -> None:
    journal = MemoryJournal(keep_ended=True)

    async def make(hall: Hall) -> list[str]:
        found: list[str] = []
        for new in (
            NewTable(env="chess", kwargs={"size": 3}),
            NewTable(env="nothing"),
            NewTable(env="chess", seats={"player_0": "ada"}),
            NewTable(env="chess", seats={"player_0": "guest"}),
            NewTable(env="chess", options={"render": True}),
        ):
            with pytest.raises(Refusal) as refused:
                await hall.make(new)
            found.append(refused.value.code)
        return found

    assert run(make, Hall(journal=journal)) == ["bad_kwargs", "unknown_env", "bad_seat", "bad_seat", "bad_kwargs"]
    assert journal.tables == {}
