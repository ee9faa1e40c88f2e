"""Kills a scripted life over and over, at named borders and at random times, and compares what is left.

After every kill all that was acknowledged must be stored, and nothing may have been asked for twice; a life that comes
to its end must equal one that was never interrupted, in steps, prompts, replies, recalls and memories, and its indexes
must equal the store. The scripted model answers by the seed alone.
"""

import argparse
import importlib
import json
import os
import random
import shutil
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

from agents_db import borders
from agents_db.errors import NoStore
from agents_db.migrations import REVISIONS
from agents_db.migrations.upgrade import upgrade
from agents_db.records import Json
from agents_db.store import AgentsDB
from langgym.bench.crashing import SCENARIOS, Scenario, find_place, inspect, live, run_forked
from langgym.bench.report import make_table, write_report
from langgym.home import store_path

MOST_KILLS = 9
"""Kills of one life, after which it is let live."""
LONGEST = 120.0
"""Seconds after which a life counts as hanging."""
TIMES = {
    **{"after_reply": 40, "after_sql": 160, "before_move": 30, "after_move": 30},
    **{"mid_chroma": 2, "after_chroma": 2, "mid_rebuild": 2, "after_pointer": 2, "mid_reflection": 4},
}
"""How often a life meets each border at most, about: a kill is set for one of these times."""
ENDS = ("begun", "reply", "step", "memory", "done")
"""Kinds of lines that show that a life goes on."""


@dataclass(slots=True)
class Tally:
    """What came of all kills."""

    kills: Counter[str] = field(default_factory=Counter[str])
    """By border, `time` for a random moment."""
    n_lives: int = 0
    """Lives that came to their end."""
    lost: list[str] = field(default_factory=list[str])
    """What was acknowledged and is not stored."""
    doubled: list[str] = field(default_factory=list[str])
    """What was asked for again although its reply was stored."""
    unequal: list[str] = field(default_factory=list[str])
    """Lives that did not end like one never interrupted."""
    faults: list[str] = field(default_factory=list[str])
    """Whatever else went wrong: errors, hangs, indexes that differ."""
    recoveries: list[float] = field(default_factory=list[float])
    """Seconds from the start of a life that goes on to its first new step."""

    @property
    def n_kills(self) -> int:
        """How many processes were killed."""
        return sum(self.kills.values())

    @property
    def problems(self) -> list[str]:
        """Everything that breaks the promise."""
        return [*self.lost, *self.doubled, *self.unequal, *self.faults]


class Trial:
    """One life of a scenario, in a folder of its own."""

    def __init__(self, folder: Path, scenario: Scenario, tally: Tally) -> None:
        self.home = folder / "home"
        self._told = folder / "told.jsonl"
        self._errors = folder / "errors.txt"
        self._scenario = scenario
        self._tally = tally
        folder.mkdir(parents=True)

    def live(self, border: str | None = None, *, after: float | None = None) -> bool:
        """Lives until the end, or until it is killed at a border or after some seconds; returns whether it ended."""

        def work() -> None:
            if border is not None:
                borders.arm(border)
            live(self.home, self._told, self._scenario)

        goes_on = self._told.exists()
        n_lines = len(self.read_told())
        code = _watch(run_forked(work, self._errors), after=after)
        if code == -signal.SIGKILL:
            self._tally.kills[border.partition(":")[0] if border else "time"] += 1
        elif code is None:
            self._tally.faults.append(f"{self._scenario.name}: a life hangs")
        elif code != 0:
            self._tally.faults.append(f"{self._scenario.name}: {self._errors.read_text(encoding='utf-8')}")
        if goes_on:
            self._note_recovery(self.read_told()[n_lines:])
        return code != -signal.SIGKILL

    def read_told(self) -> list[dict[str, Any]]:
        """Returns the lines of what was acknowledged; one that was cut off is none."""
        if not self._told.exists():
            return []
        return [json.loads(line) for line in self._told.read_bytes().split(b"\n")[:-1]]

    def check(self) -> None:
        """Compares what was acknowledged with what is stored."""
        told = self.read_told()
        try:
            db = AgentsDB.open_reader(store_path(self.home))
        except NoStore:
            self._tally.lost += [str(line) for line in told if line["kind"] in ("reply", "step", "memory", "vector")]
            return
        with db:
            self._tally.lost += [f"{self._scenario.name}: {line}" for line in find_lost(db, told)]
            calls = Counter(str(line["place"]) for line in told if line["kind"] == "call")
            n_again = sum(n - 1 for n in calls.values())
            n_lost = sum(row.lost_calls + row.open_calls for row in db.spending())
            if n_again > n_lost:
                self._tally.doubled.append(f"{self._scenario.name}: {n_again} calls again, {n_lost} were cut off")

    def inspect(self) -> dict[str, Any]:
        """Returns what the life left, read in a process of its own."""
        found = self.home.parent / "found.json"

        def work() -> None:
            found.write_text(json.dumps(inspect(self.home)), encoding="utf-8")

        if _watch(run_forked(work, self._errors)) != 0:
            return {"transcript": [], "faults": [self._errors.read_text(encoding="utf-8")], "lost_calls": 0}
        return json.loads(found.read_text(encoding="utf-8"))

    def _note_recovery(self, lines: list[dict[str, Any]]) -> None:
        starts = [line["at"] for line in lines if line["kind"] == "start"]
        firsts = [line["at"] for line in lines if line["kind"] in ENDS]
        if starts and firsts:
            self._tally.recoveries.append(firsts[0] - starts[0])


def find_lost(db: AgentsDB, told: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the lines of what was acknowledged and is not in the store, or is otherwise there."""
    replies = {json.dumps(find_place(attempt)): attempt for attempt in db.attempts()}
    steps = {
        json.dumps([episode.episode_id, move.turn, move.seat]): move.action
        for episode in db.episodes(limit=1_000_000)
        for move in db.moves(episode.episode_id)
    }
    memories = {
        json.dumps([memory.memory_id, memory.key]): memory.text
        for agent in db.agents()
        for memory in db.memories(agent.agent_id, limit=1_000_000)
    }
    with closing(sqlite3.connect(f"file:{db.path}?mode=ro", uri=True)) as driver:
        vectors = {json.dumps([row[0]]) for row in driver.execute("SELECT memory_id FROM embedding")}

    def is_lost(line: dict[str, Any]) -> bool:
        place = json.dumps(line.get("place"))
        match line["kind"]:
            case "begun":
                return place not in replies
            case "reply":
                found = replies.get(place)
                return found is None or found.outcome == "pending" or found.reply != line["reply"]
            case "step":
                return steps.get(place) != line["action"]
            case "memory":
                return memories.get(place) != line["text"]
            case "vector":
                return place not in vectors
            case _:
                return False

    return [line for line in told if is_lost(line)]


def _watch(pid: int, *, after: float | None = None) -> int | None:
    """Returns the exit code of a process, minus the signal that ended it; kills it `after` seconds.

    `None` stands for a process that came to no end in time.
    """
    begun = time.monotonic()
    limit = LONGEST if after is None else after
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() - begun > limit:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return None if after is None else -signal.SIGKILL
        time.sleep(0.002)


class Bench:
    """Lives and kills until there were enough."""

    def __init__(self, root: Path, *, seed: int, scenarios: Sequence[Scenario] = SCENARIOS) -> None:
        self._root = root
        self._draw = random.Random(seed)
        self._scenarios = scenarios
        self._straight: dict[str, tuple[dict[str, Any], float]] = {}
        self._n_trials = 0
        self.tally = Tally()

    def run(self, n_kills: int, *, tell: Callable[[Tally], None] = lambda tally: None) -> Tally:
        """Kills until `n_kills` processes have died, lets the lives under way come to their end."""
        kill_migrations(self._root / "migration", self.tally)
        while self.tally.n_kills < n_kills and len(self.tally.problems) < 20:
            scenario = self._scenarios[self._n_trials % len(self._scenarios)]
            self._try_life(scenario)
            tell(self.tally)
        return self.tally

    def _try_life(self, scenario: Scenario) -> None:
        straight, seconds = self._live_straight(scenario)
        trial = self._start(scenario)
        first = list(TIMES)[self._n_trials % len(TIMES)]  # so that every border has its turn
        for number in range(MOST_KILLS):
            border, after = self._draw_kill(seconds, early=number in (1, 2, 3)) if number else (first, None)
            ended = trial.live(border, after=after)
            trial.check()
            if ended:
                break
        else:
            trial.live()
            trial.check()
        self._compare(scenario, trial.inspect(), straight)
        shutil.rmtree(trial.home.parent)

    def _draw_kill(self, seconds: float, *, early: bool) -> tuple[str | None, float | None]:
        """Returns a border, or a time; `early` ones fall into the recovery from the kill before."""
        if self._draw.random() < 0.4:
            return None, self._draw.uniform(0.0, 0.15 if early else seconds)
        border = self._draw.choice(list(TIMES))
        most = max(1, TIMES[border] // (8 if early else 1))
        return f"{border}:{self._draw.randint(1, most)}", None

    def _live_straight(self, scenario: Scenario) -> tuple[dict[str, Any], float]:
        """Returns what an uninterrupted life leaves, and how long it took."""
        if scenario.name not in self._straight:
            trial = self._start(scenario)
            begun = time.monotonic()
            trial.live()
            seconds = time.monotonic() - begun
            trial.check()
            found = trial.inspect()
            self.tally.faults += found["faults"]
            if found["lost_calls"] or not found["transcript"]:
                self.tally.faults.append(f"{scenario.name}: an uninterrupted life loses calls or leaves nothing")
            self._straight[scenario.name] = (found, seconds)
            shutil.rmtree(trial.home.parent)
        return self._straight[scenario.name]

    def _compare(self, scenario: Scenario, found: dict[str, Any], straight: dict[str, Any]) -> None:
        self.tally.n_lives += 1
        self.tally.faults += [f"{scenario.name}: {fault}" for fault in found["faults"]]
        if found["transcript"] != straight["transcript"]:
            pairs = zip(found["transcript"], straight["transcript"], strict=False)
            first = next((pair for pair in pairs if pair[0] != pair[1]), "one is longer")
            self.tally.unequal.append(f"{scenario.name}: {str(first)[:600]}")

    def _start(self, scenario: Scenario) -> Trial:
        self._n_trials += 1
        return Trial(self._root / str(self._n_trials), scenario, self.tally)


_OLD_ROWS = (
    "INSERT INTO agent VALUES (1, 'a1', 'ada', 'random', '{\"max_tokens\":9}', 1, NULL, NULL, 0, 0, 0, 0, 0, 0, 0)",
    "INSERT INTO run VALUES (1, 'r1', 7, '{\"agent\":\"ada\",\"settings\":{}}', '0', NULL, 'running', 1, NULL)",
    "INSERT INTO variant VALUES (1, 'v1', 'classic/tictactoe_v3', '{}')",
)


def kill_migrations(folder: Path, tally: Tally) -> None:
    """Kills the upgrade of a store of the first schema three times, then lets it happen; every row must be there."""
    folder.mkdir(parents=True)
    path, errors = folder / "old.db", folder / "errors.txt"
    code = _watch(run_forked(partial(upgrade, path, known=REVISIONS[:1]), errors))
    with closing(sqlite3.connect(path, isolation_level=None)) as driver:
        for statement in _OLD_ROWS if code == 0 else ():
            driver.execute(statement)
    before = _read_rows(path)

    def work() -> None:
        borders.arm("mid_migration")
        AgentsDB.open(path)

    for _ in range(3):
        if _watch(run_forked(work, errors)) == -signal.SIGKILL:
            tally.kills["mid_migration"] += 1
        if _read_rows(path) != before:
            tally.lost.append("a killed migration changed the store")
    code = _watch(run_forked(lambda: AgentsDB.open(path).close(), errors))
    after = _read_rows(path)
    if code != 0 or before.keys() - after.keys() or any(len(after[name]) != len(before[name]) for name in before):
        tally.lost.append("a migration after kills lost rows")


def _read_rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as driver:
        names = [row[0] for row in driver.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: driver.execute(f'SELECT * FROM "{name}"').fetchall() for name in names if name != "sqlite_sequence"
        }


def describe(tally: Tally) -> dict[str, Json]:
    """Returns the figures of a tally."""
    seconds = tally.recoveries
    return {
        "kills": cast("dict[str, Json]", dict(tally.kills)),
        "n_kills": tally.n_kills,
        "lives": tally.n_lives,
        "lost": len(tally.lost),
        "doubled": len(tally.doubled),
        "unequal": len(tally.unequal),
        "faults": len(tally.faults),
        "recovery_median": statistics.median(seconds) if seconds else None,
        "recovery_worst": max(seconds, default=None),
    }


def main(arguments: list[str]) -> int:
    """Kills, prints what came of it and returns 1 when anything was lost, doubled, unequal or wrong."""
    parser = argparse.ArgumentParser(prog="langgym bench crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=40, help="how many processes are to die")
    parser.add_argument("--seed", type=int, default=0, help="of what is killed when")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    chosen = parser.parse_args(arguments)
    if not hasattr(os, "fork"):
        sys.stderr.write("langgym bench: crash needs an operating system that can fork.\n")
        return 2
    importlib.import_module("chromadb")  # once, not in every life
    with tempfile.TemporaryDirectory(prefix="langgym-crash-") as folder:
        tally = Bench(Path(folder), seed=chosen.seed).run(chosen.kills, tell=_tell)
    sys.stderr.write("\r\x1b[K" if sys.stderr.isatty() else "")
    figures = describe(tally)
    rows = [[name, str(tally.kills[name])] for name in (*borders.BORDERS, "time")]
    sys.stdout.write(make_table(["killed at", "kills"], rows) + "\n")
    sys.stdout.write("\n")
    rows = [[name, _show(figures[name])] for name in figures if name != "kills"]
    sys.stdout.write(make_table(["over all", "figure"], rows) + "\n")
    for problem in tally.problems:
        sys.stdout.write(f"{problem}\n")
    if chosen.json:
        write_report(chosen.json, "crash", figures)
    return 1 if tally.problems else 0


def _show(figure: Json) -> str:
    return f"{figure:.3f} s" if isinstance(figure, float) else str(figure)


def _tell(tally: Tally) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{tally.n_kills} kills, {tally.n_lives} lives, {len(tally.problems)} problems")
        sys.stderr.flush()
