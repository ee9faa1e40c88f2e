import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agents_db.errors import AgentOwned
from agents_db.owner import AgentLock

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
