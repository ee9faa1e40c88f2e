"""Card tables and hands: poker, Hanabi, rock paper scissors."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from langgym.pictures.canvas import FAINT, INK, Canvas
from langgym.pictures.squares import HEAD, SIDE, write_head
from universe.renderers.hanabi.table import COLOURS, Held, read_position
from universe.renderers.poker import LEDUC, LIMIT, NO_LIMIT
from universe.renderers.poker.betting import Betting, Game

if TYPE_CHECKING:
    from PIL.Image import Image

    from langgym.pictures.canvas import Point
    from langgym.pictures.sight import Drawer, Sight
    from universe.renderers.hanabi.table import Glimpse as HanabiGlimpse
    from universe.renderers.poker import Table

FELT, PALE = "#2f6b4f", "#e9f2ec"
_CARD = (44, 62)
_RED = "#c23b33"
_COLOURS = {"R": "#cf3f3a", "Y": "#e0b429", "G": "#3f9a4d", "W": "#f7f7f4", "B": "#3e6fc4"}
_ROUNDS = 12
"""Rounds of rock paper scissors that are drawn; of more, the newest."""
_ROW = 30


def draw_poker(game: Game, sight: "Sight") -> "Image":
    """Draws a hand of poker: chips and moves of all, and the cards of whoever looks, or of everybody."""
    betting = Betting(game, seats=sight.seats, opener=sight.opener)
    for move in sight.moves:
        betting.play(sight.seats.index(move.seat), move.action)
    public = cast("Table", sight.glimpse).public
    row = 96
    canvas = Canvas(SIDE, HEAD + 110 + row * len(sight.seats), paper=FELT)
    street = game.rounds[min(betting.round, len(game.rounds) - 1)] if sight.acting else "the hand is over"
    canvas.write((16, HEAD / 2), f"{game.title}: {street}", fill=PALE, anchor="lm")
    canvas.write((SIDE - 16, HEAD / 2), f"pot {betting.pot}", fill="#f5d977", anchor="rm")
    canvas.write((16, HEAD + 40), "on the table", fill=PALE, anchor="lm", size=12)
    for place in range(1 if game is LEDUC else 5):
        _draw_card(canvas, (120 + place * 54, HEAD + 10), public[place] if place < len(public) else None)
    for place, seat in enumerate(sight.seats):
        _draw_seat(canvas, sight, betting, place, top=HEAD + 100 + place * row)
        hand = sight.glimpses.get(seat)
        cards: Sequence[str | None] = [None] * (1 if game is LEDUC else 2)
        if hand is not None:
            cards = cast("Table", hand).own
        for number, card in enumerate(cards):
            _draw_card(canvas, (SIDE - 130 + number * 54, HEAD + 108 + place * row), card, back=card is None)
    return canvas.finish()


def _draw_seat(canvas: Canvas, sight: "Sight", betting: Betting, place: int, *, top: float) -> None:
    seat = sight.seats[place]
    canvas.box((10, top), (SIDE - 20, 86), fill="#275a42", round_by=10)
    if seat in sight.acting:
        canvas.disc((26, top + 22), 6, fill="#f5d977")
    you = " (looks)" if seat == sight.seat else ""
    canvas.write((40, top + 22), f"{seat}{you}", fill=PALE, anchor="lm", size=16)
    folded = ", folded" if place in betting.folded else ""
    canvas.write((40, top + 46), f"{betting.chips[place]} chips in the pot{folded}", fill=PALE, anchor="lm", size=13)
    last = next((f"{kind} {cost or ''}" for who, kind, cost in _list_bets(betting)[::-1] if who == place), "")
    canvas.write((40, top + 67), last, fill="#f5d977", anchor="lm", size=13)


def _list_bets(betting: Betting) -> list[tuple[int, str, int]]:
    return [bet for street in betting.log for bet in street]


def _draw_card(canvas: Canvas, corner: "Point", card: str | None, *, back: bool = False) -> None:
    """Draws a card as RLCard names it (`HK`): its face, its back, or the place where one will lie."""
    (x, y), (width, height) = corner, _CARD
    if card is None:
        canvas.box(corner, _CARD, fill="#7d3b44" if back else None, edge="#9fb8aa", round_by=6)
        if back:
            canvas.box((x + 6, y + 6), (width - 12, height - 12), edge="#c99aa0", round_by=4)
        return
    ink = _RED if card[0] in "HD" else INK
    canvas.box(corner, _CARD, fill="#fdfdfb", edge="#555555", round_by=6)
    canvas.write((x + width / 2, y + 18), "10" if card[1] == "T" else card[1], fill=ink, size=22)
    _draw_suit(canvas, card[0], (x + width / 2, y + 43), fill=ink)


def _draw_suit(canvas: Canvas, suit: str, middle: "Point", *, fill: str) -> None:
    x, y = middle
    if suit == "D":
        canvas.shape([(x, y - 11), (x + 8, y), (x, y + 11), (x - 8, y)], fill=fill)
        return
    if suit in "HS":
        way = 1 if suit == "H" else -1
        for side in (-1, 1):
            canvas.disc((x + side * 4.6, y - way * 3), 5, fill=fill)
        canvas.shape([(x - 9.2, y - way * 1), (x + 9.2, y - way * 1), (x, y + way * 11)], fill=fill)
    else:
        for place in ((x, y - 5), (x - 5.5, y + 2), (x + 5.5, y + 2)):
            canvas.disc(place, 4.6, fill=fill)
    if suit in "SC":
        canvas.shape([(x, y - 2), (x + 4, y + 11), (x - 4, y + 11)], fill=fill)


def draw_hanabi(sight: "Sight") -> "Image":
    """Draws Hanabi: every hand as whoever looks sees it; the spectator sees each hand as a team mate does."""
    seats = sight.seats
    hands, whose = _read_hands(sight)
    position = read_position(cast("HanabiGlimpse", sight.glimpse).observation)
    canvas = Canvas(SIDE, HEAD + 150 + 96 * len(seats), paper="#2b3040")
    head = f"score {position.score}   hints {position.hints}   lives {position.lives}   deck {position.deck}"
    canvas.write((16, HEAD / 2), head, fill=PALE, anchor="lm", size=15)
    canvas.write((16, HEAD + 34), "fireworks", fill=PALE, anchor="lm", size=12)
    for place, (letter, height) in enumerate(position.fireworks.items()):
        _draw_tile(canvas, (100 + place * 58, HEAD + 6), letter, str(height))
    canvas.write((16, HEAD + 92), "discarded", fill=PALE, anchor="lm", size=12)
    for place, card in enumerate(position.discards):
        at = (100 + place % 26 * 14, HEAD + 84 + place // 26 * 18)
        canvas.box(at, (12, 16), fill=_COLOURS[card[0]], round_by=2)
        canvas.write((at[0] + 6, at[1] + 8), card[1], size=10)
    for row, seat in enumerate(seats):
        top = HEAD + 150 + row * 96
        canvas.box((10, top - 8), (SIDE - 20, 90), fill="#363d50", round_by=10)
        if seat in sight.acting:
            canvas.disc((24, top + 14), 5, fill="#f5d977")
        canvas.write((34, top + 14), seat, fill=PALE, anchor="lm", size=13)
        canvas.write((34, top + 34), whose[seat], fill=FAINT, anchor="lm", size=11)
        for place, held in enumerate(hands[seat]):
            _draw_held(canvas, (150 + place * 60, top), held)
    return canvas.finish()


def _read_hands(sight: "Sight") -> tuple[dict[str, Sequence[Held]], dict[str, str]]:
    """Returns the hands by seat as whoever looks sees them, and a word on each."""
    hands: dict[str, Sequence[Held]] = {}
    seats, n = sight.seats, len(sight.seats)
    for looker, glimpse in sight.glimpses.items():
        seen = read_position(cast("HanabiGlimpse", glimpse).observation).hands
        start = seats.index(looker)
        for offset, hand in enumerate(seen):
            seat = seats[(start + offset) % n]
            if offset or sight.seat is not None:  # an own hand is what its owner alone does not see
                hands[seat] = hand
    words = {seat: "looks" if seat == sight.seat else "open" for seat in seats}
    return hands, words


def _draw_held(canvas: Canvas, corner: "Point", held: Held) -> None:
    """Draws a card of a hand, and below it what its owner may take it for."""
    letter, rank = (held.card[0], held.card[1]) if held.card != "XX" else ("", "?")
    _draw_tile(canvas, corner, letter, rank)
    known = f"{held.colours if held.hinted else ''}{held.ranks if held.hinted else ''}"
    canvas.write((corner[0] + 22, corner[1] + 68), known or "no hint", fill=PALE, size=9)


def _draw_tile(canvas: Canvas, corner: "Point", letter: str, word: str) -> None:
    (x, y), (width, height) = corner, (44, 58)
    canvas.box(corner, (width, height), fill=_COLOURS.get(letter, "#6b7180"), edge="#14171f", round_by=6)
    canvas.write((x + width / 2, y + height / 2 - 5), word, size=22)
    if letter:
        canvas.write((x + width / 2, y + height - 11), COLOURS[letter], size=9)


def draw_rounds(sight: "Sight") -> "Image":
    """Draws the finished rounds of rock paper scissors, who won each, and how often each seat has won."""
    n_actions = cast("int", sight.kwargs["num_actions"])
    rounds: dict[int, dict[str, int]] = {}
    for move in sight.moves:
        rounds.setdefault(move.turn, {})[move.seat] = move.action
    won = dict.fromkeys(sight.seats, 0)
    rows: list[tuple[int, dict[str, int], str | None]] = []
    for number, played in enumerate(rounds.values(), 1):
        winner = _find_winner(played, n_actions)
        if winner is not None:
            won[winner] += 1
        rows.append((number, played, winner))
    canvas = Canvas(SIDE, HEAD + 20 + _ROW * _ROUNDS)
    write_head(canvas, sight, tuple(f"won {won[seat]}" for seat in sight.seats))
    if not rows:
        canvas.write((SIDE / 2, HEAD + 60), "no round has been played", fill=FAINT, size=16)
    for place, (number, played, winner) in enumerate(rows[-_ROUNDS:]):
        y = HEAD + 18 + place * _ROW
        canvas.write((34, y), f"{number}.", fill=FAINT, anchor="rm")
        for column, seat in enumerate(sight.seats):
            x = 50 + column * (SIDE - 50) / 2
            fill = "#cfe8cf" if seat == winner else "#e4e2da"
            canvas.box((x, y - 12), (SIDE / 2 - 50, 24), fill=fill, round_by=8)
            canvas.write((x + 12, y), _name_throw(played[seat]), anchor="lm")
    return canvas.finish()


def _find_winner(played: dict[str, int], n_actions: int) -> str | None:
    """Returns who won a round; an action beats those that it stands an odd number of places after on the circle."""
    (first, one), (second, other) = played.items()
    if one == other:
        return None
    return first if (one - other) % n_actions % 2 == 1 else second


def _name_throw(action: int) -> str:
    named = ("rock", "paper", "scissors", "spock", "lizard")
    return named[action] if action < len(named) else f"action {action + 1}"


draw_leduc: "Drawer" = partial(draw_poker, LEDUC)
draw_limit: "Drawer" = partial(draw_poker, LIMIT)
draw_no_limit: "Drawer" = partial(draw_poker, NO_LIMIT)
