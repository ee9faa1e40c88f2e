"""Every page of the dashboard in every state, run without a browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from agents_db.store import AgentsDB
from langgym.arena.plan import ArenaPlan
from langgym.home import store_path
from langgym.query.arena import read_ratings
from langgym.query.atlas import project_vectors, read_map
from langgym.views.arena import NO_ARENA, NO_RATINGS, OVERALL, describe_arena
from tests.dashboard.stage import (
    EPISODES,
    EVIL,
    NAMES,
    SEEN,
    Homes,
    check,
    find_episode,
    find_told,
    open_page,
    open_store,
    read_texts,
)
from universe.catalog import default_catalog

ENVS = ("classic/rps_v2", "classic/tictactoe_v3", OVERALL)
"""Of the arena in the small home, with what their table over all is called."""
PLAIN = ("text", "code", "dataframe")
"""Elements that take no text for markup."""


def open_episode(homes: Homes, monkeypatch: pytest.MonkeyPatch, env_id: str, turn: int = 0) -> AppTest:
    with open_store(homes.small) as db:
        episode_id = find_episode(db, env_id).episode_id
    return open_page(homes, homes.small, monkeypatch, page="Episodes", episode=str(episode_id), turn=str(turn))


def walk(block: Any) -> Iterator[Any]:
    """Yields every element of a page."""
    for each in block.children.values():
        if hasattr(each, "children"):
            yield from walk(each)
        else:
            yield each


def count_pictures(app: AppTest) -> int:
    return len(app.get("image"))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_of_an_empty_home_says_so(homes: Homes, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    app = open_page(homes, homes.empty, monkeypatch, page=name)
    assert [each.value for each in app.header] == [name]
    told = "folder:" if name == "Experiments" else "langgym play --agent ada"
    assert told in read_texts(app)
    assert not homes.empty.exists()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "Experiments"])
def test_a_page_of_a_small_store_shows_what_is_in_it(homes: Homes, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    app = open_page(homes, homes.small, monkeypatch, page=name)
    assert [each.value for each in app.error] == []
    assert "ada" in app.dataframe[0].value.to_string() or "classic" in app.dataframe[0].value.to_string()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "Experiments"])
def test_a_page_of_a_large_store_shows_a_page_of_it(homes: Homes, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    app = open_page(homes, homes.large, monkeypatch, page=name)
    assert [each.value for each in app.error] == []
    assert all(0 < len(each.value) <= 60 for each in app.dataframe)


def test_an_unknown_page_is_the_first_one(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(homes, homes.small, monkeypatch, page="<b>")
    assert app.header[0].value == "Episodes"


@pytest.mark.parametrize(("turn", "action"), [(0, "turn 0"), (3, "turn 3")])
def test_a_turn_shows_its_picture_beside_what_was_done(
    homes: Homes, monkeypatch: pytest.MonkeyPatch, turn: int, action: str
) -> None:
    app = open_episode(homes, monkeypatch, "classic/connect_four_v3")
    check(app.slider[0].set_value(turn).run())
    assert count_pictures(app) == 1
    assert any(each.value.startswith(action) for each in app.code)


def test_the_last_position_has_a_picture_and_no_decision(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_episode(homes, monkeypatch, "classic/connect_four_v3", turn=10_000)
    assert app.slider[0].value == app.slider[0].max
    assert count_pictures(app) == 1
    assert "the last position" in read_texts(app)


def test_a_seat_that_may_not_see_the_frame_is_told_why(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_episode(homes, monkeypatch, "mpe/simple_adversary_v3")
    assert "everything is shown, also what seats may not know" in read_texts(app)
    view = next(each for each in app.selectbox if each.label == "Seen by")
    check(view.select("adversary_0").run())
    assert count_pictures(app) == 0
    assert "shows more than adversary_0 may know" in read_texts(app)


def test_an_episode_that_cannot_be_played_again_says_so(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(homes, homes.large, monkeypatch, page="Episodes", episode="100")
    assert count_pictures(app) == 0
    assert "differs from the stored one" in read_texts(app)


def test_a_number_that_no_episode_has_is_an_error_on_the_page(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(homes, homes.small, monkeypatch, page="Episodes", episode="4711")
    assert [each.value for each in app.error] == ["This cannot be shown."]
    assert "4711" in read_texts(app)


def test_older_episodes_follow_those_of_the_first_page(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(homes, homes.large, monkeypatch, page="Episodes")
    first = app.dataframe[0].value["id"].tolist()
    older = next(each for each in app.button if each.label == "Older")
    check(older.click().run())
    assert first == list(range(EPISODES, EPISODES - 50, -1))
    assert app.dataframe[0].value["id"].tolist() == list(range(EPISODES - 50, EPISODES - 100, -1))


@pytest.mark.parametrize("where", ["", "turns:>10"])
def test_a_filter_and_an_agent_narrow_the_list(homes: Homes, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    app = open_page(homes, homes.large, monkeypatch, page="Episodes")
    app.text_input[0].set_value(where)
    check(app.selectbox[0].select("bea").run())
    listed = app.dataframe[0].value
    assert all("bea as" in players for players in listed["players"])
    assert not where or all(turns > 10 for turns in listed["turns"])


def test_a_filter_that_cannot_be_read_says_why(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(homes, homes.small, monkeypatch, page="Episodes")
    check(app.text_input[0].set_value("turns:many").run())
    assert "turns" in read_texts(app)
    assert len(app.dataframe) == 0


def test_agents_are_compared_in_what_they_differ(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(homes, homes.large, monkeypatch, page="Agents")
    check(app.multiselect[0].set_value(["ada", "bea", "cleo"]).run())
    assert "these agents differ in one setting: model" in read_texts(app)
    assert len(app.get("vega_lite_chart")) == 1


def test_ratings_have_a_chart_and_a_table_for_each_environment_and_for_all(
    homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(homes.small) as db:
        page = read_ratings(db)
    app = open_page(homes, homes.small, monkeypatch, page="Ratings")
    arenas, *tables = [each.value for each in app.dataframe]
    told = [f"{row.points:+.0f} [{row.low:+.0f}, {row.high:+.0f}]" for row in page.items]
    assert arenas["players"].tolist() == ["ada, policy:heuristic"]
    assert describe_arena(page) in read_texts(app)
    assert [each.value for each in app.text if each.value in ENVS] == list(ENVS)
    assert len(tables) == len(app.get("vega_lite_chart")) == len(ENVS)
    assert (tables[-1]["points"] + " " + tables[-1]["95 % interval"]).tolist() == told


def test_the_arena_that_is_chosen_is_shown_also_where_no_game_of_it_has_counted(
    homes: Homes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copy(store_path(homes.small), store_path(tmp_path))
    plan = ArenaPlan(players=("ada", "kim"), envs=ENVS[:1], schedule="swiss", seed=2, learn=False, max_turns=None)
    with AgentsDB.open(store_path(tmp_path)) as db:
        db.start_run(plan.draft_run(default_catalog().find(ENVS[0]), 0, moments={}))
    app = open_page(homes, tmp_path, monkeypatch, page="Ratings")
    assert NO_RATINGS in read_texts(app)
    assert len(app.dataframe) == 1
    check(app.selectbox[0].select(app.selectbox[0].options[1].partition(":")[0]).run())
    assert NO_RATINGS not in read_texts(app)
    assert len(app.dataframe) == 1 + len(ENVS)


def test_a_store_without_arenas_names_the_command_that_plays_one(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(homes, homes.large, monkeypatch, page="Ratings")
    assert NO_ARENA in read_texts(app)
    assert len(app.dataframe) == 0


def test_a_map_has_a_point_for_every_vector(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(homes.small) as db:
        found = read_map(db, "kim")
        n_memories = len(db.memories(db.agent("kim").agent_id, limit=100))
    assert len(found.points) == n_memories > 0
    app = open_page(homes, homes.small, monkeypatch, page="Memory map")
    check(app.selectbox[0].select("kim").run())
    assert f"{n_memories} memories by their vectors" in read_texts(app)


def test_a_map_keeps_the_newest_and_tells_how_many_are_left_out(homes: Homes) -> None:
    with open_store(homes.large) as db:
        whole, part = read_map(db, "ada"), read_map(db, "ada", limit=10)
    assert [point.memory_id for point in part.points] == [point.memory_id for point in whole.points][-10:]
    assert part.n_left_out == len(whole.points) - 10


def test_a_plane_keeps_distances_that_lie_in_it() -> None:
    points = np.random.default_rng(1).normal(size=(40, 2))
    turned = np.linalg.qr(np.random.default_rng(2).normal(size=(16, 16)))[0]
    lifted = (np.pad(points, ((0, 0), (0, 14))) @ turned).astype(np.float32)
    places, kept = project_vectors(lifted)
    assert kept == pytest.approx(1)
    apart, shown = (np.linalg.norm(each[:, None] - each[None], axis=2) for each in (points, places))
    np.testing.assert_allclose(shown, apart, atol=1e-5)


def test_an_experiment_is_shown_step_by_step(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(homes, homes.empty, monkeypatch, page="Experiments")
    check(app.select_slider[0].set_value(2).run())
    assert count_pictures(app) == 1
    assert '"turn": 2' in read_texts(app)
    assert '["left", "up"]' in read_texts(app)


@pytest.mark.parametrize(
    ("name", "told"),
    [("2026-11-30T11-00-00", "is no picture that can be shown"), ("2026-11-30T10-00-00", "holds no step")],
)
def test_a_broken_experiment_is_told_of(homes: Homes, monkeypatch: pytest.MonkeyPatch, name: str, told: str) -> None:
    app = open_page(homes, homes.empty, monkeypatch, page="Experiments")
    check(app.selectbox[0].select(name).run())
    assert told in read_texts(app)


def test_a_folder_of_experiments_that_is_missing_is_told_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    app = open_page(Homes(tmp_path), tmp_path, monkeypatch, page="Experiments")
    assert "no experiment is here yet" in read_texts(app)


@pytest.mark.parametrize("name", NAMES)
def test_what_others_said_is_never_markup(homes: Homes, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with open_store(homes.small) as db:
        told = find_told(db)
    app = open_page(homes, homes.small, monkeypatch, page=name, **told)
    if name == "Memory map":
        check(app.selectbox[0].select("kim").run())
    marked = [str(each.proto) for each in walk(app.main) if each.type not in PLAIN]
    assert not any("owned" in each or "evil" in each for each in marked)
    if name in ("Episodes", "Memory map", "Experiments"):
        assert SEEN in read_texts(app)
        assert "\x1b" not in read_texts(app)
    assert "\x1b" in EVIL
