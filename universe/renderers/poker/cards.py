"""Playing cards in words, and what a hand of them holds.

Cards are RLCard's: a letter for the suit and one for the rank (`HK`); in texts the rank comes first (`Kh`).
"""

from collections import Counter
from collections.abc import Sequence
from itertools import permutations

RANKS = "23456789TJQKA"
SUITS = "CDHS"
RANK_NAMES = dict(
    zip(
        RANKS,
        ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "jack", "queen", "king", "ace"),
        strict=True,
    )
)

CATEGORIES = (
    "high card",
    "pair",
    "two pairs",
    "three of a kind",
    "straight",
    "flush",
    "full house",
    "four of a kind",
    "straight flush",
)
"""What five cards hold, weakest first."""


def write_card(card: str) -> str:
    """Returns a card as texts show it.

    >>> write_card("HK")
    'Kh'
    """
    return card[1] + card[0].lower()


def write_cards(cards: Sequence[str]) -> str:
    """Returns cards as texts show them, in the order given."""
    return " ".join(write_card(card) for card in cards)


def rank(card: str) -> int:
    """Returns a card's rank from 0 (a two) to 12 (an ace)."""
    return RANKS.index(card[1])


def find_category(cards: Sequence[str]) -> str:
    """Returns the best that any five of the cards hold (of all of them where they are fewer).

    >>> find_category(["HK", "DK", "S2"])
    'pair'
    """
    counts = [*sorted(Counter(card[1] for card in cards).values(), reverse=True), 0]
    flush = [card for card in cards if sum(other[0] == card[0] for other in cards) >= 5]
    if flush and _has_straight(flush):
        return "straight flush"
    if counts[0] == 4:
        return "four of a kind"
    if counts[0] == 3 and counts[1] >= 2:
        return "full house"
    if flush:
        return "flush"
    if _has_straight(cards):
        return "straight"
    if counts[0] == 3:
        return "three of a kind"
    if counts[0] == 2:
        return "two pairs" if counts[1] == 2 else "pair"
    return "high card"


def _straights(cards: Sequence[str]) -> set[frozenset[int]]:
    """Returns the runs of five ranks, the ace also below the two, of which the cards hold at least four."""
    held = {rank(card) for card in cards}
    runs = [frozenset((low - 1) % 13 for low in range(start, start + 5)) for start in range(10)]
    return {run for run in runs if len(run & held) >= 4}


def _has_straight(cards: Sequence[str]) -> bool:
    held = {rank(card) for card in cards}
    return any(run <= held for run in _straights(cards))


def find_holding(own: Sequence[str], public: Sequence[str]) -> str:
    """Returns what a hand holds together with the public cards, and whose a pair is.

    >>> find_holding(["HK"], ["SK"])
    'pair with the board'
    """
    category = find_category([*own, *public])
    if category != "pair":
        return category
    if len({card[1] for card in own}) < len(own):
        return "pair in hand"
    return "pair with the board" if {card[1] for card in own} & {card[1] for card in public} else "pair on the board"


def describe_hand(own: Sequence[str], public: Sequence[str]) -> str:
    """Returns the holding with the ranks that matter, for people."""
    holding = find_holding(own, public)
    counts = Counter(card[1] for card in (*own, *public))
    most = sorted(counts, key=lambda letter: (counts[letter], RANKS.index(letter)), reverse=True)
    if holding == "high card":
        counted = own if len(own) == 1 else (*own, *public)  # Leduc compares the own cards alone
        return f"high card {RANK_NAMES[max(counted, key=rank)[1]]}"
    if holding.startswith("pair"):
        return f"{holding} ({RANK_NAMES[most[0]]})"
    if holding == "two pairs":
        return f"two pairs ({RANK_NAMES[most[0]]} and {RANK_NAMES[most[1]]})"
    return holding if holding in ("straight", "flush", "straight flush") else f"{holding} ({RANK_NAMES[most[0]]})"


def find_draws(own: Sequence[str], public: Sequence[str]) -> list[str]:
    """Returns the flush and the straight that one more public card can complete, while more are to come."""
    cards = [*own, *public]
    if not 3 <= len(public) <= 4:
        return []
    category = CATEGORIES.index(find_category(cards))
    draws: list[str] = []
    if category < CATEGORIES.index("flush") and max(Counter(card[0] for card in cards).values()) == 4:
        draws.append("flush draw")
    if category < CATEGORIES.index("straight") and _straights(cards):
        draws.append("straight draw")
    return draws


def height(cards: Sequence[str]) -> str:
    """Returns how high the highest of the cards is, in three classes."""
    best = max(rank(card) for card in cards)
    return "king or ace" if best >= RANKS.index("K") else "ten to queen" if best >= RANKS.index("T") else "nine or less"


def normalise(own: Sequence[str], public: Sequence[str]) -> tuple[str, str]:
    """Returns own and public cards by rank, with suits renamed so that hands that differ in suits alone are equal.

    Before there are public cards two own cards are only suited (`s`) or not (`o`); a suit that counts for nothing is
    not shown.
    """
    if not public:
        ranks = "".join(sorted((card[1] for card in own), key=RANKS.index, reverse=True))
        suited = "" if len(own) == 1 or ranks[0] == ranks[1] else "s" if own[0][0] == own[1][0] else "o"
        return ranks + suited, "none"
    if len(own) == 1:
        return own[0][1], " ".join(card[1] for card in public)
    return min(
        (_spell(own, dict(zip(SUITS, letters, strict=True))), _spell(public, dict(zip(SUITS, letters, strict=True))))
        for letters in permutations("wxyz")
    )


def _spell(cards: Sequence[str], letters: dict[str, str]) -> str:
    ordered = sorted(cards, key=lambda card: (-rank(card), letters[card[0]]))
    return " ".join(card[1] + letters[card[0]] for card in ordered)
