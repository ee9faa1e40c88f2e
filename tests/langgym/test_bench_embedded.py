"""The bench of the real model, with the arms that need none: lives are stored, gone on with, and compared in pairs."""

import json
from pathlib import Path

import pytest

from agents_db.store import AgentsDB
from langgym.bench.embedded import main
from langgym.home import store_path

ARMS = "random; experience"


def run(folder: Path, *more: str, episodes: int = 6) -> int:
    return main(["tictactoe", "--arms", ARMS, "--keep", str(folder), "--episodes", str(episodes), *more])


def test_each_arm_is_a_stored_life_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path) == 0
    told = capsys.readouterr().out
    assert "classic/tictactoe_v3: random" in told
    assert "classic/tictactoe_v3: experience" in told
    with AgentsDB.open_reader(store_path(tmp_path / "tictactoe_v3-experience")) as db:
        assert db.agent("bench").n_participations == 6


def test_a_second_run_goes_on_with_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path)
    first = capsys.readouterr().out
    run(tmp_path)
    again = capsys.readouterr().out
    with AgentsDB.open_reader(store_path(tmp_path / "tictactoe_v3-random")) as db:
        assert db.agent("bench").n_participations == 6
    assert [line.split()[:5] for line in again.splitlines()] == [line.split()[:5] for line in first.splitlines()]


def test_arms_meet_the_same_seeds_and_seats(tmp_path: Path) -> None:
    run(tmp_path)
    met: list[list[tuple[int, str]]] = []
    for arm in ("random", "experience"):
        with AgentsDB.open_reader(store_path(tmp_path / f"tictactoe_v3-{arm}")) as db:
            episodes = sorted(db.episodes(), key=lambda each: each.number)
            met.append([(e.seed, p.seat) for e in episodes for p in e.participations if p.agent_id is not None])
    assert met[0] == met[1]


def test_figures_are_written_with_every_return(tmp_path: Path) -> None:
    run(tmp_path, "--json", str(tmp_path / "figures.json"))
    report = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    assert {life["arm"]: len(life["returns"]) for life in report["lives"]} == {"random": 6, "experience": 6}


def test_an_arm_that_does_not_exist_is_refused_with_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--arms", "telepathy"])
    assert "'telepathy' is no arm; arms are random; model, none" in capsys.readouterr().err
