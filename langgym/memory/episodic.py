"""Episodic memories: what happened in one episode from one seat, in a few sentences, written without a model."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from universe.card import EnvCard
from universe.text_env import SeatEnd

SHOWN_MOVES = 5  # first and last moves that are told; the middle of a long game is counted
LONGEST_SITUATION = 100
"""Characters of a situation that is told; longer ones are boards in short hand, which say little in a sentence."""
_STOPS = {
    "capped": "It was stopped at the limit of turns",
    "repeated": "It was stopped since nothing changed any more",
    "illegal_loop": "It was stopped since a seat gave no legal answer any more",
    "silent": "It was stopped since a seat did not answer any more",
}
_RESULTS = {"win": "I won", "draw": "It was a draw", "loss": "I lost"}


@dataclass(frozen=True, slots=True)
class Moment:
    """One turn of the seat, as far as the seat knew it."""

    turn: int
    name: str
    situation: str
    reward: float
    """Earned since the seat had last acted."""
    outlook: float | None = None
    """The return that experience promised here; `None` where there was no experience."""


@dataclass(slots=True)
class SeatTrace:
    """What one seat saw and did over an episode; the only source of its memory."""

    moments: list[Moment] = field(default_factory=list)
    n_fallbacks: int = 0
    shown: set[int] = field(default_factory=set[int])
    """Ids of the memories that were shown."""


def write_memory(card: EnvCard, seat: str, others: Sequence[str], trace: SeatTrace, end: SeatEnd) -> str:
    """Returns the memory of an episode for one seat, from that seat's own turns and its outcome."""
    role = card.role(seat)
    who = f"{seat}" if role in seat else f"{seat} ({role})"
    company = f", with {' and '.join(sorted(set(others)))} in the other seats" if others else ""
    parts = [f"{card.title} as {who}{company}.", _tell_end(end)]
    moments = trace.moments
    if not moments:
        return " ".join([*parts, "It ended before I acted."])
    parts.append(f"I acted {len(moments)} times: {_tell_moves([moment.name for moment in moments])}.")
    paid = _list_pay(moments, end.total)
    parts += _tell_extremes(paid)
    parts += _tell_turn(moments, paid, card.baseline[role].sd)
    if len(moments[-1].situation) <= LONGEST_SITUATION:
        parts.append(f"At my last move the situation was: {moments[-1].situation}.")
    if trace.n_fallbacks:
        parts.append(f"{trace.n_fallbacks} of the moves were not mine: I had given no legal answer.")
    return " ".join(parts)


def rate_importance(end: SeatEnd) -> float:
    """Returns how much an episode matters, in [0, 1]: decided games and faults of one's own more than the rest."""
    if end.reason == "forfeit":
        return 0.9
    return {"win": 0.7, "loss": 0.7, "draw": 0.5}.get(end.result or "", 0.5 if end.reason == "natural" else 0.4)


def _tell_end(end: SeatEnd) -> str:
    if end.reason == "forfeit":
        return "I forfeited: no legal answer in all attempts." if end.penalty else "It ended by a forfeit of another."
    earned = f"return {end.total:+.2f}"
    if end.reason in _STOPS:
        return f"{_STOPS[end.reason]}, {earned}."
    return f"{_RESULTS[end.result]}, {earned}." if end.result else f"It ended with {earned}."


def _tell_moves(names: Sequence[str]) -> str:
    if len(names) <= 2 * SHOWN_MOVES:
        return ", ".join(names)
    first, last = ", ".join(names[:SHOWN_MOVES]), ", ".join(names[-SHOWN_MOVES:])
    return f"{first}, … ({len(names) - 2 * SHOWN_MOVES} more) …, {last}"


def _list_pay(moments: Sequence[Moment], total: float) -> list[tuple[str, float]]:
    """Returns what was earned after each action, the last one included."""
    last = total - sum(moment.reward for moment in moments)
    earned = [*(moment.reward for moment in moments[1:]), last]
    return [(moment.name, round(reward, 4)) for moment, reward in zip(moments, earned, strict=True)]


TURNING = 0.25
"""Standard deviations of random play by which the outlook must change to be told."""


def _tell_turn(moments: Sequence[Moment], paid: Sequence[tuple[str, float]], spread: float) -> list[str]:
    """Returns after which action what experience promised changed most, where it changed clearly."""
    changes: list[tuple[float, int, float, float]] = []
    for place, moment in enumerate(moments):
        later = moments[place + 1].outlook if place + 1 < len(moments) else 0.0
        if moment.outlook is not None and later is not None:
            came = paid[place][1] + later
            changes.append((abs(came - moment.outlook), place, moment.outlook, came))
    if not changes:
        return []
    change, place, before, after = max(changes, key=lambda each: (each[0], -each[1]))
    if change < TURNING * spread:
        return []
    turned = f"it turned at my move {place + 1}, {moments[place].name!r}"
    return [f"By what I knew, {turned}: I could expect {before:+.2f} before it and {after:+.2f} after it."]


def _tell_extremes(paid: Sequence[tuple[str, float]]) -> list[str]:
    """Returns after which actions most and least was earned, where that differs over the episode."""
    best, worst = max(paid, key=lambda pair: pair[1]), min(paid, key=lambda pair: pair[1])
    if best[1] == worst[1]:
        return []
    told = (("Best", best), ("Worst", worst))
    return [f"{word} after {name!r}: {reward:+.2f}." for word, (name, reward) in told if reward]
