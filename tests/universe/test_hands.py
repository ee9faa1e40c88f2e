"""Hanabi and poker in words against what their engines know; recorded texts."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rlcard.games.limitholdem.utils import Hand

from tests.universe.games import few, results, seeds, step, turn_of
from universe.card import EnvCard
from universe.cards.hands import HANABI, HANDS, LEDUC, LIMIT, NO_LIMIT
from universe.errors import BadKwargs, EnvFault, IllegalAction
from universe.renderers.hanabi.table import read_position
from universe.renderers.poker import PokerRenderer
from universe.renderers.poker.betting import replay
from universe.renderers.poker.cards import CATEGORIES, RANKS, find_category, find_holding, normalise
from universe.streams import Stream
from universe.testing import check_renderer
from universe.text_env import TextEnv, Turn

GOLDEN = Path(__file__).parent / "golden"
LONGEST = 700  # characters of a median turn: about 300 tokens of the embedded model
POKER = (LEDUC, LIMIT, NO_LIMIT)
TABLES = [(LEDUC, {}), *((card, {"num_players": n}) for card in (LIMIT, NO_LIMIT) for n in (2, 3, 6, 10))]
TEAMS = [
    {},
    {"players": 3, "hand_size": 4},
    {"players": 5, "hand_size": 4},
    {"players": 2, "colors": 2, "ranks": 3, "hand_size": 5, "max_life_tokens": 20},
    {"players": 4, "colors": 4, "max_information_tokens": 2, "hand_size": 2},
    {"max_information_tokens": 0, "hand_size": 2},
    {"observation_type": "minimal"},
    {"observation_type": "seer"},
]
DECK = [suit + rank for suit in "SHDC" for rank in RANKS]

every_table = pytest.mark.parametrize(
    ("card", "kwargs"), TABLES, ids=[f"{card.env_id} {kwargs}" for card, kwargs in TABLES]
)
every_team = pytest.mark.parametrize("kwargs", TEAMS, ids=str)


def begin(card: EnvCard, seed: int, *names: str, **kwargs: Any) -> TextEnv:
    env = TextEnv(card, kwargs)
    env.reset(seed)
    for name in names:
        step(env, name)
    return env


def wander(env: TextEnv, seed: int, rare: str) -> Any:
    """Yields every turn of random play in which actions that begin with `rare` are seldom chosen."""
    draw = random.Random(seed)
    env.reset(seed)
    while env.turns():
        turn = turn_of(env)
        yield turn
        weights = [0.1 if turn.menu.name(action).startswith(rare) else 1.0 for action in turn.menu.actions]
        env.play({turn.seat: draw.choices(turn.menu.actions, weights)[0]})


def core(env: TextEnv) -> Any:
    return env._engine.core  # tests may look: renderers may not


def choose(env: TextEnv, said: str) -> str:
    return turn_of(env).menu.parse(json.dumps({"action": said})).name


@pytest.mark.parametrize("card", HANDS, ids=lambda card: card.env_id)
def test_median_turn_is_short(card: EnvCard) -> None:
    check_renderer(card, n_episodes=30, longest=LONGEST)


@every_table
def test_chips_and_rounds_are_the_engines(card: EnvCard, kwargs: dict[str, Any]) -> None:
    env = TextEnv(card, kwargs)
    renderer = env._renderer
    assert isinstance(renderer, PokerRenderer)
    for seed in range(15):
        for turn in wander(env, seed, "fold"):
            betting, game = replay(renderer.game, turn.view), core(env).env.game
            place = env.seats.index(turn.seat)
            stakes = game.round.raised
            assert betting.chips == [player.in_chips for player in game.players]
            assert betting.round == game.round_counter
            assert betting.owed(place) == max(stakes) - stakes[place]
            assert f"Pot: {sum(betting.chips)} chips" in turn.text
            if card is NO_LIMIT:
                assert [betting.left(seat) for seat in range(len(env.seats))] == [
                    player.remained_chips for player in game.players
                ]
            else:
                assert betting.raises == game.round.have_raised
                assert betting.game.raises[betting.round] == game.round.raise_amount


@every_table
def test_text_shows_the_seats_own_cards_and_the_public_ones(card: EnvCard, kwargs: dict[str, Any]) -> None:
    env = TextEnv(card, kwargs)
    for turn in wander(env, 4, "fold"):
        game = core(env).env.game
        held = game.players[env.seats.index(turn.seat)].hand
        public = getattr(game, "public_cards", None) or (
            [game.public_card] if card is LEDUC and game.public_card else []
        )
        own = " ".join(f"{each.rank}{each.suit.lower()}" for each in (held if isinstance(held, list) else [held]))
        shown = " ".join(f"{each.rank}{each.suit.lower()}" for each in public) or "none yet"
        assert f"Your cards: {own}. Public cards: {shown}." in turn.text


@every_table
def test_poker_names_are_the_engines_actions(card: EnvCard, kwargs: dict[str, Any]) -> None:
    env = TextEnv(card, kwargs)
    for turn in wander(env, 2, "fold"):
        for action in turn.menu.actions:
            name = turn.menu.name(action)
            if card is not NO_LIMIT:
                assert name == core(env).env.actions[action]
            else:
                wanted = core(env).env.actions(action).name
                assert name.replace(" the ", " ").replace(" ", "_").upper() in (wanted, *wanted.split("_")[-2:])


def test_leduc_hand_reads_as_it_was_played() -> None:
    env = begin(LEDUC, 1, "raise", "call", "check")
    assert turn_of(env).text == (
        "Second round (betting round 2 of 2).\n"
        "Your cards: Js. Public cards: Ks.\n"
        "You hold: high card jack.\n"
        "Pot: 8 chips (you 4, player_0 4).\n"
        "Nothing to call. 2 raises left this round, by 4.\n"
        "Moves so far:\n"
        "First round: player_0 raise 3, you call 2.\n"
        "Second round: player_0 check."
    )
    step(env, "check")
    assert [end.total for end in env.outcome().values()] == [2.0, -2.0]  # four chips are two big blinds


def test_folded_hand_pays_the_blind() -> None:
    env = begin(LEDUC, 1, "fold")
    assert results(env) == ["loss", "win"]
    assert env.outcome()["player_1"].total == 0.5


def test_no_limit_pays_in_chips() -> None:
    env = begin(NO_LIMIT, 1, "fold")
    assert sorted(end.total for end in env.outcome().values()) == [-1.0, 1.0]


def test_raises_are_priced() -> None:
    turn = turn_of(begin(NO_LIMIT, 1, "raise the pot"))
    assert "To call: 2 chips. Chips to put in: raise half the pot = 3, raise the pot = 6, all in = 98." in turn.text


def test_after_a_fold_limit_asks_again() -> None:
    env = begin(LIMIT, 0, "fold", "call", "check", num_players=3)
    assert turn_of(env).text.startswith("Before the flop")
    step(env, "check")
    assert turn_of(env).text.startswith("Flop")


def test_a_limit_round_has_four_raises() -> None:
    turn = turn_of(begin(LIMIT, 0, "raise", "raise", "raise", "raise"))
    assert "0 raises left this round." in turn.text
    assert sorted(option.name for option in turn.menu.options) == ["call", "fold"]


@few
@given(st.permutations(DECK))
def test_categories_are_the_engines(deck: list[str]) -> None:
    hand = Hand(deck[:7])
    hand.evaluateHand()
    assert find_category(deck[:7]) == CATEGORIES[hand.category - 1]


@pytest.mark.parametrize(
    ("cards", "category"),
    [
        ("SA H2 D3 C4 S5 H9 DJ", "straight"),
        ("SA S2 S3 S4 S5 H9 DJ", "straight flush"),
        ("SA SK SQ SJ S9 H9 D9", "flush"),
        ("SA HA DA S9 H9 D9 C2", "full house"),
        ("SA HA DA CA H9 D9 C9", "four of a kind"),
        ("SA HA SK HK SQ HQ C2", "two pairs"),
        ("SQ HK DA C2 S3 H9 D8", "high card"),
    ],
)
def test_rare_categories_are_the_engines(cards: str, category: str) -> None:
    hand = Hand(cards.split())
    hand.evaluateHand()
    assert find_category(cards.split()) == CATEGORIES[hand.category - 1] == category


@pytest.mark.parametrize(
    ("own", "public", "holding"),
    [
        ("HK", "SK", "pair with the board"),
        ("HK DK", "", "pair in hand"),
        ("HK D2", "SK S7 D9", "pair with the board"),
        ("H4 D2", "SK CK D9", "pair on the board"),
        ("H4", "SK", "high card"),
    ],
)
def test_pairs_are_told_apart(own: str, public: str, holding: str) -> None:
    assert find_holding(own.split(), public.split()) == holding


@few
@given(st.permutations(DECK), st.permutations("SHDC"), st.sampled_from((0, 3, 4, 5)))
def test_renamed_suits_are_one_situation(deck: list[str], suits: list[str], n_public: int) -> None:
    other = [dict(zip("SHDC", suits, strict=True))[card[0]] + card[1] for card in deck]
    assert normalise(deck[:2], deck[2 : 2 + n_public]) == normalise(other[:2], other[2 : 2 + n_public])


def test_poker_games_share_their_words() -> None:
    words = []
    for card in POKER:
        turn = turn_of(begin(card, 1))
        words.append({fact for facts in turn.facts.actions.values() for fact in facts})
    assert {"fold", "call", "raise", "raise, high card", "call, a bet to call"} <= words[0] & words[1] & words[2]


@pytest.mark.parametrize("said", ["Raise", "bet", "raises", "raise to 4", "raise by 2", "I raise"])
def test_raise_is_read_in_other_words(said: str) -> None:
    assert choose(begin(LIMIT, 0), said) == "raise"


@pytest.mark.parametrize(
    ("said", "name"),
    [("pot", "raise the pot"), ("half pot", "raise half the pot"), ("all-in", "all in"), ("call 2", "call")],
)
def test_no_limit_is_read_in_other_words(said: str, name: str) -> None:
    assert choose(begin(NO_LIMIT, 1, "raise the pot"), said) == name


@pytest.mark.parametrize("said", ["raise to 50", "call 7", "check", "raise or fold", "folding is wrong"])
def test_wrong_amounts_and_prose_are_not_read(said: str) -> None:
    with pytest.raises(IllegalAction):
        choose(begin(LIMIT, 0), said)


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


@few
@given(seeds)
def test_a_seat_may_end_without_having_acted(seed: int) -> None:
    env = begin(LEDUC, seed, "fold")
    assert env.n_turns == 1
    assert {end.reason for end in env.outcome().values()} == {"natural"}


@pytest.mark.parametrize("card", HANDS, ids=lambda card: card.env_id)
def test_texts_change_only_with_their_version(card: EnvCard) -> None:
    """After a change on purpose raise the card's version, delete the file and run this test to write it anew."""
    path = GOLDEN / f"hands_{card.env_id.split('/')[1]}.txt"
    current = f"text_version {card.text_version} / situation_version {card.situation_version}\n{script(card)}"
    if not path.exists():
        path.write_text(current, encoding="utf-8")
        pytest.fail(f"{path.name} was missing and has been written: look at it, then run again.")
    stored = path.read_text(encoding="utf-8")
    if current.splitlines()[0] == stored.splitlines()[0]:
        assert current == stored, f"{card.env_id}: words changed; raise text_version or situation_version."
    assert current == stored, f"{path.name} is of another version: delete it and run again to write it anew."


def script(card: EnvCard) -> str:
    """Returns all that the seats are given in two episodes: every turn of poker, some of Hanabi."""
    env, shown = TextEnv(card), [card.rules]
    for seed in (1, 6):
        for turn in wander(env, seed, "play" if card is HANABI else "fold"):
            if card is not HANABI or turn.number in (0, 1, 7, 20, 33):
                shown += write(turn)
    return "\n".join(shown) + "\n"


def write(turn: Turn) -> list[str]:
    menu = turn.menu
    actions = [f"{menu.name(action)}: {'; '.join(facts)}" for action, facts in turn.facts.actions.items()]
    return [
        f"== turn {turn.number}, {turn.seat}, {turn.view.role}",
        *(turn.brief, turn.text, menu.describe(), turn.situation, "; ".join(turn.facts.state), *actions),
    ]


def test_menus_are_ordered_by_their_stream() -> None:
    env = TextEnv(NO_LIMIT)
    orders = set()
    for name in "abcdefgh":
        env.reset(1, menus=Stream.of(name))
        orders.add(turn_of(env).menu.describe())
    assert len(orders) > 1
