"""Poker in words against what its engines know; recorded texts of poker and Hanabi."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rlcard.games.limitholdem.utils import Hand

from tests.universe.games import few, results, seeds, step, turn_of
from tests.universe.hands import DECK, GOLDEN, LONGEST, POKER, begin, choose, core, every_table, wander
from universe.card import EnvCard
from universe.cards.hands import HANABI, HANDS, LEDUC, LIMIT, NO_LIMIT
from universe.errors import IllegalAction
from universe.renderers.poker import PokerRenderer
from universe.renderers.poker.betting import replay
from universe.renderers.poker.cards import CATEGORIES, find_category, find_holding, normalise
from universe.streams import Stream
from universe.testing import check_renderer
from universe.text_env import TextEnv, Turn


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
