"""Who plays: by experience, by a fixed rule, at random; none of them a language model."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from langgym.memory.advice import curiosity_for, explore, find_best, scale_for, settle, weighing_for
from langgym.memory.experience import Experience, Moment
from universe.card import EnvCard
from universe.streams import Stream
from universe.text_env import Turn

TACTIC = ("wins", "blocks a win")
"""Facts by which the tactic rival chooses: it wins in one move if it can, else it blocks, else it plays at random."""

FIXED: Mapping[tuple[str, str], Sequence[str]] = {
    ("classic/tictactoe_v3", "player"): ("centre", "corner", "edge"),
    ("classic/connect_four_v3", "player"): ("centre", "near the centre", "near the edge", "edge"),
    ("classic/leduc_holdem_v4", "player"): ("raise", "call"),
    ("classic/texas_holdem_v4", "player"): ("raise", "call"),
    ("mpe/simple_v3", "agent"): ("towards the goal along the longer side",),
    ("mpe/simple_spread_v3", "team"): ("towards the nearest landmark along the longer side",),
    ("mpe/simple_tag_v3", "prey"): ("stay",),
    ("mpe/simple_tag_v3", "predators"): ("towards the prey along the longer side",),
}
"""The best rule that was found for a game by hand: facts, the most wanted first (a fact may go on after its words)."""


class Player(Protocol):
    """Somebody who decides and may learn."""

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns an action for a turn."""
        ...

    def absorb(self, role: str, episode: Sequence[Moment]) -> None:
        """Learns from the decisions of a seat."""
        ...


class RandomPlayer:
    """Plays at random and learns nothing: the arm without memory, of a model that has no idea of the game."""

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns any legal action."""
        return stream.pick(turn.view.legal, turn.seat, turn.index)

    def absorb(self, role: str, episode: Sequence[Moment]) -> None:
        """Learns nothing."""


class RulePlayer(RandomPlayer):
    """Takes the first action that has one of its facts, the most wanted fact first; else plays at random."""

    def __init__(self, wanted: Sequence[str]) -> None:
        """Takes the facts it wants."""
        self._wanted = wanted

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns an action with the most wanted fact, by chance among several."""
        facts = turn.facts.actions
        for fact in self._wanted:
            fitting = [action for action in turn.view.legal if any(each.startswith(fact) for each in facts[action])]
            if fitting:
                return stream.pick(fitting, turn.seat, turn.index)
        return super().decide(turn, stream, learning=learning)


class ExperiencedPlayer:
    """Decides by what came of its decisions before, role by role."""

    def __init__(self, card: EnvCard) -> None:
        """Begins a life without experience."""
        self._card = card
        self._lives: dict[str, Experience] = {}

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns the action with the best score, by chance among equal ones."""
        role = self._card.role(turn.seat)
        life, facts = self._live(role), turn.facts
        estimates = life.estimates(turn.situation, facts.state, facts.actions)
        scale = scale_for(self._card, role)
        if learning:
            scores = explore(estimates, scale=scale, n=len(life), curiosity=curiosity_for(self._card))
        else:
            scores = settle(estimates, scale=scale)
        return stream.pick(find_best(scores), turn.seat, turn.index)

    def absorb(self, role: str, episode: Sequence[Moment]) -> None:
        """Remembers the decisions of a seat."""
        self._live(role).absorb(episode)

    def _live(self, role: str) -> Experience:
        if role not in self._lives:
            self._lives[role] = Experience(weighing_for(self._card))
        return self._lives[role]
