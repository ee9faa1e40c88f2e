import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents_db.keys import clean_text, pack_json, read_json
from agents_db.records import AgentDraft
from agents_db.store import AgentsDB
from tests.agents_db.conftest import World

NASTY = st.one_of(
    st.text(st.characters(codec=None), max_size=600),
    st.sampled_from(
        ["", "\0", "\ud800", "a\udfffb", "'; DROP TABLE step; --", '"', "\\u0000", "%_\\", "x" * 5000, "\u2400\ufffd"]
    ),
)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(texts=st.lists(NASTY, min_size=4, max_size=4))
def test_hostile_texts_come_back_clean(world: World, texts: list[str]) -> None:
    number = len(world.db.episodes(limit=1000))
    episode = world.start(number)
    world.play(episode, text=texts[0])
    world.db.add_attempt(world.draft_attempt(episode, prompt=texts[1], reply=texts[2]))
    (memory,) = world.db.end_episode(world.draft_end(episode, world.draft_memory(episode, text=texts[3])))
    (step,) = world.db.steps(episode.episode_id)
    (attempt,) = world.db.attempts(episode_id=episode.episode_id)
    found = [step.text, attempt.prompt[1].text, attempt.reply, memory.text]
    assert found == [clean_text(text) for text in texts]


@FEW
@given(
    value=st.dictionaries(NASTY, st.one_of(NASTY, st.integers(), st.none(), st.lists(NASTY, max_size=3)), max_size=4)
)
def test_hostile_settings_come_back_clean(value: dict[str, object]) -> None:
    packed = pack_json(value)
    assert "\0" not in packed
    assert "\\u0000" not in packed.replace("\\\\", "")
    packed.encode()
    if not any("\0" in text or clean_text(text) != text for text in _list_texts(value)):
        assert read_json(packed) == value


def _list_texts(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for pair in value.items() for item in pair for text in _list_texts(item)]
        case list():
            return [text for item in value for text in _list_texts(item)]
        case _:
            return []


@given(text=NASTY)
def test_cleaning_is_done_once(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    once.encode()
    assert len(once) == len(text)


def _read_rows(db: AgentsDB, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(db.path) as connection:
        rows = connection.execute(query).fetchall()
    connection.close()
    return rows


def test_equal_texts_are_stored_once(world: World) -> None:
    episode = world.start()
    world.play(episode, 0, text="same")
    world.play(episode, 1, text="same")
    assert len(_read_rows(world.db, "SELECT 1 FROM text WHERE body = CAST('same' AS BLOB)")) == 1


def test_equal_texts_are_stored_once_by_two_processes(world: World, tmp_path: Path) -> None:
    world.play(world.start(0), text="same")
    with AgentsDB.open(tmp_path / "store.db") as other:
        episode = world.start(1)
        other.record_turn(episode.episode_id, world.draft_position(), [world.draft_step(text="same")], paid=False)
    assert len(_read_rows(world.db, "SELECT 1 FROM text WHERE body = CAST('same' AS BLOB)")) == 1


def test_altered_text_says_so(world: World) -> None:
    episode = world.start()
    world.play(episode, 0, text="a\0b")
    world.play(episode, 1, text="a\u2400b")
    body = "a\u2400b".encode().hex().upper()
    rows = _read_rows(world.db, f"SELECT altered FROM text WHERE hex(body) = '{body}' ORDER BY text_id")
    assert rows == [(1,), (0,)]


def test_long_text_is_compressed_and_short_is_not(world: World) -> None:
    episode = world.start()
    world.play(episode, 0, text="board " * 100)
    (step,) = world.db.steps(episode.episode_id)
    assert step.text == "board " * 100
    assert _read_rows(world.db, "SELECT max(length(body)) FROM text")[0][0] < 100  # pyright: ignore
    assert _read_rows(world.db, "SELECT DISTINCT codec FROM text ORDER BY codec") == [(0,), (1,)]


def test_order_of_settings_is_kept(world: World) -> None:
    agent = world.db.create_agent(AgentDraft(name="bob", model="m", settings={"z": 1, "a": 2}))
    assert list(agent.settings) == ["z", "a"]


def test_damaged_text_is_found_by_check(world: World) -> None:
    world.play(world.start(), text="honest")
    with sqlite3.connect(world.db.path) as connection:
        connection.execute("UPDATE text SET body = CAST('forged' AS BLOB) WHERE body = CAST('honest' AS BLOB)")
    connection.close()
    (finding,) = world.db.check()
    assert finding.severity == "problem"
    assert "not what was stored" in finding.what


@pytest.mark.parametrize("text", ["plain", "ä", "😀"])
def test_clean_text_is_left_alone(text: str) -> None:
    assert clean_text(text) is text or clean_text(text) == text
