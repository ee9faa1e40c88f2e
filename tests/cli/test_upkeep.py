"""`langgym db check`, `repair`, `backup` and `vacuum` as a person and a program see them."""

import os
import pty
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from agents_db.owner import AgentLock
from langgym.home import index_root, store_path
from tests.cli.harness import TOP, Cli


@pytest.fixture
def indexed(cli: Cli, played: Path) -> Path:
    """A home whose agent has a vector index."""
    assert cli("db", "reindex", "--embedder", "hashed").code == 0
    return played


def damage(home: Path, statement: str = "UPDATE agent SET n_decisions = 0") -> None:
    with closing(sqlite3.connect(store_path(home), isolation_level=None)) as driver:
        driver.execute(statement)


EMPTY = {"check": ("check",), "repair": ("repair",), "vacuum": ("vacuum",)}


@pytest.mark.parametrize(("schema", "command"), EMPTY.items())
def test_where_nothing_is_stored_nothing_is_made(cli: Cli, home: Path, schema: str, command: tuple[str, ...]) -> None:
    assert cli("db", *command, "--json").read(schema)
    done = cli("db", *command)
    assert (done.code, done.out, done.err) == (0, "", "nothing is stored yet\n")
    assert not home.exists()


def test_a_torn_index_is_a_problem_until_it_is_repaired(cli: Cli, indexed: Path) -> None:
    (torn,) = indexed.glob("index/1/gen-*/chroma.sqlite3")
    torn.write_bytes(b"torn")
    done = cli("db", "check")
    assert done.code == 5
    assert done.out.startswith("problem: Agent 'ada': The index cannot be opened. It is rebuilt")
    assert done.err.startswith("1 problem in ")
    done = cli("db", "repair")
    assert done.code == 0
    assert done.out.startswith(
        "mended: Agent 'ada': The index cannot be opened. The index is equal to the store again."
    )
    done = cli("db", "check")
    assert (done.code, done.out) == (0, "")


def test_repair_says_what_it_would_do_and_does_it(cli: Cli, played: Path) -> None:
    damage(played)
    planned = cli("db", "repair", "--dry-run", "--json").read("repair")
    assert [item["state"] for item in planned["items"]] == ["planned"]
    assert cli("db", "check", "--json").read("check")["items"][0]["mendable"]
    done = cli("db", "repair")
    assert done.code == 0
    assert done.out.startswith("mended: The counters of agent 'ada' are off: n_decisions is 0 and should be ")
    assert f"the store as it was before: {store_path(played)}.before-repair.backup" in done.err
    assert cli("db", "check").code == 0
    assert cli("db", "repair", "--json").read("repair")["items"] == []
    assert cli("db", "repair").err.startswith("nothing to repair in ")


def test_repair_exits_5_with_advice_where_something_is_left(cli: Cli, played: Path) -> None:
    damage(played, "UPDATE text SET body = x'ff'")
    done = cli("db", "repair")
    assert done.code == 5
    assert all(line.startswith("left: Text ") and "Restore a backup" in line for line in done.out.splitlines())
    assert cli("db", "repair", "--dry-run").code == 5


def test_an_agent_in_play_is_a_note_and_is_left_alone(cli: Cli, indexed: Path) -> None:
    with AgentLock(index_root(indexed), 1, name="ada"):
        done = cli("db", "check")
        assert done.code == 0
        assert done.out.startswith(f"note: The index of agent 'ada' is in use by process {os.getpid()} on ")
        done = cli("db", "repair")
        assert done.code == 0
        assert done.out.startswith(f"left: The index of agent 'ada' is in use by process {os.getpid()} on ")
        done = cli("db", "vacuum")
        assert done.code == 5
        assert done.err.startswith(f"langgym: The agent 'ada' is in play (process {os.getpid()} on ")


def test_a_backup_is_a_store_with_which_play_goes_on(cli: Cli, indexed: Path, tmp_path: Path) -> None:
    made = cli("db", "backup", "--json").read("backup")
    path = Path(made["path"])
    assert re.fullmatch(r"langgym-\d{8}-\d{6}\.db", path.name)
    assert path.parent == indexed / "backups"
    assert path.stat().st_size == made["bytes"]
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(path, store_path(other))
    assert cli("--home", other, "db", "check").code == 0
    assert cli("--home", other, "resume").code == 0
    assert cli("--home", other, "play", "--agent", "ada", "--env", "tictactoe", "--quiet").code == 0
    assert len(cli("--home", other, "episodes", "list", "--json").read("episodes")["items"]) == 3
    assert len(cli("episodes", "list", "--json").read("episodes")["items"]) == 2


def test_a_backup_replaces_a_file_only_by_force(cli: Cli, played: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("dear")
    done = cli("db", "backup", target)
    assert (done.code, target.read_text()) == (2, "dear")
    assert "--force" in done.err
    done = cli("db", "backup", target, "--force")
    assert (done.code, done.out) == (0, f"{target}\n")
    assert re.fullmatch(r"\d+ bytes, checked\n", done.err)


def test_a_backup_of_nothing_exits_5(cli: Cli, home: Path) -> None:
    done = cli("db", "backup")
    assert (done.code, done.out) == (5, "")
    assert "nothing to back up" in done.err


def test_a_terminal_is_told_how_much_is_copied(played: Path) -> None:
    main, child = pty.openpty()
    command = [sys.executable, "-m", "langgym", "db", "backup"]
    assert subprocess.run(command, cwd=TOP, stdout=subprocess.DEVNULL, stderr=child, check=False).returncode == 0
    os.close(child)
    said = os.read(main, 10_000).decode()
    os.close(main)
    assert "100 % copied" in said


def test_vacuum_says_what_it_gave_back(cli: Cli, played: Path) -> None:
    damage(played, "CREATE TABLE ballast AS SELECT randomblob(500000) AS body")
    damage(played, "DROP TABLE ballast")
    done = cli("db", "vacuum", "--json").read("vacuum")
    assert done["after"] < done["before"] - 400_000
    again = cli("db", "vacuum")
    assert again.code == 0
    assert re.fullmatch(r"\d+ bytes before, \d+ after\n", again.out)
