"""The universe score: what 0 and 1 mean, what an interval holds, what is measured is not changed, what is compared."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from agents_db.store import AgentsDB
from langgym.arena.scores import HIGHEST, LOWEST, Scale, score_difference, score_returns
from langgym.bench import compare, universe
from langgym.bench.universe import MEMORY, NONE, find_scales
from langgym.cli.app import main
from langgym.errors import UsageError
from langgym.home import store_path
from langgym.references import Reference
from universe.card import EnvCard
from universe.catalog import default_catalog

PLACE = ("suite/game_v1", "player")
SCALES = {PLACE: Scale(floor=-1.0, reference=3.0)}
QUICK = ["--envs", "leduc_holdem,texas_holdem", "--episodes", "4"]


def give(*totals: float) -> Mapping[tuple[str, str], Mapping[int, float]]:
    return {PLACE: dict(enumerate(totals))}


# The scale


def test_random_play_scores_nothing_and_the_reference_one() -> None:
    assert score_returns(give(-1.0, -1.0), SCALES).universe.value == 0.0
    assert score_returns(give(3.0, 3.0), SCALES).universe.value == 1.0
    assert score_returns(give(-1.0, 3.0), SCALES).universe.value == 0.5


def test_the_score_of_a_card_is_cut_and_that_of_an_episode_is_not() -> None:
    assert score_returns(give(1000.0, 1000.0), SCALES).universe.value == HIGHEST
    assert score_returns(give(-1000.0, -1000.0), SCALES).universe.value == LOWEST
    assert score_returns(give(7.0, -9.0), SCALES).universe.value == 0.0  # 2 and -2


def test_every_role_of_a_card_and_every_card_of_the_universe_weighs_the_same() -> None:
    scales = {(env, role): Scale(0.0, 1.0) for env in ("a/x_v1", "b/y_v1") for role in ("one", "two")}
    returns = {
        ("a/x_v1", "one"): {0: 1.0, 1: 1.0, 2: 1.0, 3: 1.0},
        ("a/x_v1", "two"): {0: 0.0},
        ("b/y_v1", "one"): {0: 0.0},
    }
    scores = score_returns(returns, scales)

    assert scores.cards["a/x_v1"].value == 0.5
    assert scores.universe.value == 0.25
    assert scores.suites["a"].value == 0.5


def test_what_has_no_scale_is_left_out() -> None:
    returns = {**give(3.0), ("suite/other_v1", "player"): {0: 99.0}}

    assert set(score_returns(returns, SCALES).cards) == {PLACE[0]}
    with pytest.raises(ValueError, match="nothing to score"):
        score_returns({("suite/other_v1", "player"): {0: 99.0}}, SCALES)


def test_the_interval_holds_the_truth_in_nine_of_ten_repetitions() -> None:
    random = np.random.default_rng(0)
    scores = [score_returns(give(*random.normal(1.0, 4.0, 12)), SCALES).universe for _ in range(200)]

    assert sum(score.low <= 0.5 <= score.high for score in scores) >= 180


def test_a_difference_is_paired_by_seed_where_seeds_are_the_same() -> None:
    luck = np.random.default_rng(1).normal(0.0, 4.0, 12)
    one, other = give(*(luck + 0.4)), give(*luck)
    paired = score_difference(one, other, SCALES, paired=True).universe
    apart = score_difference(one, other, SCALES, paired=False).universe

    assert paired.value == pytest.approx(0.1)
    assert paired.high - paired.low < 1e-9 < 0.1 < apart.high - apart.low


def test_only_episodes_that_both_have_are_paired() -> None:
    one, other = {PLACE: {0: 3.0, 1: 3.0}}, {PLACE: {1: 3.0, 2: -1.0}}

    assert score_difference(one, other, SCALES, paired=True).universe.value == 0.0


def test_a_role_whose_reference_is_no_better_than_random_play_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    card = default_catalog().find("go")

    def measured(card: EnvCard, role: str) -> Reference | None:
        return Reference(mean=1.0, sd=1.0, episodes=9) if role == "black" else None

    monkeypatch.setattr(universe, "reference", measured)
    scales, left_out = find_scales([card])

    assert list(scales) == [("classic/go_v5", "black")]
    assert list(left_out) == ["classic/go_v5 white"]


# The measurement


@pytest.fixture
def measure(home: Path, tmp_path: Path) -> Callable[..., dict]:  # pyright: ignore
    """Measures an agent quickly and returns what is written."""

    def run(name: str, *words: str) -> dict:  # pyright: ignore
        path = tmp_path / f"{name}.json"
        assert universe.main([*QUICK, *words, "--json", str(path)]) == 0
        return json.loads(path.read_text("utf-8"))

    return run


def train(name: str, episodes: int, env: str = "leduc_holdem") -> None:
    words = ["play", "--agent", name, "--model", "experience", "--env", env, "--episodes", str(episodes)]
    assert main([*words, "--seed", "1", "--quiet", "--embedder", "hashed"]) == 0


def test_what_is_measured_is_not_changed(home: Path, measure: Callable[..., dict]) -> None:  # pyright: ignore
    train("eve", 5)
    with AgentsDB.open_reader(store_path(home)) as db:
        before = (len(db.episode_ids()), db.agents())
    measure("learnt", "--agent", "eve", "--learn")

    with AgentsDB.open_reader(store_path(home)) as db:
        assert (len(db.episode_ids()), db.agents()) == before


def test_the_arm_without_memory_meets_the_same_episodes(measure: Callable[..., dict]) -> None:  # pyright: ignore
    result = measure("random", "--agent", "ada", "--model", "random")

    assert result["arms"][MEMORY]["cards"] == result["arms"][NONE]["cards"]
    assert result["difference"]["universe"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_memory_is_what_the_arms_differ_in(measure: Callable[..., dict]) -> None:  # pyright: ignore
    train("eve", 60)
    result = measure("eve", "--agent", "eve", "--episodes", "10")
    arms = result["arms"]

    assert arms[MEMORY]["settings"]["clock"] == 60
    assert arms[MEMORY]["settings"]["settings"]["memories"] > 0
    assert arms[NONE]["settings"]["settings"]["memories"] == 0
    assert arms[MEMORY]["cards"]["classic/leduc_holdem_v4"] != arms[NONE]["cards"]["classic/leduc_holdem_v4"]


def test_a_result_tells_what_it_rests_on(measure: Callable[..., dict]) -> None:  # pyright: ignore
    result = measure("random", "--agent", "ada", "--model", "random")
    card = result["arms"][MEMORY]["cards"]["classic/leduc_holdem_v4"]

    assert result["schema"] == "langgym.bench.universe/1"
    assert set(result["setting"]) == {"seed", "episodes", "rival", "max_turns", "templates", "texts", "scales"}
    assert card["n_episodes"] == 4
    assert card["n_decisions"] >= card["n_first_try_legal"] > 0
    assert result["arms"][MEMORY]["cost"] == 0.0


def test_a_home_that_was_kept_is_not_used_twice(tmp_path: Path, measure: Callable[..., dict]) -> None:  # pyright: ignore
    measure("random", "--agent", "ada", "--model", "random", "--keep", str(tmp_path / "kept"))

    with AgentsDB.open_reader(store_path(tmp_path / "kept")) as db:
        assert len(db.episode_ids()) == 16  # two cards, two arms, four episodes
    with pytest.raises(UsageError, match="holds a store already"):
        universe.main([*QUICK, "--agent", "ada", "--model", "random", "--keep", str(tmp_path / "kept")])


# The comparison


def test_results_that_differ_in_the_arm_alone_are_compared(
    tmp_path: Path,
    measure: Callable[..., dict],  # pyright: ignore
    capsys: pytest.CaptureFixture[str],
) -> None:
    measure("one", "--agent", "ada", "--model", "random")
    measure("other", "--agent", "eve", "--model", "experience")
    capsys.readouterr()

    assert compare.main([str(tmp_path / "one.json"), str(tmp_path / "other.json")]) == 0
    told = capsys.readouterr().out
    assert "paired by seed" in told
    assert 'the arms differ in agent "ada" and "eve"' in told
    assert "no single cause" in told


@pytest.mark.parametrize("words", [["--seed", "9"], ["--episodes", "6"]], ids=["seed", "episodes"])
def test_results_that_differ_in_more_than_the_arm_are_refused(
    words: list[str],
    tmp_path: Path,
    measure: Callable[..., dict],  # pyright: ignore
    capsys: pytest.CaptureFixture[str],
) -> None:
    measure("one", "--agent", "ada", "--model", "random")
    measure("other", "--agent", "ada", "--model", "random", *words)
    files = [str(tmp_path / "one.json"), str(tmp_path / "other.json")]

    with pytest.raises(UsageError, match=words[0].removeprefix("--")):
        compare.main(files)
    capsys.readouterr()
    assert compare.main([*files, "--anyway"]) == 0
    assert f"not the same conditions: {words[0].removeprefix('--')}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("{}", "no result"),
        ('{"schema": "x", "langgym": "1", "commit": null, "packages": {}, "setting": {}, "arms": {}}', "no result"),
    ],
    ids=["empty", "deep", "nothing", "no scales"],
)
def test_a_file_that_is_no_result_is_told_in_a_line(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(text)

    with pytest.raises(UsageError, match=told):
        compare.read_result(tmp_path / "bad.json")


def test_what_somebody_else_wrote_is_no_terminal_sequence(tmp_path: Path, measure: Callable[..., dict]) -> None:  # pyright: ignore
    result = measure("one", "--agent", "ada", "--model", "random")
    result["setting"]["\x1b[2J"] = "\x1b]0;x"
    (tmp_path / "other.json").write_text(json.dumps(result))

    with pytest.raises(UsageError) as refused:
        compare.main([str(tmp_path / "one.json"), str(tmp_path / "other.json")])
    assert "\x1b" not in str(refused.value)
