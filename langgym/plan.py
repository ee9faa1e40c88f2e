"""What a run is to do; stored with it, so that it can be gone on with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agents_db.records import Json, RunRecord
from langgym.config import Settings
from langgym.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run is to do; stored with it, so that it can be gone on with."""

    agent: str
    episodes: int
    env_id: str | None = None
    """`None` lets the agent choose."""
    kwargs: Mapping[str, Json] = field(default_factory=dict[str, Json])
    seat: str | None = None
    """`None` rotates over the seats."""
    parallel: int = 1
    """Episodes under way at once."""
    limits: Limits = field(default_factory=Limits)
    """What the run may spend."""
    settings: Settings = field(default_factory=Settings)

    @property
    def window(self) -> int:
        """How many episodes may be begun and not ended; each knows what all before those have taught.

        Twice as many as are under way, so that a long one does not leave its neighbours' threads idle.
        """
        return 1 if self.parallel == 1 else 2 * self.parallel

    def describe(self) -> dict[str, Json]:
        """Returns the plan as it is stored."""
        return {
            "agent": self.agent,
            "episodes": self.episodes,
            "env_id": self.env_id,
            "kwargs": dict(self.kwargs),
            "seat": self.seat,
            "parallel": self.parallel,
            "limits": self.limits.describe(),
            "settings": self.settings.model_dump(mode="json"),
        }

    @classmethod
    def read(cls, stored: Mapping[str, Json]) -> "Plan":
        """Returns a stored plan."""
        settings, kwargs = stored["settings"], stored["kwargs"]
        assert isinstance(settings, dict)
        assert isinstance(kwargs, dict)
        limits, parallel = stored.get("limits", {}), stored.get("parallel", 1)
        assert isinstance(limits, dict)
        assert isinstance(parallel, int)
        assert isinstance(stored["episodes"], int)
        return cls(
            agent=str(stored["agent"]),
            episodes=stored["episodes"],
            env_id=None if stored["env_id"] is None else str(stored["env_id"]),
            kwargs=kwargs,
            seat=None if stored["seat"] is None else str(stored["seat"]),
            parallel=parallel,
            limits=Limits.read(limits),
            settings=Settings.model_validate(settings),
        )


def find_plan(run: RunRecord) -> Plan | None:
    """Returns the plan of a run; `None` where its episodes are the tables of a service, which goes on with them."""
    return None if "kind" in run.settings else Plan.read(run.settings)
