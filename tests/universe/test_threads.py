"""Episodes of one environment in several threads at once are those played one after the other."""

import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from pettingzoo.classic.chess import chess_utils
from pettingzoo.classic.tictactoe import tictactoe

from universe.card import EnvCard
from universe.cards import BUILT_IN
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv

N_THREADS = 4
N_EPISODES, N_TURNS = 2, 24  # of each thread
FEW = ("atari/pong_v3", "atari/warlords_v3", "atari/othello_v3", "atari/breakout_v1")
"""Of the Atari games, which share everything but their cartridges: one of each kind."""

every_card = pytest.mark.parametrize(
    "card", [card for card in BUILT_IN if card.suite != "atari" or card.env_id in FEW], ids=lambda card: card.env_id
)


@pytest.fixture(autouse=True)
def hasty() -> Iterator[None]:
    """Lets threads take turns a thousand times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


def play_episodes(card: EnvCard, seed: int, barrier: Barrier) -> list[str]:
    """Returns what was seen in every turn of a few random episodes: digests, menus and situations."""
    env = TextEnv(card)
    seen: list[str] = []
    barrier.wait()
    for number in range(N_EPISODES):
        env.reset(seed * N_EPISODES + number)
        stream = Stream.of(seed, number, "threads")
        while env.turns() and env.n_turns < N_TURNS:
            seen += [f"{turn.situation} {turn.menu.describe()} {turn.text}" for turn in env.turns()]
            env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in env.turns()})
            seen.append(env.digest(env.payments()).hex())
    env.close()
    return seen


@every_card
def test_episodes_in_threads_are_those_played_one_after_the_other(card: EnvCard) -> None:
    seeds = range(N_THREADS)
    with ThreadPoolExecutor(N_THREADS) as pool:
        barrier = Barrier(N_THREADS)
        together = list(pool.map(lambda seed: play_episodes(card, seed, barrier), seeds))
    assert together == [play_episodes(card, seed, Barrier(1)) for seed in seeds]


def test_a_table_that_chess_fills_as_it_goes_is_never_seen_half_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    class HeldTable(dict[str, int]):
        """Waits for another thread between the two tables that an entry belongs to."""

        def __setitem__(self, uci: str, action: int) -> None:
            super().__setitem__(uci, action)
            if uci == "e2e4":
                entered.set()
                played.wait(0.3)

    entered, played = Event(), Event()
    monkeypatch.setattr(chess_utils, "moves_to_actions", HeldTable())
    monkeypatch.setattr(chess_utils, "actions_to_moves", {})
    card = default_catalog().find("chess")
    mine, other = TextEnv(card), TextEnv(card)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(other.reset, 0)
        assert entered.wait(5)
        mine.reset(0)
        [turn] = mine.turns()
        mine.play({turn.seat: turn.menu.action("e2e4")})
        played.set()
    assert mine.n_turns == 1


def test_environments_made_in_threads_leave_the_filters_of_warnings_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    card = default_catalog().find("tictactoe")
    make, first_is_in, second_is_in, first_is_made = tictactoe.env, Event(), Event(), Event()

    def make_slowly() -> object:
        """Lets the first be made while the second is, and end before it."""
        if first_is_in.is_set():
            second_is_in.set()
            first_is_made.wait(0.3)
        else:
            first_is_in.set()
            second_is_in.wait(0.3)
        return make()

    monkeypatch.setattr(tictactoe, "env", make_slowly)
    with warnings.catch_warnings():
        warnings.resetwarnings()
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(TextEnv, card)
            first.add_done_callback(lambda done: first_is_made.set())
            assert first_is_in.wait(5)
            second = pool.submit(TextEnv, card)
        assert first.result().seats == second.result().seats
        assert warnings.filters == []
