"""Where things lie: the home folder, the store and the indexes in it."""

import os
from pathlib import Path

HOME_VARIABLE = "LANGGYM_HOME"


def find_home(given: Path | None = None) -> Path:
    """Returns the home folder: as given, else `LANGGYM_HOME`, else the platform's folder for user data."""
    chosen = given or (Path(os.environ[HOME_VARIABLE]) if os.environ.get(HOME_VARIABLE) else None)
    if chosen is None:
        from platformdirs import user_data_path

        chosen = user_data_path("langgym", appauthor=False)
    return Path(os.path.abspath(chosen.expanduser()))


def store_path(home: Path) -> Path:
    """Returns the file of the store."""
    return home / "langgym.db"


def index_root(home: Path) -> Path:
    """Returns the folder of the vector indexes."""
    return home / "index"


def service_root(home: Path) -> Path:
    """Returns the folder of the lock that a service holds on a home."""
    return home / "serving"
