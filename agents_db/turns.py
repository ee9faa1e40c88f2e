"""Turns: positions, steps and recalls; the hot path of the store."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, Select, select

from agents_db import tables
from agents_db.engine import find_driver
from agents_db.errors import NotStored
from agents_db.keys import clean_text, pack_json, read_json
from agents_db.knowledge import RecallRecord
from agents_db.records import (
    MoveRecord,
    PositionDraft,
    PositionRecord,
    StepDraft,
    StepRecord,
)
from agents_db.rows import to_record
from agents_db.statements import compile_insert
from agents_db.texts import read_texts
from agents_db.writer import Transaction

_POSITION = compile_insert(tables.position, "episode_id", "turn", "digest", "payments")
_STEP = compile_insert(
    tables.step,
    *("episode_id", "turn", "seat", "action", "name", "source", "text_id", "situation_id", "thought_id"),
    *("n_attempts", "first_try_legal", "created_at", "facts_id", "advice_id"),
)
_STEP_TEXTS = ("text", "situation", "thought", "facts", "advice")
_RECALLS = "INSERT INTO recall (episode_id, turn, seat, memory_id, rank, score, parts) VALUES "
_COUNT_TURN = "UPDATE episode SET n_turns = ? WHERE episode_id = ? AND n_turns < ?"
_COUNT_SEAT = (
    "UPDATE participation SET n_decisions = n_decisions + 1, n_fallbacks = n_fallbacks + ?, "
    "n_first_try_legal = n_first_try_legal + ? WHERE episode_id = ? AND seat = ?"
)
_COUNT_AGENT = (
    "UPDATE agent SET n_decisions = n_decisions + 1, n_fallbacks = n_fallbacks + ? "
    "WHERE agent_id = (SELECT agent_id FROM participation WHERE episode_id = ? AND seat = ?)"
)
_MOVES = "SELECT turn, seat, action, name, source FROM step WHERE episode_id = ? ORDER BY turn, step_id"
_POSITIONS = "SELECT turn, digest, payments FROM position WHERE episode_id = ? ORDER BY turn"
_HEARD = (
    "SELECT s.turn, s.seat, a.outcome FROM step s LEFT JOIN attempt a ON a.episode_id = s.episode_id "
    "AND a.turn = s.turn AND a.seat = s.seat AND a.outcome != 'pending' "
    "WHERE s.episode_id = ? AND s.source = 'fallback' ORDER BY s.turn, s.step_id, a.ordinal"
)
_COUNT_RECALLS = "UPDATE memory SET n_recalled = n_recalled + 1 WHERE memory_id IN"


def record_turn(
    transaction: Transaction, episode_id: int, position: PositionDraft, *, steps: Sequence[StepDraft], now: int
) -> None:
    """Stores a position and the decisions in it; what is stored already stays and is not counted again."""
    cursor = transaction.cursor
    add_position(transaction, episode_id, position)
    for step in steps:
        if _insert_step(transaction, episode_id, step, now=now):
            _count_step(transaction, episode_id, step)
    if steps:
        n_turns = position.turn + 1
        cursor.execute(_COUNT_TURN, (n_turns, episode_id, n_turns))


def add_position(transaction: Transaction, episode_id: int, position: PositionDraft) -> None:
    """Stores a position unless it is stored."""
    paid = {seat: reward for seat, reward in position.payments.items() if reward != 0}
    payments = pack_json(paid) if paid else "{}"
    transaction.cursor.execute(_POSITION, (episode_id, position.turn, position.digest, payments))


def _insert_step(transaction: Transaction, episode_id: int, step: StepDraft, *, now: int) -> bool:
    add = transaction.texts.add_optional
    cursor = transaction.cursor
    values = (
        episode_id,
        step.turn,
        clean_text(step.seat),
        step.action,
        clean_text(step.name),
        step.source,
        add(step.text),
        add(step.situation),
        add(step.thought),
        step.n_attempts,
        step.first_try_legal,
        now,
        add(step.facts),
        add(step.advice),
    )
    return cursor.execute(_STEP, values).rowcount == 1


def _count_step(transaction: Transaction, episode_id: int, step: StepDraft) -> None:
    cursor = transaction.cursor
    seat = clean_text(step.seat)
    fallback = step.source == "fallback"
    if cursor.execute(_COUNT_SEAT, (fallback, step.first_try_legal, episode_id, seat)).rowcount != 1:
        raise NotStored(f"Episode {episode_id!r} has no seat {step.seat!r}; name its seats when it starts.")
    cursor.execute(_COUNT_AGENT, (fallback, episode_id, seat))
    if step.recalled:
        _insert_recalls(transaction, episode_id, step, seat)


def _insert_recalls(transaction: Transaction, episode_id: int, step: StepDraft, seat: str) -> None:
    """Stores and counts what was recalled for a step that has just been stored, all in one statement each."""
    values: list[object] = []
    for recall in step.recalled:
        parts = pack_json(dict(recall.parts))
        values += (episode_id, step.turn, seat, recall.memory_id, recall.rank, recall.score, parts)
    n = len(step.recalled)
    transaction.cursor.execute(_RECALLS + ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * n), values)
    marks = ", ".join("?" * n)
    transaction.cursor.execute(f"{_COUNT_RECALLS} ({marks})", [recall.memory_id for recall in step.recalled])


def list_positions(connection: Connection, episode_id: int) -> list[PositionRecord]:
    """Returns an episode's positions in order."""
    rows = find_driver(connection).execute(_POSITIONS, (episode_id,))
    return [
        PositionRecord(turn=turn, digest=digest, payments=cast("dict[str, float]", read_json(payments)))
        for turn, digest, payments in rows
    ]


def list_steps(connection: Connection, episode_id: int, *, turn: int | None, seat: str | None) -> list[StepRecord]:
    """Returns an episode's steps in the order in which they were stored."""
    query = _filter_turn(select(tables.step).where(tables.step.c.episode_id == episode_id), turn=turn, seat=seat)
    rows = list(connection.execute(query.order_by(tables.step.c.turn, tables.step.c.step_id)).mappings())
    texts = read_texts(connection, [row[f"{name}_id"] for row in rows for name in _STEP_TEXTS])
    return [
        to_record(StepRecord, row, **{name: _find_text(texts, row[f"{name}_id"]) for name in _STEP_TEXTS})
        for row in rows
    ]


def list_moves(connection: Connection, episode_id: int) -> list[MoveRecord]:
    """Returns what was played in an episode, in the order in which it was stored, without any text."""
    rows = find_driver(connection).execute(_MOVES, (episode_id,))
    return [
        MoveRecord(turn=turn, seat=seat, action=action, name=name, source=source)
        for turn, seat, action, name, source in rows
    ]


def list_failures(connection: Connection, episode_id: int) -> dict[tuple[int, str], list[str]]:
    """Returns the classes of the attempts before each fallback of an episode, by turn and seat, without any text."""
    found: dict[tuple[int, str], list[str]] = {}
    for turn, seat, outcome in find_driver(connection).execute(_HEARD, (episode_id,)):
        classes = found.setdefault((turn, seat), [])
        if outcome is not None:
            classes.append(outcome)
    return found


def list_recalls(connection: Connection, episode_id: int, *, turn: int | None, seat: str | None) -> list[RecallRecord]:
    """Returns what was recalled in an episode, by turn, seat and rank."""
    recall = tables.recall
    query = _filter_turn(select(recall).where(recall.c.episode_id == episode_id), turn=turn, seat=seat)
    rows = connection.execute(query.order_by(recall.c.turn, recall.c.seat, recall.c.rank)).mappings()
    return [to_record(RecallRecord, row) for row in rows]


def _filter_turn(
    query: Select[tuple[object, ...]], *, turn: int | None, seat: str | None
) -> Select[tuple[object, ...]]:
    columns = query.selected_columns
    if turn is not None:
        query = query.where(columns["turn"] == turn)
    if seat is not None:
        query = query.where(columns["seat"] == seat)
    return query


def _find_text(texts: dict[int, str], text_id: int | None) -> str | None:
    return None if text_id is None else texts[text_id]
