"""Who is told how a run goes: the contract, and somebody who only keeps what it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from agents_db.records import EpisodeRecord
from langgym.choosing import Chosen, Offer
from langgym.replay import Position
from langgym.runner import Act, Observer
from universe.card import EnvCard
from universe.text_env import SeatEnd


class EpisodeNarrator(Observer, Protocol):
    """Somebody who is told how one episode goes."""

    def on_fault(self, fault: str) -> None:
        """Is told that the environment failed."""
        ...


class Narrator(Protocol):
    """Somebody who is told how a run goes; called from the threads that play, and trusted not to raise."""

    def on_choice(self, agent: str, chosen: Chosen, offers: Sequence[Offer]) -> None:
        """Is told what an agent chose to play, and what it could have chosen."""
        ...

    def on_start(self, episode: EpisodeRecord, card: EnvCard, *, resumed: bool) -> EpisodeNarrator:
        """Is told that an episode begins or goes on, and returns who is told the rest of it."""
        ...


@dataclass(slots=True)
class SilentNarrator:
    """A narrator that says nothing and keeps the choices, acts and faults that it is told of; a public double."""

    chosen: list[Chosen] = field(default_factory=list[Chosen])
    acts: list[Act] = field(default_factory=list[Act])
    faults: list[str] = field(default_factory=list[str])

    def on_choice(self, agent: str, chosen: Chosen, offers: Sequence[Offer]) -> None:
        """Keeps the choice."""
        self.chosen.append(chosen)

    def on_start(self, episode: EpisodeRecord, card: EnvCard, *, resumed: bool) -> EpisodeNarrator:
        """Returns itself."""
        return self

    def on_turn(self, position: Position, acts: Sequence[Act]) -> None:
        """Keeps the acts."""
        self.acts.extend(acts)

    def on_end(self, position: Position, outcome: Mapping[str, SeatEnd]) -> None:
        """Keeps nothing."""

    def on_fault(self, fault: str) -> None:
        """Keeps the fault."""
        self.faults.append(fault)
