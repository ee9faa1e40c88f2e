"""The writer that the crash bench kills: a scripted life whose every acknowledgement is written to a file."""

import json
import os
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents_db.embed import HashedEmbedder
from agents_db.exact import ExactIndex
from agents_db.index import MemoryIndex
from agents_db.knowledge import MemoryRecord
from agents_db.owner import AgentLock
from agents_db.records import AgentDraft, AttemptDraft, AttemptRecord, EpisodeEnd, Json, PositionDraft, StepDraft
from agents_db.store import AgentsDB
from langgym.config import Settings
from langgym.home import index_root, store_path
from langgym.hosting import Host
from langgym.models.doubles import Call, FunctionModel
from langgym.narrator import SilentNarrator
from langgym.plan import Plan
from langgym.play import Session, start_run
from langgym.transcript import read_transcript
from universe.universe import LocalUniverse

SEED = 11
CALL_SECONDS = 0.002
"""That a scripted model takes to answer, so that some kills find a call under way."""
EMBEDDER = "hashed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A life to be interrupted."""

    name: str
    env_id: str | None
    episodes: int
    parallel: int = 1
    settings: dict[str, Json] = field(default_factory=dict[str, Json])

    def make_plan(self) -> Plan:
        """Returns the plan of its run."""
        chosen = {"model": "openai:scripted", "embedder": EMBEDDER, **self.settings}
        return Plan(
            agent="ada",
            episodes=self.episodes,
            env_id=self.env_id,
            parallel=self.parallel,
            settings=Settings.model_validate(chosen),
        )


SCENARIOS = (
    Scenario(name="self-play", env_id="classic/leduc_holdem_v4", episodes=4, settings={"rival": "self"}),
    Scenario(
        name="at once",
        env_id="mpe/simple_crypto_v3",
        episodes=3,
        parallel=2,
        settings={"rival": "agent:bob", "mate": "self", "max_turns": 3},
    ),
    Scenario(name="choosing", env_id=None, episodes=4, parallel=3, settings={"max_turns": 3, "max_attempts": 2}),
    Scenario(
        name="forfeits",
        env_id="classic/tictactoe_v3",
        episodes=4,
        settings={"rival": "agent:bob", "max_attempts": 1},
    ),
)


class Acknowledged:
    """A file of what was acknowledged: one line of JSON each, which no kill of the process can take back."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, kind: str, **what: Json) -> None:
        """Appends a line in one system call."""
        line = {"kind": kind, "at": time.monotonic(), **what}
        os.write(self._file, json.dumps(line).encode() + b"\n")

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)


class WatchedDB(AgentsDB):
    """A store that writes down what it acknowledges, after it has."""

    told: Acknowledged

    def begin_attempt(self, draft: AttemptDraft) -> None:
        """Stores the beginning of a call."""
        super().begin_attempt(draft)
        self.told.write("begun", place=find_place(draft))

    def add_attempt(self, draft: AttemptDraft) -> None:
        """Stores a reply."""
        super().add_attempt(draft)
        self.told.write("reply", place=find_place(draft), reply=draft.reply)

    def record_turn(
        self, episode_id: int, position: PositionDraft, steps: Sequence[StepDraft], *, paid: bool, held: bool = False
    ) -> None:
        """Stores the steps of a turn; one that is held is not acknowledged."""
        super().record_turn(episode_id, position, steps, paid=paid, held=held)
        for step in steps if not held else ():
            self.told.write("step", place=[episode_id, step.turn, step.seat], action=step.action)

    def end_episode(self, end: EpisodeEnd) -> list[MemoryRecord]:
        """Stores the end of an episode with its memories."""
        stored = super().end_episode(end)
        for memory in stored:
            self.told.write("memory", place=[memory.memory_id, memory.key], text=memory.text)
        return stored

    def add_vectors(self, embedder: str, pairs: Sequence[tuple[int, NDArray[np.float32]]]) -> None:
        """Stores vectors."""
        super().add_vectors(embedder, pairs)
        for memory_id, _ in pairs:
            self.told.write("vector", place=[memory_id])


def find_place(draft: AttemptDraft | AttemptRecord) -> list[Json]:
    """Returns where an attempt belongs."""
    return [draft.episode_id, draft.choice_id, draft.turn, draft.seat, draft.ordinal]


def answer(call: Call) -> str:
    """Answers by the schema and the seed alone; one answer in five cannot be read."""
    time.sleep(CALL_SECONDS)
    seed = call.seed or 0
    if seed % 5 == 0:
        return "I pass"
    assert call.schema is not None
    properties = call.schema["properties"]
    assert isinstance(properties, dict)
    chosen: dict[str, Json] = {}
    for name, schema in properties.items():  # pyright: ignore[reportUnknownVariableType]
        values = schema.get("enum")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        chosen[str(name)] = values[seed % len(values)] if values else "because"  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return json.dumps(chosen)


def live(home: Path, told: Path, scenario: Scenario) -> None:
    """Begins a life, or goes on with it, to its end; every acknowledgement is in `told`."""
    acknowledged = Acknowledged(told)
    acknowledged.write("start")

    def respond(call: Call) -> str:
        said = answer(call)
        prompt = blake2b(call.prompt.encode(), digest_size=8).hexdigest()
        acknowledged.write("call", place=[call.seed, prompt])
        return said

    with WatchedDB.open(store_path(home), clock=lambda: 0) as db:
        db.told = acknowledged
        for name in ("ada", "bob"):
            if db.find_agent(name) is None:
                db.create_agent(AgentDraft(name=name, model="openai:scripted", settings={"embedder": EMBEDDER}))
        runs = db.open_runs() or ([] if db.episodes() else [start_run(db, scenario.make_plan(), seed=SEED)])
        host = Host(db, home, note=_refuse_note, make_model=lambda settings: FunctionModel(respond), index_at=1)
        try:
            for run in runs:
                Session(host, run, Plan.read(run.settings), universe=LocalUniverse(), narrator=SilentNarrator()).play()
        finally:
            host.close()
    acknowledged.write("done")


def _refuse_note(text: str) -> None:
    raise AssertionError(text)


def inspect(home: Path) -> dict[str, Json]:
    """Returns what a finished life left, and what is wrong with it: the store's own check and every index."""
    with AgentsDB.open(store_path(home), clock=lambda: 0) as db:
        faults: list[Json] = [finding.what for finding in db.check() if finding.severity == "problem"]
        faults += [f"job {job.job_id} is still {job.state}" for job in db.jobs()]
        faults += [fault for agent in db.agents() for fault in _inspect_index(db, home, agent.agent_id)]
        lost = sum(row.lost_calls for row in db.spending())
        return {"transcript": read_transcript(db), "faults": faults, "lost_calls": lost}


def _inspect_index(db: AgentsDB, home: Path, agent_id: int) -> list[str]:
    with AgentLock(index_root(home), agent_id, name=str(agent_id)):
        fingerprint = HashedEmbedder().fingerprint
        index = MemoryIndex.open(db, agent_id, index_root(home), embedder=fingerprint)
        try:
            faults = [] if index.is_open else [f"the index of agent {agent_id} does not open"]
            faults += [finding.what for finding in index.verify()] if index.is_open else []
            exact = ExactIndex(db, agent_id, embedder=fingerprint)
            vectors = db.vectors(agent_id, fingerprint).matrix
            faults += [
                f"the index of agent {agent_id} finds other memories than an exact search"
                for vector in vectors[:5]
                if [found for found, _ in index.query(vector, 5)] != [found for found, _ in exact.query(vector, 5)]
            ]
            return faults
        finally:
            index.close()


def run_forked(work: Callable[[], Json | None], errors: Path) -> int:
    """Runs `work` in a forked process and returns its id; what it raises is written to `errors` and ends it with 1."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except BaseException:
        errors.write_text(traceback.format_exc(), encoding="utf-8")
        os._exit(1)
    os._exit(0)
