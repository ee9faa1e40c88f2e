"""What tests of parcels look at: files, rows and what an agent is without the ids of its store."""

import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

from agents_db.parcel_tables import MANIFEST, TABLES
from agents_db.store import AgentsDB
from tests.agents_db.conftest import EMBEDDER


def read_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def read_lines(folder: Path, table: str) -> list[Any]:
    lines = (folder / TABLES[table].file).read_text("utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]


def seal(folder: Path, table: str, rows: list[Any]) -> None:
    """Writes other rows into a parcel, and a manifest that fits them."""
    body = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    (folder / TABLES[table].file).write_bytes(body)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"][TABLES[table].file] = {
        **{"rows": len(rows), "bytes": len(body)},
        "sha256": sha256(body).hexdigest(),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest))


def count_rows(db: AgentsDB) -> dict[str, int]:
    with closing(sqlite3.connect(db.path)) as driver:
        names = [name for (name,) in driver.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: driver.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


def describe(db: AgentsDB, name: str) -> object:
    """Returns what an agent is, without the ids that a store gives."""
    agent = db.agent(name)
    memories = db.memories(agent.agent_id, state=None, limit=1000)
    keys = {memory.memory_id: memory.key for memory in memories}
    vectors = db.vectors(agent.agent_id, EMBEDDER)
    return (
        (agent.key, agent.model, agent.settings, agent.limits, agent.created_at, agent.last_played_at),
        (agent.n_participations, agent.n_decisions, agent.n_fallbacks, agent.n_memories, agent.tokens_in),
        [(m.key, m.text, m.state, m.clock, m.rev, m.n_recalled, keys.get(m.superseded_by or 0)) for m in memories],
        [(m.key, [(use.turn, use.rank, use.score) for use in db.recalls_of(m.memory_id)]) for m in memories],
        [(event.key, event.op, event.clock, event.reason) for event in db.memory_events(agent_id=agent.agent_id)],
        [(keys[int(memory_id)], row.tobytes()) for memory_id, row in zip(vectors.ids, vectors.matrix, strict=True)],
        db.env_stats(agent.agent_id),
        [(s.model, s.n_calls, s.tokens_in, s.lost_calls, s.lost_in) for s in db.spending(agent_id=agent.agent_id)],
        [(choice.key, choice.reason, choice.env_id) for choice in db.choices(agent.agent_id)],
        [describe_episode(db, episode.episode_id) for episode in db.episodes(agent_id=agent.agent_id)],
    )


def describe_episode(db: AgentsDB, episode_id: int) -> object:
    episode = db.episode(episode_id)
    attempts = [
        (a.turn, a.ordinal, a.outcome, a.prompt, a.reply, a.tokens_in, a.created_at, a.lost_calls)
        for a in db.attempts(episode_id=episode_id, seat="player_1")
    ]
    return (
        (episode.key, episode.env_id, episode.kwargs, episode.seed, episode.status, episode.options, episode.n_turns),
        [(p.seat, p.player, p.total, p.result, p.n_decisions, p.n_fallbacks) for p in episode.participations],
        [(s.turn, s.seat, s.name, s.source, s.text, s.situation, s.facts) for s in db.steps(episode_id)],
        [s.thought for s in db.steps(episode_id, seat="player_1")],
        [(p.turn, p.digest, dict(p.payments)) for p in db.positions(episode_id)],
        attempts,
    )
