"""The public side of a hand of poker, rebuilt from its moves: chips, betting rounds, who has folded.

Follows RLCard's `limitholdem` and `nolimitholdem` (`game.py`, `round.py`) and not the rule book: in the limit games a
fold does not count towards the end of a betting round, so somebody is asked again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from universe.view import Move, View

SMALL_BLIND, BIG_BLIND = 1, 2
"""`small_blind` and `big_blind` in the games of RLCard, in chips."""

CALL, RAISE, FOLD, CHECK, HALF_POT, POT, ALL_IN = "call", "raise", "fold", "check", "half", "pot", "all in"


@dataclass(frozen=True, slots=True)
class Game:
    """What distinguishes the three poker games."""

    title: str
    rounds: tuple[str, ...]
    """The betting rounds by name."""
    kinds: tuple[str, ...]
    """What each of the engine's actions does; `call` is also a check where there is no choice between them."""
    raises: tuple[int, ...] = ()
    """The chips of a raise in each round; empty where there is no limit."""
    most_raises: int = 0
    """Raises of one round where they are limited."""
    stack: int | None = None
    """The chips that a seat brings; `None` where nobody runs out."""


class Betting:
    """A hand's chips and rounds after its past moves; everybody at the table may know all of it."""

    def __init__(self, game: Game, *, seats: Sequence[str], opener: str) -> None:
        """Posts the blinds; `opener` is the seat that acts first."""
        n = len(seats)
        self.game = game
        self.seats = tuple(seats)
        self.big_blind = (seats.index(opener) - 1) % n
        self.small_blind = (seats.index(opener) - 2) % n
        self.chips = [0] * n
        """Put in over the hand, by seat."""
        self.chips[self.big_blind], self.chips[self.small_blind] = BIG_BLIND, SMALL_BLIND
        self.staked = list(self.chips)
        """Put in during this betting round, by seat."""
        self.folded: set[int] = set()
        self.round = 0
        self.raises = 0
        """Raises in this betting round; blinds are none."""
        self.all_raises = [0] * n
        """Raises over the hand, by seat."""
        self.log: list[list[tuple[int, str, int]]] = [[]]
        """By betting round: seat, kind of action, chips put in by it."""
        self._settled = 0  # calls and checks since the last raise, that raise included
        self._out = 0  # seats that have folded or are all in; counted in the no-limit game only

    @property
    def pot(self) -> int:
        """All chips put in."""
        return sum(self.chips)

    def left(self, place: int) -> int | None:
        """Returns the chips that a seat still has, `None` where nobody runs out."""
        return None if self.game.stack is None else self.game.stack - self.chips[place]

    def owed(self, place: int) -> int:
        """Returns the chips that a call costs a seat."""
        gap = max(self.staked) - self.staked[place]
        left = self.left(place)
        return gap if left is None else min(gap, left)

    def cost(self, place: int, kind: str) -> int:
        """Returns the chips that an action makes a seat put in."""
        if kind == HALF_POT:
            return self.pot // 2
        if kind == POT:
            return self.pot
        if kind == ALL_IN:
            return self.left(place) or 0
        if kind == RAISE:
            return self.owed(place) + self.game.raises[self.round]
        return self.owed(place) if kind == CALL else 0

    def kind(self, place: int, action: int) -> str:
        """Returns what an action of the engine does for a seat now."""
        kind = self.game.kinds[action]
        return CHECK if kind == CALL and not self.owed(place) else kind

    def play(self, place: int, action: int) -> None:
        """Applies a move, and opens the next betting round where it ends this one."""
        kind = self.kind(place, action)
        cost = self.cost(place, kind)
        self.log[-1].append((place, kind, cost))
        self.chips[place] += cost
        self.staked[place] += cost
        unlimited = self.game.stack is not None
        if kind == FOLD:
            self.folded.add(place)
            self._out += unlimited
        elif kind in (CALL, CHECK):
            self._settled += 1
        else:
            self._settled = 1
            self.raises += 1
            self.all_raises[place] += 1
        if kind != FOLD and self.left(place) == 0:
            self._out += 1
            self._settled -= 1
        if self._settled + self._out >= len(self.seats):
            self._open()

    def _open(self) -> None:
        self.round += 1
        self.raises = self._settled = 0
        self.staked = [0] * len(self.seats)
        self.log.append([])


def replay(game: Game, view: View) -> Betting:
    """Returns the betting that a seat sees at its turn."""
    moves: Sequence[Move] = view.moves
    opener = moves[0].seat if len(moves) else view.seat
    betting = Betting(game, seats=view.seats, opener=opener)
    for move in moves:
        betting.play(view.seats.index(move.seat), move.action)
    return betting
