"""Search of memories by meaning, and by words where that cannot be done."""

from datetime import UTC, datetime
from pathlib import Path

from agents_db.store import AgentsDB
from langgym.cli.output import warn
from langgym.query.memories import FoundPage
from langgym.query.search import Unsearchable, keep_embedders, search_meaning, search_words


def search(db: AgentsDB, home: Path, words: str, *, agent: str | None, where: str, text: bool, limit: int) -> FoundPage:
    """Returns what was found; says loudly where words were looked for although their meaning was asked for."""
    now = datetime.now(UTC)
    if not text:
        embedders = keep_embedders(home)
        try:
            found = search_meaning(db, words, embedders=embedders, where=where, agent=agent, limit=limit, now=now)
        except Unsearchable as error:
            warn(f"NOT SEARCHED BY MEANING: {error} Looking for the words themselves instead.")
        else:
            for note in found.notes:
                warn(note)
            return found.page
    return search_words(db, words, where=where, agent=agent, limit=limit, now=now)
