"""Words for rock paper scissors and its larger kin."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from universe.renderers.words import bucket
from universe.view import Facts, View

_SHOWN = 8  # rounds listed before the history is cut
_EXTRA = 5  # actions with names of their own; the engine numbers further ones from 6


@cache
def _names(n_actions: int) -> tuple[str, ...]:
    named = ("rock", "paper", "scissors", "spock", "lizard")
    return named[:n_actions] + tuple(f"action {number + 1}" for number in range(_EXTRA, n_actions))


def _beats(action: int, other: int, n_actions: int) -> bool:
    """Returns whether `action` wins: it stands an odd number of places after `other` on the circle of all actions.

    The engine says the same by parity (`rps.py`): of like parity the lower wins, of unlike parity the higher.
    """
    return (action - other) % n_actions % 2 == 1


@dataclass(frozen=True, slots=True)
class _Round:
    """Both actions of a finished round."""

    mine: int
    theirs: int


class RpsRenderer:
    """Actions go by their names: `rock`, `paper`, `scissors`; with five also `spock` and `lizard`."""

    fields = ("action",)

    def glimpse(self, engine: object, seat: str) -> None:
        """Returns nothing: the past moves are all there is to know."""
        return None

    def brief(self, view: View) -> str:
        """Returns the number of rounds and what beats what."""
        n_actions = _n_actions(view)
        names = _names(n_actions)
        wins = "; ".join(
            f"{names[action]} beats "
            + ", ".join(names[other] for other in range(n_actions) if _beats(action, other, n_actions))
            for action in range(n_actions)
        )
        return f"You and one rival play {view.kwargs['max_cycles']} rounds. {wins.capitalize()}."

    def text(self, view: View) -> str:
        """Returns the past rounds and the score."""
        rounds, n_actions = _rounds(view), _n_actions(view)
        names = _names(n_actions)
        results = [_result(past, n_actions) for past in rounds]
        lines = [f"Round {len(rounds) + 1} of {view.kwargs['max_cycles']}."]
        if rounds:
            cut = f" (the last {_SHOWN})" if len(rounds) > _SHOWN else ""
            lines.append(f"Past rounds{cut}:")
            lines += [
                f"{number}. you {names[past.mine]}, rival {names[past.theirs]}: {result}"
                for number, (past, result) in enumerate(zip(rounds, results, strict=True), 1)
                if number > len(rounds) - _SHOWN
            ]
            won, lost, drawn = (results.count(result) for result in ("you won", "you lost", "draw"))
            lines.append(f"Score: you {won}, rival {lost}, draws {drawn}.")
        else:
            lines.append("No round has been played yet.")
        return "\n".join(lines)

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the action in words."""
        return (_names(_n_actions(view))[action],)

    def situation(self, view: View) -> str:
        """Returns the last two rounds."""
        rounds, names = _rounds(view), _names(_n_actions(view))
        if not rounds:
            return "rock paper scissors, first round"
        last = "; before: ".join(f"I {names[past.mine]}, rival {names[past.theirs]}" for past in rounds[:-3:-1])
        return f"rock paper scissors, last round: {last}"

    def facts(self, view: View) -> Facts:
        """Returns how the last rounds went, and how each action stands to the last and to the most frequent ones."""
        rounds, n_actions = _rounds(view), _n_actions(view)
        return Facts(
            tuple(_state_facts(rounds, n_actions)),
            {action: tuple(_move_facts(action, rounds, n_actions)) for action in view.legal},
        )

    def read(self, answer: str, view: View) -> str | None:
        """Reads names in any case and `Action_6`."""
        said = re.sub(r"[\s_-]+", " ", answer).strip().lower()
        return said if said in _names(_n_actions(view)) else None


def _n_actions(view: View) -> int:
    n_actions = view.kwargs["num_actions"]
    assert isinstance(n_actions, int)
    return n_actions


def _rounds(view: View) -> list[_Round]:
    rounds: dict[int, dict[bool, int]] = {}
    for move in view.moves:
        rounds.setdefault(move.turn, {})[move.seat == view.seat] = move.action
    return [_Round(mine=played[True], theirs=played[False]) for played in rounds.values()]


def _result(past: _Round, n_actions: int) -> str:
    if past.mine == past.theirs:
        return "draw"
    return "you won" if _beats(past.mine, past.theirs, n_actions) else "you lost"


def _favourite(rounds: list[_Round]) -> tuple[int, int] | None:
    """Returns the rival's most frequent action and its count; `None` where several share the first place."""
    counts = Counter(past.theirs for past in rounds).most_common(2)
    if not counts or (len(counts) == 2 and counts[0][1] == counts[1][1]):
        return None
    return counts[0]


def _state_facts(rounds: list[_Round], n_actions: int) -> list[str]:
    if not rounds:
        return ["first round"]
    names, last = _names(n_actions), rounds[-1]
    found = [
        {"you won": "won the last round", "you lost": "lost the last round"}.get(
            _result(last, n_actions), "drew the last round"
        ),
        f"rival's last move {names[last.theirs]}",
        f"my last move {names[last.mine]}",
    ]
    if len(rounds) > 1:
        repeated = rounds[-2].theirs == last.theirs
        found.append("rival repeated its move" if repeated else "rival changed its move")
        found.append(f"rival's last two moves {names[rounds[-2].theirs]}, {names[last.theirs]}")
    favourite = _favourite(rounds)
    if favourite and len(rounds) > 2:
        found.append(f"rival plays {names[favourite[0]]} most")
        share = bucket(100 * favourite[1] // len(rounds), (0, 34, 50, 67, 84))
        found.append(f"rival plays {names[favourite[0]]} {share} of 100")
    return found


def _move_facts(action: int, rounds: list[_Round], n_actions: int) -> list[str]:
    found = [_names(n_actions)[action]]
    if not rounds:
        return found
    last, favourite = rounds[-1], _favourite(rounds)
    found.append(_relation(action, last.theirs, n_actions, "the rival's last move"))
    found.append(_relation(action, last.mine, n_actions, "my last move"))
    if favourite and len(rounds) > 2:
        found.append(_relation(action, favourite[0], n_actions, "the rival's most frequent move"))
    if n_actions > 3:
        found.append(f"{(action - last.theirs) % n_actions} places after the rival's last move")
    return found


def _relation(action: int, other: int, n_actions: int, whose: str) -> str:
    if action == other:
        return f"same as {whose}"
    return f"beats {whose}" if _beats(action, other, n_actions) else f"loses to {whose}"
