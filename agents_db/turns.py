"""Turns: positions, steps, recalls and the attempts behind them; the hot path of the store."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from sqlalchemy import Connection, RowMapping, Select, select

from agents_db import tables
from agents_db.errors import NotStored
from agents_db.keys import clean_optional, clean_text, pack_json
from agents_db.knowledge import RecallRecord
from agents_db.records import (
    AttemptDraft,
    AttemptRecord,
    MessageText,
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
    *("n_attempts", "first_try_legal", "created_at"),
)
_RECALL = compile_insert(tables.recall, "episode_id", "turn", "seat", "memory_id", "rank", "score", "parts")
_ATTEMPT = compile_insert(
    tables.attempt,
    *("episode_id", "choice_id", "turn", "seat", "ordinal", "outcome", "prompt", "reply_id", "problem"),
    *("tokens_in", "tokens_out", "cached_tokens", "milliseconds", "created_at"),
)
_COUNT_TURN = "UPDATE episode SET n_turns = ? WHERE episode_id = ? AND n_turns < ?"
_COUNT_SEAT = (
    "UPDATE participation SET n_decisions = n_decisions + 1, n_fallbacks = n_fallbacks + ?, "
    "n_first_try_legal = n_first_try_legal + ? WHERE episode_id = ? AND seat = ?"
)
_COUNT_AGENT = (
    "UPDATE agent SET n_decisions = n_decisions + 1, n_fallbacks = n_fallbacks + ? "
    "WHERE agent_id = (SELECT agent_id FROM participation WHERE episode_id = ? AND seat = ?)"
)
_COUNT_RECALL = "UPDATE memory SET n_recalled = n_recalled + 1 WHERE memory_id = ?"
_COUNT_TOKENS = "UPDATE agent SET tokens_in = tokens_in + ?, tokens_out = tokens_out + ? WHERE agent_id = "
_SEAT_AGENT = "(SELECT agent_id FROM participation WHERE episode_id = ? AND seat = ?)"
_CHOICE_AGENT = "(SELECT agent_id FROM choice WHERE choice_id = ?)"


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
    )
    return cursor.execute(_STEP, values).rowcount == 1


def _count_step(transaction: Transaction, episode_id: int, step: StepDraft) -> None:
    cursor = transaction.cursor
    seat = clean_text(step.seat)
    fallback = step.source == "fallback"
    if cursor.execute(_COUNT_SEAT, (fallback, step.first_try_legal, episode_id, seat)).rowcount != 1:
        raise NotStored(f"Episode {episode_id!r} has no seat {step.seat!r}; name its seats when it starts.")
    cursor.execute(_COUNT_AGENT, (fallback, episode_id, seat))
    for recall in step.recalled:
        values = (episode_id, step.turn, seat, recall.memory_id, recall.rank, recall.score)
        if cursor.execute(_RECALL, (*values, pack_json(dict(recall.parts)))).rowcount == 1:
            cursor.execute(_COUNT_RECALL, (recall.memory_id,))


def add_attempt(transaction: Transaction, draft: AttemptDraft, *, now: int) -> AttemptRecord:
    """Stores an attempt and counts its tokens; the same one again returns what is stored."""
    cursor = transaction.cursor
    texts = transaction.texts
    prompt = [[message.role, clean_text(message.section), texts.add(message.text)] for message in draft.prompt]
    seat = clean_optional(draft.seat)
    values = (
        draft.episode_id,
        draft.choice_id,
        draft.turn,
        seat,
        draft.ordinal,
        draft.outcome,
        json.dumps(prompt, separators=(",", ":")),
        texts.add_optional(draft.reply),
        clean_optional(draft.problem),
        draft.tokens_in,
        draft.tokens_out,
        draft.cached_tokens,
        draft.milliseconds,
        now,
    )
    if cursor.execute(_ATTEMPT, values).rowcount != 1:
        return list_attempts(
            transaction.connection,
            episode_id=draft.episode_id,
            choice_id=draft.choice_id,
            turn=draft.turn,
            seat=seat,
            ordinal=draft.ordinal,
        )[0]
    attempt_id = cursor.lastrowid
    assert attempt_id is not None
    tokens = (draft.tokens_in or 0, draft.tokens_out or 0)
    if draft.choice_id is not None:
        cursor.execute(_COUNT_TOKENS + _CHOICE_AGENT, (*tokens, draft.choice_id))
    else:
        cursor.execute(_COUNT_TOKENS + _SEAT_AGENT, (*tokens, draft.episode_id, seat))
    return _make_record(draft, attempt_id, now=now)


def _make_record(draft: AttemptDraft, attempt_id: int, *, now: int) -> AttemptRecord:
    """Returns what reading the attempt back would return, without reading it."""
    return AttemptRecord(
        attempt_id=attempt_id,
        episode_id=draft.episode_id,
        choice_id=draft.choice_id,
        turn=draft.turn,
        seat=clean_optional(draft.seat),
        ordinal=draft.ordinal,
        outcome=draft.outcome,
        prompt=tuple(
            replace(message, section=clean_text(message.section), text=clean_text(message.text))
            for message in draft.prompt
        ),
        reply=clean_optional(draft.reply),
        problem=clean_optional(draft.problem),
        tokens_in=draft.tokens_in,
        tokens_out=draft.tokens_out,
        cached_tokens=draft.cached_tokens,
        milliseconds=draft.milliseconds,
        created_at=now,
    )


def list_attempts(
    connection: Connection,
    *,
    episode_id: int | None = None,
    choice_id: int | None = None,
    turn: int | None = None,
    seat: str | None = None,
    ordinal: int | None = None,
) -> list[AttemptRecord]:
    """Returns the attempts that fit everything given, in the order in which they were made."""
    column = tables.attempt.c
    query = select(tables.attempt).order_by(column.attempt_id)
    given = {"episode_id": episode_id, "choice_id": choice_id, "turn": turn, "seat": seat, "ordinal": ordinal}
    for name, value in given.items():
        if value is not None:
            query = query.where(column[name] == value)
    rows = list(connection.execute(query).mappings())
    prompts = [cast("list[tuple[str, str, int]]", json.loads(row["prompt"])) for row in rows]
    wanted = [text_id for prompt in prompts for *_, text_id in prompt]
    texts = read_texts(connection, [*wanted, *(row["reply_id"] for row in rows)])
    return [_to_attempt(row, prompt, texts) for row, prompt in zip(rows, prompts, strict=True)]


def _to_attempt(row: RowMapping, prompt: list[tuple[str, str, int]], texts: dict[int, str]) -> AttemptRecord:
    messages = tuple(
        MessageText(role=role, section=section, text=texts[text_id])  # pyright: ignore[reportArgumentType]
        for role, section, text_id in prompt
    )
    return to_record(AttemptRecord, row, prompt=messages, reply=_find_text(texts, row["reply_id"]))


def list_positions(connection: Connection, episode_id: int) -> list[PositionRecord]:
    """Returns an episode's positions in order."""
    query = select(tables.position).where(tables.position.c.episode_id == episode_id)
    rows = connection.execute(query.order_by(tables.position.c.turn)).mappings()
    return [to_record(PositionRecord, row) for row in rows]


def list_steps(connection: Connection, episode_id: int, *, turn: int | None, seat: str | None) -> list[StepRecord]:
    """Returns an episode's steps in the order in which they were stored."""
    query = _filter_turn(select(tables.step).where(tables.step.c.episode_id == episode_id), turn=turn, seat=seat)
    rows = list(connection.execute(query.order_by(tables.step.c.turn, tables.step.c.step_id)).mappings())
    columns = ("text_id", "situation_id", "thought_id")
    texts = read_texts(connection, [row[column] for row in rows for column in columns])
    return [
        to_record(
            StepRecord,
            row,
            text=_find_text(texts, row["text_id"]),
            situation=_find_text(texts, row["situation_id"]),
            thought=_find_text(texts, row["thought_id"]),
        )
        for row in rows
    ]


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
