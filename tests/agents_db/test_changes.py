"""Changes of memories: append-only, undoable, and every earlier moment can be read again."""

import tempfile
from dataclasses import astuple, replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agents_db.errors import NotStored
from agents_db.filters import Condition
from agents_db.knowledge import AsOf, EvidenceDraft, Field, MemoryChange, MemoryRecord
from agents_db.store import AgentsDB
from tests.agents_db.conftest import EMBEDDER, World

Known = dict[int, tuple[object, ...]]
"""By id: what a memory said and how it stood."""

FIELDS: st.SearchStrategy[tuple[str, Field]] = st.one_of(
    st.tuples(st.just("text"), st.sampled_from(["one", "two", "a\0b", "lone \ud800", ""])),
    st.tuples(st.just("state"), st.sampled_from(["active", "retired", "superseded", "quarantined"])),
    st.tuples(st.just("pinned"), st.booleans()),
    st.tuples(st.just("votes"), st.integers(-3, 3)),
    st.tuples(st.just("effect"), st.sampled_from([None, 0.5, -0.1])),
    st.tuples(st.just("outcome"), st.sampled_from([None, 1.0, -1.0])),
)


def look(memory: MemoryRecord) -> tuple[object, ...]:
    stands = (memory.state, memory.pinned, memory.votes, memory.effect, memory.outcome, memory.superseded_by)
    return (memory.text, *stands)


class ChangeMachine(RuleBasedStateMachine):
    """Memories in a dictionary, and a photograph of it after everything that happens."""

    @initialize()
    def open_store(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.db = AgentsDB.open(Path(self._folder.name) / "store.db")
        self.world = World(self.db)
        self.agent_id = self.world.ada.agent_id
        self.n_episodes = 0
        self.moments: list[tuple[AsOf, Known]] = []
        self.events: list[tuple[object, ...]] = []
        self.play()

    @rule()
    def play(self) -> None:
        self.world.remember(self.n_episodes, 1 + self.n_episodes % 2)
        self.n_episodes += 1
        self._photograph()

    @rule(place=st.integers(0, 99), change=FIELDS, is_credit=st.booleans())
    def change(self, place: int, change: tuple[str, Field], is_credit: bool) -> None:
        memory_id = self._pick(place)
        name, value = change
        op = "credit" if is_credit else "edit"
        stored = self.db.change_memory(
            MemoryChange(memory_id=memory_id, op=op, fields={name: value}, actor="hand", reason="because")
        )
        clean = {"a\0b": "a\u2400b", "lone \ud800": "lone \ufffd"}
        assert getattr(stored, name) == (clean.get(value, value) if isinstance(value, str) else value)
        self._photograph()

    @rule(place=st.integers(0, 99), other=st.integers(0, 99))
    def supersede(self, place: int, other: int) -> None:
        memory_id, successor = self._pick(place), self._pick(other)
        fields: dict[str, Field] = {"state": "superseded", "superseded_by": successor}
        self.db.change_memory(MemoryChange(memory_id=memory_id, op="supersede", fields=fields, actor="grounded"))
        self._photograph()

    @rule(place=st.integers(0, 99), number=st.integers(0, 3), votes=st.integers(0, 5))
    def vote(self, place: int, number: int, votes: int) -> None:
        memory_id = self._pick(place)
        change = MemoryChange(
            memory_id=memory_id, op="agree", fields={"votes": votes}, actor="grounded", origin=("vote", number)
        )
        self.db.change_memory(change)
        self._photograph()
        self.db.change_memory(replace(change, fields={"votes": votes + 1}))
        assert self._know_now() == self.moments[-1][1]

    @precondition(lambda self: self.events)
    @rule()
    def undo_the_last(self) -> None:
        before = next(known for moment, known in reversed(self.moments) if moment.event_id != self._last().event_id)
        changed = self.db.memory(self.db.memory_events(agent_id=self.agent_id, limit=1)[0].memory_id)
        restored = self.db.undo_event(self.db.last_event(self.agent_id))
        assert restored.memory_id == changed.memory_id
        assert look(restored) == before[changed.memory_id]
        self._photograph()

    @invariant()
    def every_moment_can_be_read(self) -> None:
        for moment, known in self.moments:
            found = self.db.memories_as_of(self.agent_id, moment, state=None)
            assert {memory.memory_id: look(memory) for memory in found} == known
            ids = [memory.memory_id for memory in found][::-1]
            assert [memory.memory_id for memory in self.db.memories_by_id_as_of(ids, moment)] == ids

    @invariant()
    def active_is_what_was_active(self) -> None:
        moment, known = self.moments[len(self.moments) // 2]
        found = {memory.memory_id for memory in self.db.memories_as_of(self.agent_id, moment)}
        assert found == {memory_id for memory_id, stands in known.items() if stands[1] == "active"}

    @invariant()
    def events_are_append_only(self) -> None:
        stored = self._read_events()
        assert stored[: len(self.events)] == self.events
        self.events = stored

    def teardown(self) -> None:
        assert [finding for finding in self.db.check() if finding.severity == "problem"] == []
        n_changes = sum(memory.rev for memory in self.db.memories(self.agent_id, state=None, limit=1000))
        assert n_changes == len(self._read_events())
        self.db.close()
        self._folder.cleanup()

    def _pick(self, place: int) -> int:
        ids = sorted(self.moments[-1][1])
        return ids[place % len(ids)]

    def _last(self) -> AsOf:
        return self.moments[-1][0]

    def _know_now(self) -> Known:
        now = self.db.memories(self.agent_id, state=None, limit=1000)
        return {memory.memory_id: look(memory) for memory in now}

    def _photograph(self) -> None:
        clock = self.db.agent("ada").n_participations
        self.moments.append((AsOf(clock=clock, event_id=self.db.last_event(self.agent_id)), self._know_now()))

    def _read_events(self) -> list[tuple[object, ...]]:
        events = self.db.memory_events(agent_id=self.agent_id, limit=1000)[::-1]
        return [astuple(event) for event in events]


TestChanges = ChangeMachine.TestCase
TestChanges.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)


def change(world: World, memory_id: int, **fields: Field) -> MemoryRecord:
    return world.db.change_memory(MemoryChange(memory_id=memory_id, op="edit", fields=fields, actor="hand"))


def test_a_moment_without_its_last_change_goes_by_the_clock(world: World) -> None:
    [first] = world.remember(0)
    change(world, first.memory_id, votes=1)
    world.remember(1)
    change(world, first.memory_id, votes=2)
    [then] = world.db.memories_as_of(world.ada.agent_id, AsOf(clock=1))
    assert (then.votes, then.rev) == (1, 1)


@pytest.mark.parametrize("name", ["key", "kind", "agent_id", "clock", "maker", "rev", "episode_id"])
def test_what_a_memory_is_made_of_never_changes(world: World, name: str) -> None:
    [memory] = world.remember(0)
    with pytest.raises(NotStored, match="cannot be changed"):
        change(world, memory.memory_id, **{name: None})
    assert world.db.memory(memory.memory_id) == memory


def test_a_change_that_was_changed_again_is_not_undone(world: World) -> None:
    [memory] = world.remember(0)
    change(world, memory.memory_id, text="one")
    first = world.db.last_event(world.ada.agent_id)
    change(world, memory.memory_id, text="two")
    with pytest.raises(NotStored, match="text was changed again"):
        world.db.undo_event(first)
    assert world.db.memory(memory.memory_id).text == "two"


def test_an_undo_can_be_undone(world: World) -> None:
    [memory] = world.remember(0)
    change(world, memory.memory_id, text="one")
    world.db.undo_event(world.db.last_event(world.ada.agent_id))
    again = world.db.undo_event(world.db.last_event(world.ada.agent_id))
    assert (again.text, again.rev) == ("one", 3)


def test_an_unknown_change_is_told(world: World) -> None:
    with pytest.raises(NotStored, match="No change has the id 7"):
        world.db.undo_event(7)


def test_a_text_that_changes_loses_its_vector(world: World) -> None:
    [memory] = world.remember(0)
    changed = change(world, memory.memory_id, text="another")
    assert world.db.unembedded(world.ada.agent_id, EMBEDDER) == [changed]
    assert list(world.db.memory_ids([Condition("word", "like", "ANOTHER")])) == [changed.memory_id]


def test_evidence_of_a_seat_that_nobody_held_changes_nothing(world: World) -> None:
    [memory] = world.remember(0)
    piece = EvidenceDraft(episode_id=memory.episode_id, seat="player_9", turn_from=None, turn_to=None)
    with pytest.raises(NotStored, match="player_9"):
        world.db.change_memory(
            MemoryChange(
                memory_id=memory.memory_id, op="agree", fields={"votes": 1}, actor="grounded", evidence=(piece,)
            )
        )
    assert world.db.memory(memory.memory_id) == memory
    assert world.db.memory_events(agent_id=world.ada.agent_id) == []
