"""`langgym envs record`: what the agents here have done in each environment, and why they chose it."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from langgym.cli.output import emit, emit_columns, emit_json, say

if TYPE_CHECKING:
    from universe.card import EnvCard


def show_records(home: Path, cards: "Iterable[EnvCard]", *, as_json: bool) -> None:
    """Prints what was done in every environment; those that nobody has played are left out of the table."""
    from langgym.cli.reading import open_reader
    from langgym.query.records import read_records
    from langgym.views.records import NO_RECORD, RECORD_COLUMNS

    with open_reader(home) as db:
        page = read_records(db, cards)
    if as_json:
        return emit_json(page)
    played = [item for item in page.items if item.n_participations]
    if not played:
        return say(NO_RECORD)
    emit_columns(RECORD_COLUMNS, played)
    say(f"{len(page.items) - len(played)} more that nobody has played to an end: `langgym envs list`")
    return None


def show_record(home: Path, card: "EnvCard", *, limit: int, as_json: bool) -> None:
    """Prints what was done in one environment, by whom, and the last choices of it."""
    from langgym.cli.reading import open_reader
    from langgym.query.records import read_record
    from langgym.views.records import AGENT_COLUMNS, CHOICE_COLUMNS, describe_record

    with open_reader(home) as db:
        record = read_record(db, card, limit=limit)
    if as_json:
        return emit_json(record)
    emit(describe_record(record))
    if record.agents:
        emit()
        emit_columns(AGENT_COLUMNS, record.agents)
    if record.choices:
        emit("\nChosen")
        emit_columns(CHOICE_COLUMNS, record.choices)
    return None
