"""Files of the hub, from a stand-in on this machine, by the hub's own client."""

import hashlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from langgym.cli.app import app
from langgym.errors import StorageError, UsageError
from langgym.models.embedded import EmbeddedModel
from langgym.models.hub import can_connect, fetch_file, find_kept, list_kept, read_name
from langgym.models.names import open_model

CONTENT = b"GGUF and some weights " * 50
COMMIT = "0123456789abcdef0123456789abcdef01234567"
KEY = "hf_hunter2verysecret"
NAME = "hf:o/n:m.gguf"


class Hub(ThreadingHTTPServer):
    """A hub with one repository, `o/n`."""

    daemon_threads = True

    def __init__(self) -> None:
        self.files = {"m.gguf": CONTENT, "README.md": b"hello"}
        self.etag: str | None = hashlib.sha256(CONTENT).hexdigest()
        self.asked: list[tuple[str, str, str]] = []
        self.cuts = 0
        """How many downloads break off in the middle."""
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def environ(self) -> dict[str, str]:
        return {"HF_ENDPOINT": self.url, "HF_TOKEN": KEY}


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        self.server.asked.append((self.command, self.path, self.headers.get("Range", "")))
        path, _, _ = self.path.partition("?")
        if path.startswith("/api/models/o/n"):
            rows = ", ".join(
                f'{{"type": "file", "path": "{name}", "size": {len(body)}, "oid": "1"}}'
                for name, body in self.server.files.items()
            )
            return self._send(200, f"[{rows}]".encode(), with_body=with_body, kind="application/json")
        if not path.startswith("/o/n/resolve/"):
            return self._send(401, b"", with_body=with_body, code="RepoNotFound")
        body = self.server.files.get(path.rsplit("/", 1)[1])
        if body is None:
            return self._send(404, b"", with_body=with_body, code="EntryNotFound")
        return self._send(200, body, with_body=with_body)

    def _send(
        self, status: int, body: bytes, *, with_body: bool, code: str | None = None, kind: str = "text/plain"
    ) -> None:
        begun = self.headers.get("Range", "").removeprefix("bytes=").partition("-")[0]
        start = int(begun) if begun.isdigit() and with_body else 0
        self.send_response(206 if start else status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if self.server.etag is not None:
            self.send_header("ETag", f'"{self.server.etag}"')
        self.send_header("X-Repo-Commit", COMMIT)
        if code:
            self.send_header("X-Error-Code", code)
        self.end_headers()
        if with_body and self.server.cuts and code is None and kind == "text/plain":
            self.server.cuts -= 1
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif with_body:
            self.wfile.write(body[start:])

    def log_message(self, format: str, *args: object) -> None:
        """Keeps silent."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def nobody() -> dict[str, str]:
    """An environment whose hub is a port at which nobody listens."""
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        return {"HF_ENDPOINT": f"http://127.0.0.1:{plug.getsockname()[1]}"}


def test_file_is_kept_in_the_home_and_nothing_else(home: Path, hub: Hub) -> None:
    path = fetch_file(home, NAME, environ=hub.environ)
    files = sorted(each.name for each in (home / "models").rglob("*") if each.is_file())
    assert (path, path.read_bytes(), files) == (
        home / "models/hf/o/n/m.gguf",
        CONTENT,
        ["m.gguf", "m.gguf.json"],
    )


def test_kept_file_needs_no_network(home: Path, hub: Hub, nobody: dict[str, str]) -> None:
    path = fetch_file(home, NAME, environ=hub.environ)
    assert fetch_file(home, "hf:o/n", environ=nobody) == path


def test_file_with_another_hash_than_stated_is_not_kept(home: Path, hub: Hub) -> None:
    hub.etag = "0" * 64
    with pytest.raises(StorageError, match="was not kept"):
        fetch_file(home, NAME, environ=hub.environ)
    assert [each for each in (home / "models").rglob("*.gguf*") if each.is_file()] == []


def test_small_file_is_checked_by_its_hash_in_git(home: Path, hub: Hub) -> None:
    blob = f"blob {len(CONTENT)}\0".encode() + CONTENT
    hub.etag = hashlib.sha1(blob).hexdigest()
    assert fetch_file(home, NAME, environ=hub.environ).read_bytes() == CONTENT


def test_file_without_a_stated_hash_is_refused(home: Path, hub: Hub) -> None:
    hub.etag = "weak"
    with pytest.raises(StorageError, match="no hash"):
        fetch_file(home, NAME, environ=hub.environ)


def test_only_gguf_file_of_a_repository_needs_no_name(home: Path, hub: Hub) -> None:
    assert fetch_file(home, "hf:o/n", environ=hub.environ).name == "m.gguf"


def test_usual_quantisation_is_taken_of_several(home: Path, hub: Hub) -> None:
    hub.files["m-Q4_K_M.gguf"] = CONTENT
    assert fetch_file(home, "hf:o/n", environ=hub.environ).name == "m-Q4_K_M.gguf"


def test_several_files_without_a_usual_one_are_listed(home: Path, hub: Hub) -> None:
    hub.files["m-Q8_0.gguf"] = CONTENT
    with pytest.raises(UsageError, match=r"m\.gguf, m-Q8_0\.gguf\. Write hf:o/n:FILE"):
        fetch_file(home, "hf:o/n", environ=hub.environ)


def test_missing_file_is_named(home: Path, hub: Hub) -> None:
    with pytest.raises(UsageError, match=r"'o/n' has no file 'x\.gguf'"):
        fetch_file(home, "hf:o/n:x.gguf", environ=hub.environ)


def test_missing_repository_is_told_with_what_may_help(home: Path, hub: Hub) -> None:
    with pytest.raises(UsageError, match=r"no repository 'o/other', or one that needs a key: set HF_TOKEN") as caught:
        fetch_file(home, "hf:o/other:m.gguf", environ=hub.environ)
    assert KEY not in f"{caught.value}{caught.value.__cause__}{caught.value.__context__}"


def test_offline_one_clear_line_comes_within_two_seconds(home: Path, nobody: dict[str, str]) -> None:
    start = time.monotonic()
    with pytest.raises(UsageError, match=r"Cannot reach http://127.0.0.1:\d+ to fetch 'hf:o/n:m.gguf'"):
        fetch_file(home, NAME, environ=nobody)
    assert time.monotonic() - start < 2


def test_server_that_takes_no_connection_is_left_in_time() -> None:
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        start = time.monotonic()
        can_connect("127.0.0.1", deaf.getsockname()[1], seconds=0.3)
        assert time.monotonic() - start < 1


def test_key_is_sent_to_the_hub_and_stands_in_no_file(home: Path, hub: Hub) -> None:
    fetch_file(home, NAME, environ=hub.environ)
    kept = b"".join(each.read_bytes() for each in home.rglob("*") if each.is_file())
    assert KEY.encode() not in kept


def test_download_that_breaks_off_is_tried_again(home: Path, hub: Hub) -> None:
    hub.cuts = 1
    assert fetch_file(home, NAME, environ=hub.environ).read_bytes() == CONTENT


def test_fetch_leaves_nothing_else_behind_when_it_fails(home: Path, hub: Hub) -> None:
    hub.etag = "0" * 64
    with pytest.raises(StorageError):
        fetch_file(home, NAME, environ=hub.environ)
    assert os.listdir(home / "models") == []


def test_nothing_is_printed_while_it_is_fetched(home: Path, hub: Hub) -> None:
    code = """
import sys
from pathlib import Path
from langgym.models.hub import fetch_file
fetch_file(Path(sys.argv[1]), sys.argv[2])
"""
    child = subprocess.run(
        [sys.executable, "-c", code, str(home), NAME],
        env={**os.environ, **hub.environ},
        capture_output=True,
        timeout=60,
    )
    assert (child.returncode, child.stdout, child.stderr) == (0, b"", b"")


def test_verifying_fetches_a_changed_file_anew(home: Path, hub: Hub) -> None:
    path = fetch_file(home, NAME, environ=hub.environ)
    path.write_bytes(CONTENT[::-1])
    fetch_file(home, NAME, environ=hub.environ, verify=True)
    assert path.read_bytes() == CONTENT


def test_verifying_asks_nobody_where_the_file_is_right(home: Path, hub: Hub, nobody: dict[str, str]) -> None:
    path = fetch_file(home, NAME, environ=hub.environ)
    assert fetch_file(home, NAME, environ=nobody, verify=True) == path


@pytest.mark.parametrize(
    "name", ["hf:", "hf:o", "hf:o/", "hf:../n", "hf:o/n:../m.gguf", "hf:o/n:/m.gguf", "hf:o/n:m.bin", "hf:o/n/x:m.gguf"]
)
def test_name_that_is_no_file_of_the_hub_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"names no file|is no GGUF file"):
        read_name(name)


def test_model_of_the_hub_opens_and_is_that_file(home: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    model = open_model(NAME, home=home)
    assert isinstance(model, EmbeddedModel)
    assert (model.name, model.fingerprint) == (NAME, f"sha256:{hub.etag}")


def test_kept_files_are_listed_with_where_they_came_from(home: Path, hub: Hub) -> None:
    fetch_file(home, NAME, environ=hub.environ)
    [found] = list_kept(home)
    assert (found.pin.name, found.present, found.pin.source) == (NAME, True, f"{hub.url}/o/n {COMMIT[:12]}")
    found.path.write_bytes(CONTENT[:5])
    assert not list_kept(home)[0].present


def test_unchecked_file_in_the_folder_is_not_taken(home: Path) -> None:
    path = home / "models/hf/o/n/m.gguf"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert find_kept(home, read_name(NAME)) is None


def test_fetch_command_fetches_and_list_shows_it(home: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    fetched = CliRunner().invoke(app, ["models", "fetch", NAME])
    listed = CliRunner().invoke(app, ["models", "list"])
    assert (fetched.exit_code, str(home / "models/hf/o/n/m.gguf") in fetched.output) == (0, True)
    assert NAME in listed.stdout
