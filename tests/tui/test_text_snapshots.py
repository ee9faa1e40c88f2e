"""Every screen as text, beside the text that it was when somebody last looked: a change reads like a change of prose.

`UPDATE_GOLDEN=1` writes the files anew instead of comparing them.
"""

import os
import shutil
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from langgym.tui.opening import MODES
from langgym.tui.screens.agent import TABS
from langgym.tui.settings import TuiSettings
from langgym.tui.targets import (
    AgentsTarget,
    AgentTarget,
    CompareTarget,
    CostTarget,
    EpisodesTarget,
    EpisodeTarget,
    LiveTarget,
    MemoriesTarget,
    MemoryTarget,
    RatingsTarget,
    StrategiesTarget,
    Target,
    UniverseTarget,
)
from tests.tui import tour
from tests.tui.stage import open_app, play, press
from tests.tui.tour import HOME

GOLDEN = Path(__file__).parent / "golden"
UPDATE = "UPDATE_GOLDEN"
ADVICE = f"if it is meant: {UPDATE}=1 scripts/test tests/tui/test_text_snapshots.py"
RATED = Path("arena")
"""A copy of the home in which there is an arena."""
ASCII = TuiSettings(glyphs="ascii")
TOLD = EpisodeTarget(167, 14)


@dataclass(frozen=True, slots=True)
class Shot:
    """A screen, how large it is, and what is pressed before it is looked at."""

    target: Target
    keys: tuple[str, ...] = ()
    size: tuple[int, int] = (120, 40)
    settings: TuiSettings | None = None
    home: Path = HOME


SHOTS: Mapping[str, Shot] = {
    "agents": Shot(AgentsTarget()),
    "agents-80x24": Shot(AgentsTarget(), size=(80, 24)),
    "agents-60x16": Shot(AgentsTarget(), size=(60, 16)),
    "agents-ascii": Shot(AgentsTarget(), settings=ASCII),
    **{f"agent-{tab}": Shot(AgentTarget("cleo", tab)) for tab in TABS},
    "episodes": Shot(EpisodesTarget()),
    "episodes-filtered": Shot(EpisodesTarget("connect agent:ada result:loss")),
    "episodes-nothing": Shot(EpisodesTarget("env:chess")),
    "episodes-mistyped": Shot(EpisodesTarget("gme:chess")),
    "replay": Shot(TOLD),
    "replay-60x16": Shot(TOLD, size=(60, 16)),
    "replay-ascii": Shot(TOLD, settings=ASCII),
    "replay-whole": Shot(TOLD, ("d",)),
    "replay-experience": Shot(EpisodeTarget(100, 1)),
    "replay-gone": Shot(EpisodeTarget(9999)),
    "memories": Shot(MemoriesTarget()),
    "memories-filtered": Shot(MemoriesTarget("kind:strategy")),
    "memories-search": Shot(MemoriesTarget("agent:ada"), ("S", *"corner", "enter")),
    "memory": Shot(MemoryTarget(166)),
    "strategies": Shot(StrategiesTarget("cleo")),
    "universe": Shot(UniverseTarget(), ("slash", *"classic", "enter", "j")),
    "live": Shot(LiveTarget()),
    "live-ascii": Shot(LiveTarget(), settings=ASCII),
    "compare": Shot(CompareTarget(("cleo", "dan"), "classic/tictactoe_v3")),
    "compare-ascii": Shot(CompareTarget(("cleo", "dan"), "classic/tictactoe_v3"), settings=ASCII),
    "compare-numbers": Shot(CompareTarget(("cleo", "dan"), "classic/tictactoe_v3"), ("n",)),
    "cost": Shot(CostTarget()),
    "ratings": Shot(RatingsTarget(), ("enter",), home=RATED),
    "ratings-60x16": Shot(RatingsTarget(), size=(60, 16), home=RATED),
    "ratings-env": Shot(RatingsTarget(), ("right_square_bracket",), home=RATED),
    "ratings-empty": Shot(RatingsTarget()),
    "help": Shot(EpisodesTarget(), ("question_mark",)),
    "goto": Shot(AgentsTarget(), ("colon",)),
    "jump": Shot(TOLD, ("ctrl+o",)),
}


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    with tour.standing_in(tmp_path_factory.mktemp("toured")):
        tour.make_home(HOME)
        shutil.copytree(HOME, RATED)
        tour.hold_arena(RATED)
        yield


def draw(shot: Shot) -> str:
    texts: list[str] = []

    async def scene() -> None:
        async with open_app(shot.home, shot.target, size=shot.size, settings=shot.settings) as (app, pilot):
            await press(pilot, *shot.keys)
            texts.append(await tour.rest(app, pilot) + "\n")

    play(scene)
    return texts[0]


@pytest.mark.usefixtures("toured")
@pytest.mark.parametrize("name", SHOTS)
def test_a_screen_is_as_it_was(name: str) -> None:
    drawn, path = draw(SHOTS[name]), GOLDEN / f"{name}.txt"
    if os.environ.get(UPDATE):
        path.write_text(drawn, encoding="utf-8")
    assert drawn == path.read_text(encoding="utf-8"), ADVICE


def test_every_screen_has_a_text() -> None:
    assert {type(shot.target) for shot in SHOTS.values()} >= {type(target) for target in MODES.values()}
    assert {path.stem for path in GOLDEN.glob("*")} == set(SHOTS), ADVICE


@pytest.mark.parametrize("name", [name for name, shot in SHOTS.items() if shot.settings is ASCII])
def test_with_ascii_glyphs_a_screen_has_no_other_marks(name: str) -> None:
    """What Textual draws itself, lines and keys in the footer, and a cut line's end are not ours to choose."""
    shown = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")

    assert {mark for mark in shown if not mark.isascii()} <= set("│─━▏▁▂▃▄▅▆▇█⏎↑↓←→…")
