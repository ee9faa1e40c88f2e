import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agents_db.store import AgentsDB
from langgym.home import store_path
from langgym.models.loopback import Answer, ChatServer, bad_key
from tests.cli.harness import REASON, TOP, Cli, check_schema, find_flags, pick_first

RANDOM = ("play", "--agent", "ada", "--model", "random", "--env", "tictactoe")


def test_a_run_tells_its_story_on_standard_error(cli: Cli, home: Path) -> None:
    done = cli(*RANDOM, "--episodes", 2, "--seed", 3)
    assert (done.code, done.out) == (0, "")
    for told in (
        "ada is new",
        "seed 3",
        "episode 2 of 2",
        "memory 2",
        "2 episodes finished",
        "langgym episodes show 2",
    ):
        assert told in done.err


def test_the_agent_chooses_where_nothing_is_said(cli: Cli, home: Path) -> None:
    done = cli("play", "--agent", "ada", "--model", "random", "--seed", 1, "--max-turns", 4)
    assert "ada may choose among" in done.err
    assert "drawn at random" in done.err


def test_without_a_seed_one_is_drawn_and_said(cli: Cli, home: Path) -> None:
    [run] = [event for event in cli(*RANDOM, "--json").read_lines() if event["event"] == "run"]
    assert run["seed"] > 2**32
    with AgentsDB.open_reader(store_path(home)) as db:
        assert db.run(run["run_id"]).seed == run["seed"]


def test_quiet_says_nothing(cli: Cli, home: Path) -> None:
    done = cli(*RANDOM, "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_verbose_says_every_decision(cli: Cli, home: Path) -> None:
    done = cli(*RANDOM, "--verbose", "--seed", 3)
    assert sum("[random]" in line for line in done.err.splitlines()) == 8


def test_events_are_json_lines_in_order(cli: Cli, home: Path) -> None:
    done = cli("play", "--agent", "ada", "--model", "random", "--json", "--seed", 1, "--max-turns", 3)
    kinds = [event["event"] for event in done.read_lines()]
    assert kinds[:4] == ["note", "run", "choice", "start"] or kinds[:4] == ["run", "note", "choice", "start"]
    assert kinds[-3:] == ["end", "memory", "summary"]
    assert set(kinds[4:-3]) == {"turn"}


def test_the_same_seed_plays_the_same(cli: Cli, home: Path, tmp_path: Path) -> None:
    one = cli("--home", tmp_path / "one", *RANDOM, "--seed", 11, "--json").read_lines()
    two = cli("--home", tmp_path / "two", *RANDOM, "--seed", 11, "--json").read_lines()
    assert [event["action"] for event in one if event["event"] == "turn"] == [
        event["action"] for event in two if event["event"] == "turn"
    ]


def test_a_model_plays_chooses_and_says_why(cli: Cli, home: Path, model_flags: list[str]) -> None:
    done = cli("play", "--agent", "ada", *model_flags, "--max-turns", 4, "--seed", 2)
    assert done.code == 0, done.err
    assert 'its reason: "centre' in done.err
    assert "(100%)" in done.err


def test_a_hostile_reason_cannot_touch_the_terminal(cli: Cli, home: Path, model_flags: list[str]) -> None:
    done = cli("play", "--agent", "ada", *model_flags, "--max-turns", 4, "--seed", 2, "--verbose")
    shown = done.err + cli("agents", "show", "ada").out + cli("episodes", "show", 1, "--prompts").out
    assert "centre" in shown
    assert {char for char in shown if char in REASON and not char.isprintable()} == set()


def test_fallbacks_are_labelled(cli: Cli, home: Path) -> None:
    with ChatServer(lambda request: '{"action": "fly"}') as server:
        done = cli("play", "--agent", "ada", "--env", "rps", "--max-turns", 2, "--verbose", *find_flags(server))
    assert done.code == 0, done.err
    assert "FALLBACK, not the model's choice after illegal, illegal, illegal" in done.err
    assert "2 fallbacks that nobody chose" in done.err
    shown = cli("episodes", "show", 1).out
    assert "[FALLBACK: nobody chose it]" in shown
    assert "attempt 3: illegal: 'fly' is not legal now" in shown


def test_a_forfeit_is_told(cli: Cli, home: Path) -> None:
    with ChatServer(lambda request: Answer(text="no idea")) as server:
        done = cli("play", "--agent", "ada", "--env", "tictactoe", "--verbose", *find_flags(server))
    assert "gives no legal answer and forfeits" in done.err
    assert "1 forfeit" in done.err
    assert "no decision; its attempts were" in cli("episodes", "show", 1).out


def test_recalled_memories_are_shown_with_rank_and_score(cli: Cli, home: Path, model_flags: list[str]) -> None:
    cli("play", "--agent", "ada", "--env", "rps", "--max-turns", 2, "--episodes", 2, *model_flags)
    assert "recalled memory 1, rank 1, score" in cli("episodes", "show", 2).out
    uses = cli("memories", "show", 1, "--json").read("memory")["recalled_in"]
    assert [(use["episode_id"], use["turn"]) for use in uses] == [(2, 0), (2, 1)]


def test_no_memory_recalls_nothing(cli: Cli, home: Path, model_flags: list[str]) -> None:
    cli("play", "--agent", "ada", "--env", "rps", "--max-turns", 2, "--episodes", 2, "--no-memory", *model_flags)
    assert "recalled memory" not in cli("episodes", "show", 2).out


def test_a_new_agent_keeps_its_settings_and_later_flags_hold_for_one_run(
    cli: Cli, home: Path, model_flags: list[str]
) -> None:
    short = ("--env", "rps", "--max-turns", 1)
    cli("play", "--agent", "ada", *model_flags, "--temperature", 0.3, *short)
    cli("play", "--agent", "ada", "--temperature", 0.9, *short)
    kept = cli("agents", "show", "ada", "--json").read("agent")
    assert (kept["model"], kept["settings"]["temperature"]) == ("openai:test", 0.3)


def test_an_agent_may_be_named_by_the_configuration(cli: Cli, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('agent = "eve"\nmodel = "random"\n')
    assert cli("play", "--env", "tictactoe").code == 0
    assert cli("agents", "show", "eve").code == 0


def test_agents_play_each_other(cli: Cli, home: Path) -> None:
    cli("agents", "create", "bob", "--model", "random")
    done = cli(*RANDOM, "--rival", "agent:bob")
    assert done.code == 0, done.err
    assert "bob remembers" in done.err


def test_play_finishes_what_the_agent_had_begun(cli: Cli, home: Path) -> None:
    faults = [None, None, bad_key()]
    with ChatServer(pick_first, faults=faults) as server:
        flags = find_flags(server)
        assert cli("play", "--agent", "ada", "--env", "tictactoe", *flags).code == 3
        done = cli("play", "--agent", "ada", "--env", "rps", "--max-turns", 1, *flags)
    assert done.code == 0, done.err
    assert "ada first finishes episode 1 of classic/tictactoe_v3" in done.err
    assert "goes on at turn" in done.err
    statuses = [item["status"] for item in cli("episodes", "list", "--json").read("episodes")["items"]]
    assert statuses == ["finished", "finished"]
    assert "nothing to resume" in cli("resume").err


def break_episode(home: Path) -> None:
    """Makes the stored position before turn 1 another one."""
    with sqlite3.connect(store_path(home)) as connection:
        connection.execute("UPDATE position SET digest = x'00' WHERE turn = 1")
    connection.close()


@pytest.fixture
def broken(cli: Cli, home: Path) -> Iterator[list[str]]:
    """A home with an episode that cannot be rebuilt as it was; yields the flags of its model."""
    with ChatServer(pick_first, faults=[None, None, bad_key()]) as server:
        flags = find_flags(server)
        assert cli("play", "--agent", "ada", "--env", "tictactoe", *flags).code == 3
        break_episode(home)
        yield flags


def test_resume_refuses_an_episode_that_cannot_be_rebuilt(cli: Cli, broken: list[str]) -> None:
    done = cli("resume")
    assert done.code == 1
    assert "differs from the stored one at turn 1" in done.err
    assert "--accept-drift" in done.err


def test_resume_goes_on_with_a_drifted_episode_where_told_to_and_marks_it(cli: Cli, broken: list[str]) -> None:
    assert cli("resume", "--accept-drift").code == 0
    assert cli("episodes", "show", 1, "--json").read("episode")["drifted"]
    assert "DRIFTED" in cli("episodes", "show", 1).out


def test_play_leaves_an_episode_that_cannot_be_rebuilt_and_goes_on(cli: Cli, broken: list[str]) -> None:
    done = cli("play", "--agent", "ada", "--env", "rps", "--max-turns", 1, *broken)
    assert done.code == 0, done.err
    assert "episode 1 is left unfinished" in done.err


def test_progress_on_a_terminal_is_one_line_rewritten(home: Path, server: ChatServer) -> None:
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "langgym", "play", "--agent", "ada", "--max-turns", "3", *find_flags(server)]
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(command, stderr=child, stdout=child, stdin=child, cwd=TOP, env=environ) as running:
        os.close(child)
        shown = _read_all(parent)
    assert running.returncode == 0
    assert "\r\x1b[K" in shown
    assert "s per decision" in shown
    assert "\x1b" not in shown.replace("\r\x1b[K", "")
    assert "\u202e" not in shown


def _read_all(parent: int) -> str:
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    os.close(parent)
    return b"".join(parts).decode()


def test_a_reader_of_events_that_leaves_stops_the_run(
    cli: Cli, home: Path, start: Callable[..., "subprocess.Popen[str]"]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    child: Any = start(*RANDOM, "--episodes", 50, "--json", stdout=writing)
    os.close(writing)
    _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (130, "")
    assert cli("resume", "--quiet").code == 0


def test_benchmarks_are_run_by_name(cli: Cli) -> None:
    assert cli("bench", "nonsense").code == 2


def test_the_error_schema_is_checked_by_these_tests() -> None:
    with pytest.raises(Exception, match="required property"):
        check_schema({"schema": "langgym.error/1"}, "error")
