"""Strategies: what they claim beside what has come of it since."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agents_db.errors import UnknownAgent
from agents_db.knowledge import MemoryChange, MemoryDraft, MemoryRecord
from agents_db.records import AgentRecord
from agents_db.store import AgentsDB
from langgym.memory.contrasts import Comparison
from langgym.memory.decisions import Decisions
from langgym.memory.life import read_lives
from langgym.memory.strategies import horizon_for, recompute, recount
from langgym.memory.testing import Insistence
from langgym.query.strategies import StrategyItem, read_strategies
from langgym.views.strategies import judge
from tests.langgym.pasts import PAPER, RPS, create, play_past

ROCK = Insistence("rock")


@dataclass
class Past:
    """An agent that has played rock, paper, scissors, and what it holds to be true."""

    db: AgentsDB
    ada: AgentRecord

    def play(self, n: int, *, rival: Insistence) -> None:
        play_past(self.db, self.ada, RPS, n, rival=rival, seed=self.clock)

    @property
    def clock(self) -> int:
        return self.db.agent("ada").n_participations

    def state(self, action: str | None = "scissors", effect: float | None = 1.0, **fields: object) -> MemoryRecord:
        """Stores a strategy of now."""
        n = len(self.db.memories(self.ada.agent_id, state=None))
        values: dict[str, object] = {
            **{"agent_id": self.ada.agent_id, "kind": "strategy", "text": f"take {action}", "env_id": RPS.env_id},
            **{"role": RPS.role(RPS.seats[0]), "episode_id": self.db.episodes(limit=1)[0].episode_id},
            **{"seat": RPS.seats[0], "turn_from": 0, "turn_to": n, "outcome": None, "importance": 0.5},
            **{"action": action, "effect": effect, "low": 0.5, "high": 1.5, "maker": "hand"},
            **fields,
        }
        return self.db.add_memories([MemoryDraft(**values)])[0]  # pyright: ignore[reportArgumentType]

    def change(self, memory: MemoryRecord, op: str, **fields: object) -> None:
        change = MemoryChange(memory_id=memory.memory_id, op=op, fields=fields, actor="hand")  # pyright: ignore
        self.db.change_memory(change)

    def read(self, memory: MemoryRecord) -> StrategyItem:
        items = read_strategies(self.db, "ada", state=None).items
        return next(item for item in items if item.memory_id == memory.memory_id)


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    with AgentsDB.open(tmp_path / "store.db") as db:
        yield Past(db, create(db))


def test_a_claim_is_measured_on_what_was_lived_after_it(past: Past) -> None:
    past.play(20, rival=PAPER)
    memory = past.state()
    past.play(25, rival=PAPER)
    item = past.read(memory)
    lives = read_lives(past.db, past.ada.agent_id, RPS, {}, after=20, until=45)
    expected = Comparison(Decisions(lives, role=memory.role, steps=horizon_for(RPS))).measure(None, "scissors")
    assert expected is not None
    assert item.measured is not None
    assert (item.stated, item.measured.effect, item.measured.n_with) == (20, expected.effect, expected.n_with)
    assert (item.measured.low, item.measured.high) == (expected.low, expected.high)
    assert item.measured.n_with + item.measured.n_without == sum(
        len(life.moments) for life in lives if life.role == memory.role
    )


def test_a_claim_that_still_holds_has_held_up(past: Past) -> None:
    past.play(10, rival=PAPER)
    memory = past.state()
    past.play(25, rival=PAPER)
    assert judge(past.read(memory)) == "held up"


def test_a_claim_that_the_world_has_left_turned_out_otherwise(past: Past) -> None:
    past.play(20, rival=PAPER)
    memory = past.state()
    earlier = recompute(past.db, memory)
    past.play(25, rival=ROCK)
    item = past.read(memory)
    assert earlier is not None
    assert earlier.effect > 0
    assert item.measured is not None
    assert item.measured.effect is not None
    assert item.measured.effect < 0
    assert judge(item) == "turned out otherwise"


def test_nothing_is_measured_before_enough_was_lived(past: Past) -> None:
    past.play(10, rival=PAPER)
    memory = past.state()
    assert past.read(memory).measured is None
    past.play(1, rival=PAPER)
    assert judge(past.read(memory)) == "too little seen"


def test_what_claims_no_effect_is_measured_all_the_same(past: Past) -> None:
    past.play(10, rival=PAPER)
    memory = past.state(effect=None, low=None, high=None)
    past.play(25, rival=PAPER)
    assert past.read(memory).measured is not None
    assert judge(past.read(memory)) == "no claim"


def test_what_speaks_of_no_action_is_not_measured(past: Past) -> None:
    past.play(10, rival=PAPER)
    memory = past.state(action=None)
    past.play(10, rival=PAPER)
    assert past.read(memory).measured is None


def test_a_claim_that_was_stated_anew_is_measured_from_then_on(past: Past) -> None:
    past.play(10, rival=PAPER)
    memory = past.state()
    past.play(10, rival=PAPER)
    past.change(memory, "edit", effect=2.0, low=1.0, high=3.0)
    past.play(15, rival=PAPER)
    item = past.read(memory)
    assert item.stated == 20
    assert item.measured is not None
    once = recount(past.db, [past.db.memory(memory.memory_id)])[memory.memory_id]
    assert item.measured.n_with == once.n_with
    assert once.n_episodes <= 15


def test_strategies_that_were_stated_at_different_times_are_measured_apart(past: Past) -> None:
    past.play(10, rival=PAPER)
    early = past.state()
    past.play(15, rival=PAPER)
    late = past.state("rock")
    past.play(15, rival=PAPER)
    found = recount(past.db, [early, late])
    assert found == recount(past.db, [early]) | recount(past.db, [late])
    assert found[early.memory_id].n_with + found[early.memory_id].n_without > (
        found[late.memory_id].n_with + found[late.memory_id].n_without
    )


def test_the_trigger_is_the_episode_after_which_it_was_stated(past: Past) -> None:
    past.play(3, rival=PAPER)
    memory = past.state()
    assert past.read(memory).trigger == memory.episode_id == past.db.episodes(limit=1)[0].episode_id


def test_the_chain_leads_from_the_first_version_to_the_last(past: Past) -> None:
    past.play(3, rival=PAPER)
    first, other = past.state("scissors"), past.state("rock")
    second, third = past.state("paper"), past.state("paper", condition="first round")
    past.change(first, "supersede", state="superseded", superseded_by=second.memory_id)
    past.change(second, "supersede", state="superseded", superseded_by=third.memory_id)
    chain = (first.memory_id, second.memory_id, third.memory_id)
    assert [past.read(memory).chain for memory in (first, second, third)] == [chain] * 3
    assert past.read(other).chain == (other.memory_id,)


def test_what_was_merged_into_one_does_not_become_a_version_of_each_other(past: Past) -> None:
    past.play(3, rival=PAPER)
    left, right, both = past.state("scissors"), past.state("rock"), past.state("paper")
    for memory in (left, right):
        past.change(memory, "supersede", state="superseded", superseded_by=both.memory_id)
    assert past.read(left).chain == (left.memory_id, both.memory_id)
    assert past.read(both).chain == (left.memory_id, right.memory_id, both.memory_id)


def test_the_same_claim_made_again_is_a_version_of_it(past: Past) -> None:
    past.play(3, rival=PAPER)
    first = past.state()
    past.change(first, "retire", state="retired")
    second = past.state()
    assert past.read(second).chain == (first.memory_id, second.memory_id)


def test_subjects_tie_versions_together(past: Past) -> None:
    past.play(3, rival=PAPER)
    first, second = past.state("rock", subject="opening"), past.state("paper", subject="opening")
    assert past.read(first).chain == (first.memory_id, second.memory_id)


def test_only_active_strategies_are_read_unless_others_are_asked_for(past: Past) -> None:
    past.play(3, rival=PAPER)
    active, retired = past.state("rock"), past.state("paper")
    past.change(retired, "retire", state="retired")
    assert [item.memory_id for item in read_strategies(past.db, "ada").items] == [active.memory_id]
    assert [item.memory_id for item in read_strategies(past.db, "ada", state=None).items] == [
        retired.memory_id,
        active.memory_id,
    ]
    assert read_strategies(past.db, "ada", env_id="classic/chess_v6").items == ()


def test_a_strategy_of_an_environment_that_is_gone_is_shown_unmeasured(past: Past) -> None:
    past.play(3, rival=PAPER)
    memory = past.state(env_id="gone/game_v0")
    assert past.read(memory).measured is None


def test_an_agent_that_is_not_there_is_an_error(past: Past) -> None:
    with pytest.raises(UnknownAgent, match="'bob'"):
        read_strategies(past.db, "bob")
