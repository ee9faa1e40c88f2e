"""What text and storage cost: bare PettingZoo, TextEnv, and recorded episodes side by side in one run.

Bare is the environment as PettingZoo makes it, with a uniform legal action by `random.Random`; resets are included and
time is CPU time of the whole process. Recorded plays an agent with the random policy in one seat against strangers:
its texts, every decision and the episode's memory are stored; turns of free policies share commits. FULL commits and
syncs every turn by itself, as is done for a person's.
"""

import argparse
import importlib
import itertools
import random
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents_db.exact import ExactIndex
from agents_db.knowledge import AsOf, MemoryDraft
from agents_db.records import (
    AgentDraft,
    AgentRecord,
    EpisodeDraft,
    EpisodeEnd,
    PlayerDraft,
    PositionDraft,
    SeatOutcome,
    StepDraft,
)
from agents_db.store import AgentsDB
from langgym import __version__
from langgym.agent import Stranger
from langgym.bench.report import make_table, write_report
from langgym.config import Settings
from langgym.home import find_home, store_path
from langgym.memory.recall import Recall
from langgym.memory.shelf import MemoryShelf
from langgym.models.names import open_embedder
from langgym.plan import Plan
from langgym.play import start_run
from langgym.policies.random import RandomPolicy
from langgym.prompts import templates_hash
from langgym.provenance import find_packages
from langgym.recorder import Recorder
from langgym.runner import EpisodeStreams, Player, run_episode
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.text_env import TextEnv

ENVIRONMENTS = ("classic/tictactoe_v3", "classic/connect_four_v3", "classic/chess_v6", "mpe/simple_spread_v3")
AIMS = {"classic/chess_v6": (0.7, 0.5)}
"""Ratios to bare that are aimed at where they differ from the usual (0.4, 0.15): TextEnv, recorded."""
USUAL_AIM = (0.4, 0.15)
ARMS = ("bare", "text", "recorded", "full")
HEAD = (
    *("turns per CPU second", "bare", "TextEnv", "ratio", "aim"),
    *("recorded", "ratio", "aim", "FULL", "ratio"),
)
RECALL_AIM = 20.0  # milliseconds

Episodes = Iterator[int]  # each `next` plays an episode and gives its number of steps


def play_bare(card: EnvCard) -> Episodes:
    """Plays the wrapped environment; yields the turns of each episode."""
    module = importlib.import_module(card.module)
    return _bare_parallel(module, card) if card.simultaneous else _bare_sequential(module, card)


def _bare_sequential(module: Any, card: EnvCard) -> Episodes:
    env, draw = module.env(**card.arguments({})), random.Random(0)
    for seed in itertools.count():
        n_turns = 0
        env.reset(seed=seed)
        for _ in env.agent_iter():
            observation, _reward, terminated, truncated, _info = env.last()
            if terminated or truncated:
                env.step(None)
                continue
            env.step(draw.choice(np.flatnonzero(observation["action_mask"])))
            n_turns += 1
        yield n_turns


def _bare_parallel(module: Any, card: EnvCard) -> Episodes:
    env, draw = module.parallel_env(**card.arguments({})), random.Random(0)
    for seed in itertools.count():
        n_turns = 0
        env.reset(seed=seed)
        while env.agents:
            env.step({agent: draw.randrange(env.action_space(agent).n) for agent in env.agents})
            n_turns += 1
        yield n_turns


def play_text(card: EnvCard) -> Episodes:
    """Plays through TextEnv with the random policy in every seat."""
    env = TextEnv(card)
    for number in itertools.count():
        streams = EpisodeStreams.of(0, number)
        run_episode(env, _strangers(env, streams), streams=streams)
        yield env.n_turns


class SyncedDB(AgentsDB):
    """A store that syncs every turn to the disk, as it does with a person's."""

    def record_turn(
        self, episode_id: int, position: PositionDraft, steps: Sequence[StepDraft], *, paid: bool, held: bool = False
    ) -> None:
        """Stores a turn at once, whatever it is worth."""
        super().record_turn(episode_id, position, steps, paid=True)


def play_recorded(card: EnvCard, db: AgentsDB) -> Episodes:
    """Plays and stores everything."""
    env = TextEnv(card)
    agent = db.create_agent(AgentDraft(name="bench", model="random"))
    run = start_run(db, Plan(agent=agent.name, episodes=1, settings=Settings(model="random")), seed=0)
    for number in itertools.count():
        streams = EpisodeStreams.of(0, number)
        episode = db.start_episode(_draft(env, run.run_id, number, agent))
        recorder = Recorder(db, episode, card)
        run_episode(env, _strangers(env, streams), streams=streams, observers=[recorder])
        yield env.n_turns


def _strangers(env: TextEnv, streams: EpisodeStreams) -> dict[str, Player]:
    return {seat: Stranger(RandomPolicy(streams.policy(seat))) for seat in env.seats}


def _draft(env: TextEnv, run_id: int, number: int, agent: AgentRecord) -> EpisodeDraft:
    own = env.seats[number % len(env.seats)]
    players = tuple(
        PlayerDraft(
            seat=seat,
            role=env.card.role(seat),
            team=env.card.team(seat),
            player=agent.name if seat == own else "random",
            agent_id=agent.agent_id if seat == own else None,
            model="random" if seat == own else None,
        )
        for seat in env.seats
    )
    return EpisodeDraft(
        run_id=run_id,
        number=number,
        choice_id=None,
        env_id=env.card.env_id,
        kwargs=env.variant,
        text_version=env.card.text_version,
        situation_version=env.card.situation_version,
        seed=EpisodeStreams.of(0, number).seed,
        max_turns=env.max_turns,
        templates=templates_hash(),
        packages=dict(find_packages()),
        langgym_version=__version__,
        commit=None,
        players=players,
    )


def measure_arms(card: EnvCard, folder: Path, *, seconds: float, rounds: int) -> dict[str, list[float]]:
    """Returns turns per CPU second of each arm, one figure a round, the arms in turn within each round."""
    with (
        AgentsDB.open(folder / f"{card.env_id.replace('/', '-')}-normal.db") as normal,
        SyncedDB.open(folder / f"{card.env_id.replace('/', '-')}-full.db") as full,
    ):
        arms = {
            "bare": play_bare(card),
            "text": play_text(card),
            "recorded": play_recorded(card, normal),
            "full": play_recorded(card, full),
        }
        for episodes in arms.values():
            next(episodes)  # imports, compiled statements, caches
        return _in_turn(arms, seconds=seconds, rounds=rounds)


def _in_turn(arms: dict[str, Episodes], *, seconds: float, rounds: int) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in arms}
    for _ in range(rounds):
        for name, episodes in arms.items():
            rates[name].append(_rate(episodes, seconds / rounds))
    return rates


def _rate(episodes: Episodes, seconds: float) -> float:
    start, n_turns = time.process_time(), 0
    while (spent := time.process_time() - start) < seconds:
        n_turns += next(episodes)
    return n_turns / spent


def measure_recall(folder: Path, home: Path, *, n_memories: int, n_decisions: int) -> list[float]:
    """Returns the milliseconds of wall time of recorded decisions with recall, the model excluded."""
    card = default_catalog().find("classic/tictactoe_v3")
    embedder = open_embedder("local:minilm", home=home)
    with SyncedDB.open(store_path(folder)) as db:
        agent = db.create_agent(AgentDraft(name="bench-recall", model="random"))
        run = start_run(db, Plan(agent=agent.name, episodes=1, settings=Settings(model="random")), seed=0)
        env = TextEnv(card)
        _fill_memories(db, env, run.run_id, agent, embedder=embedder, n_memories=n_memories)
        index = ExactIndex(db, agent.agent_id, embedder=embedder.fingerprint)
        shelf = MemoryShelf(db, agent.agent_id)
        spent: list[float] = []
        for number in itertools.count(1):
            as_of = AsOf(clock=number, event_id=0)
            recall = Recall(shelf, index, embedder, card=card, role=card.role(card.seats[0]), as_of=as_of)
            streams = EpisodeStreams.of(1, number)
            episode = db.start_episode(_draft(env, run.run_id, number, agent))
            recorder = Recorder(db, episode, card)
            own = next(part.seat for part in episode.participations if part.agent_id is not None)
            players = _strangers(env, streams) | {own: _Timed(recall, streams, own)}
            run_episode(env, players, streams=streams, observers=[_timed(recorder, players[own], spent)])
            if len(spent) >= n_decisions:
                return spent[:n_decisions]
    raise AssertionError("unreachable: the loop returns")


class _Timed:
    """A random player that recalls first, and notes when it began to think."""

    def __init__(self, recall: Recall, streams: EpisodeStreams, seat: str) -> None:
        self._recall = recall
        self._policy = RandomPolicy(streams.policy(seat))
        self.began: float | None = None
        self.waits = False

    def act(self, turn: Any) -> Any:
        self.began = time.perf_counter()
        recalled = self._recall.recall(turn)
        return Stranger(self._policy).act(turn)[0], recalled


def _timed(recorder: Recorder, player: Any, spent: list[float]) -> Any:
    class Timer:
        def on_turn(self, position: Any, acts: Any) -> None:
            recorder.on_turn(position, acts)
            if player.began is not None:
                spent.append(1000 * (time.perf_counter() - player.began))
                player.began = None

        def on_end(self, position: Any, outcome: Any) -> None:
            recorder.on_end(position, outcome)

    return Timer()


def _fill_memories(
    db: AgentsDB, env: TextEnv, run_id: int, agent: AgentRecord, *, embedder: Any, n_memories: int
) -> None:
    """Stores an episode with `n_memories` memories with random vectors: their values do not change what they cost."""
    episode = db.start_episode(_draft(env, run_id, 0, agent))
    part = next(part for part in episode.participations if part.agent_id is not None)
    probe = embedder.embed(["probe"])[0]
    db.register_embedder(embedder.fingerprint, embedder.name, dim=len(probe), probe_text="probe", probe_vector=probe)
    vectors = np.random.default_rng(0).standard_normal((n_memories, len(probe))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    memories = tuple(
        MemoryDraft(
            agent_id=agent.agent_id,
            kind="episodic",
            text=f"Tic-tac-toe as player_1, memory {number}: I won, return +1.00. I acted 4 times: a1, b2, c3, a2.",
            env_id=env.card.env_id,
            role=part.role,
            episode_id=episode.episode_id,
            seat=part.seat,
            turn_from=number,
            turn_to=number,
            outcome=1.0,
            importance=0.5,
            vector=vector,
            embedder=embedder.fingerprint,
        )
        for number, vector in enumerate(vectors)
    )
    outcomes = tuple(SeatOutcome(seat=seat, total=0.0, result="draw", reason="natural") for seat in env.seats)
    db.end_episode(
        EpisodeEnd(
            episode_id=episode.episode_id,
            status="finished",
            reason="natural",
            fault=None,
            position=None,
            outcomes=outcomes,
            memories=memories,
        )
    )


def main(arguments: list[str]) -> int:
    """Measures, prints the table, writes JSON where asked, and returns 0: speeds never fail a run."""
    options = _parse(arguments)
    warnings.simplefilter("ignore")
    rows: list[list[str]] = []
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="langgym-bench-") as folder:
        for env_id in ENVIRONMENTS:
            sys.stderr.write(f"{env_id} …\n")
            rates = measure_arms(
                default_catalog().find(env_id), Path(folder), seconds=options.seconds, rounds=options.rounds
            )
            figures[env_id] = {arm: statistics.median(rates[arm]) for arm in ARMS}
            rows.append(_row(env_id, figures[env_id]))
        sys.stdout.write(make_table(HEAD, rows) + "\n")
        sys.stderr.write(f"recall from {options.memories} memories …\n")
        spent = measure_recall(
            Path(folder), find_home(options.home), n_memories=options.memories, n_decisions=options.decisions
        )
    recall = {"median_ms": statistics.median(spent), "p95_ms": sorted(spent)[int(0.95 * len(spent))], "n": len(spent)}
    sys.stdout.write(
        f"\nA recorded decision with recall from {options.memories:,} memories, model excluded: "
        f"median {recall['median_ms']:.1f} ms, p95 {recall['p95_ms']:.1f} ms (aim: median at most {RECALL_AIM:g} ms).\n"
    )
    if options.json:
        write_report(options.json, "overhead", {"turns_per_cpu_second": figures, "recall": recall})
    return 0


def _row(env_id: str, rates: dict[str, float]) -> list[str]:
    text_aim, recorded_aim = AIMS.get(env_id, USUAL_AIM)
    bare = rates["bare"]
    return [
        env_id,
        f"{bare:,.0f}",
        f"{rates['text']:,.0f}",
        f"{rates['text'] / bare:.2f}",
        f"{text_aim:g}",
        f"{rates['recorded']:,.0f}",
        f"{rates['recorded'] / bare:.2f}",
        f"{recorded_aim:g}",
        f"{rates['full']:,.0f}",
        f"{rates['full'] / bare:.2f}",
    ]


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="langgym bench overhead", description="What text and storage cost.")
    parser.add_argument("--seconds", type=float, default=2.0, help="CPU seconds for each arm of each environment")
    parser.add_argument("--rounds", type=int, default=4, help="rounds in which the arms take turns")
    parser.add_argument("--memories", type=int, default=10_000, help="memories to recall from")
    parser.add_argument("--decisions", type=int, default=100, help="decisions with recall that are timed")
    parser.add_argument("--home", type=Path, help="where the embedder's weights lie")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args(arguments)
