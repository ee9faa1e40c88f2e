"""Does memory help the real embedded model? Whole stored lives, arm by arm: nothing here is a stand-in.

Each arm is an agent that plays the same environment with the same seeds and seats as the others. `none` has no memory
at all, `memory` has everything: experience, recalled episodes, strategies. Either way to decide is an arm of its own:
`model` reads and answers, `advised` joins the model's likelihoods with experience. Random play stands beside them.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

import numpy as np

from agents_db.records import AgentDraft, EpisodeRecord, Json
from agents_db.store import AgentsDB
from langgym.bench.report import make_table, write_report
from langgym.config import Settings
from langgym.home import find_home, store_path
from langgym.hosting import Host
from langgym.narrator import SilentNarrator
from langgym.plan import Plan
from langgym.play import Session, start_run
from universe.catalog import default_catalog
from universe.universe import LocalUniverse

GAMES = ("classic/tictactoe_v3", "classic/leduc_holdem_v4")
ARMS: Mapping[str, Mapping[str, Json]] = {
    "random": {"model": "random", "memories": 0},
    "model, none": {"decide": "model", "memories": 0},
    "model, memory": {"decide": "model"},
    "advised, none": {"decide": "advised", "memories": 0},
    "advised, memory": {"decide": "advised"},
    "experience": {"model": "experience"},
}
"""Settings by the name of the arm; `experience` decides without any model."""
PAIRS = (("model, memory", "model, none"), ("advised, memory", "advised, none"), ("advised, memory", "experience"))
"""Arms that are compared, episode by episode."""
SEED = 11
N_BOOTSTRAP = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What came of one arm in one environment."""

    env_id: str
    arm: str
    returns: tuple[float, ...]
    n_decisions: int
    n_first_try: int
    n_fallbacks: int
    tokens: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """By how much one arm's later returns differ from another's, with a 95 % interval."""

    env_id: str
    arm: str
    other: str
    mean: float
    low: float
    high: float


def main(arguments: list[str]) -> int:
    """Plays and prints; returns 0, whatever came out."""
    options = _read_options(arguments)
    games = [default_catalog().find(name).env_id for name in options.games or GAMES]
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        lives = [
            _live(folder, env_id, arm, episodes=options.episodes, model=options.model)
            for env_id in games
            for arm in options.arms
        ]
    differences = [
        _compare(lives, env_id, *pair) for env_id in games for pair in PAIRS if set(pair) <= set(options.arms)
    ]
    sys.stdout.write(_make_tables(lives, differences, model=options.model) + "\n")
    if options.json:
        result = {
            "model": options.model,
            "lives": list(map(asdict, lives)),
            "differences": list(map(asdict, differences)),
        }
        write_report(options.json, "embedded", result)
    return 0


def _read_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="langgym bench embedded", description="The real model, with memory and without."
    )
    parser.add_argument("games", nargs="*", help=f"environments; else {', '.join(GAMES)}")
    parser.add_argument("--episodes", type=int, default=10, help="of each arm")
    parser.add_argument("--arms", type=_read_arms, default=tuple(ARMS), help="names with semicolons between them")
    parser.add_argument("--model", default="local:smollm2", help="an embedded model")
    parser.add_argument("--keep", type=Path, help="keep the lives in this folder, and go on with what is there")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args(arguments)
    if options.episodes < 2:
        parser.error("--episodes must be at least 2: the later half is compared")
    return options


def _read_arms(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(";"))
    unknown = [name for name in names if name not in ARMS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is no arm; arms are {'; '.join(ARMS)}")
    return names


def _live(folder: Path, env_id: str, arm: str, *, episodes: int, model: str) -> Life:
    """Plays what is left of a life and returns what came of the whole."""
    home = folder / f"{env_id.split('/')[1]}-{arm.replace(', ', '-')}"
    home.mkdir(parents=True, exist_ok=True)
    weights = home / "models"
    if not weights.is_symlink():
        weights.symlink_to(find_home() / "models", target_is_directory=True)
    settings = Settings.model_validate({"model": model, **ARMS[arm]})
    begun = time.monotonic()
    with AgentsDB.open(store_path(home)) as db:
        if db.find_agent("bench") is None:
            db.create_agent(AgentDraft(name="bench", model=settings.model))
        plan = Plan(agent="bench", episodes=episodes, env_id=env_id, settings=settings)
        host = Host(db, home, note=lambda text: None)
        try:
            runs = db.open_runs()
            run = runs[0] if runs else start_run(db, plan, seed=SEED)
            if runs or db.agent("bench").n_participations < episodes:
                Session(host, run, Plan.read(run.settings), universe=LocalUniverse(), narrator=SilentNarrator()).play()
        finally:
            host.close()
        found = _read(db, env_id, arm)
    sys.stderr.write(f"{env_id}, {arm}: mean {fmean(found.returns):+.2f}, {time.monotonic() - begun:.0f} s\n")
    return found


def _read(db: AgentsDB, env_id: str, arm: str) -> Life:
    episodes: Sequence[EpisodeRecord] = sorted(db.episodes(limit=100_000), key=lambda each: each.number)
    parts = [part for each in episodes for part in each.participations if part.agent_id is not None]
    agent = db.agent("bench")
    return Life(
        env_id=env_id,
        arm=arm,
        returns=tuple(part.total or 0.0 for part in parts),
        n_decisions=agent.n_decisions,
        n_first_try=sum(part.n_first_try_legal for part in parts),
        n_fallbacks=agent.n_fallbacks,
        tokens=agent.tokens_in + agent.tokens_out,
        seconds=sum(run.seconds for run in {each.run_id: db.run(each.run_id) for each in episodes}.values()),
    )


def _compare(lives: Sequence[Life], env_id: str, arm: str, other: str) -> Difference:
    """Returns the paired difference of the later half of two lives; the same numbers had the same seeds and seats."""
    mine, theirs = (np.array(_find(lives, env_id, name).returns) for name in (arm, other))
    pairs = (mine - theirs)[len(mine) // 2 :]
    random = np.random.default_rng(0)
    means = pairs[random.integers(len(pairs), size=(N_BOOTSTRAP, len(pairs)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975)).tolist()
    return Difference(env_id=env_id, arm=arm, other=other, mean=float(pairs.mean()), low=low, high=high)


def _find(lives: Sequence[Life], env_id: str, arm: str) -> Life:
    [life] = [life for life in lives if (life.env_id, life.arm) == (env_id, arm)]
    return life


def _make_tables(lives: Sequence[Life], differences: Sequence[Difference], *, model: str) -> str:
    head = ("environment and arm", "episodes", "first half", "later half", "legal at once", "tokens each", "s each")
    rows: list[Sequence[str]] = []
    for life in lives:
        half = len(life.returns) // 2
        halves = (fmean(life.returns[:half]), fmean(life.returns[half:]))
        legal = "" if life.arm.startswith(("random", "exp")) else f"{life.n_first_try / max(1, life.n_decisions):.0%}"
        each = (life.tokens / max(1, life.n_decisions), life.seconds / max(1, life.n_decisions))
        name = f"{life.env_id}: {life.arm}"
        rows.append(
            (name, str(len(life.returns)), *(f"{x:+.2f}" for x in halves), legal, f"{each[0]:.0f}", f"{each[1]:.2f}")
        )
    told = [
        f"{each.env_id}, later half: {each.arm} against {each.other}: {each.mean:+.2f} "
        f"[{each.low:+.2f}, {each.high:+.2f}]{'' if each.low > 0 or each.high < 0 else ', no clear difference'}"
        for each in differences
    ]
    return "\n".join([f"model: {model}; rival: random; one agent an arm", make_table(head, rows), *told])
