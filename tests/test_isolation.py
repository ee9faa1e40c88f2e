"""The suite itself: no test reaches a network, reads the machine's settings or writes into the user's home."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ELSEWHERE = ("192.0.2.1", 9)
"""An address that is reserved for documentation (RFC 5737)."""


def test_connecting_to_another_machine_is_refused() -> None:
    with socket.socket() as endpoint, pytest.raises(RuntimeError, match=r"not to \('192\.0\.2\.1', 9\)"):
        endpoint.connect(ELSEWHERE)


def test_sending_a_datagram_to_another_machine_is_refused() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint,
        pytest.raises(RuntimeError, match="only connect to this machine"),
    ):
        endpoint.sendto(b"", ELSEWHERE)


def test_looking_up_a_foreign_name_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"may not look up 'example\.org'"):
        socket.getaddrinfo("example.org", 80)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_open(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection((host, server.getsockname()[1]), timeout=5).close()


def test_children_are_guarded_too() -> None:
    code = f"import socket; socket.create_connection({ELSEWHERE!r}, timeout=1)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "NetworkBlocked" in child.stderr


def test_home_is_a_folder_of_the_test(home: Path, tmp_path: Path) -> None:
    assert (Path.home(), os.environ["LANGGYM_HOME"]) == (tmp_path, str(home))


def test_settings_of_the_machine_are_gone() -> None:
    kept = [name for name in os.environ if name.startswith(("OPENAI_", "LANGGYM_")) and name != "LANGGYM_HOME"]
    assert kept == []
