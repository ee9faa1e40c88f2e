"""The command of the arena."""

import json
from pathlib import Path

import pytest

from langgym.arena.entrants import read_entrants
from langgym.cli.app import main
from tests.langgym.arenas import train


def test_the_command_prints_ratings_and_shows_them_again(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["arena", "--agents", "policy:random,policy:heuristic", "--envs", "tictactoe", "--games", "4", "--json"]
    assert main(words) == 0
    page = json.loads(capsys.readouterr().out)
    assert main(["arena", "--show", page["key"], "--json"]) == 0

    assert json.loads(capsys.readouterr().out) == page
    assert page["schema"] == "langgym.arena/1"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--agents", "eve"], "two entrants"),
        (["--agents", "policy:random,policy:random"], "enters twice"),
        (["--agents", "policy:experience,policy:random"], "can enter no arena"),
        (["--agents", "policy:random,Eve!"], "is no entrant"),
        (["--agents", "policy:random,eve"], "eve"),
        (["--agents", "policy:random,policy:heuristic", "--games", "3"], "odd"),
        (["--agents", "policy:random,policy:heuristic", "--learn", "--parallel", "2"], "one game after the other"),
    ],
)
def test_what_cannot_be_played_is_told_in_a_line(
    words: list[str], told: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["arena", "--envs", "tictactoe", *words]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


def test_an_agent_cannot_be_older_than_it_is(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train("eve", episodes=2)
    capsys.readouterr()

    assert main(["arena", "--agents", "eve@3,policy:random", "--envs", "tictactoe", "--games", "2"]) == 2
    assert "cannot be eve@3" in capsys.readouterr().err


def test_entrants_are_agents_of_any_age_and_policies() -> None:
    ada, old, random = read_entrants(["ada", "ada@20", "policy:random"])

    assert (ada.agent, ada.clock) == ("ada", None)
    assert (old.agent, old.clock) == ("ada", 20)
    assert (random.agent, random.player) == (None, "random")
