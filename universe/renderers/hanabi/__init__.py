"""Words for Hanabi."""

import re
from collections import Counter
from dataclasses import replace
from typing import Any

from universe.renderers.hanabi.table import (
    COLOURS,
    Glimpse,
    Held,
    Position,
    Sizes,
    judge,
    log_moves,
    playable,
    read_position,
    useless,
)
from universe.view import Facts, View

_SHOWN = 6
"""Past moves that are listed; what older hints said stands beside the cards."""
_SOON = 30
"""Moves and draws before the engine's cut from which on texts tell of it."""
_LETTERS = {name: letter for letter, name in COLOURS.items()}


class HanabiRenderer:
    """Cards are a colour's letter and a rank (`R1`); a hand's cards count from 1, the oldest first."""

    fields = ("action",)

    def glimpse(self, engine: Any, seat: str) -> Glimpse:
        """Returns the seat's observation, and the moves with the cards that everybody saw leave a hand."""
        state = engine.hanabi_env.game_state
        game = engine.hanabi_env
        history = ((step.player, step.action) for step in state.full_history())
        moves = log_moves(history, state.get_game().max_game_length(), game.config)
        return replace(moves, observation=state.observation_string(engine.possible_agents.index(seat)))

    def brief(self, view: View) -> str:
        """Returns who plays and how cards are written."""
        sizes = Sizes.of(view.kwargs)
        others = ", ".join(_order(view)[1:])
        colours = ", ".join(f"{letter} {COLOURS[letter]}" for letter in sizes.letters)
        return (
            f"You are {view.seat}; your team mates in turn order: {others}. "
            f"Ranks 1 to {sizes.ranks}; colours: {colours}.\n"
            "Hints: R1 is known; RYG 12 may be red, yellow or green, and 1 or 2; ? may be anything. In brackets: what "
            "its owner knows of a card."
            f"{_KINDS[str(view.kwargs['observation_type'])]}"
        )

    def text(self, view: View) -> str:
        """Returns fireworks, tokens, hands with what was told of them, discards and the latest moves."""
        position, order = _position(view), _order(view)
        sizes = Sizes.of(view.kwargs)
        fireworks = " ".join(f"{letter}{height}" for letter, height in position.fireworks.items())
        lines = [
            f"Fireworks: {fireworks} (score {position.score}). Hint tokens: {position.hints} of "
            f"{view.kwargs['max_information_tokens']}. Lives: {position.lives}. Deck: {position.deck} cards.",
            f"Your cards: {', '.join(_own(held, sizes, place) for place, held in enumerate(position.hands[0], 1))}",
        ]
        for seat, hand in zip(order[1:], position.hands[1:], strict=True):
            cards = ", ".join(_seen(held, sizes) for held in hand)
            lines.append(f"{seat}: {cards}")
        last, left = _glimpse(view).last_turns, _glimpse(view).left
        if left <= _SOON and (last is None or left < last):
            lines.append(f"The game is cut off as soon as {left} more moves and draws are made.")
        if last is not None:
            lines.append(f"The deck is empty: {last} turn{'s' if last != 1 else ''} left, this one included.")
        counts = Counter(position.discards)
        thrown = [f"{card}{f' x{counts[card]}' if counts[card] > 1 else ''}" for card in sorted(counts)]
        lines += [f"Discarded: {' '.join(thrown) or 'none'}.", _moves(view)]
        return "\n".join(lines)

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns `play card 1`, `discard card 2`, `tell player_1 red` or `tell player_1 rank 3`."""
        sizes = Sizes.of(view.kwargs)
        if action < 2 * sizes.hand:
            verb = "discard" if action < sizes.hand else "play"
            return (f"{verb} card {action % sizes.hand + 1}",)
        offset, what = sizes.hint(action)
        return (f"tell {_order(view)[offset]} {_property(what)}",)

    def situation(self, view: View) -> str:
        """Returns score, tokens and lives, and how many cards of each hand fit and are known to."""
        position = _position(view)
        told = Counter(judge(held, position.fireworks) for held in position.hands[0])
        mine = ", ".join(f"{told[word]} {word}" for word in ("sure to fit", "may fit", "useless") if told[word])
        theirs = [_fit_counts(hand, position) for hand in position.hands[1:]]
        fit, known = (sum(pair[place] for pair in theirs) for place in (0, 1))
        deck = "empty" if not position.deck else "short" if position.deck <= 10 else "long"
        return (
            f"hanabi: score {position.score}, {_hints(position, view)}, lives {position.lives}, deck {deck}; "
            f"own cards: {mine or 'nothing known'}; others: {fit} fit, {known} of them known"
        )

    def facts(self, view: View) -> Facts:
        """Returns tokens, lives and what is known; for each action what it points at."""
        position = _position(view)
        theirs = [_fit_counts(hand, position) for hand in position.hands[1:]]
        unknown = any(fit > known for fit, known in theirs)
        own = [judge(held, position.fireworks) for held in position.hands[0]]
        state = (
            _hints(position, view),
            f"lives {position.lives}",
            "deck empty" if not position.deck else "cards in the deck",
            "an own card is sure to fit" if "sure to fit" in own else "no own card is sure to fit",
            "another's card fits and its owner cannot know" if unknown else "no other's card fits unknown to its owner",
        )
        sizes, hints = Sizes.of(view.kwargs), _hints(position, view)
        return Facts(
            state,
            {
                action: _card_facts(action, sizes, position, own, hints)
                if action < 2 * sizes.hand
                else _hint_facts(sizes.hint(action), position, hints)
                for action in view.legal
            },
        )

    def read(self, answer: str, view: View) -> str | None:
        """Reads `Play 1`, `discard 2`, `hint player_1 R`, `tell 1 rank 3`, `reveal player_1 color red`."""
        words = re.sub(r"[^a-z0-9_]+", " ", answer.lower()).split()
        words = [word for word in words if word not in _FILLERS]
        if len(words) == 2 and words[0] in ("play", "discard") and words[1].isdigit():
            return f"{words[0]} card {words[1]}"
        if len(words) < 2 or words[0] not in _TELL:
            return None
        mates = _order(view)[1:]
        named = [seat for seat in mates if words[1] in (seat, seat.rpartition("_")[2])]
        if len(words) == 3 and named:
            what = words[2]
        elif len(words) == 2 and len(mates) == 1:
            named, what = list(mates), words[1]
        else:
            return None
        what = _PLURALS.get(what, what)
        letter = _LETTERS.get(what) or what.upper()
        return f"tell {named[0]} {_property(letter)}" if letter in COLOURS or letter.isdigit() else None


_KINDS = {
    "card_knowledge": "",
    "minimal": " Hints are not noted on the cards: remember them.",
    "seer": " In this variant you see your own cards too.",
}
_FILLERS = frozenset(("card", "cards", "the", "my", "to", "about", "of", "color", "colour", "rank", "number", "all"))
_TELL = frozenset(("tell", "hint", "reveal", "clue"))
_PLURALS = {f"{rank}s": str(rank) for rank in range(1, 6)}


def _glimpse(view: View) -> Glimpse:
    glimpse = view.glimpse
    assert isinstance(glimpse, Glimpse)
    return glimpse


def _position(view: View) -> Position:
    return read_position(_glimpse(view).observation)


def _order(view: View) -> tuple[str, ...]:
    """Returns the seats in turn order, this one first."""
    place = view.seats.index(view.seat)
    return view.seats[place:] + view.seats[:place]


def _property(what: str) -> str:
    return COLOURS.get(what) or f"rank {what}"


def _possible(held: Held, sizes: Sizes) -> str:
    """Returns what a card can be after its hints, `?` where that is anything."""
    colours = "" if held.colours == sizes.letters else held.colours
    ranks = "" if len(held.ranks) == sizes.ranks else held.ranks
    gap = " " if len(colours) > 1 or len(ranks) > 1 else ""
    return f"{colours}{gap if colours and ranks else ''}{ranks}" or "?"


def _own(held: Held, sizes: Sizes, place: int) -> str:
    return f"({place}) {held.card if held.card != 'XX' else _possible(held, sizes)}"


def _seen(held: Held, sizes: Sizes) -> str:
    return f"{held.card} [{_possible(held, sizes)}]"


def _moves(view: View) -> str:
    glimpse, sizes = _glimpse(view), Sizes.of(view.kwargs)
    if not glimpse.log:
        return "Moves so far: none."
    start = max(0, len(glimpse.log) - _SHOWN)
    told: list[str] = []
    for move, (player, action, opened) in list(zip(view.moves, glimpse.log, strict=True))[start:]:
        who = "you" if move.seat == view.seat else move.seat
        if action >= 2 * sizes.hand:
            offset, what = sizes.hint(action)
            other = view.seats[(player + offset) % len(view.seats)]
            told.append(f"{who} told {'you' if other == view.seat else other} {_property(what)}")
        else:
            told.append(f"{who} {'discarded' if action < sizes.hand else 'played'} {opened}")
    count = f" ({len(glimpse.log)}, the last {_SHOWN})" if start else ""
    return f"Moves so far{count}: {', '.join(told)}."


def _hints(position: Position, view: View) -> str:
    if position.hints == view.kwargs["max_information_tokens"]:
        return "all hint tokens"
    return "no hint token" if not position.hints else "one hint token" if position.hints == 1 else "some hint tokens"


def _fit_counts(hand: tuple[Held, ...], position: Position) -> tuple[int, int]:
    """Returns how many of another's cards fit, and how many of these the owner can be sure of."""
    fitting = [held for held in hand if playable(held.card, position.fireworks)]
    return len(fitting), sum(judge(held, position.fireworks) == "sure to fit" for held in fitting)


def _newest_hinted(hand: tuple[Held, ...]) -> int | None:
    hinted = [place for place, held in enumerate(hand) if held.hinted]
    return hinted[-1] if hinted else None


def _card_facts(action: int, sizes: Sizes, position: Position, own: list[str], hints: str) -> tuple[str, ...]:
    verb = "discard" if action < sizes.hand else "play"
    place = action % sizes.hand
    known = own[place]
    found = [verb, f"{verb}, {known}", f"{verb}, {known}, lives {position.lives}", f"{verb}, {known}, {hints}"]
    if place == 0:
        found.append(f"{verb}, {known}, the oldest card")
    if _newest_hinted(position.hands[0]) == place:
        found.append(f"{verb}, {known}, the newest card with a hint")
    return tuple(found)


def _hint_facts(hint: tuple[int, str], position: Position, hints: str) -> tuple[str, ...]:
    offset, what = hint
    touched = [held for held in position.hands[offset] if what in held.card]
    kind = "tell a colour" if what in COLOURS else "tell a rank"
    fitting = [held for held in touched if playable(held.card, position.fireworks)]
    fresh = [held for held in touched if (held.colours if what in COLOURS else held.ranks) != what]
    if all(useless(held.card, position.fireworks) for held in touched):
        points = "useless cards only"
    else:
        points = "all of them fit" if len(fitting) == len(touched) else "some fit" if fitting else "none fits yet"
    news = "something new" if fresh else "nothing new"
    return (
        "tell",
        kind,
        f"tell, {points}",
        f"tell, {news}",
        f"{kind}, {points}",
        f"{kind}, {points}, {news}",
        f"{kind}, {points}, {news}, {len(touched)} card{'s' if len(touched) > 1 else ''}",
        f"tell, {points}, {news}, {hints}",
    )
