"""The cartridges: read-only files that the package `ale-py` brings; nothing is downloaded, nothing is copied."""

import json
from functools import cache
from hashlib import md5
from importlib.util import find_spec
from pathlib import Path

from universe.errors import EnvFault


@cache
def find_roms() -> Path:
    """Returns the folder of the cartridges, without importing the package that brings them.

    Raises:
        ModuleNotFoundError: `ale-py` is not installed.
    """
    found = find_spec("ale_py")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("No module named 'ale_py'", name="ale_py")
    return Path(found.origin).parent / "roms"


def find_rom(name: str) -> Path:
    """Returns a cartridge's file; raises `EnvFault` where there is none of that name."""
    path = find_roms() / f"{name}.bin"
    if not path.is_file():
        raise EnvFault(f"There is no cartridge {path.name} in {path.parent}.")
    return path


@cache
def check_roms() -> None:
    """Raises `EnvFault` unless every cartridge is whole: the emulator would end the process over a bad one.

    `ale-py` lists their digests. All are read, some milliseconds once in a process, since PettingZoo's environments do
    not say which one they load before they have loaded it.
    """
    folder = find_roms()
    digests: dict[str, str] = json.loads((folder / "md5.json").read_text(encoding="utf-8"))
    for name, expected in digests.items():
        path = folder / name
        if not path.is_file():
            raise EnvFault(f"The cartridge {name} is missing in {folder}: install ale-py again.")
        if md5(path.read_bytes(), usedforsecurity=False).hexdigest() != expected:
            raise EnvFault(f"The cartridge {name} in {folder} is damaged: install ale-py again.")
