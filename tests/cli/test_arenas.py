"""`langgym arena --list`: the arenas that there are."""

import json
from pathlib import Path

import pytest

from langgym.cli.app import main
from langgym.home import store_path
from langgym.runner import Stopped
from langgym.views.arena import NO_ARENA
from tests.cli.harness import check_schema
from tests.langgym.arenas import hold, make_plan, train


def test_arenas_are_listed_the_newest_first_with_how_far_they_are(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train("eve", episodes=1)
    older, newer = make_plan("eve", "eve@0", "policy:random"), make_plan("policy:random", "policy:heuristic")
    hold(home, older, 2)
    hold(home, newer, 2)
    asked = iter(range(3))
    with pytest.raises(Stopped):
        hold(home, older, 4, should_stop=lambda: next(asked, None) is None)
    capsys.readouterr()
    assert main(["arena", "--list", "--json"]) == 0
    page = json.loads(capsys.readouterr().out)

    check_schema(page, "arenas")
    assert [item["key"] for item in page["items"]] == [newer.key, older.key]
    assert [item["agents"] for item in page["items"]] == [[], ["eve"]]
    assert [(item["n_played"], item["n_open"]) for item in page["items"]] == [(2, 0), (6, 1)]
    assert len(page["items"][1]["run_ids"]) == 2


def test_a_list_of_arenas_names_their_players(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hold(home, make_plan("policy:random", "policy:heuristic"), 2)
    assert main(["arena", "--list"]) == 0

    headings, row = capsys.readouterr().out.splitlines()
    assert headings.split()[0] == "arena"
    assert "policy:random, policy:heuristic" in row


def test_without_an_arena_the_list_says_how_to_play_one(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["arena", "--list"]) == 0
    told = capsys.readouterr()
    assert main(["arena", "--list", "--json"]) == 0

    assert (told.out, told.err.strip()) == ("", NO_ARENA)
    assert json.loads(capsys.readouterr().out)["items"] == []
    assert not store_path(home).exists()
