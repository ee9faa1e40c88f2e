"""Runs, choices and episodes: what was played, where and by whom."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select, update

from agents_db import tables
from agents_db.agents import find_key
from agents_db.errors import NotStored
from agents_db.keys import clean_optional, clean_text, make_key, pack_json, read_json
from agents_db.records import (
    ChoiceDraft,
    ChoiceRecord,
    EpisodeDraft,
    EpisodeRecord,
    EpisodeStatus,
    JsonObject,
    ParticipationRecord,
    PlayerDraft,
    RunDraft,
    RunRecord,
    RunStatus,
    Source,
)
from agents_db.rows import to_record
from agents_db.statements import chunk, compile_insert
from agents_db.writer import Transaction

_VARIANT = compile_insert(tables.variant, "key", "env_id", "kwargs")
_EPISODE = compile_insert(
    tables.episode,
    *("key", "run_id", "number", "choice_id", "variant_id", "env_id", "text_version", "situation_version", "seed"),
    *("max_turns", "templates", "packages", "langgym_version", "commit_hash", "status", "drifted", "n_turns"),
    *("started_at", "options"),
)
_PLAYER = compile_insert(
    tables.participation,
    *("key", "episode_id", "position", "seat", "role", "team", "player", "agent_id", "model", "settings"),
    *("n_decisions", "n_fallbacks", "n_first_try_legal"),
)
_EPISODES = (
    select(tables.episode, tables.variant.c.kwargs)
    .join(tables.variant, tables.variant.c.variant_id == tables.episode.c.variant_id)
    .where(tables.episode.c.episode_id.in_(bindparam("ids", expanding=True)))
)
_PLAYERS = (
    select(tables.participation)
    .where(tables.participation.c.episode_id.in_(bindparam("ids", expanding=True)))
    .order_by(tables.participation.c.episode_id, tables.participation.c.position)
)


def start_run(transaction: Transaction, draft: RunDraft, *, now: int, entropy: bytes) -> RunRecord:
    """Stores a new run."""
    key = make_key("run", draft.seed, now, entropy)
    connection = transaction.connection
    connection.execute(
        insert(tables.run).values(
            key=key,
            seed=draft.seed,
            settings=pack_json(dict(draft.settings)),
            langgym_version=draft.langgym_version,
            commit_hash=draft.commit,
            status="running",
            started_at=now,
            seconds=0.0,
        )
    )
    row = connection.execute(select(tables.run).where(tables.run.c.key == key)).mappings().one()
    return to_record(RunRecord, row)


def end_run(transaction: Transaction, run_id: int, status: RunStatus, *, now: int) -> None:
    """Closes a run."""
    read_run(transaction.connection, run_id)
    transaction.connection.execute(
        update(tables.run).where(tables.run.c.run_id == run_id).values(status=status, ended_at=now)
    )


def add_seconds(transaction: Transaction, run_id: int, *, seconds: float) -> None:
    """Adds to the time that a run has played."""
    transaction.cursor.execute("UPDATE run SET seconds = seconds + ? WHERE run_id = ?", (seconds, run_id))


def change_run(transaction: Transaction, run_id: int, *, settings: JsonObject) -> None:
    """Replaces what a run is to do."""
    read_run(transaction.connection, run_id)
    transaction.connection.execute(
        update(tables.run).where(tables.run.c.run_id == run_id).values(settings=pack_json(dict(settings)))
    )


def sum_seconds(connection: Connection, agent_id: int) -> float:
    """Returns the time of play of the runs in which an agent has had a seat."""
    played, episode, run = tables.participation.c, tables.episode.c, tables.run.c
    runs = (
        select(episode.run_id)
        .join(tables.participation, played.episode_id == episode.episode_id)
        .where(played.agent_id == agent_id)
    )
    total = select(func.coalesce(func.sum(run.seconds), 0.0)).where(run.run_id.in_(runs))
    return float(connection.execute(total).scalar_one())


def list_fingerprints(
    connection: Connection, *, run_id: int | None, agent_id: int | None
) -> dict[tuple[int, int, str], str]:
    """Returns the fingerprint of the model that first answered, by run, agent and the model's name."""
    played, episode = tables.participation.c, tables.episode.c
    first = (
        select(func.min(played.participation_id))
        .join(tables.episode, episode.episode_id == played.episode_id)
        .where(played.agent_id.is_not(None), played.model.is_not(None))
        .group_by(episode.run_id, played.agent_id, played.model)
    )
    if run_id is not None:
        first = first.where(episode.run_id == run_id)
    if agent_id is not None:
        first = first.where(played.agent_id == agent_id)
    query = (
        select(episode.run_id, played.agent_id, played.model, played.settings)
        .join(tables.episode, episode.episode_id == played.episode_id)
        .where(played.participation_id.in_(first))
    )
    found = {(row[0], row[1], row[2]): read_json(row[3]).get("model_fingerprint") for row in connection.execute(query)}
    return {place: fingerprint for place, fingerprint in found.items() if isinstance(fingerprint, str)}


def read_run(connection: Connection, run_id: int) -> RunRecord:
    """Returns a run; raises `NotStored`."""
    row = connection.execute(select(tables.run).where(tables.run.c.run_id == run_id)).mappings().first()
    if row is None:
        raise NotStored(f"No run has the id {run_id!r}.")
    return to_record(RunRecord, row)


def list_open_runs(connection: Connection) -> list[RunRecord]:
    """Returns the runs that were stopped or cut off before their last episode, oldest first."""
    query = select(tables.run).where(tables.run.c.status.in_(("running", "interrupted"))).order_by(tables.run.c.run_id)
    return [to_record(RunRecord, row) for row in connection.execute(query).mappings()]


def start_choice(transaction: Transaction, draft: ChoiceDraft, *, now: int) -> ChoiceRecord:
    """Stores a choice to be made; the same one again returns what is stored."""
    connection = transaction.connection
    run_key = read_run(connection, draft.run_id).key
    key = make_key("choice", run_key, draft.number, find_key(connection, draft.agent_id))
    query = select(tables.choice).where(tables.choice.c.key == key)
    if connection.execute(query).first() is None:
        connection.execute(
            insert(tables.choice).values(
                key=key,
                run_id=draft.run_id,
                agent_id=draft.agent_id,
                number=draft.number,
                offered=pack_json(dict(draft.offered)),
                created_at=now,
            )
        )
    return to_record(ChoiceRecord, connection.execute(query).mappings().one())


def end_choice(
    transaction: Transaction, choice_id: int, *, env_id: str, reason: str | None, source: Source
) -> ChoiceRecord:
    """Stores what was chosen; a choice that was made already stays as it is."""
    connection = transaction.connection
    connection.execute(
        update(tables.choice)
        .where(tables.choice.c.choice_id == choice_id, tables.choice.c.env_id.is_(None))
        .values(env_id=clean_text(env_id), reason=clean_optional(reason), source=source)
    )
    row = connection.execute(select(tables.choice).where(tables.choice.c.choice_id == choice_id)).mappings().first()
    if row is None:
        raise NotStored(f"No choice has the id {choice_id!r}.")
    return to_record(ChoiceRecord, row)


def list_choices(connection: Connection, agent_id: int, *, limit: int) -> list[ChoiceRecord]:
    """Returns an agent's choices, newest first."""
    query = select(tables.choice).where(tables.choice.c.agent_id == agent_id)
    rows = connection.execute(query.order_by(tables.choice.c.choice_id.desc()).limit(limit)).mappings()
    return [to_record(ChoiceRecord, row) for row in rows]


def find_choice(connection: Connection, run_id: int, number: int) -> ChoiceRecord | None:
    """Returns the choice for an episode of a run, or `None`."""
    query = select(tables.choice).where(tables.choice.c.run_id == run_id, tables.choice.c.number == number)
    row = connection.execute(query.order_by(tables.choice.c.choice_id)).mappings().first()
    return None if row is None else to_record(ChoiceRecord, row)


def start_episode(transaction: Transaction, draft: EpisodeDraft, *, now: int) -> EpisodeRecord:
    """Stores an episode about to begin; the same one again returns what is stored."""
    cursor = transaction.cursor
    run = cursor.execute("SELECT key FROM run WHERE run_id = ?", (draft.run_id,)).fetchone()
    if run is None:
        raise NotStored(f"No run has the id {draft.run_id!r}; start one before its episodes.")
    key = make_key("episode", run[0], draft.number)
    env_id = clean_text(draft.env_id)
    kwargs = pack_json(dict(draft.kwargs), sort_keys=True)
    packages = pack_json(dict(draft.packages))
    options = pack_json(dict(draft.options))
    templates = clean_text(draft.templates)
    values = (
        key,
        draft.run_id,
        draft.number,
        draft.choice_id,
        _add_variant(transaction, env_id, kwargs),
        env_id,
        draft.text_version,
        draft.situation_version,
        draft.seed,
        draft.max_turns,
        templates,
        packages,
        draft.langgym_version,
        draft.commit,
        "running",
        False,
        0,
        now,
        options,
    )
    if cursor.execute(_EPISODE, values).rowcount != 1:
        stored = cursor.execute("SELECT episode_id FROM episode WHERE key = ?", (key,)).fetchone()
        return read_episode(transaction.connection, stored[0])
    episode_id = cursor.lastrowid
    assert episode_id is not None
    players = [
        _insert_player(transaction, player, episode_id=episode_id, key=key, position=place)
        for place, player in enumerate(draft.players)
    ]
    for agent_id in {player.agent_id for player in players if player.agent_id is not None}:
        cursor.execute("UPDATE agent SET last_played_at = ? WHERE agent_id = ?", (now, agent_id))
    return EpisodeRecord(
        episode_id=episode_id,
        key=key,
        run_id=draft.run_id,
        number=draft.number,
        choice_id=draft.choice_id,
        env_id=env_id,
        kwargs=read_json(kwargs),
        text_version=draft.text_version,
        situation_version=draft.situation_version,
        seed=draft.seed,
        options=read_json(options),
        max_turns=draft.max_turns,
        templates=templates,
        packages=read_json(packages),
        langgym_version=draft.langgym_version,
        commit=draft.commit,
        status="running",
        reason=None,
        fault=None,
        drifted=False,
        n_turns=0,
        started_at=now,
        ended_at=None,
        participations=tuple(players),
    )


def _add_variant(transaction: Transaction, env_id: str, kwargs: str) -> int:
    known = transaction.variants.get((env_id, kwargs))
    if known is not None:
        return known
    cursor = transaction.cursor
    key = make_key("variant", env_id, kwargs)
    cursor.execute(_VARIANT, (key, env_id, kwargs))
    variant_id = int(cursor.execute("SELECT variant_id FROM variant WHERE key = ?", (key,)).fetchone()[0])
    transaction.variants[env_id, kwargs] = variant_id
    return variant_id


def _insert_player(
    transaction: Transaction, player: PlayerDraft, *, episode_id: int, key: str, position: int
) -> ParticipationRecord:
    seat, role, who = clean_text(player.seat), clean_text(player.role), clean_text(player.player)
    team, model = clean_optional(player.team), clean_optional(player.model)
    settings = pack_json(dict(player.settings))
    own_key = make_key("participation", key, player.seat)
    place = (own_key, episode_id, position, seat, role, team)
    cursor = transaction.cursor.execute(_PLAYER, (*place, who, player.agent_id, model, settings, 0, 0, 0))
    participation_id = cursor.lastrowid
    if cursor.rowcount != 1 or participation_id is None:
        raise ValueError(f"Two players cannot sit in the seat {player.seat!r} of one episode.")
    return ParticipationRecord(
        participation_id=participation_id,
        episode_id=episode_id,
        seat=seat,
        role=role,
        team=team,
        player=who,
        agent_id=player.agent_id,
        model=model,
        settings=read_json(settings),
        n_decisions=0,
        n_fallbacks=0,
        n_first_try_legal=0,
        total=None,
        result=None,
        reason=None,
    )


def read_episode(connection: Connection, episode_id: int) -> EpisodeRecord:
    """Returns an episode; raises `NotStored`."""
    found = load_episodes(connection, [episode_id])
    if not found:
        raise NotStored(f"No episode has the id {episode_id!r}; list the episodes to see which there are.")
    return found[0]


def load_episodes(connection: Connection, episode_ids: Sequence[int]) -> list[EpisodeRecord]:
    """Returns the episodes of those ids in that order; those that are not stored are left out."""
    found: dict[int, EpisodeRecord] = {}
    for ids in chunk(episode_ids):
        players = _load_players(connection, ids)
        for row in connection.execute(_EPISODES, {"ids": ids}).mappings():
            episode_id = row["episode_id"]
            found[episode_id] = to_record(EpisodeRecord, row, participations=tuple(players.get(episode_id, ())))
    return [found[episode_id] for episode_id in episode_ids if episode_id in found]


def _load_players(connection: Connection, episode_ids: Sequence[int]) -> dict[int, list[ParticipationRecord]]:
    found: dict[int, list[ParticipationRecord]] = {}
    for row in connection.execute(_PLAYERS, {"ids": episode_ids}).mappings():
        found.setdefault(row["episode_id"], []).append(_to_participation(row))
    return found


def _to_participation(row: RowMapping) -> ParticipationRecord:
    return to_record(ParticipationRecord, row)


def find_episode(connection: Connection, run_id: int, number: int) -> EpisodeRecord | None:
    """Returns the episode `number` of a run, or `None`."""
    query = select(tables.episode.c.episode_id).where(
        tables.episode.c.run_id == run_id, tables.episode.c.number == number
    )
    episode_id = connection.execute(query).scalar()
    return None if episode_id is None else read_episode(connection, episode_id)


def list_episodes(
    connection: Connection,
    *,
    agent_id: int | None,
    env_id: str | None,
    status: EpisodeStatus | None,
    limit: int,
    before: int | None,
) -> list[EpisodeRecord]:
    """Returns episodes, newest first, with ids under `before`."""
    played, episode = tables.participation.c, tables.episode.c
    if agent_id is None:
        query = select(episode.episode_id).order_by(episode.episode_id.desc())
    else:
        query = (
            select(played.episode_id)
            .join(tables.episode, episode.episode_id == played.episode_id)
            .where(played.agent_id == agent_id)
            .distinct()
            .order_by(played.episode_id.desc())
        )
    if before is not None:
        query = query.where((episode if agent_id is None else played).episode_id < before)
    if env_id is not None:
        query = query.where(episode.env_id == env_id)
    if status is not None:
        query = query.where(episode.status == status)
    return load_episodes(connection, list(connection.execute(query.limit(limit)).scalars()))


def list_unfinished(connection: Connection, agent_id: int | None) -> list[EpisodeRecord]:
    """Returns the episodes that have not ended, oldest first."""
    played, episode = tables.participation.c, tables.episode.c
    query = select(episode.episode_id).where(episode.status == "running").order_by(episode.episode_id)
    if agent_id is not None:
        query = query.where(
            select(played.participation_id)
            .where(played.episode_id == episode.episode_id, played.agent_id == agent_id)
            .exists()
        )
    return load_episodes(connection, list(connection.execute(query).scalars()))


def mark_drifted(transaction: Transaction, episode_id: int) -> None:
    """Marks an episode that went on although its replay differed."""
    read_episode(transaction.connection, episode_id)
    transaction.connection.execute(
        update(tables.episode).where(tables.episode.c.episode_id == episode_id).values(drifted=True)
    )
