"""Words for the console's blackjack."""

from collections.abc import Sequence

from universe.atari.blackjack import (
    BETS,
    BLACKJACK,
    BUST,
    DOUBLE,
    HIT,
    LOST,
    STAY,
    WON,
    count_points,
    find_result,
    is_choosing,
    read_bet,
    read_chips,
    read_hand,
)
from universe.renderers.atari.board import BoardRenderer
from universe.renderers.words import bucket
from universe.view import Facts, View

_CHOICES = {HIT: "hit", STAY: "stay", DOUBLE: "double"}
_RESULTS = {
    BLACKJACK: "you won with a blackjack",
    BUST: "you went over 21 and lost",
    WON: "you won",
    LOST: "the dealer won",
}
_MEANT = {"stand": "stay", "stick": "stay", "draw": "hit", "card": "hit", "take a card": "hit", "double down": "double"}


class BlackjackRenderer(BoardRenderer):
    """A bet, then cards."""

    level = "exact"

    def brief(self, view: View) -> str:
        """Returns what the cards count."""
        return (
            "You play against the dealer. Cards count their number, jack, queen and king 10, an ace 11 or, where that "
            "would be too much, 1. Of the dealer's first two cards one lies face down until you have finished."
        )

    def text(self, view: View) -> str:
        """Returns the chips, the bet, and the cards on the table."""
        ram = self.shot(view).now.ram
        mine, dealer = read_hand(ram, dealer=False), read_hand(ram, dealer=True)
        lines = [f"Chips: {read_chips(ram)}"]
        if is_choosing(ram):
            lines += [f"Bet: {read_bet(ram)}", _tell_hand("You", mine), _tell_hand("Dealer", dealer)]
            return "\n".join([*lines, "Choose what to do with your cards."])
        if mine:
            tie = find_result(ram) == LOST and count_points(mine)[0] == count_points(dealer)[0]
            result = "a tie, which loses" if tie else _RESULTS.get(find_result(ram), "over")
            lines += [f"Last hand: {result}", _tell_hand("You", mine), _tell_hand("Dealer", dealer)]
        return "\n".join([*lines, "Place your bet for the next hand."])

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the bet or the choice."""
        if action in _CHOICES:
            return (_CHOICES[action],)
        bet = BETS[action]
        return (f"bet {bet}" if bet in (BETS[0], BETS[-1]) else f"bet about {bet}",)

    def read(self, answer: str, view: object) -> str | None:
        """Reads `stand`, `draw` and the like, and a bet as a number alone."""
        said = answer.strip().lower()
        number = said.removeprefix("bet").removeprefix(" about").strip()
        if number.isdigit() and int(number) in BETS:
            return f"bet {number}" if int(number) in (BETS[0], BETS[-1]) else f"bet about {number}"
        return _MEANT.get(said, said)

    def situation(self, view: View) -> str:
        """Returns the points of both hands, or how many chips there are to bet."""
        return "; ".join(["blackjack", *self._state(view)])

    def facts(self, view: View) -> Facts:
        """Returns how the hands stand, and of each choice what it can lead to."""
        ram = self.shot(view).now.ram
        points, soft = count_points(read_hand(ram, dealer=False))
        safe = "cannot go over 21" if soft or points <= 11 else "can go over 21"
        told: dict[int, tuple[str, ...]] = {
            HIT: ("hit", f"hit, {safe}", f"hit on {points}{' soft' * soft}"),
            STAY: ("stay", f"stay on {points}{' soft' * soft}"),
            DOUBLE: ("double", f"double, {safe}", f"double on {points}{' soft' * soft}"),
        }
        chips = max(read_chips(ram), 1)
        for number, bet in enumerate(BETS):
            size = "all chips" if bet >= chips else "a small bet" if bet <= chips / 20 else "a large bet"
            told[number] = ("bet", size, self.name(number, view)[0])
        return Facts(tuple(self._state(view)), {action: told[action] for action in view.legal})

    def _state(self, view: View) -> Sequence[str]:
        ram = self.shot(view).now.ram
        if not is_choosing(ram):
            return ["betting", f"{bucket(read_chips(ram), (0, 25, 100, 200, 400, 700))} chips"]
        points, soft = count_points(read_hand(ram, dealer=False))
        shown = next(rank for rank in read_hand(ram, dealer=True) if rank != "hidden")
        return [f"I have {points}{' soft' * soft}", f"dealer shows {_face(shown)}"]


def _face(rank: str) -> str:
    return "10" if rank in ("jack", "queen", "king") else rank


def _tell_hand(who: str, hand: Sequence[str]) -> str:
    points, soft = count_points(hand)
    known = [rank for rank in hand if rank != "hidden"]
    aside = f" = {points}{', an ace as 11' * soft}" if len(known) > 1 else ""
    cards = ", ".join("face down" if rank == "hidden" else rank for rank in hand)
    return f"{who}: {cards or 'no cards'}{aside}"
