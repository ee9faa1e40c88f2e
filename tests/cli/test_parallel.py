import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from agents_db.store import AgentsDB
from langgym.home import store_path
from langgym.models.loadserver import LoadServer
from tests.cli.harness import Cli

GAME = ("--model", "random", "--env", "tictactoe", "--seed", 3)


def count_finished(home: Path) -> dict[str, int]:
    with AgentsDB.open_reader(store_path(home)) as db:
        return {agent.name: agent.n_participations for agent in db.agents()}


def wait_until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "It never came to hold."
        time.sleep(0.05)


def test_parallel_episodes_are_told_apart(cli: Cli, home: Path) -> None:
    done = cli("play", "--agent", "ada", *GAME, "--episodes", 4, "--parallel", 2)
    assert done.code == 0
    for number in range(1, 5):
        assert sum(line.startswith(f"[ada {number}]  ended after") for line in done.err.splitlines()) == 1
    assert "4 episodes finished" in done.err


def test_several_agents_play_runs_of_their_own(cli: Cli, home: Path) -> None:
    done = cli("play", "--agents", "ada, bob,cleo", *GAME, "--episodes", 3, "--parallel", 4)
    assert done.code == 0
    assert count_finished(home) == {"ada": 3, "bob": 3, "cleo": 3}
    summaries = [line for line in done.err.splitlines() if "3 episodes finished" in line]
    assert [line.partition("]")[0] for line in summaries] == ["[ada", "[bob", "[cleo"]
    assert all("mean return" in line for line in summaries)
    runs = {
        event["agent"]: event
        for event in cli("play", "--agents", "b*,ada", *GAME, "--json").read_lines()
        if event["event"] == "run"
    }
    assert sorted(runs) == ["ada", "bob"]


def test_agents_that_nobody_is_like_are_refused(cli: Cli, home: Path) -> None:
    cli("play", "--agent", "ada", *GAME)
    assert cli("play", "--agents", "x*", *GAME).code == 2
    assert "No agent is like 'x*'" in cli("play", "--agents", "x*", *GAME).err
    assert "names nobody" in cli("play", "--agents", ",", *GAME).err
    assert "exclude each other" in cli("play", "--agents", "bob", "--agent", "ada", *GAME).err


def test_a_person_plays_one_episode_at_a_time(cli: Cli, home: Path) -> None:
    done = cli("play", "--agent", "ada", "--model", "human", "--env", "tictactoe", "--parallel", 2)
    assert (done.code, home.exists()) == (2, False)
    assert "one episode at a time" in done.err


def test_workers_share_the_agents_and_tell_all_that_happens(cli: Cli, home: Path) -> None:
    done = cli("play", "--agents", "a,b,c", *GAME, "--episodes", 2, "--parallel", 4, "--workers", 2, "--json")
    assert done.code == 0
    ends = [event for event in done.read_lines() if event["event"] == "end"]
    assert len(ends) == 6
    assert count_finished(home) == {"a": 2, "b": 2, "c": 2}
    assert cli("db", "check").code == 0


def test_workers_play_what_one_process_plays(cli: Cli, home: Path, tmp_path: Path) -> None:
    words = ("play", "--agents", "a,b", *GAME, "--episodes", 3)
    cli(*words)
    cli(*words, "--workers", 2, "--home", tmp_path / "other")

    def read(folder: Path) -> list[list[str]]:
        with AgentsDB.open_reader(store_path(folder)) as db:
            return [[memory.text for memory in db.memories(agent.agent_id)] for agent in db.agents()]

    assert sorted(read(home)) == sorted(read(tmp_path / "other"))


def test_an_agent_that_is_played_elsewhere_fails_its_worker_alone(cli: Cli, home: Path) -> None:
    cli("play", "--agents", "a,b", *GAME)
    with LoadServer(latency=30.0) as server:
        owner = start(home, "--agent", "a", "--model", "openai:x", "--base-url", server.url, "--embedder", "hashed")
        try:
            wait_until(lambda: server.stats().n_requests > 0)
            done = cli("play", "--agents", "a,b", *GAME, "--workers", 2)
        finally:
            owner.kill()
            owner.wait()
    assert done.code == 5
    assert f"process {owner.pid}" in done.err
    assert count_finished(home) == {"a": 1, "b": 2}


def start(home: Path, *words: object) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "langgym", "--home", str(home), "play", *map(str, words)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)


def play_population(home: Path, server: LoadServer) -> "subprocess.Popen[bytes]":
    flags = ("--model", "openai:x", "--base-url", server.url, "--embedder", "hashed", "--thought", 0)
    crowd = ("--agents", "a,b,c,d", "--parallel", 4, "--workers", 2, "--episodes", 1000)
    process = start(home, *crowd, "--env", "connect_four", *flags)
    wait_until(lambda: server.stats().n_ok > 20)
    return process


def test_a_population_that_is_asked_to_stop_stops_at_its_turns_and_goes_on(cli: Cli, home: Path) -> None:
    with LoadServer(latency=0.02) as server:
        process = play_population(home, server)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 130
        with AgentsDB.open_reader(store_path(home)) as db:
            assert len(db.open_runs()) == 4
            assert sum(row.open_calls + row.lost_calls for row in db.spending()) == 0


def test_a_population_whose_workers_are_killed_can_be_gone_on_with(cli: Cli, home: Path) -> None:
    with LoadServer(latency=0.02) as server:
        process = play_population(home, server)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with AgentsDB.open_reader(store_path(home)) as db:
            steps = sum(len(db.moves(episode.episode_id)) for episode in db.episodes(limit=10_000))
        again = subprocess.Popen(
            [sys.executable, "-m", "langgym", "--home", str(home), "resume", "--workers", "2", "--quiet"]
        )

        def went_on() -> bool:
            with AgentsDB.open_reader(store_path(home)) as db:
                return sum(len(db.moves(episode.episode_id)) for episode in db.episodes(limit=10_000)) > steps + 20

        wait_until(went_on)
        again.terminate()
        assert again.wait(30) == 130
    assert cli("db", "check").code == 0


def test_workers_end_when_their_parent_is_killed(home: Path) -> None:
    with LoadServer(latency=0.02) as server:
        process = play_population(home, server)
        process.kill()
        process.wait()
        wait_until(lambda: not _is_played(home))


def _is_played(home: Path) -> bool:
    from agents_db.errors import AgentOwned
    from agents_db.owner import AgentLock
    from langgym.home import index_root

    try:
        AgentLock(index_root(home), 1, name="a").close()
    except AgentOwned:
        return True
    return False
