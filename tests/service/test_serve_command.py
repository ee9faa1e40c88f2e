"""`langgym serve`: what it refuses, what it prints, and that it comes back as it was."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from agents_db.owner import AgentLock
from agents_db.records import AgentDraft
from agents_db.store import AgentsDB
from langgym.cli.app import main
from langgym.home import service_root, store_path

TOKEN = "a-token-that-nobody-guesses"


@contextmanager
def serving(home: Path, *options: str, env: Mapping[str, str] | None = None) -> Iterator[tuple[str, Any]]:
    """Runs the command; gives its address and its process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "langgym", "--home", str(home), "serve", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, process.communicate()[1]
        yield url, process
    finally:
        process.kill()
        process.communicate()


def ask(url: str, path: str, body: object = None, **headers: str) -> Any:
    content = None if body is None else json.dumps(body).encode()
    given = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    with urllib.request.urlopen(urllib.request.Request(url + path, content, given), timeout=30) as reply:
        return json.load(reply)


@pytest.fixture
def refuse(capsys: pytest.CaptureFixture[str], home: Path) -> Any:
    """Runs a command that must be refused before anything is served."""

    def run(*options: object, code: int = 2) -> str:
        assert main(["serve", "--port", "0", *map(str, options)]) == code
        return capsys.readouterr().err

    return run


# What it refuses


def test_another_address_than_loopback_needs_a_token(refuse: Any) -> None:
    assert "LANGGYM_SERVE_TOKEN" in refuse("--host", "0.0.0.0")


def test_a_short_token_is_refused(refuse: Any, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("short")

    told = refuse("--token-file", tmp_path / "token")
    assert "guessed" in told
    assert "short\n" not in told


def test_an_empty_file_is_no_token(refuse: Any, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")

    assert "no token" in refuse("--token-file", tmp_path / "token")


def test_a_token_is_never_a_flag(refuse: Any) -> None:
    assert "--token" in refuse("--token", TOKEN)


def test_a_seat_without_an_environment_is_refused(refuse: Any) -> None:
    assert "--env" in refuse("--seat", "player_1=random")


def test_a_seat_that_there_is_not_is_refused(refuse: Any) -> None:
    assert "player_1, player_2" in refuse("--env", "tictactoe", "--seat", "player_9=random")


def test_a_seat_of_no_form_is_refused(refuse: Any) -> None:
    assert "SEAT=PLAYER" in refuse("--env", "tictactoe", "--seat", "player_1")


def test_somebody_who_does_not_play_the_game_is_refused(refuse: Any) -> None:
    assert "classic/chess_v6" in refuse("--env", "tictactoe", "--seat", "player_1=uci:stockfish")


def test_a_table_without_an_open_seat_is_refused(refuse: Any) -> None:
    told = refuse("--env", "tictactoe", "--seat", "player_1=random", "--seat", "player_2=random")

    assert "leave one open" in told


def test_an_agent_that_does_not_exist_is_refused(refuse: Any) -> None:
    assert "eve" in refuse("--player", "agent:eve")


def test_agents_are_refused_where_nothing_is_kept(refuse: Any) -> None:
    assert "--memory" in refuse("--memory", "--player", "agent:bob")


def test_a_home_that_is_served_already_is_refused(refuse: Any, home: Path) -> None:
    with AgentLock(service_root(home), 0, name="the service"):
        assert "served" in refuse(code=5)


def test_a_port_that_is_taken_is_refused(refuse: Any) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "--port" in refuse("--port", taken.getsockname()[1])


def test_without_the_extra_a_line_says_what_to_install(refuse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "uvicorn" else find(name))

    assert "langgym[serve]" in refuse()


def test_the_command_line_loads_nothing_that_serves() -> None:
    code = (
        "import sys, langgym.cli.app, universe; names = ('fastapi', 'uvicorn', 'mcp', 'prometheus_client'); "
        "print([name for name in names if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


# What it serves


def test_a_guest_plays_an_agent_and_the_next_one_finds_a_table(home: Path) -> None:
    with AgentsDB.open(store_path(home)) as db:
        db.create_agent(AgentDraft(name="bob", model="random"))
    with serving(home, "--env", "tictactoe", "--seat", "player_2=agent:bob") as (url, process):
        table = find_table(url)
        token = ask(url, f"/v1/tables/{table}/seats/player_1/claim", {"name": "Zoë"})["token"]
        outcome = play(url, table, "player_1", token)
        assert find_table(url) != table
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0

    with AgentsDB.open_reader(store_path(home)) as db:
        episode = next(episode for episode in db.episodes() if episode.status == "finished")
        assert db.agent("bob").n_participations == 1
        assert db.run(1).status == "running"  # the open table waits for the next service
    assert [part.total for part in episode.participations] == [end["total"] for end in outcome]


def find_table(url: str) -> str:
    for _ in range(100):
        items = ask(url, "/v1/tables?status=waiting")["items"]
        if items:
            return items[0]["table"]
        time.sleep(0.05)
    raise AssertionError("no table is open")


def play(url: str, table: str, seat: str, token: str, *, turns: int = 99) -> list[dict[str, Any]]:
    """Plays the first choice; returns the outcome, or nothing after some turns."""
    after = -1
    while turns:
        look = ask(url, f"/v1/tables/{table}/seats/{seat}/turn?wait=10&after={after}", X_Seat_Token=token)
        if look["state"] == "over":
            return look["outcome"]
        turn = look["turn"]
        body = {"turn": turn["turn"], "action": turn["options"][0]["action"]}
        after = ask(url, f"/v1/tables/{table}/seats/{seat}/answer", body, X_Seat_Token=token)["turn"]
        turns -= 1
    return []


def test_a_token_of_the_environment_is_asked_for(home: Path) -> None:
    with serving(home, "--memory", env={"LANGGYM_SERVE_TOKEN": TOKEN}) as (url, process):
        with pytest.raises(HTTPError, match="401"):
            ask(url, "/v1/house")
        assert ask(url, "/v1/house", Authorization=f"Bearer {TOKEN}")["keeps"] is False
        process.terminate()
        _, told = process.communicate(timeout=30)
    assert TOKEN not in told
    assert "nothing is kept" in told


def test_after_a_stop_every_table_stands_where_it_stood(home: Path) -> None:
    with serving(home) as (url, process):
        made = ask(url, "/v1/tables", {"env": "tictactoe", "seats": {"player_1": "mine", "player_2": "random"}})
        table, [seat] = made["table"]["table"], made["tokens"]
        play(url, table, "player_1", seat["token"], turns=2)
        before = ask(url, f"/v1/tables/{table}")
        process.terminate()
        assert process.wait(30) == 0
    with serving(home) as (url, _):
        assert ask(url, f"/v1/tables/{table}") == before
        assert play(url, table, "player_1", seat["token"])
