import contextlib
import string
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents_db.filters import Condition
from agents_db.store import AgentsDB
from langgym.bench.stores import make_store
from langgym.errors import UsageError
from langgym.query.episodes import read_episode_ids, read_episode_items
from langgym.query.filters import (
    EPISODE_KEYS,
    MEMORY_KEYS,
    FilterError,
    parse_episode_filter,
    parse_memory_filter,
)
from langgym.query.memories import read_memory_ids, read_memory_items

NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)
DAY = 86_400_000_000
MIDNIGHT = int(datetime(2026, 3, 10, tzinfo=UTC).timestamp()) * 1_000_000
EPISODES = {
    "env:connect*": ("env", "like", "*/connect*"),
    "env:classic/ch*": ("env", "like", "classic/ch*"),
    "env:chess": ("env", "like", "*chess*"),
    "env:classic/chess": ("env", "like", "classic/chess*"),
    "env:classic/chess_v6": ("env", "=", "classic/chess_v6"),
    "env:classic/chess-v6": ("env", "=", "classic/chess_v6"),
    'env:"chess*"': ("env", "=", "chess*"),
    "game:chess": ("env", "like", "*chess*"),
    "chess": ("env", "like", "*chess*"),
    "agent:Ada": ("agent", "=", "ada"),
    "agent:a?a": ("agent", "like", "a?a"),
    "player:random": ("player", "=", "random"),
    "model:local:smollm2": ("model", "=", "local:smollm2"),
    'role:"the first one"': ("role", "=", "the first one"),
    "ROLE:x": ("role", "=", "x"),
    "status:FAILED": ("status", "=", "failed"),
    "reason:capped": ("reason", "=", "capped"),
    "result:win": ("result", "=", "win"),
    "return:>0.5": ("return", ">", 0.5),
    "return:>=-1": ("return", ">=", -1),
    "return>0.5": ("return", ">", 0.5),
    "score:<.5": ("return", "<", 0.5),
    "return:=1e3": ("return", "=", 1000.0),
    "turns:12": ("turns", "=", 12),
    "fallbacks:<=2": ("fallbacks", "<=", 2),
    'run:>"3"': ("run", ">", 3),
    "since:2d": ("since", ">=", MIDNIGHT + DAY // 2 + DAY // 48 - 2 * DAY),
    "since:today": ("since", ">=", MIDNIGHT),
    "since:yesterday": ("since", ">=", MIDNIGHT - DAY),
    "since:2026-03-10": ("since", ">=", MIDNIGHT),
    "until:2026-03-10": ("until", "<", MIDNIGHT + DAY),
    "until:2026-03-10T00:00": ("until", "<", MIDNIGHT),
    "until:2026-03-10t02:00+02:00": ("until", "<", MIDNIGHT),
}
MEMORIES = {
    "centre": ("word", "=", "centre"),
    '"two words"': ("word", "=", "two words"),
    "win*ing": ("word", "like", "win*ing"),
    '"what?"': ("word", "=", "what?"),
    "12:30": ("word", "=", "12:30"),
    "a>b": ("word", "=", "a>b"),
    'say"': ("word", "=", 'say"'),
    "-": ("word", "=", "-"),
    "word:x": ("word", "=", "x"),
    "kind:strategy": ("kind", "=", "strategy"),
    "state:retired": ("state", "=", "retired"),
    "trust:other": ("trust", "=", "other"),
    "maker:model:*": ("maker", "like", "model:*"),
    "pinned:yes": ("pinned", "=", 1),
    "pinned:FALSE": ("pinned", "=", 0),
    "recalled:>3": ("recalled", ">", 3),
    "effect:<0": ("effect", "<", 0),
    "episode:812": ("episode", "=", 812),
}
WRONG = {
    "gme:chess": "No key 'gme'; did you mean 'env'? Keys: agent, env,",
    "agnt:ada": "did you mean 'agent'",
    "zzzzzz:1": "No key 'zzzzzz'. Keys:",
    "-agent:ada": "cannot leave out",
    "agent:": "Nothing follows 'agent:'",
    'agent:""': "Nothing follows 'agent:'",
    "agent:>ada": "cannot be compared by '>'",
    'env:"chess': "The quote before 'chess' is not closed",
    "status:fail": "did you mean 'failed'",
    "status:gone": "There are running, finished, failed.",
    "return:high": "takes a number",
    "return:nan": "takes a number",
    "return:>": "Nothing follows",
    "return:1e999": "not so large",
    "turns:99999999999999999999": "takes a number",
    "turns:\u0661": "takes a number",
    "since:soon": "takes how long ago",
    "since:999999999w": "takes how long ago",
    "until:9999-12-31": "takes how long ago",
    "since:2026-02-30": "takes how long ago",
    "since:>2d": "cannot be compared",
    "x" * 1001: "at most 1,000 characters",
}
PARTS = st.one_of(
    st.text(max_size=30),
    st.builds(
        "{}:{}{}".format,
        st.sampled_from(sorted({*EPISODE_KEYS, *MEMORY_KEYS, "game", "x"})),
        st.sampled_from(["", "<", ">=", '"', "="]),
        st.one_of(st.text(max_size=12), st.text("0123456789.-+eE:TZdw", max_size=25), st.floats().map(str)),
    ),
)
FILTERS = st.lists(PARTS, max_size=5).map(" ".join)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory):
    path: Path = tmp_path_factory.mktemp("filters") / "store.db"
    make_store(path, episodes=200, steps_each=4, memories=40, agents=6)
    with AgentsDB.open_reader(path) as opened:
        yield opened


@pytest.mark.parametrize(("text", "meant"), EPISODES.items(), ids=EPISODES)
def test_a_filter_of_episodes_means(text: str, meant: tuple[str, str, object]) -> None:
    assert parse_episode_filter(text, now=NOW) == (Condition(*meant),)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("text", "meant"), MEMORIES.items(), ids=MEMORIES)
def test_a_filter_of_memories_means(text: str, meant: tuple[str, str, object]) -> None:
    assert parse_memory_filter(text, now=NOW) == (Condition(*meant),)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("text", "message"), WRONG.items(), ids=[text[:30] for text in WRONG])
def test_a_filter_that_cannot_be_read_says_why(text: str, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_episode_filter(text, now=NOW)
    assert message in str(caught.value)


def test_a_filter_error_is_the_callers() -> None:
    assert issubclass(FilterError, UsageError)


def test_all_parts_of_a_filter_are_read_in_order() -> None:
    found = parse_memory_filter('agent:ada  "two words"\teffect:>0\nx', now=NOW)
    assert [condition.field for condition in found] == ["agent", "word", "effect", "word"]


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_filter_asks_for_nothing(text: str) -> None:
    assert parse_episode_filter(text, now=NOW) == ()


def test_days_are_those_of_the_clock_that_was_given() -> None:
    east = NOW.astimezone(timezone(timedelta(hours=14)))  # where the eleventh has begun
    [condition] = parse_episode_filter("since:today", now=east)
    assert condition.value == MIDNIGHT + DAY - 14 * DAY // 24


@given(text=FILTERS)
@settings(max_examples=500, deadline=None)
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    for parse in (parse_episode_filter, parse_memory_filter):
        with contextlib.suppress(FilterError):
            assert all(isinstance(condition, Condition) for condition in parse(text, now=NOW))


def test_a_refusal_does_not_repeat_all_that_was_typed() -> None:
    with pytest.raises(FilterError) as caught:
        parse_episode_filter("k" * 900 + ":", now=NOW)
    assert len(str(caught.value)) < 300


@given(text=FILTERS)
@settings(max_examples=300, deadline=None)
def test_whatever_was_read_can_be_asked_of_the_store(db: AgentsDB, text: str) -> None:
    for read in (read_episode_ids, read_memory_ids):
        try:
            found = read(db, text, now=NOW)
        except FilterError:
            continue
        assert set(found) <= set(read(db, "", now=NOW))


@given(word=st.text(string.printable + "ä☃\0", max_size=20).filter(lambda word: '"' not in word))
@settings(max_examples=200, deadline=None)
def test_a_quoted_word_is_looked_for_as_it_is(word: str) -> None:
    assert parse_memory_filter(f'"{word}"', now=NOW) == (Condition("word", "=", word),)


def test_filters_find_episodes_as_they_are_listed(db: AgentsDB) -> None:
    items = read_episode_items(db, read_episode_ids(db, "classic/* status:finished", order="longest", now=NOW))
    assert items
    assert {(item.env_id.split("/")[0], item.status) for item in items} == {("classic", "finished")}
    assert [item.n_turns for item in items] == sorted((item.n_turns for item in items), reverse=True)


def test_filters_find_the_participations_that_they_mean(db: AgentsDB) -> None:
    items = read_episode_items(db, read_episode_ids(db, "agent:ada return:>0.5", now=NOW))
    assert items
    assert all(any(part.player == "ada" and (part.total or 0) > 0.5 for part in item.participations) for item in items)


def test_filters_find_memories_as_they_are_listed(db: AgentsDB) -> None:
    items = read_memory_items(db, read_memory_ids(db, "kind:strategy effect:>0", now=NOW))
    assert items
    assert all(item.kind == "strategy" and (item.effect or 0) > 0 for item in items)
