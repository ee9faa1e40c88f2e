import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agents_db.borders import BORDERS, VARIABLE, reach, read_crash
from agents_db.errors import CallerError

TOP = Path(__file__).parents[2]
COUNT = """
from agents_db.borders import reach
for number in range(1, 5):
    print(number, flush=True)
    reach("after_sql")
    reach("mid_chroma")
"""


def run_with(value: str | None, *command: str) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, **({} if value is None else {VARIABLE: value})}
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, cwd=TOP, env=environ, check=False)


def find_used() -> set[str]:
    sources = [path for package in ("agents_db", "langgym") for path in (TOP / package).rglob("*.py")]
    return {name for path in sources for name in re.findall(r'\breach\("(\w+)"\)', path.read_text("utf-8"))}


def test_every_border_is_in_the_code_and_every_one_there_is_known() -> None:
    assert find_used() == set(BORDERS)


def test_nothing_happens_unasked() -> None:
    reach("after_sql")
    assert read_crash({}) is None
    assert run_with(None, "-c", COUNT).stdout.split() == ["1", "2", "3", "4"]


@pytest.mark.parametrize(("value", "n_lines"), [("after_sql", 1), ("after_sql:3", 3), ("mid_chroma:2", 2)])
def test_process_dies_the_time_it_is_told(value: str, n_lines: int) -> None:
    done = run_with(value, "-c", COUNT)
    assert done.returncode == -signal.SIGKILL
    assert len(done.stdout.split()) == n_lines


@pytest.mark.parametrize("value", ["after_lunch", "after_sql:", "after_sql:0", "after_sql:x", "after_sql:-1", ":1"])
def test_unknown_border_is_refused(value: str) -> None:
    with pytest.raises(CallerError, match="is no border") as caught:
        read_crash({VARIABLE: value})
    assert len(str(caught.value).splitlines()) == 1


def test_unknown_border_ends_a_command_with_one_line() -> None:
    done = run_with("after_lunch", "-m", "langgym", "agents", "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("langgym: LANGGYM_CRASH_AT='after_lunch' is no border.")
    assert len(done.stderr.splitlines()) == 1
