"""Strategies: how they are told and applied, and what becomes of them as the experience goes on."""

import re
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from agents_db.knowledge import MemoryRecord
from agents_db.store import AgentsDB
from langgym.memory.book import ADDED, MOST_ACTIVE, MOST_IDEAS, PATIENCE, Book, Ground, revise
from langgym.memory.contrasts import Comparison, Contrast
from langgym.memory.decisions import Decisions, Sighting
from langgym.memory.experience import Moment
from langgym.memory.forgetting import choose_forgotten, promote
from langgym.memory.life import Lived
from langgym.memory.recalled import Recalled
from langgym.memory.reflection import open_study, reflect
from langgym.memory.strategies import apply, phrase, recompute
from tests.langgym.pasts import LEFT, RIGHT, RPS, TICTACTOE, create, life, moment, play_past
from universe.catalog import default_catalog
from universe.view import Facts

FACTS = Facts(state=("open", "ice"), actions={0: ("move", "left"), 1: ("move", "right"), 2: ("stay",)})
GROUND = Ground(
    agent_id=1,
    card=TICTACTOE,
    role="player",
    episode_id=9,
    origin="key",
    seat="player_1",
    turn_from=0,
    turn_to=6,
    clock=40,
)
_ids = count(1)


def recalled(action: str, effect: float | None, condition: str | None = None, *, kind: str = "strategy") -> Recalled:
    return Recalled(
        memory_id=next(_ids),
        text="",
        rank=1,
        score=1.0,
        parts={},
        kind=kind,
        condition=condition,
        action=action,
        effect=effect,
    )


def strategy(action: str, effect: float | None, condition: str | None = None, **changes: object) -> MemoryRecord:
    reach = None if effect is None else 0.4
    memory = MemoryRecord(
        memory_id=next(_ids),
        key="k",
        agent_id=1,
        agent="ada",
        kind="strategy",
        text="",
        env_id=TICTACTOE.env_id,
        role="player",
        episode_id=1,
        seat="player_1",
        turn_from=0,
        turn_to=0,
        outcome=None,
        importance=0.5,
        clock=20,
        n_recalled=0,
        state="active",
        created_at=0,
        condition=condition,
        action=action,
        effect=effect,
        low=None if effect is None or reach is None else effect - reach,
        high=None if effect is None or reach is None else effect + reach,
        maker="grounded",
        votes=2,
    )
    return replace(memory, **changes)  # pyright: ignore[reportArgumentType]


def contrast(action: str = "left", effect: float = 1.0, condition: str | None = None) -> Contrast:
    return Contrast(
        condition=condition,
        action=action,
        effect=effect,
        low=effect - 0.3,
        high=effect + 0.3,
        n_with=40,
        n_without=95,
        n_episodes=20,
        supports=(Sighting(3, "player_1", 2),),
        contradicts=(Sighting(4, "player_1", 0),),
    )


def live(n: int, *, gain: float = 1.0, start: int = 0, state: tuple[str, ...] = ("open",)) -> list[Lived]:
    """Returns lives of four decisions in which left earns `gain` more than right, nearly without noise."""

    def decide(number: int, turn: int) -> Moment:
        action = LEFT if (number + turn) % 2 else RIGHT
        return moment(action, gain * (action == LEFT) + 0.05 * ((number * 7 + turn) % 3 - 1), state=state, turn=turn)

    return [life(number, [decide(number, turn) for turn in range(4)]) for number in range(start + 1, start + n + 1)]


def hold(active: list[MemoryRecord], lives: list[Lived], *, stated: int = 20, clock: int = 40) -> Book:
    """Returns the book of some strategies after it was held against some lives."""
    book = Book(replace(GROUND, clock=clock), active)
    revise(book, Comparison(Decisions(lives, role="player", steps=1)), find_stated=lambda memory: stated)
    return book


# How they are told


def test_a_strategy_is_told_with_its_numbers() -> None:
    told = phrase(TICTACTOE, contrast("centre", 0.42))
    assert told == (
        'In Tic-tac-toe, taking "centre": return 0.42 higher than otherwise (95 % +0.12 to +0.72; '
        "40 against 95 decisions)."
    )


def test_a_strategy_that_warns_says_by_how_much_the_return_is_lower() -> None:
    told = phrase(TICTACTOE, contrast("edge", -0.5, "opening"))
    assert told.startswith('In Tic-tac-toe when "opening", taking "edge": return 0.50 lower than otherwise')


def test_a_strategy_says_over_how_many_turns_its_effect_is_counted() -> None:
    simple = default_catalog().find("mpe/simple_v3")
    assert "return of 12 turns 0.42 higher" in phrase(simple, contrast("move", 0.42))
    assert "reward 0.42 higher" in phrase(RPS, contrast("rock", 0.42))


def test_a_strategy_has_at_most_sixty_tokens() -> None:
    long = "call, high card, top card nine or less, a bet to call"
    told = phrase(default_catalog().find("texas_holdem_v4"), contrast(long, -1.25, "no rival has raised"))
    assert len(re.findall(r"\w+|[^\w\s]", told)) <= 60


# How they are applied


def test_effects_add_up_over_the_facts_of_an_action() -> None:
    effects = apply([recalled("move", 0.5), recalled("left", 1.0)], FACTS)
    assert effects == {0: 1.5, 1: 0.5, 2: 0}


def test_a_strategy_holds_only_where_its_condition_does() -> None:
    assert apply([recalled("left", 1.0, "mud")], FACTS)[0] == 0
    assert apply([recalled("left", 1.0, "ice")], FACTS)[0] == 1.0


def test_of_strategies_for_the_same_action_the_most_specific_counts() -> None:
    told = [recalled("left", 1.0), recalled("left", -2.0, "ice"), recalled("left", 0.5, "open")]
    assert apply(told, FACTS)[0] == -2.0


def test_memories_of_other_kinds_and_ideas_change_nothing() -> None:
    assert set(apply([recalled("left", 9.0, kind="habit"), recalled("left", None)], FACTS).values()) == {0}


# What becomes of them


def test_what_the_experience_shows_is_added_with_two_votes_and_its_evidence() -> None:
    book = hold([], live(30))
    [draft] = book.drafts
    assert (draft.condition, draft.action, draft.votes, draft.maker) == (None, "left", ADDED, "grounded")
    assert draft.low is not None
    assert draft.low > 0
    assert {piece.relation for piece in draft.evidence} >= {"supports"}


def test_what_is_found_again_gets_a_vote() -> None:
    known = strategy("left", 1.0, low=0.97, high=1.03)
    book = hold([known], live(30))
    assert (book.changes[known.memory_id].op, book.votes[known.memory_id]) == ("agree", 1)
    assert book.drafts == []


def test_an_effect_that_has_changed_is_stated_anew() -> None:
    known = strategy("left", 3.0)
    change = hold([known], live(30)).changes[known.memory_id]
    assert change.op == "edit"
    assert change.fields["effect"] == pytest.approx(1.0, abs=0.1)
    assert "return 1.0" in str(change.fields["text"])


def test_an_effect_that_is_known_far_better_is_stated_anew() -> None:
    known = strategy("left", 1.0, low=-1.0, high=3.0)
    assert hold([known], live(30)).changes[known.memory_id].op == "edit"


def test_a_strategy_is_superseded_where_the_opposite_is_clear() -> None:
    known = strategy("left", -1.0)
    book = hold([known], live(30))
    assert book.changes[known.memory_id].fields["state"] == "superseded"
    assert book.drafts[book.successors[known.memory_id]].effect == pytest.approx(1.0, abs=0.1)


def test_with_twice_the_evidence_an_effect_that_is_no_longer_certain_loses_a_vote() -> None:
    known = strategy("left", 1.0)
    book = hold([known], live(40, gain=0.0), stated=20)
    assert (book.changes[known.memory_id].op, book.votes[known.memory_id]) == ("retire", -1)
    assert "state" not in book.changes[known.memory_id].fields


def test_with_little_more_evidence_nothing_is_doubted() -> None:
    known = strategy("left", 1.0)
    assert hold([known], live(40, gain=0.0), stated=30).changes == {}


def test_a_strategy_without_a_vote_left_is_retired() -> None:
    known = strategy("left", 1.0, votes=1)
    assert hold([known], live(40, gain=0.0), stated=20).changes[known.memory_id].fields["state"] == "retired"


def test_a_strategy_that_hurts_is_retired_after_five_uses() -> None:
    known = strategy("left", 1.0, n_helped=0, n_hurt=5)
    assert hold([known], live(30)).changes[known.memory_id].fields["state"] == "retired"
    used_less = strategy("left", 1.0, n_helped=0, n_hurt=4)
    assert hold([used_less], live(30)).changes[used_less.memory_id].fields.get("state") is None


def test_an_idea_that_the_experience_bears_out_is_given_its_effect() -> None:
    idea = strategy("left", None, maker="model:x")
    change = hold([idea], live(30)).changes[idea.memory_id]
    assert change.op == "edit"
    assert change.fields["effect"] == pytest.approx(1.0, abs=0.1)


def test_an_idea_that_is_not_borne_out_is_retired_in_the_end() -> None:
    idea = strategy("jump", None, maker="model:x", clock=20)
    assert hold([idea], live(10), clock=20 + PATIENCE - 1).changes == {}
    assert hold([idea], live(10), clock=20 + PATIENCE).changes[idea.memory_id].fields["state"] == "retired"


def test_what_a_person_wrote_or_pinned_is_never_changed() -> None:
    by_hand, pinned = strategy("left", -1.0, maker="hand"), strategy("right", 5.0, pinned=True)
    book = hold([by_hand, pinned], live(30))
    assert book.changes == {}


def test_a_narrower_strategy_that_says_the_same_is_merged() -> None:
    wide, narrow = strategy("left", 1.0, low=0.97, high=1.03), strategy("left", 1.0, "ice")
    lives = live(30) + live(30, start=30, state=("open", "ice"))
    book = Book(GROUND, [wide, narrow])
    comparison = Comparison(Decisions(lives, role="player", steps=1))
    revise(book, comparison, find_stated=lambda memory: 60)
    merged = book.changes.get(narrow.memory_id)
    assert merged is not None
    assert merged.fields == {"state": "superseded", "superseded_by": wide.memory_id}


def test_a_full_book_makes_room_by_voting_down_the_weakest() -> None:
    active = [strategy(f"way {n}", 1.0, votes=9) for n in range(MOST_ACTIVE - 1)]
    weak = strategy("weak", 0.1, votes=3)
    book = Book(GROUND, [*active, weak])
    assert book.add(contrast())
    assert book.changes[weak.memory_id].fields["state"] == "retired"
    assert len(book.standing()) + len(book.drafts) == MOST_ACTIVE


def test_a_full_book_of_strong_strategies_takes_no_more() -> None:
    book = Book(GROUND, [strategy(f"way {n}", 1.0, votes=9) for n in range(MOST_ACTIVE)])
    assert not book.add(contrast())
    assert book.drafts == []


def test_there_is_room_for_few_ideas() -> None:
    book = Book(GROUND, [])
    added = [book.suggest(None, f"way {n}", "text", evidence=()) for n in range(MOST_IDEAS + 3)]
    assert sum(added) == MOST_IDEAS


def test_no_strategy_makes_room_for_an_idea() -> None:
    book = Book(GROUND, [strategy(f"way {n}", 1.0, votes=1) for n in range(MOST_ACTIVE)])
    assert not book.suggest(None, "new", "text", evidence=())
    assert book.changes == {}


# What is general, and what is forgotten


def test_what_holds_in_two_suites_becomes_general() -> None:
    here, there = strategy("wins", 1.0), strategy("wins", 3.0, env_id="mpe/simple_v3")
    assert [(each.op, each.fields) for each in promote([here, there], clock=9, episode_id=1)] == [
        ("promote", {"scope": "general"})
    ]


def test_what_holds_in_one_suite_alone_or_with_another_sign_stays_where_it_is() -> None:
    sibling = strategy("wins", 1.0, env_id="classic/connect_four_v3")
    opposite = strategy("wins", -1.0, env_id="mpe/simple_v3")
    unsure = strategy("wins", 0.1, env_id="mpe/simple_v3")
    assert promote([strategy("wins", 1.0), sibling, opposite, unsure], clock=9, episode_id=1) == []


def test_the_least_needed_episodes_are_forgotten_first() -> None:
    old = strategy("", None, kind="episodic", importance=0.1, clock=1, episode_id=5)
    fresh = strategy("", None, kind="episodic", importance=0.9, clock=40, episode_id=6)
    [change] = choose_forgotten([fresh, old], 1, clock=40, needed=())
    assert change.memory_id == old.memory_id


def test_the_evidence_of_strategies_pinned_ones_and_other_kinds_are_never_forgotten() -> None:
    needed = strategy("", None, kind="episodic", episode_id=5, seat="player_1")
    pinned = strategy("", None, kind="episodic", episode_id=6, pinned=True)
    assert choose_forgotten([needed, pinned, strategy("a", 1.0)], 3, clock=40, needed={(5, "player_1")}) == []


# In the store


def test_the_stated_effect_is_computed_anew_from_the_store(tmp_path: Path) -> None:
    with AgentsDB.open(tmp_path / "a.db") as db:
        ada = create(db)
        play_past(db, ada, TICTACTOE, 70, after=lambda episode: _look(db, ada.agent_id, episode.episode_id))
        strategies = db.memories(ada.agent_id, kind="strategy")
        assert strategies
        for memory in strategies:
            found = recompute(db, memory)
            assert found is not None
            assert (found.effect, found.low, found.high) == (memory.effect, memory.low, memory.high)


def test_the_stated_effect_of_other_kinds_is_none(tmp_path: Path) -> None:
    with AgentsDB.open(tmp_path / "a.db") as db:
        assert recompute(db, strategy("left", 1.0, kind="habit")) is None


def _look(db: AgentsDB, agent_id: int, episode_id: int) -> None:
    study = open_study(db, agent_id, TICTACTOE, db.episode(episode_id))
    assert study is not None
    reflect(study)
