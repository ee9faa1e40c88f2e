"""The contract of TextEnv, on tic-tac-toe and rock paper scissors."""

import gc
import warnings

import pytest

from universe.card import EnvCard
from universe.catalog import Catalog, default_catalog
from universe.errors import (
    BadKwargs,
    BadSeat,
    EnvFault,
    IllegalAction,
    MissingExtra,
    StaleTurn,
    UniverseError,
    UnknownEnv,
)
from universe.text_env import TextEnv


@pytest.fixture
def env() -> TextEnv:
    return TextEnv(default_catalog().find("tictactoe"))


def play_names(env: TextEnv, *names: str) -> None:
    for name in names:
        [turn] = env.turns()
        env.play({turn.seat: turn.menu.action(name)})


def test_turns_are_empty_exactly_when_it_is_over(env: TextEnv) -> None:
    env.reset(0)
    play_names(env, "a1", "b1", "a2", "b2", "a3")
    assert env.turns() == ()
    assert {seat: end.result for seat, end in env.outcome().items()} == {"player_1": "win", "player_2": "loss"}


def test_outcome_before_the_end_is_an_error(env: TextEnv) -> None:
    env.reset(0)
    with pytest.raises(UniverseError, match="not ended"):
        env.outcome()


def test_an_illegal_action_never_reaches_the_engine(env: TextEnv) -> None:
    env.reset(0)
    play_names(env, "a1")
    [turn] = env.turns()
    before = turn.text
    with pytest.raises(IllegalAction):
        env.play({turn.seat: 0})
    [again] = env.turns()
    assert again.text == before


def test_an_action_for_a_seat_that_does_not_act_is_refused(env: TextEnv) -> None:
    env.reset(0)
    with pytest.raises(BadSeat):
        env.play({"player_2": 0})


def test_payments_are_what_was_earned_since_the_last_call(env: TextEnv) -> None:
    env.reset(0)
    play_names(env, "a1", "b1", "a2", "b2")
    assert env.payments() == {"player_1": 0.0, "player_2": 0.0}
    play_names(env, "a3")
    assert env.payments() == {"player_1": 1.0, "player_2": -1.0}
    assert env.payments() == {"player_1": 0.0, "player_2": 0.0}


def test_the_cap_ends_the_episode_without_a_result() -> None:
    env = TextEnv(default_catalog().find("tictactoe"), max_turns=3)
    env.reset(0)
    play_names(env, "a1", "b1", "a2")
    assert env.turns() == ()
    assert {end.reason for end in env.outcome().values()} == {"capped"}
    assert {end.result for end in env.outcome().values()} == {None}


def test_a_win_on_the_last_turn_before_the_cap_counts() -> None:
    env = TextEnv(default_catalog().find("tictactoe"), max_turns=5)
    env.reset(0)
    play_names(env, "a1", "b1", "a2", "b2", "a3")
    assert env.outcome()["player_1"].result == "win"


def test_a_forfeit_costs_its_seat_apart_from_the_rewards(env: TextEnv) -> None:
    env.reset(0)
    env.forfeit("player_1")
    ends = env.outcome()
    assert (ends["player_1"].penalty, ends["player_1"].total, ends["player_1"].result) == (-1.0, 0.0, "loss")
    assert (ends["player_2"].penalty, ends["player_2"].total, ends["player_2"].result) == (0.0, 0.0, None)


def test_a_turn_that_was_not_read_in_time_is_stale(env: TextEnv) -> None:
    env.reset(0)
    [turn] = env.turns()
    env.play({turn.seat: 0})
    assert turn.over
    with pytest.raises(StaleTurn):
        _ = turn.text


def test_simultaneous_seats_share_a_turn_and_its_number() -> None:
    env = TextEnv(default_catalog().find("rps"))
    env.reset(0)
    assert [(turn.seat, turn.number, turn.index) for turn in env.turns()] == [("player_0", 0, 0), ("player_1", 0, 0)]
    env.play({turn.seat: turn.menu.actions[0] for turn in env.turns()})
    assert [turn.number for turn in env.turns()] == [1, 1]


def test_the_digest_tells_positions_and_payments_apart(env: TextEnv) -> None:
    env.reset(0)
    start = env.digest({})
    assert start == env.digest({"player_1": 0.0})
    assert start != env.digest({"player_1": 1.0})
    play_names(env, "a1")
    assert env.digest({}) != start


def test_an_engine_that_raises_ends_the_episode_as_a_fault(env: TextEnv, monkeypatch: pytest.MonkeyPatch) -> None:
    env.reset(0)
    [turn] = env.turns()
    monkeypatch.setattr(env._engine, "step", lambda actions: 1 / 0)
    with pytest.raises(EnvFault, match="ZeroDivisionError"):
        env.play({turn.seat: 0})
    assert {end.reason for end in env.outcome().values()} == {"fault"}


@pytest.mark.parametrize("method", ["observe", "acting", "legal"])
def test_an_engine_that_raises_after_its_step_is_a_fault_too(
    env: TextEnv, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    env.reset(0)
    monkeypatch.setattr(env._engine, method, lambda *given: 1 / 0)
    with pytest.raises(EnvFault, match="ZeroDivisionError"):
        play_names(env, "a1")
    assert {end.reason for end in env.outcome().values()} == {"fault"}


def test_an_episode_that_is_over_keeps_its_outcome(env: TextEnv) -> None:
    env.reset(0)
    play_names(env, "a1", "b1", "a2", "b2", "a3")
    before = env.outcome()
    with pytest.raises(UniverseError, match="reset"):
        env.play({})
    with pytest.raises(UniverseError, match="reset"):
        env.forfeit("player_1")
    assert env.outcome() == before


def test_before_the_first_reset_nobody_acts(env: TextEnv) -> None:
    assert env.turns() == ()
    with pytest.raises(UniverseError):
        env.outcome()
    with pytest.raises(UniverseError, match="reset"):
        env.play({"player_1": 0})


def test_no_environment_warns_of_what_nobody_can_act_on() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        TextEnv(default_catalog().find("texas_holdem_no_limit")).close()


@pytest.mark.parametrize(("n_players", "rule"), [(2, "forfeit"), (6, "random")])
def test_only_two_rivals_in_turns_forfeit(n_players: int, rule: str) -> None:
    env = TextEnv(default_catalog().find("texas_holdem"), {"num_players": n_players})
    assert env.fallback == rule


@pytest.mark.parametrize(
    ("name", "kwargs", "said"),
    [
        ("tictactoe", {"size": 4}, "does not take 'size'"),
        ("connect_four", {"render_mode": "human"}, "it takes: none"),
        ("rps", {"num_actions": "many"}, "must be of type int"),
    ],
)
def test_bad_kwargs_are_refused_with_what_is_allowed(name: str, kwargs: dict[str, object], said: str) -> None:
    with pytest.raises(BadKwargs, match=said):
        TextEnv(default_catalog().find(name), kwargs)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "name", ["classic/chess_v6", "classic/chess-v6", "classic/chess", "chess", "Chess", "chess_v6"]
)
def test_a_card_is_found_by_every_form_of_its_name(name: str) -> None:
    assert default_catalog().find(name).env_id == "classic/chess_v6"


@pytest.mark.parametrize("name", ["classic/chss", "chesss", "classic/tictacto", "mpe/simple_spred"])
def test_an_unknown_name_suggests_the_nearest(name: str) -> None:
    with pytest.raises(UnknownEnv, match=r"Did you mean '(classic/(chess|tictactoe)|mpe/simple_spread)_v\d'"):
        default_catalog().find(name)


def test_a_part_of_a_name_suggests_the_names_that_hold_it() -> None:
    with pytest.raises(UnknownEnv, match="Did you mean 'classic/leduc_holdem_v4'"):
        default_catalog().find("leduc")


def test_the_newest_version_is_meant_where_none_is_named() -> None:
    card = default_catalog().find("tictactoe")
    catalog = Catalog([card, card.model_copy(update={"env_id": "classic/tictactoe_v10"})])
    assert catalog.find("tictactoe").env_id == "classic/tictactoe_v10"


def test_a_missing_package_names_the_command(env: TextEnv) -> None:
    card = env.card.model_copy(update={"module": "no_such_package.game", "requires": "no-such[game]"})
    with pytest.raises(MissingExtra, match=r"pip install 'no-such\[game\]'"):
        TextEnv(card)


def test_another_package_adds_cards_by_an_entry_point(env: TextEnv, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = env.card.model_copy(update={"env_id": "house/tictactoe_v1"})
    catalog = _catalog_with(monkeypatch, lambda: [extra])
    assert catalog.find("house/tictactoe") == extra
    assert catalog.problems == []


def test_a_broken_package_is_reported_and_harms_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = _catalog_with(monkeypatch, lambda: 1 / 0)
    assert len(catalog) == len(default_catalog())
    assert "ZeroDivisionError" in catalog.problems[0]


def _catalog_with(monkeypatch: pytest.MonkeyPatch, load: object) -> Catalog:
    class Point:
        value = "house:cards"

        def load(self) -> object:
            return load

    monkeypatch.setattr("universe.catalog.entry_points", lambda group: [Point()])
    return default_catalog.__wrapped__()


def test_a_card_with_wrong_numbers_of_seats_is_refused(env: TextEnv) -> None:
    with pytest.raises(ValueError, match="2 seats"):
        EnvCard.model_validate(env.card.model_dump() | {"max_seats": 1})


def test_a_renderer_that_fails_is_a_fault_of_the_environment(env: TextEnv) -> None:
    class Mute(type(env._renderer)):  # pyright: ignore[reportUntypedBaseClass, reportPrivateUsage]
        def text(self, view: object) -> str:
            raise KeyError("no word")

    mute = TextEnv(env.card, renderer=Mute())
    mute.reset(0)
    [turn] = mute.turns()
    with pytest.raises(EnvFault, match=r"Mute has no words for turn 0 of player_1: KeyError\('no word'\)"):
        _ = turn.text


def test_turns_that_were_played_leave_nothing_to_the_collector_of_garbage(env: TextEnv) -> None:
    def play() -> None:
        env.reset(0)
        while env.turns():
            [turn] = env.turns()
            turn.prepare()
            env.play({turn.seat: turn.view.legal[0]})

    play()
    gc.collect()
    gc.disable()
    try:
        play()
        assert gc.collect() == 0
    finally:
        gc.enable()
