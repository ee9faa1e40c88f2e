"""What the state machine of `test_machine.py` has processes do; each function is the life of one that may be killed."""

import os
import traceback
from pathlib import Path

from agents_db import borders
from agents_db.embed import HashedEmbedder
from agents_db.index import MemoryIndex
from agents_db.owner import AgentLock
from agents_db.records import AgentDraft
from agents_db.store import AgentsDB
from langgym.bench.crashing import answer
from langgym.config import Settings
from langgym.home import index_root, store_path
from langgym.hosting import Host
from langgym.models.doubles import FunctionModel
from langgym.narrator import SilentNarrator
from langgym.plan import Plan
from langgym.play import Session, start_run
from universe.universe import LocalUniverse


def run_act(home: Path, act: str, border: str | None, given: dict[str, object]) -> None:
    """Does one act, and dies at a border if there is one; an error ends the process with 1 and is printed."""
    if border is not None:
        borders.arm(border)
    try:
        ACTS[act](home, **given)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def play(home: Path, *, agent: str, env_id: str, episodes: int, seed: int, parallel: int) -> None:
    """Makes the agent where it is new, and plays a run."""
    settings = Settings(model="openai:scripted", embedder="hashed", max_turns=4, rival="self", mate="self")
    plan = Plan(agent=agent, episodes=episodes, env_id=env_id, parallel=parallel, settings=settings)
    with AgentsDB.open(store_path(home), clock=lambda: 0) as db:
        if db.find_agent(agent) is None:
            db.create_agent(AgentDraft(name=agent, model="openai:scripted", settings={"embedder": "hashed"}))
        _go_on(db, home, start_run(db, plan, seed=seed).run_id)


def resume(home: Path) -> None:
    """Goes on with every open run."""
    with AgentsDB.open(store_path(home), clock=lambda: 0) as db:
        for run in db.open_runs():
            if db.find_agent(str(run.settings["agent"])) is not None:
                _go_on(db, home, run.run_id)


def reindex(home: Path, *, agent: str) -> None:
    """Builds the index of an agent anew."""
    with AgentsDB.open(store_path(home), clock=lambda: 0) as db:
        record = db.agent(agent)
        with AgentLock(index_root(home), record.agent_id, name=agent):
            index = MemoryIndex.open(db, record.agent_id, index_root(home), embedder=HashedEmbedder().fingerprint)
            index.rebuild()
            index.close()


def delete(home: Path, *, agent: str) -> None:
    """Deletes an agent as the command line does."""
    from langgym.cli.keeping import remove_agent

    remove_agent(home, agent)


def backup(home: Path, *, target: Path) -> None:
    """Copies the store while it could be in use."""
    from agents_db.backup import back_up

    back_up(store_path(home), target)


def _go_on(db: AgentsDB, home: Path, run_id: int) -> None:
    run = db.run(run_id)
    host = Host(db, home, note=_refuse, make_model=lambda settings: FunctionModel(answer), index_at=1)
    try:
        Session(host, run, Plan.read(run.settings), universe=LocalUniverse(), narrator=SilentNarrator()).play()
    finally:
        host.close()


def _refuse(text: str) -> None:
    raise AssertionError(text)


ACTS = {"play": play, "resume": resume, "reindex": reindex, "delete": delete, "backup": backup}
