"""The experience of one agent in every variant and role, read from the store as it is asked for."""

import threading
from bisect import bisect_right
from dataclasses import dataclass, field

from agents_db.keys import pack_json
from agents_db.records import JsonObject
from langgym.memory.advice import weighing_for
from langgym.memory.experience import Experience, Outlook
from langgym.memory.life import LifeStore, read_lives
from universe.card import EnvCard


@dataclass(slots=True)
class _Shelf:
    """What was read of one variant."""

    until: int = 0
    """The agent's clock up to which it was read."""
    roles: dict[str, Experience] = field(default_factory=dict[str, Experience])
    clocks: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    """By role, the agent's clock at the end of each participation."""


class Library:
    """What an agent has lived through, as of any moment of its clock; safe from any thread.

    It only ever grows, in the order in which episodes ended; an episode that was interrupted is given what was known
    when it began.
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
            experience = shelf.roles.get(role)
            if experience is None:
                return Experience(weighing_for(card)).at()
            return experience.at(bisect_right(shelf.clocks[role], clock))

    def _read(self, shelf: _Shelf, card: EnvCard, kwargs: JsonObject, *, until: int) -> None:
        for life in read_lives(self._store, self._agent_id, card, kwargs, after=shelf.until, until=until):
            if life.role not in shelf.roles:
                shelf.roles[life.role] = Experience(weighing_for(card))
                shelf.clocks[life.role] = []
            shelf.roles[life.role].absorb(life.moments, source=life.episode_id, result=life.result)
            shelf.clocks[life.role].append(life.clock)
        shelf.until = until
