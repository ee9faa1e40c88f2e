import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, get_args

import pytest
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql

from agents_db.engine import Readers, find_driver
from agents_db.errors import StoreClosed
from agents_db.filters import Condition, EpisodeField, EpisodeOrder, MemoryField, MemoryOrder, Op, read_glob
from agents_db.knowledge import RecallDraft
from agents_db.listings import query_episodes, query_memories
from agents_db.records import AgentDraft, PositionDraft
from agents_db.store import AgentsDB
from langgym.bench.stores import make_store
from langgym.errors import UsageError
from langgym.query.replay import read_replay, read_replay_step
from tests.agents_db.conftest import World

P = ParamSpec("P")
T = TypeVar("T")
HOSTILE = ("'; DROP TABLE episode; --", '" OR 1=1 --', "%", "_", "\\", "a\0b", "a\ud800b", "?", ":ids", "*" * 99)
TIE = ("since", "until", "run", "turns", "return", "fallbacks", "recalled", "helped", "hurt", "effect", "episode")
TRIES: list[tuple[str, Callable[[AgentsDB], object]]] = [
    ("all", lambda db: [db.episode_ids(order=order) for order in get_args(EpisodeOrder)]),
    ("fields", lambda db: [db.episode_ids([_try(field)]) for field in get_args(EpisodeField)]),
    ("best of a field", lambda db: [db.episode_ids([_try(field)], order="best") for field in get_args(EpisodeField)]),
    ("page", lambda db: db.episodes_by_id([1, 2, 3])),
    ("memories", lambda db: [db.memory_ids(order=order) for order in get_args(MemoryOrder)]),
    ("memory fields", lambda db: [db.memory_ids([_try(field)]) for field in get_args(MemoryField)]),
    ("replay", lambda db: read_replay(db, 1)),
    ("step", lambda db: [read_replay_step(db, 1, turn) for turn in range(read_replay(db, 1).n_turns)]),
]


def _try(field: str) -> Condition:
    return Condition(field, ">", 1) if field in TIE else Condition(field, "=", "x")


class TracedDB(AgentsDB):
    """A store that keeps the statements of its readers."""

    def _read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        self.statements: list[str] = getattr(self, "statements", [])
        with self._readers.read() as connection:
            find_driver(connection).set_trace_callback(self.statements.append)
            return query(connection, *args, **kwargs)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("generated") / "store.db"
    make_store(path, episodes=300, steps_each=8, memories=60, agents=7)
    return path


def test_ids_come_newest_first(world: World) -> None:
    made = [world.start(number).episode_id for number in range(4)]
    assert list(world.db.episode_ids()) == made[::-1]


def test_ids_come_oldest_first_where_asked(world: World) -> None:
    made = [world.start(number).episode_id for number in range(4)]
    assert list(world.db.episode_ids(order="oldest")) == made


def test_the_longest_episode_comes_first_and_equals_newest_first(world: World) -> None:
    short, other, long = (world.start(number) for number in range(3))
    world.play(long, 0)
    world.play(long, 1)
    assert list(world.db.episode_ids(order="longest")) == [long.episode_id, other.episode_id, short.episode_id]


def test_the_best_return_comes_first_and_the_unfinished_last(world: World) -> None:
    totals = {world.start(number).episode_id: total for number, total in enumerate((0.5, 3.0, -4.0))}
    for episode_id, total in totals.items():
        world.db.end_episode(world.draft_end(world.db.episode(episode_id), total=total))
    open_id = world.start(9).episode_id
    low, middle, high = totals  # the rival of the third has earned 4
    assert list(world.db.episode_ids(order="best")) == [high, middle, low, open_id]


def test_the_best_is_of_participations_that_fit(world: World) -> None:
    low, high = world.start(0), world.start(1)
    world.db.end_episode(world.draft_end(low, total=-4.0))
    world.db.end_episode(world.draft_end(high, total=1.0))
    found = world.db.episode_ids([Condition("agent", "=", "ada")], order="best")
    assert list(found) == [high.episode_id, low.episode_id]


@pytest.mark.parametrize("order", get_args(EpisodeOrder))
def test_conditions_hold_of_one_participation(world: World, order: EpisodeOrder) -> None:
    episode = world.start()
    world.db.end_episode(world.draft_end(episode))  # ada has won, random has lost
    mine = Condition("agent", "=", "ada")
    assert list(world.db.episode_ids([mine, Condition("result", "=", "win")], order=order)) == [episode.episode_id]
    assert list(world.db.episode_ids([mine, Condition("result", "=", "loss")], order=order)) == []


@pytest.mark.parametrize("order", get_args(EpisodeOrder))
def test_conditions_on_the_episode_and_a_seat_are_joined(world: World, order: EpisodeOrder) -> None:
    chess, other = world.start(0, env_id="classic/chess_v6"), world.start(1)
    for episode in (chess, other):
        world.db.end_episode(world.draft_end(episode))
    both = [Condition("env", "=", "classic/chess_v6"), Condition("return", ">", 0.5)]
    assert list(world.db.episode_ids(both, order=order)) == [chess.episode_id]


@pytest.mark.parametrize(
    "glob", ["classic/chess*", "CLASSIC/*", "*chess_v?", "*"], ids=["head", "case", "one character", "all"]
)
def test_a_glob_finds_what_it_means(world: World, glob: str) -> None:
    episode = world.start(env_id="classic/chess_v6")
    assert list(world.db.episode_ids([Condition("env", "like", glob)])) == [episode.episode_id]


@pytest.mark.parametrize("glob", ["chess*", "classic%", "classic/chess-v6", "classic/chess_v_"])
def test_a_glob_finds_no_more_than_it_means(world: World, glob: str) -> None:
    world.start(env_id="classic/chess_v6")
    assert list(world.db.episode_ids([Condition("env", "like", glob)])) == []


def test_a_glob_takes_the_wildcards_of_sql_as_they_are() -> None:
    assert read_glob("50%_\\*") == "50\\%\\_\\\\%"


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("field", ["env", "agent", "player", "model", "role", "seat", "status", "reason", "result"])
def test_hostile_values_of_episodes_are_values(generated: Path, field: str, value: str) -> None:
    with AgentsDB.open_reader(generated) as db:
        assert list(db.episode_ids([Condition(field, "=", value)])) == []
        assert len(db.episode_ids()) == 300


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("field", ["agent", "kind", "env", "state", "role", "maker", "trust"])
def test_hostile_values_of_memories_are_values(generated: Path, field: str, value: str) -> None:
    with AgentsDB.open_reader(generated) as db:
        assert list(db.memory_ids([Condition(field, "=", value)])) == []
        assert len(db.memory_ids()) == 60


@pytest.mark.parametrize("word", HOSTILE[:-1])
@pytest.mark.parametrize("op", ["=", "like"])
def test_hostile_words_are_words(memories: AgentsDB, op: Op, word: str) -> None:
    word = "memory" + word.replace("?", "!")
    assert list(memories.memory_ids([Condition("word", op, word)])) == []


@pytest.fixture(scope="module")
def memories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentsDB]:
    """A store that remembers a text with neither marks nor signs."""
    with AgentsDB.open(tmp_path_factory.mktemp("memories") / "store.db") as opened:
        World(opened).remember(0)
        assert len(opened.memory_ids([Condition("word", "=", "memory 0")])) == 1
        yield opened


def test_a_field_that_is_not_there_is_refused(db: AgentsDB) -> None:
    with pytest.raises(ValueError, match="No field 'key'"):
        db.episode_ids([Condition("key", "=", "x")])


def test_times_are_compared_with_the_start(world: World) -> None:
    episode = world.start()
    assert list(world.db.episode_ids([Condition("since", ">=", episode.started_at)])) == [episode.episode_id]
    assert list(world.db.episode_ids([Condition("until", "<", episode.started_at)])) == []


def test_episodes_come_in_the_order_of_their_ids_without_those_that_are_gone(world: World) -> None:
    first, second = world.start(0), world.start(1)
    found = world.db.episodes_by_id([second.episode_id, 999, first.episode_id])
    assert [episode.episode_id for episode in found] == [second.episode_id, first.episode_id]


def test_more_ids_than_one_statement_takes_are_found(world: World) -> None:
    episode = world.start()
    assert len(world.db.episodes_by_id([*range(100, 2100), episode.episode_id])) == 1


def test_memories_that_a_deleted_agent_left_are_never_listed(world: World) -> None:
    world.remember(0)
    assert len(world.db.memory_ids()) == 1
    with closing(sqlite3.connect(world.db.path)) as driver:  # as where it was deleted while something still learnt
        driver.execute("UPDATE agent SET deleted_at = 1")
        driver.commit()
    assert list(world.db.memory_ids()) == []


def test_the_name_of_a_deleted_agent_is_that_of_the_living_one(world: World) -> None:
    world.start(0)
    world.db.delete_agent("ada")
    world.db.create_agent(AgentDraft(name="ada", model="scripted"))
    assert list(world.db.episode_ids([Condition("agent", "=", "ada")])) == []
    assert len(world.db.episode_ids([Condition("player", "=", "ada")])) == 1


def test_words_are_found_whatever_their_case(world: World) -> None:
    [memory] = world.remember(0)
    assert list(world.db.memory_ids([Condition("word", "=", "MEMORY 0.")])) == [memory.memory_id]
    assert list(world.db.memory_ids([Condition("word", "like", "Mem*y")])) == [memory.memory_id]


def test_pinned_memories_are_found(generated: Path) -> None:
    with AgentsDB.open_reader(generated) as db:
        pinned, loose = (db.memory_ids([Condition("pinned", "=", value)]) for value in (1, 0))
        assert sorted([*pinned, *loose]) == sorted(db.memory_ids())
        assert all(memory.pinned for memory in db.memories_by_id(pinned))


@pytest.mark.parametrize(("order", "name"), [("recalled", "n_recalled"), ("importance", "importance")])
def test_memories_come_in_order(generated: Path, order: MemoryOrder, name: str) -> None:
    with AgentsDB.open_reader(generated) as db:
        ranks = [(getattr(record, name), record.memory_id) for record in db.memories_by_id(db.memory_ids(order=order))]
    assert len(ranks) == 60
    assert ranks == sorted(ranks, reverse=True)


def test_memories_of_an_episode_are_those_of_its_seat_and_turn(world: World) -> None:
    [memory] = world.remember(0)
    world.remember(1)
    place = memory.episode_id
    assert world.db.memories_of_episode(place) == [memory.memory_id]
    assert world.db.memories_of_episode(place, seat="player_1", turn=0) == [memory.memory_id]
    assert world.db.memories_of_episode(place, seat="player_1", turn=1) == []
    assert world.db.memories_of_episode(place, seat="player_2", turn=0) == []
    assert world.db.memories_of_episode(place, state="retired") == []


def test_the_spine_is_the_steps_without_their_texts(generated: Path) -> None:
    with AgentsDB.open_reader(generated) as db:
        for episode_id in (1, 150, 300):
            spine, steps = db.spine(episode_id), db.steps(episode_id)
            assert [(bone.step_id, bone.turn, bone.seat, bone.source) for bone in spine] == [
                (step.step_id, step.turn, step.seat, step.source) for step in steps
            ]


def test_the_spine_counts_what_was_recalled(world: World) -> None:
    [memory] = world.remember(0)
    episode = world.start(1)
    shown = (RecallDraft(memory_id=memory.memory_id, rank=1, score=1.0, parts={}),)
    steps = [world.draft_step(0, recalled=shown), world.draft_step(1)]
    for step in steps:
        world.db.record_turn(episode.episode_id, world.draft_position(step.turn), [step], paid=False)
    assert [bone.n_recalled for bone in world.db.spine(episode.episode_id)] == [1, 0]


def test_payments_are_those_up_to_a_position(world: World) -> None:
    episode = world.start()
    for turn in range(3):
        world.play(episode, turn)
    paid = world.db.payments(episode.episode_id, until=1)
    assert paid == {0: {"player_1": 0.5}, 1: {"player_1": 0.5}}
    assert list(world.db.payments(episode.episode_id)) == [0, 1, 2]


def test_positions_that_paid_nothing_are_left_out(world: World) -> None:
    episode = world.start()
    world.db.record_turn(
        episode.episode_id, PositionDraft(turn=0, digest=b"0", payments={}), [world.draft_step()], paid=False
    )
    assert world.db.payments(episode.episode_id) == {}


def test_the_last_turn_in_which_a_model_was_asked_is_found(world: World) -> None:
    episode = world.start()
    for turn in (0, 2):
        world.db.add_attempt(world.draft_attempt(episode, turn))
    assert world.db.last_asked(episode.episode_id, "player_1", before=4) == 2
    assert world.db.last_asked(episode.episode_id, "player_1", before=2) == 0
    assert world.db.last_asked(episode.episode_id, "player_1", before=0) is None
    assert world.db.last_asked(episode.episode_id, "player_2", before=4) is None


def test_the_data_version_rises_with_what_another_connection_writes(world: World) -> None:
    before = world.db.data_version()
    assert world.db.data_version() == before
    world.start()
    assert world.db.data_version() != before


def test_reads_that_are_under_way_are_ended(world: World) -> None:
    readers, failures, begun = Readers(world.db.path), list[BaseException](), threading.Event()

    def read() -> None:
        try:
            with readers.read() as connection:
                begun.set()
                find_driver(connection).execute(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 30000000) "
                    "SELECT count(*) FROM n"
                ).fetchone()
        except StoreClosed as error:
            failures.append(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    begun.wait()
    while thread.is_alive():
        readers.interrupt()  # again, where the statement had not begun yet
        thread.join(0.01)
    readers.close()
    assert len(failures) == 1


def test_an_end_of_reads_leaves_the_next_ones_alone(world: World) -> None:
    episode = world.start()
    world.db.interrupt()
    assert list(world.db.episode_ids()) == [episode.episode_id]


@pytest.mark.parametrize("read", [read for _, read in TRIES], ids=[name for name, _ in TRIES])
def test_no_reader_scans_the_steps(generated: Path, read: Callable[[AgentsDB], object]) -> None:
    with TracedDB.open_reader(generated) as db:
        read(db)
        statements = [statement for statement in dict.fromkeys(db.statements) if statement.startswith(("SELECT", "("))]
    assert statements
    with closing(sqlite3.connect(generated)) as driver:
        plans = {statement: _explain(driver, statement) for statement in statements}
    assert [statement for statement, scanned in plans.items() if "step" in scanned] == []


def _explain(driver: sqlite3.Connection, statement: str) -> set[str]:
    """Returns the names of the tables that a statement reads from end to end."""
    named = dict(re.findall(r"\b(?:FROM|JOIN) (\w+) (?:AS )?(\w+)", statement))
    aliases = {alias: table for table, alias in named.items()}
    plan = " ".join(row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}"))
    return {aliases.get(name, name) for name in re.findall(r"SCAN (\w+)", plan)}


def test_a_scan_of_the_steps_would_be_seen(generated: Path) -> None:
    with closing(sqlite3.connect(generated)) as driver:
        assert _explain(driver, "SELECT count(*) FROM step s WHERE s.turn = 1") == {"step"}


@pytest.mark.parametrize("order", get_args(EpisodeOrder))
@pytest.mark.parametrize("field", get_args(EpisodeField))
def test_queries_of_episodes_are_postgresql_too(field: str, order: EpisodeOrder) -> None:
    compiled = query_episodes([_try(field), Condition("env", "like", "a*")], order).compile(
        dialect=postgresql.dialect()
    )
    assert "ILIKE" in str(compiled)


@pytest.mark.parametrize("order", get_args(MemoryOrder))
@pytest.mark.parametrize("field", get_args(MemoryField))
def test_queries_of_memories_are_postgresql_too(field: str, order: MemoryOrder) -> None:
    compiled = query_memories([_try(field), Condition("word", "like", "a*")], order).compile(
        dialect=postgresql.dialect()
    )
    assert "ILIKE" in str(compiled)


def test_a_generated_store_has_no_fault(generated: Path) -> None:
    with AgentsDB.open_reader(generated) as db:
        assert [finding.what for finding in db.check() if finding.severity == "problem"] == []


def test_a_generated_store_has_what_was_asked(generated: Path) -> None:
    with AgentsDB.open_reader(generated) as db:
        n_steps = sum(len(db.spine(episode_id)) for episode_id in db.episode_ids())
        assert (len(db.episode_ids()), n_steps, len(db.memory_ids()), len(db.agents())) == (300, 2400, 60, 7)


@pytest.mark.parametrize(
    "condition",
    [Condition("status", "=", "failed"), Condition("status", "=", "running"), Condition("fallbacks", ">", 0)],
    ids=["failed", "unfinished", "fallback"],
)
def test_a_few_generated_episodes_went_wrong(generated: Path, condition: Condition) -> None:
    with AgentsDB.open_reader(generated) as db:
        assert 0 < len(db.episode_ids([condition])) < 60


def test_the_same_call_generates_the_same_rows(tmp_path: Path, generated: Path) -> None:
    again = tmp_path / "again.db"
    make_store(again, episodes=300, steps_each=8, memories=60, agents=7)
    assert _list_rows(again) == _list_rows(generated)


def _list_rows(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as driver:
        return [line for line in driver.iterdump() if line.startswith("INSERT")]


def test_a_store_that_is_there_is_not_generated_over(generated: Path) -> None:
    with pytest.raises(UsageError, match="is there already"):
        make_store(generated)
