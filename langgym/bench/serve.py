"""Serving: many tables at once over loopback HTTP, beside the same games in process; killed, and for long."""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

from agents_db.records import EpisodeRecord, Json, PlayerDraft, RunDraft
from agents_db.store import AgentsDB
from langgym.agent import Stranger
from langgym.bench.report import make_table, write_report
from langgym.bench.serving.checks import compare
from langgym.bench.serving.clients import GAMES, MAX_TURNS, Book
from langgym.bench.serving.load import Load, pick_quantile, run_load
from langgym.bench.serving.process import ServiceDown, ServiceProcess
from langgym.drafts import draft_episode
from langgym.policies.random import RandomPolicy
from langgym.recorder import Recorder
from langgym.runner import EpisodeStreams, run_episode
from universe.catalog import default_catalog
from universe.text_env import TextEnv

RATE = 200.0
"""Decisions a second that are offered."""
AIM_MS = 25.0
"""The p95 that is aimed at, in milliseconds; machines differ, and so it fails nothing."""
FLAT = 0.10
"""By how much of itself the memory may grow from the second quarter of a soak to its last."""
ROOM = ("--max-tables", "5000", "--tables-per-minute", "1000000")
MOST_TOLD = 20


@dataclass(slots=True)
class Kills:
    """What came of killing a service."""

    n_kills: int = 0
    recoveries: list[float] = field(default_factory=list[float])
    """Seconds from the kill until the service listened again."""


def play_here(home: Path, seconds: float, *, seed: int) -> tuple[int, float]:
    """Plays the same games in this process and stores them; returns how many decisions it took, and how long."""
    begun, n_decisions = time.perf_counter(), 0
    catalog = default_catalog()
    with AgentsDB.open(home / "here.db") as db:
        run = db.start_run(RunDraft(seed=seed, settings={"kind": "bench"}, langgym_version="0", commit=None))
        for number in count():
            env = TextEnv(catalog.find(GAMES[number % len(GAMES)]), max_turns=MAX_TURNS)
            streams = EpisodeStreams.of(seed, number)
            episode = _begin_episode(db, env, streams, run_id=run.run_id, number=number)
            seated = {seat: Stranger(RandomPolicy(streams.policy(seat))) for seat in env.seats}
            run_episode(env, seated, streams=streams, observers=[Recorder(db, episode, env.card)])
            env.close()
            n_decisions += sum(part.n_decisions for part in db.episode(episode.episode_id).participations)
            if time.perf_counter() - begun > seconds:
                break
        db.end_run(run.run_id, "finished")
    return n_decisions, time.perf_counter() - begun


def _begin_episode(db: AgentsDB, env: TextEnv, streams: EpisodeStreams, *, run_id: int, number: int) -> EpisodeRecord:
    players = [
        PlayerDraft(seat=seat, role=env.card.role(seat), team=None, player="random", agent_id=None, model=None)
        for seat in env.seats
    ]
    options = env.draw_options(streams.warm_up)
    draft = draft_episode(env, seed=streams.seed, options=options, run_id=run_id, number=number, players=players)
    return db.start_episode(draft)


def measure_speed(folder: Path, *, tables: int, seconds: float, seed: int) -> tuple[dict[str, Load], Book]:
    """Loads a fresh service at the offered rate, and another one at full speed."""
    whole, loads = Book(), dict[str, Load]()
    for name, rate in ((f"{RATE:.0f}/s offered", RATE), ("full speed", None)):
        home, book = folder / str(len(loads)) / "home", Book()
        with ServiceProcess(home, *ROOM) as service:
            idle = service.memory
            load = asyncio.run(run_load(service, book, tables=tables, seconds=seconds, rate=rate, seed=seed))
            _stop(service, book)
        load.memory.insert(0, idle)
        loads[name] = load
        whole.problems += [*book.problems, *compare(home, book)]
        whole.n_tables += book.n_tables
        whole.n_retries += book.n_retries
        whole.acknowledged.update(book.acknowledged)
    return loads, whole


def measure_soak(folder: Path, *, tables: int, seconds: float, seed: int) -> tuple[Load, Book]:
    """Loads a service at the offered rate for long; memory that grows is a problem."""
    book = Book()
    with ServiceProcess(folder / "home", *ROOM) as service:
        load = asyncio.run(run_load(service, book, tables=tables, seconds=seconds, rate=RATE, seed=seed))
        _stop(service, book)
    book.problems += compare(folder / "home", book)
    growth = find_growth(load.memory)
    if growth > FLAT:
        book.problems.append(f"the memory of the service grew by {growth:.0%} from the second quarter to the last")
    return load, book


def find_growth(samples: list[int]) -> float:
    """Returns by how much of itself the memory grew from the second quarter of the samples to the last.

    >>> find_growth([50, 100, 100, 110]), find_growth([100] * 8)
    (0.1, 0.0)
    """
    quarter = len(samples) // 4
    if not quarter:
        return 0.0
    second = sorted(samples[quarter : 2 * quarter])
    last = sorted(samples[-quarter:])
    return round(pick_quantile(last, 0.5) / pick_quantile(second, 0.5) - 1.0, 6)


def measure_kills(folder: Path, n_kills: int, *, tables: int, seed: int) -> tuple[Kills, Load, Book]:
    """Kills a service at random moments under load and starts it again; clients recover by themselves."""
    book, kills, draw = Book(), Kills(), random.Random(seed)
    with ServiceProcess(folder / "home", *ROOM) as service:

        async def kill_often() -> None:
            while kills.n_kills < n_kills and len(book.problems) < MOST_TOLD:
                before = len(book.latencies)
                await asyncio.sleep(draw.uniform(0.0, 1.5))
                service.kill()
                kills.n_kills += 1
                begun = time.perf_counter()
                await asyncio.to_thread(service.start)
                kills.recoveries.append(time.perf_counter() - begun)
                await _wait_for(partial(_has_more, book, before))
                _tell(f"{kills.n_kills} kills, {len(book.problems)} problems")

        load = asyncio.run(
            run_load(service, book, tables=tables, seconds=0.0, rate=None, seed=seed, disturb=kill_often)
        )
        _stop(service, book)
    book.problems += compare(folder / "home", book)
    return kills, load, book


def _has_more(book: Book, than: int) -> bool:
    return len(book.latencies) > than


async def _wait_for(is_true: Callable[[], bool], *, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not is_true() and time.monotonic() < end:
        await asyncio.sleep(0.02)


def _stop(service: ServiceProcess, book: Book) -> None:
    code = service.stop()
    if code not in (0, 130, 143):
        book.problems.append(f"the service ended with {code}: {service.log[-500:]}")
    if "Traceback" in service.log:
        book.problems.append(f"the service told of an error: {service.log[-1500:]}")


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


def describe(name: str, load: Load) -> dict[str, Json]:
    """Returns the figures of a load."""
    return {
        "name": name,
        "decisions_per_second": load.rate,
        "p50_ms": load.quantile(0.5),
        "p95_ms": load.quantile(0.95),
        "p99_ms": load.quantile(0.99),
        "memory_first": load.memory[0] if load.memory else 0,
        "memory_last": load.memory[-1] if load.memory else 0,
        "memory_most": max(load.memory, default=0),
        "decisions": load.n_decisions,
        "seconds": load.seconds,
        "opening_p95_ms": pick_quantile(load.opening, 0.95) * 1000,
        "opening_worst_ms": pick_quantile(load.opening, 1.0) * 1000,
    }


def _show_loads(figures: list[dict[str, Json]]) -> str:
    rows = [
        [
            str(row["name"]),
            f"{row['decisions_per_second']:.0f}",
            *(f"{row[key]:.1f}" for key in ("p50_ms", "p95_ms", "p99_ms")),
            *(f"{int(str(row[key])) / 1e6:.0f}" for key in ("memory_first", "memory_last", "memory_most")),
        ]
        for row in figures
    ]
    headings = ["load", "decisions/s", "p50 ms", "p95 ms", "p99 ms", "MB before", "MB after", "MB most"]
    opening = "; ".join(
        f"{row['name']} p95 {row['opening_p95_ms']:.0f} ms, worst {row['opening_worst_ms']:.0f} ms" for row in figures
    )
    return f"{make_table(headings, rows)}\nwhile all tables were opened at once, before that: {opening}"


def main(arguments: list[str]) -> int:
    """Measures, prints what came of it, and returns 1 where a move was lost or doubled, or memory grew."""
    parser = argparse.ArgumentParser(prog="langgym bench serve", description=__doc__)
    parser.add_argument("--tables", type=int, default=500, help="at once")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each load")
    parser.add_argument("--soak", type=float, help="load it for so many seconds, and see whether its memory is flat")
    parser.add_argument("--kills", type=int, help="kill it so often under load")
    parser.add_argument("--seed", type=int, default=0, help="of what clients draw, and of when it is killed")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="langgym-serve-") as name:
        try:
            figures, book = _measure(Path(name), chosen)
        except ServiceDown as error:
            sys.stderr.write(f"langgym bench: {error}\n")
            return 1
    _tell("")
    sys.stdout.write(
        f"\n{book.n_tables} tables, {sum(map(len, book.acknowledged.values()))} moves acknowledged, "
        f"{book.n_retries} requests sent again, {len(book.problems)} problems\n"
    )
    for problem in book.problems[:MOST_TOLD]:
        sys.stdout.write(f"{problem}\n")
    if chosen.json:
        write_report(chosen.json, "serve", {**figures, "tables": book.n_tables, "problems": list(book.problems)})
    return 1 if book.problems else 0


def _measure(folder: Path, chosen: argparse.Namespace) -> tuple[dict[str, Json], Book]:
    if chosen.kills:
        tables = min(chosen.tables, 60)
        kills, load, book = measure_kills(folder, chosen.kills, tables=tables, seed=chosen.seed)
        recoveries = sorted(kills.recoveries)
        figures: dict[str, Json] = {
            "kills": kills.n_kills,
            "recovery_median": pick_quantile(recoveries, 0.5),
            "recovery_worst": pick_quantile(recoveries, 1.0),
            "decisions": load.n_decisions,
            "unsure": book.n_unsure,
        }
        rows = [[key, f"{value:.2f} s" if isinstance(value, float) else str(value)] for key, value in figures.items()]
        sys.stdout.write(make_table([f"killed under {tables} tables", "figure"], rows) + "\n")
        return figures, book
    if chosen.soak:
        load, book = measure_soak(folder, tables=chosen.tables, seconds=chosen.soak, seed=chosen.seed)
        told = [describe(f"{chosen.soak:.0f} s at {RATE:.0f}/s", load)]
        sys.stdout.write(_show_loads(told) + f"\ngrowth of the memory: {find_growth(load.memory):.1%}\n")
        return {"loads": list(told), "growth": find_growth(load.memory)}, book
    loads, book = measure_speed(folder, tables=chosen.tables, seconds=chosen.seconds, seed=chosen.seed)
    told = [describe(name, load) for name, load in loads.items()]
    n_here, seconds = play_here(folder, chosen.seconds / 2, seed=chosen.seed)
    sys.stdout.write(f"{chosen.tables} tables at once; the aim is a p95 of {AIM_MS:.0f} ms at {RATE:.0f}/s\n")
    sys.stdout.write(_show_loads(told) + f"\nthe same games in process, stored: {n_here / seconds:.0f} decisions/s\n")
    return {"loads": list(told), "here_per_second": n_here / seconds}, book
