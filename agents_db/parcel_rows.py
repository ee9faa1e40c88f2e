"""The rows of a parcel as the store holds them: queries that name everything by its natural key."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from typing import cast

from agents_db.errors import BadParcel, StoreCorrupt
from agents_db.keys import pack_json
from agents_db.parcel_kinds import Value
from agents_db.parcel_tables import TABLES
from agents_db.records import Json
from agents_db.texts import unpack_text

Row = dict[str, Value]

_MINE = (
    "mine(participation_id) AS MATERIALIZED (SELECT participation_id FROM participation WHERE agent_id = :agent "
    "UNION SELECT participation_id FROM lived WHERE agent_id = :agent)"
)
_OWNED = "JOIN memory m ON m.memory_id = x.memory_id WHERE m.agent_id = :agent"
_CHOSEN = (
    f"{_MINE}, chosen(episode_id) AS MATERIALIZED ("
    "SELECT p.episode_id FROM participation p JOIN mine ON mine.participation_id = p.participation_id "
    "UNION SELECT episode_id FROM memory WHERE agent_id = :agent "
    "UNION SELECT episode_id FROM memory_event WHERE agent_id = :agent AND episode_id IS NOT NULL "
    f"UNION SELECT x.episode_id FROM evidence x {_OWNED} UNION SELECT x.episode_id FROM recall x {_OWNED})"
)
CHOSEN = f"WITH {_CHOSEN} SELECT episode_id FROM chosen"
"""The episodes of a parcel: where the agent sat, what it has the experience of, and what its memories rest on."""
_RUNS = (
    "SELECT e.run_id FROM episode e JOIN chosen USING (episode_id) "
    "UNION SELECT run_id FROM choice WHERE agent_id = :agent UNION SELECT run_id FROM spending WHERE agent_id = :agent"
)
_HEARD = (
    "a.turn, a.seat, a.ordinal, a.attempt_id, a.outcome, a.prompt, nullif(lower(hex(t.digest)), '') AS reply, "
    "a.problem, a.tokens_in, a.tokens_out, a.cached_tokens, a.milliseconds, a.created_at, a.model, a.est_in, "
    "a.est_out, a.lost_calls FROM attempt a LEFT JOIN text t ON t.text_id = a.reply_id"
)
UNENDED = "it had not ended when its agent was exported"
"""What is said of an episode that goes on elsewhere: a run can be gone on with only where it was begun."""


def _rank(column: str) -> str:
    return f"row_number() OVER (ORDER BY {column}) - 1 AS place"


def _digest(name: str) -> str:
    return f"nullif(lower(hex({name}.digest)), '') AS {name}"  # `hex` of NULL is an empty text


_QUERIES: Mapping[str, str] = {
    "agent": "SELECT * FROM agent WHERE agent_id = :agent",
    "variant": "SELECT * FROM variant WHERE variant_id IN "
    "(SELECT e.variant_id FROM episode e JOIN chosen USING (episode_id)) ORDER BY key",
    "run": "SELECT key, seed, settings, langgym_version, commit_hash, started_at, ended_at, seconds, "
    "CASE WHEN status IN ('running', 'interrupted') THEN 'failed' ELSE status END AS status, "
    f"{_rank('run_id')} FROM run WHERE run_id IN ({_RUNS}) ORDER BY key",
    "choice": f"SELECT c.*, r.key AS run, {_rank('c.choice_id')} FROM choice c JOIN run r ON r.run_id = c.run_id "
    "WHERE c.agent_id = :agent ORDER BY c.key",
    "episode": "SELECT e.key, e.number, e.text_version, e.situation_version, e.seed, e.max_turns, e.templates, "
    "e.packages, e.langgym_version, e.commit_hash, e.drifted, e.started_at, e.ended_at, e.options, "
    "CASE e.status WHEN 'running' THEN 'failed' ELSE e.status END AS status, "
    "CASE e.status WHEN 'running' THEN 'fault' ELSE e.reason END AS reason, "
    f"CASE e.status WHEN 'running' THEN '{UNENDED}' ELSE e.fault END AS fault, "
    f"r.key AS run, c.key AS choice, v.key AS variant, {_rank('e.episode_id')} FROM episode e "
    "JOIN chosen ON chosen.episode_id = e.episode_id JOIN run r ON r.run_id = e.run_id "
    "JOIN variant v ON v.variant_id = e.variant_id "
    "LEFT JOIN choice c ON c.choice_id = e.choice_id AND c.agent_id = :agent ORDER BY e.key",
    "participation": "SELECT p.*, p.agent_id IS :agent AS own, e.key AS episode, "
    f"{_rank('p.participation_id')} FROM participation p JOIN chosen ON chosen.episode_id = p.episode_id "
    "JOIN episode e ON e.episode_id = p.episode_id ORDER BY p.key",
    "position": "SELECT e.key AS episode, x.turn, x.digest, x.payments FROM position x "
    "JOIN chosen ON chosen.episode_id = x.episode_id JOIN episode e ON e.episode_id = x.episode_id "
    "ORDER BY e.key, x.turn",
    "step": "SELECT e.key AS episode, s.turn, s.seat, s.action, s.name, s.source, s.n_attempts, s.first_try_legal, "
    f"s.created_at, {_digest('text')}, {_digest('situation')}, {_digest('thought')}, {_digest('facts')}, "
    "advice.codec AS codec, advice.body AS body, "
    "row_number() OVER (PARTITION BY s.episode_id ORDER BY s.step_id) - 1 AS place "
    "FROM step s JOIN chosen ON chosen.episode_id = s.episode_id JOIN episode e ON e.episode_id = s.episode_id "
    "LEFT JOIN participation p ON p.episode_id = s.episode_id AND p.seat = s.seat "
    "LEFT JOIN mine ON mine.participation_id = p.participation_id "
    "LEFT JOIN text ON text.text_id = s.text_id LEFT JOIN text situation ON situation.text_id = s.situation_id "
    "LEFT JOIN text thought ON thought.text_id = s.thought_id AND mine.participation_id IS NOT NULL "
    "LEFT JOIN text facts ON facts.text_id = s.facts_id "
    "LEFT JOIN text advice ON advice.text_id = s.advice_id AND mine.participation_id IS NOT NULL "
    "ORDER BY e.key, s.turn, s.seat",
    "attempt": "SELECT *, row_number() OVER (PARTITION BY coalesce(episode, choice) ORDER BY attempt_id) - 1 AS place "
    f"FROM (SELECT e.key AS episode, NULL AS choice, {_HEARD} "
    "JOIN participation p ON p.episode_id = a.episode_id AND p.seat = a.seat "
    "JOIN mine ON mine.participation_id = p.participation_id JOIN episode e ON e.episode_id = a.episode_id "
    f"UNION ALL SELECT NULL, c.key, {_HEARD} JOIN choice c ON c.choice_id = a.choice_id AND c.agent_id = :agent) "
    "ORDER BY coalesce(episode, ''), coalesce(choice, ''), turn, seat, ordinal",
    "spending": "SELECT x.*, r.key AS run FROM spending x JOIN run r ON r.run_id = x.run_id "
    "WHERE x.agent_id = :agent ORDER BY r.key, x.model",
    "lived": "SELECT p.key AS participation, l.clock FROM lived l "
    "JOIN participation p ON p.participation_id = l.participation_id WHERE l.agent_id = :agent ORDER BY p.key",
    "env_record": "SELECT * FROM env_record WHERE agent_id = :agent ORDER BY env_id",
    "memory": f"SELECT m.*, e.key AS episode, s.key AS successor, {_rank('m.memory_id')} FROM memory m "
    "JOIN episode e ON e.episode_id = m.episode_id LEFT JOIN memory s ON s.memory_id = m.superseded_by "
    "WHERE m.agent_id = :agent ORDER BY m.key",
    "memory_event": f"SELECT v.*, m.key AS memory, e.key AS episode, {_rank('v.event_id')} FROM memory_event v "
    "JOIN memory m ON m.memory_id = v.memory_id LEFT JOIN episode e ON e.episode_id = v.episode_id "
    "WHERE v.agent_id = :agent ORDER BY v.key",
    "evidence": "SELECT x.*, m.key AS memory, e.key AS episode FROM evidence x "
    "JOIN episode e ON e.episode_id = x.episode_id "
    f"{_OWNED} ORDER BY m.key, e.key, x.seat",
    "embedder": "SELECT * FROM embedder WHERE embedder_id IN "
    "(SELECT embedder_id FROM embedding WHERE agent_id = :agent) ORDER BY fingerprint",
    "embedding": "SELECT m.key AS memory, b.fingerprint AS embedder, x.vector FROM embedding x "
    "JOIN memory m ON m.memory_id = x.memory_id JOIN embedder b ON b.embedder_id = x.embedder_id "
    "WHERE x.agent_id = :agent ORDER BY m.key, b.fingerprint",
    "recall": "SELECT x.*, m.key AS memory, e.key AS episode FROM recall x "
    "JOIN episode e ON e.episode_id = x.episode_id "
    f"{_OWNED} ORDER BY e.key, x.turn, x.seat, m.key",
}


class ParcelSource:
    """An agent's rows in one moment of the store, in the form and order in which a parcel holds them."""

    def __init__(self, driver: sqlite3.Connection, agent_id: int) -> None:
        """Reads through a connection whose transaction the caller holds open."""
        self._driver = driver
        self._agent_id = agent_id
        self._digests: dict[int, str] = {}
        chosen = f"SELECT e.episode_id, e.key FROM episode e WHERE e.episode_id IN ({CHOSEN})"
        self._episodes: dict[int, str] = dict(driver.execute(chosen, {"agent": agent_id}).fetchall())
        self._named: set[str] = set()

    def rows(self, table: str) -> Iterator[Row]:
        """Yields the rows of a table; those of `text` are the texts that the rows read before name."""
        return self._list_texts() if table == "text" else self._list_rows(table)

    def _list_rows(self, table: str) -> Iterator[Row]:
        cursor = self._driver.execute(f"WITH {_CHOSEN} {_QUERIES[table]}", {"agent": self._agent_id})
        names = [column[0] for column in cursor.description]
        fields = TABLES[table].fields
        finish = {
            "participation": self._translate_settings,
            "step": self._translate_advice,
            "attempt": self._translate_prompt,
            "memory": _translate_successor,
            "memory_event": self._translate_event,
        }.get(table)
        for values in cursor:
            row = dict(zip(names, values, strict=True))
            if finish is not None:
                finish(row)
            if table in ("step", "attempt"):
                self._note_texts(row)
            yield {name: row[name] for name in fields}

    def _list_texts(self) -> Iterator[Row]:
        find = "SELECT altered, codec, body FROM text WHERE digest = ?"
        for digest in sorted(self._named):
            altered, codec, body = self._driver.execute(find, (bytes.fromhex(digest),)).fetchone()
            yield {"digest": digest, "altered": altered, "text": unpack_text(codec, body)}

    def _note_texts(self, row: Mapping[str, Value]) -> None:
        names = ("text", "situation", "thought", "facts", "reply")
        self._named.update(cast("str", row[name]) for name in names if row.get(name) is not None)

    def _translate_settings(self, row: Row) -> None:
        """Names the last change that the agent knew by its key; those of other agents are not told."""
        settings = cast("dict[str, Json]", json.loads(cast("str", row["settings"])))
        if "event" in settings:
            event = settings["event"]
            settings["event"] = self._find_event(event) if row["own"] and isinstance(event, int) else None
            row["settings"] = pack_json(settings)

    def _find_event(self, event_id: int) -> str | int:
        find = "SELECT key FROM memory_event WHERE agent_id = ? AND event_id <= ? ORDER BY event_id DESC LIMIT 1"
        row = self._driver.execute(find, (self._agent_id, event_id)).fetchone()
        return 0 if row is None else str(row[0])

    def _translate_advice(self, row: Row) -> None:
        """Names the episodes behind an advised decision by their keys."""
        row["advice"] = None
        if row["body"] is not None:
            text = unpack_text(cast("int", row["codec"]), cast("bytes", row["body"]))
            row["advice"] = translate_advice(text, self._find_episode)

    def _find_episode(self, episode_id: Json) -> str | None:
        return self._episodes.get(episode_id) if isinstance(episode_id, int) else None

    def _translate_prompt(self, row: Row) -> None:
        prompt = cast("list[tuple[str, str, int]]", json.loads(cast("str", row["prompt"])))
        named = [[role, section, self._find_digest(text_id)] for role, section, text_id in prompt]
        self._named.update(digest for *_, digest in named)
        row["prompt"] = json.dumps(named)

    def _find_digest(self, text_id: int) -> str:
        known = self._digests.get(text_id)
        if known is None:
            row = self._driver.execute("SELECT lower(hex(digest)) FROM text WHERE text_id = ?", (text_id,)).fetchone()
            if row is None:
                raise StoreCorrupt(f"A prompt names the text {text_id!r}, which is not there; run `langgym db check`.")
            known = self._digests[text_id] = str(row[0])
        return known

    def _translate_event(self, row: Row) -> None:
        for side in ("before", "after"):
            fields = cast("dict[str, Json]", json.loads(cast("str", row[side])))
            successor = fields.get("superseded_by")
            if isinstance(successor, int):
                find = "SELECT key FROM memory WHERE memory_id = ?"
                fields["superseded_by"] = self._driver.execute(find, (successor,)).fetchone()[0]
                row[side] = pack_json(fields)


def translate_advice(text: str, translate: Callable[[Json], Json]) -> str:
    """Returns what an advised decision was made of with the episodes of its records named otherwise.

    What is no JSON object, or has no `records` with `episodes`, stays as it is; episodes that are gone are left out.
    """
    try:
        advice = cast("Json", json.loads(text))
    except ValueError:
        return text
    records = advice.get("records") if isinstance(advice, dict) else None
    told = [record for record in records if isinstance(record, dict)] if isinstance(records, list) else []
    for record in told:
        episodes = record.get("episodes")
        if isinstance(episodes, list):
            named = [translate(episode) for episode in episodes]
            record["episodes"] = [name for name in named if name is not None]
    return json.dumps(advice, ensure_ascii=False, separators=(",", ":")) if told else text


def _translate_successor(row: Row) -> None:
    row["superseded_by"] = row["successor"]


def check_row(table: str, packed: Mapping[str, Json]) -> None:
    """Raises `StoreCorrupt` for a row that nobody could take in again."""
    try:
        TABLES[table].read(packed, f"A row of {table!r}")
    except BadParcel as error:
        raise StoreCorrupt(f"{error} The store is damaged; run `langgym db check`.") from None
