"""Full and read-only disks, clocks that go back, and many processes on one home."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents_db.errors import StoreFull, StoreUnwritable
from agents_db.records import EpisodeRecord
from agents_db.store import AgentsDB
from langgym.cli.app import main
from tests.agents_db.conftest import World
from tests.agents_db.mounts import Mount
from tests.agents_db.patient import TOP

GAME = ("--model", "random", "--env", "tictactoe")
N_READERS = 50
READERS = """
import os, sys
from agents_db.store import AgentsDB
from tests.agents_db.conftest import World

path, n_readers, n_turns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

def read():
    with AgentsDB.open_reader(path) as db:
        seen = 0
        while seen < n_turns:
            episode = db.episode(1)
            steps = db.steps(1)
            assert episode.n_turns == episode.participations[0].n_decisions  # one moment
            assert seen <= episode.n_turns <= len(steps)
            assert [step.turn for step in steps] == list(range(len(steps)))
            seen = episode.n_turns

def fork():
    child = os.fork()
    if child:
        return child
    try:
        read()
    except BaseException as error:
        print(repr(error), file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)

with AgentsDB.open(path) as db:
    World(db).start()
children = [fork() for _ in range(n_readers)]
with AgentsDB.open(path) as db:
    world = World.__new__(World)
    world.db, world.ada = db, db.agent("ada")
    for turn in range(n_turns):
        world.play(db.episode(1), turn, text=f"board {turn}", paid=turn % 10 == 0)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
with AgentsDB.open_reader(path) as db:
    assert [finding.what for finding in db.check()] == []
    assert db.episode(1).n_turns == len(db.steps(1)) == n_turns
print(sum(code == 0 for code in codes))
"""


def start(*arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "langgym", *map(str, arguments)]
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, cwd=TOP, **pipes)


def run(*arguments: object) -> tuple[int, str, str]:
    """Runs the command line in a process of its own."""
    process = start(*arguments)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


# A full disk


def fill_disk(mount: Mount, *, n_free: int) -> Path:
    """Takes the space of a disk until `n_free` bytes are left; returns the file to remove."""
    place = os.statvfs(mount.path)
    ballast = mount.path / "ballast"
    ballast.write_bytes(bytes(place.f_bavail * place.f_frsize - n_free))
    return ballast


def test_a_full_disk_ends_a_run_with_one_line_and_resume_goes_on(make_mount: Callable[[int], Mount]) -> None:
    mount = make_mount(8 * 1024)
    home = ("--home", mount.path)
    assert run(*home, "play", "--agent", "a", *GAME, "--quiet")[0] == 0
    ballast = fill_disk(mount, n_free=400_000)
    code, out, err = run(*home, "play", "--agent", "a", *GAME, "--episodes", 200, "--seed", 1, "--quiet")
    assert (code, out) == (5, "")
    assert err.startswith("langgym: No space left for the store")
    assert len(err.splitlines()) == 1
    ballast.unlink()
    before = read_episodes(mount.path)
    assert run(*home, "resume", "--quiet")[0] == 0
    after = read_episodes(mount.path)
    assert len(after) == 201
    assert {episode["status"] for episode in after} == {"finished"}
    finished = [episode for episode in before if episode["status"] == "finished"]
    assert [episode for episode in after if episode in finished] == finished
    code, out, err = run(*home, "db", "check")
    assert (code, "0 problems" in err) == (0, True), out


def read_episodes(home: Path) -> list[Any]:
    code, out, err = run("--home", home, "episodes", "list", "--limit", 1000, "--json")
    assert code == 0, err
    return json.loads(out)["items"]


def test_what_was_acknowledged_before_the_disk_was_full_is_there(make_mount: Callable[[int], Mount]) -> None:
    mount = make_mount(4 * 1024)
    with AgentsDB.open(mount.path / "langgym.db") as db:
        world = World(db)
        episode = world.start()
        ballast = fill_disk(mount, n_free=800_000)
        acknowledged: list[int] = []
        with pytest.raises(StoreFull, match="nothing stored is lost") as caught:
            play_forever(world, episode, acknowledged)
        assert len(str(caught.value).splitlines()) == 1
        assert len(acknowledged) > 10
        assert [step.turn for step in db.steps(episode.episode_id)] == acknowledged
        ballast.unlink()
        world.play(episode, len(acknowledged))
        assert db.check() == []
    with AgentsDB.open_reader(mount.path / "langgym.db") as db:
        assert len(db.steps(episode.episode_id)) == len(acknowledged) + 1


def play_forever(world: World, episode: EpisodeRecord, acknowledged: list[int]) -> None:
    for turn in range(10_000):
        world.play(episode, turn, text=os.urandom(500).hex(), paid=turn % 5 == 0)
        acknowledged.append(turn)


def test_a_disk_that_is_full_from_the_start_is_named(make_mount: Callable[[int], Mount]) -> None:
    mount = make_mount(64)
    fill_disk(mount, n_free=0)
    code, out, err = run("--home", mount.path, "play", "--agent", "a", *GAME)
    assert (code, out) == (5, "")
    assert err.startswith("langgym: No space left")
    assert len(err.splitlines()) == 1


# A read-only disk


@pytest.fixture
def readonly(make_mount: Callable[[int], Mount]) -> Path:
    """A home on a disk that was made read-only after a game."""
    mount = make_mount(4 * 1024)
    assert run("--home", mount.path, "play", "--agent", "a", *GAME, "--quiet")[0] == 0
    mount.make_readonly()
    return mount.path


@pytest.mark.parametrize(
    "command",
    [
        ("play", "--agent", "a", *GAME),
        ("agents", "create", "b", "--model", "random"),
        ("db", "vacuum"),
        ("db", "backup"),
    ],
    ids=" ".join,
)
def test_a_readonly_home_ends_writing_with_one_line(readonly: Path, command: tuple[str, ...]) -> None:
    code, out, err = run("--home", readonly, *command)
    assert (code, out) == (5, "")
    assert err.startswith("langgym: Cannot ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "command",
    [
        ("agents", "show", "a"),
        ("episodes", "show", "1"),
        ("memories", "list", "--agent", "a"),
        ("db", "check"),
        ("db", "path"),
        ("db", "repair", "--dry-run"),
    ],
    ids=" ".join,
)
def test_a_readonly_home_can_be_read(readonly: Path, command: tuple[str, ...]) -> None:
    code, _, err = run("--home", readonly, *command)
    assert code == 0, err


def test_a_readonly_home_can_be_backed_up_elsewhere(readonly: Path, tmp_path: Path) -> None:
    assert run("--home", readonly, "db", "backup", tmp_path / "copy" / "langgym.db")[0] == 0
    assert run("--home", tmp_path / "copy", "play", "--agent", "a", *GAME, "--quiet")[0] == 0
    assert len(read_episodes(tmp_path / "copy")) == 2


def test_a_store_that_becomes_readonly_says_so(make_mount: Callable[[int], Mount]) -> None:
    mount = make_mount(4 * 1024)
    AgentsDB.open(mount.path / "langgym.db").close()
    mount.make_readonly()
    with pytest.raises(StoreUnwritable, match="--home"):
        AgentsDB.open(mount.path / "langgym.db")


# The clock


def test_a_clock_that_is_set_back_changes_no_order(tmp_path: Path) -> None:
    times = iter(range(10**15, 0, -(10**12)))
    with AgentsDB.open(tmp_path / "langgym.db", clock=lambda: next(times)) as db:
        world = World(db)
        memories = [memory for number in range(3) for memory in world.remember(number, 2)]
        assert [memory.created_at for memory in memories] == sorted((m.created_at for m in memories), reverse=True)
        assert [memory.memory_id for memory in db.memories(1)] == [6, 5, 4, 3, 2, 1]
        assert [episode.number for episode in db.episodes()] == [2, 1, 0]
        (stats,) = db.env_stats(1)
        assert stats.n_participations == 3
        assert stats.mean_seconds == 0
        assert [finding for finding in db.check() if finding.severity == "problem"] == []


# Many processes


def test_two_agents_play_at_once_on_one_home(home: Path) -> None:
    players = [start("play", "--agent", name, *GAME, "--episodes", 20, "--quiet") for name in ("ada", "bob")]
    done = [player.communicate(timeout=300) for player in players]
    assert [player.returncode for player in players] == [0, 0], done
    assert [episode["status"] for episode in read_episodes(home)] == ["finished"] * 40
    assert run("db", "check")[0] == 0


def test_an_agent_is_played_once_and_the_second_is_told_by_whom(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "--agent", "bob", *GAME, "--quiet"]) == 0  # what is measured is no import
    capsys.readouterr()
    with start("play", "--agent", "ada", *GAME, "--episodes", 100_000, "--verbose") as first:
        assert first.stderr is not None
        assert first.stderr.readline()
        while len(list(home.glob("index/*/owner.json"))) == 0:
            assert first.poll() is None
        begun = time.monotonic()
        code = main(["play", "--agent", "ada", *GAME])
        seconds = time.monotonic() - begun
        first.kill()
    said = capsys.readouterr().err
    assert code == 5
    assert f"is being played by process {first.pid} on" in said
    assert len(said.splitlines()) == 1
    assert seconds < 2


def test_fifty_processes_read_while_one_writes(tmp_path: Path) -> None:
    command = [sys.executable, "-c", READERS, str(tmp_path / "langgym.db"), str(N_READERS), "60"]
    environ = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # it forks, so it must not have threads
    done = subprocess.run(command, capture_output=True, text=True, cwd=TOP, env=environ, timeout=300, check=False)
    assert (done.stdout, done.stderr) == (f"{N_READERS}\n", "")
