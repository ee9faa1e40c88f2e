"""Stopping a run from outside, and going on."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from langgym.models.loopback import ChatServer
from tests.cli.harness import Cli, find_flags

Start = Callable[..., "subprocess.Popen[str]"]
GAME = ("play", "--agent", "ada", "--env", "tictactoe", "--seed", "5")


def wait_for(child: "subprocess.Popen[str]", text: str) -> str:
    """Returns what the child said on standard error up to a line with `text`."""
    assert child.stderr is not None
    said: list[str] = []
    for line in child.stderr:
        said.append(line)
        if text in line:
            return "".join(said)
    pytest.fail(f"{text!r} was never said: {''.join(said)}")


def read_steps(cli: Cli, *home: object) -> list[Any]:
    episode = cli(*home, "episodes", "show", 1, "--json").read("episode")
    assert episode["status"] == "finished"
    kept = ("turn", "seat", "name", "source", "rewards")
    return [{name: step[name] for name in kept} for step in episode["steps"]]


def play_whole(cli: Cli, elsewhere: Path, flags: list[str]) -> list[Any]:
    assert cli("--home", elsewhere, *GAME, *flags).code == 0
    return read_steps(cli, "--home", elsewhere)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_first_signal_stops_after_the_decision_and_resume_finishes_the_very_episode(
    cli: Cli, start: Start, slow_server: ChatServer, tmp_path: Path, number: signal.Signals
) -> None:
    flags = find_flags(slow_server)
    child = start(*GAME, *flags, "--verbose")
    wait_for(child, "turn   0")
    child.send_signal(number)
    err = child.communicate(timeout=30)[1]
    assert child.returncode == 130
    assert "stopping after this decision; Ctrl-C again stops at once" in err
    assert "langgym resume --agent ada" in err
    done = cli("resume", "--agent", "ada")
    assert done.code == 0, done.err
    assert "goes on at turn" in done.err
    assert read_steps(cli) == play_whole(cli, tmp_path / "whole", flags)
    assert "nothing to resume" in cli("resume").err


def test_a_second_ctrl_c_stops_at_once_and_resume_finishes_the_very_episode(
    cli: Cli, start: Start, home: Path, tmp_path: Path
) -> None:
    import itertools

    from langgym.models.loopback import slow
    from tests.cli.harness import pick_first

    faults = itertools.chain([None, slow(60)], itertools.repeat(None))
    with ChatServer(pick_first, faults=faults) as server:
        flags = find_flags(server)
        child = start(*GAME, *flags, "--verbose")
        while len(server.requests) < 2:
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        wait_for(child, "stopping after this decision")
        begun = time.monotonic()
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=30)
        assert child.returncode == 130
        assert time.monotonic() - begun < 10
        done = cli("resume")
        assert done.code == 0, done.err
        assert read_steps(cli) == play_whole(cli, tmp_path / "whole", flags)


def test_a_killed_run_goes_on(cli: Cli, start: Start, slow_server: ChatServer, tmp_path: Path) -> None:
    flags = find_flags(slow_server)
    child = start(*GAME, *flags, "--verbose")
    wait_for(child, "turn   0")
    child.kill()
    child.communicate()
    assert cli("resume").code == 0
    assert read_steps(cli) == play_whole(cli, tmp_path / "whole", flags)


@pytest.mark.parametrize("second", [GAME, ("resume", "--agent", "ada"), ("agents", "delete", "ada", "--yes")])
def test_an_agent_that_plays_elsewhere_is_left_alone(
    cli: Cli, start: Start, slow_server: ChatServer, second: tuple[str, ...]
) -> None:
    flags = find_flags(slow_server)
    child = start(*GAME, *flags, "--verbose")
    wait_for(child, "turn   0")
    done = cli(*second, *(flags if second is GAME else ()))
    assert done.code == 5
    assert f"process {child.pid}" in done.err
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=30)


def test_other_agents_go_on_while_one_is_played(cli: Cli, start: Start, slow_server: ChatServer) -> None:
    child = start(*GAME, *find_flags(slow_server), "--verbose")
    wait_for(child, "turn   0")
    assert cli("play", "--agent", "bob", "--model", "random", "--env", "tictactoe").code == 0
    assert len(cli("episodes", "list", "--json").read("episodes")["items"]) == 2
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=30)


def test_resume_with_nothing_to_do_says_so(cli: Cli, home: Path) -> None:
    done = cli("resume")
    assert done.code == 0
    assert "nothing to resume" in done.err


@pytest.mark.parametrize(("command", "limit"), [(("--help",), 0.3), (("envs", "list"), 0.6)])
def test_start_is_quick(start: Start, command: tuple[str, ...], limit: float) -> None:
    assert min(measure(start, command) for _ in range(3)) <= limit


def measure(start: Start, command: tuple[str, ...]) -> float:
    """Returns the seconds of CPU that a command takes."""
    child = start(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return usage.ru_utime + usage.ru_stime
