"""The observer that stores a game of which nobody remembers anything: its turns and its end, and no memories."""

from collections.abc import Collection, Mapping, Sequence

from agents_db.records import EpisodeRecord, StepDraft
from agents_db.store import AgentsDB
from langgym.drafts import draft_end, draft_fault, draft_position, draft_step
from langgym.recorder import FREE
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
        steps = [step for act in acts if (step := self._step(position, act)) is not None]
        sources = {act.decision.source for act in acts}
        place = draft_position(position)
        self._db.record_turn(self._episode_id, place, steps, paid="human" in sources, held=sources <= FREE)

    def on_end(self, position: Position, outcome: Mapping[str, SeatEnd]) -> None:
        """Stores the end."""
        self._db.end_episode(draft_end(self._episode_id, position, outcome))

    def on_fault(self, fault: str) -> None:
        """Stores that the environment, or a program that plays in it, failed."""
        self._db.end_episode(draft_fault(self._episode_id, fault))

    def _step(self, position: Position, act: Act) -> StepDraft | None:
        kept = act.turn.seat in self._kept
        return draft_step(position, act, texts=kept, situation=kept, facts=False)
