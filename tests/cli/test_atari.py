"""Atari through the command line: killed and gone on with elsewhere, a crash of the emulator, pictures."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agents_db.borders import VARIABLE
from agents_db.store import AgentsDB
from tests.cli.harness import Cli
from universe.atari import remote

PLAY = ("play", "--agent", "ada", "--model", "random", "--env", "atari/warlords", "--max-turns", "30", "--seed", "5")


def read_episode(home: Path) -> tuple[list[object], list[object]]:
    """Returns the only episode's positions and how it ended, without times."""
    with AgentsDB.open(home / "langgym.db") as db:
        [episode] = db.episodes()
        positions: list[object] = [
            (place.turn, place.digest, place.payments) for place in db.positions(episode.episode_id)
        ]
        ends: list[object] = [(part.seat, part.total, part.result, part.reason) for part in episode.participations]
    return positions, [episode.n_turns, dict(episode.options), *ends]


def test_an_episode_that_is_killed_goes_on_in_another_process_to_the_same_end(
    start: Callable[..., subprocess.Popen[str]], cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli(*PLAY).code == 0
    straight = read_episode(home)
    (home / "langgym.db").unlink()
    monkeypatch.setenv(VARIABLE, "after_move:17")
    child = start(*PLAY)
    assert child.wait() == -signal.SIGKILL
    monkeypatch.delenv(VARIABLE)
    assert cli("resume").code == 0
    assert read_episode(home) == straight
    assert len(straight[0]) == 31


def test_a_crash_of_the_emulator_fails_its_episode_and_not_the_run(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, crashed = remote._Worker.ask, list[int]()

    def crash_once(worker: remote._Worker, number: int, method: str, *arguments: object) -> object:
        if method == "act" and not crashed:
            crashed.append(worker.process_id)
            os.kill(worker.process_id, signal.SIGSEGV)
        return ask(worker, number, method, *arguments)

    monkeypatch.setattr(remote._Worker, "ask", crash_once)
    done = cli(*PLAY, "--episodes", 3, "--parallel", 2)
    assert crashed
    with AgentsDB.open(home / "langgym.db") as db:
        ends = [(episode.status, episode.fault) for episode in db.episodes()]
    failed = [fault for status, fault in ends if status == "failed"]
    assert 1 <= len(failed) <= 2  # two episodes at most are in one process
    assert all(fault and "SIGSEGV" in fault for fault in failed)
    assert len(ends) == 3
    assert "SIGSEGV" in done.err
    with pytest.raises(ProcessLookupError):
        os.kill(crashed[0], 0)


def test_frames_are_saved_beside_texts(cli: Cli, tmp_path: Path) -> None:
    done = cli("envs", "try", "atari/pong", "--policy", "random", "--turns", 2, "--frames", tmp_path / "shots")
    assert done.code == 0
    assert {path.name for path in (tmp_path / "shots").iterdir()} == {
        *("0000.png", "0000.first_0.txt", "0000.second_0.txt", "0001.png", "0001.first_0.txt", "0001.second_0.txt"),
    }
    assert (tmp_path / "shots" / "0001.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "shots" / "0001.first_0.txt").read_text("utf-8").splitlines()[0] in done.out


def test_frames_cannot_be_saved_in_a_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "shots").write_text("mine")
    done = cli("envs", "try", "tictactoe", "--policy", "random", "--turns", 1, "--frames", tmp_path / "shots")
    assert done.code == 2
    assert (tmp_path / "shots").read_text() == "mine"
