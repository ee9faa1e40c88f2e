"""The observer that stores a game of which nobody remembers anything: its turns and its end, and no memories."""

from collections.abc import Collection, Mapping, Sequence

from agents_db.knowledge import RecallDraft
from agents_db.records import EpisodeEnd, EpisodeRecord, SeatOutcome, StepDraft
from agents_db.store import AgentsDB
from langgym.recorder import FREE, draft_position
from langgym.replay import Position
from langgym.runner import Act
from universe.text_env import SeatEnd


class FrozenRecorder:
    """Stores one episode as it is played, as `langgym.recorder.Recorder` does, but for what agents learn from it."""

    def __init__(self, db: AgentsDB, episode: EpisodeRecord, *, kept: Collection[str]) -> None:
        """Begins to record.

        Args:
            db: The store.
            episode: What is played.
            kept: Seats whose texts are kept.
        """
        self._db = db
        self._episode_id = episode.episode_id
        self._kept = kept

    def on_turn(self, position: Position, acts: Sequence[Act]) -> None:
        """Stores the position and its decisions in one transaction."""
        steps = [self._step(position, act) for act in acts if act.action is not None]
        sources = {act.decision.source for act in acts}
        place = draft_position(position)
        self._db.record_turn(self._episode_id, place, steps, paid="human" in sources, held=sources <= FREE)

    def on_end(self, position: Position, outcome: Mapping[str, SeatEnd]) -> None:
        """Stores the end."""
        reason = next(iter(outcome.values())).reason
        ends = [
            SeatOutcome(seat=seat, total=end.total, result=end.result, reason=end.reason)
            for seat, end in outcome.items()
        ]
        last = draft_position(position) if reason != "forfeit" else None
        self._db.end_episode(
            EpisodeEnd(
                episode_id=self._episode_id,
                status="finished",
                reason=reason,
                fault=None,
                position=last,
                outcomes=tuple(ends),
                memories=(),
            )
        )

    def on_fault(self, fault: str) -> None:
        """Stores that the environment, or a program that plays in it, failed."""
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

    def _step(self, position: Position, act: Act) -> StepDraft:
        turn, decision = act.turn, act.decision
        assert act.action is not None
        kept = turn.seat in self._kept
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
            advice=decision.advice.pack() if decision.advice is not None else None,
        )
