"""Blackjack on the console: what lies on the table, and the hand that turns the paddle and presses its button."""

from collections.abc import Iterator, Sequence

from universe.atari.console import NOOP, Console
from universe.atari.digits import read_decimal
from universe.atari.hands import hold_until
from universe.atari.session import Rules
from universe.atari.shot import Ram
from universe.atari.sticks import read_actions

BETS = (1, 5, 12, 25)
"""What can be bet; the paddle hits those between the ends only to within two."""

HIT, STAY, DOUBLE = 4, 5, 6
"""Actions that follow the bets."""

RANKS = ("ace", "2", "3", "4", "5", "6", "7", "8", "9", "10", "jack", "queen", "king")

BLACKJACK, BUST, WON, LOST = 4, 5, 6, 7
"""How a hand came out, by what the RAM shows under the bet."""

_CHIPS, _BET, _SHOWN, _ASKED, _CALLED = (6, 9), 15, 18, 12, 31
_DEALER, _PLAYER = (0, 1, 2, 3, 4, 5), (24, 28, 32, 36, 40, 44)
_HIDDEN, _CUTTING = 117, 111  # a card face down; the cards are being cut
_BETTING, _CHOICE = 20, 1  # in _ASKED, a question mark; in _CALLED
_ORDER = (1, 3, 2)  # hit, double and stay in _SHOWN, as the paddle comes by them when it is turned left
_CLOCK = 27  # 1 while cards are dealt
_STILL = 8  # frames without a change after which the table waits
_TAPS = 60  # most taps of the paddle
_TAP = 5  # frames after which a tap shows
_LONGEST_PRESS = 30


def read_chips(ram: Ram) -> int:
    """Returns the player's chips; a broken bank is shown as letters, which are no digits."""
    digits = (int(ram[_CHIPS[0]]) & 15, int(ram[_CHIPS[1]]) >> 4, int(ram[_CHIPS[1]]) & 15)
    return 0 if max(digits) > 9 else 100 * digits[0] + 10 * digits[1] + digits[2]


def read_bet(ram: Ram) -> int:
    """Returns the bet on the table, or while there is none, where the paddle stands."""
    return read_decimal(ram, _BET)


def read_hand(ram: Ram, *, dealer: bool) -> list[str]:
    """Returns the ranks of the dealer's or the player's cards, `hidden` for one that lies face down."""
    cards = [int(ram[place]) for place in (_DEALER if dealer else _PLAYER)]
    known = [card for card in cards if card == _HIDDEN or card >> 3 < len(RANKS)]
    return ["hidden" if card == _HIDDEN else RANKS[card >> 3] for card in known]


def count_points(hand: Sequence[str]) -> tuple[int, bool]:
    """Returns the points of known cards, and whether an ace counts as 11 among them."""
    values = [1 if rank == "ace" else int(rank) if rank.isdigit() else 10 for rank in hand if rank != "hidden"]
    soft = 1 in values and sum(values) <= 11
    return sum(values) + 10 * soft, soft


def is_choosing(ram: Ram) -> bool:
    """Returns whether the player must choose what to do with its cards."""
    return int(ram[_CALLED]) == _CHOICE and not is_betting(ram)


def is_betting(ram: Ram) -> bool:
    """Returns whether the player must bet."""
    return int(ram[_ASKED]) == _BETTING and _CUTTING not in ram[list(_DEALER)]


def find_result(ram: Ram) -> int:
    """Returns how the last hand came out; none of the four where there was none."""
    return int(ram[_SHOWN])


class BlackjackHand:
    """Bets, and what to do with a hand."""

    n_actions = len(BETS) + 3

    def __init__(self, rules: Rules) -> None:
        """Begins an episode."""
        self._numbers = read_actions()
        self._table, self._still = b"", 0

    def legal(self, seat: int, console: Console) -> Sequence[int]:
        """Returns the bets that the chips allow, or what may be done with the cards."""
        ram = console.ram
        if not is_choosing(ram):
            chips = read_chips(ram)
            return [number for number, bet in enumerate(BETS) if bet <= max(chips, 1)]
        return [HIT, STAY, DOUBLE] if len(read_hand(ram, dealer=False)) == 2 else [HIT, STAY]

    def carry_out(self, action: int, seat: int, console: Console) -> Iterator[int]:
        """Turns the paddle until what is wanted is shown, and presses its button."""
        self._still = 0
        if action < len(BETS):
            yield from self._turn_to_bet(BETS[action], console)
        else:
            yield from self._turn_to_choice(action - HIT + 1, console)
        asked = _read_state(console.ram)
        fire = self._numbers["FIRE"]
        yield from hold_until(lambda: _read_state(console.ram) != asked, fire, longest=_LONGEST_PRESS)

    def whose_turn(self, console: Console) -> int | None:
        """Returns the player while the table waits for it, `None` while cards are dealt."""
        ram = console.ram
        table = ram[: _PLAYER[2] + 7].tobytes()
        self._still = self._still + 1 if table == self._table else 0
        self._table = table
        waits = is_betting(ram) or is_choosing(ram)
        return 0 if waits and self._still > _STILL else None

    def _turn_to_bet(self, bet: int, console: Console) -> Iterator[int]:
        """Yields taps of the paddle until a bet is shown, and then until one close to it is."""
        for tap in range(_TAPS):
            shown = read_bet(console.ram)
            if abs(shown - bet) <= (2 if tap > _TAPS // 2 and bet not in (BETS[0], BETS[-1]) else 0):
                break
            yield self._numbers["LEFT" if shown < bet else "RIGHT"]
            yield from [NOOP] * _TAP

    def _turn_to_choice(self, shown: int, console: Console) -> Iterator[int]:
        """Yields taps of the paddle until a choice is shown."""
        for _ in range(_TAPS):
            now = int(console.ram[_SHOWN])
            if now == shown or now not in _ORDER:
                break
            yield self._numbers["LEFT" if _ORDER.index(now) < _ORDER.index(shown) else "RIGHT"]
            yield from [NOOP] * _TAP


def _read_state(ram: Ram) -> tuple[int, int, int]:
    """Returns what changes when the button has been taken: the question mark, who is called, the clock of the deal."""
    return int(ram[_ASKED]), int(ram[_CALLED]), int(ram[_CLOCK])
