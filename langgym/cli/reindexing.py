"""`langgym db reindex`: vectors for all memories, and indexes built anew."""

from collections.abc import Sequence
from pathlib import Path

from agents_db.embed import Embedder
from agents_db.index import MemoryIndex
from agents_db.owner import AgentLock
from agents_db.store import AgentsDB
from langgym.agent import EMBED_BATCH, is_model
from langgym.cli.exits import OK
from langgym.cli.output import say
from langgym.home import index_root, store_path
from langgym.hosting import PROBE, stored_settings
from langgym.models.names import ModelSettings, open_embedder


def reindex_agents(home: Path, names: Sequence[str], *, embedder: str | None) -> int:
    """Embeds what has no vector and builds the indexes anew; raises `AgentOwned` for an agent that is playing."""
    with AgentsDB.open(store_path(home)) as db:
        for name in names:
            record = db.agent(name)
            if not record.n_memories:
                say(f"{name}: no memories, nothing to index")
                continue
            settings = stored_settings(home, record, {"embedder": embedder})
            if len(names) > 1 and embedder is None and not is_model(settings.model):
                say(f"{name}: plays without a model and recalls nothing, left out")
                continue
            opened = open_embedder(settings.embedder, home=home, settings=ModelSettings(base_url=settings.base_url))
            with AgentLock(index_root(home), record.agent_id, name=name):
                n_new = _embed(db, record.agent_id, opened)
                _rebuild(db, home, record.agent_id, opened)
            say(f"{name}: {record.n_memories} memories indexed by {opened.name}, {n_new} of them embedded now")
    return OK


def _embed(db: AgentsDB, agent_id: int, embedder: Embedder) -> int:
    [probe] = embedder.embed([PROBE])
    db.register_embedder(embedder.fingerprint, embedder.name, dim=len(probe), probe_text=PROBE, probe_vector=probe)
    waiting = db.unembedded(agent_id, embedder.fingerprint)
    for start in range(0, len(waiting), EMBED_BATCH):
        batch = waiting[start : start + EMBED_BATCH]
        vectors = embedder.embed([memory.text for memory in batch])
        pairs = [(memory.memory_id, vector) for memory, vector in zip(batch, vectors, strict=True)]
        db.add_vectors(embedder.fingerprint, pairs)
    return len(waiting)


def _rebuild(db: AgentsDB, home: Path, agent_id: int, embedder: Embedder) -> None:
    index = MemoryIndex.open(db, agent_id, index_root(home), embedder=embedder.fingerprint)
    try:
        index.rebuild()
    finally:
        index.close()
