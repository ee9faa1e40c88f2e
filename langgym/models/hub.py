"""GGUF files from the Hugging Face hub: found, fetched once, checked, and kept in the home."""

import hashlib
import importlib.util
import json
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol, TypeVar, cast
from urllib.parse import urlsplit

from langgym.errors import StorageError, UsageError
from langgym.models.faults import strip_secrets, strip_url
from langgym.models.proxies import find_proxy
from langgym.models.weights import Pin, WeightFile

ResultT = TypeVar("ResultT")

PREFIX = "hf:"
HUB_URL = "https://huggingface.co"
INSTALL = "pip install 'langgym[hub]'"
PROBE_SECONDS = 1.5
"""That the hub has to take a connection: its own client would try for half a minute."""
_USUAL = "q4_k_m"
"""The quantisation that is taken where a repository has several: llama.cpp's own choice."""
_SHA256, _SHA1 = 64, 40
"""Hexadecimal digits of an ETag: of a large file its sha256, of a small one that of its blob in git."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """A file of a repository."""

    repo: str
    """OWNER/NAME."""
    file: str | None
    """Its path there; `None` where it is to be found."""

    @property
    def name(self) -> str:
        """What `--model` takes."""
        return f"{PREFIX}{self.repo}" + (f":{self.file}" if self.file else "")


class _Metadata(Protocol):
    commit_hash: str | None
    etag: str | None
    size: int | None


def read_name(name: str) -> HubFile:
    """Returns what `hf:OWNER/NAME[:FILE]` means.

    >>> read_name("hf:ggml-org/tiny-llamas:stories15M.gguf")
    HubFile(repo='ggml-org/tiny-llamas', file='stories15M.gguf')

    Raises:
        UsageError: It means nothing.
    """
    repo, _, file = name.removeprefix(PREFIX).partition(":")
    owner, mark, short = repo.partition("/")
    good = mark and all(part and all(c.isalnum() or c in "-_." for c in part) for part in (owner, short))
    if not good or ".." in repo or owner.startswith(".") or short.startswith("."):
        raise UsageError(f"{name!r} names no file of the hub: expected hf:OWNER/NAME or hf:OWNER/NAME:FILE.gguf.")
    parts = PurePosixPath(file).parts
    if file and (file.startswith("/") or "\\" in file or ".." in parts or not file.endswith(".gguf")):
        raise UsageError(f"{file!r} of {name!r} is no GGUF file: expected the path of one that ends in .gguf.")
    return HubFile(repo=repo, file=file or None)


def find_kept(home: Path, wanted: HubFile) -> Path | None:
    """Returns the file in the home; `None` where it is not there, or not one alone where none was named."""
    found = find_note(home, wanted)
    return found.path if found is not None and found.present else None


def find_note(home: Path, wanted: HubFile) -> WeightFile | None:
    """Returns what the home knows of a file; `None` for nothing, or for several where none was named."""
    repo = f"{PREFIX}{wanted.repo}:"
    known = [each for each in list_kept(home) if each.pin.name.startswith(repo)]
    if wanted.file is not None:
        known = [each for each in known if each.pin.name == wanted.name]
    return known[0] if len(known) == 1 else None


def list_kept(home: Path) -> list[WeightFile]:
    """Returns every file of the hub that the home keeps."""
    root = home / "models" / "hf"
    found: list[WeightFile] = []
    for note in sorted(root.glob("*/*/**/*.gguf.json")):
        told = _read_note(note)
        path = note.with_suffix("")
        if told is not None:
            pin = _make_pin(told, path.relative_to(home / "models").as_posix())
            is_whole = path.is_file() and path.stat().st_size == pin.size
            found.append(WeightFile(pin=pin, path=path, present=is_whole))
    return found


def fetch_file(
    home: Path, name: str, *, environ: Mapping[str, str] | None = None, verify: bool = False, quiet: bool = True
) -> Path:
    """Returns a file of the hub, fetched where the home does not keep it.

    A file is kept only if its hash is the one that the hub states as its ETag. `HF_ENDPOINT` names another hub,
    `HF_TOKEN` a key for files that need one; the key is in no text of ours.

    Args:
        home: The home; its folder is made if missing.
        name: `hf:OWNER/NAME` or `hf:OWNER/NAME:FILE`.
        environ: The environment; `None` takes that of the process.
        verify: Whether a file that is kept is hashed too, and fetched anew when it is not what it was.
        quiet: Whether the hub's own progress bar is left out.

    Raises:
        UsageError: The name means nothing, the hub cannot be reached, or has no such file.
        StorageError: What came is not what the hub stated, or the home cannot be written.
    """
    environ = os.environ if environ is None else environ
    wanted = read_name(name)
    known = find_note(home, wanted)
    if known is not None and known.present and (not verify or _is_sound(known)):
        return known.path
    if importlib.util.find_spec("huggingface_hub") is None:
        raise UsageError(f"Fetching {name!r} needs the hub's own client: {INSTALL}")
    fetch = _Fetch(home, environ, quiet=quiet)
    fetch.probe(name)
    return fetch.run(wanted)


def _is_sound(known: WeightFile) -> bool:
    return hash_file(known.path, like=known.pin.sha256) == known.pin.sha256


class _Fetch:
    """One fetch, with where and as whom it asks."""

    def __init__(self, home: Path, environ: Mapping[str, str], *, quiet: bool) -> None:
        self._home = home
        self._url = (environ.get("HF_ENDPOINT", "").strip() or HUB_URL).rstrip("/")
        self._token = environ.get("HF_TOKEN", "").strip() or None
        self._quiet = quiet
        if urlsplit(self._url).scheme not in {"http", "https"} or not urlsplit(self._url).hostname:
            raise UsageError(f"HF_ENDPOINT={strip_url(self._url)!r} is no URL of a server.")

    def probe(self, name: str) -> None:
        """Raises `UsageError` where the hub, or the proxy on the way to it, takes no connection in time."""
        parts = urlsplit(self._url)
        proxy = find_proxy(parts.scheme, parts.hostname or "")
        target = urlsplit(proxy) if proxy else parts
        port = target.port or (443 if target.scheme == "https" else 80)
        if not can_connect(target.hostname or "", port, seconds=PROBE_SECONDS):
            raise UsageError(
                f"Cannot reach {strip_url(self._url)} to fetch {name!r}: connect to the network, or take a file that "
                "is here: local:FILE.gguf."
            )

    def run(self, wanted: HubFile) -> Path:
        """Returns the file, after it was checked."""
        file = wanted.file or self._pick(wanted)
        stated = self._ask(wanted, lambda: self._state(wanted.repo, file))
        etag = (stated.etag or "").strip('"').lower()
        if len(etag) not in (_SHA256, _SHA1) or not set(etag) <= set("0123456789abcdef"):
            raise StorageError(f"The hub states no hash of {file!r} of {wanted.repo!r}, so nothing could be checked.")
        path = _folder(self._home, wanted.repo) / file
        folder = self._home / "models"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as part:
                commit = stated.commit_hash
                got = self._ask(wanted, lambda: self._download(wanted.repo, file, commit, Path(part)))
                if (found := hash_file(got, like=etag)) != etag:
                    raise StorageError(
                        f"{file!r} of {wanted.repo!r} came with the hash {found}, but the hub states {etag}: it was "
                        "not kept. Fetch again."
                    )
                self._keep(got, path, HubFile(repo=wanted.repo, file=file), commit or "")
        except OSError as error:
            raise StorageError(f"Cannot keep {file!r} in {str(folder)!r}: {error.strerror or error}.") from None
        return path

    def _pick(self, wanted: HubFile) -> str:
        """Returns the one GGUF file of a repository, or the usual one of several."""
        files = [file for file in self._ask(wanted, lambda: self._list(wanted.repo)) if file.endswith(".gguf")]
        usual = [file for file in files if _USUAL in file.lower()]
        chosen = files if len(files) == 1 else usual
        if len(chosen) != 1:
            shown = ", ".join(files[:12]) or "none"
            raise UsageError(f"{wanted.name!r} does not say which file: {shown}. Write hf:{wanted.repo}:FILE.")
        return chosen[0]

    def _ask(self, wanted: HubFile, work: Callable[[], ResultT]) -> ResultT:
        """Returns what `work` returns; errors of the hub's client become one line of ours that holds no key."""
        words, kind = "", ""
        try:
            return work()
        except OSError as error:  # the base of all that its client raises on its way
            if error.errno is not None:
                raise
            kind, words = type(error).__name__, str(error)
        except ValueError as error:
            kind, words = type(error).__name__, str(error)
        # Not within the handler: the error would carry the client's own, and with it headers.
        if kind in ("RemoteEntryNotFoundError", "EntryNotFoundError"):
            raise UsageError(f"{wanted.repo!r} has no file {wanted.file!r} at {strip_url(self._url)}.")
        if kind in ("RepositoryNotFoundError", "GatedRepoError"):
            raise UsageError(
                f"{strip_url(self._url)} has no repository {wanted.repo!r}, or one that needs a key: set HF_TOKEN."
            )
        said = strip_secrets(words, (self._token,) if self._token else ())[:200]
        raise UsageError(f"Cannot fetch {wanted.name!r} from {strip_url(self._url)} ({kind}): {said}")

    def _list(self, repo: str) -> Sequence[str]:
        hub = _open_client()
        api = hub.HfApi(endpoint=self._url, token=self._token or False)
        return cast("list[str]", api.list_repo_files(repo))

    def _state(self, repo: str, file: str) -> _Metadata:
        hub = _open_client()
        url = hub.hf_hub_url(repo, file, endpoint=self._url)
        return cast(_Metadata, hub.get_hf_file_metadata(url, token=self._token or False, endpoint=self._url))

    def _download(self, repo: str, file: str, commit: str | None, folder: Path) -> Path:
        hub = _open_client(bars=not self._quiet)
        return Path(
            cast(
                str,
                hub.hf_hub_download(
                    repo,
                    file,
                    revision=commit,
                    local_dir=folder,
                    endpoint=self._url,
                    token=self._token or False,
                ),
            )
        )

    def _keep(self, got: Path, path: Path, what: HubFile, commit: str) -> None:
        """Moves what was fetched into place, with a note of what it is."""
        size, sha256 = got.stat().st_size, hash_file(got, like="0" * _SHA256)
        note = {"repo": what.repo, "file": what.file, "size": size, "sha256": sha256, "commit": commit}
        path.parent.mkdir(parents=True, exist_ok=True)
        got.replace(path)
        _note_of(path).write_text(json.dumps({**note, "hub": strip_url(self._url)}) + "\n", encoding="utf-8")


def can_connect(host: str, port: int, *, seconds: float) -> bool:
    """Returns whether a server takes a connection within so many seconds, the looking up of its name included."""
    opened = threading.Event()

    def connect() -> None:
        try:
            socket.create_connection((host, port), timeout=seconds).close()
        except (OSError, RuntimeError):  # a guard against networks may raise what it likes
            return
        opened.set()

    # A thread of its own, and left behind: names are looked up without any deadline.
    worker = threading.Thread(target=connect, name="langgym-probe", daemon=True)
    worker.start()
    worker.join(seconds)
    return opened.is_set()


def hash_file(path: Path, *, like: str) -> str:
    """Returns the hash of a file in hexadecimal: of the kind that has as many digits as `like`."""
    digest = hashlib.sha256()
    if len(like) == _SHA1:
        digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()


class _Client(Protocol):
    """The names of `huggingface_hub` in use."""

    HfApi: Callable[..., "_Api"]
    hf_hub_url: Callable[..., str]
    get_hf_file_metadata: Callable[..., object]
    hf_hub_download: Callable[..., object]


class _Api(Protocol):
    def list_repo_files(self, repo_id: str) -> object: ...


def _open_client(*, bars: bool = False) -> _Client:
    # Read when it is imported, so they must be set before.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    client = importlib.import_module("huggingface_hub")
    utils = importlib.import_module("huggingface_hub.utils")
    (utils.enable_progress_bars if bars else utils.disable_progress_bars)()
    return cast(_Client, client)


def _folder(home: Path, repo: str) -> Path:
    return home / "models" / "hf" / Path(*repo.split("/"))


def _note_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _read_note(path: Path) -> Mapping[str, object] | None:
    try:
        found: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return cast("Mapping[str, object]", found) if isinstance(found, dict) else None


def _make_pin(told: Mapping[str, object], file: str) -> Pin:
    repo, size = str(told.get("repo")), told.get("size")
    n_bytes = size if isinstance(size, int) else -1
    return Pin(
        name=f"{PREFIX}{repo}:{told.get('file')}",
        file=file,
        package=f"{told.get('hub')}/{repo}",
        version=str(told.get("commit"))[:12],
        member=str(told.get("file")),
        sha256=str(told.get("sha256")),
        size=n_bytes,
        wheel_size=n_bytes,
        licence="see source",
        title="language model from the hub",
    )
