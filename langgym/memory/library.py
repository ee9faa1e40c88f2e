"""The experience of one agent in every variant and role, read from the store as it is asked for."""

import threading
from bisect import bisect_right
from dataclasses import dataclass, field

from agents_db.keys import pack_json
from agents_db.records import JsonObject
from langgym.memory.advice import weighing_for
from langgym.memory.carrying import carry_over
from langgym.memory.experience import Experience, Outlook
from langgym.memory.life import LifeStore, Lived, read_lives
from universe.card import EnvCard


@dataclass(slots=True)
class _Volume:
    """The experience of one role."""

    experience: Experience
    clocks: list[int] = field(default_factory=list[int])
    """The agent's clock at the end of each participation."""


@dataclass(slots=True)
class _Shelf:
    """What was read of one variant."""

    until: int = 0
    """The agent's clock up to which it was read."""
    start: int | None = None
    """The agent's clock when it began here; `None` while none of its episodes here has ended."""
    lives: list[Lived] = field(default_factory=list[Lived])
    volumes: dict[tuple[str, int], _Volume] = field(default_factory=dict[tuple[str, int], _Volume])
    """By role, and the clock at which the agent began here: what it had learnt elsewhere by then it brought along."""


class Library:
    """What an agent has lived through, as of any moment of its clock; safe from any thread.

    It only ever grows, in the order in which episodes ended; an episode that was interrupted is given what was known
    when it began. What other environments taught before the first episode of a variant stays its prior for ever.
    """

    def __init__(self, store: LifeStore, agent_id: int) -> None:
        """Reads nothing yet."""
        self._store = store
        self._agent_id = agent_id
        self._shelves: dict[tuple[str, str, int], _Shelf] = {}
        self._lock = threading.Lock()

    def open(self, card: EnvCard, kwargs: JsonObject, role: str, *, clock: int) -> Outlook:
        """Returns what the agent's experience of a role in a variant said at a moment of its clock."""
        with self._lock:
            place = (card.env_id, pack_json(dict(kwargs), sort_keys=True), card.situation_version)
            shelf = self._shelves.setdefault(place, _Shelf())
            if shelf.until < clock:
                self._read(shelf, card, kwargs, until=clock)
            volume = self._find_volume(shelf, card, role, start=self._find_start(shelf, card, kwargs, clock))
            return volume.experience.at(bisect_right(volume.clocks, clock))

    def _read(self, shelf: _Shelf, card: EnvCard, kwargs: JsonObject, *, until: int) -> None:
        new = read_lives(self._store, self._agent_id, card, kwargs, after=shelf.until, until=until)
        for (role, _), volume in shelf.volumes.items():
            _absorb(volume, [life for life in new if life.role == role])
        shelf.lives += new
        shelf.until = until

    def _find_start(self, shelf: _Shelf, card: EnvCard, kwargs: JsonObject, clock: int) -> int:
        """Returns the clock at which the agent began in a variant; `clock` where it begins now."""
        if not shelf.lives or clock < shelf.lives[0].clock:
            return clock
        if shelf.start is None:
            version = card.situation_version
            shelf.start = self._store.started(
                self._agent_id, env_id=card.env_id, kwargs=kwargs, situation_version=version, until=clock
            )
        return clock if shelf.start is None else shelf.start

    def _find_volume(self, shelf: _Shelf, card: EnvCard, role: str, *, start: int) -> _Volume:
        volume = shelf.volumes.get((role, start))
        if volume is None:
            prior = carry_over(self._store, self._agent_id, card, role, until=start)
            volume = shelf.volumes[role, start] = _Volume(Experience(weighing_for(card), prior))
            _absorb(volume, [life for life in shelf.lives if life.role == role])
        return volume


def _absorb(volume: _Volume, lives: list[Lived]) -> None:
    for life in lives:
        volume.experience.absorb(life.moments, source=life.episode_id, result=life.result)
        volume.clocks.append(life.clock)
