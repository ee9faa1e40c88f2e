"""Hanabi in words against what its engine knows."""

from typing import Any

import pytest

from tests.universe.games import results, turn_of
from tests.universe.hands import begin, choose, core, every_team, wander
from universe.cards.hands import HANABI
from universe.errors import BadKwargs, EnvFault, IllegalAction
from universe.renderers.hanabi.table import read_position
from universe.text_env import TextEnv, Turn


@every_team
def test_hanabi_names_are_the_engines_actions(kwargs: dict[str, Any]) -> None:
    env = TextEnv(HANABI, kwargs)
    for turn in wander(env, 3, "play"):
        state = core(env).hanabi_env.game_state
        for action in turn.menu.actions:
            words = turn.menu.name(action).split()
            engine = state.action_to_string(state.current_player(), action).strip("()").split()
            if words[0] == "tell":
                offset = (env.seats.index(words[1]) - env.seats.index(turn.seat)) % len(env.seats)
                told = words[3] if words[2] == "rank" else words[2][0].upper()
                assert engine == ["Reveal", "player", f"+{offset}", "rank" if told.isdigit() else "color", told]
            else:
                assert engine == [words[0].capitalize(), str(int(words[2]) - 1)]


@every_team
def test_hanabi_table_is_the_engines(kwargs: dict[str, Any]) -> None:
    env = TextEnv(HANABI, kwargs)
    for seed in range(3):
        for turn in wander(env, seed, "play"):
            state = core(env).hanabi_env.game_state
            position = read_position(state.observation_string(state.current_player()))
            whole = str(state)
            assert f"Life tokens: {position.lives}\nInfo tokens: {position.hints}\n" in whole
            assert f"Deck size: {position.deck}\nDiscards: {' '.join(position.discards)}".rstrip() in whole
            assert f"Hint tokens: {position.hints} of {env.arguments['max_information_tokens']}." in turn.text
            assert len(position.hands) == len(env.seats)
            for held in (held for hand in position.hands[1:] for held in hand):
                assert held.card != "XX"
                assert held.card[0] in held.colours
                assert held.card[1] in held.ranks
            hidden = env.arguments["observation_type"] != "seer"
            assert all((held.card == "XX") == hidden for held in position.hands[0])


def test_hanabi_game_reads_as_it_was_played() -> None:
    env = begin(HANABI, 0, "tell player_1 rank 3", "tell player_0 rank 1", "play card 1", "discard card 1")
    assert turn_of(env).text.splitlines()[0] == (
        "Fireworks: R0 Y0 G0 W1 B0 (score 1). Hint tokens: 7 of 8. Lives: 3. Deck: 38 cards."
    )
    assert turn_of(env).text.splitlines()[1].startswith("Your cards: (1) 2345, (2) 1, (3) 1, (4) 1, (5) ?")
    assert turn_of(env).text.splitlines()[-2:] == [
        "Discarded: B3.",
        "Moves so far: you told player_1 rank 3, player_1 told you rank 1, you played W1, player_1 discarded B3.",
    ]


def test_a_wrong_card_costs_a_life() -> None:
    env = begin(HANABI, 0, "play card 2")
    assert "Lives: 2." in turn_of(env).text
    assert "player_0 played Y2 and lost a life" in turn_of(env).text


def test_lost_lives_take_the_score_back() -> None:
    env = begin(HANABI, 0, "play card 1", "play card 1", "play card 1", max_life_tokens=2)
    assert [end.total for end in env.outcome().values()] == [0.0, 0.0]
    assert results(env) == [None, None]


def test_the_cut_is_announced() -> None:
    env = TextEnv(HANABI, {"max_life_tokens": 20})
    left = {turn.number: _announced(turn) for turn in wander(env, 5, "play")}
    assert core(env).hanabi_env.game_state.is_terminal() is False
    game = core(env).hanabi_env
    assert game.game_length > game.game_state.get_game().max_game_length()
    assert left[env.n_turns - 1] in (1, 2)  # the last move, with or without a draw


def _announced(turn: Turn) -> int:
    return int((turn.text.partition("cut off as soon as ")[2].split() or ["0"])[0])


@pytest.mark.parametrize("kwargs", [{"players": 4}, {"players": 3, "colors": 3}], ids=str)
def test_the_last_turns_are_counted(kwargs: dict[str, Any]) -> None:
    env = TextEnv(HANABI, {**kwargs, "max_life_tokens": 20})
    left: list[int] = []
    for turn in wander(env, 5, "play"):
        if "The deck is empty:" in turn.text:
            left.append(int(turn.text.partition("The deck is empty: ")[2].split()[0]))
    assert left == list(range(len(env.seats), 0, -1))


def test_a_hint_is_judged_by_what_it_points_at() -> None:
    turn = turn_of(begin(HANABI, 0, "tell player_1 rank 3"))
    facts = turn.facts.actions[turn.menu.action("tell player_0 rank 1")]
    assert {"tell", "tell a rank", "tell, all of them fit", "tell, something new"} <= set(facts)
    assert "another's card fits and its owner cannot know" in turn.facts.state


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Play 3", "play card 3"),
        ("discard the card 2", "discard card 2"),
        ("hint player_0 R", "tell player_0 red"),
        ("reveal color red", "tell player_0 red"),
        ("tell 0 rank 1", "tell player_0 rank 1"),
        ("tell player_0 1s", "tell player_0 rank 1"),
    ],
)
def test_hanabi_is_read_in_other_words(said: str, name: str) -> None:
    assert choose(begin(HANABI, 0, "tell player_1 rank 3"), said) == name


@pytest.mark.parametrize("said", ["play", "play card 9", "tell me red", "tell player_0 purple", "tell player_0"])
def test_hanabi_prose_is_not_read(said: str) -> None:
    with pytest.raises(IllegalAction):
        choose(begin(HANABI, 0, "tell player_1 rank 3"), said)


@pytest.mark.parametrize(
    "kwargs", [{"ranks": 2}, {"colors": 1}, {"hand_size": 6}, {"players": 6}, {"random_start_player": True}], ids=str
)
def test_variants_that_the_engine_dies_of_are_refused(kwargs: dict[str, Any]) -> None:
    with pytest.raises(BadKwargs):
        TextEnv(HANABI, kwargs)


def test_more_players_than_colours_is_a_fault() -> None:
    with pytest.raises(EnvFault):
        TextEnv(HANABI, {"players": 3, "colors": 2})
