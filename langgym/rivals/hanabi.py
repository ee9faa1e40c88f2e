"""Hanabi, played safely: what is sure to fit is played, what fits is told of, what is useless is thrown away."""

from universe.renderers.hanabi.table import (
    Glimpse,
    Held,
    Position,
    Sizes,
    could_be,
    judge,
    playable,
    read_position,
    useless,
)
from universe.streams import Stream
from universe.text_env import Turn


def choose_hanabi(turn: Turn, stream: Stream) -> int:
    """Returns a play that cannot fail, else the hint that lets a mate play, else the discard that costs least."""
    view = turn.view
    glimpse = view.glimpse
    assert isinstance(glimpse, Glimpse)
    position, sizes = read_position(glimpse.observation), Sizes.of(view.kwargs)
    own = position.hands[0]
    sure = [place for place, held in enumerate(own) if judge(held, position.fireworks) == "sure to fit"]
    if sure:
        return sizes.hand + min(sure, key=lambda place: own[place].ranks)
    hints = {action: _worth(sizes.hint(action), position) for action in view.legal if action >= 2 * sizes.hand}
    best = max(hints.values(), default=0.0)
    if best >= 1.0:
        return min(action for action, worth in hints.items() if worth == best)
    discards = [action for action in view.legal if action < sizes.hand]
    if discards:
        return min(discards, key=lambda action: _loss(own[action], position))
    if hints:
        return min(action for action, worth in hints.items() if worth == best)
    return stream.pick(view.legal, turn.seat, turn.index)


def _worth(hint: tuple[int, str], position: Position) -> float:
    """Returns what a hint is worth: 10 for a card that its owner can play by it, 1 for one that it leads towards it."""
    offset, what = hint
    worth = 0.0
    for held in position.hands[offset]:
        known = _told(held, what)
        news = (known.colours, known.ranks) != (held.colours, held.ranks)
        if not news or what not in held.card:
            continue
        if playable(held.card, position.fireworks):
            sure = judge(known, position.fireworks) == "sure to fit"
            worth += 10.0 if sure else 1.0
        elif judge(known, position.fireworks) == "useless":
            worth += 0.5
    return worth / offset**0.1  # the next seat first, where it is the same


def _told(held: Held, what: str) -> Held:
    """Returns what a mate would know of its card after a hint."""
    by_rank = what.isdigit()
    before = held.ranks if by_rank else held.colours
    after = what if what in held.card else before.replace(what, "")
    return Held(held.card, held.colours if by_rank else after, after if by_rank else held.ranks, hinted=True)


def _loss(held: Held, position: Position) -> tuple[float, bool]:
    """Returns how much a discard may cost: the share of what the card can be that is still of use, hinted ones last."""
    cards = could_be(held)
    of_use = [card for card in cards if not useless(card, position.fireworks)]
    return len(of_use) / len(cards) + (1.0 if held.hinted and of_use else 0.0), held.hinted
