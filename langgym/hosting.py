"""Opens persistent agents in this process: their locks, models, embedders and indexes, each shared where it can be."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from agents_db.nearest import NearestIndex
from agents_db.owner import AgentLock
from agents_db.records import AgentDraft, AgentRecord, Json
from agents_db.store import AgentsDB
from langgym.agent import NO_REFLECTION, Agent, is_embedded, is_model
from langgym.budget import Accounts
from langgym.config import STORED, Settings, load_settings
from langgym.errors import UsageError
from langgym.home import index_root
from langgym.memory.recall import OwnedIndex
from langgym.memory.shelf import Embedder
from langgym.models.chat import ChatModel
from langgym.models.names import ModelSettings, open_embedder, open_model
from langgym.models.pace import Pace
from langgym.policies.registry import is_fixed
from langgym.prices import load_prices

GROUNDED = "grounded"
"""The reflector that counts and asks nobody."""
PROBE = "The quick brown fox jumps over the lazy dog."
MOST_ASKED = 256
"""Seats that are asked at once in this process, over all episodes."""
MOST_SLOTS = 4
"""Calls that an embedded model answers at once: more share the same cores and cost memory."""
INDEX_AT = 50
"""Memories that may wait for the Chroma index: until there are thousands, an exact search is used anyway."""
SAME_VECTOR = 0.999
"""Cosine below which an embedder is no longer the one that made the stored vectors."""


class Host:
    """Everything that agents need to play in this process; closes what it opened."""

    def __init__(
        self,
        db: AgentsDB,
        home: Path,
        *,
        note: Callable[[str], None],
        make_model: Callable[[Settings], ChatModel] | None = None,
        parallel: int = 1,
        index_at: int = INDEX_AT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepares to open agents.

        Args:
            db: The store; it belongs to the caller.
            home: The home folder.
            note: Is told in one line what a person should know.
            make_model: Opens the model of an agent's settings; `None` goes by its name. The host closes it.
            parallel: How many episodes are under way at once.
            index_at: How many memories wait for an agent's Chroma index before they are taken over, beside the play.
            clock: By which play is timed, in seconds.

        Raises:
            UsageError: The home's table of prices cannot be read.
        """
        self._make_model = make_model or self._find_model
        self.db = db
        self.accounts = Accounts(db, load_prices(home), clock=clock)
        """What its agents and runs have spent."""
        self._home = home
        self._note = note
        self._slots = min(parallel, MOST_SLOTS)
        self._index_at = index_at
        self._agents: dict[str, Agent] = {}
        self._models: dict[tuple[str, str | None], ChatModel] = {}
        self._paces: dict[str | None, Pace] = {}
        self._embedders: dict[tuple[str, str | None], Embedder] = {}
        self._indexes: list[OwnedIndex] = []
        self.pool = ThreadPoolExecutor(MOST_ASKED, thread_name_prefix="langgym-seat")
        """Where the seats of simultaneous environments are asked at once; its threads are made when they are used."""

    def open_agent(self, name: str, settings: Settings | None = None) -> Agent:
        """Returns an agent that exists, owned by this process.

        Args:
            name: The agent's name.
            settings: How it plays; `None` takes what it stores.

        Raises:
            UnknownAgent: There is no such agent.
            AgentOwned: Another process plays it.
            UsageError: Its model or embedder cannot be had.
        """
        if name in self._agents:
            return self._agents[name]
        record = self.db.agent(name)
        settings = settings or stored_settings(self._home, record)
        model = self._open_model(settings) if is_model(settings.model) else None
        embedder = self._find_embedder(settings)
        lock = AgentLock(index_root(self._home), record.agent_id, name=name)
        index = self._open_index(record.agent_id, embedder) if embedder is not None else None
        agent = Agent(self.db, record, settings=settings, lock=lock, model=model, embedder=embedder, index=index)
        self._agents[name] = agent
        return agent

    def close(self) -> None:
        """Closes models, whose calls in flight fail, then indexes and locks."""
        for model in self._models.values():
            model.close()
        self.pool.shutdown(wait=False, cancel_futures=True)
        for index in self._indexes:
            index.close()
        for agent in self._agents.values():
            agent.close()
        self._indexes, self._agents, self._models = [], {}, {}

    def find_reflector(self, agent: Agent) -> ChatModel | None:
        """Returns the model that is asked to reflect for an agent; `None` where it only counts.

        Raises:
            UsageError: The model that is named cannot be had.
        """
        settings = agent.settings
        asks = agent.model is not None and not is_embedded(settings.model)
        wanted = settings.reflector or ("self" if asks else GROUNDED)
        if wanted in (GROUNDED, NO_REFLECTION):
            return None
        if wanted == "self":
            return agent.model
        return self._open_model(settings.model_copy(update={"model": wanted}))

    def _open_model(self, settings: Settings) -> ChatModel:
        key = (settings.model, settings.base_url)
        if key not in self._models:
            self._models[key] = self._make_model(settings)
        return self._models[key]

    def _find_model(self, settings: Settings) -> ChatModel:
        opening = _model_settings(settings, slots=self._slots, pace=self._find_pace(settings))
        return open_model(settings.model, home=self._home, settings=opening)

    def _find_pace(self, settings: Settings) -> Pace | None:
        """Returns the pace that all agents here share towards a provider; embedded models need none.

        The limits are those of the agent that came first.
        """
        if is_embedded(settings.model):
            return None
        if settings.base_url not in self._paces:
            self._paces[settings.base_url] = Pace(
                requests_per_minute=settings.requests_per_minute,
                tokens_per_minute=settings.tokens_per_minute,
                note=self._note,
            )
        return self._paces[settings.base_url]

    def _find_embedder(self, settings: Settings) -> Embedder | None:
        """Returns the embedder of an agent that recalls; without weights only language models are refused."""
        if is_fixed(settings.model) or not settings.memories:
            return None
        try:
            return self._open_embedder(settings)
        except UsageError as error:
            if is_model(settings.model):
                raise
            self._note(f"{error} Until then {settings.model!r} recalls nothing.")
            return None

    def _open_embedder(self, settings: Settings) -> Embedder:
        key = (settings.embedder, settings.base_url)
        if key not in self._embedders:
            embedder = open_embedder(settings.embedder, home=self._home, settings=_model_settings(settings))
            self._check_embedder(embedder)
            self._embedders[key] = embedder
        return self._embedders[key]

    def _check_embedder(self, embedder: Embedder) -> None:
        [vector] = embedder.embed([PROBE])
        stored = self.db.register_embedder(
            embedder.fingerprint, embedder.name, dim=len(vector), probe_text=PROBE, probe_vector=vector
        )
        if stored.probe_vector is not None and float(vector @ stored.probe_vector) < SAME_VECTOR:
            raise UsageError(
                f"The embedder {embedder.name!r} answers otherwise than when the stored vectors were made; "
                "use the old one, or `langgym db reindex --embedder` to make them anew."
            )

    def _open_index(self, agent_id: int, embedder: Embedder) -> OwnedIndex:
        root = index_root(self._home)
        index = NearestIndex(
            self.db,
            agent_id,
            root,
            embedder=embedder.fingerprint,
            note=self._note,
            drain_at=self._index_at,
        )
        self._indexes.append(index)
        return index


def _model_settings(settings: Settings, *, slots: int = 1, pace: Pace | None = None) -> ModelSettings:
    """Returns what opens a model; agents that share it give their own temperature with each call."""
    return ModelSettings(base_url=settings.base_url, threads=settings.threads, parallel=slots, pace=pace)


def stored_settings(home: Path, record: AgentRecord, flags: Mapping[str, Json] | None = None) -> Settings:
    """Returns how an agent plays by what it stores, outranked by `flags`."""
    return load_settings(home, flags=flags, stored={**record.settings, "model": record.model})


def find_or_create(db: AgentsDB, name: str, *, home: Path, flags: Mapping[str, Json]) -> tuple[AgentRecord, bool]:
    """Returns the agent of a name and whether it is new; a new one keeps the flags it was created with."""
    record = db.find_agent(name)
    if record is not None:
        return record, False
    settings = load_settings(home, flags=flags)
    kept = {field: flags[field] for field in STORED if flags.get(field) is not None}
    return db.create_agent(AgentDraft(name=name, model=settings.model, settings=kept)), True
