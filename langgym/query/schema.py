"""Writes the JSON Schemas of everything that `--json` prints: `python -m langgym.query.schema [FOLDER]`."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from langgym.query.agents import AgentDetail, AgentsPage
from langgym.query.arena import ArenasPage, RatingsPage
from langgym.query.curves import CurvesPage
from langgym.query.envs import EnvDetail, EnvsPage
from langgym.query.episodes import EpisodeDetail, EpisodesPage
from langgym.query.estimates import EstimatePage
from langgym.query.events import Event
from langgym.query.experience import ExperiencePage, PlacesPage
from langgym.query.live import LivePage
from langgym.query.memories import FoundPage, HistoryPage, MemoriesPage, MemoryDetail
from langgym.query.place import BackupMade, CheckPage, RepairPage, StorePlace, VacuumDone
from langgym.query.records import EnvRecordDetail, EnvRecordsPage
from langgym.query.replay import Replay, ReplayStep
from langgym.query.settings import SettingsPage
from langgym.query.spending import CostPage
from langgym.query.strategies import StrategiesPage
from langgym.query.trouble import Trouble
from langgym.query.weights import ModelsPage

FOLDER = Path(__file__).parents[2] / "docs" / "schema"
MODELS: Mapping[str, type[BaseModel]] = {
    "agents": AgentsPage,
    "agent": AgentDetail,
    "arena": RatingsPage,
    "arenas": ArenasPage,
    "backup": BackupMade,
    "check": CheckPage,
    "cost": CostPage,
    "curves": CurvesPage,
    "env": EnvDetail,
    "envs": EnvsPage,
    "episode": EpisodeDetail,
    "episodes": EpisodesPage,
    "error": Trouble,
    "estimate": EstimatePage,
    "event": Event,
    "experience": ExperiencePage,
    "found": FoundPage,
    "history": HistoryPage,
    "live": LivePage,
    "memories": MemoriesPage,
    "memory": MemoryDetail,
    "models": ModelsPage,
    "path": StorePlace,
    "places": PlacesPage,
    "record": EnvRecordDetail,
    "records": EnvRecordsPage,
    "repair": RepairPage,
    "replay": Replay,
    "replay-step": ReplayStep,
    "settings": SettingsPage,
    "strategies": StrategiesPage,
    "vacuum": VacuumDone,
}
"""By the name in `langgym.NAME/1`, which is the name of the file as well."""


def make_schemas() -> dict[str, str]:
    """Returns the text of each schema by the name of its file."""
    return {f"{name}.json": _make_schema(name, model) for name, model in MODELS.items()}


def write_schemas(folder: Path) -> None:
    """Writes every schema into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in make_schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


def _make_schema(name: str, model: type[BaseModel]) -> str:
    schema = TypeAdapter(model).json_schema(mode="serialization", by_alias=True)
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"langgym.{name}/1", **schema}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
