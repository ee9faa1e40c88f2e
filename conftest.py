"""What holds for every test and doctest: no network but loopback, an empty home, no settings of the machine."""

import importlib.util
import os
from pathlib import Path

import pytest

from langgym.home import find_home

collect_ignore_glob = ["agents_db/migrations/*"]
"""Alembic runs these files in an environment of its own; nothing else can import them."""

GUARD = Path(__file__).parent / "tests" / "guard"
WEIGHTS = find_home() / "models"
HOMES = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")


def _install_guard() -> None:
    spec = importlib.util.spec_from_file_location("langgym_network_guard", GUARD / "sitecustomize.py")
    assert spec is not None
    assert spec.loader is not None
    guard = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(guard)
    guard.install()


def _clear_settings() -> None:
    for name in list(os.environ):
        if name.startswith(("OPENAI_", "LANGGYM_", "XDG_")):
            del os.environ[name]
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    os.environ["PYTHONPATH"] = str(GUARD)


_install_guard()
_clear_settings()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """LangGym's home for this test: an empty folder that does not exist yet."""
    for name in HOMES:
        monkeypatch.setenv(name, str(tmp_path))
    path = tmp_path / "langgym"
    monkeypatch.setenv("LANGGYM_HOME", str(path))
    return path


@pytest.fixture(scope="session")
def weights() -> Path:
    """The folder with the weights that `langgym models fetch` keeps; for tests marked `model`."""
    if not WEIGHTS.is_dir():
        pytest.fail(f"No weights in {WEIGHTS}. Run `langgym models fetch`, or scripts/test, which does.")
    return WEIGHTS
