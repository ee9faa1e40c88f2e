"""The files of a parcel: a folder or a tar file of unknown origin; nothing of it is believed before it is checked."""

import json
import tarfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Self, cast

from agents_db.errors import BadParcel
from agents_db.migrations import HEAD, REVISIONS
from agents_db.parcel_kinds import KEY, TEXT, Value
from agents_db.parcel_tables import MANIFEST, SCHEMA, TABLES
from agents_db.records import Json

MOST_LINE = 64 << 20
"""Bytes of a row, and of the manifest."""
MOST_BYTES = 64 << 30
"""Bytes of a file."""
_PIECE = 1 << 20
_NAMES = frozenset({MANIFEST, *(table.file for table in TABLES.values())})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What the manifest says of a file."""

    rows: int
    bytes: int
    sha256: str


class ParcelFiles:
    """An opened parcel; its files are those that its manifest names, with those hashes."""

    def __init__(self, path: Path, files: Mapping[str, IO[bytes]]) -> None:
        """Use `ParcelFiles.open`."""
        self._path = path
        self._files = files
        self._claims: dict[str, _Claim] = {}
        self.key = ""
        """Of the agent."""
        self.name = ""
        """The agent's."""

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Generator[Self]:
        """Opens a parcel and verifies its manifest and every hash; raises `BadParcel`."""
        try:
            with _opened(path) as files:
                parcel = cls(path, files)
                parcel._read_manifest()
                for table in TABLES.values():
                    parcel._verify(table.file)
                yield parcel
        except (tarfile.TarError, EOFError, OverflowError) as error:
            raise BadParcel(f"{str(path)!r} is not a parcel, or is damaged ({error}).") from error

    def rows(self, name: str) -> Iterator[dict[str, Value]]:
        """Yields the rows of a table; raises `BadParcel` for one that is not of its form, or where the file changed."""
        table = TABLES[name]
        file, claim = self._files[table.file], self._claims[table.file]
        file.seek(0)
        digest = sha256()
        for number in range(1, claim.rows + 1):
            line = file.readline(MOST_LINE + 1)
            digest.update(line)
            place = f"Line {number} of {table.file!r} in {str(self._path)!r}"
            yield table.read(_read_object(line, place), place)
        if file.read(1) or digest.hexdigest() != claim.sha256:
            raise BadParcel(f"{table.file!r} in {str(self._path)!r} has not the rows that its manifest tells.")

    def _read_manifest(self) -> None:
        if MANIFEST not in self._files:
            raise BadParcel(f"{str(self._path)!r} is not a parcel: it has no {MANIFEST!r}.")
        place = f"{MANIFEST!r} in {str(self._path)!r}"
        manifest = _read_object(self._files[MANIFEST].read(MOST_LINE + 1), place)
        if manifest.get("schema") != SCHEMA:
            raise BadParcel(f"{str(self._path)!r} is not a parcel of this program: its schema is not {SCHEMA!r}.")
        revision = manifest.get("revision")
        if revision not in REVISIONS:
            raise BadParcel(
                f"{str(self._path)!r} was written by a later LangGym (schema {revision!r}, this one knows {HEAD!r}); "
                "update LangGym and import it again."
            )
        try:
            agent = _as_object(manifest["agent"])
            self.key, self.name = str(KEY.read(agent["key"])), str(TEXT.read(agent["name"]))
            files = _as_object(manifest["files"])
            self._claims = {name: _read_claim(files[name]) for name in files if name in _NAMES}
        except (ValueError, KeyError):
            raise BadParcel(f"{place} is not of the form of a manifest.") from None
        missing = sorted(_NAMES - {MANIFEST} - (self._files.keys() & self._claims.keys()))
        if missing:
            raise BadParcel(f"{str(self._path)!r} is not whole: {', '.join(map(repr, missing))} is missing.")

    def _verify(self, name: str) -> None:
        file, claim = self._files[name], self._claims[name]
        digest, left = sha256(), claim.bytes
        while left and (piece := file.read(min(left, _PIECE))):
            digest.update(piece)
            left -= len(piece)
        if left or file.read(1) or digest.hexdigest() != claim.sha256:
            raise BadParcel(f"{name!r} in {str(self._path)!r} is damaged; nothing was imported. Fetch it anew.")


def _as_object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise ValueError
    return value


def _read_claim(value: Json) -> _Claim:
    claim = _as_object(value)
    rows, n_bytes, digest = claim["rows"], claim["bytes"], claim["sha256"]
    if not isinstance(rows, int) or not isinstance(n_bytes, int) or not isinstance(digest, str):
        raise ValueError
    if not 0 <= rows <= n_bytes <= MOST_BYTES:
        raise ValueError
    return _Claim(rows=rows, bytes=n_bytes, sha256=digest)


def _refuse(token: str) -> None:
    raise ValueError(token)


def _read_object(line: bytes, place: str) -> dict[str, Json]:
    if len(line) > MOST_LINE:
        raise BadParcel(f"{place} has more than {MOST_LINE} bytes.")
    try:
        found = cast("Json", json.loads(line, parse_constant=_refuse))
    except (ValueError, RecursionError):
        raise BadParcel(f"{place} is not JSON.") from None
    if not isinstance(found, dict):
        raise BadParcel(f"{place} is not an object.")
    return found


@contextmanager
def _opened(path: Path) -> Generator[dict[str, IO[bytes]]]:
    """Gives the files of a parcel by name; what is no plain file is none of them."""
    files: dict[str, IO[bytes]] = {}
    try:
        if path.is_dir():
            for name in _NAMES:
                if (path / name).is_file() and not (path / name).is_symlink():
                    files[name] = (path / name).open("rb")
            yield files
            return
        with tarfile.open(path, "r:") as tar:  # never compressed: what is read is never more than the file holds
            _list_members(tar, files, path)
            yield files
    except FileNotFoundError:
        raise BadParcel(f"There is no parcel {str(path)!r}.") from None
    finally:
        for file in files.values():
            file.close()


def _list_members(tar: tarfile.TarFile, files: dict[str, IO[bytes]], path: Path) -> None:
    """Finds the files of a tar file, which must be exactly those that a parcel has."""
    while (member := tar.next()) is not None:
        if member.name not in _NAMES or member.name in files or not member.isreg() or member.issparse():
            raise BadParcel(f"{str(path)!r} holds {member.name!r}, which no parcel does; nothing was imported.")
        file = tar.extractfile(member)
        if member.size > MOST_BYTES or file is None:
            raise BadParcel(f"{member.name!r} in {str(path)!r} has more than {MOST_BYTES} bytes.")
        files[member.name] = file
