"""Recall: which memories are shown in a turn, to whom, and what changes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from agents_db.embed import HashedEmbedder
from agents_db.store import AgentsDB
from langgym.memory.choice import estimate_cost
from langgym.memory.recall import MemoryShelf, RecallSettings, cue_text
from langgym.memory.recalled import Recalled
from tests.langgym.knowers import CARD, CHESS, TURN, Life, find_turns, ids, spread


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    made = Life(tmp_path)
    yield made
    made.db.close()


# What is shown


def test_the_nearest_memory_of_the_place_comes_first(life: Life) -> None:
    near = life.add(f"{cue_text(CARD, TURN)} I won.")
    life.add("Tic-tac-toe, another day.")

    first = life.recall().recall(TURN)[0]

    assert (first.memory_id, first.rank, first.kind, first.trust) == (near.memory_id, 1, "episodic", "self")


def test_every_part_of_the_score_is_told(life: Life) -> None:
    life.add("Tic-tac-toe: I won.", importance=0.7, clock=0)
    life.clock = 20

    [shown] = life.recall().recall(TURN)

    assert set(shown.parts) == {"relevance", "utility", "importance", "place", "recency"}
    assert (shown.parts["importance"], shown.parts["place"], shown.parts["recency"]) == (0.7, 1.0, 0.5)
    weights = {"relevance": 0.45, "utility": 0.2, "importance": 0.15, "place": 0.12, "recency": 0.08}
    assert shown.score == pytest.approx(sum(weights[name] * part for name, part in shown.parts.items()))


def test_quotas_hold_by_kind(life: Life) -> None:
    for text in spread(6):
        life.add(text)
        life.add(f"Strategy {text}", kind="strategy", condition="open", action="centre", effect=0.3)
        life.add(f"Habit {text}", kind="habit", subject="bob")

    shown = life.recall(limit=10, tokens=4000, rivals=["bob"]).recall(TURN)

    assert [memory.kind for memory in shown[:3]] == ["strategy"] * 3
    assert sorted(memory.kind for memory in shown[3:]) == ["episodic", "episodic", "habit"]
    assert [memory.rank for memory in shown] == [1, 2, 3, 4, 5, 6]
    assert (shown[0].condition, shown[0].action, shown[0].effect) == ("open", "centre", 0.3)


def test_nothing_is_recalled_where_the_limit_is_zero(life: Life) -> None:
    life.add("Tic-tac-toe: I won.")

    recall = life.recall(limit=0)

    assert (recall.recall(TURN), recall.standing) == ([], ())


def test_a_limit_is_shared_among_the_kinds() -> None:
    shared = [RecallSettings.share(limit, tokens=400) for limit in (1, 5, 10)]

    assert [(each.strategies, each.episodes, each.habits) for each in shared] == [(1, 1, 1), (3, 2, 1), (6, 4, 2)]
    assert shared[1] == RecallSettings()


def test_a_kind_without_a_quota_is_not_shown_even_if_it_is_pinned(life: Life) -> None:
    life.change(life.add("Tic-tac-toe: I won."), "pin", pinned=True)
    rule = life.add("Tic-tac-toe: take the centre.", kind="strategy")

    assert ids(life.recall(episodes=0, habits=0).recall(TURN)) == [rule.memory_id]


def test_strategies_stay_the_same_over_an_episode_and_come_first(life: Life) -> None:
    for text in spread(8):
        life.add(text)
        life.add(f"Strategy {text}", kind="strategy")
    recall = life.recall(tokens=4000)

    shown = [recall.recall(turn) for turn in find_turns(5)]

    assert all(tuple(each[:3]) == recall.standing for each in shown)
    assert len({tuple(ids(each[3:])) for each in shown}) > 1


def test_a_strategy_of_another_environment_is_offered_only_where_it_is_general(life: Life) -> None:
    general = life.add("Take what forks.", kind="strategy", env_id=CHESS, scope="general")
    life.add("Tic-tac-toe: take what pins.", kind="strategy", env_id=CHESS)

    assert ids(life.recall().standing) == [general.memory_id]


def test_the_words_of_others_are_shown_and_never_as_a_strategy(life: Life) -> None:
    told = life.add("Tic-tac-toe: bob said, resign at once.", trust="other")
    life.add("Tic-tac-toe: always resign.", kind="strategy", trust="other")

    shown = life.recall().recall(TURN)

    assert [(memory.memory_id, memory.kind, memory.trust) for memory in shown] == [
        (told.memory_id, "episodic", "other")
    ]


def test_only_the_habits_of_those_who_play_along_are_shown(life: Life) -> None:
    own = life.add("Tic-tac-toe: bob opens in the corner.", kind="habit", subject="bob")
    life.add("Tic-tac-toe: eve opens in the centre.", kind="habit", subject="eve")

    assert ids(life.recall(rivals=["bob"]).recall(TURN)) == [own.memory_id]
    assert ids(life.recall().recall(TURN)) == []


def test_what_has_nothing_to_do_with_the_place_is_not_shown(life: Life) -> None:
    life.add("qqqq zzzz", env_id="mpe/simple_v3", importance=1.0)

    assert life.recall().recall(TURN) == []


def test_a_pinned_memory_is_shown_in_every_turn_of_its_place(life: Life) -> None:
    for text in spread(10):
        life.add(text, importance=1.0)
    pinned = life.add("Something dull.", importance=0.0, clock=0)
    elsewhere = life.add("Something else.", env_id=CHESS)
    for memory in (pinned, elsewhere):
        life.change(memory, "pin", pinned=True)
    recall = life.recall()

    shown = [ids(recall.recall(turn)) for turn in find_turns(3)]

    assert {each[0] for each in shown} == {pinned.memory_id}
    assert elsewhere.memory_id not in {memory_id for each in shown for memory_id in each}


def test_a_memory_that_is_no_longer_pinned_must_compete_again(life: Life) -> None:
    for text in spread(10):
        life.add(text, importance=1.0)
    memory = life.add("Something dull.", importance=0.0, clock=0)
    shelf = MemoryShelf(life.db, life.agents["ada"].agent_id)
    life.change(memory, "pin", pinned=True)
    assert memory.memory_id in ids(life.recall(shelf=shelf).recall(TURN))

    life.change(memory, "unpin", pinned=False)

    assert memory.memory_id not in ids(life.recall(shelf=shelf).recall(TURN))


def test_retired_memories_are_not_shown(life: Life) -> None:
    memory = life.add("Tic-tac-toe: I won.")
    rule = life.add("Tic-tac-toe: take the centre.", kind="strategy")
    for each in (memory, rule):
        life.change(each, "retire", state="retired")

    assert life.recall().recall(TURN) == []


# The budget


def test_the_budget_holds_over_everything_that_is_shown(life: Life) -> None:
    for text in spread(8):
        life.add(f"{text} {'and so on ' * 20}")
        life.add(f"Strategy {text} {'and so on ' * 20}", kind="strategy")

    for tokens in (0, 50, 90, 200, 400):
        shown = life.recall(tokens=tokens).recall(TURN)
        assert sum(-(-len(memory.text) // 3) for memory in shown) <= tokens


def test_a_memory_that_does_not_fit_is_passed_over_for_one_that_does(life: Life) -> None:
    life.add(f"{cue_text(CARD, TURN)} {'word ' * 400}", importance=1.0)
    short = life.add("Tic-tac-toe: I won.", importance=0.0)

    assert ids(life.recall().recall(TURN)) == [short.memory_id]


def test_the_words_of_others_cost_what_their_quotation_may(life: Life) -> None:
    plain = life.add('\x01"\x01"' * 10)

    assert estimate_cost(replace(plain, trust="other")) * 3 >= 64 + 10 * (2 * 6 + 2 * 2)
    assert estimate_cost(plain) * 3 >= 40


def test_twins_are_never_both_shown(life: Life) -> None:
    for _ in range(5):
        life.add("Tic-tac-toe: I won by the centre.", importance=1.0)
    other = life.add("Tic-tac-toe: blunder at the edge, lost.", importance=0.0)

    shown = ids(life.recall().recall(TURN))

    assert len(shown) == 2
    assert other.memory_id in shown


# What changes nothing


def test_unrelated_memories_change_neither_choice_nor_scores(life: Life) -> None:
    for text in spread(6):
        life.add(text)
    before = life.recall().recall(TURN)
    for number in range(50):
        life.add(f"Zebra {number} quux.", env_id="mpe/simple_v3", importance=0.0, clock=0)

    assert life.recall().recall(TURN) == before


def test_recall_goes_by_the_clock_of_the_agent_and_not_by_that_of_the_wall(tmp_path: Path) -> None:
    shown: list[list[Recalled]] = []
    for year in (0, 50):
        (tmp_path / str(year)).mkdir()
        life = Life(tmp_path / str(year))
        life.db.close()
        life.db = AgentsDB.open(tmp_path / str(year) / "store.db", clock=lambda year=year: year * 31_557_600_000_000)
        for number, text in enumerate(spread(12)):
            life.add(text, clock=number)
        shown.append(life.recall().recall(TURN))
        life.db.close()

    assert shown[0] == shown[1]


def test_a_situation_is_embedded_once_in_an_episode(life: Life) -> None:
    asked: list[str] = []

    class Counting(HashedEmbedder):
        def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
            asked.extend(texts)
            return super().embed(texts)

    for text in spread(30):
        life.add(text)
    turns = find_turns(3)
    recall = life.recall(embedder=Counting())

    for turn in (*turns, *turns):
        recall.recall(turn)

    assert asked == ["Tic-tac-toe as player.", *(cue_text(CARD, turn) for turn in turns)]
