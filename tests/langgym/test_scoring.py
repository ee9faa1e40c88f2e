"""Scores of memories: what each part is, and what never changes them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents_db.knowledge import MemoryRecord
from langgym.memory.scoring import ANY_SPAN, SPANS, WEIGHTS, Parts, Scale, find_span, rate_recency, rate_utility
from universe.catalog import default_catalog

TICTACTOE = default_catalog().find("tictactoe")
UNIT = st.floats(0, 1, allow_nan=False)


def make_memory(**changes: object) -> MemoryRecord:
    values: dict[str, object] = {
        **{"memory_id": 1, "key": "k", "agent_id": 1, "agent": "ada", "kind": "episodic", "text": "I won."},
        **{"env_id": TICTACTOE.env_id, "role": "player", "episode_id": 1, "seat": "player_1", "turn_from": 0},
        **{"turn_to": 8, "outcome": 1.0, "importance": 0.5, "clock": 40, "n_recalled": 0, "state": "active"},
        **{"created_at": 0},
        **changes,
    }
    return MemoryRecord(**values)  # pyright: ignore[reportArgumentType]


def make_scale(clock: int = 60, embedder: str = "other/1", role: str = "player") -> Scale:
    return Scale(TICTACTOE, role, clock=clock, embedder=embedder)


def test_the_weights_sum_to_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_a_score_is_the_weighted_sum_of_its_parts() -> None:
    parts = make_scale().rate(make_memory(n_helped=3, n_hurt=1, importance=0.7), 0.6)

    assert parts.describe() == pytest.approx(
        {"relevance": 0.6, "utility": 0.5775796, "importance": 0.7, "place": 1.0, "recency": 0.5}, abs=1e-6
    )
    assert parts.score == pytest.approx(0.45 * 0.6 + 0.2 * 0.5775796 + 0.15 * 0.7 + 0.12 + 0.08 * 0.5, abs=1e-6)


@pytest.mark.parametrize(
    ("helped", "hurt", "utility"), [(0, 0, 0.355662), (1, 0, 0.548816), (0, 1, 0.215482), (10, 0, 0.878339)]
)
def test_utility_is_a_lower_bound(helped: int, hurt: int, utility: float) -> None:
    assert rate_utility(helped, hurt) == pytest.approx(utility, abs=1e-6)


@pytest.mark.parametrize(
    ("kind", "age", "recency"),
    [("episodic", 20, 0.5), ("episodic", 0, 1.0), ("habit", 50, 0.5), ("strategy", 10_000, 1.0), ("episodic", -3, 1.0)],
)
def test_recency_halves_by_kind(kind: str, age: int, recency: float) -> None:
    assert rate_recency(kind, age) == recency


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({}, 1.0),
        ({"role": "other"}, 0.7),
        ({"env_id": "classic/chess_v6"}, 0.4),
        ({"env_id": "mpe/simple_v3"}, 0.0),
        ({"env_id": "mpe/simple_v3", "kind": "strategy", "scope": "general"}, 0.15),
        ({"env_id": "mpe/simple_v3", "scope": "general"}, 0.0),
    ],
)
def test_place_is_how_near_a_memory_was_made(changes: dict[str, object], place: float) -> None:
    assert make_scale().rate(make_memory(**changes), 0.5).place == place


@pytest.mark.parametrize("family", SPANS)
def test_relevance_goes_from_nothing_to_all_over_the_span_of_the_embedder(family: str) -> None:
    span = SPANS[family]
    scale = make_scale(embedder=f"{family}/1:x")

    found = [scale.rate_relevance(cosine) for cosine in (-1, span.low, (span.low + span.high) / 2, span.high, 1)]

    assert found == pytest.approx([0, 0, 0.5, 1, 1], abs=1e-3)


def test_an_embedder_that_was_never_measured_keeps_its_cosines() -> None:
    assert find_span("https://example.org/v1#model:384") == ANY_SPAN


def test_a_memory_without_a_number_for_its_importance_counts_as_unimportant() -> None:
    assert make_scale().rate(make_memory(importance=float("nan")), 0.5).importance == 0


@given(st.tuples(UNIT, UNIT, UNIT, UNIT, UNIT), st.sampled_from(list(WEIGHTS)), UNIT)
def test_a_score_rises_with_each_part(values: tuple[float, ...], name: str, other: float) -> None:
    parts = dict(zip(WEIGHTS, values, strict=True))
    low, high = sorted((parts[name], other))

    less, more = (Parts(**{**parts, name: value}).score for value in (low, high))

    assert 0 <= less <= more <= 1 + 1e-12
    assert (more > less) == (high - low > 0) or high - low < 1e-12


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_utility_rises_with_help_and_falls_with_harm(helped: int, hurt: int) -> None:
    here = rate_utility(helped, hurt)

    assert 0 <= here <= 1
    assert rate_utility(helped + 1, hurt) > here > rate_utility(helped, hurt + 1)


@given(st.floats(-1, 1), st.floats(-1, 1), st.sampled_from(["minilm/1:x", "hashed/1:256", "other"]))
def test_relevance_rises_with_the_cosine(first: float, second: float, embedder: str) -> None:
    scale = make_scale(embedder=embedder)
    low, high = sorted((first, second))

    assert 0 <= scale.rate_relevance(low) <= scale.rate_relevance(high) <= 1


@given(st.integers(0, 500), st.integers(0, 500), st.sampled_from(["episodic", "habit", "strategy"]))
def test_recency_never_rises_with_age(first: int, second: int, kind: str) -> None:
    young, old = sorted((first, second))

    assert 0 <= rate_recency(kind, old) <= rate_recency(kind, young) <= 1


def test_the_wall_clock_changes_no_score() -> None:
    memory = make_memory()

    scores = {make_scale().rate(replace(memory, created_at=then), 0.5).score for then in (0, 10**18)}

    assert len(scores) == 1


def test_the_clock_of_the_agent_changes_the_score() -> None:
    memory = make_memory()

    assert make_scale(clock=60).rate(memory, 0.5).score > make_scale(clock=600).rate(memory, 0.5).score
