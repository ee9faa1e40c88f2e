"""Taking a parcel in: rows of a parcel become rows of a store, in one transaction, by their natural keys."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import cast

import zstandard

from agents_db import tables
from agents_db.counters import COUNTERS
from agents_db.errors import BadParcel
from agents_db.forks import INSERT_EMBEDDING, INSERT_EVIDENCE, INSERT_MEMORY, MEMORY_COLUMNS, SUPERSEDE
from agents_db.keys import make_key, pack_json
from agents_db.parcel_files import ParcelFiles
from agents_db.parcel_kinds import Value
from agents_db.parcel_rows import CHOSEN, translate_advice
from agents_db.records import Json
from agents_db.scores import SUMS, add_scores, agree
from agents_db.statements import compile_insert
from agents_db.texts import RAW, SMALL, ZSTD, hash_text
from agents_db.writer import Transaction

Row = dict[str, Value]

_RUN = ("key", "seed", "settings", "langgym_version", "commit_hash", "status", "started_at", "ended_at", "seconds")
_CHOICE = ("key", "run_id", "agent_id", "number", "offered", "env_id", "reason", "source", "created_at")
_EPISODE = (
    *("key", "run_id", "number", "choice_id", "variant_id", "env_id", "text_version", "situation_version", "seed"),
    *("max_turns", "templates", "packages", "langgym_version", "commit_hash", "status", "reason", "fault", "drifted"),
    *("n_turns", "started_at", "ended_at", "options"),
)
_SEAT = (
    *("key", "episode_id", "position", "seat", "role", "team", "player", "agent_id", "model", "settings"),
    *("n_decisions", "n_fallbacks", "n_first_try_legal", "total", "result", "reason"),
)
_STEP = (
    *("episode_id", "turn", "seat", "action", "name", "source", "text_id", "situation_id", "thought_id", "n_attempts"),
    *("first_try_legal", "created_at", "facts_id", "advice_id"),
)
_ATTEMPT = (
    *("episode_id", "choice_id", "turn", "seat", "ordinal", "outcome", "prompt", "reply_id", "problem", "tokens_in"),
    *("tokens_out", "cached_tokens", "milliseconds", "created_at", "model", "est_in", "est_out", "lost_calls"),
)
_SPENDING = (
    *("run_id", "agent_id", "model", "n_calls", "tokens_in", "tokens_out", "cached_tokens", "milliseconds"),
    *("lost_calls", "lost_in", "lost_out"),
)
_EVENT = (
    *("key", "memory_id", "agent_id", "clock", "op", "actor", "reason", "before", "after", "episode_id", "created_at"),
)
_INSERTS = {
    "variant": compile_insert(tables.variant, "key", "env_id", "kwargs"),
    "run": compile_insert(tables.run, *_RUN),
    "choice": compile_insert(tables.choice, *_CHOICE),
    "episode": compile_insert(tables.episode, *_EPISODE),
    "participation": compile_insert(tables.participation, *_SEAT),
    "text": compile_insert(tables.texts, "digest", "codec", "altered", "body"),
    "position": compile_insert(tables.position, "episode_id", "turn", "digest", "payments"),
    "step": compile_insert(tables.step, *_STEP),
    "attempt": compile_insert(tables.attempt, *_ATTEMPT),
    "spending": compile_insert(tables.spending, *_SPENDING),
    "lived": compile_insert(tables.lived, "agent_id", "participation_id", "clock"),
    "env_record": compile_insert(tables.env_record, "agent_id", "env_id", *SUMS),
    "memory_event": compile_insert(tables.memory_event, *_EVENT),
    "embedder": compile_insert(tables.embedder, "fingerprint", "name", "dim", "probe_text", "probe_vector"),
    "recall": compile_insert(
        tables.recall, "episode_id", "turn", "seat", "memory_id", "rank", "score", "parts", "credit"
    ),
}
_FILL_STEP = (
    "UPDATE step SET thought_id = coalesce(thought_id, ?), advice_id = coalesce(advice_id, ?) "
    "WHERE episode_id = ? AND turn = ? AND seat = ?"
)
_PACKER = zstandard.ZstdCompressor(level=3)


class Intake:
    """One parcel on its way into the rows of an agent that is there and knows nothing yet."""

    def __init__(self, transaction: Transaction, parcel: ParcelFiles, agent_id: int) -> None:
        """Changes nothing yet; the transaction is the caller's."""
        self._transaction = transaction
        self._cursor = transaction.cursor
        self._parcel = parcel
        self._agent_id = agent_id
        self._ids: dict[str, dict[str, int]] = {}
        """By table and natural key, the ids that rows have here."""
        self._settings: dict[int, str] = {}
        """By id, what the participations of the agent itself were set to."""

    def run(self) -> None:
        """Stores every row of the parcel and counts anew; raises `BadParcel`, after which all must be rolled back."""
        try:
            self._store("variant", self._make_variant)
            self._store("run", self._make_run)
            self._store("choice", self._make_choice)
            self._store("episode", self._make_episode)
            self._store("participation", self._make_seat)
            self._store_texts()
            self._store_turns()
            self._store_memories()
            self._store_lived()
            self._recount()
            self._store_records()
        except sqlite3.IntegrityError as error:
            raise BadParcel(f"The rows of the parcel do not fit together ({error}).") from None

    # Rows that have keys

    def _store(self, table: str, make: Callable[[Row], tuple[Value, ...]]) -> None:
        """Stores the rows of a table in the order in which their ids rose; those that are here already stay."""
        ids = self._ids[table] = {}
        rows = list(self._parcel.rows(table))
        for row in sorted(rows, key=lambda row: cast("int", row.get("place", 0))):
            key = cast("str", row["key"])
            values = make(row)
            if self._cursor.execute(_INSERTS[table], values).rowcount == 1:
                ids[key] = cast("int", self._cursor.lastrowid)
            else:
                ids[key] = self._find_own(table, key, values)
            if table == "participation" and row["own"]:
                self._settings[ids[key]] = cast("str", row["settings"])

    def _find_own(self, table: str, key: str, values: tuple[Value, ...]) -> int:
        """Returns the id of a row that is here already; where it is not the same one, raises `BadParcel`."""
        same = {"run": ("seed",), "choice": ("run_id", "agent_id", "number"), "variant": ("env_id", "kwargs")}
        same |= {"episode": ("run_id", "number", "variant_id", "seed", "status")}
        same |= {"participation": ("episode_id", "seat", "player", "total", "result")}
        columns = {"run": _RUN, "choice": _CHOICE, "episode": _EPISODE, "participation": _SEAT}.get(
            table, ("key", "env_id", "kwargs")
        )
        wanted = dict(zip(columns, values, strict=True))
        names = same[table]
        query = f"SELECT {table}_id, {', '.join(names)} FROM {table} WHERE key = ?"
        row = self._cursor.execute(query, (key,)).fetchone()
        if row is None or tuple(row[1:]) != tuple(wanted[name] for name in names):
            raise BadParcel(f"The {table} {key!r} of the parcel is another one here; import it into another home.")
        if table == "participation" and wanted["agent_id"] is not None:
            self._sit_down(row[0], key)
        if table == "episode" and wanted["choice_id"] is not None:
            fill = "UPDATE episode SET choice_id = ? WHERE episode_id = ? AND choice_id IS NULL"
            self._cursor.execute(fill, (wanted["choice_id"], row[0]))
        return int(row[0])

    def _sit_down(self, participation_id: int, key: str) -> None:
        """Gives the agent a seat that came here before it, with somebody else's parcel."""
        take = "UPDATE participation SET agent_id = ? WHERE participation_id = ? AND coalesce(agent_id, ?) = ?"
        values = (self._agent_id, participation_id, self._agent_id, self._agent_id)
        if self._cursor.execute(take, values).rowcount != 1:
            raise BadParcel(f"The seat {key!r} of the parcel is another agent's here; import it into another home.")

    def _find(self, table: str, key: Value) -> int:
        found = self._ids[table].get(cast("str", key))
        if found is None:
            raise BadParcel(f"The parcel names the {table} {key!r}, which it does not hold.")
        return found

    def _find_optional(self, table: str, key: Value) -> int | None:
        return None if key is None else self._find(table, key)

    def _make_variant(self, row: Row) -> tuple[Value, ...]:
        _check_key(row, "variant", row["env_id"], row["kwargs"])
        return row["key"], row["env_id"], row["kwargs"]

    def _make_run(self, row: Row) -> tuple[Value, ...]:
        if row["status"] in ("running", "interrupted"):
            raise BadParcel("A run of the parcel is open; a run can be gone on with only where it was begun.")
        return tuple(row[name] for name in _RUN)

    def _make_choice(self, row: Row) -> tuple[Value, ...]:
        _check_key(row, "choice", row["run"], row["number"], self._parcel.key)
        known = {"run_id": self._find("run", row["run"]), "agent_id": self._agent_id}
        return _pick(_CHOICE, row, known)

    def _make_episode(self, row: Row) -> tuple[Value, ...]:
        _check_key(row, "episode", row["run"], row["number"])
        if row["status"] == "running":
            raise BadParcel("An episode of the parcel has not ended; it can be gone on with only where it was begun.")
        variant_id = self._find("variant", row["variant"])
        find = "SELECT env_id FROM variant WHERE variant_id = ?"
        known: Row = {
            **{"run_id": self._find("run", row["run"]), "variant_id": variant_id, "n_turns": 0},
            **{"choice_id": self._find_optional("choice", row["choice"])},
            **{"env_id": self._cursor.execute(find, (variant_id,)).fetchone()[0]},
        }
        return _pick(_EPISODE, row, known)

    def _make_seat(self, row: Row) -> tuple[Value, ...]:
        _check_key(row, "participation", row["episode"], row["seat"])
        known: Row = {
            **{"episode_id": self._find("episode", row["episode"]), "agent_id": self._agent_id if row["own"] else None},
            **dict.fromkeys(("n_decisions", "n_fallbacks", "n_first_try_legal"), 0),
        }
        return _pick(_SEAT, row, known)

    # Texts and turns

    def _store_texts(self) -> None:
        ids = self._ids["text"] = {}
        for row in self._parcel.rows("text"):
            digest, body = bytes.fromhex(cast("str", row["digest"])), cast("str", row["text"]).encode()
            if hash_text(body, altered=bool(row["altered"])) != digest:
                raise BadParcel(f"The text {row['digest']!r} of the parcel is not what its digest says.")
            packed = _PACKER.compress(body) if len(body) >= SMALL else body
            codec, kept = (ZSTD, packed) if len(packed) < len(body) else (RAW, body)
            if self._cursor.execute(_INSERTS["text"], (digest, codec, row["altered"], kept)).rowcount == 1:
                ids[digest.hex()] = cast("int", self._cursor.lastrowid)
            else:
                find = "SELECT text_id FROM text WHERE digest = ?"
                ids[digest.hex()] = self._cursor.execute(find, (digest,)).fetchone()[0]

    def _store_turns(self) -> None:
        for row in self._parcel.rows("position"):
            place = (self._find("episode", row["episode"]), row["turn"])
            self._cursor.execute(_INSERTS["position"], (*place, row["digest"], row["payments"]))
        for row in self._list_grouped("step", "episode"):
            self._store_step(row)
        for row in self._list_grouped("attempt", "episode", "choice"):
            self._store_attempt(row)
        for row in self._parcel.rows("spending"):
            known = {"run_id": self._find("run", row["run"]), "agent_id": self._agent_id}
            self._cursor.execute(_INSERTS["spending"], _pick(_SPENDING, row, known))

    def _list_grouped(self, table: str, *owners: str) -> Iterator[Row]:
        """Yields rows episode by episode, those of each in the order in which their ids rose."""
        for _, rows in groupby(self._parcel.rows(table), key=lambda row: [row[owner] for owner in owners]):
            yield from sorted(rows, key=lambda row: cast("int", row["place"]))

    def _store_step(self, row: Row) -> None:
        names = ("text", "situation", "thought", "facts")
        known: Row = {f"{name}_id": self._find_optional("text", row[name]) for name in names}
        advice = cast("str | None", row["advice"])
        told = None if advice is None else translate_advice(advice, self._find_episode)
        known["advice_id"] = self._transaction.texts.add_optional(told)
        known["episode_id"] = self._find("episode", row["episode"])
        if self._cursor.execute(_INSERTS["step"], _pick(_STEP, row, known)).rowcount != 1:
            place = (known["episode_id"], row["turn"], row["seat"])
            self._cursor.execute(_FILL_STEP, (known["thought_id"], known["advice_id"], *place))

    def _find_episode(self, key: Json) -> Json:
        return self._find("episode", str(key))

    def _store_attempt(self, row: Row) -> None:
        if (row["episode"] is None) == (row["choice"] is None):
            raise BadParcel("An attempt of the parcel belongs to no episode and no choice, or to both.")
        prompt = cast("list[tuple[str, str, str]]", json.loads(cast("str", row["prompt"])))
        named = [[role, section, self._find("text", digest)] for role, section, digest in prompt]
        known: Row = {
            **{"episode_id": self._find_optional("episode", row["episode"])},
            **{"choice_id": self._find_optional("choice", row["choice"])},
            **{"reply_id": self._find_optional("text", row["reply"])},
            **{"prompt": json.dumps(named, separators=(",", ":"))},
        }
        self._cursor.execute(_INSERTS["attempt"], _pick(_ATTEMPT, row, known))

    # What the agent knows

    def _store_memories(self) -> None:
        ids = self._ids["memory"] = {}
        rows = sorted(self._parcel.rows("memory"), key=lambda row: cast("int", row["place"]))
        for row in rows:
            known: Row = {
                **{"agent_id": self._agent_id, "episode_id": self._find("episode", row["episode"])},
                **{"folded": cast("str", row["text"]).casefold(), "n_recalled": 0},
            }
            if self._cursor.execute(INSERT_MEMORY, _pick(MEMORY_COLUMNS, row, known)).rowcount != 1:
                raise BadParcel(f"The memory {row['key']!r} of the parcel is another agent's here.")
            ids[cast("str", row["key"])] = cast("int", self._cursor.lastrowid)
        for row in rows:
            if row["superseded_by"] is not None:
                places = (self._find("memory", row["superseded_by"]), self._find("memory", row["key"]))
                self._cursor.execute(SUPERSEDE, places)
        self._store_events()
        self._store_proofs()
        self._store_vectors()

    def _store_events(self) -> None:
        ids = self._ids["memory_event"] = {}
        for row in sorted(self._parcel.rows("memory_event"), key=lambda row: cast("int", row["place"])):
            known: Row = {
                **{"memory_id": self._find("memory", row["memory"]), "agent_id": self._agent_id},
                **{"episode_id": self._find_optional("episode", row["episode"])},
                **{side: self._name_successor(row[side]) for side in ("before", "after")},
            }
            if self._cursor.execute(_INSERTS["memory_event"], _pick(_EVENT, row, known)).rowcount != 1:
                raise BadParcel(f"The change {row['key']!r} of the parcel is another agent's here.")
            ids[cast("str", row["key"])] = cast("int", self._cursor.lastrowid)
        for participation_id, packed in self._settings.items():
            settings = cast("dict[str, Json]", json.loads(packed))
            if isinstance(settings.get("event"), str):
                settings["event"] = self._find("memory_event", cast("str", settings["event"]))
            change = "UPDATE participation SET settings = ? WHERE participation_id = ?"
            self._cursor.execute(change, (pack_json(settings), participation_id))

    def _name_successor(self, packed: Value) -> str:
        fields = cast("dict[str, Json]", json.loads(cast("str", packed)))
        successor = fields.get("superseded_by")
        if successor is None:
            return cast("str", packed)
        if not isinstance(successor, str):
            raise BadParcel("A change of the parcel names a memory by a number.")
        return pack_json({**fields, "superseded_by": self._find("memory", successor)})

    def _store_proofs(self) -> None:
        sits = "SELECT 1 FROM participation WHERE episode_id = ? AND seat = ?"
        for row in self._parcel.rows("evidence"):
            place = (self._find("episode", row["episode"]), row["seat"])
            if self._cursor.execute(sits, place).fetchone() is None:
                raise BadParcel(f"A memory of the parcel rests on the seat {row['seat']!r}, in which nobody sat.")
            turns = (row["turn_from"], row["turn_to"], row["relation"])
            self._cursor.execute(INSERT_EVIDENCE, (self._find("memory", row["memory"]), *place, *turns))
        for row in self._parcel.rows("recall"):
            known = {
                "episode_id": self._find("episode", row["episode"]),
                "memory_id": self._find("memory", row["memory"]),
            }
            columns = ("episode_id", "turn", "seat", "memory_id", "rank", "score", "parts", "credit")
            self._cursor.execute(_INSERTS["recall"], _pick(columns, row, known))

    def _store_vectors(self) -> None:
        embedders: dict[str, tuple[int, int]] = {}
        columns = ("fingerprint", "name", "dim", "probe_text", "probe_vector")
        for row in self._parcel.rows("embedder"):
            self._cursor.execute(_INSERTS["embedder"], _pick(columns, row, {}))
            find = "SELECT embedder_id, dim FROM embedder WHERE fingerprint = ?"
            embedders[cast("str", row["fingerprint"])] = self._cursor.execute(find, (row["fingerprint"],)).fetchone()
        for row in self._parcel.rows("embedding"):
            embedder_id, dim = embedders.get(cast("str", row["embedder"]), (0, 0))
            if len(cast("bytes", row["vector"])) != 4 * dim:
                raise BadParcel(f"A vector of the parcel has not the dimensions of its embedder {row['embedder']!r}.")
            memory_id = self._find("memory", row["memory"])
            self._cursor.execute(INSERT_EMBEDDING, (self._agent_id, embedder_id, memory_id, row["vector"]))

    def _store_lived(self) -> None:
        for row in self._parcel.rows("lived"):
            place = (self._agent_id, self._find("participation", row["participation"]), row["clock"])
            self._cursor.execute(_INSERTS["lived"], place)

    def _store_records(self) -> None:
        real = add_scores(self._transaction.connection, self._agent_id)
        for row in self._parcel.rows("env_record"):
            sums = tuple(cast("float", row[name]) for name in SUMS)
            wanted = real.pop(cast("str", row["env_id"]), None)
            if wanted is None or not agree(sums, wanted):
                raise BadParcel(f"The record in {row['env_id']!r} of the parcel is not what its episodes say.")
            self._cursor.execute(_INSERTS["env_record"], (self._agent_id, row["env_id"], *sums))
        if real:
            raise BadParcel(f"The parcel has no record in {min(real)!r}, where its agent has played.")

    def _recount(self) -> None:
        """Counts what was taken in, and what it belongs to."""
        chosen = CHOSEN.replace(":agent", str(self._agent_id))
        where = {
            "participation": f"episode_id IN ({chosen})",
            "episode": f"episode_id IN ({chosen})",
            "memory": f"agent_id = {self._agent_id}",
            "agent": f"agent_id IN (SELECT agent_id FROM participation WHERE episode_id IN ({chosen})) "
            f"OR agent_id = {self._agent_id}",
        }
        for counters in COUNTERS:
            replace(counters, where=f"({where[counters.table]})").recount(self._transaction.driver)


def _check_key(row: Row, *origin: Value) -> None:
    """Raises `BadParcel` unless a row's key is made of what the row says that it comes from."""
    if row["key"] != make_key(*cast("tuple[str, ...]", origin)):
        raise BadParcel(f"The {origin[0]} {row['key']!r} of the parcel is not what its key says.")


def _pick(columns: tuple[str, ...], row: Row, known: Mapping[str, Value]) -> tuple[Value, ...]:
    """Returns the values of a row of the store: those known here, and those of the parcel."""
    return tuple(known[name] if name in known else row[name] for name in columns)
