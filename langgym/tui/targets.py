"""Targets: what can be opened, by any screen, a deep link or the palette; `App.open` knows the screen for each."""

from dataclasses import dataclass
from typing import Literal

Tab = Literal["overview", "episodes", "memories", "strategies", "experience", "curves", "cost", "configuration"]


@dataclass(frozen=True, slots=True)
class AgentsTarget:
    """All agents."""


@dataclass(frozen=True, slots=True)
class AgentTarget:
    """One agent."""

    name: str
    tab: Tab = "overview"


@dataclass(frozen=True, slots=True)
class EpisodesTarget:
    """Episodes that fit a filter."""

    filter: str = ""


@dataclass(frozen=True, slots=True)
class EpisodeTarget:
    """An episode to be replayed, at a decision."""

    episode_id: int
    turn: int | None = None
    seat: str | None = None
    follow: bool = False


@dataclass(frozen=True, slots=True)
class MemoriesTarget:
    """Memories that fit a filter."""

    filter: str = ""


@dataclass(frozen=True, slots=True)
class MemoryTarget:
    """One memory."""

    memory_id: int


@dataclass(frozen=True, slots=True)
class StrategiesTarget:
    """The strategies of an agent; of the first one where none is named."""

    agent: str | None = None


@dataclass(frozen=True, slots=True)
class UniverseTarget:
    """What can be played, at an environment."""

    env_id: str | None = None


@dataclass(frozen=True, slots=True)
class LiveTarget:
    """Episodes under way."""


@dataclass(frozen=True, slots=True)
class CompareTarget:
    """Curves of agents."""

    agents: tuple[str, ...] = ()
    env_id: str | None = None


@dataclass(frozen=True, slots=True)
class CostTarget:
    """What was spent."""


@dataclass(frozen=True, slots=True)
class RatingsTarget:
    """The arenas, and the ratings of one of them; of the newest where none is named."""

    key: str | None = None


Target = (
    AgentsTarget
    | AgentTarget
    | EpisodesTarget
    | EpisodeTarget
    | MemoriesTarget
    | MemoryTarget
    | StrategiesTarget
    | UniverseTarget
    | LiveTarget
    | CompareTarget
    | CostTarget
    | RatingsTarget
)
