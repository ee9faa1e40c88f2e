import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from langgym.cli.app import main
from langgym.models.loopback import ChatServer, slow
from tests.cli.harness import TOP, Cli, Result, find_flags, pick_first


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command line in this process."""

    def run(*arguments: object) -> Result:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return run


@pytest.fixture
def played(cli: Cli, home: Path) -> Path:
    """A home in which ada has played two games of tic-tac-toe at random."""
    done = cli("play", "--agent", "ada", "--model", "random", "--env", "tictactoe", "--episodes", 2, "--seed", 3)
    assert done.code == 0, done.err
    return home


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a command line in a process of its own."""
    children: list[subprocess.Popen[str]] = []

    def run(*arguments: object, **options: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "langgym", *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
        environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
        child = subprocess.Popen(command, text=True, cwd=TOP, env=environ, **pipes)
        children.append(child)
        return child

    yield run
    for child in children:
        if child.poll() is None:
            child.kill()
        child.communicate()


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A model that always takes the first action shown."""
    with ChatServer(pick_first) as running:
        yield running


@pytest.fixture
def slow_server() -> Iterator[ChatServer]:
    """The same model, which takes its time."""
    with ChatServer(pick_first, faults=itertools.repeat(slow(0.25))) as running:
        yield running


@pytest.fixture
def model_flags(server: ChatServer) -> list[str]:
    return find_flags(server)
