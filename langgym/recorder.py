"""The observer that stores an episode: each decision before the environment moves, the end with its memories."""

from collections.abc import Mapping, Sequence

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
from langgym.runner import Act, Position
from universe.card import EnvCard
from universe.text_env import SeatEnd


class EpisodeLedger:
    """The attempts of one decision in an episode, kept in the store."""

    def __init__(self, db: AgentsDB, episode_id: int, *, turn: int, seat: str) -> None:
        self._db = db
        self._episode_id = episode_id
        self._turn = turn
        self._seat = seat

    def earlier(self) -> Sequence[Attempt]:
        """Returns the attempts that are stored of this decision."""
        stored = self._db.attempts(episode_id=self._episode_id, turn=self._turn, seat=self._seat)
        return [read_attempt(record) for record in stored]

    def keep(self, attempt: Attempt) -> None:
        """Stores an attempt; it is on the disk when this returns."""
        self._db.add_attempt(draft_attempt(attempt, episode_id=self._episode_id, turn=self._turn, seat=self._seat))


class ChoiceLedger:
    """The attempts of one choice of an environment, kept in the store."""

    def __init__(self, db: AgentsDB, choice_id: int) -> None:
        self._db = db
        self._choice_id = choice_id

    def earlier(self) -> Sequence[Attempt]:
        """Returns the attempts that are stored of this choice."""
        return [read_attempt(record) for record in self._db.attempts(choice_id=self._choice_id)]

    def keep(self, attempt: Attempt) -> None:
        """Stores an attempt; it is on the disk when this returns."""
        self._db.add_attempt(draft_attempt(attempt, choice_id=self._choice_id))


def read_attempt(record: AttemptRecord) -> Attempt:
    """Returns an attempt as it was when it was stored."""
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
    )


def draft_attempt(
    attempt: Attempt,
    *,
    episode_id: int | None = None,
    choice_id: int | None = None,
    turn: int | None = None,
    seat: str | None = None,
) -> AttemptDraft:
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
        episode_id=episode_id,
        choice_id=choice_id,
        turn=turn,
        seat=seat,
    )


class Recorder:
    """Stores one episode as it is played; what was replayed is not stored again."""

    def __init__(self, db: AgentsDB, episode: EpisodeRecord, card: EnvCard, *, paid: bool) -> None:
        self._db = db
        self._card = card
        self._paid = paid
        self._episode_id = episode.episode_id
        self._seats = {part.seat: part for part in episode.participations}
        self._traces = {part.seat: SeatTrace() for part in episode.participations if part.agent_id is not None}
        self._fallbacks = _stored_fallbacks(db, episode) if episode.n_turns else {}

    def on_turn(self, position: Position, acts: Sequence[Act]) -> None:
        """Stores the position and its decisions in one transaction."""
        for act in acts:
            self._trace(act)
        if any(act.replayed for act in acts):
            return
        steps = [step for act in acts if (step := self._step(position, act)) is not None]
        self._db.record_turn(self._episode_id, draft_position(position), steps, paid=self._paid)

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

    def _remembering(self) -> list[ParticipationRecord]:
        return [part for part in self._seats.values() if part.agent_id is not None]

    def _trace(self, act: Act) -> None:
        trace = self._traces.get(act.turn.seat)
        if trace is None or act.action is None:
            return
        turn = act.turn
        trace.moments.append(Moment(turn.number, turn.menu.name(act.action), turn.situation, turn.reward))
        stored = turn.number in self._fallbacks.get(turn.seat, ())
        trace.n_fallbacks += stored if act.replayed else act.decision.source == "fallback"

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


def _stored_fallbacks(db: AgentsDB, episode: EpisodeRecord) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for step in db.steps(episode.episode_id):
        if step.source == "fallback":
            found.setdefault(step.seat, set()).add(step.turn)
    return found
