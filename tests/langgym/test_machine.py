"""Play, kill, resume, reindex, back up, restore and delete in any order, against a plain model of what must be."""

import multiprocessing
import shutil
import signal
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from agents_db.embed import HashedEmbedder
from agents_db.errors import NoStore
from agents_db.exact import ExactIndex
from agents_db.index import MemoryIndex
from agents_db.owner import AgentLock
from agents_db.store import AgentsDB
from langgym.home import index_root, store_path
from tests.langgym.acts import run_act

EMBEDDER = HashedEmbedder().fingerprint
NAMES = ("ada", "bob")
GAMES = ("classic/leduc_holdem_v4", "mpe/simple_crypto_v3", "classic/tictactoe_v3")
BORDERS = ("after_reply", "after_sql", "before_move", "after_move", "mid_reflection", "mid_chroma", "mid_rebuild")
context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["tests.langgym.acts", "chromadb"])

borders = st.none() | st.builds("{}:{}".format, st.sampled_from(BORDERS), st.integers(1, 30))


@dataclass
class Known:
    """What must be stored: everything ever seen, until it is deleted or an older copy takes its place."""

    played: dict[str, int] = field(default_factory=dict)
    """Episodes that each agent has begun to play in runs that were asked for, by name."""
    texts: dict[int, str] = field(default_factory=dict)
    """Of memories, by id."""
    owners: dict[int, str] = field(default_factory=dict)
    is_open: bool = False
    """Whether a run may have been cut off."""

    def copy(self) -> "Known":
        return Known(dict(self.played), dict(self.texts), dict(self.owners), self.is_open)


class Lives(RuleBasedStateMachine):
    """A home and a plain model of it."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="langgym-machine-"))
        self.home = self.root / "home"
        self.known = Known()
        self.copies: list[tuple[Path, Known]] = []

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    def act(self, name: str, border: str | None = None, **given: object) -> bool:
        """Has a process do something and returns whether it was killed."""
        process = context.Process(target=run_act, args=(self.home, name, border, given))
        process.start()
        process.join(60)
        assert process.exitcode in (0, -signal.SIGKILL), f"{name} {given} ended with {process.exitcode}"
        return process.exitcode != 0

    @rule(
        agent=st.sampled_from(NAMES),
        env_id=st.sampled_from(GAMES),
        episodes=st.integers(1, 3),
        parallel=st.sampled_from([1, 2]),
        seed=st.integers(0, 5),
        border=borders,
    )
    def play(self, agent: str, env_id: str, episodes: int, parallel: int, seed: int, border: str | None) -> None:
        given = {"agent": agent, "env_id": env_id, "episodes": episodes, "seed": seed, "parallel": parallel}
        was_open = self.known.is_open
        killed = self.act("play", border, **given)
        self.known.is_open |= killed
        if not killed:
            self.known.played[agent] = self.known.played.get(agent, 0) + episodes
        self.learn(finished=not killed and not was_open)

    @precondition(lambda self: self.known.is_open)
    @rule(border=borders)
    def resume(self, border: str | None) -> None:
        killed = self.act("resume", border)
        self.known.is_open = killed
        self.learn(finished=not killed)

    @precondition(lambda self: self.known.played)
    @rule(agent=st.sampled_from(NAMES), border=st.none() | st.sampled_from(["mid_rebuild", "after_pointer"]))
    def reindex(self, agent: str, border: str | None) -> None:
        if agent in self.known.played:
            self.act("reindex", border, agent=agent)

    @precondition(lambda self: self.known.played)
    @rule()
    def back_up(self) -> None:
        target = self.root / f"copy-{len(self.copies)}.db"
        assert not self.act("backup", target=target)
        self.copies.append((target, self.known.copy()))

    @precondition(lambda self: self.copies)
    @rule(keeps_index=st.booleans())
    def restore(self, keeps_index: bool) -> None:
        copy, known = self.copies[-1]
        for suffix in ("-wal", "-shm"):
            Path(f"{store_path(self.home)}{suffix}").unlink(missing_ok=True)
        shutil.copy(copy, store_path(self.home))
        if not keeps_index:
            shutil.rmtree(index_root(self.home), ignore_errors=True)
        self.known = known.copy()

    @precondition(lambda self: self.known.played and not self.known.is_open)
    @rule(agent=st.sampled_from(NAMES))
    def delete(self, agent: str) -> None:
        if agent not in self.known.played:
            return
        assert not self.act("delete", agent=agent)
        del self.known.played[agent]
        gone = [memory_id for memory_id, owner in self.known.owners.items() if owner == agent]
        for memory_id in gone:
            del self.known.texts[memory_id], self.known.owners[memory_id]

    def learn(self, *, finished: bool) -> None:
        """Takes over what new memories there are; once seen, they must stay as they are."""
        try:
            db = AgentsDB.open_reader(store_path(self.home))
        except NoStore:
            assert not finished
            return
        with db:
            for agent in db.agents():
                if agent.name not in self.known.played:
                    self.known.played[agent.name] = 0
                for memory in db.memories(agent.agent_id, limit=10_000):
                    assert self.known.texts.setdefault(memory.memory_id, memory.text) == memory.text
                    self.known.owners[memory.memory_id] = agent.name
            if finished:
                assert not db.unfinished()
                assert not db.open_runs()

    @invariant()
    def everything_known_is_stored(self) -> None:
        try:
            db = AgentsDB.open_reader(store_path(self.home))
        except NoStore:
            assert not self.known.texts
            return
        with db:
            stored = {
                memory.memory_id: (memory.text, agent.name)
                for agent in db.agents()
                for memory in db.memories(agent.agent_id, limit=10_000)
            }
            for memory_id, text in self.known.texts.items():
                assert stored[memory_id] == (text, self.known.owners[memory_id])
            for agent in db.agents():
                finished = [part for part in self._participations(db, agent.agent_id)]
                assert agent.n_participations == len(finished) == agent.n_memories
                assert agent.n_participations >= self.known.played.get(agent.name, 0)
            assert [finding for finding in db.check() if finding.severity == "problem"] == []

    @staticmethod
    def _participations(db: AgentsDB, agent_id: int) -> list[object]:
        return [
            part
            for episode in db.episodes(agent_id=agent_id, status="finished", limit=10_000)
            for part in episode.participations
            if part.agent_id == agent_id
        ]

    @precondition(lambda self: self.known.played and not self.known.is_open)
    @rule()
    def the_index_finds_what_an_exact_search_finds(self) -> None:
        with AgentsDB.open(store_path(self.home)) as db:
            for agent in db.agents():
                with AgentLock(index_root(self.home), agent.agent_id, name=agent.name):
                    index = MemoryIndex.open(db, agent.agent_id, index_root(self.home), embedder=EMBEDDER)
                    exact = ExactIndex(db, agent.agent_id, embedder=EMBEDDER)
                    assert index.is_open
                    assert index.verify() == []
                    for vector in db.vectors(agent.agent_id, EMBEDDER).matrix[:3]:
                        assert index.query(vector, 4) == exact.query(vector, 4)
                    index.close()


def test_any_life_keeps_what_it_has_learnt() -> None:
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=8,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # a process for each step is too slow for shrinking
            suppress_health_check=list(HealthCheck),
        ),
    )
