"""Poker, tight and passive: few hands are played on, and only the best are raised with.

What a hand is worth is the share of deals in which it wins against hands drawn by lot, over cards drawn by lot.
"""

import random
from collections.abc import Sequence

from universe.renderers.poker import LEDUC, LIMIT, NO_LIMIT, Table
from universe.renderers.poker.betting import ALL_IN, CALL, CHECK, FOLD, HALF_POT, POT, RAISE, Betting, Game, replay
from universe.renderers.poker.cards import RANKS, SUITS
from universe.streams import Stream
from universe.text_env import Turn

DEALS = 120
"""Deals that are drawn for a decision at hold'em."""
_RAISES = 0.68  # the share of deals from which a hand raises, against one rival
_MARGIN = 0.03  # how much better than the price a hand must be to be played on
_DECK = tuple(suit + letter for suit in SUITS for letter in RANKS)
_LEDUC = ("SJ", "HJ", "SQ", "HQ", "SK", "HK")


def choose_leduc(turn: Turn, stream: Stream) -> int:
    """Returns a move at Leduc; the rival's cards and the public one are counted, not drawn."""
    table = _table(turn)
    return _choose(turn, LEDUC, _leduc_share(table))


def choose_limit(turn: Turn, stream: Stream) -> int:
    """Returns a move at limit hold'em."""
    return _choose(turn, LIMIT, _holdem_share(turn, LIMIT, stream))


def choose_no_limit(turn: Turn, stream: Stream) -> int:
    """Returns a move at no-limit hold'em."""
    return _choose(turn, NO_LIMIT, _holdem_share(turn, NO_LIMIT, stream))


def _choose(turn: Turn, game: Game, share: float) -> int:
    """Returns a raise with the best hands, a call where the pot pays for it, else a check or a fold."""
    view = turn.view
    betting, place = replay(game, view), view.seats.index(turn.seat)
    kinds = {betting.kind(place, action): action for action in view.legal}
    rivals = len(view.seats) - 1 - len(betting.folded)
    bold = share > _RAISES ** max(1, rivals)
    for kind in (RAISE, POT, HALF_POT) if bold else ():
        if kind in kinds and betting.raises < 2:
            return kinds[kind]
    owed = betting.owed(place)
    if not owed:
        return kinds.get(CHECK, kinds.get(CALL, view.legal[0]))
    if CALL in kinds and (bold or share > owed / (betting.pot + owed) + _MARGIN):
        return kinds[CALL]
    if CALL not in kinds and ALL_IN in kinds and bold:
        return kinds[ALL_IN]
    return kinds.get(FOLD, view.legal[0])


def _table(turn: Turn) -> Table:
    table = turn.view.glimpse
    assert isinstance(table, Table)
    return table


def _leduc_share(table: Table) -> float:
    """Returns the share of all deals that the seat's card wins, half of the shared ones."""
    [own] = table.own
    unseen = [card for card in _LEDUC if card not in (own, *table.public)]
    won: list[float] = []
    for rival in unseen:
        for public in table.public or [card for card in unseen if card != rival]:
            mine, theirs = ((card[1] == public[1], RANKS.index(card[1])) for card in (own, rival))
            won.append(1.0 if mine > theirs else 0.5 if mine == theirs else 0.0)
    return sum(won) / len(won)


def _holdem_share(turn: Turn, game: Game, stream: Stream) -> float:
    """Returns the share of `DEALS` drawn deals that the seat wins against all who are still in."""
    table, betting = _table(turn), replay(game, turn.view)
    lots = random.Random(stream.integer(turn.seat, turn.index))
    unseen = [card for card in _DECK if card not in (*table.own, *table.public)]
    rivals = _rivals(turn, betting)
    missing = 5 - len(table.public)
    won = 0.0
    for _ in range(DEALS):
        drawn = lots.sample(unseen, missing + 2 * rivals)
        public = (*table.public, *drawn[:missing])
        mine = rank_hand((*table.own, *public))
        best = max(rank_hand((*drawn[start : start + 2], *public)) for start in range(missing, len(drawn), 2))
        won += 1.0 if mine > best else 0.5 if mine == best else 0.0
    return won / DEALS


def _rivals(turn: Turn, betting: Betting) -> int:
    own = turn.view.seats.index(turn.seat)
    return max(1, sum(place != own and place not in betting.folded for place in range(len(turn.view.seats))))


def rank_hand(cards: Sequence[str]) -> tuple[int, ...]:
    """Returns what orders hands of five to seven cards: the kind of the best five, then the ranks that decide.

    >>> rank_hand(["HA", "DA", "S2", "C7", "H9"]) > rank_hand(["HK", "DK", "S2", "C7", "H9"])
    True
    """
    counts = [0] * 13
    suits: dict[str, list[int]] = {}
    for card in cards:
        place = RANKS.index(card[1])
        counts[place] += 1
        suits.setdefault(card[0], []).append(place)
    flush = next((sorted(held, reverse=True) for held in suits.values() if len(held) >= 5), None)
    if flush is not None and (top := _straight_top(set(flush))) >= 0:
        return 8, top
    ordered = sorted((place for place in range(13) if counts[place]), key=lambda place: (-counts[place], -place))
    first, second = counts[ordered[0]], counts[ordered[1]] if len(ordered) > 1 else 0
    if first == 4:
        return 7, ordered[0], max(ordered[1:])
    if first == 3 and second >= 2:
        return 6, ordered[0], ordered[1]
    if flush is not None:
        return 5, *flush[:5]
    if (top := _straight_top(set(ordered))) >= 0:
        return 4, top
    if first == 3:
        return 3, *ordered[:3]
    if first == 2 and second == 2:
        return 2, ordered[0], ordered[1], max(ordered[2:])
    return (1, *ordered[:4]) if first == 2 else (0, *ordered[:5])


def _straight_top(held: set[int]) -> int:
    """Returns the rank that ends the highest run of five, the ace also below the two; -1 where there is none."""
    for top in range(12, 2, -1):
        if all((top - below) % 13 in held for below in range(5)):
            return top
    return -1
