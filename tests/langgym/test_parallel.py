import json
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from agents_db.store import AgentsDB
from langgym.errors import ModelError
from langgym.lanes import Closing, Lane, play_lanes
from langgym.models.doubles import Call, FunctionModel
from langgym.runner import Stopped
from langgym.transcript import read_transcript
from tests.langgym.worlds import World, answer_by_schema


class AsyncModel(FunctionModel):
    """A double that answers several calls at once, each after a time that `delay` gives."""

    def __init__(self, delay: Callable[[Call], float], reply: Callable[[Call], str] = answer_by_schema) -> None:
        super().__init__(lambda call: "")
        self._delay = delay
        self._reply = reply

    def complete(self, messages, *, schema=None, max_tokens=256, temperature=None, seed=None):  # pyright: ignore
        call = Call(messages=tuple(messages), schema=schema, max_tokens=max_tokens, temperature=temperature, seed=seed)
        time.sleep(self._delay(call))
        return FunctionModel(self._reply).complete(
            messages, schema=schema, max_tokens=max_tokens, temperature=temperature, seed=seed
        )


def play(home: Path, model: FunctionModel, **changes: object) -> list[object]:
    world = World(home, model)
    world.play(world.plan(**changes))
    found = read_transcript(world.db)
    world.close()
    return found


def stop_after(n_questions: int) -> Callable[[], bool]:
    asked = iter(range(100_000))
    return lambda: next(asked) > n_questions


@pytest.mark.parametrize("env_id", ["classic/tictactoe_v3", "mpe/simple_crypto_v3", None])
def test_what_is_remembered_does_not_depend_on_the_pace(tmp_path: Path, env_id: str | None) -> None:
    def hurry(seed: int) -> AsyncModel:
        draw = random.Random(seed)
        return AsyncModel(lambda call: draw.random() * 0.01)

    changes = {"env_id": env_id, "episodes": 8, "parallel": 3, "settings": {"max_turns": 6}}
    first = play(tmp_path / "first", hurry(1), **changes)
    assert play(tmp_path / "second", hurry(2), **changes) == first


def test_an_episode_knows_those_before_it_but_for_the_last_ones(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.play(world.plan(env_id="classic/tictactoe_v3", episodes=6, parallel=2))
    clocks = [world.db.find_episode(1, number).participations for number in range(6)]
    known = [part.settings["clock"] for parts in clocks for part in parts if part.player == "ada"]
    assert known == [0, 0, 0, 0, 1, 2]
    world.close()


def test_the_seat_moves_on_although_nothing_is_known_yet(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.play(world.plan(env_id="classic/tictactoe_v3", episodes=4, parallel=4))
    seats = [
        part.seat
        for number in range(4)
        for part in world.db.find_episode(1, number).participations
        if part.player == "ada"
    ]
    assert seats == ["player_1", "player_2"] * 2
    world.close()


def test_memories_are_numbered_in_the_order_of_episodes(tmp_path: Path) -> None:
    world = World(tmp_path, AsyncModel(lambda call: 0.003 * ((call.seed or 0) % 5)))
    world.play(world.plan(env_id="classic/leduc_holdem_v4", episodes=9, parallel=4))
    memories = list(reversed(world.db.memories(1)))
    numbers = [world.db.episode(memory.episode_id).number for memory in memories]
    assert numbers == sorted(numbers)
    assert [memory.clock for memory in memories] == list(range(1, 1 + len(memories)))
    world.close()


def test_seats_that_act_at_once_are_asked_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(3, timeout=10)

    def meet(call: Call) -> float:
        together.wait()
        return 0.0

    found = play(
        tmp_path,
        AsyncModel(meet),
        env_id="mpe/simple_crypto_v3",
        settings={"rival": "self", "mate": "self", "max_turns": 3},
    )
    assert found
    assert not together.broken


def test_parallel_episodes_stopped_and_gone_on_with_end_like_those_never_stopped(tmp_path: Path) -> None:
    changes = {"env_id": "classic/leduc_holdem_v4", "episodes": 6, "parallel": 3, "settings": {"rival": "self"}}
    straight = play(tmp_path / "straight", FunctionModel(answer_by_schema), **changes)
    world = World(tmp_path / "broken")
    with pytest.raises(Stopped):
        world.play(world.plan(**changes), should_stop=stop_after(7))
    for limit in (12, 17, 10_000):
        with suppress(Stopped):
            world.go_on(1, should_stop=stop_after(limit))
    assert read_transcript(world.db) == straight
    world.close()


def test_a_provider_that_fails_stops_the_others_at_their_turn_and_the_run_goes_on_later(tmp_path: Path) -> None:
    changes = {"env_id": "classic/connect_four_v3", "episodes": 5, "parallel": 3, "settings": {"max_turns": 8}}
    straight = play(tmp_path / "straight", FunctionModel(answer_by_schema), **changes)
    n_calls = iter(range(1000))

    def fail_late(call: Call) -> str:
        if next(n_calls) == 9:
            raise ModelError("gone")
        return answer_by_schema(call)

    world = World(tmp_path / "broken", FunctionModel(fail_late))
    with pytest.raises(ModelError, match="gone"):
        world.play(world.plan(**changes))
    assert world.db.open_runs()
    world.go_on(1)
    broken = [line for line in read_transcript(world.db) if "provider_error" not in json.dumps(line)]
    assert _without_attempt_numbers(broken) == _without_attempt_numbers(straight)
    world.close()


def _without_attempt_numbers(transcript: list[object]) -> list[object]:
    """Drops what a provider's error adds: the number of an attempt, and how many there were."""
    text = json.dumps(transcript)
    assert "gone" not in text
    return [line for line in transcript if not (isinstance(line, list) and (len(line) in (3, 5)))]


class Numbers:
    """Work that notes when episodes begin and end; `hold` makes some wait for others to be over."""

    def __init__(self, n_episodes: int, hold: dict[int, threading.Event] | None = None) -> None:
        self.n_episodes = n_episodes
        self.begun: list[int] = []
        self.played: list[int] = []
        self.ended: list[int] = []
        self.over = {number: threading.Event() for number in range(n_episodes)}
        self._hold = hold or {}

    def begin(self, number: int) -> Callable[[], Closing] | None:
        self.begun.append(number)

        def work() -> Closing:
            if number in self._hold:
                assert self._hold[number].wait(10)
            self.played.append(number)
            self.over[number].set()
            return lambda: self.ended.append(number)

        return work

    def settle(self) -> None:
        pass


def test_ends_come_in_order_and_others_go_on_while_the_first_is_slow() -> None:
    work = Numbers(6)
    work._hold = {0: work.over[2]}
    lane = Lane(work, window=3)
    play_lanes([lane], threads=3)
    assert lane.error is None
    assert work.ended == list(range(6))
    assert work.played.index(2) < work.played.index(0)


def test_no_episode_begins_before_the_one_a_window_ago_has_ended() -> None:
    ended_at: list[int] = []

    class Watched(Numbers):
        def begin(self, number: int) -> Callable[[], Closing] | None:
            ended_at.append(len(self.ended))
            return super().begin(number)

    play_lanes([Lane(Watched(12), window=4)], threads=8)
    assert all(n_ended >= number - 3 for number, n_ended in enumerate(ended_at))


def test_lanes_are_served_in_turn_and_one_that_fails_holds_nobody_up() -> None:
    class Failing(Numbers):
        def begin(self, number: int) -> Callable[[], Closing] | None:
            if number == 1:
                raise ModelError("down")
            return super().begin(number)

    bad, good = Failing(5), Numbers(5)
    lanes = [Lane(bad, window=1), Lane(good, window=1)]
    play_lanes(lanes, threads=2)
    assert isinstance(lanes[0].error, ModelError)
    assert lanes[1].error is None
    assert (bad.ended, good.ended) == ([0], list(range(5)))


def test_a_parallel_run_uses_its_threads(tmp_path: Path) -> None:
    seconds = 0.2
    begun = time.monotonic()
    settings = {"max_turns": 8, "embedder": "hashed"}
    model = AsyncModel(lambda call: seconds)
    play(tmp_path, model, env_id="classic/connect_four_v3", episodes=8, parallel=8, settings=settings)
    assert time.monotonic() - begun < 0.7 * 8 * 4 * seconds


def test_a_store_is_shared_by_threads_without_a_lost_count(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.play(world.plan(env_id="classic/tictactoe_v3", episodes=20, parallel=10, settings={"rival": "self"}))
    with AgentsDB.open_reader(world.db.path) as db:
        assert [finding for finding in db.check() if finding.severity == "problem"] == []
    world.close()
