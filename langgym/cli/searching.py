"""Search of an agent's memories by meaning, and by words where that cannot be done."""

from pathlib import Path

from agents_db.embed import Embedder
from agents_db.store import AgentsDB
from langgym.cli.output import warn
from langgym.errors import UsageError
from langgym.hosting import stored_settings
from langgym.models.names import ModelSettings, open_embedder
from langgym.query.memories import FoundPage, find_similar, find_words


def search(db: AgentsDB, home: Path, agent: str, words: str, *, text: bool, limit: int) -> FoundPage:
    """Returns what was found; says loudly where words were looked for although their meaning was asked for."""
    record = db.agent(agent)
    if text:
        return find_words(db, agent, words, limit=limit)
    try:
        embedder = _open_embedder(db, home, agent)
    except UsageError as error:
        return _fall_back(db, agent, words, limit=limit, why=str(error))
    if record.n_memories and not len(db.vectors(record.agent_id, embedder.fingerprint).ids):
        why = f"No memory of {agent} has a vector of {embedder.name}; `langgym db reindex --agent {agent}` makes them."
        return _fall_back(db, agent, words, limit=limit, why=why)
    return find_similar(db, agent, words, embedder=embedder, limit=limit)


def _open_embedder(db: AgentsDB, home: Path, agent: str) -> Embedder:
    settings = stored_settings(home, db.agent(agent))
    return open_embedder(settings.embedder, home=home, settings=ModelSettings(base_url=settings.base_url))


def _fall_back(db: AgentsDB, agent: str, words: str, *, limit: int, why: str) -> FoundPage:
    warn(f"NOT SEARCHED BY MEANING: {why} Looking for the words themselves instead.")
    return find_words(db, agent, words, limit=limit)
