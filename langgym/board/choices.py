"""The page of choices: what was played in the universe, and why it was chosen."""

import streamlit as st

from langgym.board.showing import PAGE, Place, choose, say, show_table
from langgym.query.records import read_record, read_records
from langgym.views.records import AGENT_COLUMNS, CHOICE_COLUMNS, NO_RECORD, RECORD_COLUMNS, describe_record
from universe.catalog import default_catalog
from universe.errors import UnknownEnv


def show_choices(place: Place) -> None:
    """Shows the page."""
    db = place.open()
    records = read_records(db, default_catalog()).items
    played = sorted((item for item in records if item.n_participations), key=lambda item: -item.n_participations)
    if not played:
        return say(NO_RECORD)
    show_table(RECORD_COLUMNS, played, key="records")
    env_id = choose("Environment", [item.env_id for item in played], key="env of choices")
    assert env_id is not None
    try:
        card = default_catalog().find(env_id)
    except UnknownEnv as error:
        return say(str(error))
    record = read_record(db, card, limit=PAGE)
    say(describe_record(record))
    show_table(AGENT_COLUMNS, record.agents, key="agents of record")
    st.subheader("Why it was chosen")
    if not record.choices:
        return say("nobody chose it: it was named when it was played")
    show_table(CHOICE_COLUMNS, record.choices, key="choices")
    return None
