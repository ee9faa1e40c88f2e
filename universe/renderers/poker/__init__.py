"""Words for the poker games of RLCard: Leduc, limit and no-limit hold'em."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from universe.renderers.poker.betting import ALL_IN, CALL, CHECK, FOLD, HALF_POT, POT, RAISE, Betting, Game, replay
from universe.renderers.poker.cards import describe_hand, find_draws, find_holding, height, normalise, write_cards
from universe.view import Facts, View

_STREETS = ("before the flop", "flop", "turn", "river")
_LIMIT_KINDS = (CALL, RAISE, FOLD, CHECK)

LEDUC = Game("leduc", ("first round", "second round"), _LIMIT_KINDS, raises=(2, 4), most_raises=2)
LIMIT = Game("limit hold'em", _STREETS, _LIMIT_KINDS, raises=(2, 2, 4, 4), most_raises=4)
NO_LIMIT = Game("no-limit hold'em", _STREETS, (FOLD, CALL, HALF_POT, POT, ALL_IN), stack=100)

_NAMES = {HALF_POT: "raise half the pot", POT: "raise the pot"}
_SHOWN = 12
"""Moves of a betting round that are listed one by one; the oldest of more are counted."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a seat may know of the cards, as RLCard names them."""

    own: tuple[str, ...]
    public: tuple[str, ...]


class PokerRenderer:
    """Texts, names and facts that the three games share; a game's renderer says which it is."""

    fields = ("action",)
    game: Game

    def glimpse(self, engine: Any, seat: str) -> Table:
        """Returns the seat's own cards and the public ones."""
        seen = engine.env.get_state(engine.possible_agents.index(seat))["raw_obs"]
        if self.game is LEDUC:
            public = seen["public_card"]
            return Table((str(seen["hand"]),), (str(public),) if public else ())
        return Table(tuple(map(str, seen["hand"])), tuple(map(str, seen["public_cards"])))

    def brief(self, view: View) -> str:
        """Returns who plays, who posted the blinds, and how cards and moves are written."""
        betting = replay(self.game, view)
        others = ", ".join(seat for seat in view.seats if seat != view.seat)
        small, big = (_who(view, place) for place in (betting.small_blind, betting.big_blind))
        post = "post" if small == "you" else "posts"
        lines = [
            f"You are {view.seat}, against {others}. This hand {small} {post} the small blind (1 chip), {big} the big "
            "blind (2).",
            "Cards: rank then suit; T ten, J jack, Q queen, K king, A ace; c clubs, d diamonds, h hearts, s spades.",
            "The number after a past move is the chips that it put in.",
        ]
        return "\n".join(lines)

    def text(self, view: View) -> str:
        """Returns cards, chips, what is to be paid, and the moves of each betting round."""
        table, betting = _table(view), replay(self.game, view)
        place = view.seats.index(view.seat)
        street = self.game.rounds[betting.round]
        lines = [
            f"{street.capitalize()} (betting round {betting.round + 1} of {len(self.game.rounds)}).",
            f"Your cards: {write_cards(table.own)}. Public cards: {write_cards(table.public) or 'none yet'}.",
            f"You hold: {describe_hand(table.own, table.public)}.",
            f"Pot: {betting.pot} chips ({_stakes(view, betting)}).",
            _price(view, betting, place),
            *_history(view, betting),
        ]
        return "\n".join(lines)

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns `fold`, `check`, `call`, `raise` or, where there is no limit, how much to raise."""
        kind = self.game.kinds[action]
        if kind == CALL and self.game.stack is not None:
            kind = replay(self.game, view).kind(view.seats.index(view.seat), action)
        return (_NAMES.get(kind, kind),)

    def situation(self, view: View) -> str:
        """Returns cards but for the names of suits, the round, its raises, what is owed, and a class of the pot."""
        table, betting = _table(view), replay(self.game, view)
        place = view.seats.index(view.seat)
        own, public = _normalise(table)
        rivals = len(view.seats) - 1 - len(betting.folded)
        return (
            f"{self.game.title}, {self.game.rounds[betting.round]}: {own}, public {public}; {_facing(betting, place)}, "
            f"raises {betting.raises}, pot {_bucket(betting.pot)}, rivals {rivals}"
        )

    def facts(self, view: View) -> Facts:
        """Returns what is held, what is owed and who has raised; for each action the same beside the action."""
        table, betting = _table(view), replay(self.game, view)
        place = view.seats.index(view.seat)
        holding = find_holding(table.own, table.public)
        facing = _facing(betting, place)
        raised = "a rival has raised" if sum(betting.all_raises) > betting.all_raises[place] else "no rival has raised"
        stage = "no public cards" if not table.public else f"public cards: {len(table.public)}"
        high = f"top card {height(table.own)}"
        draws = find_draws(table.own, table.public)
        state = (facing, stage, raised, holding, high, *draws, f"{holding}, {facing}", f"{holding}, {high}, {raised}")
        finer = (facing, holding, high, raised, f"{holding}, {high}", f"{holding}, {facing}", *draws)
        exact = f"{holding}, {high}, {facing}, {raised}, {stage}"
        actions = {
            action: tuple(
                dict.fromkeys(
                    fact
                    for verb in _verbs(betting.kind(place, action))
                    for fact in (verb, *(f"{verb}, {detail}" for detail in (*finer, exact)))
                )
            )
            for action in view.legal
        }
        return Facts(state, actions)

    def read(self, answer: str, view: View) -> str | None:
        """Reads `calls`, `call 2`, `raise to 8`, `bet`, `pot`, `half pot`, `all-in`; amounts must be right."""
        words = re.sub(r"[^a-z0-9 ]+", " ", answer.lower()).split()
        amounts = [int(word) for word in words if word.isdigit()]
        said = " ".join(word for word in words if word not in _FILLERS and not word.isdigit())
        kind = _SAID.get(said)
        betting, place = replay(self.game, view), view.seats.index(view.seat)
        if kind is None or (amounts and amounts[0] not in _amounts(betting, place, kind, to="to" in words)):
            return None
        return _NAMES.get(kind, kind)


class LeducRenderer(PokerRenderer):
    """Two rounds, one card each and one public card."""

    game = LEDUC


class LimitRenderer(PokerRenderer):
    """Four rounds, raises of a fixed size."""

    game = LIMIT


class NoLimitRenderer(PokerRenderer):
    """Four rounds, raises of half the pot, the pot, or everything."""

    game = NO_LIMIT


_FILLERS = frozenset(("i", "the", "to", "by", "of", "chip", "chips", "a", "my", "go"))
_SAID = {
    **{word: CALL for word in ("call", "calls")},
    **{word: CHECK for word in ("check", "checks")},
    **{word: FOLD for word in ("fold", "folds")},
    **{word: RAISE for word in ("raise", "raises", "bet", "bets")},
    **{word: HALF_POT for word in ("half pot", "raise half pot", "bet half pot")},
    **{word: POT for word in ("pot", "raise pot", "bet pot", "raise full pot", "full pot")},
    **{word: ALL_IN for word in ("all in", "allin", "raise all in", "bet all in", "shove")},
}


def _amounts(betting: Betting, place: int, kind: str, *, to: bool) -> tuple[int, ...]:
    """Returns the numbers that rightly go with an action: what it puts in, what it raises by or to."""
    cost = betting.cost(place, kind) if kind != RAISE or betting.game.raises else 0
    total = betting.staked[place] + cost
    return (total,) if to else (cost, cost - betting.owed(place)) if kind != CALL else (cost,)


def _table(view: View) -> Table:
    table = view.glimpse
    assert isinstance(table, Table)
    return table


@lru_cache(maxsize=256)
def _normalise(table: Table) -> tuple[str, str]:
    return normalise(table.own, table.public)


def _who(view: View, place: int) -> str:
    return "you" if view.seats[place] == view.seat else view.seats[place]


def _verbs(kind: str) -> tuple[str, ...]:
    """Returns an action's words, the one that all games share first."""
    if kind in (HALF_POT, POT, ALL_IN):
        return (RAISE, _NAMES.get(kind, kind))
    return (kind,)


def _facing(betting: Betting, place: int) -> str:
    return "a bet to call" if betting.owed(place) else "nothing to call"


def _bucket(pot: int) -> str:
    """Returns the pot in classes that double: up to 4 chips, up to 8, up to 16 and so on."""
    top = 4
    while pot > top:
        top *= 2
    return f"up to {top}"


def _stakes(view: View, betting: Betting) -> str:
    parts: list[str] = []
    for place in sorted(range(len(view.seats)), key=lambda place: view.seats[place] != view.seat):
        left = betting.left(place)
        rest = " folded" if place in betting.folded else "" if left is None else f" with {left} left"
        parts.append(f"{_who(view, place)} {betting.chips[place]}{rest}")
    return ", ".join(parts)


def _price(view: View, betting: Betting, place: int) -> str:
    owed, game = betting.owed(place), betting.game
    price = f"To call: {owed} chip{'s' if owed > 1 else ''}." if owed else "Nothing to call."
    if game.raises:
        left = game.most_raises - betting.raises
        raises = f"{left} raise{'s' if left != 1 else ''} left this round"
        return f"{price} {raises[0].upper()}{raises[1:]}{f', by {game.raises[betting.round]}' if left else ''}."
    kinds = [betting.kind(place, action) for action in view.legal]
    costs = [
        f"{_NAMES.get(kind, kind)} = {betting.cost(place, kind)}" for kind in kinds if kind in (HALF_POT, POT, ALL_IN)
    ]
    told = f"Chips to put in: {', '.join(costs)}" if costs else "No raise is possible"
    return f"{price} {told}."


def _history(view: View, betting: Betting) -> list[str]:
    lines: list[str] = []
    for name, moves in zip(betting.game.rounds, betting.log, strict=False):
        shown = [
            f"{_who(view, place)} {_NAMES.get(kind, kind)}{f' {cost}' if cost else ''}"
            for place, kind, cost in moves[-_SHOWN:]
        ]
        earlier = len(moves) - len(shown)
        told = [f"{earlier} earlier moves", *shown] if earlier else shown
        if told:
            lines.append(f"{name.capitalize()}: {', '.join(told)}.")
    return ["Moves so far:", *lines] if lines else ["Moves so far: none."]
