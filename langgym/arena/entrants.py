"""Who enters an arena: agents as they are now, agents as they were, and policies."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agents_db.records import Json, JsonObject
from langgym.agent import Agent
from langgym.arena.plan import POLICY
from langgym.errors import UsageError
from langgym.policies.registry import LEARNERS, find_policy

_AGENT = re.compile(r"([a-z0-9][a-z0-9_-]{0,31})(?:@(\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody who is named on the command line."""

    player: str
    """The name in tables, and with the participations."""
    agent: str | None
    """The agent's name; `None` is a policy."""
    clock: int | None = None
    """The age at which the agent is to play: finished participations; `None` is its age now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entrant who has come."""

    entrant: Entrant
    agent: Agent | None = None
    moment: JsonObject | None = None
    """Of the memory that an agent sits down with, as it is stored with a participation; `None` is that of each game."""

    def describe(self, *, clock: int) -> dict[str, Json]:
        """Returns what is stored with a participation of an agent whose age is `clock`, where no moment is fixed."""
        assert self.agent is not None
        settings = self.agent.describe(clock=clock)
        if self.moment is None:
            return settings
        return {**settings, **self.moment, "frozen": True, "agent": self.agent.record.key}


def read_entrant(text: str) -> Entrant:
    """Returns who is meant by `ada`, `ada@20` or `policy:random`.

    Raises:
        UsageError: Nobody can have this name, or the policy is of no use without an agent.
    """
    if text.startswith(POLICY):
        name = text.removeprefix(POLICY)
        if name in (*LEARNERS, "human") or find_policy(name) is None:
            raise UsageError(f"{text!r} can enter no arena: use policy:random, or an agent's name.")
        return Entrant(player=name, agent=None)
    match = _AGENT.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is no entrant: write an agent's name, NAME@AGE or policy:NAME.")
    return Entrant(player=text, agent=match[1], clock=None if match[2] is None else int(match[2]))


def read_entrants(texts: Iterable[str]) -> tuple[Entrant, ...]:
    """Returns who is meant by several names, each once.

    Raises:
        UsageError: A name is no entrant's, two are the same, or there are fewer than two.
    """
    found: Mapping[str, Entrant] = {}
    for text in texts:
        entrant = read_entrant(text)
        if entrant.player in found:
            raise UsageError(f"{entrant.player!r} enters twice; nobody plays against itself.")
        found = {**found, entrant.player: entrant}
    if len(found) < 2:
        raise UsageError("An arena needs two entrants at least: --agents ada,bob or --agents ada,policy:random.")
    return tuple(found.values())
