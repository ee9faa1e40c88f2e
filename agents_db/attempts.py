"""Attempts: calls of a model, stored before they are made and completed when their reply is there."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from sqlalchemy import Connection, RowMapping, func, select

from agents_db import tables
from agents_db.keys import clean_optional, clean_text
from agents_db.records import AttemptDraft, AttemptRecord, MessageText, SpendingRecord
from agents_db.rows import to_record
from agents_db.statements import compile_insert
from agents_db.texts import read_texts
from agents_db.writer import Transaction

PENDING = "pending"
_ATTEMPT = compile_insert(
    tables.attempt,
    *("episode_id", "choice_id", "turn", "seat", "ordinal", "outcome", "prompt", "reply_id", "problem"),
    *("tokens_in", "tokens_out", "cached_tokens", "milliseconds", "created_at", "model", "est_in", "est_out"),
    "lost_calls",
)
_IN_EPISODE = "episode_id = ? AND turn = ? AND seat = ? AND ordinal = ? AND outcome = 'pending'"
_IN_CHOICE = "choice_id = ? AND ordinal = ? AND outcome = 'pending'"
_LOSE = "UPDATE attempt SET lost_calls = lost_calls + 1, created_at = ? WHERE "
_FINISH = (
    "UPDATE attempt SET outcome = ?, reply_id = ?, problem = ?, tokens_in = ?, tokens_out = ?, cached_tokens = ?, "
    "milliseconds = ?, created_at = ?, lost_calls = lost_calls + ? WHERE "
)
_COUNT_TOKENS = "UPDATE agent SET tokens_in = tokens_in + ?, tokens_out = tokens_out + ? WHERE agent_id = "
_SEAT_AGENT = "(SELECT agent_id FROM participation WHERE episode_id = ? AND seat = ?)"
_CHOICE_AGENT = "(SELECT agent_id FROM choice WHERE choice_id = ?)"
_SUMS = ("n_calls", "tokens_in", "tokens_out", "cached_tokens", "milliseconds", "lost_calls", "lost_in", "lost_out")
_SPEND = f"INSERT INTO spending (run_id, agent_id, model, {', '.join(_SUMS)}) SELECT {{}}, ?, ?, ?, ?, ?, ?, ?, ?, ? "
_SPEND_SEAT = (
    "FROM participation p JOIN episode e ON e.episode_id = p.episode_id "
    "WHERE p.episode_id = ? AND p.seat = ? AND p.agent_id IS NOT NULL"
)
_SPEND_CHOICE = "FROM choice c WHERE c.choice_id = ?"
_ADD_UP = " ON CONFLICT (run_id, agent_id, model) DO UPDATE SET " + ", ".join(
    f"{name} = spending.{name} + excluded.{name}" for name in _SUMS
)
_SPEND_IN_EPISODE = _SPEND.format("e.run_id, p.agent_id") + _SPEND_SEAT + _ADD_UP
_SPEND_IN_CHOICE = _SPEND.format("c.run_id, c.agent_id") + _SPEND_CHOICE + _ADD_UP


def begin_attempt(transaction: Transaction, draft: AttemptDraft, *, now: int) -> None:
    """Stores that a call is about to be made; one that was begun before and never ended counts as lost.

    An attempt that has ended already stays as it is.
    """
    if _insert(transaction, draft, now=now, begins=True):
        return
    where, place = _find_place(draft)
    if transaction.cursor.execute(_LOSE + where, (now, *place)).rowcount == 1:
        _spend(transaction, draft, (0, 0, 0, 0, 0, 1, draft.est_in, draft.est_out))


def add_attempt(transaction: Transaction, draft: AttemptDraft, *, now: int) -> None:
    """Stores what came of an attempt and what it cost; one that is stored already stays as it is."""
    where, place = _find_place(draft)
    cursor = transaction.cursor
    values = (
        draft.outcome,
        transaction.texts.add_optional(draft.reply),
        clean_optional(draft.problem),
        draft.tokens_in,
        draft.tokens_out,
        draft.cached_tokens,
        draft.milliseconds,
        now,
        draft.lost_calls,
        *place,
    )
    if cursor.execute(_FINISH + where, values).rowcount == 1 or _insert(transaction, draft, now=now):
        _count(transaction, draft)


def _find_place(draft: AttemptDraft) -> tuple[str, tuple[object, ...]]:
    if draft.choice_id is not None:
        return _IN_CHOICE, (draft.choice_id, draft.ordinal)
    return _IN_EPISODE, (draft.episode_id, draft.turn, clean_optional(draft.seat), draft.ordinal)


def _insert(transaction: Transaction, draft: AttemptDraft, *, now: int, begins: bool = False) -> bool:
    """Stores a new attempt, with nothing of its reply where it only begins; returns False where one is stored."""
    texts = transaction.texts
    prompt = [[message.role, clean_text(message.section), texts.add(message.text)] for message in draft.prompt]
    values = (
        draft.episode_id,
        draft.choice_id,
        draft.turn,
        clean_optional(draft.seat),
        draft.ordinal,
        PENDING if begins else draft.outcome,
        json.dumps(prompt, separators=(",", ":")),
        None if begins else texts.add_optional(draft.reply),
        clean_optional(draft.problem),
        draft.tokens_in,
        draft.tokens_out,
        draft.cached_tokens,
        draft.milliseconds,
        now,
        clean_optional(draft.model),
        draft.est_in,
        draft.est_out,
        0 if begins else draft.lost_calls,
    )
    return transaction.cursor.execute(_ATTEMPT, values).rowcount == 1


def _count(transaction: Transaction, draft: AttemptDraft) -> None:
    tokens = (draft.tokens_in or 0, draft.tokens_out or 0)
    cursor = transaction.cursor
    if draft.choice_id is not None:
        cursor.execute(_COUNT_TOKENS + _CHOICE_AGENT, (*tokens, draft.choice_id))
    else:
        cursor.execute(_COUNT_TOKENS + _SEAT_AGENT, (*tokens, draft.episode_id, clean_optional(draft.seat)))
    answered = draft.outcome != "provider_error"
    lost = draft.lost_calls
    heard = answered and draft.outcome != "too_long"
    unsaid = (heard and draft.tokens_in is None, heard and draft.tokens_out is None)
    lost_tokens = ((lost + unsaid[0]) * draft.est_in, (lost + unsaid[1]) * draft.est_out)
    _spend(transaction, draft, (answered, *tokens, draft.cached_tokens or 0, draft.milliseconds, lost, *lost_tokens))


def _spend(transaction: Transaction, draft: AttemptDraft, sums: tuple[int, ...]) -> None:
    model = clean_optional(draft.model) or ""
    if draft.choice_id is not None:
        transaction.cursor.execute(_SPEND_IN_CHOICE, (model, *sums, draft.choice_id))
    else:
        transaction.cursor.execute(_SPEND_IN_EPISODE, (model, *sums, draft.episode_id, clean_optional(draft.seat)))


def list_attempts(
    connection: Connection,
    *,
    episode_id: int | None = None,
    choice_id: int | None = None,
    turn: int | None = None,
    seat: str | None = None,
) -> list[AttemptRecord]:
    """Returns the attempts that fit everything given, in the order in which they were begun."""
    column = tables.attempt.c
    query = select(tables.attempt).order_by(column.attempt_id)
    given = {"episode_id": episode_id, "choice_id": choice_id, "turn": turn, "seat": seat}
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
    reply = None if row["reply_id"] is None else texts[row["reply_id"]]
    return to_record(AttemptRecord, row, prompt=messages, reply=reply)


def list_spending(connection: Connection, *, run_id: int | None, agent_id: int | None) -> list[SpendingRecord]:
    """Returns what was spent by run, agent and model, with the calls that were begun and have not ended."""
    table = tables.spending.c
    query = select(tables.spending).order_by(table.run_id, table.agent_id, table.model)
    if run_id is not None:
        query = query.where(table.run_id == run_id)
    if agent_id is not None:
        query = query.where(table.agent_id == agent_id)
    found = {
        (row["run_id"], row["agent_id"], row["model"]): to_record(
            SpendingRecord, row, open_calls=0, open_in=0, open_out=0
        )
        for row in connection.execute(query).mappings()
    }
    for key, calls, tokens_in, tokens_out in _list_open(connection, run_id=run_id, agent_id=agent_id):
        empty = SpendingRecord(run_id=key[0], agent_id=key[1], model=key[2], **dict.fromkeys(_SUMS, 0))
        found[key] = replace(found.get(key, empty), open_calls=calls, open_in=tokens_in, open_out=tokens_out)
    return list(found.values())


def _list_open(
    connection: Connection, *, run_id: int | None, agent_id: int | None
) -> Sequence[tuple[tuple[int, int, str], int, int, int]]:
    attempt, episode, played, choice = (
        table.c for table in (tables.attempt, tables.episode, tables.participation, tables.choice)
    )
    run = func.coalesce(episode.run_id, choice.run_id)
    agent = func.coalesce(played.agent_id, choice.agent_id)
    model = func.coalesce(attempt.model, "")
    query = (
        select(run, agent, model, func.count(), func.sum(attempt.est_in), func.sum(attempt.est_out))
        .select_from(tables.attempt)
        .outerjoin(tables.episode, episode.episode_id == attempt.episode_id)
        .outerjoin(tables.participation, (played.episode_id == attempt.episode_id) & (played.seat == attempt.seat))
        .outerjoin(tables.choice, choice.choice_id == attempt.choice_id)
        .where(attempt.outcome == PENDING, agent.is_not(None))
        .group_by(run, agent, model)
    )
    if run_id is not None:
        query = query.where(run == run_id)
    if agent_id is not None:
        query = query.where(agent == agent_id)
    return [((row[0], row[1], row[2]), row[3], row[4], row[5]) for row in connection.execute(query)]
