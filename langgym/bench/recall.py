"""How fast memories are recalled, and whether the right ones are found, from thousands of real sentences.

The texts are the episodic memories of short episodes of random play in the MPE and Classic environments; a few hundred
are embedded by the embedded model. Further rows recombine them: their texts are put together from sentences of two
memories, and their vectors are renormalised mixtures of the two real vectors with a little noise. Recall is timed as
an agent uses it, a new `Recall` for each episode and the embedding of the cue apart, by wall time and by CPU time of
the thread; Chroma's ten nearest are compared with the ten that an exact search finds.
"""

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from agents_db.exact import ExactIndex
from agents_db.index import MemoryIndex
from agents_db.knowledge import AsOf, MemoryDraft
from agents_db.nearest import NearestIndex
from agents_db.records import AgentDraft, EpisodeDraft, PlayerDraft, RunDraft
from agents_db.store import AgentsDB
from langgym import __version__
from langgym.bench.report import make_table, write_report
from langgym.home import find_home, store_path
from langgym.memory.episodic import Moment, SeatTrace, rate_importance, write_memory
from langgym.memory.recall import Embedder, Index, MemoryShelf, Recall, cue_text
from langgym.models.names import open_embedder
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv, Turn

SUITES = ("classic", "mpe")
MAX_TURNS = 30
NOISE = 0.02
"""The length of the noise in a mixture of two vectors."""
BATCH = 5000
HEAD = (
    *("memories", "recall@10", "p50 ms", "p95 ms", "CPU p95", "aim", "embed p50", "per episode", "of all rows"),
    *("rebuild rows/s", "RSS MB"),
)
LEAST_RECALL = 0.95
AIMS = {10_000: 10.0, 100_000: 25.0}
"""Milliseconds of p95 that are aimed at, by memories."""


@dataclass(frozen=True, slots=True)
class Memoir:
    """A memory before it is stored, with its vector."""

    text: str
    env_id: str
    role: str
    importance: float
    vector: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Play:
    """A seat's way through an episode."""

    card: EnvCard
    role: str
    text: str
    importance: float
    turns: tuple[Turn, ...]


class TimedEmbedder:
    """An embedder that counts the time which it takes."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name, self.fingerprint = embedder.name, embedder.fingerprint
        self.wall = self.thread = 0.0

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns the embedder's vectors."""
        wall, thread = time.perf_counter(), time.thread_time()
        vectors = self._embedder.embed(texts)
        self.wall += time.perf_counter() - wall
        self.thread += time.thread_time() - thread
        return vectors


def play_seats(cards: Sequence[EnvCard], *, n_plays: int) -> list[Play]:
    """Returns ways through episodes of random play, no two with the same memory, evenly over the cards."""
    per_card = -(-n_plays // len(cards))
    plays: list[Play] = []
    for card in cards:
        env, found = TextEnv(card, max_turns=MAX_TURNS), dict[str, Play]()
        for seed in range(2 * per_card):
            found.update((play.text, play) for play in _play_episode(env, seed))
            if len(found) >= per_card:
                break
        env.close()
        plays += list(found.values())[:per_card]
    return plays


def _play_episode(env: TextEnv, seed: int) -> list[Play]:
    env.reset(seed)
    stream, card = Stream.of(seed, "bench-recall"), env.card
    turns: dict[str, list[Turn]] = {seat: [] for seat in env.seats}
    traces = {seat: SeatTrace() for seat in env.seats}
    while env.turns():
        chosen = {turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in env.turns()}
        for turn in env.turns():
            turns[turn.seat].append(turn)
            moment = Moment(turn.number, turn.name(chosen[turn.seat]), turn.situation, turn.reward)
            traces[turn.seat].moments.append(moment)
        env.play(chosen)
    others = ["random"] * (len(env.seats) - 1)
    return [
        Play(
            card=card,
            role=card.role(seat),
            text=write_memory(card, seat, others, traces[seat], end),
            importance=rate_importance(end),
            turns=tuple(turns[seat]),
        )
        for seat, end in env.outcome().items()
    ]


def make_memoirs(plays: Sequence[Play], vectors: NDArray[np.float32], *, n: int) -> list[Memoir]:
    """Returns `n` memories: real ones as far as there are, then mixtures of two of one environment."""
    draw = np.random.default_rng(0)
    real = [
        Memoir(play.text, play.card.env_id, play.role, play.importance, vector)
        for play, vector in zip(plays, vectors, strict=True)
    ]
    groups: dict[str, list[Memoir]] = {}
    for memoir in real:
        groups.setdefault(memoir.env_id, []).append(memoir)
    made = [_mix(real[number % len(real)], groups, draw, number) for number in range(len(real), n)]
    return [*real[:n], *made]


def _mix(first: Memoir, groups: dict[str, list[Memoir]], draw: np.random.Generator, number: int) -> Memoir:
    group = groups[first.env_id]
    second = group[draw.integers(len(group))]
    share = draw.uniform(0.2, 0.8)
    noise = draw.standard_normal(len(first.vector)).astype(np.float32)
    vector = share * first.vector + (1 - share) * second.vector + NOISE * noise / np.linalg.norm(noise)
    head, tail = first.text.split(". "), second.text.split(". ")
    cut = len(head) // 2
    text = f"{'. '.join([*head[:cut], *tail[len(tail) // 2 :]])} Episode {number}."
    return Memoir(
        text, first.env_id, first.role, first.importance, (vector / np.linalg.norm(vector)).astype(np.float32)
    )


def fill_store(db: AgentsDB, memoirs: Sequence[Memoir], *, embedder: str) -> int:
    """Stores an agent with those memories, one at each tick of its clock, and returns its id."""
    agent = db.create_agent(AgentDraft(name="bench-recall", model="random"))
    run = db.start_run(RunDraft(seed=0, settings={}, langgym_version=__version__, commit=None))
    player = PlayerDraft(
        seat="player_1", role="player", team=None, player=agent.name, agent_id=agent.agent_id, model="random"
    )
    episode = db.start_episode(
        EpisodeDraft(
            run_id=run.run_id,
            number=0,
            choice_id=None,
            env_id="classic/tictactoe_v3",
            kwargs={},
            text_version=1,
            situation_version=1,
            seed=0,
            max_turns=None,
            templates="",
            packages={},
            langgym_version=__version__,
            commit=None,
            players=(player,),
        )
    )
    drafts = [
        MemoryDraft(
            agent_id=agent.agent_id,
            kind="episodic",
            text=memoir.text,
            env_id=memoir.env_id,
            role=memoir.role,
            episode_id=episode.episode_id,
            seat="player_1",
            turn_from=number,
            turn_to=number,
            outcome=0.0,
            importance=memoir.importance,
            vector=memoir.vector,
            embedder=embedder,
            clock=number,
        )
        for number, memoir in enumerate(memoirs)
    ]
    for start in range(0, len(drafts), BATCH):
        db.add_memories(drafts[start : start + BATCH])
    return agent.agent_id


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds, embedding apart."""

    wall: list[float]
    """Of each recall."""
    thread: list[float]
    """Of each recall, CPU time of its thread."""
    embed: list[float]
    opening: list[float]
    """Of the beginning of an episode: what is read and chosen once."""


def time_recalls(shelf: MemoryShelf, index: Index, embedder: Embedder, plays: Sequence[Play], *, clock: int) -> Spent:
    """Recalls for every turn of some ways through episodes, each in an episode of its own."""
    spent, timed = Spent([], [], [], []), TimedEmbedder(embedder)
    for play in plays:
        recall = Recall(shelf, index, timed, card=play.card, role=play.role, as_of=AsOf(clock=clock, event_id=0))
        start, timed.wall = time.perf_counter(), 0.0
        _ = recall.standing  # what an episode begins with is read and chosen
        spent.opening.append(1000 * (time.perf_counter() - start - timed.wall))
        for turn in {cue_text(play.card, turn): turn for turn in play.turns}.values():  # a second time costs nothing
            timed.wall = timed.thread = 0.0
            wall, thread = time.perf_counter(), time.thread_time()
            recall.recall(turn)
            spent.wall.append(1000 * (time.perf_counter() - wall - timed.wall))
            spent.thread.append(1000 * (time.thread_time() - thread - timed.thread))
            spent.embed.append(1000 * timed.wall)
    return spent


def find_overlap(index: Index, exact: Index, cues: NDArray[np.float32]) -> float:
    """Returns the part of the ten nearest of each cue that an index finds."""
    hits = 0
    for cue in cues:
        true = {memory_id for memory_id, _ in exact.query(cue, 10)}
        hits += len(true & {memory_id for memory_id, _ in index.query(cue, 10)})
    return hits / (10 * len(cues))


def measure(folder: Path, memoirs: Sequence[Memoir], plays: Sequence[Play], *, embedder: Embedder) -> dict[str, float]:
    """Returns the figures of an agent with those memories, asked for the turns of `plays`."""
    n, mark = len(memoirs), embedder.fingerprint
    cues = np.stack([embedder.embed([cue_text(play.card, turn)])[0] for play in plays for turn in play.turns])
    with AgentsDB.open(store_path(folder)) as db:
        agent_id = fill_store(db, memoirs, embedder=mark)
        with MemoryIndex.open(db, agent_id, folder / "index", embedder=mark) as chroma:
            start = time.perf_counter()
            chroma.rebuild()
            rate = n / (time.perf_counter() - start)
            overlap = find_overlap(chroma, ExactIndex(db, agent_id, embedder=mark), cues)
        index = NearestIndex(db, agent_id, folder / "index", embedder=mark, note=lambda line: None)
        try:
            shelf = MemoryShelf(db, agent_id)
            index.query(cues[0], 1)
            start = time.perf_counter()
            shelf.find_pinned()
            looking = 1000 * (time.perf_counter() - start)
            spent = time_recalls(shelf, index, embedder, plays, clock=n)
        finally:
            index.close()
    return {
        "memories": n,
        "recalls": len(spent.wall),
        "recall_at_10": overlap,
        "p50_ms": float(np.percentile(spent.wall, 50)),
        "p95_ms": float(np.percentile(spent.wall, 95)),
        "cpu_p50_ms": float(np.percentile(spent.thread, 50)),
        "cpu_p95_ms": float(np.percentile(spent.thread, 95)),
        "embed_p50_ms": float(np.percentile(spent.embed, 50)),
        "episode_p50_ms": float(np.percentile(spent.opening, 50)),
        "pins_ms": looking,
        "rebuild_rows_per_second": rate,
        "rss_mb": psutil.Process().memory_info().rss / 1e6,
    }


def _row(figures: dict[str, float]) -> list[str]:
    n = round(figures["memories"])
    return [
        f"{n:,}",
        f"{figures['recall_at_10']:.3f}",
        *(f"{figures[name]:.1f}" for name in ("p50_ms", "p95_ms", "cpu_p95_ms")),
        f"{AIMS[n]:g}" if n in AIMS else "",
        *(f"{figures[name]:.1f}" for name in ("embed_p50_ms", "episode_p50_ms", "pins_ms")),
        f"{figures['rebuild_rows_per_second']:,.0f}",
        f"{figures['rss_mb']:.0f}",
    ]


def main(arguments: list[str]) -> int:
    """Measures, prints the table, writes JSON where asked, and returns 1 where too few of the nearest are found."""
    options = _parse(arguments)
    warnings.simplefilter("ignore")
    cards = [card for card in default_catalog() if card.suite in SUITES and card.playable]
    embedder = open_embedder(options.embedder, home=find_home(options.home))
    sys.stderr.write(f"playing {options.base} episodes and embedding what is remembered of them …\n")
    plays = play_seats(cards, n_plays=options.base)
    vectors = np.concatenate([embedder.embed([play.text]) for play in plays])
    asked = plays[:: max(1, len(plays) // options.episodes)][: options.episodes]
    every: list[dict[str, float]] = []
    for n in options.sizes:
        sys.stderr.write(f"{n:,} memories …\n")
        with tempfile.TemporaryDirectory(prefix="langgym-bench-") as folder:
            memoirs = make_memoirs(plays, vectors, n=n)
            every.append(measure(Path(folder), memoirs, asked, embedder=embedder))
    sys.stdout.write(make_table(HEAD, [_row(figures) for figures in every]) + "\n")
    sys.stdout.write(
        f"\n{len(vectors):,} of the memories are real, with vectors by {embedder.name}; the others are mixtures. Times "
        "are of one recall, embedding apart; per episode is what is chosen once, of all rows once in a process.\n"
    )
    if options.json:
        write_report(options.json, "recall", {"real": len(vectors), "embedder": embedder.fingerprint, "sizes": every})
    return 0 if all(figures["recall_at_10"] >= LEAST_RECALL for figures in every) else 1


def _read_sizes(text: str) -> list[int]:
    return [int(part) for part in text.replace("_", "").split(",")]


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="langgym bench recall", description="How fast and how well memories are found."
    )
    parser.add_argument("--sizes", type=_read_sizes, default=[1000, 10_000], help="memories, as 1000,10000,100000")
    parser.add_argument("--base", type=int, default=300, help="distinct episodes that are embedded")
    parser.add_argument("--episodes", type=int, default=40, help="episodes for whose turns memories are recalled")
    parser.add_argument("--embedder", default="local:minilm", help="who makes the vectors")
    parser.add_argument("--home", type=Path, help="where the embedder's weights lie")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args(arguments)
