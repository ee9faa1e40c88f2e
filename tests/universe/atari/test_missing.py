"""Without the extra, Atari games are listed as not installed, with the command that installs them."""

import importlib.util

import pytest

from langgym.query.envs import read_env, read_envs
from universe.cards import ATARI, BUILT_IN
from universe.errors import MissingExtra
from universe.text_env import TextEnv

COMMAND = r"pip install 'langgym\[atari\]'"


@pytest.fixture(params=["multi_agent_ale_py", "ale_py"])
def without(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a package of the extra that is not to be found."""
    find, missing = importlib.util.find_spec, str(request.param)
    monkeypatch.setattr("universe.card.find_spec", lambda name: None if name == missing else find(name))
    return missing


@pytest.mark.usefixtures("without")
def test_games_are_listed_as_not_installed() -> None:
    listed = {item.env_id: item.playable for item in read_envs(BUILT_IN).items}
    assert not any(listed[card.env_id] for card in ATARI)
    assert listed["classic/chess_v6"]
    assert read_env(ATARI[0]).requires == "langgym[atari]"


def test_playing_one_says_what_to_install(without: str) -> None:
    with pytest.raises(MissingExtra, match=f"needs '{without}': {COMMAND}"):
        TextEnv(ATARI[0])
