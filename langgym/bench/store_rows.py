"""What generated stores are made of: rows that wait to be written, texts by their hash, players, episodes, memories."""

import random
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import zstandard

from agents_db.keys import make_key
from agents_db.texts import RAW, SMALL, ZSTD, hash_text
from universe.card import EnvCard

WORDS = (
    *("centre", "corner", "edge", "raise", "fold", "call", "check", "open", "block", "fork", "pair"),
    *("trick", "low", "high", "wide", "early", "late", "safe", "bold", "even", "odd", "left"),
    *("right", "column", "row", "piece", "card", "token", "wall", "line", "gap", "threat", "lead"),
    *("follow", "hold", "pass", "draw", "strong", "weak", "quick", "slow"),
)
N_BOARDS = 200
"""Of each environment."""
PER_RUN, PER_BATCH = 100, 2000
N_SITUATIONS, N_THOUGHTS = 60, 400
N_OPEN = 5
"""The last episodes, which are under way."""
BEGIN = 1_750_000_000_000_000
GAP, PACE = 40_000_000, 500_000
"""Microseconds from one episode to the next, and from one turn to the next."""
RUN = "run (run_id, key, seed, settings, langgym_version, status, started_at, ended_at, seconds)"
VARIANT = "variant (variant_id, key, env_id, kwargs)"
AGENT = (
    "agent (agent_id, key, name, model, settings, created_at, last_played_at, n_participations, n_decisions, "
    "n_fallbacks, n_memories, tokens_in, tokens_out, memory_version)"
)
CHOICE = "choice (choice_id, key, run_id, agent_id, number, offered, env_id, reason, source, created_at)"
EPISODE = (
    "episode (episode_id, key, run_id, number, choice_id, variant_id, env_id, text_version, situation_version, seed, "
    "max_turns, templates, packages, langgym_version, status, reason, fault, drifted, n_turns, started_at, ended_at)"
)
PARTICIPATION = (
    "participation (participation_id, key, episode_id, position, seat, role, player, agent_id, model, settings, "
    "n_decisions, n_fallbacks, n_first_try_legal, total, result, reason)"
)
POSITION = "position (episode_id, turn, digest, payments)"
STEP = (
    "step (episode_id, turn, seat, action, name, source, text_id, situation_id, thought_id, n_attempts, "
    "first_try_legal, created_at, advice_id)"
)
ATTEMPT = (
    "attempt (episode_id, turn, seat, ordinal, outcome, prompt, reply_id, problem, tokens_in, tokens_out, "
    "milliseconds, created_at, model, est_in, est_out)"
)
RECALL = "recall (episode_id, turn, seat, memory_id, rank, score, parts, credit)"
LIVED = "lived (agent_id, participation_id, clock)"
MEMORY = (
    "memory (memory_id, key, agent_id, kind, text, folded, altered, env_id, role, episode_id, seat, turn_from, "
    "turn_to, outcome, importance, clock, n_recalled, state, created_at, subject, condition, action, effect, low, "
    "high, maker, votes, n_helped, n_hurt, pinned, rev, superseded_by)"
)
EVENT = 'memory_event (key, memory_id, agent_id, clock, op, actor, reason, "before", "after", episode_id, created_at)'
EVIDENCE = "evidence (memory_id, episode_id, seat, turn_from, turn_to, relation)"
EMBEDDING = "embedding (agent_id, embedder_id, memory_id, vector)"
SPENDING = (
    "spending (run_id, agent_id, model, n_calls, tokens_in, tokens_out, cached_tokens, milliseconds, lost_calls, "
    "lost_in, lost_out)"
)
EMBEDDER = "embedder (embedder_id, fingerprint, name, dim, probe_text, probe_vector)"
OUTBOX = "outbox (agent_id, memory_id)"
TEXT = "text (text_id, digest, codec, altered, body)"
RECORD = (
    "env_record (agent_id, env_id, n_participations, sum_total, best_total, last_total, n_wins, n_draws, n_losses, "
    "sum_turns, sum_seconds)"
)


class TextPools:
    """Texts that are drawn from; each is stored once by its hash."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._ids: dict[bytes, int] = {}
        self._packer = zstandard.ZstdCompressor(level=3)
        self.rows: list[tuple[object, ...]] = []
        """Of the table `TEXT`."""

    def add(self, text: str) -> int:
        """Returns the id of a text."""
        body = text.encode()
        digest = hash_text(body, altered=False)
        if digest not in self._ids:
            self._ids[digest] = len(self._ids) + 1
            packed = self._packer.compress(body) if len(body) >= SMALL else body
            codec, body = (ZSTD, packed) if len(packed) < len(body) else (RAW, body)
            self.rows.append((self._ids[digest], digest, codec, False, body))
        return self._ids[digest]

    def write(self, n_words: int) -> str:
        """Returns words at random."""
        return " ".join(self._draw.choices(WORDS, k=n_words))

    def make_pool(self, n: int, head: str, n_words: int) -> list[int]:
        """Returns the ids of `n` different texts."""
        return [self.add(f"{head} {number}: {self.write(n_words)}.") for number in range(n)]

    def make_boards(self, card: EnvCard) -> list[int]:
        """Returns the ids of the positions of an environment."""
        rows = [" ".join(self._draw.choices(".XO", k=8)) for _ in range(N_BOARDS + 8)]
        boards = ["\n".join(rows[start : start + 8]) for start in range(N_BOARDS)]
        return [self.add(f"{card.title}, position {number}.\n{board}") for number, board in enumerate(boards)]


class WaitingRows:
    """Rows that wait until there are enough of them; a table is named with its columns."""

    def __init__(self, driver: sqlite3.Connection) -> None:
        self._driver = driver
        self._waiting: dict[str, list[Sequence[object]]] = defaultdict(list)

    def __getitem__(self, table: str) -> list[Sequence[object]]:
        return self._waiting[table]

    def flush(self) -> None:
        """Writes them."""
        for table, rows in self._waiting.items():
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                self._driver.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
                rows.clear()


@dataclass(slots=True)
class MadeMemory:
    """A memory; its row is written at the end, when its uses are counted."""

    memory_id: int
    owner: "MadeAgent"
    kind: str
    text: str
    env_id: str
    seat: "MadeSeat"
    episode_id: int
    turns: tuple[int | None, int | None]
    outcome: float
    clock: int
    created_at: int
    subject: tuple[str, str] | None
    """Of a strategy: the condition and the action."""
    n_recalled: int = 0
    n_helped: int = 0
    n_hurt: int = 0
    superseded_by: int | None = None


@dataclass(slots=True)
class MadeAgent:
    """An agent with its counters."""

    agent_id: int
    name: str
    asks: bool
    settings: str
    clock: int = 0
    decisions: int = 0
    fallbacks: int = 0
    last_played: int | None = None
    tokens: Counter[str] = field(default_factory=Counter[str])
    known: list[MadeMemory] = field(default_factory=list["MadeMemory"])
    holding: dict[tuple[str, tuple[str, str]], MadeMemory] = field(
        default_factory=dict[tuple[str, tuple[str, str]], "MadeMemory"]
    )
    """The strategy that holds, by its environment and subject."""
    lived: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    """Its last episodes with its seat in each."""
    records: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    """By environment, in the order of `store_rows.RECORD`."""


@dataclass(slots=True)
class MadeSeat:
    """A seat of one episode; `agent` is `None` where the random policy sits there."""

    name: str
    role: str
    agent: MadeAgent | None
    n: int = 0
    fallbacks: int = 0
    legal: int = 0
    first: int | None = None
    last: int | None = None
    total: float = 0.0
    shown: set[int] = field(default_factory=set[int])


@dataclass(slots=True)
class MadePlay:
    """An episode that is being generated."""

    episode_id: int
    card: EnvCard
    status: str
    n_turns: int
    seats: tuple[MadeSeat, MadeSeat]

    @property
    def run_id(self) -> int:
        """Of the run that it belongs to."""
        return (self.episode_id - 1) // PER_RUN + 1

    @property
    def key(self) -> str:
        """Its natural key."""
        return make_key("episode", make_key("run", self.run_id), (self.episode_id - 1) % PER_RUN)

    @property
    def started(self) -> int:
        """When it began, in UTC microseconds."""
        return BEGIN + GAP * self.episode_id

    @property
    def ended(self) -> int | None:
        """When it ended; `None` while it is under way."""
        return None if self.status == "running" else self.started + PACE * self.n_turns
