"""Read models of what is played now: which episodes are under way, and how their players are."""

from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Literal

from pydantic import Field

from agents_db.charts import OpenRecord
from agents_db.owner import Owner, find_owner
from agents_db.records import RunRecord
from agents_db.store import AgentsDB
from langgym.home import service_root
from langgym.query.episodes import EpisodeItem
from langgym.query.values import Document, Number, ReadModel, Time

QUIET_SECONDS = 10.0
"""Without a word, after which an episode is held to be stalled, unless it is always as slow."""
SLOWER = 3.0
"""Times its usual pace."""

LiveState = Literal["running", "waiting", "stalled", "dead"]
"""`running`: it wrote lately. `waiting`: a model is asked, and its answer awaited. `stalled`: its process lives, has
asked nobody, and has written nothing for long. `dead`: no process plays it any more; `langgym resume` goes on with it,
`langgym serve` with a served table.
"""


class LiveItem(ReadModel):
    """An episode that has not ended."""

    episode: EpisodeItem
    state: LiveState
    waits_for: str | None
    """The model that was asked first of those whose answer is awaited."""
    waits_since: Time | None
    owner_pid: int | None
    """The process that plays its agents; `None` where none does."""
    host: str | None
    """Where that process is; on another machine nobody here can tell whether it lives, and it is believed."""
    turn: int
    """That is decided now, from 0."""
    last_seat: str | None
    last_action: str | None
    """The name of the last decision; `None` before the first."""
    written_at: Time
    """When anything was last written of it."""
    idle_seconds: float
    """Since then."""
    pace_seconds: Number
    """The usual time between two of its last turns (median); `None` where there were fewer."""


class LivePage(Document):
    """What is played now, oldest first."""

    schema_id: Literal["langgym.live/1"] = Field(default="langgym.live/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    read_at: Time
    items: tuple[LiveItem, ...]
    between: tuple[int, ...]
    """Ids of runs that a process plays and that are between two episodes: an agent chooses, or reflects."""
    next: None = None

    @property
    def over(self) -> bool:
        """Whether nothing more is to be expected: nobody plays, and what is open is dead."""
        return not self.between and all(item.state == "dead" for item in self.items)


def read_live(db: AgentsDB, index_root: Path, now: datetime, *, quiet_seconds: float = QUIET_SECONDS) -> LivePage:
    """Returns every episode that has not ended, and how it is.

    Who plays an agent is known, not which run: an episode counts as played by the owner of one of its agents where
    something of it was written since that one took the agent, for what was written before is another's. One that is
    being resumed is `dead` until the first turn that it adds. A served table is played by the service of the home.

    Args:
        db: The store.
        index_root: The folder of all indexes, where the owners of agents are named (`langgym.home.index_root`).
        now: The time, aware of its zone.
        quiet_seconds: After which an episode is stalled where nothing is written, or `SLOWER` times its pace.
    """
    records = db.open_episodes()
    runs = [run for run in db.open_runs() if run.status == "running"]
    owners = _find_owners(index_root, records)
    served = {run.run_id for run in db.open_runs() if "kind" in run.settings}
    service = find_owner(service_root(index_root.parent), 0) if served else None
    items = [
        _describe(
            record, service if record.episode.run_id in served else _find_player(record, owners), now, quiet_seconds
        )
        for record in records
    ]
    busy = {item.owner_pid for item in items}
    between = [run.run_id for run in runs if _is_free(_find_owner(db, index_root, run), busy)]
    return LivePage(read_at=now, items=tuple(items), between=tuple(between))


def _find_owners(root: Path, records: Sequence[OpenRecord]) -> dict[int, Owner]:
    agents = {part.agent_id for record in records for part in record.episode.participations}
    found = {agent_id: find_owner(root, agent_id) for agent_id in agents if agent_id is not None}
    return {agent_id: owner for agent_id, owner in found.items() if owner is not None}


def _find_owner(db: AgentsDB, root: Path, run: RunRecord) -> Owner | None:
    agent = db.find_agent(str(run.settings.get("agent", "")))
    return None if agent is None else find_owner(root, agent.agent_id)


def _is_free(owner: Owner | None, busy: Container[int | None]) -> bool:
    return owner is not None and owner.pid not in busy


def _describe(record: OpenRecord, owner: Owner | None, now: datetime, quiet_seconds: float) -> LiveItem:
    idle = max(0.0, now.timestamp() - record.written_at / 1e6)
    gaps = [(later - earlier) / 1e6 for earlier, later in pairwise(record.stamps)]
    pace = median(gaps) if gaps else None
    asked = min(record.asked, key=lambda call: call.since, default=None)
    patience = max(quiet_seconds, SLOWER * (pace or 0.0))
    state: LiveState = "running" if idle <= patience else "stalled"
    if asked is not None:
        state = "waiting"
    if owner is None:
        state = "dead"
    return LiveItem.model_validate(
        {
            "episode": EpisodeItem.model_validate(record.episode),
            "state": state,
            "waits_for": None if asked is None else asked.model,
            "waits_since": None if asked is None else asked.since,
            "owner_pid": None if owner is None else owner.pid,
            "host": None if owner is None else owner.host,
            "turn": record.episode.n_turns,
            "last_seat": record.last_seat,
            "last_action": record.last_action,
            "written_at": record.written_at,
            "idle_seconds": idle,
            "pace_seconds": pace,
        }
    )


def _find_player(record: OpenRecord, owners: Mapping[int, Owner]) -> Owner | None:
    """Returns who plays an episode: the owner of one of its agents who has written of it."""
    agents = [part.agent_id for part in record.episode.participations]
    found = [owners[agent_id] for agent_id in agents if agent_id is not None and agent_id in owners]
    return next((owner for owner in found if owner.since <= record.written_at), None)
