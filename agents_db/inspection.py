"""What `langgym db check` looks at in the vector indexes; it works on copies and changes nothing."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from agents_db.chroma import ChromaFolder, find_version
from agents_db.errors import AgentOwned, IndexBroken, StoreCorrupt, StoreError
from agents_db.index import compare_index
from agents_db.ledger import IndexRecord
from agents_db.owner import AgentLock
from agents_db.probe import probe_folder
from agents_db.records import Finding
from agents_db.store import AgentsDB

_REBUILD = "It is rebuilt from the store when the agent plays next, or by `langgym db repair`."
_REMOVE = "`langgym db repair` removes it; nothing is lost."


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPlace:
    """The index of one agent."""

    root: Path
    """The folder of all indexes."""
    agent_id: int
    name: str
    """The agent's."""

    @property
    def folder(self) -> Path:
        """The folder of the agent's generations."""
        return self.root / str(self.agent_id)

    def generations(self) -> list[Path]:
        """Returns the folders of all generations, by name."""
        return sorted(self.folder.glob("gen-*"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """Something among the indexes that is no agent's."""

    folder: Path
    ours: bool
    """Whether it is named as an index is; what is not is left alone."""

    def describe(self) -> Finding:
        """Returns the note on it."""
        if self.ours:
            what = f"The index {str(self.folder)!r} belongs to no agent."
            return Finding(severity="note", what=what, advice=_REMOVE, mendable=True)
        what = f"{str(self.folder)!r} is nothing of LangGym's."
        return Finding(severity="note", what=what, advice="It is left alone; move it away yourself.")


def check_indexes(db: AgentsDB, root: Path) -> list[Finding]:
    """Compares every index with the store; one that a process owns is named and left alone.

    Each agent's `AgentLock` is held while its index is looked at. Chroma is loaded only where there is an index.

    Args:
        db: may be open for reading alone.
        root: the folder of all indexes.
    """
    try:
        names = {record.agent_id: record.name for record in db.agents()}
        places = [IndexPlace(root=root, agent_id=agent_id, name=name) for agent_id, name in names.items()]
        strays = [stray.describe() for stray in find_strays(root, names)]
        return strays + [finding for place in places for finding in _check_place(db, place)]
    except StoreCorrupt as error:
        what = f"The indexes could not be compared with the store: {error}"
        return [Finding(severity="problem", what=what, advice="Mend the store first, then check again.")]


def find_strays(root: Path, names: Mapping[int, str]) -> list[Stray]:
    """Returns what lies among the indexes and is no index of the agents of those ids."""
    entries = sorted(root.iterdir()) if root.is_dir() else []
    strays = [Stray(folder=entry, ours=entry.name.isascii() and entry.name.isdigit()) for entry in entries]
    return [stray for stray in strays if not stray.ours or int(stray.folder.name) not in names]


def _check_place(db: AgentsDB, place: IndexPlace) -> list[Finding]:
    if db.ledger.state(place.agent_id) is None and not place.generations():
        return []
    if not place.folder.is_dir():
        return [_report_missing(place)]
    try:
        with AgentLock(place.root, place.agent_id, name=place.name):
            return list(inspect_index(db, place))
    except AgentOwned as error:
        return [describe_owned(place, error)]
    except StoreCorrupt:
        raise
    except (StoreError, OSError) as error:
        what = f"The index of agent {place.name!r} was not looked at: {error}"
        return [Finding(severity="note", what=what, advice="Check again where it can be locked and copied.")]


def describe_owned(place: IndexPlace, error: AgentOwned) -> Finding:
    """Returns the note that an agent is in play."""
    whom = f"process {error.pid} on {error.host!r}" if error.pid else "another process"
    what = f"The index of agent {place.name!r} is in use by {whom} and was left alone."
    return Finding(severity="note", what=what, advice="Check again when that process is done.")


def inspect_index(db: AgentsDB, place: IndexPlace) -> Iterator[Finding]:
    """Yields what is wrong with an index; the caller holds the agent's lock."""
    state = db.ledger.state(place.agent_id)
    current = "" if state is None else f"gen-{state.generation}"
    for folder in place.generations():
        if folder.name != current:
            what = f"The index generation {str(folder)!r} is not in use."
            yield Finding(severity="note", what=what, advice=_REMOVE, mendable=True)
    if state is None:
        return
    if not (place.folder / current).is_dir():
        yield _report_missing(place)
    elif state.chroma_version != find_version():
        what = f"The index of agent {place.name!r} was made by Chroma {state.chroma_version}, not {find_version()}."
        yield Finding(severity="note", what=what, advice=_REBUILD, mendable=True)
    else:
        yield from _compare_copy(db, place, state)


def _report_missing(place: IndexPlace) -> Finding:
    what = f"The index of agent {place.name!r} is not there; its memories are searched exactly until it is."
    return Finding(severity="note", what=what, advice=_REBUILD, mendable=True)


def _compare_copy(db: AgentsDB, place: IndexPlace, state: IndexRecord) -> Iterator[Finding]:
    """Yields how an index differs from the store: notes where a process died over it, since the next one looks."""
    pending = {row.memory_id for row in db.ledger.pending(place.agent_id)}
    try:
        stored = db.vectors(place.agent_id, state.embedder)
    except StoreCorrupt:
        what = f"The index of agent {place.name!r} was not compared, since stored vectors are damaged."
        yield Finding(severity="note", what=what, advice="`langgym db repair` removes those and compares it.")
        return
    with tempfile.TemporaryDirectory(prefix="langgym-check-") as temporary:
        copy = Path(temporary, "index")
        shutil.copytree(place.folder / f"gen-{state.generation}", copy)
        faults = ["The index cannot be opened."]
        if probe_folder(copy):
            try:
                chroma = ChromaFolder(copy, create=False)
                try:
                    faults = [finding.what for finding in compare_index(chroma, stored, pending)]
                finally:
                    chroma.close()
            except IndexBroken as error:
                faults = [str(error)]
    for fault in faults:
        what = f"Agent {place.name!r}: {fault}"
        yield Finding(severity="note" if state.dirty else "problem", what=what, advice=_REBUILD, mendable=True)
