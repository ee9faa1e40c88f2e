"""How a table moves: the environment and its seats, as a state machine without threads of its own."""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from universe.card import EnvCard
from universe.errors import UniverseError
from universe.service.chairs import Chair
from universe.service.contracts import (
    GUEST,
    OPEN,
    Claim,
    House,
    Journal,
    Play,
    Sitter,
    TableDraft,
    TableRecord,
)
from universe.service.episode import Episode
from universe.service.logs import describe_error
from universe.service.problems import Refusal, faulty
from universe.service.wire import SeatTurn, Status
from universe.streams import Stream
from universe.text_env import SeatEnd, Turn

BREATH = 0.02
"""Seconds that seats of the house play on among themselves before other tables of the thread have their turn."""
LONGEST_FAULT = 500
"""Characters of why a table failed."""

log = logging.getLogger("universe.service")


class Surroundings(Protocol):
    """What a table asks of whoever runs it; called in the table's thread, and never waited for."""

    def think(self, table: "Moving", seat: str, turn: Turn, sitter: Sitter) -> None:
        """Asks a seat of the house elsewhere and brings what it plays to `Table.decide`."""
        ...

    def go_on(self, table: "Moving") -> None:
        """Calls `Table.go_on` soon: there is more to play at once."""
        ...

    def changed(self, table: "Moving") -> None:
        """Is told that what can be seen of the table has changed."""
        ...

    def played(self, source: str) -> None:
        """Is told of a decision that was played."""
        ...


class Moving:
    """One environment and its seats: what makes it move.

    Its methods are called one after the other, always in the same thread. What they change is in the journal before it
    happens, and it has happened before they return: who is told that an answer counts can rely on it.
    """

    def __init__(
        self,
        draft: TableDraft,
        card: EnvCard,
        *,
        number: int = 0,
        journal: Journal,
        house: House,
        surroundings: Surroundings,
        clock: Callable[[], float] = time.monotonic,
        idle_seconds: float = math.inf,
    ) -> None:
        self.draft = draft
        self.card = card
        self.number = number
        """Its place among the tables of a service, in the order in which they began."""
        self.chairs = {seat.seat: Chair(seat.seat, seat.who) for seat in draft.seats}
        self.status: Status = "waiting"
        self.version = 0
        """How often what can be seen of it has changed."""
        self.ended_at = math.inf
        """By its clock."""
        self.fault: str | None = None
        """Why it failed; for whoever runs the service."""
        self.episode: Episode | None = None
        self.journal = journal
        self._house = house
        self._surroundings = surroundings
        self.clock = clock
        self.idle_at = clock() + idle_seconds
        self._fallback = Stream.of(draft.seed, "house", "fallback")
        self.shown: dict[str, SeatTurn] = {}
        """What each seat that must act sees, as far as it was asked for."""
        self.outcome: dict[str, SeatEnd] = {}
        """How it ended; empty before, and where the environment failed."""
        self.played: Mapping[str, int] = {}
        """The actions of the turn before the current one."""

    # What is read in any thread

    @property
    def table_id(self) -> str:
        """Its id."""
        return self.draft.table_id

    @property
    def over(self) -> bool:
        """Whether it has ended or failed."""
        return self.status in ("ended", "failed")

    @property
    def all_mine(self) -> bool:
        """Whether who made it plays every seat."""
        return all(chair.who == GUEST for chair in self.chairs.values())

    @property
    def turns(self) -> Sequence[Turn]:
        """The turns of the seats that must act now, once every seat is taken."""
        return self.episode.turns if self.episode is not None and self.status == "running" else ()

    # Beginning and coming back

    def begin(self, episode: Episode, claims: Mapping[str, Claim]) -> None:
        """Keeps the table, and seats who is to sit from the start.

        Args:
            episode: As the draft describes it, at its first turn; the table owns it from now on.
            claims: By seat.
        """
        self.episode = episode
        self.journal.begin(self.draft, episode.env)
        try:
            for seat, claim in claims.items():
                self.journal.claim(self.table_id, claim)
                self.chairs[seat].claim = claim
            self._seat_house()
        except Exception as error:
            self.fail(error)
            raise
        self.arrive()
        self.go_on()

    def rebuild(self, record: TableRecord) -> None:
        """Comes back from what was kept; where the environment does not agree with it, the table has failed."""
        try:
            draft = self.draft
            self.episode = episode = Episode(
                self.card, draft.kwargs, seed=draft.seed, options=draft.options, max_turns=draft.max_turns
            )
            for seat, play in episode.replay(record).items():
                self.chairs[seat].last = play
            for claim in record.claims:
                chair = self.chairs[claim.seat]
                reopened = claim.left and chair.who == OPEN and not record.actions
                chair.claim = None if reopened else claim
            self._seat_house()
        except Exception as error:  # whatever it is, it ends this table and no other
            self.fail(error)
            return
        self.played = record.actions.get(episode.spot.turn - 1, {})
        self.arrive()
        self._recall(record)
        self.go_on()

    def put_away(self) -> None:
        """Frees what it holds. It has not ended, and comes back from its journal."""
        self._dismiss()
        if self.episode is not None:
            self.episode.close()
            self.episode = None

    def _seat_house(self) -> None:
        for chair in self.chairs.values():
            if not chair.is_guest:
                chair.sitter = self._house.sit_down(chair.who, self.draft, self.card, chair.seat)

    def _recall(self, record: TableRecord) -> None:
        """Takes up the answers of the turn that was under way."""
        turns = {turn.seat: turn for turn in self.turns}
        for answer in record.answers:
            turn = turns.get(answer.seat)
            if turn is None or answer.turn != turn.number:
                continue
            chair = self.chairs[answer.seat]
            chair.answers.append(answer)
            if answer.outcome == "ok":
                chair.pending = Play(turn=turn, action=answer.action, source=GUEST, answers=tuple(chair.answers))

    def decide(self, seat: str, turn: Turn, result: Play | Exception) -> None:
        """Takes what a seat of the house has thought of; what comes too late is nothing."""
        chair = self.chairs[seat]
        chair.thinks = None
        if self.over or self.episode is None:
            return
        if isinstance(result, Exception):
            self.fail(result)
        elif turn in self.turns and chair.pending is None:
            self._seat_plays(chair, turn, result)
        self.go_on()

    def go_on(self) -> None:
        """Plays as long as every seat that must act has decided."""
        until = time.monotonic() + BREATH
        while self.status == "running" and self._settle():
            if time.monotonic() > until:
                self._surroundings.go_on(self)
                return

    # How it moves

    @property
    def rule(self) -> str:
        """What happens to a seat without an answer."""
        return self.get_episode().rule

    def _settle(self) -> bool:
        """Decides for the seats that need not be waited for; returns whether the table has moved."""
        for turn in self.turns:
            chair = self.chairs[turn.seat]
            if chair.pending is None and self.status == "running":
                self._ask(chair, turn)
        plays = [play for turn in self.turns if (play := self.chairs[turn.seat].pending) is not None]
        if self.status != "running" or len(plays) < len(self.turns):
            return False
        self._move(plays)
        return True

    def _ask(self, chair: Chair, turn: Turn) -> None:
        if chair.ruled:
            chair.pending = self._fall_back(
                Play(turn=turn, action=None, source="fallback", answers=tuple(chair.answers))
            )
        elif chair.sitter is not None and chair.thinks is None:
            try:
                if not chair.sitter.waits:
                    self._seat_plays(chair, turn, chair.sitter.act(turn))
                    return
                turn.prepare()
            except Exception as error:  # whatever it is, it ends this table and no other
                self.fail(error)
                return
            chair.thinks = turn
            self._surroundings.think(self, chair.seat, turn, chair.sitter)

    def _seat_plays(self, chair: Chair, turn: Turn, play: Play) -> None:
        if play.action is not None and play.action not in turn.view.legal:
            self.fail(UniverseError(f"{chair.who} played {play.action!r}, which is not legal."))
        else:
            chair.pending = self._fall_back(play)

    def _fall_back(self, play: Play) -> Play:
        """Returns a play with what the seat's rule says where it has no action."""
        if play.action is not None or self.rule == "forfeit":
            return play
        turn = play.turn
        return replace(play, action=self._fallback.pick(turn.view.legal, turn.seat, turn.index), source="fallback")

    def _move(self, plays: Sequence[Play]) -> None:
        """Keeps a turn, then plays it."""
        episode = self.get_episode()
        if not plays:
            self._finish()
            return
        self.journal.record(self.table_id, episode.spot, plays)
        for play in plays:
            self._surroundings.played(play.source)
        quitter = next((play.turn.seat for play in plays if play.action is None), None)
        actions = {play.turn.seat: play.action for play in plays if play.action is not None}
        for play in plays:
            self.chairs[play.turn.seat].settle()
        if quitter is not None:
            self.end_by(lambda episode: episode.forfeit(quitter))
            return
        try:
            episode.play(actions)
        except UniverseError as error:
            self.fail(error)
            return
        self.played = actions
        self.arrive()

    def arrive(self) -> None:
        """Begins the turns of the position; the table runs from the moment when every seat is taken."""
        if self.over:
            return
        self.shown = {}
        if any(chair.is_open for chair in self.chairs.values()):
            self.change()
            return
        self.status = "running"
        if not self.turns:
            self._finish()
            return
        deadline = self.clock() + self.draft.decision_seconds
        for turn in self.turns:
            self.chairs[turn.seat].arrive(deadline)
        self.change()

    def end_by(self, how: Callable[[Episode], None]) -> None:
        """Ends the episode from outside of it."""
        try:
            how(self.get_episode())
        except UniverseError as error:
            self.fail(error)
            return
        self.status = "running"
        self._finish()

    def _finish(self) -> None:
        """Keeps how it ended; where that fails, the next tick tries again."""
        episode = self.get_episode()
        outcome = episode.outcome()
        self.journal.end(self.table_id, episode.spot, outcome, fault=None)
        self.outcome = outcome
        self._conclude("ended")

    def fail(self, error: Exception) -> None:
        """Ends the table without a result."""
        self.fault = f"{type(error).__name__}: {error}"[:LONGEST_FAULT]
        self._conclude("failed")
        self.journal.end(self.table_id, None, {}, fault=self.fault)

    def _conclude(self, status: Status) -> None:
        self.status = status
        self.ended_at = self.clock()
        self.shown = {}
        self.change()
        for chair in self.chairs.values():
            chair.conclude()
        self._dismiss()
        if self.episode is not None:
            self.episode.close()

    def _dismiss(self) -> None:
        """Tells the seats of the house that there is nothing more to play; what they make of it is theirs."""
        for chair in self.chairs.values():
            sitter, chair.sitter = chair.sitter, None
            try:
                if sitter is not None:
                    sitter.close()
            except Exception as error:
                log.error("a seat did not end well", extra={"table": self.table_id, **describe_error(error)})

    def check_sound(self) -> None:
        """Raises `Refusal` where the table has failed."""
        if self.status == "failed":
            raise faulty()

    def get_episode(self) -> Episode:
        """Returns its episode, which it has unless it was put away."""
        if self.episode is None:
            raise Refusal(503, "draining", "The table was put away.", retry_after=1)
        return self.episode

    def change(self) -> None:
        """Says that what can be seen of it has changed."""
        self.version += 1
        self._surroundings.changed(self)
