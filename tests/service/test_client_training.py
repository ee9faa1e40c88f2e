"""Other people's training code sits down at a service: a PettingZoo environment and a Gymnasium one."""

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import api_test

from tests.service.clients import reach_universe, serve_universe
from universe.client.aec import RemoteSeats
from universe.client.gym import RemoteSeat
from universe.client.remote import RemoteUniverse
from universe.errors import BadSeat, IllegalAction


@pytest.fixture(scope="module")
def remote() -> Iterator[RemoteUniverse]:
    with serve_universe() as url, reach_universe(url) as universe:
        yield universe


@pytest.mark.parametrize(
    ("name", "seats"),
    [
        ("tictactoe", None),
        ("tictactoe", ["player_2"]),
        ("connect_four", ["player_0"]),
        ("rps", ["player_0"]),
        ("simple_spread", ["agent_0", "agent_2"]),
        ("leduc_holdem", ["player_1"]),
    ],
)
def test_seats_pass_the_test_of_pettingzoo(remote: RemoteUniverse, name: str, seats: list[str] | None) -> None:
    env = RemoteSeats(remote, name, seats=seats, max_turns=30)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of what the games' own observations look like
        api_test(env, num_cycles=60)
    env.close()


@pytest.mark.parametrize(("name", "seat"), [("simple", None), ("tictactoe", "player_2")])
def test_a_seat_passes_the_check_of_gymnasium(remote: RemoteUniverse, name: str, seat: str | None) -> None:
    env = RemoteSeat(remote, name, seat=seat, max_turns=30)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of render modes that there are not
        check_env(env, skip_render_check=True)
    env.close()


def play_out(env: RemoteSeat, seed: int) -> tuple[float, dict[str, object]]:
    _, info = env.reset(seed=seed)
    total, over = 0.0, False
    while not over:
        text, reward, terminated, truncated, info = env.step(int(np.flatnonzero(info["action_mask"])[0]))
        assert env.observation_space.contains(text)
        total, over = total + reward, terminated or truncated
    return total, info["outcome"]["player_0"]


@pytest.mark.parametrize("seed", range(4))
def test_the_rewards_of_a_seat_add_up_to_its_return(remote: RemoteUniverse, seed: int) -> None:
    env = RemoteSeat(remote, "connect_four", seat="player_0")

    total, end = play_out(env, seed)

    assert total == end["total"]
    assert end["reason"] == "natural"


def test_an_illegal_action_is_told_and_the_third_is_ruled_upon(remote: RemoteUniverse) -> None:
    env = RemoteSeat(remote, "tictactoe", seat="player_2")
    _, info = env.reset(seed=1)
    taken = int(np.flatnonzero(info["action_mask"] == 0)[0])

    told = [env.step(taken) for _ in range(3)]

    assert ["legal action" in step[4]["illegal"] for step in told] == [True] * 3
    assert [step[3] for step in told] == [False, False, True]
    assert told[2][4]["outcome"]["player_2"]["reason"] == "forfeit"


def test_an_action_that_is_not_legal_is_never_sent(remote: RemoteUniverse) -> None:
    env = RemoteSeats(remote, "tictactoe")
    env.reset(seed=0)
    env.step(4)

    with pytest.raises(IllegalAction):
        env.step(4)
    env.step(0)
    assert env.infos["player_1"]["action_mask"].sum() == 7
    env.close()


@pytest.mark.parametrize("seats", [["player_9"], []])
def test_seats_that_there_are_not_are_refused(remote: RemoteUniverse, seats: list[str]) -> None:
    with pytest.raises(BadSeat):
        RemoteSeats(remote, "tictactoe", seats=seats)
