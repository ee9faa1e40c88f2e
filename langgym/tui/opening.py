"""From targets to screens; each screen is loaded when it is first opened."""

from importlib import import_module

from langgym.tui.screens.screen import StoreScreen
from langgym.tui.targets import (
    AgentsTarget,
    AgentTarget,
    CompareTarget,
    CostTarget,
    EpisodesTarget,
    EpisodeTarget,
    LiveTarget,
    MemoriesTarget,
    MemoryTarget,
    RatingsTarget,
    StrategiesTarget,
    Target,
    UniverseTarget,
)

MODES: dict[str, Target] = {
    "agents": AgentsTarget(),
    "episodes": EpisodesTarget(),
    "memories": MemoriesTarget(),
    "strategies": StrategiesTarget(),
    "universe": UniverseTarget(),
    "live": LiveTarget(),
    "compare": CompareTarget(),
    "cost": CostTarget(),
    "ratings": RatingsTarget(),
}
"""What the number keys open; each keeps its own way back."""


_SCREENS: dict[type, tuple[str, str]] = {
    AgentsTarget: ("agents", "AgentsScreen"),
    AgentTarget: ("agent", "AgentScreen"),
    EpisodesTarget: ("episodes", "EpisodesScreen"),
    EpisodeTarget: ("replay", "ReplayScreen"),
    MemoriesTarget: ("memories", "MemoriesScreen"),
    MemoryTarget: ("memory", "MemoryScreen"),
    StrategiesTarget: ("strategies", "StrategiesScreen"),
    UniverseTarget: ("universe", "UniverseScreen"),
    LiveTarget: ("live", "LiveScreen"),
    CompareTarget: ("compare", "CompareScreen"),
    CostTarget: ("cost", "CostScreen"),
    RatingsTarget: ("ratings", "RatingsScreen"),
}


def make_screen(target: Target) -> StoreScreen:
    """Returns the screen of a target."""
    module, name = _SCREENS[type(target)]
    made: StoreScreen = getattr(import_module(f"langgym.tui.screens.{module}"), name)(target)
    return made
