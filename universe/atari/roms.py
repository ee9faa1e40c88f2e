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


@cache
def check_rom(name: str) -> None:
    """Raises `EnvFault` unless the cartridge is there and whole: the emulator ends the process over a bad one."""
    path = find_roms() / f"{name}.bin"
    if not path.is_file():
        raise EnvFault(f"The cartridge {path.name} is missing in {path.parent}: install ale-py again.")
    expected = _read_digests().get(path.name)
    if md5(path.read_bytes(), usedforsecurity=False).hexdigest() != expected:
        raise EnvFault(f"The cartridge {path.name} is damaged: install ale-py again.")


@cache
def _read_digests() -> dict[str, str]:
    """Returns the digests of the cartridges by their file names, as `ale-py` lists them."""
    return json.loads((find_roms() / "md5.json").read_text(encoding="utf-8"))
