import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agents_db.errors import AgentOwned
from agents_db.owner import AgentLock, Owner, find_owner

HOLD = """
import sys, time
from agents_db.owner import AgentLock
lock = AgentLock(sys.argv[1], 1, name="ada")
print("held", flush=True)
time.sleep(60)
"""


def hold_lock(root: Path) -> "subprocess.Popen[str]":
    owner = subprocess.Popen([sys.executable, "-c", HOLD, str(root)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "held\n"
    return owner


def test_second_lock_names_the_owner(tmp_path: Path) -> None:
    with AgentLock(tmp_path, 1, name="ada"), pytest.raises(AgentOwned, match="'ada'") as caught:
        AgentLock(tmp_path, 1, name="ada")
    assert caught.value.pid == os.getpid()


def test_another_process_is_named_and_does_not_block_other_agents(tmp_path: Path) -> None:
    with hold_lock(tmp_path) as owner:
        with pytest.raises(AgentOwned) as caught:
            AgentLock(tmp_path, 1, name="ada")
        AgentLock(tmp_path, 2, name="bob").close()
        owner.kill()
    assert caught.value.pid == owner.pid
    assert caught.value.host


def test_killed_owner_does_not_block(tmp_path: Path) -> None:
    with hold_lock(tmp_path) as owner:
        os.kill(owner.pid, signal.SIGKILL)
    AgentLock(tmp_path, 1, name="ada").close()


def test_next_owner_of_a_killed_one_is_named(tmp_path: Path) -> None:
    with hold_lock(tmp_path) as dead:
        os.kill(dead.pid, signal.SIGKILL)
    assert read_sidecar(tmp_path)["pid"] == dead.pid
    with hold_lock(tmp_path) as owner:
        with pytest.raises(AgentOwned) as caught:
            AgentLock(tmp_path, 1, name="ada")
        owner.kill()
    assert (caught.value.pid, caught.value.host) == (owner.pid, socket.gethostname())


def read_sidecar(root: Path) -> dict[str, object]:
    return json.loads((root / "1" / "owner.json").read_text())


def write_sidecar(root: Path, **changes: object) -> None:
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": 0, **changes}
    (root / "1").mkdir(exist_ok=True)
    (root / "1" / "owner.json").write_text(json.dumps(owner))


@pytest.mark.parametrize("stale", [{"boot": "another"}, {"host": "elsewhere"}, {"pid": 1}, {}], ids=str)
def test_stale_sidecar_does_not_block(tmp_path: Path, stale: dict[str, object]) -> None:
    write_sidecar(tmp_path, **stale)
    with AgentLock(tmp_path, 1, name="ada"):
        assert read_sidecar(tmp_path)["pid"] == os.getpid()
        assert read_sidecar(tmp_path)["host"] == socket.gethostname()


@pytest.mark.parametrize("stale", [{"boot": "another"}, {"pid": 2**22 + 1}, {"pid": 0}, {"pid": -1}], ids=str)
def test_a_process_that_cannot_own_the_lock_is_not_named(tmp_path: Path, stale: dict[str, object]) -> None:
    with AgentLock(tmp_path, 1, name="ada"):
        write_sidecar(tmp_path, **stale)
        with pytest.raises(AgentOwned, match="another process") as caught:
            AgentLock(tmp_path, 1, name="ada")
    assert (caught.value.pid, caught.value.host) == (0, "")


def test_owner_on_another_host_is_named(tmp_path: Path) -> None:
    with AgentLock(tmp_path, 1, name="ada"):
        write_sidecar(tmp_path, host="elsewhere", pid=2**22 + 1, boot="another")
        with pytest.raises(AgentOwned, match=f"process {2**22 + 1} on 'elsewhere'"):
            AgentLock(tmp_path, 1, name="ada")


def test_lock_is_free_after_closing(tmp_path: Path) -> None:
    lock = AgentLock(tmp_path, 1, name="ada")
    lock.close()
    lock.close()
    AgentLock(tmp_path, 1, name="ada").close()


def test_unreadable_owner_still_blocks(tmp_path: Path) -> None:
    with AgentLock(tmp_path, 1, name="ada"):
        (tmp_path / "1" / "owner.json").write_text("{")
        with pytest.raises(AgentOwned, match="another process") as caught:
            AgentLock(tmp_path, 1, name="ada")
    assert (caught.value.pid, caught.value.host) == (0, "")


def test_the_owner_of_an_agent_is_found(tmp_path: Path) -> None:
    before = time.time_ns() // 1000
    with AgentLock(tmp_path, 1, name="ada"):
        owner = find_owner(tmp_path, 1)
    assert owner is not None
    assert (owner.pid, owner.host, owner.near) == (os.getpid(), socket.gethostname(), True)
    assert before <= owner.since <= time.time_ns() // 1000


def test_nobody_owns_an_agent_that_was_given_back_or_never_taken(tmp_path: Path) -> None:
    AgentLock(tmp_path, 1, name="ada").close()
    assert find_owner(tmp_path, 1) is None
    assert find_owner(tmp_path, 2) is None


def test_a_killed_owner_is_nobody_even_before_its_parent_has_asked_for_it(tmp_path: Path) -> None:
    with hold_lock(tmp_path) as owner:
        assert find_owner(tmp_path, 1) is not None
        os.kill(owner.pid, signal.SIGKILL)
        os.waitid(os.P_PID, owner.pid, os.WEXITED | os.WNOWAIT)
        assert find_owner(tmp_path, 1) is None


def test_an_owner_on_another_machine_is_believed(tmp_path: Path) -> None:
    write_sidecar(tmp_path, pid=2**22 + 1, host="elsewhere", since=7)
    assert find_owner(tmp_path, 1) == Owner(2**22 + 1, "elsewhere", since=7, near=False)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"pid": 1}', '{"pid": -1, "host": "x"}', '{"pid": "a", "host": "x"}'])
def test_a_file_that_names_nobody_is_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "owner.json").write_text(text, encoding="utf-8")
    assert find_owner(tmp_path, 1) is None
