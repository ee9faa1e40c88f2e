"""A few faults of the bench of faults by themselves, and the whole of it by command."""

import subprocess
import sys
from pathlib import Path

import pytest

from langgym.bench import faults


@pytest.mark.parametrize(
    ("fault", "outcome", "n_lost"),
    [("limited", "same", 0), ("cut off", "same", 1), ("bad key", "resumed", 0), ("refused", "other", 0)],
)
def test_a_fault_ends_its_episode_as_it_should(tmp_path: Path, fault: str, outcome: str, n_lost: int) -> None:
    straight, n_calls = faults.play_straight(tmp_path / "straight")
    assert n_calls >= 3
    tried = faults.try_fault(tmp_path / "tried", fault, 1, straight)
    assert (tried.outcome, tried.problem, tried.n_lost) == (outcome, "", n_lost)


def test_every_fault_at_every_call_keeps_the_promise() -> None:
    command = [sys.executable, "-m", "langgym.bench", "faults"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split("  ")[0] for line in done.stdout.splitlines()]
    assert [row for row in rows if row in faults.FAULTS] == list(faults.FAULTS)


def test_an_episode_that_goes_on_otherwise_is_a_broken_promise(tmp_path: Path) -> None:
    straight, _ = faults.play_straight(tmp_path / "straight")
    other = [(turn, seat, "a1") for turn, seat, _ in straight]
    assert faults.try_fault(tmp_path / "tried", "bad key", 1, other).outcome is None
