"""Seals: the hashes of an index's files as they were when it was closed, so that a torn file is never trusted."""

import json
import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

NAME = "seal.json"
_PIECE = 1 << 20


def seal_folder(folder: Path) -> None:
    """Writes down what every file of a closed index holds; where that fails it is verified when it is opened next."""
    draft = folder / f"{NAME}.draft"
    with suppress(OSError):
        draft.write_text(json.dumps(_hash_files(folder)), encoding="utf-8")
        draft.replace(folder / NAME)


def is_sealed(folder: Path) -> bool:
    """Returns whether the files of an index are those that were sealed, byte for byte."""
    try:
        return json.loads((folder / NAME).read_text(encoding="utf-8")) == _hash_files(folder)
    except (OSError, ValueError):
        return False


def _hash_files(folder: Path) -> dict[str, str]:
    """Returns the hash of each file by its path; raises `OSError`."""
    found: dict[str, str] = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if not name.startswith(NAME):
                found[path.relative_to(folder).as_posix()] = _hash_file(path)
    return found


def _hash_file(path: Path) -> str:
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
