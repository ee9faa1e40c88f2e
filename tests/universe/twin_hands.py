"""Twin worlds of Hanabi and poker: other cards where a seat cannot see them, the same moves."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.universe.twins import Given, Pair, Recall, take
from universe.text_env import TextEnv


def deal_poker(one: TextEnv, two: TextEnv, recall: Recall | None, *, episodes: int = 150) -> Iterator[Pair]:
    """Yields twins of a hand of poker: the rivals' cards and the rest of the deck are dealt anew."""
    for seed in range(episodes):
        draw = random.Random(seed)
        one.reset(seed)
        played = _play(one, draw, recall, lambda name: 0.15 if name == "fold" else 0.4 if name == "all in" else 1.0)
        for seat in dict.fromkeys(step.seat for step in played):
            last = max(number for number, step in enumerate(played) if step.seat == seat)
            two.reset(seed)
            before = _poker_secret(two, seat)
            _redeal(_core(two).env.game, one.seats.index(seat), n_public=played[last].n_public, draw=draw)
            after = _poker_secret(two, seat)
            if before == after:
                continue
            yield _follow(two, played[: last + 1], seat, "the rivals' cards and the deck", (before, after), recall)


def deal_hanabi(one: TextEnv, two: TextEnv, recall: Recall | None, *, episodes: int = 105) -> Iterator[Pair]:
    """Yields twins of a game of Hanabi: own cards that agree with every hint, dealt by another deck."""
    for seed in range(episodes):
        draw = random.Random(seed)
        one.reset(seed)
        played = _play(one, draw, recall, lambda name: 0.25 if name.startswith("play") else 1.0)
        for seat in one.seats:
            mine = [number for number, step in enumerate(played) if step.seat == seat]
            last = draw.choice(mine)
            deal = played[last].deal
            other = _other_deal(deal, one, one.seats.index(seat), draw)
            if other is None:
                continue
            _script(two, other)
            two.reset(seed)
            pair = _follow(two, played[: last + 1], seat, "the own cards", (played[last].secret, ""), recall)
            yield Pair(pair.seat, pair.kind, pair.one, pair.two, pair.secret_one, str(_core(two).hanabi_env.game_state))


@dataclass(frozen=True, slots=True)
class _Step:
    seat: str
    action: int
    given: Given
    n_public: int
    """Public cards of poker on the table."""
    deal: tuple[tuple[int, int], ...] = field(repr=False)
    """OpenSpiel's history of Hanabi so far."""
    secret: str = field(repr=False)


def _core(env: TextEnv) -> Any:
    return env._engine.core


def _play(env: TextEnv, draw: random.Random, recall: Recall | None, weigh: Any) -> list[_Step]:
    """Returns an episode of random play, or its beginning, with everything that was given."""
    steps: list[_Step] = []
    longest = draw.choice((6, 12, 24, 100))
    hanabi = hasattr(_core(env), "hanabi_env")
    while env.turns() and len(steps) < longest:
        [turn] = env.turns()
        actions = turn.menu.actions
        action = draw.choices(actions, [weigh(turn.menu.name(action)) for action in actions])[0]
        state = _core(env).hanabi_env.game_state if hanabi else None
        deal = tuple((step.player, step.action) for step in state.full_history()) if state else ()
        n_public = 0 if hanabi else len(_public(_core(env).env.game))
        steps.append(_Step(turn.seat, action, take(turn, recall), n_public, deal, str(state)))
        env.play({turn.seat: action})
    return steps


def _follow(
    env: TextEnv, played: list[_Step], seat: str, kind: str, secrets: tuple[str, str], recall: Recall | None
) -> Pair:
    """Plays the moves of the first world in the second, up to the last turn of the seat, which stays open."""
    given: list[Given] = []
    for number, step in enumerate(played):
        [turn] = env.turns()
        assert turn.seat == step.seat
        if step.seat == seat:
            given.append(take(turn, recall))
        if number < len(played) - 1:
            env.play({step.seat: step.action})
    return Pair(seat, kind, [step.given for step in played if step.seat == seat], given, *secrets)


def _public(game: Any) -> list[Any]:
    if hasattr(game, "public_cards"):
        return game.public_cards or ([game.public_card] if getattr(game, "public_card", None) else [])
    return [game.public_card] if game.public_card else []


def _hands(game: Any, besides: int) -> list[list[Any]]:
    hands = [player.hand if isinstance(player.hand, list) else [player.hand] for player in game.players]
    return [hand for place, hand in enumerate(hands) if place != besides]


def _poker_secret(env: TextEnv, seat: str) -> str:
    hands = _hands(_core(env).env.game, env.seats.index(seat))
    return " | ".join(" ".join(sorted(card.get_index() for card in hand)) for hand in hands)


def _redeal(game: Any, place: int, *, n_public: int, draw: random.Random) -> None:
    """Deals the rivals' cards and the deck below the public cards anew."""
    deck = game.dealer.deck
    below = len(deck) - n_public  # the engine deals from the end
    pool = [*deck[:below], *(card for hand in _hands(game, place) for card in hand)]
    draw.shuffle(pool)
    deck[:below] = pool[:below]
    rest = iter(pool[below:])
    for number, player in enumerate(game.players):
        if number != place:
            player.hand = [next(rest) for _ in player.hand] if isinstance(player.hand, list) else next(rest)


def _other_deal(deal: tuple[tuple[int, int], ...], env: TextEnv, player: int, draw: random.Random) -> list[int] | None:
    """Returns the cards of another deal in which this player holds other cards that fit every hint, if there is one."""
    dealt = [action for who, action in deal if who == -1]
    own, allowed = _own_cards(deal, env, player)
    colours, ranks = int(str(env.arguments["colors"])), int(str(env.arguments["ranks"]))
    copies = {0: 3, ranks - 1: 1}
    deck = Counter({card: copies.get(card % ranks, 2) for card in range(colours * ranks)})
    deck.subtract(dealt)
    held = [dealt[place] for place in own]
    for _ in range(20):
        pool = list((deck + Counter(held)).elements())
        draw.shuffle(pool)
        new = dict.fromkeys(own, -1)
        for place in draw.sample(own, len(own)):
            fits = [card for card in pool if card in allowed[place]]
            if not fits:
                break
            new[place] = fits[0]
            pool.remove(fits[0])
        if -1 not in new.values() and list(new.values()) != held:
            return [new.get(place, card) for place, card in enumerate(dealt)]
    return None


def _own_cards(
    deal: tuple[tuple[int, int], ...], env: TextEnv, player: int
) -> tuple[list[int], dict[int, frozenset[int]]]:
    """Returns which deals a player's cards came from, and for each which cards its hints allow."""
    colours, ranks, players, size = (
        int(str(env.arguments[name])) for name in ("colors", "ranks", "players", "hand_size")
    )
    every = frozenset(range(colours * ranks))
    hands: list[list[int]] = [[] for _ in range(players)]
    cards: list[int] = []
    allowed: dict[int, frozenset[int]] = {}
    drawer = 0
    for who, action in deal:
        if who == -1:
            while len(hands[drawer]) >= size:
                drawer += 1
            hands[drawer].append(len(cards))
            allowed[len(cards)] = every
            cards.append(action)
            continue
        if action < 2 * size:
            hands[who].pop(action % size)
            drawer = who
            continue
        hint = action - 2 * size
        by_colour = hint < (players - 1) * colours
        per = colours if by_colour else ranks
        hint -= 0 if by_colour else (players - 1) * colours
        told = frozenset(card for card in every if (card // ranks if by_colour else card % ranks) == hint % per)
        for place in hands[(who + 1 + hint // per) % players]:
            allowed[place] &= told if cards[place] in told else every - told
    return hands[player], allowed


def _script(env: TextEnv, cards: list[int]) -> None:
    """Makes the environment deal these cards, in this order."""
    game, left = _core(env).hanabi_env, iter(cards)

    def deal() -> None:
        while game.game_state.is_chance_node():
            game.game_length += 1
            game.game_state.apply_action(next(left))

    game._execute_chance_node = deal
