import shlex
import shutil
from pathlib import Path

import pytest

from langgym.cli.app import main
from langgym.models.loopback import Answer, ChatServer, Fault
from tests.cli.harness import find_flags, pick_first
from tests.tui.agents import Twin

LIVES = (
    ("ada", "experience", "tictactoe", 30, ()),
    ("bob", "experience", "tictactoe", 20, ()),
    ("eve", "random", "leduc_holdem", 8, ()),
    ("eve", "random", "simple_spread", 2, ("--max-turns", "6")),
    ("eve", "experience", "connect_four", 6, ("--rival", "agent:ada")),
)
"""Agent, model, environment, episodes and further flags."""


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which three agents have lived; only to be read."""
    home = tmp_path_factory.mktemp("lived") / "home"
    for name, model, env, episodes, more in LIVES:
        flags = ["--agent", name, "--model", model, "--env", env, "--episodes", str(episodes), "--seed", "3", "--quiet"]
        assert main(["play", "--home", str(home), *flags, "--embedder", "hashed", *more]) == 0
    return home


@pytest.fixture
def lived_home(lived: Path, tmp_path: Path) -> Path:
    """A copy of that home, to be changed."""
    home = tmp_path / "home"
    shutil.copytree(lived, home)
    return home


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which kim has played by what a model said, some of it useless at first; only to be read."""
    home = tmp_path_factory.mktemp("told") / "home"
    for env, episodes, faults in (("tictactoe", "3", [None, useless()]), ("simple_spread", "1", [useless()] * 3)):
        with ChatServer(pick_first, faults=faults) as server:
            flags = ["--agent", "kim", "--env", env, "--episodes", episodes, "--seed", "5", "--max-turns", "12"]
            assert main(["play", "--home", str(home), "--quiet", *flags, *find_flags(server)]) == 0
    return home


def useless() -> Fault:
    """Returns an answer in which no action can be found."""
    return Fault(answer=Answer(text="I would rather not say."))


@pytest.fixture
def run_twin(capsys: pytest.CaptureFixture[str]) -> Twin:
    """Runs the command that a screen names, and returns what it prints."""

    def run(home: Path, command: str) -> str:
        capsys.readouterr()
        program, *arguments = shlex.split(command)
        assert program == "langgym"
        assert main(["--home", str(home), *arguments]) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture(scope="session")
def schooled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which ada has played long enough to hold strategies."""
    home = tmp_path_factory.mktemp("schooled") / "home"
    flags = ["--model", "experience", "--env", "tictactoe", "--episodes", "60", "--seed", "3", "--embedder", "hashed"]
    assert main(["play", "--home", str(home), "--agent", "ada", *flags, "--quiet"]) == 0
    return home
