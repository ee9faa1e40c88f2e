"""The tour: a home that is always the same, made by real play with a clock of its own, and pictures of it.

Run as a module it writes the pictures: `python -m tests.tui.tour [FOLDER]`. A stand-in plays for a language model.
"""

import asyncio
import html
import os
import re
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from textual.pilot import Pilot

from agents_db.records import AgentDraft, Json
from agents_db.store import AgentsDB
from langgym.arena.arena import Arena
from langgym.arena.plan import ArenaPlan
from langgym.config import Settings
from langgym.home import store_path
from langgym.hosting import Host
from langgym.models.doubles import FunctionModel
from langgym.narrator import SilentNarrator
from langgym.plan import Plan
from langgym.play import Session, start_run
from langgym.runner import Stopped
from langgym.tui.app import LangGymApp
from langgym.tui.targets import AgentsTarget, CompareTarget, EpisodeTarget, MemoryTarget, Target
from tests.pages import TOP
from tests.tui.stage import NOW, open_app, press, screen_text
from tests.tui.stand_in import answer
from universe.universe import LocalUniverse

PICTURES = TOP / "docs" / "pictures"
HOME = Path("gym")
"""The home as the bar names it: beneath whatever folder one stands in."""
STAND_IN = "openai:stand-in"
NEVER = 10**9
LOOK_SECONDS = 0.05
CALM_LOOKS, MOST_LOOKS = 4, 200
"""Looks in a row at which nothing has changed, and looks at all."""


@dataclass(frozen=True, slots=True)
class Life:
    """A run of an agent."""

    agent: str
    env: str
    episodes: int
    model: str = STAND_IN
    rival: str = "random"
    kept: Mapping[str, Json] | None = None
    """Settings of the agent beside the model, where it is new."""
    stop_after: int = NEVER
    """Turns after which the run is cut off."""


LIVES = (
    Life("dan", "tictactoe", 60, model="random"),
    Life("dan", "leduc_holdem", 4, model="random"),
    Life("cleo", "tictactoe", 60, model="experience"),
    Life("cleo", "mpe/simple", 30, model="experience"),
    Life("bob", "connect_four", 6, kept={"thought": 160, "memories": 0}),
    Life("ada", "connect_four", 6, kept={"thought": 160}),
    Life("ada", "connect_four", 2, rival="agent:bob"),
    Life("bob", "connect_four", 1, rival="agent:ada", stop_after=9),
)
"""What was lived, one run a day up to the eve of `NOW`."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A screen that is shown on a page."""

    target: Target
    keys: tuple[str, ...] = ()
    """Pressed before it is taken."""
    size: tuple[int, int] = (120, 34)


TOUR: Mapping[str, Picture] = {
    "agents": Picture(AgentsTarget(), size=(120, 24)),
    "replay": Picture(EpisodeTarget(167, 14), size=(104, 30)),
    "memory": Picture(MemoryTarget(166), size=(120, 30)),
    "compare": Picture(CompareTarget(("cleo", "dan"), "classic/tictactoe_v3")),
}


# A home that is always the same


def make_home(home: Path) -> None:
    """Makes the home; the same call, the same screens."""
    home.mkdir(parents=True)
    clock = Clock()
    with AgentsDB.open(store_path(home), clock=clock) as db:
        for number, life in enumerate(LIVES):
            clock.set(NOW - timedelta(days=len(LIVES) - number))
            play_life(db, home, life)


def hold_arena(home: Path) -> None:
    """Lets cleo, as she is and as she was at first, play against a policy in an arena."""
    clock = Clock()
    clock.set(NOW - timedelta(hours=1))
    plan = ArenaPlan(
        players=("cleo", "cleo@0", "policy:random"),
        envs=("classic/tictactoe_v3", "classic/connect_four_v3"),
        schedule="round-robin",
        seed=3,
        learn=False,
        max_turns=None,
    )
    with AgentsDB.open(store_path(home), clock=clock) as db:
        host = Host(db, home, note=lambda _: None, index_at=NEVER)
        Arena(host, home, plan).play(4)
        host.close()


class Clock:
    """A clock that a millisecond passes on whenever somebody looks at it."""

    def __init__(self) -> None:
        self._now = 0

    def __call__(self) -> int:
        self._now += 1000
        return self._now

    def set(self, when: datetime) -> None:
        """Puts it to a time."""
        self._now = (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def play_life(db: AgentsDB, home: Path, life: Life) -> None:
    """Plays a run."""
    kept = {"embedder": "hashed", "reflector": "grounded", **(life.kept or {})}
    if db.find_agent(life.agent) is None:
        db.create_agent(AgentDraft(name=life.agent, model=life.model, settings=kept))
    stored = db.agent(life.agent).settings
    settings = Settings.model_validate({"model": life.model, "rival": life.rival, **stored})
    plan = Plan(agent=life.agent, episodes=life.episodes, env_id=life.env, settings=settings)
    host = Host(db, home, note=lambda _: None, make_model=lambda _: FunctionModel(answer), index_at=NEVER)
    turns = iter(range(life.stop_after))
    session = Session(
        host,
        start_run(db, plan, seed=3),
        plan,
        universe=LocalUniverse(),
        narrator=SilentNarrator(),
        should_stop=lambda: next(turns, None) is None,
    )
    with suppress(Stopped):
        session.play()
    host.close()


# Pictures


@contextmanager
def standing_in(folder: Path) -> Generator[None]:
    """Stands in a folder, in the time zone UTC and with colours, and leaves everything as it was."""
    before, there = dict(os.environ), Path.cwd()
    os.environ["TZ"] = "UTC"
    os.environ.pop("NO_COLOR", None)
    set_zone()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(there)
        for name in ("TZ", "NO_COLOR"):
            os.environ.pop(name, None)
        os.environ.update({name: before[name] for name in ("TZ", "NO_COLOR") if name in before})
        set_zone()


def set_zone() -> None:
    """Makes the process look at `TZ` again, where there is such a thing."""
    if sys.platform != "win32":
        time.tzset()


async def rest(app: LangGymApp, pilot: Pilot[Any]) -> str:
    """Waits until what is drawn has not changed for a while; returns it as text."""
    shown, calm = screen_text(app), 0
    for _ in range(MOST_LOOKS):
        await pilot.pause(LOOK_SECONDS)
        now = screen_text(app)
        shown, calm = now, calm + 1 if now == shown else 0
        if calm == CALM_LOOKS:
            return shown
    raise AssertionError(f"it does not come to rest:\n{shown}")


async def take(name: str) -> str:
    """Returns a picture of the tour as SVG; to be called where `HOME` is."""
    picture = TOUR[name]
    async with open_app(HOME, picture.target, size=picture.size) as (app, pilot):
        await press(pilot, *picture.keys)
        await rest(app, pilot)
        return clean(app.export_screenshot(title=f"langgym tui: {name}", simplify=True), name)


def clean(svg: str, name: str) -> str:
    """Returns an SVG that asks nobody for a font, and whose characters stand where they belong in any other font.

    Its ids do not depend on what is in it.
    """
    for gone in (r"@font-face \{.*?\}", r"<!--.*?-->", r"<clipPath id=\S*-line-.*?</clipPath>"):
        svg = re.sub(rf"{gone}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"terminal-\d+", f"tour-{name}", svg)
    svg = re.sub(TEXT, lambda found: "".join(place_words(found)), svg)
    return re.sub(r"[ \t]+\n", "\n", svg).strip() + "\n"


TEXT = re.compile(
    r'<text class="(?P<kind>\S+)" x="(?P<x>\S+)" y="(?P<y>\S+)" textLength="\S+" clip-path=.*?>(?P<text>.*?)</text>'
)
"""A run of cells as Rich writes it."""
CELL = 12.2
"""Width of a cell, as Rich draws it."""
WORDS = re.compile(r"[!-~]+(?: [!-~]+)*|[^ -~]+")
"""What may be drawn in one piece: words with single spaces between them, or characters that another font may have to
bring."""


def place_words(found: re.Match[str]) -> Iterator[str]:
    """Yields the words of a run, each with its own place; spaces at the ends take none."""
    text = html.unescape(found["text"]).replace("\xa0", " ")
    for word in WORDS.finditer(text):
        start = float(found["x"]) + CELL * cell_len(text[: word.start()])
        places, length = f"{start:g}", f' textLength="{CELL * cell_len(word[0]):g}"'
        if not word[0].isascii():
            ends = [cell_len(word[0][:number]) for number in range(len(word[0]))]
            places, length = " ".join(f"{start + CELL * end:g}" for end in ends), ""
        shown = html.escape(word[0], quote=False).replace(" ", "&#160;")
        yield f'<text class="{found["kind"]}" x="{places}" y="{found["y"]}"{length}>{shown}</text>'


def write_tour(folder: Path) -> None:
    """Makes the home and writes every picture into a folder."""
    with tempfile.TemporaryDirectory() as scratch, standing_in(Path(scratch)):
        make_home(HOME)
        for name in TOUR:
            path = folder / f"tour-{name}.svg"
            path.write_text(asyncio.run(take(name)), encoding="utf-8")
            sys.stdout.write(f"{path}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    write_tour(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else PICTURES)
