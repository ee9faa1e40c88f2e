"""Figures for people: curves of returns, episodes under way, what was played and chosen in an environment."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from agents_db import tables
from agents_db.door import Door
from agents_db.engine import find_driver
from agents_db.knowledge import EnvStats
from agents_db.plays import list_unfinished
from agents_db.records import ChoiceRecord, EpisodeRecord
from agents_db.rows import to_record

PACED = 32
"""Steps, the last ones, that tell how fast an episode is played."""
_ENDED = (
    "SELECT p.total AS total, p.result AS result, p.n_decisions AS n_decisions, p.n_fallbacks AS n_fallbacks, "
    "p.n_first_try_legal AS n_legal, "
    "row_number() OVER (ORDER BY l.clock, l.participation_id) AS place "
    "FROM lived l JOIN participation p ON p.participation_id = l.participation_id "
    "JOIN episode e ON e.episode_id = p.episode_id WHERE l.agent_id = ? AND p.reason IS NOT NULL "
    "AND e.status = 'finished' AND p.total BETWEEN -1e308 AND 1e308"
)
"""What an agent's records are counted from, in the order in which it came by it."""
_BUCKETS = (
    "WITH ended AS ({}), life AS (SELECT count(*) AS whole, avg(total) AS middle, CASE WHEN count(*) < ? THEN 1 "
    "WHEN count(*) / ? < ? THEN count(*) / ? ELSE ? END AS n_buckets FROM ended) "
    "SELECT min(place), max(place), count(*), avg(total), sum((total - middle) * (total - middle)) "
    "- count(*) * avg(total - middle) * avg(total - middle), count(result), "
    "sum(CASE WHEN result = 'win' THEN 1 ELSE 0 END), sum(n_decisions), sum(n_fallbacks), sum(n_legal) "
    "FROM ended CROSS JOIN life GROUP BY (place - 1) * n_buckets / whole ORDER BY min(place)"
)
"""Squares are taken of differences from the middle of all, so that large returns leave small ones their digits."""
_IN_ALL = _BUCKETS.format(_ENDED)
_IN_ENV = _BUCKETS.format(f"{_ENDED} AND e.env_id = ?")
_LATELY = "SELECT turn, seat, name, created_at FROM step WHERE episode_id = ? ORDER BY turn DESC, step_id DESC LIMIT ?"
_ASKED = (
    "SELECT turn, seat, model, outcome, created_at FROM attempt WHERE episode_id = ? AND turn >= ? ORDER BY attempt_id"
)
_SUMS = (
    "count(*), sum(r.n_participations), sum(r.sum_total), max(r.best_total), sum(r.n_wins), sum(r.n_draws), "
    "sum(r.n_losses)"
)
_BY_ENV = (
    f"SELECT r.env_id, {_SUMS} FROM env_record r JOIN agent a ON a.agent_id = r.agent_id "
    "WHERE a.deleted_at IS NULL GROUP BY r.env_id ORDER BY r.env_id"
)
_BY_AGENT = (
    "SELECT a.name, r.n_participations, r.sum_total, r.best_total, r.n_wins, r.n_draws, r.n_losses, r.sum_turns, "
    "r.sum_seconds, r.last_total FROM env_record r JOIN agent a ON a.agent_id = r.agent_id "
    "WHERE r.env_id = ? AND a.deleted_at IS NULL ORDER BY r.n_participations DESC, a.name"
)


@dataclass(frozen=True, slots=True)
class BucketRecord:
    """Finished participations of an agent that follow one another, and what came of them."""

    first: int
    last: int
    """Places in the order in which the agent came by them, from 1."""
    n: int
    mean: float
    """Of the return."""
    squares: float
    """The sum of the squared differences from the mean."""
    n_judged: int
    """Those that ended in a win, a draw or a loss."""
    n_wins: int
    n_decisions: int
    n_fallbacks: int
    n_first_try_legal: int


@dataclass(frozen=True, slots=True)
class AskedRecord:
    """A call of a model whose answer is awaited."""

    turn: int
    seat: str
    model: str | None
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRecord:
    """An episode that has not ended, and what was last written of it."""

    episode: EpisodeRecord
    written_at: int
    """When anything was last written of it."""
    last_seat: str | None
    last_action: str | None
    """The name of the last decision; `None` before the first."""
    stamps: tuple[int, ...]
    """When each of its last turns was written, rising."""
    asked: tuple[AskedRecord, ...]


@dataclass(frozen=True, slots=True)
class EnvSums:
    """What all agents together have done in an environment."""

    env_id: str
    n_agents: int
    n_participations: int
    """That a fork began with count again as its own."""
    sum_total: float
    best_total: float
    n_wins: int
    n_draws: int
    n_losses: int


@dataclass(frozen=True, slots=True)
class AgentStats:
    """An agent's record in an environment."""

    agent: str
    stats: EnvStats


@dataclass(frozen=True, slots=True)
class ChosenRecord:
    """A choice of an environment that was then played."""

    agent: str
    episode_id: int
    choice: ChoiceRecord


class ChartStore(Door):
    """The part of the store that figures are read from; its methods are those of `AgentsDB`."""

    def curve(
        self, agent_id: int, *, env_id: str | None = None, n_buckets: int = 40, smallest: int = 1
    ) -> list[BucketRecord]:
        """Returns an agent's finished participations, in order, in buckets whose sizes differ by one at most.

        Those that a fork began with are among its own, as they are in its record; those whose return is not a finite
        number are left out, as they are there.

        Args:
            agent_id: whose.
            env_id: only of this environment.
            n_buckets: how many at most.
            smallest: how many participations a bucket has at least, where there are as many.
        """
        return self._read(list_buckets, agent_id, env_id=env_id, n_buckets=n_buckets, smallest=smallest)

    def open_episodes(self) -> list[OpenRecord]:
        """Returns the episodes that have not ended, oldest first, with what was last written of each."""
        return self._read(list_open)

    def env_sums(self) -> list[EnvSums]:
        """Returns what the agents that were not deleted have done together, by environment."""
        return self._read(list_sums)

    def env_records(self, env_id: str) -> list[AgentStats]:
        """Returns the record in an environment of each agent that was not deleted, who has played most first."""
        return self._read(list_records, env_id)

    def chosen(self, env_id: str, *, limit: int = 50) -> list[ChosenRecord]:
        """Returns the episodes of an environment that an agent chose to play, newest first, with the choices."""
        return self._read(list_chosen, env_id, limit=limit)


def list_buckets(
    connection: Connection, agent_id: int, *, env_id: str | None, n_buckets: int, smallest: int
) -> list[BucketRecord]:
    """Returns an agent's finished participations in buckets, in order."""
    place = (agent_id,) if env_id is None else (agent_id, env_id)
    sizes = (smallest, smallest, n_buckets, smallest, n_buckets)
    rows = find_driver(connection).execute(_IN_ALL if env_id is None else _IN_ENV, (*place, *sizes))
    return [
        BucketRecord(first, last, n, mean, max(0.0, squares), *counts)
        for first, last, n, mean, squares, *counts in rows
    ]


def list_open(connection: Connection) -> list[OpenRecord]:
    """Returns the episodes that have not ended with what was last written of each, oldest first."""
    return [_look(connection, episode) for episode in list_unfinished(connection, None)]


def _look(connection: Connection, episode: EpisodeRecord) -> OpenRecord:
    driver = find_driver(connection)
    steps = driver.execute(_LATELY, (episode.episode_id, PACED)).fetchall()
    calls = driver.execute(_ASKED, (episode.episode_id, steps[0][0] if steps else 0)).fetchall()
    stamps = {turn: created for turn, _, _, created in reversed(steps)}
    return OpenRecord(
        episode=episode,
        written_at=max([episode.started_at, *stamps.values(), *(call[-1] for call in calls)]),
        last_seat=steps[0][1] if steps else None,
        last_action=steps[0][2] if steps else None,
        stamps=tuple(stamps.values()),
        asked=tuple(
            AskedRecord(turn, seat, model, since) for turn, seat, model, outcome, since in calls if outcome == "pending"
        ),
    )


def list_sums(connection: Connection) -> list[EnvSums]:
    """Returns what all agents have done together, by environment."""
    return [EnvSums(*row) for row in find_driver(connection).execute(_BY_ENV)]


def list_records(connection: Connection, env_id: str) -> list[AgentStats]:
    """Returns each agent's record in an environment, who has played most first."""
    return [_to_stats(env_id, *row) for row in find_driver(connection).execute(_BY_AGENT, (env_id,))]


def _to_stats(env_id: str, agent: str, n: int, total: float, best: float, *rest: float) -> AgentStats:
    n_wins, n_draws, n_losses, turns, seconds, last = rest
    stats = EnvStats(
        env_id=env_id,
        n_participations=n,
        mean_total=total / n,
        best_total=best,
        n_wins=int(n_wins),
        n_draws=int(n_draws),
        n_losses=int(n_losses),
        mean_turns=turns / n,
        mean_seconds=seconds / n,
        last_total=last,
    )
    return AgentStats(agent, stats)


def list_chosen(connection: Connection, env_id: str, *, limit: int) -> list[ChosenRecord]:
    """Returns the episodes of an environment that were chosen, newest first."""
    episode, choice, agent = tables.episode.c, tables.choice.c, tables.agent.c
    query = (
        select(tables.choice, episode.episode_id, agent.name.label("agent"))
        .select_from(tables.episode)
        .join(tables.choice, choice.choice_id == episode.choice_id)
        .join(tables.agent, agent.agent_id == choice.agent_id)
        .where(episode.env_id == env_id, agent.deleted_at.is_(None))
        .order_by(episode.episode_id.desc())
        .limit(limit)
    )
    return [
        ChosenRecord(row["agent"], row["episode_id"], to_record(ChoiceRecord, row))
        for row in connection.execute(query).mappings()
    ]
