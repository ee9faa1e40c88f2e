"""Reflection: when it is time to look back, and that looking back twice is as good as once."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agents_db.knowledge import LivedRecord, MemoryDraft, MemoryRecord
from agents_db.records import EpisodeRecord
from agents_db.store import AgentsDB
from langgym.memory.book import Book
from langgym.memory.reflection import Study, is_due, open_study, reflect
from langgym.memory.reflector import is_worth_asking
from langgym.memory.testing import MemoryFault, check_memory
from tests.langgym.pasts import TICTACTOE, create, play_past
from universe.card import EnvCard


def past(results: Sequence[str]) -> list[LivedRecord]:
    totals = {"win": 1.0, "draw": 0.0, "loss": -1.0}
    return [
        LivedRecord(
            participation_id=n,
            episode_id=n,
            seat="player_1",
            role="player",
            agent_id=1,
            clock=n,
            total=totals[result],
            result=result,
        )
        for n, result in enumerate(results, 1)
    ]


def study_of(db: AgentsDB, agent_id: int, episode: EpisodeRecord) -> Study:
    study = open_study(db, agent_id, TICTACTOE, episode)
    assert study is not None
    return study


def remember(db: AgentsDB, agent_id: int) -> list[MemoryRecord]:
    return db.memories(agent_id, limit=500, state=None)


def test_an_agent_looks_back_ever_more_seldom() -> None:
    assert [n for n in range(1, 110) if is_due(n - 1, n)] == [10, 15, 20, 30, 45, 67, 100]


def test_two_participations_in_one_episode_pass_no_look_over() -> None:
    assert is_due(14, 16)
    assert not is_due(15, 17)


def test_a_loss_is_worth_thinking_about() -> None:
    assert is_worth_asking(past(["win", "win", "loss"]), asked=None) == "it was lost"


def test_a_return_below_the_usual_is_worth_thinking_about() -> None:
    records = [replace(each, result=None) for each in past(["win"] * 5 + ["draw"])]
    assert is_worth_asking(records, asked=None) == "it went worse than usual"


def test_a_win_and_a_loss_are_worth_comparing() -> None:
    assert is_worth_asking(past(["loss", "win"]), asked=None) == "there are a win and a loss to compare"


def test_what_was_compared_is_not_compared_again() -> None:
    assert is_worth_asking(past(["loss", "win", "win", "win", "win"]), asked=1) is None


def test_every_eighth_win_is_worth_thinking_about() -> None:
    assert is_worth_asking(past(["win"] * 8), asked=None) == "there are 8 more wins"
    assert is_worth_asking(past(["win"] * 7), asked=None) is None


def test_after_a_reflection_one_episode_goes_by() -> None:
    assert is_worth_asking(past(["loss", "loss"]), asked=0) is None
    assert is_worth_asking(past(["loss", "loss", "loss"]), asked=0) is not None


def test_looking_back_twice_changes_nothing(tmp_path: Path) -> None:
    with AgentsDB.open(tmp_path / "a.db") as db:
        ada = create(db)
        play_past(db, ada, TICTACTOE, 100, after=lambda e: reflect(study_of(db, ada.agent_id, e)))
        before, events = remember(db, ada.agent_id), db.memory_events(agent_id=ada.agent_id, limit=500)
        assert before
        assert events
        reflect(study_of(db, ada.agent_id, db.episodes(limit=1)[0]))
        assert remember(db, ada.agent_id) == before
        assert db.memory_events(agent_id=ada.agent_id, limit=500) == events


def test_looking_back_goes_on_where_it_was_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies after the new strategies were stored and before the changes were."""

    def cut(self: Book, db: AgentsDB) -> list[MemoryRecord]:
        db.add_memories(self.drafts)
        raise KeyboardInterrupt

    def live(path: Path, *, is_cut: bool) -> list[tuple[object, ...]]:
        with AgentsDB.open(path, clock=lambda: 0) as db:
            ada = create(db)
            play_past(db, ada, TICTACTOE, 66, after=lambda e: reflect(study_of(db, ada.agent_id, e)))
            play_past(db, ada, TICTACTOE, 1, seed=1)
            last = db.episodes(limit=1)[0]
            if is_cut:
                study = study_of(db, ada.agent_id, last)
                monkeypatch.setattr(Book, "store", cut)
                with pytest.raises(KeyboardInterrupt):
                    reflect(study)
                monkeypatch.undo()
            reflect(study_of(db, ada.agent_id, last))
            return [(m.kind, m.text, m.votes, m.state, m.clock, m.rev) for m in remember(db, ada.agent_id)]

    straight = live(tmp_path / "a.db", is_cut=False)
    assert any(votes > 2 for _, _, votes, *_ in straight)
    assert live(tmp_path / "b.db", is_cut=True) == straight


def test_an_episode_that_was_overtaken_is_not_looked_back_on(tmp_path: Path) -> None:
    with AgentsDB.open(tmp_path / "a.db") as db:
        ada = create(db)
        play_past(db, ada, TICTACTOE, 67)
        newest, *_, first = db.episodes(limit=38)
        reflect(study_of(db, ada.agent_id, newest))
        before = remember(db, ada.agent_id)
        assert before
        assert study_of(db, ada.agent_id, first).is_due("player")
        assert reflect(study_of(db, ada.agent_id, first)) == []
        assert remember(db, ada.agent_id) == before


def test_nothing_is_learnt_from_an_episode_of_another_agent(tmp_path: Path) -> None:
    with AgentsDB.open(tmp_path / "a.db") as db:
        ada, eve = create(db), create(db, "eve")
        play_past(db, ada, TICTACTOE, 10)
        assert open_study(db, eve.agent_id, TICTACTOE, db.episodes(limit=1)[0]) is None


def test_nothing_is_learnt_where_situations_are_told_otherwise_by_now(tmp_path: Path) -> None:
    with AgentsDB.open(tmp_path / "a.db") as db:
        ada = create(db)
        play_past(db, ada, TICTACTOE, 1)
        newer = TICTACTOE.model_copy(update={"situation_version": TICTACTOE.situation_version + 1})
        assert open_study(db, ada.agent_id, newer, db.episodes(limit=1)[0]) is None


def test_new_memories_are_of_the_moment_when_the_episode_had_ended(tmp_path: Path) -> None:
    with AgentsDB.open(tmp_path / "a.db") as db:
        ada = create(db)
        play_past(db, ada, TICTACTOE, 30)
        last = db.episodes(limit=1)[0]
        play_past(db, ada, TICTACTOE, 2, seed=1)
        done = reflect(study_of(db, ada.agent_id, last))
        assert {memory.clock for memory in done} == {30}


def test_every_piece_of_evidence_is_a_decision_that_was_made(tmp_path: Path) -> None:
    with AgentsDB.open(tmp_path / "a.db") as db:
        ada = create(db)
        play_past(db, ada, TICTACTOE, 30, after=lambda e: reflect(study_of(db, ada.agent_id, e)))
        [strategy, *_] = db.memories(ada.agent_id, kind="strategy")
        pieces = [piece for piece in db.evidence(strategy.memory_id) if piece.relation == "supports"]
        assert pieces
        assert all(db.steps(piece.episode_id, turn=piece.turn_from, seat=piece.seat) for piece in pieces)


def test_the_memory_of_an_agent_stays_bounded(tmp_path: Path) -> None:
    with AgentsDB.open(tmp_path / "a.db") as db:
        ada = create(db)
        play_past(db, ada, TICTACTOE, 30, after=lambda e: reflect(study_of(db, ada.agent_id, e)))
        strategies = db.memories(ada.agent_id, kind="strategy")
        episode = db.episodes(limit=1)[0]
        db.add_memories([_draft(ada.agent_id, each) for each in db.episodes(limit=30)])
        reflect(study_of(db, ada.agent_id, episode), most=20)
        assert len(db.memories(ada.agent_id, limit=500)) <= 20
        assert db.memories(ada.agent_id, kind="strategy") == strategies


def _draft(agent_id: int, episode: EpisodeRecord) -> MemoryDraft:
    seat = next(part.seat for part in episode.participations if part.agent_id == agent_id)
    return MemoryDraft(
        agent_id=agent_id,
        kind="episodic",
        text=f"episode {episode.episode_id}",
        env_id=episode.env_id,
        role="player",
        episode_id=episode.episode_id,
        seat=seat,
        turn_from=None,
        turn_to=None,
        outcome=0.0,
        importance=0.5,
    )


@pytest.mark.parametrize("kind", ["strategy", "habit"])
def test_every_kind_that_is_counted_keeps_the_contract_of_memory(tmp_path: Path, kind: str) -> None:
    check_memory(absorb, kind=kind, folder=tmp_path)


def test_a_kind_that_remembers_an_episode_twice_breaks_the_contract(tmp_path: Path) -> None:
    def absorb_again(db: AgentsDB, agent_id: int, card: EnvCard, episode: EpisodeRecord) -> None:
        db.add_memories([replace(_draft(agent_id, episode), maker=f"take {len(db.memories(agent_id))}")])

    with pytest.raises(MemoryFault, match="again changes nothing"):
        check_memory(absorb_again, kind="episodic", folder=tmp_path, n_episodes=2)


def test_a_kind_that_rests_on_nothing_breaks_the_contract(tmp_path: Path) -> None:
    def absorb_falsely(db: AgentsDB, agent_id: int, card: EnvCard, episode: EpisodeRecord) -> None:
        db.add_memories([replace(_draft(agent_id, episode), turn_to=99)])

    with pytest.raises(MemoryFault, match="decisions that exist"):
        check_memory(absorb_falsely, kind="episodic", folder=tmp_path, n_episodes=2)


def absorb(db: AgentsDB, agent_id: int, card: EnvCard, episode: EpisodeRecord) -> None:
    study = open_study(db, agent_id, card, episode)
    assert study is not None
    reflect(study)
