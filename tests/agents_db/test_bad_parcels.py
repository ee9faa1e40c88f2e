"""Parcels that are damaged, forged or hostile: each is refused in a line, and nothing was written."""

import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents_db.errors import BadName, BadParcel
from agents_db.migrations import HEAD
from agents_db.parcel_tables import MANIFEST, TABLES
from agents_db.store import AgentsDB
from tests.agents_db.lifetimes import make_lifetime
from tests.agents_db.unpacking import count_rows, read_lines, seal

NAMES = [table.file for table in TABLES.values()]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A parcel that nobody changes."""
    folder = tmp_path_factory.mktemp("sealed")
    with AgentsDB.open(folder / "store.db") as db:
        return make_lifetime(db, 1.0, float("inf")).db.export_agent("ada", folder / "ada").path


@pytest.fixture
def folder(sealed: Path, tmp_path: Path) -> Path:
    """A parcel to do harm to."""
    return Path(shutil.copytree(sealed, tmp_path / "ada"))


@pytest.fixture
def tar_file(folder: Path, tmp_path: Path) -> Path:
    """The same as a tar file."""
    with tarfile.open(tmp_path / "ada.tar", "w") as tar:
        for name in (MANIFEST, *NAMES):
            tar.add(folder / name, name)
    return tmp_path / "ada.tar"


@pytest.fixture
def other(tmp_path: Path) -> Iterator[AgentsDB]:
    """Another store."""
    with AgentsDB.open(tmp_path / "other.db") as opened:
        yield opened


def damage_byte(folder: Path) -> None:
    path = folder / "memory.jsonl"
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(bytes(body))


def cut_off(folder: Path) -> None:
    path = folder / "step.jsonl"
    path.write_bytes(path.read_bytes()[:-10])


def append(folder: Path) -> None:
    with (folder / "lived.jsonl").open("ab") as file:
        file.write(b"{}\n")


def take_away(folder: Path) -> None:
    (folder / "evidence.jsonl").unlink()


def link(folder: Path) -> None:
    path = folder / "text.jsonl"
    path.rename(folder.parent / "elsewhere")
    path.symlink_to(folder.parent / "elsewhere")


def no_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def age(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "revision": "9999"}))


def bad_manifest(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "files": [1]}))


def nest(folder: Path) -> None:
    (folder / MANIFEST).write_text("[" * 100_000)


def other_schema(folder: Path) -> None:
    (folder / MANIFEST).write_text('{"schema": "else/1"}')


DAMAGE = {
    damage_byte: "'memory.jsonl' .* is damaged",
    cut_off: "'step.jsonl' .* is damaged",
    append: "'lived.jsonl' .* is damaged",
    take_away: "'evidence.jsonl' is missing",
    link: "'text.jsonl' is missing",
    no_manifest: "it has no 'manifest.json'",
    age: f"later LangGym .*'9999', this one knows '{HEAD}'",
    bad_manifest: "not of the form of a manifest",
    nest: "is not JSON",
    other_schema: "its schema is not",
}


@pytest.mark.parametrize(("harm", "told"), DAMAGE.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_damaged_parcel_is_refused_and_nothing_was_written(
    folder: Path, other: AgentsDB, harm: Callable[[Path], None], told: str
) -> None:
    harm(folder)
    before = count_rows(other)
    with pytest.raises(BadParcel, match=told):
        other.import_agent(folder)
    assert count_rows(other) == before


def edit(table: str, **fields: object) -> Callable[[Path], None]:
    """Makes a parcel whose hashes fit and whose first row of a table is another one."""

    def forge(folder: Path) -> None:
        first, *rest = read_lines(folder, table)
        seal(folder, table, [{**first, **fields}, *rest])

    return forge


def drop(table: str) -> Callable[[Path], None]:
    return lambda folder: seal(folder, table, read_lines(folder, table)[1:])


FORGED = {
    "a number as text": (edit("memory", text=1), "'text' is not a text"),
    "a lone surrogate": (edit("memory", text="\ud800"), "'text' is not a text"),
    "a NUL": (edit("memory", text="\0"), "'text' is not a text"),
    "another field": (edit("memory", memory_id=1), "has not the fields of a memory: 'memory_id'"),
    "an unknown state": (edit("memory", state="divine"), "'state' is not one of active"),
    "a huge number": (edit("memory", clock=2**63), "'clock' is not a whole number"),
    "a truth for a number": (edit("memory", votes=True), "'votes' is not a whole number"),
    "a bad vector": (edit("embedding", vector="AAAA"), "'vector' is not the base64"),
    "a vector that is not finite": (edit("embedding", vector="AADAfw=="), "'vector' is not the base64"),
    "a short vector": (edit("embedding", vector="AAAAAA=="), "not the dimensions of its embedder"),
    "an unknown episode": (edit("memory", episode="0" * 32), "names the episode '0{32}', which it does not hold"),
    "a text that is another": (edit("text", text="forged"), "is not what its digest says"),
    "another episode's key": (edit("episode", number=77), "is not what its key says"),
    "another seat": (edit("participation", seat="player_9"), "is not what its key says"),
    "an open run": (edit("run", status="running"), "can be gone on with only where it was begun"),
    "a running episode": (edit("episode", status="running"), "has not ended"),
    "a bad name": (edit("agent", name="Ada"), "tells another agent"),
    "a record that is better": (edit("env_record", sum_total=99.0), "is not what its episodes say"),
    "a record too few": (drop("env_record"), "has no record in"),
    "an id of a memory": (edit("memory_event", after='{"superseded_by": 1}'), "names a memory by a number"),
    "evidence of an empty seat": (edit("evidence", seat="player_9"), "in which nobody sat"),
    "an attempt at nothing": (edit("attempt", episode=None, choice=None), "belongs to no episode and no choice"),
    "a memory too few": (drop("memory"), "names the memory"),
    "settings that are none": (edit("run", settings="[]"), "'settings' is not the text of a JSON object"),
    "settings without end": (edit("run", settings='{"a":' * 100_000), "'settings' is not the text of a JSON object"),
    "two agents": (
        lambda folder: seal(folder, "agent", read_lines(folder, "agent") * 2),
        "tells another agent",
    ),
    "a row that is none": (lambda folder: seal(folder, "lived", [[1]]), "is not an object"),
    "a participation twice": (
        lambda folder: seal(folder, "memory", read_lines(folder, "memory") * 2),
        "is another agent's here",
    ),
}


@pytest.mark.parametrize(("forge", "told"), FORGED.values(), ids=FORGED)
def test_a_forged_parcel_is_refused_and_nothing_was_written(
    folder: Path, other: AgentsDB, forge: Callable[[Path], None], told: str
) -> None:
    forge(folder)
    before = count_rows(other)
    with pytest.raises(BadParcel, match=told):
        other.import_agent(folder)
    assert count_rows(other) == before


def make_member(name: str, *, kind: bytes = tarfile.REGTYPE, size: int = 0, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.size, member.linkname = kind, size, target
    return member


HOSTILE = {
    "a way out": make_member("../memory.jsonl"),
    "an absolute name": make_member("/etc/passwd"),
    "a link": make_member("memory.jsonl", kind=tarfile.SYMTYPE, target="/etc/passwd"),
    "a hard link": make_member("memory.jsonl", kind=tarfile.LNKTYPE, target="/etc/passwd"),
    "a device": make_member("memory.jsonl", kind=tarfile.CHRTYPE),
    "a pipe": make_member("memory.jsonl", kind=tarfile.FIFOTYPE),
    "a folder": make_member("memory.jsonl", kind=tarfile.DIRTYPE),
    "a stranger": make_member("else.txt"),
    "a name with a dot": make_member("./memory.jsonl"),
}


@pytest.mark.parametrize("member", HOSTILE.values(), ids=HOSTILE)
def test_a_tar_file_with_anything_else_in_it_is_refused(
    other: AgentsDB, tmp_path: Path, member: tarfile.TarInfo
) -> None:
    path = tmp_path / "bad.tar"
    with tarfile.open(path, "w") as tar:
        tar.addfile(member)
    with pytest.raises(BadParcel, match="which no parcel does"):
        other.import_agent(path)
    assert sorted(found.name for found in tmp_path.glob("*.jsonl")) == []


def test_a_file_that_comes_twice_is_refused(tar_file: Path, other: AgentsDB) -> None:
    with tarfile.open(tar_file, "a") as tar:
        tar.addfile(make_member("memory.jsonl"))
    with pytest.raises(BadParcel, match="which no parcel does"):
        other.import_agent(tar_file)


def test_a_size_that_the_file_does_not_have_is_refused(other: AgentsDB, tmp_path: Path) -> None:
    path = tmp_path / "huge.tar"
    path.write_bytes(make_member(MANIFEST, size=2**40).tobuf(tarfile.GNU_FORMAT))
    with pytest.raises(BadParcel):
        other.import_agent(path)


def test_a_line_without_end_is_refused(folder: Path, other: AgentsDB, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *rest = read_lines(folder, "memory")
    seal(folder, "memory", [{**first, "text": "x" * 5000}, *rest])
    monkeypatch.setattr("agents_db.parcel_files.MOST_LINE", 4000)
    with pytest.raises(BadParcel, match="has more than 4000 bytes"):
        other.import_agent(folder)


@pytest.mark.parametrize("mode", ["w:gz", "w:xz"])
def test_a_compressed_tar_file_is_refused(folder: Path, other: AgentsDB, tmp_path: Path, mode: str) -> None:
    path = tmp_path / "packed.tar"
    with tarfile.open(path, mode) as tar:  # pyright: ignore[reportCallIssue, reportArgumentType]
        for name in (MANIFEST, *NAMES):
            tar.add(folder / name, name)
    with pytest.raises(BadParcel, match="is not a parcel"):
        other.import_agent(path)


@pytest.mark.parametrize("cut", [0, 1, 511, 512, 3000])
def test_a_tar_file_that_was_cut_off_is_refused(tar_file: Path, other: AgentsDB, cut: int) -> None:
    tar_file.write_bytes(tar_file.read_bytes()[:cut])
    with pytest.raises(BadParcel):
        other.import_agent(tar_file)


def test_a_file_that_is_not_there_is_told(other: AgentsDB, tmp_path: Path) -> None:
    with pytest.raises(BadParcel, match="There is no parcel"):
        other.import_agent(tmp_path / "none.tar")


def test_a_name_that_breaks_the_rule_is_refused(folder: Path, other: AgentsDB) -> None:
    with pytest.raises(BadName):
        other.import_agent(folder, name="Eve")
