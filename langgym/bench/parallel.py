"""How fast a population plays: LangGym beside the bare `openai` client, against a server of a fixed latency.

All arms run in turn against the same server on 127.0.0.1, in a process of its own on the same machine. Bare is the
official client in K threads, asked over and over with a prompt and a schema of the game, its replies thrown away.
LangGym plays `--parallel K` and stores all there is: calls before they are made, prompts, replies, decisions, recalls,
memories with their vectors.
"""

import argparse
import importlib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agents_db.records import AgentDraft
from agents_db.store import AgentsDB
from langgym.bench.report import make_table, write_report
from langgym.config import Settings
from langgym.home import store_path
from langgym.hosting import Host
from langgym.models.chat import Message
from langgym.models.dialects import join_messages, make_response_format
from langgym.models.doubles import ScriptedModel
from langgym.models.loadserver import LoadServer
from langgym.narrator import SilentNarrator
from langgym.plan import Plan
from langgym.play import Session, start_run
from langgym.policies.model import ModelPolicy
from langgym.runner import Stopped
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv
from universe.universe import LocalUniverse

ENV_ID = "classic/connect_four_v3"
LATENCY = 0.2
COUNTS = (1, 16, 64)
AIM, AIM_WORKERS, AIM_LIMITED = 0.9, 0.8, 0.9
LIMIT = 20.0
"""Requests a second that the limited server answers."""
ENDLESS = 1_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """How many calls were answered, and how fast."""

    n_calls: int
    seconds: float
    cpu: float
    """CPU seconds of this process."""

    @property
    def per_second(self) -> float:
        """Calls a second."""
        return self.n_calls / self.seconds

    @property
    def milliseconds(self) -> float:
        """CPU of this process for a call, in milliseconds."""
        return 1000 * self.cpu / max(1, self.n_calls)


def ask_bare(url: str, n_threads: int, *, seconds: float) -> Rate:
    """Asks by the official client in threads, and returns how fast it was answered."""
    import openai

    prompt, schema = _make_prompt()
    client = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
    messages = join_messages(prompt)
    fields = dict(make_response_format(schema))
    counts = [0] * n_threads
    begun, cpu = time.perf_counter(), time.process_time()

    def work(number: int) -> None:
        while time.perf_counter() - begun < seconds:
            client.chat.completions.create(
                model="load",
                messages=messages,  # pyright: ignore[reportArgumentType]  # plain messages, as every caller writes them
                max_tokens=512,
                seed=number,
                extra_body=fields,
            )
            counts[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = Rate(sum(counts), time.perf_counter() - begun, time.process_time() - cpu)
    client.close()
    return rate


def _make_prompt() -> tuple[Sequence[Message], Mapping[str, object]]:
    """Returns the first prompt of the game, and the schema of its answer."""
    card = default_catalog().find(ENV_ID)
    env = TextEnv(card)
    try:
        env.reset(0)
        [turn] = env.turns()
        policy = ModelPolicy(ScriptedModel([]), card, agent="bench", stream=Stream.of(0))
        return policy.prompt(turn, []), turn.menu.schema(thought=None)
    finally:
        env.close()


def play_parallel(url: str, n_episodes: int, folder: Path, *, seconds: float) -> Rate:
    """Plays and stores with so many episodes under way, for some seconds; returns how fast calls were answered."""
    settings = Settings(model="openai:load", base_url=url, embedder="hashed", thought=0)
    plan = Plan(agent="bench", episodes=ENDLESS, env_id=ENV_ID, parallel=n_episodes, settings=settings)
    with AgentsDB.open(store_path(folder)) as db:
        if db.find_agent("bench") is None:
            db.create_agent(AgentDraft(name="bench", model="openai:load"))
        host = Host(db, folder, note=lambda text: None, parallel=n_episodes)
        try:
            run = start_run(db, plan, seed=1)
            begun, cpu = time.perf_counter(), time.process_time()
            session = Session(
                host,
                run,
                plan,
                universe=LocalUniverse(),
                narrator=SilentNarrator(),
                should_stop=lambda: time.perf_counter() - begun > seconds,
            )
            with suppress(Stopped):
                session.play()
            taken, spent = time.perf_counter() - begun, time.process_time() - cpu
            [spending] = db.spending(run_id=run.run_id)
            failed = db.episodes(status="failed", limit=1)
            if failed:
                raise AssertionError(f"An episode failed: {failed[0].fault}")
            return Rate(spending.n_calls, taken, spent)
        finally:
            host.close()


def play_population(server: LoadServer, n_agents: int, n_workers: int, folder: Path, *, seconds: float) -> float:
    """Plays a population by the command line in worker processes; returns its calls a second when all are at it."""
    names = ",".join(f"pop-{number}" for number in range(n_agents))
    command = [sys.executable, "-m", "langgym", "--home", str(folder), "play", "--agents", names]
    command += ["--env", ENV_ID, "--episodes", str(ENDLESS), "--parallel", str(n_agents), "--workers", str(n_workers)]
    command += ["--model", "openai:load", "--base-url", server.url, "--embedder", "hashed", "--thought", "0", "--quiet"]
    before = server.stats().n_ok
    worker = subprocess.Popen(command)
    try:
        while server.stats().n_ok - before < n_agents * n_workers:  # until every worker is at it
            if worker.poll() is not None:
                raise AssertionError(f"The population ended with exit code {worker.returncode}.")
            time.sleep(0.2)
        time.sleep(2)
        first, begun = server.stats().n_ok, time.perf_counter()
        time.sleep(seconds)
        return (server.stats().n_ok - first) / (time.perf_counter() - begun)
    finally:
        worker.terminate()
        if worker.wait(60) not in (0, 130):
            raise AssertionError(f"The population ended with exit code {worker.returncode}.")


def main(arguments: list[str]) -> int:
    """Measures and prints; speeds never fail a run, a failed episode does."""
    parser = argparse.ArgumentParser(prog="langgym bench parallel", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each arm")
    parser.add_argument("--rounds", type=int, default=1, help="of the arms of each K; the medians are shown")
    parser.add_argument("--workers", type=int, default=3, help="processes of the population")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    chosen = parser.parse_args(arguments)
    figures: dict[str, object] = {"latency": LATENCY}
    with tempfile.TemporaryDirectory(prefix="langgym-parallel-") as name, LoadServer(latency=LATENCY) as server:
        folder = Path(name)
        figures["parallel"] = _compare_arms(server.url, folder, seconds=chosen.seconds, rounds=chosen.rounds)
        figures["population"] = _measure_population(server, folder, chosen)
    with tempfile.TemporaryDirectory(prefix="langgym-limited-") as name, LoadServer(rate=LIMIT) as server:
        figures["limited"] = _measure_limited(server, Path(name), seconds=6 * chosen.seconds)
    if chosen.json:
        write_report(chosen.json, "parallel", figures)
    return 0


def _compare_arms(url: str, folder: Path, *, seconds: float, rounds: int) -> list[dict[str, float]]:
    importlib.import_module("chromadb")  # like the client's, its import is no call's business
    rows: list[dict[str, float]] = []
    ask_bare(url, 1, seconds=0.5)
    play_parallel(url, 4, folder / "warm", seconds=2.0)
    for count in COUNTS:
        pairs = [
            (
                ask_bare(url, count, seconds=seconds),
                play_parallel(url, count, folder / f"{count}-{number}", seconds=seconds),
            )
            for number in range(rounds)
        ]
        bare, ours = sorted(pairs, key=lambda pair: pair[1].per_second / pair[0].per_second)[len(pairs) // 2]
        rows.append(
            {
                "k": count,
                "bare": bare.per_second,
                "langgym": ours.per_second,
                "ratio": ours.per_second / bare.per_second,
                "ideal": count / LATENCY,
                "bare_ms": bare.milliseconds,
                "langgym_ms": ours.milliseconds,
            }
        )
    head = ["calls a second", "bare", "LangGym", "ratio", "aim", "ideal", "CPU a call: bare", "LangGym"]
    sys.stdout.write(make_table(head, [_show_row(row) for row in rows]) + "\n")
    return rows


def _show_row(row: Mapping[str, float]) -> list[str]:
    rates = [f"{row['bare']:.1f}", f"{row['langgym']:.1f}", f"{row['ratio']:.2f}", f"{AIM}", f"{row['ideal']:.0f}"]
    return [f"K = {row['k']:.0f}", *rates, f"{row['bare_ms']:.2f} ms", f"{row['langgym_ms']:.2f} ms"]


def _measure_population(server: LoadServer, folder: Path, chosen: argparse.Namespace) -> dict[str, float]:
    n_agents, n_workers = COUNTS[-1], chosen.workers
    rate = play_population(server, n_agents, n_workers, folder / "population", seconds=2 * chosen.seconds)
    ideal = n_agents / LATENCY
    head = ["a population", "calls a second", "of ideal", "aim"]
    row = [f"{n_agents} agents, --workers {n_workers}", f"{rate:.1f}", f"{rate / ideal:.2f}", f"{AIM_WORKERS}"]
    sys.stdout.write("\n" + make_table(head, [row]) + "\n")
    return {"agents": n_agents, "workers": n_workers, "rate": rate, "of_ideal": rate / ideal}


def _measure_limited(server: LoadServer, folder: Path, *, seconds: float) -> dict[str, float]:
    rate = play_parallel(server.url, COUNTS[-1], folder, seconds=seconds)
    stats = server.stats()
    head = [f"a server of {LIMIT:.0f} requests a second", "answered a second", "of its rate", "aim", "refused"]
    answered = rate.per_second
    row = [f"K = {COUNTS[-1]}", f"{answered:.1f}", f"{answered / LIMIT:.2f}", f"{AIM_LIMITED}", str(stats.n_limited)]
    sys.stdout.write("\n" + make_table(head, [row]) + "\n")
    return {"rate": answered, "of_limit": answered / LIMIT, "refused": stats.n_limited, "answered": stats.n_ok}
