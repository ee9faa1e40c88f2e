"""The page of the interface: every screen stands in its table, with the command that is its twin."""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from langgym.cli.app import main
from langgym.tui.opening import MODES
from langgym.tui.screens.agent import TABS
from langgym.tui.screens.screen import StoreScreen
from langgym.tui.targets import AgentsTarget, AgentTarget, EpisodesTarget, EpisodeTarget, MemoryTarget, Target
from langgym.tui.widgets.virtual_list import VirtualList
from tests.pages import TOP
from tests.test_docs import check_options, find_root
from tests.tui.stage import open_app, play, screen_text

PAGE = TOP / "docs" / "tui.md"
AGENT = {f"Agent: {kind.title.lower()}": AgentTarget("ada", tab) for tab, kind in TABS.items()}
TARGETS: dict[str, Target] = {
    **{mode.capitalize(): target for mode, target in MODES.items()},
    **AGENT,
    "Replay": EpisodeTarget(1),
    "Memory": MemoryTarget(1),
}


def list_rows() -> dict[str, list[str]]:
    """Returns the cells of the table of screens, by the name of the screen."""
    lines = re.findall(r"^\| (.*) \|$", PAGE.read_text("utf-8").partition("| screen |")[2].partition("\n\n")[0], re.M)
    return {cells[0]: cells[1:] for cells in (line.split(" | ") for line in lines)}


def read_twin(home: Path, target: Target) -> str:
    found: list[str] = []

    async def scene() -> None:
        async with open_app(home, target) as (app, _):
            assert isinstance(app.screen, StoreScreen)
            found.append(app.screen.twin())

    play(scene)
    return found[0]


def walk(command: Any, words: Sequence[str]) -> Iterator[str]:
    """Yields the words that name a command."""
    for word in words:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            return
        yield word


@pytest.mark.parametrize("name", TARGETS)
def test_the_table_names_the_twin_of_a_screen(name: str, lived: Path) -> None:
    twins = [shlex.split(twin) for twin in read_twin(lived, TARGETS[name]).split("; ")]
    told = list_rows()[name][-1]

    for program, *words in twins:
        check_options(words)
        assert f"`{' '.join([program, *walk(find_root(), words)])}" in told


@pytest.mark.parametrize("target", [AgentsTarget(), EpisodesTarget("env:leduc* return:>0")], ids=["agents", "episodes"])
def test_the_twin_of_a_list_prints_its_rows(target: Target, lived: Path, capsys: pytest.CaptureFixture[str]) -> None:
    heads: list[str] = []

    async def scene() -> None:
        async with open_app(lived, target) as (app, _):
            n_rows: int = app.screen.query_one(VirtualList).n_rows  # pyright: ignore[reportUnknownMemberType]
            heads.extend(screen_text(app).splitlines()[2 : n_rows + 3])

    play(scene)
    [program, *words] = shlex.split(read_twin(lived, target))
    capsys.readouterr()
    assert main(["--home", str(lived), *words]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert program == "langgym"
    assert sorted(line.split()[0] for line in heads) == sorted(line.split()[0] for line in printed)
    assert len(printed) > 2


def test_the_table_names_no_screen_that_is_none() -> None:
    assert set(list_rows()) == set(TARGETS)
