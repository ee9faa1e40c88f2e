"""A store with one agent in it, and makers of what tests put there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from agents_db.knowledge import MemoryDraft, MemoryRecord, RecallDraft
from agents_db.records import (
    AgentDraft,
    AgentRecord,
    AttemptDraft,
    ChoiceDraft,
    EpisodeDraft,
    EpisodeEnd,
    EpisodeRecord,
    EpisodeStatus,
    MessageText,
    PlayerDraft,
    PositionDraft,
    RunDraft,
    SeatOutcome,
    StepDraft,
)
from agents_db.store import AgentsDB
from tests.agents_db.mounts import Mount

ENV = "classic/tictactoe_v3"
EMBEDDER = "test-embedder"
DIM = 8


def make_vector(seed: int, dim: int = DIM) -> NDArray[np.float32]:
    vector = np.random.default_rng(seed).normal(size=dim).astype(np.float32)
    return vector / np.linalg.norm(vector)


class World:
    """A store, an agent `ada`, a run, and makers of drafts."""

    def __init__(self, db: AgentsDB) -> None:
        self.db = db
        self.ada: AgentRecord = db.create_agent(AgentDraft(name="ada", model="scripted"))
        self.run = db.start_run(RunDraft(seed=1, settings={"a": 1}, langgym_version="0.1.0", commit=None))

    def draft_episode(self, number: int = 0, *, env_id: str = ENV, rival: int | None = None) -> EpisodeDraft:
        return EpisodeDraft(
            run_id=self.run.run_id,
            number=number,
            choice_id=None,
            env_id=env_id,
            kwargs={"size": 3},
            text_version=1,
            situation_version=1,
            seed=2**62,
            max_turns=None,
            templates="t",
            packages={"pettingzoo": "1.27.0"},
            langgym_version="0.1.0",
            commit="abc",
            players=(
                PlayerDraft(
                    seat="player_1", role="x", team=None, player="ada", agent_id=self.ada.agent_id, model="scripted"
                ),
                PlayerDraft(seat="player_2", role="o", team=None, player="random", agent_id=rival, model=None),
            ),
        )

    def start(self, number: int = 0, *, env_id: str = ENV, rival: int | None = None) -> EpisodeRecord:
        return self.db.start_episode(self.draft_episode(number, env_id=env_id, rival=rival))

    def draft_position(self, turn: int = 0) -> PositionDraft:
        return PositionDraft(turn=turn, digest=bytes([turn % 256]), payments={"player_1": 0.5, "player_2": 0.0})

    def draft_step(
        self, turn: int = 0, *, text: str = "the board", recalled: tuple[RecallDraft, ...] = ()
    ) -> StepDraft:
        return StepDraft(
            turn=turn,
            seat="player_1",
            action=4,
            name="b2",
            source="model",
            text=text,
            situation="empty",
            thought="centre",
            n_attempts=1,
            recalled=recalled,
        )

    def play(self, episode: EpisodeRecord, turn: int = 0, *, text: str = "the board", paid: bool = False) -> None:
        self.db.record_turn(
            episode.episode_id, self.draft_position(turn), [self.draft_step(turn, text=text)], paid=paid
        )

    def draft_attempt(
        self, episode: EpisodeRecord, turn: int = 0, *, prompt: str = "play", reply: str = "b2"
    ) -> AttemptDraft:
        return AttemptDraft(
            ordinal=0,
            outcome="ok",
            prompt=(
                MessageText(role="system", section="rules", text="the rules"),
                MessageText(role="user", section="board", text=prompt),
            ),
            reply=reply,
            problem=None,
            tokens_in=10,
            tokens_out=2,
            cached_tokens=None,
            milliseconds=5,
            episode_id=episode.episode_id,
            turn=turn,
            seat="player_1",
        )

    def draft_choice(self, number: int = 0) -> ChoiceDraft:
        return ChoiceDraft(
            run_id=self.run.run_id, agent_id=self.ada.agent_id, number=number, offered={"envs": ["a", "b"]}
        )

    def draft_choice_attempt(self, choice_id: int) -> AttemptDraft:
        return AttemptDraft(
            ordinal=0,
            outcome="ok",
            prompt=(MessageText(role="user", section="menu", text="choose"),),
            reply="a",
            problem=None,
            tokens_in=7,
            tokens_out=1,
            cached_tokens=None,
            milliseconds=5,
            choice_id=choice_id,
        )

    def draft_memory(
        self, episode: EpisodeRecord, *, text: str = "I won by the centre.", seed: int | None = 1
    ) -> MemoryDraft:
        return MemoryDraft(
            agent_id=self.ada.agent_id,
            kind="episodic",
            text=text,
            env_id=episode.env_id,
            role="x",
            episode_id=episode.episode_id,
            seat="player_1",
            turn_from=0,
            turn_to=0,
            outcome=1.0,
            importance=0.5,
            vector=None if seed is None else make_vector(seed),
            embedder=None if seed is None else EMBEDDER,
        )

    def draft_end(
        self, episode: EpisodeRecord, *memories: MemoryDraft, status: EpisodeStatus = "finished", total: float = 1.0
    ) -> EpisodeEnd:
        return EpisodeEnd(
            episode_id=episode.episode_id,
            status=status,
            reason="natural",
            fault=None,
            position=PositionDraft(turn=1, digest=b"end", payments={"player_1": total}),
            outcomes=(
                SeatOutcome(seat="player_1", total=total, result="win", reason="natural"),
                SeatOutcome(seat="player_2", total=-total, result="loss", reason="natural"),
            ),
            memories=memories,
        )

    def remember(self, number: int, n: int = 1) -> list[MemoryRecord]:
        """Plays episode `number` and ends it with `n` memories."""
        episode = self.start(number)
        self.play(episode)
        drafts = [self.draft_memory(episode, text=f"memory {number}.{i}", seed=1000 * number + i) for i in range(n)]
        return self.db.end_episode(self.draft_end(episode, *drafts))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[AgentsDB]:
    with AgentsDB.open(tmp_path / "store.db") as opened:
        yield opened


@pytest.fixture
def world(db: AgentsDB) -> World:
    return World(db)


@pytest.fixture
def make_mount(tmp_path: Path) -> Iterator[Callable[[int], Mount]]:
    """Mounts a disk of so many KiB."""
    mounts: list[Mount] = []

    def make(n_kib: int) -> Mount:
        mounts.append(Mount(tmp_path / f"disk{len(mounts)}", n_kib))
        return mounts[-1]

    yield make
    for mount in mounts:
        mount.close()
