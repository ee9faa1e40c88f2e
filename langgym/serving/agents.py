"""The agents of a service: owned by it while it runs, paid from their own budgets, taught by what they play."""

import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from agents_db.errors import UnknownAgent
from agents_db.records import EpisodeRecord, RunRecord
from agents_db.store import AgentsDB
from langgym.agent import Agent, AgentPlayer
from langgym.budget import Budget
from langgym.hosting import Host
from langgym.limits import Limits
from langgym.recorder import Recorder
from langgym.reflecting import Reflecting
from langgym.runner import EpisodeStreams
from universe.card import EnvCard
from universe.catalog import Catalog

AGENT = "agent:"
"""What the names of players that are agents begin with."""


class ServedAgents:
    """The agents that sit down at the tables of a service; safe from any thread."""

    def __init__(
        self,
        host: Host,
        run: RunRecord,
        names: Iterable[str],
        *,
        catalog: Catalog,
        note: Callable[[str], None],
        earlier: Iterable[str] = (),
    ) -> None:
        """Opens agents, which are then owned by this process.

        Args:
            host: Opens them; it belongs to the caller.
            run: The run that the service's tables belong to.
            names: Whom guests may ask for.
            catalog: Where environments are found.
            note: Is told in one line what a person should know.
            earlier: Who sits at tables that have not ended; those that were deleted are left out.

        Raises:
            UnknownAgent: One of `names` does not exist.
            AgentOwned: Another process plays one of them.
            UsageError: A model or an embedder cannot be had.
        """
        self._db: AgentsDB = host.db
        self._run = run
        self._note = note
        self._closing = threading.Event()
        self._agents = {name: host.open_agent(name) for name in dict.fromkeys(names)}
        self.names = tuple(self._agents)
        """Whom guests may ask for."""
        for name in dict.fromkeys(earlier):
            if name not in self._agents:
                self._open_earlier(host, name)
        self._budget = Budget(
            host.accounts,
            run,
            Limits(),
            agent="",
            payers=[agent.payer for agent in self._agents.values()],
            give_up=self._closing.is_set,
        )
        self._reflecting = Reflecting(
            self._db, catalog, find_model=host.find_reflector, find_meter=self._budget.meter, window=1
        )
        self._learner = ThreadPoolExecutor(1, thread_name_prefix="langgym-learner")
        for agent in self._agents.values():
            self._learner.submit(self._settle, agent)  # what an earlier process left when it was killed

    @property
    def stopping(self) -> bool:
        """Whether the service is being closed."""
        return self._closing.is_set()

    def find(self, name: str) -> Agent | None:
        """Returns an agent of the service."""
        return self._agents.get(name)

    def sit_down(self, name: str, episode: EpisodeRecord, seat: str, card: EnvCard) -> AgentPlayer:
        """Returns the player that an agent sends to a seat.

        Raises:
            UnknownAgent: The agent does not exist any more.
        """
        agent = self._agents.get(name)
        if agent is None:
            raise UnknownAgent(f"The agent {name!r} does not exist any more.")
        streams = EpisodeStreams.of(self._db.run(episode.run_id).seed, episode.number)
        meter = self._budget.meter(agent.agent_id)
        return agent.sit_down(episode, seat, card=card, streams=streams, meter=meter)

    @contextmanager
    def playing(self) -> Generator[None]:
        """Counts the time inside as time of play.

        Raises:
            BudgetError: An agent has no time left.
        """
        self._budget.check()
        with self._budget.playing():
            yield

    def make_recorder(self, episode: EpisodeRecord, card: EnvCard) -> Recorder:
        """Returns what stores an episode, so that every agent in it learns from it as from any other."""
        agents = self._find_players(episode)
        return Recorder(
            self._db,
            episode,
            card,
            recalling=[agent.agent_id for agent in agents if agent.recalls],
            learning=[agent.agent_id for agent in agents if agent.learns],
            reflecting=[agent.agent_id for agent in agents if agent.reflects],
        )

    def learn(self, episode: EpisodeRecord) -> list[Future[None]]:
        """Has the agents of an episode that has ended draw their conclusions, beside the play."""
        self.keep_time()
        return [self._learner.submit(self._settle, agent) for agent in self._find_players(episode)]

    def keep_time(self) -> None:
        """Stores how long was played."""
        seconds = self._budget.take_seconds()
        if seconds:
            self._db.add_seconds(self._run.run_id, seconds)

    def close(self) -> None:
        """Waits until what is being learnt is stored; what waits behind it is done by whoever plays the agent next."""
        self._closing.set()
        self._learner.shutdown(wait=True, cancel_futures=True)
        self.keep_time()

    def _open_earlier(self, host: Host, name: str) -> None:
        try:
            self._agents[name] = host.open_agent(name)
        except UnknownAgent:
            self._note(f"the agent {name!r}, which sits at a table, does not exist any more: the table fails")

    def _find_players(self, episode: EpisodeRecord) -> Sequence[Agent]:
        played = {part.agent_id for part in episode.participations}
        return [agent for agent in self._agents.values() if agent.agent_id in played]

    def _settle(self, agent: Agent) -> None:
        try:
            agent.settle(self._reflecting.reflect)
        except Exception as error:  # the jobs wait for another try; a table of somebody else must not suffer
            self._note(f"{agent.name} has not learnt from its last game yet: {error}")
