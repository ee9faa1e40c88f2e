"""Records of agents in environments, added up anew from what they have lived through."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import Connection

from agents_db import tables
from agents_db.engine import find_driver
from agents_db.statements import compile_insert
from agents_db.writer import Transaction

SUMS = (
    *("n_participations", "sum_total", "best_total", "last_total", "n_wins", "n_draws", "n_losses"),
    *("sum_turns", "sum_seconds"),
)
"""What a record is made of, beside whose it is and where."""
_SCORE = compile_insert(tables.env_record, "agent_id", "env_id", *SUMS)
_ENDED = (
    "SELECT e.env_id, p.total, p.result, e.n_turns, e.started_at, e.ended_at FROM lived l "
    "JOIN participation p ON p.participation_id = l.participation_id JOIN episode e ON e.episode_id = p.episode_id "
    "WHERE l.agent_id = ? AND p.reason IS NOT NULL AND e.status = 'finished' AND p.total IS NOT NULL "
    "AND abs(p.total) < 9e999 ORDER BY e.env_id, l.clock, e.episode_id, p.position"
)
_Row = tuple[str, float, str | None, int, int, int]
_CLOSE = 1e-6


def add_scores(connection: Connection, agent_id: int) -> dict[str, tuple[float, ...]]:
    """Returns what an agent's record in each environment should be, as values of `SUMS`."""
    rows: list[_Row] = find_driver(connection).execute(_ENDED, (agent_id,)).fetchall()
    return {env_id: _add_up(list(some)) for env_id, some in groupby(rows, key=lambda row: row[0])}


def insert_scores(transaction: Transaction, agent_id: int) -> None:
    """Stores the records of an agent that has none yet."""
    for env_id, sums in add_scores(transaction.connection, agent_id).items():
        transaction.cursor.execute(_SCORE, (agent_id, env_id, *sums))


def agree(one: Sequence[float], other: Sequence[float]) -> bool:
    """Returns whether two records are the same but for the order in which they were added up."""
    return all(abs(a - b) <= _CLOSE * max(1.0, abs(a), abs(b)) for a, b in zip(one, other, strict=True))


def _add_up(rows: Sequence[_Row]) -> tuple[float, ...]:
    totals = [row[1] for row in rows]
    results = Counter(row[2] for row in rows)
    return (
        *(len(rows), sum(totals), max(totals), totals[-1]),
        *(results["win"], results["draw"], results["loss"]),
        *(sum(row[3] for row in rows), sum(max(0, ended - started) / 1e6 for *_, started, ended in rows)),
    )
