"""Rules of play found by hand: what fixed play is worth, and rivals that follow one; they advise nobody."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from universe.card import EnvCard
from universe.streams import Stream
from universe.text_env import Turn

TACTIC = ("wins", "blocks a win")
"""Facts by which the tactic rival chooses: it wins in one move if it can, else it blocks, else it plays at random."""

_LONGER = " along the longer side"
_TAKING = tuple(f"captures a {piece}" for piece in ("queen", "rook", "bishop", "knight", "pawn"))
_FLEEING = ("back into the arena", "away from the near edge", f"away from the nearest predator{_LONGER}")

FIXED: Mapping[tuple[str, str], Sequence[str]] = {
    ("classic/tictactoe_v3", "player"): ("centre", "corner", "edge"),
    ("classic/connect_four_v3", "player"): ("centre", "near the centre", "near the edge", "edge"),
    ("classic/chess_v6", "player"): ("wins", "promotes to a queen", *_TAKING),
    ("classic/go_v5", "player"): ("wins", "captures", "saves", "threatens to capture", "line 3"),
    ("classic/hanabi_v5", "team"): (
        "play, sure to fit",
        "tell, all of them fit",
        "discard, useless",
        "tell, some fit",
        "discard",
    ),
    ("classic/leduc_holdem_v4", "player"): ("raise", "call"),
    ("classic/texas_holdem_v4", "player"): ("raise", "call"),
    ("classic/texas_holdem_no_limit_v6", "player"): ("raise", "call"),
    ("mpe/simple_v3", "agent"): (f"towards the goal{_LONGER}",),
    ("mpe/simple_adversary_v3", "adversary"): (f"towards the landmark nearest to a rival{_LONGER}",),
    ("mpe/simple_adversary_v3", "good"): (f"towards the goal{_LONGER}",),
    ("mpe/simple_crypto_v3", "eve"): ("a word that can be the message", "says the word heard"),
    ("mpe/simple_crypto_v3", "alice and bob"): ("says the message", "says the word heard"),
    ("mpe/simple_push_v3", "adversary"): (f"towards the landmark nearest to a rival{_LONGER}",),
    ("mpe/simple_push_v3", "good"): (f"towards the goal{_LONGER}",),
    ("mpe/simple_reference_v3", "partners"): (
        "says the number of the goal",
        f"towards the landmark of the number heard{_LONGER}",
    ),
    ("mpe/simple_speaker_listener_v4", "partners"): (
        "says the number of the goal",
        f"towards the landmark of the number heard{_LONGER}",
    ),
    ("mpe/simple_spread_v3", "team"): (
        f"towards the nearest free landmark{_LONGER}",
        f"towards the nearest landmark{_LONGER}",
    ),
    ("mpe/simple_tag_v3", "prey"): _FLEEING,
    ("mpe/simple_tag_v3", "predators"): (f"towards the prey{_LONGER}",),
    ("mpe/simple_world_comm_v3", "prey"): _FLEEING,
    ("mpe/simple_world_comm_v3", "predators"): (f"towards the prey{_LONGER}",),
    ("mpe/simple_formation_v1", "team"): (f"towards the point of my number{_LONGER}",),
    ("mpe/simple_line_v1", "team"): (f"towards the spot of my number{_LONGER}",),
    ("mpe/collect_treasure_v1", "team"): (
        f"towards the deposit of my treasure{_LONGER}",
        f"towards the nearest treasure{_LONGER}",
        f"towards the nearest collector with my colour{_LONGER}",
    ),
}
"""The best rule that was found for a side by hand: facts, the most wanted first (a fact may go on after its words)."""

LOOKING: Mapping[tuple[str, str], Sequence[str]] = {
    (env_id, "player"): (*TACTIC, *FIXED[env_id, "player"])
    for env_id in ("classic/tictactoe_v3", "classic/connect_four_v3")
}
"""The same where the tactic comes first: rules that look one move ahead."""


class Decider(Protocol):
    """Somebody who decides."""

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns an action for a turn; `learning` says whether it may try things out."""
        ...


class RandomPlayer:
    """Plays at random and learns nothing: the arm without memory, of a model that has no idea of the game."""

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns any legal action."""
        return stream.pick(turn.view.legal, turn.seat, turn.index)


class RulePlayer:
    """Keeps to the actions that have the most wanted fact, among these to those with the next, and so on."""

    def __init__(self, wanted: Sequence[str]) -> None:
        """Takes the facts it wants, by how they begin."""
        self._wanted = wanted

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns an action with the most wanted facts, by chance among several."""
        facts, left = turn.facts.actions, list(turn.view.legal)
        for fact in self._wanted:
            left = [action for action in left if any(each.startswith(fact) for each in facts[action])] or left
        return stream.pick(left, turn.seat, turn.index)


class BiasedPlayer:
    """Plays the first action in a share of its turns, else one of the others."""

    def __init__(self, share: float) -> None:
        """Takes the share of the first action."""
        self._share = share

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns the first legal action, or by chance another."""
        first, *others = turn.view.legal
        if not others or stream.fraction(turn.seat, turn.index) < self._share:
            return first
        return others[stream.integer(turn.seat, turn.index, 1) % len(others)]


class RuledRival:
    """Plays every seat by the fixed rule of its side, and those without one at random."""

    def __init__(self, card: EnvCard) -> None:
        """Finds the rules of a card's seats."""
        rules = {seat: FIXED.get((card.env_id, card.team(seat) or name_side(card))) for seat in card.seats}
        self._players: dict[str, Decider] = {
            seat: RandomPlayer() if wanted is None else RulePlayer(wanted) for seat, wanted in rules.items()
        }

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns what the rule of the seat says."""
        return self._players[turn.seat].decide(turn, stream, learning=learning)


@dataclass(frozen=True, slots=True)
class Rival:
    """A kind of rival, and where it means anything."""

    make: Callable[[EnvCard], Decider]
    envs: frozenset[str] | None = None
    """The environments for which it was made; `None` for all."""


RIVALS: Mapping[str, Rival] = {
    "random": Rival(lambda card: RandomPlayer()),
    "tactic": Rival(lambda card: RulePlayer(TACTIC), frozenset(env_id for env_id, _ in LOOKING)),
    "rock60": Rival(lambda card: BiasedPlayer(0.6), frozenset({"classic/rps_v2"})),
    "rule": Rival(RuledRival, frozenset(env_id for env_id, _ in FIXED)),
}
"""Who plays all seats that the agent does not: at random, by the tactic, rock in 60 of 100, by the fixed rule."""

AGAINST: Mapping[tuple[str, str, str], Sequence[str]] = {("classic/rps_v2", "player", "rock60"): ("paper",)}
"""Fixed rules that are good against one rival only."""


def name_side(card: EnvCard) -> str:
    """Returns the name of the side of those who play for themselves: their role, or `player` where it differs."""
    roles = {card.role(seat) for seat in card.seats if card.team(seat) is None}
    return roles.pop() if len(roles) == 1 else "player"


def find_rule(env_id: str, side: str, rival: str) -> Sequence[str] | None:
    """Returns the fixed rule of a side against a rival, `None` where nobody found one."""
    return AGAINST.get((env_id, side, rival)) or FIXED.get((env_id, side))
