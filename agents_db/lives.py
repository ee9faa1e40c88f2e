"""Lives: the decisions that an agent has the experience of, in the order in which it came by them."""

from collections.abc import Sequence

from sqlalchemy import Connection

from agents_db.engine import find_driver
from agents_db.keys import pack_json, read_json
from agents_db.knowledge import LivedRecord, LivedStep, PlacedRecord
from agents_db.records import JsonObject
from agents_db.texts import read_texts

_LIVED = (
    "SELECT p.participation_id, p.episode_id, p.seat, p.role, p.agent_id, l.clock, p.total, p.result "
    "FROM lived l JOIN participation p ON p.participation_id = l.participation_id "
    "JOIN episode e ON e.episode_id = p.episode_id JOIN variant v ON v.variant_id = e.variant_id "
    "WHERE l.agent_id = ? AND l.clock > ? AND l.clock <= ? AND e.env_id = ? AND v.kwargs = ? "
    "AND e.situation_version = ? ORDER BY l.clock, e.episode_id, p.position"
)
_LATELY = (
    "SELECT e.env_id, e.situation_version, p.participation_id, p.episode_id, p.seat, p.role, p.agent_id, l.clock, "
    "p.total, p.result FROM lived l JOIN participation p ON p.participation_id = l.participation_id "
    "JOIN episode e ON e.episode_id = p.episode_id WHERE l.agent_id = ? AND l.clock <= ? "
    "ORDER BY l.clock DESC, e.episode_id DESC, p.position LIMIT ?"
)
_FIRST = (
    "SELECT p.settings FROM lived l JOIN participation p ON p.participation_id = l.participation_id "
    "JOIN episode e ON e.episode_id = p.episode_id JOIN variant v ON v.variant_id = e.variant_id "
    "WHERE l.agent_id = ? AND l.clock <= ? AND e.env_id = ? AND v.kwargs = ? AND e.situation_version = ? "
    "ORDER BY l.clock, e.episode_id, p.position LIMIT 1"
)
_PLACES = (
    "SELECT DISTINCT e.env_id, v.kwargs, e.situation_version, p.role FROM lived l "
    "JOIN participation p ON p.participation_id = l.participation_id "
    "JOIN episode e ON e.episode_id = p.episode_id JOIN variant v ON v.variant_id = e.variant_id "
    "WHERE l.agent_id = ? AND l.clock <= ? ORDER BY e.env_id, v.kwargs, e.situation_version, p.role"
)
_TOTALS = (
    "SELECT p.total FROM lived l JOIN participation p ON p.participation_id = l.participation_id "
    "JOIN episode e ON e.episode_id = p.episode_id JOIN variant v ON v.variant_id = e.variant_id "
    "WHERE l.agent_id = ? AND l.clock <= ? AND e.env_id = ? AND v.kwargs = ? AND p.role = ? AND p.total IS NOT NULL "
    "ORDER BY l.clock DESC, p.position DESC LIMIT ?"
)
_RECENT = (
    "SELECT env_id, total FROM (SELECT e.env_id AS env_id, p.total AS total, row_number() OVER "
    "(PARTITION BY e.env_id ORDER BY l.clock DESC, p.position DESC) AS place FROM lived l "
    "JOIN participation p ON p.participation_id = l.participation_id JOIN episode e ON e.episode_id = p.episode_id "
    "WHERE l.agent_id = ? AND l.clock <= ? AND p.total IS NOT NULL) AS ranked WHERE place <= ? ORDER BY env_id, place"
)
_STEPS = (
    "SELECT turn, seat, action, name, source, situation_id, facts_id FROM step "
    "WHERE episode_id = ? AND facts_id IS NOT NULL ORDER BY turn, step_id"
)


def list_lived(
    connection: Connection,
    agent_id: int,
    *,
    env_id: str,
    kwargs: JsonObject,
    situation_version: int,
    after: int,
    until: int,
) -> list[LivedRecord]:
    """Returns the participations in a variant that an agent came by at clocks in (after, until], in that order."""
    place = (env_id, pack_json(dict(kwargs), sort_keys=True), situation_version)
    rows = find_driver(connection).execute(_LIVED, (agent_id, after, until, *place)).fetchall()
    names = LivedRecord.__slots__
    return [LivedRecord(**dict(zip(names, row, strict=True))) for row in rows]


def list_totals(
    connection: Connection, agent_id: int, *, env_id: str, kwargs: JsonObject, role: str, until: int, limit: int
) -> list[float]:
    """Returns an agent's last returns in a role of a variant up to a clock, newest first."""
    place = (env_id, pack_json(dict(kwargs), sort_keys=True), role, limit)
    return [total for (total,) in find_driver(connection).execute(_TOTALS, (agent_id, until, *place)).fetchall()]


def list_recent(connection: Connection, agent_id: int, *, until: int, limit: int) -> dict[str, list[float]]:
    """Returns an agent's last returns by environment up to a clock, newest first."""
    found: dict[str, list[float]] = {}
    for env_id, total in find_driver(connection).execute(_RECENT, (agent_id, until, limit)):
        found.setdefault(env_id, []).append(total)
    return found


def list_lately(connection: Connection, agent_id: int, *, until: int, limit: int) -> list[PlacedRecord]:
    """Returns the last participations that an agent came by up to a clock, newest first, seats in their order."""
    names = LivedRecord.__slots__
    return [
        PlacedRecord(env_id=env_id, situation_version=version, lived=LivedRecord(**dict(zip(names, row, strict=True))))
        for env_id, version, *row in find_driver(connection).execute(_LATELY, (agent_id, until, limit))
    ]


def find_start(
    connection: Connection, agent_id: int, *, env_id: str, kwargs: JsonObject, situation_version: int, until: int
) -> int | None:
    """Returns the agent's clock when it began its first episode in a variant; `None` where it has ended none there."""
    place = (env_id, pack_json(dict(kwargs), sort_keys=True), situation_version)
    row = find_driver(connection).execute(_FIRST, (agent_id, until, *place)).fetchone()
    clock = None if row is None else read_json(row[0]).get("clock")
    return clock if isinstance(clock, int) else None


def list_lived_steps(connection: Connection, episode_id: int) -> list[LivedStep]:
    """Returns the decisions of an episode whose facts were kept, by turn."""
    rows = find_driver(connection).execute(_STEPS, (episode_id,)).fetchall()
    texts = read_texts(connection, [text_id for row in rows for text_id in row[5:]])
    return [
        LivedStep(
            turn=turn,
            seat=seat,
            action=action,
            name=name,
            source=source,
            situation=texts[situation_id],
            facts=texts[facts_id],
        )
        for turn, seat, action, name, source, situation_id, facts_id in rows
    ]


def list_places(connection: Connection, agent_id: int, *, until: int) -> Sequence[tuple[str, str, int, str]]:
    """Returns where an agent has experience: environment, variant as JSON, version of situations and role."""
    return find_driver(connection).execute(_PLACES, (agent_id, until)).fetchall()
