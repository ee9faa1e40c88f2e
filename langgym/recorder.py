"""The observer that stores an episode: each decision before the environment moves, the end with its memories."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Protocol

from agents_db.knowledge import MemoryChange, MemoryDraft
from agents_db.records import (
    AttemptDraft,
    AttemptRecord,
    EpisodeRecord,
    MessageText,
    ParticipationRecord,
    StepDraft,
)
from agents_db.store import AgentsDB
from langgym.asking import Attempt
from langgym.drafts import draft_end, draft_fault, draft_position, draft_step
from langgym.memory.advisor import read_outlook
from langgym.memory.credit import credit_memory, weigh_outcome
from langgym.memory.episodic import Moment, SeatTrace, rate_importance, write_memory
from langgym.memory.moments import find_as_of
from langgym.models.chat import Message
from langgym.replay import Position
from langgym.runner import Act
from universe.card import EnvCard
from universe.text_env import SeatEnd, Turn

FREE = frozenset({"random", "experience"})
"""Sources of decisions that would be made again the same, so that nobody waits until they are stored."""


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

    def __init__(
        self,
        db: AgentsDB,
        episode: EpisodeRecord,
        card: EnvCard,
        *,
        recalling: Collection[int] = (),
        learning: Collection[int] = (),
        reflecting: Collection[int] = (),
    ) -> None:
        """Begins to record.

        Args:
            db: The store.
            episode: What is played.
            card: Of its environment.
            recalling: Ids of the agents whose memories are to be embedded.
            learning: Ids of the agents that count what comes of decisions.
            reflecting: Ids of the agents that draw conclusions from it.
        """
        self._db = db
        self._card = card
        self._recalling = recalling
        self._reflecting = reflecting
        self._episode = episode
        self._episode_id = episode.episode_id
        self._seats = {part.seat: part for part in episode.participations}
        kept = [part.seat for part in episode.participations if part.agent_id is not None]
        self._traces = read_traces(db, episode, kept)
        self._taught = find_taught(card, episode, learning)

    def on_turn(self, position: Position, acts: Sequence[Act]) -> None:
        """Stores the position and its decisions in one transaction."""
        for act in acts:
            self._trace(act)
        steps = [step for act in acts if (step := self._step(position, act)) is not None]
        # A model's decision follows from its reply, which is on the disk, and a free policy's from its stream and what
        # was known when the episode began; a person's is nowhere else.
        sources = {act.decision.source for act in acts}
        place = draft_position(position)
        self._db.record_turn(self._episode_id, place, steps, paid="human" in sources, held=sources <= FREE)

    def on_end(self, position: Position, outcome: Mapping[str, SeatEnd]) -> None:
        """Stores the end with one memory per participation of an agent, in one transaction."""
        credits = self._find_credits(outcome)
        self._db.end_episode(
            replace(
                draft_end(self._episode_id, position, outcome),
                memories=tuple(self._memory(part, outcome[part.seat]) for part in self._remembering()),
                embed_for=self._find_agents(self._recalling),
                reflect_for=self._find_agents(self._reflecting),
                credits=credits,
                changes=tuple(self._credit(credits)),
            )
        )

    def on_fault(self, fault: str) -> None:
        """Stores that the environment failed; nothing of the episode is remembered."""
        self._db.end_episode(draft_fault(self._episode_id, fault))

    def _find_agents(self, agent_ids: Collection[int]) -> tuple[int, ...]:
        played = {part.agent_id for part in self._seats.values()}
        return tuple(agent_id for agent_id in sorted(agent_ids) if agent_id in played)

    def _find_credits(self, outcome: Mapping[str, SeatEnd]) -> dict[str, int]:
        """Returns, for each seat that was shown memories, whether it went better or worse than its agent expected."""
        found: dict[str, int] = {}
        for part in self._remembering():
            if self._traces[part.seat].shown:
                earlier = self._find_earlier(part)
                found[part.seat] = weigh_outcome(outcome[part.seat].total, earlier)
        return found

    def _find_earlier(self, part: ParticipationRecord) -> list[float]:
        """Returns the agent's returns in this role of this variant before the episode began, newest first."""
        assert part.agent_id is not None
        episode, until = self._episode, find_as_of(part).clock
        return self._db.totals(part.agent_id, env_id=episode.env_id, kwargs=episode.kwargs, role=part.role, until=until)

    def _credit(self, credits: Mapping[str, int]) -> list[MemoryChange]:
        shown = {seat: sorted(self._traces[seat].shown) for seat, credit in credits.items() if credit}
        return [
            credit_memory(memory, credits[seat], episode=self._episode, seat=seat)
            for seat, memory_ids in shown.items()
            for memory in self._db.memories_by_id(memory_ids)
        ]

    def _remembering(self) -> list[ParticipationRecord]:
        return [part for part in self._seats.values() if part.agent_id is not None]

    def _trace(self, act: Act) -> None:
        trace = self._traces.get(act.turn.seat)
        if trace is None or act.action is None:
            return
        turn = act.turn
        advice = act.decision.advice
        outlook = advice.outlook if advice is not None else None
        trace.moments.append(Moment(turn.number, turn.menu.name(act.action), turn.situation, turn.reward, outlook))
        trace.n_fallbacks += act.decision.source == "fallback"
        trace.shown.update(memory.memory_id for memory in act.recalled)

    def _step(self, position: Position, act: Act) -> StepDraft | None:
        kept, taught = act.turn.seat in self._traces, act.turn.seat in self._taught
        return draft_step(position, act, texts=kept, situation=kept or taught, facts=taught)

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


def find_taught(card: EnvCard, episode: EpisodeRecord, learning: Collection[int]) -> frozenset[str]:
    """Returns the seats whose decisions somebody learns from: learners' own, and all where everything is open."""
    own = frozenset(part.seat for part in episode.participations if part.agent_id in learning)
    if own and card.hidden is None:
        return frozenset(part.seat for part in episode.participations)
    return own


def read_traces(db: AgentsDB, episode: EpisodeRecord, seats: Sequence[str]) -> dict[str, SeatTrace]:
    """Returns what is stored of what some seats of an episode saw and did; of one that begins, empty traces.

    Of the situations only each seat's last is told in a memory.
    """
    traces = {seat: SeatTrace() for seat in seats}
    if not episode.n_turns or not seats:
        return traces
    paid = [position.payments for position in db.positions(episode.episode_id)]
    acted = dict.fromkeys(seats, -1)
    for seat, trace in traces.items():
        for step in db.steps(episode.episode_id, seat=seat):
            reward = 0.0
            for payments in paid[acted[seat] + 1 : step.turn + 1]:
                reward += payments.get(seat, 0.0)
            acted[seat] = step.turn
            outlook = read_outlook(step.advice) if step.advice is not None else None
            trace.moments.append(Moment(step.turn, step.name, step.situation or "", reward, outlook))
            trace.n_fallbacks += step.source == "fallback"
        trace.shown.update(recall.memory_id for recall in db.recalls(episode.episode_id, seat=seat))
    return traces
