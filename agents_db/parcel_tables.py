"""The tables of a parcel: an agent with all that it rests on, row by row, by natural keys and never by ids."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agents_db.errors import BadParcel
from agents_db.knowledge import ChangeOp, MemoryState, Relation, Scope, Trust
from agents_db.parcel_kinds import (
    HEX,
    KEY,
    OBJECT,
    PROMPT,
    REAL,
    TEXT,
    TRUTH,
    VECTOR,
    WHOLE,
    Kind,
    Value,
    choose,
)
from agents_db.records import AttemptClass, EndReason, EpisodeStatus, Json, Result, RunStatus, Source

SCHEMA = "langgym.parcel/1"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class ParcelTable:
    """A table of a parcel and the kinds of its fields, in the order in which they are written."""

    name: str
    fields: Mapping[str, Kind]

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.name}.jsonl"

    def write(self, row: Mapping[str, Value]) -> dict[str, Json]:
        """Returns a row of the store as an object of JSON."""
        return {name: kind.write(row[name]) for name, kind in self.fields.items()}

    def read(self, row: Mapping[str, Json], place: str) -> dict[str, Value]:
        """Returns an object of JSON as values for the store; raises `BadParcel` for any that `write` never returns."""
        if row.keys() != self.fields.keys():
            odd = sorted(row.keys() ^ self.fields.keys())
            raise BadParcel(f"{place} has not the fields of a {self.name}: {', '.join(odd[:5])!r}.")
        values: dict[str, Value] = {}
        for name, kind in self.fields.items():
            try:
                values[name] = kind.read(row[name])
            except (ValueError, RecursionError):
                raise BadParcel(f"{place}: {name!r} is not {kind.name}.") from None
        return values


_KINDS = {
    **{"key": KEY, "text": TEXT, "whole": WHOLE, "real": REAL, "truth": TRUTH, "hex": HEX, "vector": VECTOR},
    **{"object": OBJECT, "prompt": PROMPT, "run_status": choose(RunStatus), "status": choose(EpisodeStatus)},
    **{"source": choose(Source), "end": choose(EndReason), "result": choose(Result), "class": choose(AttemptClass)},
    **{"state": choose(MemoryState), "scope": choose(Scope), "trust": choose(Trust), "op": choose(ChangeOp)},
    "relation": choose(Relation),
}
_FIELDS = {
    "agent": "key:key name:text model:text settings:object limits:object created_at:whole last_played_at:whole?",
    "variant": "key:key env_id:text kwargs:object",
    "run": "key:key place:whole seed:whole settings:object langgym_version:text commit_hash:text? status:run_status "
    "started_at:whole ended_at:whole? seconds:real",
    "choice": "key:key place:whole run:key number:whole offered:object env_id:text? reason:text? source:source? "
    "created_at:whole",
    "episode": "key:key place:whole run:key number:whole choice:key? variant:key text_version:whole "
    "situation_version:whole seed:whole max_turns:whole? templates:text packages:object langgym_version:text "
    "commit_hash:text? status:status reason:end? fault:text? drifted:truth started_at:whole ended_at:whole? "
    "options:object",
    "participation": "key:key place:whole episode:key position:whole seat:text role:text team:text? player:text "
    "own:truth model:text? settings:object total:real? result:result? reason:end?",
    "text": "digest:key altered:truth text:text",
    "position": "episode:key turn:whole digest:hex payments:object",
    "step": "episode:key turn:whole seat:text place:whole action:whole name:text source:source text:key? "
    "situation:key? thought:key? facts:key? advice:text? n_attempts:whole first_try_legal:truth created_at:whole",
    "attempt": "episode:key? choice:key? turn:whole? seat:text? ordinal:whole place:whole outcome:class prompt:prompt "
    "reply:key? problem:text? tokens_in:whole? tokens_out:whole? cached_tokens:whole? milliseconds:whole "
    "created_at:whole model:text? est_in:whole est_out:whole lost_calls:whole",
    "spending": "run:key model:text n_calls:whole tokens_in:whole tokens_out:whole cached_tokens:whole "
    "milliseconds:whole lost_calls:whole lost_in:whole lost_out:whole",
    "lived": "participation:key clock:whole",
    "env_record": "env_id:text n_participations:whole sum_total:real best_total:real last_total:real n_wins:whole "
    "n_draws:whole n_losses:whole sum_turns:whole sum_seconds:real",
    "memory": "key:key place:whole kind:text text:text altered:truth env_id:text role:text episode:key seat:text "
    "turn_from:whole? turn_to:whole? outcome:real? importance:real clock:whole state:state created_at:whole "
    "scope:scope subject:text? condition:text? action:text? effect:real? low:real? high:real? maker:text trust:trust "
    "votes:whole n_helped:whole n_hurt:whole pinned:truth rev:whole superseded_by:key?",
    "memory_event": "key:key place:whole memory:key clock:whole op:op actor:text reason:text? before:object "
    "after:object episode:key? created_at:whole",
    "evidence": "memory:key episode:key seat:text turn_from:whole? turn_to:whole? relation:relation",
    "embedder": "fingerprint:text name:text dim:whole probe_text:text? probe_vector:vector?",
    "embedding": "memory:key embedder:text vector:vector",
    "recall": "episode:key turn:whole seat:text memory:key rank:whole score:real parts:object credit:whole?",
}


def _read_fields(spec: str) -> Iterator[tuple[str, Kind]]:
    for field in spec.split():
        name, kind = field.split(":")
        found = _KINDS[kind.removesuffix("?")]
        yield name, found.optional() if kind.endswith("?") else found


TABLES: Mapping[str, ParcelTable] = {
    name: ParcelTable(name, dict(_read_fields(spec))) for name, spec in _FIELDS.items()
}
"""By name, each after those that it names.

`place` is the rank of a row by its id: among all rows of its table, for steps and attempts among those of its episode.
Counters are not among the fields: whoever takes a parcel in counts them anew.
"""
