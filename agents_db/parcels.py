"""Parcels: an agent with everything that it rests on, written to a folder or a tar file, the same bytes each time."""

import errno
import json
import os
import shutil
import tarfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection

from agents_db.agents import read_agent
from agents_db.disk import sync_path
from agents_db.engine import find_driver
from agents_db.errors import CallerError, StoreFull, StoreUnwritable
from agents_db.migrations import HEAD
from agents_db.parcel_files import MOST_LINE
from agents_db.parcel_rows import ParcelSource, check_row
from agents_db.parcel_tables import MANIFEST, SCHEMA, TABLES
from agents_db.records import AgentRecord, Json

_WRITTEN = (*(name for name in TABLES if name != "text"), "text")
"""Texts come last, when it is known which are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A parcel that was written."""

    path: Path
    agent: AgentRecord
    n_bytes: int
    n_rows: dict[str, int]
    """By table."""


def export_agent(connection: Connection, name: str, target: Path) -> Parcel:
    """Writes an agent as it is at one moment; what did not change since gives the same bytes.

    The parcel is written under another name beside the target, synced to the disk and then renamed, so that `target`
    is never half a parcel.

    Args:
        connection: of a read, whose transaction is that moment.
        name: of the agent; raises `UnknownAgent`.
        target: a tar file where its name ends with `.tar`, else a folder; raises `CallerError` where it is there.
    """
    agent = read_agent(connection, name)
    if target.exists() or target.is_symlink():
        raise CallerError(f"There is a {str(target)!r} already; name another file or folder.")
    with _drafting(target) as draft:
        folder = draft / "parcel"
        folder.mkdir(parents=True)
        files = _write_tables(ParcelSource(find_driver(connection), agent.agent_id), folder)
        manifest = {"schema": SCHEMA, "revision": HEAD, "agent": {"key": agent.key, "name": name}, "files": files}
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        names = (MANIFEST, *(table.file for table in TABLES.values()))
        whole = _pack(folder, draft / "parcel.tar", names) if target.suffix == ".tar" else folder
        n_bytes = sum((folder / file).stat().st_size for file in names) if whole is folder else whole.stat().st_size
        for path in [folder / file for file in names] if whole is folder else [whole]:
            sync_path(path)
        whole.rename(target)
        sync_path(target.parent)
    n_rows = {table: int(str(files[TABLES[table].file]["rows"])) for table in TABLES}
    return Parcel(path=target, agent=agent, n_bytes=n_bytes, n_rows=n_rows)


@contextmanager
def _drafting(target: Path) -> Generator[Path]:
    """Gives a folder beside the target, which is gone afterwards; tells what a full disk or a missing right means."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield draft
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(f"No space left for a parcel in {str(target.parent)!r}; name another target.") from error
        raise StoreUnwritable(f"Cannot write {str(target)!r} ({error.strerror}); name another target.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write_tables(source: ParcelSource, folder: Path) -> dict[str, dict[str, Json]]:
    """Writes a file for each table; returns rows, bytes and hash of each, in the order of the tables."""
    files = {name: _write_table(source, name, folder / TABLES[name].file) for name in _WRITTEN}
    return {TABLES[name].file: files[name] for name in TABLES}


def _write_table(source: ParcelSource, name: str, path: Path) -> dict[str, Json]:
    digest, n_rows, n_bytes = sha256(), 0, 0
    with path.open("wb") as file:
        for row in source.rows(name):
            packed = TABLES[name].write(row)
            check_row(name, packed)
            line = json.dumps(packed, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"
            if len(line) > MOST_LINE:
                raise CallerError(f"A {name} of {len(line)} bytes is more than a parcel holds in a line: {MOST_LINE}.")
            file.write(line)
            digest.update(line)
            n_rows, n_bytes = n_rows + 1, n_bytes + len(line)
    return {"rows": n_rows, "bytes": n_bytes, "sha256": digest.hexdigest()}


def _pack(folder: Path, path: Path, names: Iterable[str]) -> Path:
    """Packs files into a tar file that tells neither times nor owners."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = (folder / name).stat().st_size
            member.mode = 0o644
            with (folder / name).open("rb") as file:
                tar.addfile(member, file)
    return path
