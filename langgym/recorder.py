"""The observer that stores an episode: each decision before the environment moves, the end with its memories."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Protocol

from agents_db.knowledge import MemoryDraft, RecallDraft
from agents_db.records import (
    AttemptDraft,
    AttemptRecord,
    EpisodeEnd,
    EpisodeRecord,
    MessageText,
    ParticipationRecord,
    PositionDraft,
    SeatOutcome,
    StepDraft,
)
from agents_db.store import AgentsDB
from langgym.asking import Attempt
from langgym.memory.episodic import Moment, SeatTrace, rate_importance, write_memory
from langgym.models.chat import Message
from langgym.replay import Position
from langgym.runner import Act
from universe.card import EnvCard
from universe.text_env import SeatEnd, Turn


class Meter(Protocol):
    """Measures what calls cost, against limits; safe to call from any thread."""

    def reserve(self, attempt: Attempt) -> None:
        """Sets aside what an attempt is estimated to cost.

        Raises:
            BudgetError: A limit does not allow it.
        """
        ...

    def settle(self, attempt: Attempt) -> None:
        """Replaces what was set aside for an attempt by what it cost."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where attempts belong: to a turn of a seat in an episode, or to a choice."""

    episode_id: int | None = None
    turn: int | None = None
    seat: str | None = None
    choice_id: int | None = None


class StoreLedger:
    """The attempts of one decision or choice, kept in the store and measured."""

    def __init__(
        self, db: AgentsDB, place: Place, *, model: str, meter: Meter | None = None, begun: bool = True
    ) -> None:
        """Opens the ledger.

        Args:
            db: The store.
            place: Where the attempts belong.
            model: The name of who is asked.
            meter: Measures what is spent; `None` where nothing limits it.
            begun: Whether attempts may be stored already; else the store is not asked for them.
        """
        self._db = db
        self._begun = begun
        self._place = place
        self._model = model
        self._meter = meter

    def earlier(self) -> Sequence[Attempt]:
        """Returns the attempts that have come to their end."""
        if not self._begun:
            return ()
        place = self._place
        stored = self._db.attempts(
            episode_id=place.episode_id, choice_id=place.choice_id, turn=place.turn, seat=place.seat
        )
        return [read_attempt(record) for record in stored if record.outcome != "pending"]

    def begin(self, attempt: Attempt) -> None:
        """Stores that an attempt is about to be made, where no limit forbids it."""
        if self._meter is None:
            self._db.begin_attempt(self._draft(attempt))
            return
        self._meter.reserve(attempt)
        try:
            self._db.begin_attempt(self._draft(attempt))
        except BaseException:
            self._meter.settle(replace(attempt, outcome="provider_error"))  # nothing was asked
            raise

    def keep(self, attempt: Attempt) -> None:
        """Stores what came of an attempt; it is on the disk when this returns."""
        self._db.add_attempt(self._draft(attempt))
        if self._meter is not None:
            self._meter.settle(attempt)

    def _draft(self, attempt: Attempt) -> AttemptDraft:
        return draft_attempt(attempt, self._place, model=self._model)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a player keeps its attempts in an episode."""

    db: AgentsDB
    episode: EpisodeRecord
    """As it was when the player sat down."""
    _: KW_ONLY
    model: str
    """The name of who is asked."""
    meter: Meter | None = None

    def open_ledger(self, turn: Turn) -> StoreLedger:
        """Returns the ledger of a turn; only the first turn after an interruption can have attempts already."""
        place = Place(episode_id=self.episode.episode_id, turn=turn.number, seat=turn.seat)
        begun = turn.number <= self.episode.n_turns
        return StoreLedger(self.db, place, model=self.model, meter=self.meter, begun=begun)


def read_attempt(record: AttemptRecord) -> Attempt:
    """Returns an attempt as it was when it was stored."""
    assert record.outcome != "pending"
    return Attempt(
        ordinal=record.ordinal,
        outcome=record.outcome,
        prompt=tuple(Message(role=text.role, section=text.section, text=text.text) for text in record.prompt),
        reply=record.reply,
        problem=record.problem,
        tokens_in=record.tokens_in,
        tokens_out=record.tokens_out,
        cached_tokens=record.cached_tokens,
        milliseconds=record.milliseconds,
        est_in=record.est_in,
        est_out=record.est_out,
        lost_calls=record.lost_calls,
    )


def draft_attempt(attempt: Attempt, place: Place, *, model: str) -> AttemptDraft:
    """Returns an attempt as it is stored."""
    return AttemptDraft(
        ordinal=attempt.ordinal,
        outcome=attempt.outcome,
        prompt=tuple(MessageText(role=text.role, section=text.section, text=text.text) for text in attempt.prompt),
        reply=attempt.reply,
        problem=attempt.problem,
        tokens_in=attempt.tokens_in,
        tokens_out=attempt.tokens_out,
        cached_tokens=attempt.cached_tokens,
        milliseconds=attempt.milliseconds,
        episode_id=place.episode_id,
        choice_id=place.choice_id,
        turn=place.turn,
        seat=place.seat,
        model=model,
        est_in=attempt.est_in,
        est_out=attempt.est_out,
        lost_calls=attempt.lost_calls,
    )


class Recorder:
    """Stores one episode as it is played; what was played before an interruption it reads from the store."""

    def __init__(self, db: AgentsDB, episode: EpisodeRecord, card: EnvCard, *, recalling: Collection[int] = ()) -> None:
        """Begins to record.

        Args:
            db: The store.
            episode: What is played.
            card: Of its environment.
            recalling: Ids of the agents whose memories are to be embedded.
        """
        self._db = db
        self._card = card
        self._recalling = recalling
        self._episode_id = episode.episode_id
        self._seats = {part.seat: part for part in episode.participations}
        kept = [part.seat for part in episode.participations if part.agent_id is not None]
        self._traces = read_traces(db, episode, kept)

    def on_turn(self, position: Position, acts: Sequence[Act]) -> None:
        """Stores the position and its decisions in one transaction."""
        for act in acts:
            self._trace(act)
        steps = [step for act in acts if (step := self._step(position, act)) is not None]
        # A model's decision follows from its reply, which is on the disk, and a free policy's from its stream; a
        # person's is nowhere else.
        sources = {act.decision.source for act in acts}
        place = draft_position(position)
        self._db.record_turn(self._episode_id, place, steps, paid="human" in sources, held=sources == {"random"})

    def on_end(self, position: Position, outcome: Mapping[str, SeatEnd]) -> None:
        """Stores the end with one memory per participation of an agent, in one transaction."""
        reason = next(iter(outcome.values())).reason
        self._db.end_episode(
            EpisodeEnd(
                episode_id=self._episode_id,
                status="finished",
                reason=reason,
                fault=None,
                position=draft_position(position) if reason != "forfeit" else None,
                outcomes=tuple(
                    SeatOutcome(seat=seat, total=end.total, result=end.result, reason=end.reason)
                    for seat, end in outcome.items()
                ),
                memories=tuple(self._memory(part, outcome[part.seat]) for part in self._remembering()),
                embed_for=self._find_recalling(),
            )
        )

    def on_fault(self, fault: str) -> None:
        """Stores that the environment failed; nothing of the episode is remembered."""
        self._db.end_episode(
            EpisodeEnd(
                episode_id=self._episode_id,
                status="failed",
                reason="fault",
                fault=fault,
                position=None,
                outcomes=(),
                memories=(),
            )
        )

    def _find_recalling(self) -> tuple[int, ...]:
        played = {part.agent_id for part in self._seats.values()}
        return tuple(agent_id for agent_id in sorted(self._recalling) if agent_id in played)

    def _remembering(self) -> list[ParticipationRecord]:
        return [part for part in self._seats.values() if part.agent_id is not None]

    def _trace(self, act: Act) -> None:
        trace = self._traces.get(act.turn.seat)
        if trace is None or act.action is None:
            return
        turn = act.turn
        trace.moments.append(Moment(turn.number, turn.menu.name(act.action), turn.situation, turn.reward))
        trace.n_fallbacks += act.decision.source == "fallback"

    def _step(self, position: Position, act: Act) -> StepDraft | None:
        if act.action is None:
            return None
        turn, decision = act.turn, act.decision
        kept = turn.seat in self._traces
        return StepDraft(
            turn=position.turn,
            seat=turn.seat,
            action=act.action,
            name=turn.menu.name(act.action),
            source=decision.source,
            text=turn.text if kept else None,
            situation=turn.situation if kept else None,
            thought=decision.thought,
            n_attempts=len(decision.attempts),
            first_try_legal=decision.first_try_legal,
            recalled=tuple(
                RecallDraft(memory_id=memory.memory_id, rank=memory.rank, score=memory.score, parts=memory.parts)
                for memory in act.recalled
            ),
        )

    def _memory(self, part: ParticipationRecord, end: SeatEnd) -> MemoryDraft:
        assert part.agent_id is not None
        trace = self._traces[part.seat]
        others = [other.player for other in self._seats.values() if other.seat != part.seat]
        turns = [moment.turn for moment in trace.moments]
        return MemoryDraft(
            agent_id=part.agent_id,
            kind="episodic",
            text=write_memory(self._card, part.seat, others, trace, end),
            env_id=self._card.env_id,
            role=part.role,
            episode_id=self._episode_id,
            seat=part.seat,
            turn_from=turns[0] if turns else None,
            turn_to=turns[-1] if turns else None,
            outcome=end.total,
            importance=rate_importance(end),
            vector=None,
            embedder=None,
        )


def draft_position(position: Position) -> PositionDraft:
    """Returns a position as it is stored; seats that earned nothing are left out."""
    paid = {seat: amount for seat, amount in position.payments.items() if amount}
    return PositionDraft(turn=position.turn, digest=position.digest, payments=paid)


def read_traces(db: AgentsDB, episode: EpisodeRecord, seats: Sequence[str]) -> dict[str, SeatTrace]:
    """Returns what is stored of what some seats of an episode saw and did; of one that begins, empty traces.

    Of the situations only each seat's last is read: no memory tells another, and there is a text for every turn.
    """
    traces = {seat: SeatTrace() for seat in seats}
    if not episode.n_turns or not seats:
        return traces
    paid = [position.payments for position in db.positions(episode.episode_id)]
    acted = dict.fromkeys(seats, -1)
    for move in db.moves(episode.episode_id):
        trace = traces.get(move.seat)
        if trace is None:
            continue
        reward = 0.0
        for payments in paid[acted[move.seat] + 1 : move.turn + 1]:
            reward += payments.get(move.seat, 0.0)
        acted[move.seat] = move.turn
        trace.moments.append(Moment(move.turn, move.name, "", reward))
        trace.n_fallbacks += move.source == "fallback"
    for seat, turn in acted.items():
        if turn >= 0:
            [step] = db.steps(episode.episode_id, turn=turn, seat=seat)
            moments = traces[seat].moments
            moments[-1] = replace(moments[-1], situation=step.situation or "")
    return traces
