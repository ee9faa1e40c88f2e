"""What it costs to go on with an interrupted episode: its replay beside bare PettingZoo, side by side in one run.

Bare is the environment as PettingZoo makes it, reset and stepped with the stored actions; the replay is what `langgym
resume` does before the first new decision. The store is a copy of a real one, taken in the middle of an episode.
"""

import argparse
import importlib
import sqlite3
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents_db.records import AgentDraft, EpisodeRecord, RunRecord
from agents_db.store import AgentsDB
from langgym.bench.report import make_table, write_report
from langgym.config import Settings
from langgym.errors import ReplayError
from langgym.guards import Guards
from langgym.home import store_path
from langgym.hosting import Host
from langgym.narrator import SilentNarrator
from langgym.plan import Plan
from langgym.play import Session, start_run
from langgym.recorder import read_traces
from langgym.replay import Position, fast_forward, read_past
from langgym.runner import Act, EpisodeStreams
from universe.card import EnvCard
from universe.catalog import Catalog, default_catalog
from universe.text_env import TextEnv
from universe.universe import LocalUniverse

CHESS, SPREAD = "classic/chess_v6", "mpe/simple_spread_v3"
AFTER = 10
"""Turns that are left to play when an episode is interrupted."""
AIM = 1.3
PARTS = ("bare", "read", "step", "traces")
HEAD = ("replayed", "turns", "bare s", "read store s", "step and hash s", "traces s", "replay s", "ratio", "aim")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """An episode of random play that is interrupted after `n_turns` turns."""

    card: EnvCard
    n_turns: int

    @property
    def kwargs(self) -> dict[str, int]:
        """The keywords with which the episode lasts long enough."""
        return {"max_cycles": self.n_turns + AFTER} if self.card.simultaneous else {}


def make_scenarios(*, plies: int, frames: int) -> list[Scenario]:
    """Returns the episodes that are measured; the card of the parallel one is widened to more frames than it allows."""
    catalog = default_catalog()
    spread = catalog.find(SPREAD)
    kwargs = tuple(
        kwarg.model_copy(update={"maximum": frames + AFTER}) if kwarg.name == "max_cycles" else kwarg
        for kwarg in spread.kwargs
    )
    return [
        Scenario(card=catalog.find(CHESS), n_turns=plies),
        Scenario(card=spread.model_copy(update={"kwargs": kwargs}), n_turns=frames),
    ]


class _Copier(SilentNarrator):
    """Copies the store when a turn has been stored: what a power cut would leave."""

    def __init__(self, db: AgentsDB, target: Path, *, n_turns: int) -> None:
        self._db = db
        self._target = target
        self._n_turns = n_turns

    def on_turn(self, position: Position, acts: Sequence[Act]) -> None:
        if position.turn + 1 == self._n_turns:
            self._db.flush()  # turns of free policies wait for the next write
            copy_store(self._db.path, self._target)


def copy_store(source: Path, target: Path) -> None:
    """Copies a store while it is open, as it is after its last commit."""
    origin, copy = sqlite3.connect(source), sqlite3.connect(target)
    try:
        origin.backup(copy)
    finally:
        origin.close()
        copy.close()


def record_episode(scenario: Scenario, folder: Path) -> tuple[Path, Path]:
    """Plays an episode to its end; returns the homes of its store and of the store interrupted on the way."""
    for seed in range(1_000):
        whole, cut = folder / f"whole-{seed}", folder / f"cut-{seed}"
        for home in (whole, cut):
            home.mkdir()
        with AgentsDB.open(store_path(whole), clock=lambda: 0) as db:
            db.create_agent(AgentDraft(name="ada", model="random"))
            run = start_run(db, _make_plan(scenario), seed=seed)
            copier = _Copier(db, store_path(cut), n_turns=scenario.n_turns)
            _play(db, run, scenario, home=whole, narrator=copier)
        if store_path(cut).exists():
            return whole, cut
    raise ReplayError(f"No episode of {scenario.card.env_id} lasts {scenario.n_turns} turns.", turn=scenario.n_turns)


def _make_plan(scenario: Scenario) -> Plan:
    settings = Settings(model="random", rival="random", mate="random", max_turns=scenario.n_turns + AFTER)
    return Plan(agent="ada", episodes=1, env_id=scenario.card.env_id, kwargs=scenario.kwargs, settings=settings)


def _play(db: AgentsDB, run: RunRecord, scenario: Scenario, *, home: Path, narrator: SilentNarrator) -> None:
    host = Host(db, home, note=lambda line: None)
    try:
        universe = LocalUniverse(Catalog([scenario.card]))
        Session(host, run, Plan.read(run.settings), universe=universe, narrator=narrator).play()
    finally:
        host.close()


def make_bare(card: EnvCard, episode: EpisodeRecord, actions: Sequence[Mapping[str, int]]) -> Callable[[], None]:
    """Returns what resets and steps the wrapped environment with those actions."""
    module: Any = importlib.import_module(card.module)
    env = (module.parallel_env if card.simultaneous else module.env)(**card.arguments(episode.kwargs))

    def step_parallel() -> None:
        env.reset(seed=episode.seed, options=dict(episode.options) or None)
        for turn in actions:
            env.step(turn)

    def step_sequential() -> None:
        env.reset(seed=episode.seed, options=dict(episode.options) or None)
        for turn in actions:
            env.last()
            env.step(turn[env.agent_selection])
        env.last()

    return step_parallel if card.simultaneous else step_sequential


def measure_parts(scenario: Scenario, home: Path, *, rounds: int) -> dict[str, float]:
    """Returns the median CPU seconds of each part, the arms in turn within each round.

    Raises:
        ReplayError: A position of the replay is not the stored one.
    """
    with AgentsDB.open(store_path(home)) as db:
        [episode] = db.unfinished()
        past = read_past(db, episode.episode_id)
        bare = make_bare(scenario.card, episode, [past.actions[turn] for turn in range(scenario.n_turns)])
        env = TextEnv(scenario.card, episode.kwargs, max_turns=episode.max_turns)
        spent: dict[str, list[float]] = {part: [] for part in PARTS}
        for _ in range(rounds):
            spent["bare"] += _clock(bare)
            for part, seconds in zip(PARTS[1:], _clock(*_replay(db, episode, env)), strict=True):
                spent[part].append(seconds)
            if env.n_turns != scenario.n_turns:
                raise ReplayError(f"The replay of {episode.env_id} stopped early.", turn=env.n_turns)
        env.close()
    return {part: statistics.median(values) for part, values in spent.items()}


def _replay(db: AgentsDB, episode: EpisodeRecord, env: TextEnv) -> tuple[Callable[[], object], ...]:
    streams = EpisodeStreams.of(db.run(episode.run_id).seed, episode.number)
    kept = [part.seat for part in episode.participations if part.agent_id is not None]
    past: list[Any] = []

    def step() -> None:
        env.reset(streams.seed, menus=streams.menus, options=episode.options)
        fast_forward(env, past[0], Guards())

    return (
        lambda: past.append(read_past(db, episode.episode_id)),
        step,
        lambda: read_traces(db, episode, kept),
    )


def _clock(*works: Callable[[], object]) -> list[float]:
    spent: list[float] = []
    for work in works:
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return spent


def finish_equals(scenario: Scenario, whole: Path, cut: Path) -> bool:
    """Resumes the interrupted episode and returns whether all that is stored equals the uninterrupted one."""
    with AgentsDB.open(store_path(cut), clock=lambda: 0) as db, AgentsDB.open(store_path(whole)) as other:
        [episode] = db.unfinished()
        _play(db, db.run(episode.run_id), scenario, home=cut, narrator=SilentNarrator())
        return _read_all(db) == _read_all(other)


def _read_all(db: AgentsDB) -> list[object]:
    [episode] = db.episodes()
    ident = episode.episode_id
    stored: list[Sequence[object]] = [db.positions(ident), db.steps(ident), episode.participations]
    memories = db.memories(db.agent("ada").agent_id)
    return [*stored, [(memory.text, memory.outcome, memory.turn_to) for memory in memories], episode.reason]


def main(arguments: list[str]) -> int:
    """Prints the table and returns 1 when a replayed episode is not the stored one."""
    options = _parse(arguments)
    warnings.simplefilter("ignore")
    rows: list[list[str]] = []
    figures: dict[str, dict[str, float]] = {}
    broken: list[str] = []
    for scenario in make_scenarios(plies=options.plies, frames=options.frames):
        env_id = scenario.card.env_id
        sys.stderr.write(f"{env_id}, {scenario.n_turns} turns …\n")
        with tempfile.TemporaryDirectory(prefix="langgym-bench-") as folder:
            whole, cut = record_episode(scenario, Path(folder))
            try:
                figures[env_id] = measure_parts(scenario, cut, rounds=options.rounds)
                if not finish_equals(scenario, whole, cut):
                    broken.append(f"{env_id}: the resumed episode is not the uninterrupted one.")
            except ReplayError as error:
                broken.append(f"{env_id}: {error}")
                continue
        rows.append(_make_row(scenario, figures[env_id]))
    sys.stdout.write(make_table(HEAD, rows) + "\n")
    sys.stdout.write("\n".join(broken or ["Every episode ended as if it had never stopped."]) + "\n")
    if options.json:
        write_report(options.json, "resume", {"cpu_seconds": figures, "aim": AIM, "broken": broken})
    return int(bool(broken))


def _make_row(scenario: Scenario, seconds: Mapping[str, float]) -> list[str]:
    replay = sum(seconds[part] for part in PARTS[1:])
    return [
        scenario.card.env_id,
        f"{scenario.n_turns:,}",
        *(f"{seconds[part]:.3f}" for part in PARTS),
        f"{replay:.3f}",
        f"{replay / seconds['bare']:.2f}",
        f"{AIM:g}",
    ]


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="langgym bench resume", description="What the replay of an episode costs.")
    parser.add_argument("--plies", type=int, default=300, help="turns of chess before the interruption")
    parser.add_argument("--frames", type=int, default=10_000, help="turns of the parallel environment before it")
    parser.add_argument("--rounds", type=int, default=2, help="rounds in which the arms take turns")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args(arguments)
