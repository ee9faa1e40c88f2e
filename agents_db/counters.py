"""Counters that the writer keeps, and the rows that each of them counts."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_STEPS = "SELECT count(*) FROM step s WHERE s.episode_id = participation.episode_id AND s.seat = participation.seat"
_PLAYED = (
    "SELECT count(*) FROM participation p JOIN step s ON s.episode_id = p.episode_id AND s.seat = p.seat "
    "WHERE p.agent_id = agent.agent_id"
)
_ENDED = "p.reason IS NOT NULL AND e.status = 'finished'"
_FINITE = "p.total IS NOT NULL AND abs(p.total) < 9e999"
_TURNS = "SELECT coalesce(max(s.turn) + 1, 0) FROM step s WHERE s.episode_id = "
_CLOSE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Columns of a table that count rows of others."""

    table: str
    whose: str
    """SQL that names a row, for people."""
    where: str
    """Which rows have counters that hold."""
    columns: Mapping[str, str]
    """By name, the SQL of what each should be."""

    def find(self, driver: sqlite3.Connection) -> Iterator[str]:
        """Yields a line for each row whose counters are off."""
        wanted = ", ".join(f"({sql})" for sql in self.columns.values())
        query = f"SELECT {self.whose}, {', '.join(self.columns)}, {wanted} FROM {self.table} WHERE {self.where}"
        n_columns = len(self.columns)
        for whose, *values in driver.execute(query):
            pairs = zip(self.columns, values[:n_columns], values[n_columns:], strict=True)
            off = [f"{name} is {kept} and should be {real}" for name, kept, real in pairs if kept != real]
            if off:
                yield f"The counters of {whose} are off: {', '.join(off)}."

    def recount(self, driver: sqlite3.Connection) -> None:
        """Makes every counter what it should be."""
        for name, sql in self.columns.items():
            driver.execute(f"UPDATE {self.table} SET {name} = ({sql}) WHERE {self.where} AND {name} IS NOT ({sql})")


def _sum_tokens(column: str) -> str:
    in_seats = (
        f"SELECT coalesce(sum(a.{column}), 0) FROM participation p JOIN attempt a "
        "ON a.episode_id = p.episode_id AND a.seat = p.seat WHERE p.agent_id = agent.agent_id"
    )
    in_choices = (
        f"SELECT coalesce(sum(a.{column}), 0) FROM choice c JOIN attempt a ON a.choice_id = c.choice_id "
        "WHERE c.agent_id = agent.agent_id"
    )
    return f"({in_seats}) + ({in_choices})"


COUNTERS: Sequence[Counters] = (
    Counters(
        table="participation",
        whose="'seat ''' || seat || ''' of episode ' || episode_id",
        where="TRUE",
        columns={
            "n_decisions": _STEPS,
            "n_fallbacks": f"{_STEPS} AND s.source = 'fallback'",
            "n_first_try_legal": f"{_STEPS} AND s.first_try_legal",
        },
    ),
    Counters(
        table="episode",
        whose="'episode ' || episode_id",
        where="TRUE",
        columns={"n_turns": f"{_TURNS} episode.episode_id"},
    ),
    Counters(
        table="memory",
        whose="'memory ' || memory_id",
        where="TRUE",
        columns={"n_recalled": "SELECT count(*) FROM recall r WHERE r.memory_id = memory.memory_id"},
    ),
    Counters(
        table="agent",
        whose="'agent ''' || name || ''''",
        where="TRUE",
        columns={
            "n_participations": "SELECT count(*) FROM lived l WHERE l.agent_id = agent.agent_id",
            "n_decisions": _PLAYED,
            "n_fallbacks": f"{_PLAYED} AND s.source = 'fallback'",
            "n_memories": "SELECT count(*) FROM memory m WHERE m.agent_id = agent.agent_id AND m.state = 'active'",
            "tokens_in": _sum_tokens("tokens_in"),
            "tokens_out": _sum_tokens("tokens_out"),
        },
    ),
)
"""Each is counted from rows that are no counters themselves."""

_KEPT = (
    "SELECT r.agent_id, r.env_id, a.name, r.n_participations, r.sum_total, r.best_total, r.n_wins, r.n_draws, "
    "r.n_losses, r.sum_turns, r.sum_seconds, r.last_total FROM env_record r JOIN agent a ON a.agent_id = r.agent_id"
)
_REAL = (
    "SELECT l.agent_id, e.env_id, a.name, count(*), sum(p.total), max(p.total), sum(p.result IS 'win'), "
    f"sum(p.result IS 'draw'), sum(p.result IS 'loss'), sum(({_TURNS} e.episode_id)), "
    "sum(max(0, e.ended_at - e.started_at)) / 1e6 "
    "FROM lived l JOIN participation p ON p.participation_id = l.participation_id "
    "JOIN episode e ON e.episode_id = p.episode_id JOIN agent a ON a.agent_id = l.agent_id "
    f"WHERE a.deleted_at IS NULL AND {_ENDED} AND {_FINITE} GROUP BY l.agent_id, e.env_id"
)
_TOTALS = (
    "SELECT p.total FROM lived l JOIN participation p ON p.participation_id = l.participation_id "
    f"JOIN episode e ON e.episode_id = p.episode_id WHERE l.agent_id = ? AND e.env_id = ? AND {_ENDED} AND {_FINITE} "
    "ORDER BY e.ended_at, e.episode_id, p.position"
)
_INSERT = (
    "INSERT INTO env_record (agent_id, env_id, n_participations, sum_total, best_total, n_wins, n_draws, n_losses, "
    "sum_turns, sum_seconds, last_total) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def find_scores(driver: sqlite3.Connection) -> Iterator[str]:
    """Yields a line for each record of an agent in an environment that is not what its episodes say."""
    for (_, env_id), name in _list_wrong(driver):
        yield f"The record of agent {name!r} in {env_id!r} is not what its episodes say."


def recount_scores(driver: sqlite3.Connection) -> None:
    """Makes the records that are off anew from the participations."""
    real = _read_scores(driver, _REAL)
    for place, _ in _list_wrong(driver):
        driver.execute("DELETE FROM env_record WHERE agent_id = ? AND env_id = ?", place)
        if place in real:
            last = driver.execute(_TOTALS, place).fetchall()[-1][0]
            driver.execute(_INSERT, (*place, *real[place][1], last))


def _list_wrong(driver: sqlite3.Connection) -> list[tuple[tuple[int, str], str]]:
    kept, real = _read_scores(driver, _KEPT), _read_scores(driver, _REAL)
    return [
        (place, (kept.get(place) or real[place])[0])
        for place in sorted(kept.keys() | real.keys())
        if not _agree(driver, place, kept.get(place), real.get(place))
    ]


def _read_scores(driver: sqlite3.Connection, query: str) -> dict[tuple[int, str], tuple[str, tuple[float, ...]]]:
    return {(row[0], row[1]): (row[2], tuple(row[3:])) for row in driver.execute(query)}


def _agree(
    driver: sqlite3.Connection,
    place: tuple[int, str],
    kept: tuple[str, tuple[float, ...]] | None,
    real: tuple[str, tuple[float, ...]] | None,
) -> bool:
    """Returns whether a record is right; its last total may be any of its totals, since clocks can be set back."""
    if kept is None or real is None:
        return False
    *sums, last = kept[1]
    near = all(abs(a - b) <= _CLOSE * max(1.0, abs(a), abs(b)) for a, b in zip(sums, real[1], strict=True))
    return near and any(abs(last - total) <= _CLOSE for (total,) in driver.execute(_TOTALS, place))
