"""Conditions on episodes and memories, and the SQL that they become; values are bound, never built into it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from sqlalchemy import ColumnElement, Select, exists, select

from agents_db import tables
from agents_db.keys import clean_text

T = TypeVar("T", bound=tuple[object, ...])

# fmt: off
EpisodeField = Literal[
    "env", "agent", "player", "status", "reason", "result", "return", "turns", "fallbacks", "model", "role", "seat",
    "run", "since", "until",
]
MemoryField = Literal[
    "agent", "kind", "env", "state", "role", "maker", "trust", "pinned", "recalled", "helped", "hurt", "effect", "word",
    "episode", "since", "until",
]
# fmt: on
EpisodeOrder = Literal["newest", "oldest", "longest", "best"]
MemoryOrder = Literal["newest", "oldest", "recalled", "importance"]
Op = Literal["=", "<", "<=", ">", ">=", "like"]
Bound = str | int | float


@dataclass(frozen=True, slots=True)
class Condition:
    """What a field has to be."""

    field: str
    """An `EpisodeField` or a `MemoryField`."""
    op: Op
    """`like`: the value is a glob (`*`, `?`), whatever the case."""
    value: Bound
    """`since` and `until` take UTC microseconds; `word` with `=` is a text that the memory holds, whatever its case."""


_episode, _played, _agent, _memory = tables.episode.c, tables.participation.c, tables.agent.c, tables.memory.c
_OF_EPISODE: dict[str, ColumnElement[object]] = {
    "env": _episode.env_id,
    "status": _episode.status,
    "reason": _episode.reason,
    "turns": _episode.n_turns,
    "run": _episode.run_id,
    "since": _episode.started_at,
    "until": _episode.started_at,
}
_OF_PLAYER: dict[str, ColumnElement[object]] = {
    "agent": _played.agent_id,
    "player": _played.player,
    "result": _played.result,
    "return": _played.total,
    "fallbacks": _played.n_fallbacks,
    "model": _played.model,
    "role": _played.role,
    "seat": _played.seat,
}
_OF_MEMORY: dict[str, ColumnElement[object]] = {
    "agent": _memory.agent_id,
    "kind": _memory.kind,
    "env": _memory.env_id,
    "state": _memory.state,
    "role": _memory.role,
    "maker": _memory.maker,
    "trust": _memory.trust,
    "pinned": _memory.pinned,
    "recalled": _memory.n_recalled,
    "helped": _memory.n_helped,
    "hurt": _memory.n_hurt,
    "effect": _memory.effect,
    "word": _memory.folded,
    "episode": _memory.episode_id,
    "since": _memory.created_at,
    "until": _memory.created_at,
}
_COMPARE: dict[str, Callable[[ColumnElement[object], Bound], ColumnElement[bool]]] = {
    "=": lambda column, value: column == value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "like": lambda column, value: column.ilike(read_glob(str(value)), escape="\\"),
}


def read_glob(glob: str) -> str:
    r"""Returns the pattern of `LIKE`, with a backslash as its escape, that a glob means.

    >>> read_glob("con*_?")
    'con%\\__'
    """
    for special in ("\\", "%", "_"):
        glob = glob.replace(special, "\\" + special)
    return glob.replace("*", "%").replace("?", "_")


def narrow_episodes(query: Select[T], conditions: Sequence[Condition]) -> Select[T]:
    """Returns a query of episodes that is left with those that fit everything.

    Conditions on a participation (agent, player, result, return, fallbacks, model, role, seat) hold of one of them.
    """
    query = query.where(*(_compare(_OF_EPISODE, condition) for condition in find_own(conditions)))
    seated = narrow_players(conditions)
    return query.where(_episode.episode_id.in_(select(_played.episode_id).where(*seated))) if seated else query


def find_own(conditions: Iterable[Condition]) -> list[Condition]:
    """Returns the conditions on an episode itself."""
    return [condition for condition in conditions if condition.field in _OF_EPISODE]


def narrow_players(conditions: Iterable[Condition]) -> list[ColumnElement[bool]]:
    """Returns what has to hold of a participation; conditions on the episode itself are passed over."""
    return [_compare(_OF_PLAYER, condition) for condition in conditions if condition.field not in _OF_EPISODE]


def narrow_memories(query: Select[T], conditions: Sequence[Condition]) -> Select[T]:
    """Returns a query of memories that is left with those that fit everything; deleted agents' are never among them."""
    return query.where(
        exists().where(_agent.agent_id == _memory.agent_id, _agent.deleted_at.is_(None)),
        *(_compare(_OF_MEMORY, condition) for condition in conditions),
    )


def _compare(columns: dict[str, ColumnElement[object]], condition: Condition) -> ColumnElement[bool]:
    column = columns.get(condition.field)
    if column is None:
        raise ValueError(f"No field {condition.field!r}; expected one of {sorted(columns)!r}.")
    compare = _COMPARE[condition.op]
    value = clean_text(condition.value) if isinstance(condition.value, str) else condition.value
    if condition.field == "agent":
        return column.in_(select(_agent.agent_id).where(compare(_agent.name, value), _agent.deleted_at.is_(None)))
    if condition.field == "pinned":
        return column.is_(bool(value))
    if condition.field == "word" and condition.op == "=":
        return _memory.folded.contains(str(value).casefold(), autoescape=True)
    if condition.field == "word":
        return compare(column, f"*{value}*".casefold())
    return compare(column, value)
