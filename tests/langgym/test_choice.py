"""Choices among scored memories: the best, unlike each other, within their room."""

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents_db.knowledge import MemoryRecord
from langgym.memory.choice import TWIN, Option, Room, choose


def test_what_is_unlike_outranks_what_is_only_a_little_better() -> None:
    first, like, unlike = (
        make_option(n, score, angle) for n, score, angle in ((1, 0.9, 0.0), (2, 0.8, 0.3), (3, 0.7, 1.2))
    )

    choice = choose([like, unlike, first], Room(limit=2, tokens=99, quotas={"episodic": 2}))

    assert [option.memory.memory_id for option in choice.options] == [1, 3]


def make_option(memory_id: int, score: float, angle: float, *, clock: int = 1) -> Option:
    memory = MemoryRecord(
        **{"memory_id": memory_id, "key": "k", "agent_id": 1, "agent": "ada", "kind": "episodic", "text": "t"},
        **{
            "env_id": "classic/tictactoe_v3",
            "role": "player",
            "episode_id": 1,
            "seat": "s",
            "turn_from": 0,
            "turn_to": 0,
        },
        **{"outcome": 0.0, "importance": 0.5, "clock": clock, "n_recalled": 0, "state": "active", "created_at": 0},
    )  # pyright: ignore[reportArgumentType]
    return Option(memory, np.array([np.cos(angle), np.sin(angle)], dtype=np.float32), score, 1)


def test_of_equal_memories_the_newer_comes_first_then_the_lower_id() -> None:
    options = [make_option(n, 0.5, n * 1.5, clock=clock) for n, clock in ((3, 1), (2, 1), (1, 1), (4, 2))]

    choice = choose(options, Room(limit=1, tokens=99, quotas={"episodic": 9}))
    then = choose(options[:3], Room(limit=1, tokens=99, quotas={"episodic": 9}))

    assert [option.memory.memory_id for option in (*choice.options, *then.options)] == [4, 1]


OPTIONS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 3), st.integers(0, 3)), min_size=1, max_size=12)


@given(OPTIONS, st.randoms(use_true_random=False), st.integers(1, 5))
def test_the_order_of_candidates_changes_nothing(
    drawn: list[tuple[float, float, int]], draw: random.Random, limit: int
) -> None:
    options = [make_option(n, score, angle, clock=clock) for n, (score, angle, clock) in enumerate(drawn)]
    shuffled = draw.sample(options, len(options))

    found = [choose(each, Room(limit=limit, tokens=99, quotas={"episodic": 9})) for each in (options, shuffled)]

    assert found[0] == found[1]


@given(OPTIONS, st.integers(0, 8), st.integers(0, 8))
def test_no_choice_breaks_its_room_or_holds_twins(
    drawn: list[tuple[float, float, int]], tokens: int, quota: int
) -> None:
    options = [make_option(n, score, angle, clock=clock) for n, (score, angle, clock) in enumerate(drawn)]
    room = Room(limit=5, tokens=tokens, quotas={"episodic": quota})

    chosen = choose(options, room).options

    assert len(chosen) <= min(5, tokens, quota)
    assert min(room.limit, room.tokens, room.quotas["episodic"]) >= 0
    likeness = [float(a.vector @ b.vector) for n, a in enumerate(chosen) for b in chosen[:n]]
    assert all(each < TWIN + 1e-4 for each in likeness)
