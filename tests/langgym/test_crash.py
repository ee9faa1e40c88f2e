"""The crash bench with few kills, and the bench itself held against a life that was tampered with."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from agents_db.store import AgentsDB
from langgym.bench.crash import find_lost
from langgym.bench.crashing import SCENARIOS, live
from langgym.home import store_path


def test_killed_lives_lose_nothing_and_end_like_those_never_killed(tmp_path: Path) -> None:
    report = tmp_path / "crash.json"
    command = [sys.executable, "-m", "langgym.bench", "crash", "--kills", "32", "--json", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(report.read_text(encoding="utf-8"))
    assert figures["n_kills"] >= 32
    assert (figures["lost"], figures["doubled"], figures["unequal"], figures["faults"]) == (0, 0, 0, 0)
    assert figures["kills"]["mid_migration"] == 3
    assert figures["recovery_worst"] is not None


def test_what_was_acknowledged_and_is_gone_is_found(tmp_path: Path) -> None:
    home, told = tmp_path / "home", tmp_path / "told.jsonl"
    live(home, told, SCENARIOS[0])
    lines = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    with AgentsDB.open_reader(store_path(home)) as db:
        assert find_lost(db, lines) == []
    with closing(sqlite3.connect(store_path(home), isolation_level=None)) as driver:
        driver.execute("UPDATE step SET action = action + 1 WHERE step_id = 3")
        driver.execute("UPDATE attempt SET reply_id = NULL WHERE attempt_id = 2")
        driver.execute("UPDATE memory SET text = 'x' WHERE memory_id = 1")
        driver.execute("DELETE FROM embedding WHERE memory_id = 2")
    with AgentsDB.open_reader(store_path(home)) as db:
        found = [line["kind"] for line in find_lost(db, lines)]
    assert sorted(found) == ["memory", "reply", "step", "vector"]
