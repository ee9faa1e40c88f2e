"""A persistent agent as this process hosts it: its model, its memory, its lock, and the players it sends to seats."""

import os
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from agents_db.borders import reach
from agents_db.exact import ExactIndex
from agents_db.jobs import REFLECT
from agents_db.owner import AgentLock
from agents_db.records import AgentRecord, EpisodeRecord, JobRecord, Json, ParticipationRecord
from agents_db.store import AgentsDB
from langgym.asking import AskSettings, Ledger, MemoryLedger
from langgym.budget import Payer
from langgym.config import Settings
from langgym.limits import Limits
from langgym.memory.advisor import Advisor
from langgym.memory.library import Library
from langgym.memory.moments import find_as_of
from langgym.memory.recall import OwnedIndex, Recall, RecallSettings
from langgym.memory.recalled import Recalled
from langgym.memory.shelf import Embedder, MemoryShelf
from langgym.models.chat import ChatModel
from langgym.models.names import runs_here
from langgym.policies.policy import Closable, Decision, MemoryUse, Policy
from langgym.policies.registry import PolicyPlace, find_policy, is_fixed, make_policy
from langgym.recorder import Desk, Meter
from langgym.runner import EpisodeStreams
from universe.card import EnvCard
from universe.text_env import Turn

EMBED_BATCH = 32
NO_REFLECTION = "none"
"""The reflector of an agent that draws no conclusions."""
LEASE_SECONDS = 600.0
"""After which a job counts as left behind by a process that died."""


def name_process() -> str:
    """Returns what names this process in a lease, for people."""
    return f"{socket.gethostname()}:{os.getpid()}"


class Agent:
    """A persistent agent, owned by this process until it is closed."""

    def __init__(
        self,
        db: AgentsDB,
        record: AgentRecord,
        *,
        settings: Settings,
        lock: AgentLock,
        model: ChatModel | None,
        embedder: Embedder | None,
        index: OwnedIndex | None,
    ) -> None:
        """Takes over the lock; the model and the embedder belong to the caller.

        Args:
            db: The store.
            record: The agent.
            settings: How it plays.
            lock: The right to play it; closed with the agent.
            model: `None` where its policy is none.
            embedder: `None` where it recalls nothing.
            index: Finds its memories; `None` searches the stored vectors exactly.
        """
        self._db = db
        self._settings = settings
        self._lock = lock
        self.model = model
        self._embedder = embedder
        self._index = index
        self.agent_id = record.agent_id
        self.name = record.name
        self.asking = find_asking(settings)
        self.choosing = find_choosing(settings)
        self._learning = threading.Lock()
        self._shelf = MemoryShelf(db, record.agent_id)
        self._library = Library(db, record.agent_id)
        self._caught_up = -1
        db.release_jobs(record.agent_id)

    @property
    def record(self) -> AgentRecord:
        """The agent as it is stored now."""
        return self._db.agent(self.name)

    @property
    def policy_name(self) -> str:
        """The name that `--model` takes."""
        return self._settings.model

    @property
    def payer(self) -> Payer:
        """Who pays for its calls."""
        return Payer(
            agent_id=self.agent_id,
            name=self.name,
            model=self.policy_name if self.model is not None else None,
            base_url=self._settings.base_url,
            limits=Limits.read(self.record.limits),
        )

    @property
    def settings(self) -> Settings:
        """How it plays."""
        return self._settings

    @property
    def learns(self) -> bool:
        """Whether it counts what comes of its decisions."""
        return self._settings.memories > 0 and not is_fixed(self.policy_name)

    @property
    def reflects(self) -> bool:
        """Whether it draws conclusions between episodes."""
        return self.learns and self._settings.reflector != NO_REFLECTION

    @property
    def recalls(self) -> bool:
        """Whether its memories are of use to it, so that they are embedded."""
        return self._embedder is not None

    def describe(self, *, clock: int) -> dict[str, Json]:
        """Returns what decides its play, as it is stored with each participation.

        Args:
            clock: How many of its participations it remembers in the episode.
        """
        return {
            "settings": self._settings.model_dump(mode="json"),
            "decide": find_deciding(self._settings) if self.model is not None else None,
            "asking": dict(self.asking.describe()),
            "model_fingerprint": self.model.fingerprint if self.model else None,
            "embedder_fingerprint": self._embedder.fingerprint if self._embedder else None,
            "clock": clock,
            "event": self._db.last_event(self.agent_id),
        }

    def settle(self, reflect: Callable[["Agent", int], None]) -> None:
        """Does the jobs that its episodes left, and begins to index what it has learnt; safe from any thread.

        A job that was under way when its process died is done again: it makes only what is missing.

        Args:
            reflect: Draws conclusions from an episode, given by its id.
        """
        with self._learning:
            while self._db.has_jobs(self.agent_id):
                jobs = self._db.claim_jobs(self.agent_id, owner=name_process(), lease_seconds=LEASE_SECONDS)
                if not jobs:
                    break
                self._work(jobs, reflect)
        if self._index is not None:
            self._index.drain()

    def _work(self, jobs: Sequence[JobRecord], reflect: Callable[["Agent", int], None]) -> None:
        """Does jobs: conclusions first, in the order of the episodes, since they are to be embedded as well."""
        waiting = [job.job_id for job in jobs]
        try:
            for job in jobs:
                if job.kind == REFLECT and job.episode_id is not None:
                    reflect(self, job.episode_id)
                    self._db.end_jobs([job.job_id])
                    waiting.remove(job.job_id)
            self._embed_waiting()
        except Exception as error:
            self._db.end_jobs(waiting, error=f"{type(error).__name__}: {error}")
            raise
        reach("mid_reflection")
        self._db.end_jobs(waiting)

    def catch_up(self) -> int:
        """Embeds the memories that have no vector yet and returns how many there were; safe from any thread."""
        with self._learning:
            return self._embed_waiting()

    def _embed_waiting(self) -> int:
        if self._embedder is None:
            return 0
        version = self._db.ledger.version(self.agent_id)
        if version == self._caught_up:
            return 0
        waiting = self._db.unembedded(self.agent_id, self._embedder.fingerprint)
        for start in range(0, len(waiting), EMBED_BATCH):
            batch = waiting[start : start + EMBED_BATCH]
            vectors = self._embedder.embed([memory.text for memory in batch])
            pairs = [(memory.memory_id, vector) for memory, vector in zip(batch, vectors, strict=True)]
            self._db.add_vectors(self._embedder.fingerprint, pairs)
        self._caught_up = version if not waiting else -1
        return len(waiting)

    def sit_down(
        self, episode: EpisodeRecord, seat: str, *, card: EnvCard, streams: EpisodeStreams, meter: Meter | None = None
    ) -> "AgentPlayer":
        """Returns the player that this agent sends to a seat of an episode; catches up with its memories first.

        Args:
            episode: What is played.
            seat: Where it sits.
            card: Of the episode's environment.
            streams: Where the episode's draws come from.
            meter: Measures what is spent; `None` where nothing limits it.
        """
        place = PolicyPlace(
            agent=self.name,
            seat=seat,
            card=card,
            stream=streams.policy(seat),
            asking=self.asking,
            model=self.model,
            decide=find_deciding(self._settings),
            advisor=self._make_advisor(card, episode, seat),
        )
        policy = make_policy(self.policy_name, place)
        recall = self._make_recall(card, episode, seat, use=policy.memory) if policy.memory != "none" else None
        desk = Desk(self._db, episode, model=self.policy_name, meter=meter)
        return AgentPlayer(policy, recall, desk)

    def close(self) -> None:
        """Lets other processes play the agent."""
        self._lock.close()

    def _make_advisor(self, card: EnvCard, episode: EpisodeRecord, seat: str) -> Advisor | None:
        if not self.learns:
            return None
        role, as_of = card.role(seat), find_as_of(_find_part(episode, seat))
        outlook = self._library.open(card, episode.kwargs, role, clock=as_of.clock)
        return Advisor(card, role, outlook, curiosity=self._settings.curiosity)

    def _make_recall(self, card: EnvCard, episode: EpisodeRecord, seat: str, *, use: MemoryUse) -> Recall | None:
        if self._embedder is None or self._settings.memories == 0:
            return None
        self.catch_up()
        index = self._index or ExactIndex(self._db, self.agent_id, embedder=self._embedder.fingerprint)
        shown = RecallSettings.share(self._settings.memories, tokens=self._settings.memory_tokens)
        own = _find_part(episode, seat)
        return Recall(
            self._shelf,
            index,
            self._embedder,
            card=card,
            role=own.role,
            as_of=find_as_of(own),
            settings=shown if use == "told" else replace(shown, episodes=0, habits=0),
            rivals=[part.player for part in episode.participations if part.seat != seat],
        )


def _find_part(episode: EpisodeRecord, seat: str) -> ParticipationRecord:
    [part] = [part for part in episode.participations if part.seat == seat]
    return part


class AgentPlayer:
    """A player in a stored episode: recalls where it can, decides, and keeps every dear attempt in the store."""

    def __init__(self, policy: Policy, recall: Recall | None, desk: Desk) -> None:
        self._policy = policy
        self._recall = recall
        self._desk = desk

    @property
    def waits(self) -> bool:
        """Whether a decision waits for a model, so that several are best asked at once."""
        return self._policy.waits

    def act(self, turn: Turn) -> tuple[Decision, Sequence[Recalled]]:
        """Returns the decision and the memories that were shown for it."""
        if self._policy.is_paid and not self._policy.waits:
            self._desk.db.flush()  # a person may think for long, and others may be looking on
        recalled = self._recall.recall(turn) if self._recall is not None else []
        return self._policy.decide(turn, recalled, self._open_ledger(turn)), recalled

    def close(self) -> None:
        """Closes the policy where it holds something; the episode is over, or left to be resumed."""
        _close(self._policy)

    def _open_ledger(self, turn: Turn) -> Ledger:
        if not self._policy.is_paid:
            return MemoryLedger()
        return self._desk.open_ledger(turn)


class Stranger:
    """A player that is no agent and no dear one: a policy that remembers nothing and whose attempts are not kept."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    @property
    def waits(self) -> bool:
        """Never: its seats are asked one after the other."""
        return False

    def act(self, turn: Turn) -> tuple[Decision, Sequence[Recalled]]:
        """Returns the policy's decision."""
        return self._policy.decide(turn, (), MemoryLedger()), ()

    def close(self) -> None:
        """Closes the policy where it holds something."""
        _close(self._policy)


def _close(policy: Policy) -> None:
    if isinstance(policy, Closable):
        policy.close()


def is_embedded(model: str) -> bool:
    """Returns whether a model's name means one that runs in this process."""
    return runs_here(model)


def is_model(name: str) -> bool:
    """Returns whether a name is a language model's and not a policy's."""
    return find_policy(name) is None


CALM = 0.5
"""The temperature at which embedded models choose an environment where none is set: warmer, their reasons are noise."""


def find_choosing(settings: Settings) -> AskSettings:
    """Returns how the model is asked for a choice of an environment."""
    asking = find_asking(settings)
    calm = is_embedded(settings.model) and settings.temperature is None
    return replace(asking, temperature=CALM) if calm else asking


def find_deciding(settings: Settings) -> Literal["model", "advised"]:
    """Returns who decides: as set, else by the size of the model that comes along."""
    return settings.decide or ("advised" if settings.model == "local:smollm2" else "model")


def find_asking(settings: Settings) -> AskSettings:
    """Returns how the model is asked; tiny embedded models answer at once, others may think first."""
    embedded = is_embedded(settings.model)
    thought = settings.thought if settings.thought is not None else (0 if embedded else 400)
    return AskSettings(
        max_attempts=settings.max_attempts,
        thought=thought or None,
        max_tokens=settings.reply_tokens or (96 + thought if embedded else max(512, 112 + thought)),
        temperature=settings.temperature,
    )
