"""A journal in memory: tables come back to a new hall over the same journal, and end with the process."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from universe.service.contracts import Claim, KeptAnswer, Play, Spot, TableDraft, TableRecord
from universe.text_env import SeatEnd, TextEnv


@dataclass(slots=True)
class Kept:
    """What is kept of a table."""

    draft: TableDraft
    claims: dict[str, Claim] = field(default_factory=dict[str, Claim])
    actions: dict[int, dict[str, int]] = field(default_factory=dict[int, dict[str, int]])
    digests: dict[int, bytes] = field(default_factory=dict[int, bytes])
    answers: dict[tuple[int, str, int], KeptAnswer] = field(default_factory=dict[tuple[int, str, int], KeptAnswer])
    """By turn, seat and ordinal."""
    sources: dict[tuple[int, str], str] = field(default_factory=dict[tuple[int, str], str])
    """Of every play, by turn and seat."""
    outcome: Mapping[str, SeatEnd] | None = None
    """`None` while the table has not ended."""
    fault: str | None = None


class MemoryJournal:
    """Keeps tables as long as the process lives; what has ended is let go unless `keep_ended`."""

    def __init__(self, *, keep_ended: bool = False) -> None:
        self.tables: dict[str, Kept] = {}
        """By id, in the order in which they began."""
        self._keep_ended = keep_ended
        self._lock = threading.Lock()

    @property
    def keeps(self) -> bool:
        """Nothing survives the process."""
        return False

    def begin(self, draft: TableDraft, env: TextEnv) -> None:
        """Keeps a table that begins."""
        with self._lock:
            self.tables[draft.table_id] = Kept(draft)

    def claim(self, table_id: str, claim: Claim) -> None:
        """Keeps who plays a seat."""
        kept = self.tables.get(table_id)
        if kept is not None:  # else it has ended, and nobody comes back to it
            kept.claims[claim.seat] = claim

    def keep_answer(self, table_id: str, answer: KeptAnswer) -> None:
        """Keeps an answer."""
        self.tables[table_id].answers[answer.turn, answer.seat, answer.ordinal] = answer

    def record(self, table_id: str, spot: Spot, plays: Sequence[Play]) -> None:
        """Keeps what is played in a turn."""
        kept = self.tables[table_id]
        kept.digests[spot.turn] = spot.digest
        for play in plays:
            kept.sources[spot.turn, play.turn.seat] = play.source
            kept.answers.update({(answer.turn, answer.seat, answer.ordinal): answer for answer in play.answers})
        if all(play.action is not None for play in plays):
            kept.actions[spot.turn] = {play.turn.seat: play.action for play in plays if play.action is not None}

    def end(self, table_id: str, spot: Spot | None, outcome: Mapping[str, SeatEnd], *, fault: str | None) -> None:
        """Keeps how a table ended, or lets it go."""
        with self._lock:
            kept = self.tables[table_id]
            kept.outcome, kept.fault = dict(outcome), fault
            if spot is not None:
                kept.digests[spot.turn] = spot.digest
            if not self._keep_ended:
                del self.tables[table_id]

    def unfinished(self) -> list[TableRecord]:
        """Returns the tables that have not ended."""
        with self._lock:
            return [_record(kept) for kept in self.tables.values() if kept.outcome is None]

    def close(self) -> None:
        """Has nothing to free."""


def _record(kept: Kept) -> TableRecord:
    turn = max(kept.actions, default=-1) + 1
    return TableRecord(
        draft=kept.draft,
        claims=tuple(kept.claims.values()),
        actions={number: dict(actions) for number, actions in kept.actions.items()},
        digests=dict(kept.digests),
        answers=tuple(kept.answers[place] for place in sorted(kept.answers) if place[0] == turn),
    )
