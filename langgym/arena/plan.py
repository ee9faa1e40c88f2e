"""What an arena is to play; stored with its runs, so that the same call goes on with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import cast

from agents_db.errors import NotStored
from agents_db.records import Json, JsonObject, RunDraft, RunRecord
from agents_db.store import AgentsDB
from langgym import __version__
from langgym.arena.schedule import LEGS, Schedule, is_zero_sum
from langgym.config import Settings
from langgym.plan import Plan
from langgym.provenance import find_commit
from universe.card import EnvCard
from universe.streams import Stream

POLICY = "policy:"
"""What stands before the name of an entrant that is no agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArenaPlan:
    """What makes an arena the same one; how many games there are is not part of it, so that more can be added."""

    players: tuple[str, ...]
    envs: tuple[str, ...]
    schedule: Schedule
    seed: int
    learn: bool
    max_turns: int | None

    @property
    def key(self) -> str:
        """The name of the arena."""
        origin = (*self.players, "", *self.envs, self.schedule, self.seed, self.learn, self.max_turns)
        return blake2b("\x1f".join(map(str, origin)).encode(), digest_size=6).hexdigest()

    def describe(self) -> dict[str, Json]:
        """Returns the plan as it is stored."""
        return {
            "key": self.key,
            "players": list(self.players),
            "envs": list(self.envs),
            "schedule": self.schedule,
            "seed": self.seed,
            "learn": self.learn,
            "max_turns": self.max_turns,
        }

    def draft_run(self, card: EnvCard, leg: int, *, moments: Mapping[str, JsonObject]) -> RunDraft:
        """Returns the run of one leg in one environment.

        Both legs have the same seed. What is stored can be read as a plan of an agent that cannot exist, so that no
        other command goes on with it.

        Args:
            card: The environment.
            leg: 0 or 1.
            moments: Of the agents' memories, by player.
        """
        plan = Plan(agent=f"arena:{self.key}", episodes=0, env_id=card.env_id, settings=Settings.model_construct())
        arena = {
            **self.describe(),
            "leg": leg,
            "zero_sum": is_zero_sum(card),
            "moments": {player: dict(moment) for player, moment in moments.items()},
        }
        return RunDraft(
            seed=Stream.of(self.seed, "arena", card.env_id).integer(),
            settings={**plan.describe(), "arena": cast("Json", arena)},
            langgym_version=__version__,
            commit=find_commit(),
        )


def find_runs(db: AgentsDB, key: str, *, n_envs: int | None = None) -> list[RunRecord]:
    """Returns the runs of an arena, oldest first.

    Args:
        db: The store.
        key: Of the arena.
        n_envs: How many environments it has, which ends the search early.
    """
    found: list[RunRecord] = []
    for run in _walk_back(db):
        arena = run.settings.get("arena")
        if isinstance(arena, dict) and arena.get("key") == key:
            found.append(run)
        if n_envs is not None and len(found) == len(LEGS) * n_envs:
            break
    return found[::-1]


def find_arenas(db: AgentsDB) -> dict[str, list[RunRecord]]:
    """Returns the runs of every arena, oldest first, by its key; the arena that was begun last is the first one."""
    found: dict[str, list[RunRecord]] = {}
    for run in _walk_back(db):
        arena = run.settings.get("arena")
        if isinstance(arena, dict):
            found.setdefault(str(arena["key"]), []).append(run)
    return {key: runs[::-1] for key, runs in found.items()}


def find_newest(db: AgentsDB) -> str | None:
    """Returns the key of the arena that was begun last; `None` where there is none."""
    for run in _walk_back(db):
        arena = run.settings.get("arena")
        if isinstance(arena, dict):
            return str(arena["key"])
    return None


def _walk_back(db: AgentsDB) -> Iterator[RunRecord]:
    """Yields every run, newest first; their ids have no gaps, since no run is ever deleted."""
    low, high = 0, 1
    while _has_run(db, high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _has_run(db, middle) else (low, middle)
    for run_id in range(low, 0, -1):
        yield db.run(run_id)


def _has_run(db: AgentsDB, run_id: int) -> bool:
    try:
        db.run(run_id)
    except NotStored:
        return False
    return True
