"""A Hanabi position as one seat may know it: OpenSpiel's observation of that seat, read, and the moves in public."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pydantic import JsonValue

COLOURS = {"R": "red", "Y": "yellow", "G": "green", "W": "white", "B": "blue"}
"""OpenSpiel's letters, in its order."""

_PLAYER = -1  # the player of a chance node in OpenSpiel's history: the deck


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What a renderer copies out of the engine for a seat."""

    observation: str
    """`observation_string` of this seat: its own cards are `XX` (not with `observation_type="seer"`)."""
    log: tuple[tuple[int, int, str], ...]
    """Every move: seat, action, and the card that it laid open (`R1`; nothing for a hint), which everybody saw."""
    last_turns: int | None
    """The turns that are left once the deck is empty."""
    left: int
    """Moves and draws after which the engine cuts the game off."""


@dataclass(frozen=True, slots=True)
class Held:
    """A card in a hand."""

    card: str
    """Colour and rank, `XX` where this seat may not know it."""
    colours: str
    """The colours that it can have after the hints given on it."""
    ranks: str
    """The ranks that it can have after the hints given on it."""
    hinted: bool
    """Whether a hint has pointed at it."""


@dataclass(frozen=True, slots=True)
class Position:
    """The table as a seat sees it."""

    lives: int
    hints: int
    fireworks: Mapping[str, int]
    """The height of each colour's firework, by letter."""
    hands: tuple[tuple[Held, ...], ...]
    """The own hand, then those of the next seats in turn."""
    deck: int
    discards: tuple[str, ...]

    @property
    def score(self) -> int:
        """The cards in the fireworks."""
        return sum(self.fireworks.values())


@lru_cache(maxsize=256)
def read_position(observation: str) -> Position:
    """Returns what the observation of the seat that is to act says."""
    head, _, rest = observation.partition("Hands:\n")
    hands, _, tail = rest.partition("Deck size:")
    numbers = [int(number) for number in re.findall(r"tokens: (\d+)", head)]
    deck, _, discards = tail.partition("Discards:")
    return Position(
        lives=numbers[0],
        hints=numbers[1],
        fireworks={letter: int(height) for letter, height in re.findall(r"([RYGWB])(\d)", head)},
        hands=tuple(
            tuple(_read_card(line) for line in hand.splitlines() if "||" in line) for hand in hands.split("-----")
        ),
        deck=int(deck),
        discards=tuple(discards.split()),
    )


def _read_card(line: str) -> Held:
    card, _, known = line.partition(" || ")
    told, _, possible = known.partition("|")
    letters = "".join(letter for letter in possible if letter.isalpha())
    return Held(card.strip(), letters, "".join(filter(str.isdigit, possible)), told != "XX")


def log_moves(history: Iterable[tuple[int, int]], longest: int, kwargs: Mapping[str, JsonValue]) -> Glimpse:
    """Returns the moves of a history of (player, action) with the cards that they laid open, and the turns left.

    The history holds the whole deal; only cards that have left a hand are copied. Shimmy counts the start and the deal
    towards OpenSpiel's longest game, which leaves chance out, and so ends many games before their end.
    """
    sizes = Sizes.of(kwargs)
    hands: list[list[int]] = [[] for _ in range(sizes.players)]
    log: list[tuple[int, int, str]] = []
    heights = dict.fromkeys(sizes.letters, 0)
    deck, drawer, after, left = sizes.deck, 0, 0, longest
    for player, action in history:
        left -= 1
        if player == _PLAYER:
            while len(hands[drawer]) >= sizes.hand:
                drawer += 1
            hands[drawer].append(action)
            deck -= 1
            continue
        after += deck == 0
        opened = ""
        if action < 2 * sizes.hand:
            opened = sizes.write(hands[player].pop(action % sizes.hand))
            drawer = player
            if action >= sizes.hand:
                fits = playable(opened, heights)
                heights[opened[0]] += fits
                opened += "" if fits else " and lost a life"
        log.append((player, action, opened))
    return Glimpse("", tuple(log), sizes.players - after if deck == 0 else None, left)


@dataclass(frozen=True, slots=True)
class Sizes:
    """The numbers of a variant."""

    colours: int
    ranks: int
    players: int
    hand: int

    @classmethod
    def of(cls, kwargs: Mapping[str, JsonValue]) -> "Sizes":
        """Returns the numbers of a variant's keywords."""
        return _sizes(*(str(kwargs[name]) for name in ("colors", "ranks", "players", "hand_size")))

    @property
    def deck(self) -> int:
        """The cards of a whole deck: three 1s, one of the highest rank and two of every other, of each colour."""
        return self.colours * 2 * self.ranks

    @property
    def letters(self) -> str:
        """The letters of the colours."""
        return "".join(COLOURS)[: self.colours]

    def write(self, card: int) -> str:
        """Returns a card of OpenSpiel's chance outcomes as `R1`."""
        return f"{self.letters[card // self.ranks]}{card % self.ranks + 1}"

    def hint(self, action: int) -> tuple[int, str]:
        """Returns whom a hint tells (1 is the next seat) and the letter or digit that it tells of."""
        place = action - 2 * self.hand
        by_colour = (self.players - 1) * self.colours
        if place < by_colour:
            return place // self.colours + 1, self.letters[place % self.colours]
        place -= by_colour
        return place // self.ranks + 1, str(place % self.ranks + 1)


@lru_cache(maxsize=64)
def _sizes(colours: str, ranks: str, players: str, hand: str) -> Sizes:
    return Sizes(int(colours), int(ranks), int(players), int(hand))


def playable(card: str, fireworks: Mapping[str, int]) -> bool:
    """Returns whether a card continues its firework."""
    return fireworks[card[0]] + 1 == int(card[1])


def useless(card: str, fireworks: Mapping[str, int]) -> bool:
    """Returns whether a card's firework is past it."""
    return fireworks[card[0]] >= int(card[1])


def could_be(held: Held) -> Sequence[str]:
    """Returns the cards that a held card can be after the hints given on it."""
    return [colour + rank for colour in held.colours for rank in held.ranks]


def judge(held: Held, fireworks: Mapping[str, int]) -> str:
    """Returns what its hints say of a card: sure to fit, may fit, sure not to fit yet, useless, or nothing at all."""
    cards = could_be(held)
    fitting = [playable(card, fireworks) for card in cards]
    if all(fitting):
        return "sure to fit"
    if all(useless(card, fireworks) for card in cards):
        return "useless"
    if not any(fitting):
        return "does not fit yet"
    return "may fit" if held.hinted else "nothing told"
