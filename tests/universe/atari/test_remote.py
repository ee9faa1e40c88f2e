"""Emulators in processes of their own: a crash ends an episode and nothing else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.universe.atari.plain import PONG, make_rules, plain_card
from universe.atari import remote
from universe.atari.console import Cartridge
from universe.atari.remote import find_workers, open_session
from universe.errors import EnvFault
from universe.streams import Stream
from universe.text_env import TextEnv


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Every test begins and ends without processes."""
    remote._pool.end()
    yield
    remote._pool.end()


def play(env: TextEnv, seed: int) -> list[str]:
    env.reset(seed)
    stream = Stream.of(seed, "remote")
    seen = []
    while env.turns():
        seen += [turn.text for turn in env.turns()]
        env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in env.turns()})
        seen.append(env.digest(env.payments()).hex())
    return seen


def test_a_game_in_another_process_is_the_same_game() -> None:
    here, there = TextEnv(plain_card(isolated=False)), TextEnv(plain_card())
    assert play(here, 3) == play(there, 3)
    assert len(find_workers()) == 1


def test_a_crash_of_the_emulator_is_the_end_of_its_episode_alone() -> None:
    env = TextEnv(plain_card())
    env.reset(1)
    os.kill(find_workers()[0], signal.SIGSEGV)
    with pytest.raises(EnvFault, match=r"emulator's process has ended \(SIGSEGV\)"):
        env.play({turn.seat: 0 for turn in env.turns()})
    assert env.turns() == ()
    assert {end.reason for end in env.outcome().values()} == {"fault"}
    env.close()
    again = TextEnv(plain_card())
    assert len(play(again, 1)) > 60


def test_what_fails_inside_is_told_and_the_process_goes_on() -> None:
    session = open_session(PONG, make_rules(), isolated=True)
    session.reset(1, {})
    with pytest.raises(EnvFault, match="emulator failed: IndexError"):
        session.act({0: 99, 1: 0})
    assert session.reset(1, {}).acting == (0, 1)
    with pytest.raises(EnvFault, match=r"no cartridge nosuchgame\.bin"):
        open_session(Cartridge(game="nosuchgame", solo=True, arguments={}), make_rules(), isolated=True)
    assert session.act({0: 0, 1: 0}).acting == (0, 1)


def test_a_session_that_is_given_back_is_used_again() -> None:
    first = open_session(PONG, make_rules(), isolated=True)
    first.close()
    first.close()  # a second time does no harm
    assert open_session(PONG, make_rules(), isolated=True) is first
    assert open_session(PONG, make_rules(), isolated=True) is not first
    assert open_session(PONG, make_rules(frames=3), isolated=True) is not first


def test_no_more_sessions_wait_than_may() -> None:
    sessions = [open_session(PONG, make_rules(), isolated=True) for _ in range(remote.MOST_IDLE + 2)]
    for session in sessions:
        session.close()
    assert len(remote._pool._idle) == remote.MOST_IDLE
    assert sum(worker.n_open for worker in remote._pool._workers) == remote.MOST_IDLE


def test_there_are_no_more_processes_than_cores() -> None:
    card = plain_card()
    envs = [TextEnv(card) for _ in range(2 * (os.cpu_count() or 1))]
    with ThreadPoolExecutor(len(envs)) as pool:
        played = list(pool.map(play, envs, range(len(envs))))
    assert len(find_workers()) == (os.cpu_count() or 1)
    assert [play(envs[0], seed) for seed in range(len(envs))] == played


def test_ctrl_c_is_not_for_the_emulator() -> None:
    env = TextEnv(plain_card())
    env.reset(1)
    os.kill(find_workers()[0], signal.SIGINT)
    time.sleep(0.1)
    env.play({turn.seat: 0 for turn in env.turns()})
    assert env.n_turns == 1


def test_the_emulators_end_with_whom_they_work_for() -> None:
    code = (
        "import sys, time\n"
        "from tests.universe.atari.plain import PONG, make_rules\n"
        "from universe.atari.remote import find_workers, open_session\n"
        "open_session(PONG, make_rules(), isolated=True)\n"
        "print(*find_workers(), flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    assert is_alive(worker)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while is_alive(worker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(worker)


def is_alive(process_id: int) -> bool:
    """Returns whether a process runs; one that has ended and waits to be counted does not."""
    try:
        with open(f"/proc/{process_id}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
