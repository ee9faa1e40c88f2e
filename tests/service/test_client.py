"""The universe from elsewhere keeps the contract of the local one, over every card that is installed."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import numpy as np
import pytest

from tests.service.clients import LossyWay, reach_universe, serve_universe
from universe.catalog import default_catalog
from universe.client.link import plain
from universe.client.remote import RemoteUniverse
from universe.errors import (
    BadKwargs,
    BadSeat,
    IllegalAction,
    ServiceAway,
    ServiceError,
    StaleTurn,
    UniverseError,
    UnknownEnv,
)
from universe.streams import Stream
from universe.text_env import Turn
from universe.universe import Env, LocalUniverse, Universe

CARDS = [card.env_id for card in default_catalog() if card.playable]
MENUS = Stream.of("menus of the client")
SEED = 5


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve_universe() as address:
        yield address


@pytest.fixture(scope="module")
def remote(url: str) -> Iterator[RemoteUniverse]:
    with reach_universe(url) as universe:
        yield universe


def open_env(universe: Universe, name: str, *, max_turns: int | None = None) -> Env:
    if max_turns is None:
        max_turns = 2 if name.startswith("atari/") else 12
    return universe.open(universe.find(name), max_turns=max_turns)


def describe_turn(turn: Turn) -> dict[str, object]:
    view = turn.view
    return {
        "place": (turn.seat, turn.number, turn.index, turn.reward, turn.over),
        "words": (turn.brief, turn.text, turn.situation),
        "facts": (turn.facts.state, dict(turn.facts.actions)),
        "menu": (turn.menu.actions, turn.menu.options, turn.menu.fields, turn.menu.schema(thought=9)),
        "prompt": turn.menu.describe(),
        "view": (view.seats, view.role, view.legal, dict(view.kwargs), list(view.moves)),
    }


def describe_end(env: Env) -> tuple[object, ...]:
    return env.outcome(), env.n_turns, env.max_turns, env.seats, env.fallback, dict(env.variant), dict(env.arguments)


def choose(env: Env) -> dict[str, int]:
    return {turn.seat: Stream.of("play").pick(turn.view.legal, turn.seat, turn.index) for turn in env.turns()}


def play(env: Env) -> list[object]:
    told: list[object] = []
    env.reset(SEED, menus=MENUS)
    while True:
        payments = env.payments()
        told.append((env.digest(payments), payments, [describe_turn(turn) for turn in env.turns()]))
        if not env.turns():
            told.append(describe_end(env))
            env.close()
            return told
        env.play(choose(env))


@pytest.mark.parametrize("name", CARDS)
def test_an_episode_is_the_same_as_here(remote: RemoteUniverse, name: str) -> None:
    assert play(open_env(remote, name)) == play(open_env(LocalUniverse(), name))


@pytest.mark.parametrize("name", [name for name in CARDS if not name.startswith("atari/")] + ["atari/pong_v3"])
def test_a_seat_observes_the_same_as_here(remote: RemoteUniverse, name: str) -> None:
    there, here = open_env(remote, name), open_env(LocalUniverse(), name)
    there.reset(SEED)
    here.reset(SEED)

    seen = [(flatten(far.view.observation), flatten(near.view.observation)) for far, near in zip_turns(there, here)]
    there.close()
    here.close()

    assert all(far.keys() == near.keys() for far, near in seen)
    pairs = [(far[key], near[key]) for far, near in seen for key in near]
    assert [(far.shape, far.dtype) for far, _ in pairs] == [(near.shape, near.dtype) for _, near in pairs]
    assert all(np.array_equal(far, near) for far, near in pairs)


def zip_turns(there: Env, here: Env) -> Iterator[tuple[Turn, Turn]]:
    return zip(there.turns(), here.turns(), strict=True)


def flatten(observation: object) -> dict[str, "np.ndarray[Any, Any]"]:
    if isinstance(observation, Mapping):
        parts = cast("Mapping[str, Any]", observation)
        return {name: np.asarray(part) for name, part in parts.items()}
    return {"": np.asarray(observation)}


def test_the_catalogue_is_the_same_as_here(remote: RemoteUniverse) -> None:
    here = LocalUniverse()

    assert list(remote.cards()) == list(here.cards())
    assert [remote.is_playable(card) for card in remote.cards()] == [here.is_playable(card) for card in here.cards()]


@pytest.mark.parametrize("name", ["classic/chess_v6", "classic/chess-v6", "classic/chess", "chess", " Chess "])
def test_a_name_in_any_form_finds_its_card(remote: RemoteUniverse, name: str) -> None:
    assert remote.find(name) == LocalUniverse().find(name)


def find_error(universe: Universe, name: str, kwargs: dict[str, Any]) -> tuple[type[Exception], str]:
    with pytest.raises(UniverseError) as caught:
        universe.open(universe.find(name), kwargs)
    return type(caught.value), str(caught.value)


@pytest.mark.parametrize(
    ("name", "kwargs", "kind"),
    [
        ("tictacto", {}, UnknownEnv),
        ("hanabi", {"nonsense": 1}, BadKwargs),
        ("hanabi", {"players": 99}, BadKwargs),
    ],
)
def test_what_cannot_be_opened_is_refused_in_the_same_words(
    remote: RemoteUniverse, name: str, kwargs: dict[str, Any], kind: type[Exception]
) -> None:
    told = find_error(remote, name, kwargs)

    assert told == find_error(LocalUniverse(), name, kwargs)
    assert told[0] is kind


def test_a_second_board_size_of_the_process_is_refused_at_once(remote: RemoteUniverse) -> None:
    open_env(LocalUniverse(), "go").close()

    with pytest.raises(BadKwargs, match="one value per process"):
        remote.open(remote.find("go"), {"board_size": 5})


def test_a_variant_has_the_seats_that_its_engine_has(remote: RemoteUniverse) -> None:
    card = remote.find("hanabi")

    assert len(remote.open(card, {"players": 4}).seats) == 4


def find_play_error(env: Env, actions: dict[str, int]) -> tuple[type[Exception], str]:
    env.reset(SEED)
    with pytest.raises(UniverseError) as caught:
        env.play(actions)
    return type(caught.value), str(caught.value)


@pytest.mark.parametrize(
    ("actions", "kind"), [({"player_1": 99}, IllegalAction), ({"player_2": 1}, BadSeat), ({}, BadSeat)]
)
def test_what_cannot_be_played_is_refused_in_the_same_words(
    remote: RemoteUniverse, actions: dict[str, int], kind: type[Exception]
) -> None:
    there, here = open_env(remote, "tictactoe"), open_env(LocalUniverse(), "tictactoe")

    told = find_play_error(there, actions)

    assert told == find_play_error(here, actions)
    assert told[0] is kind


def end(env: Env, how: str) -> tuple[object, ...]:
    env.reset(SEED)
    env.play(choose(env))
    env.payments()
    seat = env.turns()[0].seat
    env.forfeit(seat) if how == "forfeit" else env.stop(cast("Any", how))
    payments = env.payments()
    return (*describe_end(env), env.digest(payments), payments, list(env.turns()))


@pytest.mark.parametrize("how", ["forfeit", "capped", "repeated", "illegal_loop", "silent"])
def test_an_episode_that_is_ended_from_outside_ends_as_here(remote: RemoteUniverse, how: str) -> None:
    assert end(open_env(remote, "tictactoe"), how) == end(open_env(LocalUniverse(), "tictactoe"), how)


@pytest.mark.parametrize("reply", ["e2e4", "Nf3", '{"action": "e4"}', "action: e2-e4", "castle", "\ud800", "x" * 501])
def test_a_reply_is_read_as_here(remote: RemoteUniverse, reply: str) -> None:
    there, here = open_env(remote, "chess"), open_env(LocalUniverse(), "chess")
    there.reset(SEED, menus=MENUS)
    here.reset(SEED, menus=MENUS)

    assert read(there, reply) == read(here, reply)


def read(env: Env, reply: str) -> object:
    try:
        return env.turns()[0].menu.parse(reply)
    except UniverseError as error:
        return type(error), str(error)


def test_nobody_looks_into_an_engine_elsewhere(remote: RemoteUniverse) -> None:
    env = open_env(remote, "tictactoe")
    env.reset(SEED)

    with pytest.raises(UniverseError, match="elsewhere, where nobody looks into the engine"):
        _ = env.turns()[0].view.glimpse


def test_an_observation_that_was_not_looked_at_in_time_is_gone(remote: RemoteUniverse) -> None:
    env = open_env(remote, "tictactoe")
    env.reset(SEED)
    [turn] = env.turns()
    env.play(choose(env))

    with pytest.raises(StaleTurn):
        _ = turn.view.observation
    assert turn.text


def test_a_play_whose_answer_is_lost_is_played_once(url: str) -> None:
    way = LossyWay(url)
    with reach_universe(way.url) as universe:
        env = open_env(universe, "connect_four")
        env.reset(SEED, menus=MENUS)
        env.payments()
        way.n_losses = 2
        env.play(choose(env))
        moves = len(env.turns()[0].view.moves)
        env.close()
    way.close()

    assert way.n_losses == 0
    assert (env.n_turns, moves) == (1, 1)


def test_a_lost_answer_changes_nothing_of_an_episode(url: str) -> None:
    way = LossyWay(url)
    with reach_universe(way.url) as universe:
        env = open_env(universe, "leduc_holdem")
        way.n_losses = 3
        told = play(env)
    way.close()

    assert told == play(open_env(LocalUniverse(), "leduc_holdem"))


def find_port(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_an_episode_goes_on_after_the_service_came_back_without_its_tables() -> None:
    here = open_env(LocalUniverse(), "connect_four")
    expected = play(here)
    with serve_universe() as url:
        universe = RemoteUniverse(url)
        env = open_env(universe, "connect_four")
        env.reset(SEED, menus=MENUS)
        for _ in range(3):
            env.play(choose(env))
    with serve_universe(port=find_port(url)):
        while env.turns():
            env.play(choose(env))
        env.payments()
        told = (env.digest({}), describe_end(env))
        env.close()
    universe.close()

    assert told[0] == cast("tuple[object, ...]", expected[-2])[0]
    assert told[1] == expected[-1]


def test_a_service_that_is_away_is_one_error_that_says_where(url: str) -> None:
    gone = "http://127.0.0.1:9"
    with RemoteUniverse(gone, patience=0.2) as universe, pytest.raises(ServiceAway, match=gone):
        universe.find("tictactoe")


def test_a_turn_can_be_played_again_after_the_service_was_away_for_too_long() -> None:
    with serve_universe() as url:
        universe = RemoteUniverse(url, patience=0.3)
        env = open_env(universe, "tictactoe")
        env.reset(SEED)
    with pytest.raises(ServiceAway):
        env.play(choose(env))
    with serve_universe(port=find_port(url)):
        env.play(choose(env))
        env.close()
    universe.close()

    assert env.n_turns == 1


def test_a_wrong_token_is_refused_with_the_variable_that_holds_it() -> None:
    with (
        serve_universe(token="right" * 8) as url,
        RemoteUniverse(url, "wrong" * 8) as universe,
        pytest.raises(ServiceError, match="LANGGYM_UNIVERSE_TOKEN"),
    ):
        universe.find("tictactoe")


@pytest.mark.parametrize("address", ["127.0.0.1:8642", "ftp://x", "http://", "http://a:b@c", "http://x/?y=1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ServiceError):
        RemoteUniverse(address)


def test_words_from_elsewhere_cannot_steer_a_terminal() -> None:
    assert plain("a\x1b[2Jb\n") == "a\\x1b[2Jb\\n"
