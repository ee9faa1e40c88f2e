"""Reflecting between episodes: the jobs by which agents draw conclusions, by counting and by asking a model."""

from collections.abc import Callable

from agents_db.records import EpisodeRecord
from agents_db.store import AgentsDB
from langgym.agent import Agent, is_embedded
from langgym.asking import AskSettings, Ledger
from langgym.memory.reflection import Study, open_study, reflect
from langgym.memory.reflector import COOLDOWN, Reflector
from langgym.models.chat import ChatModel
from langgym.recorder import Meter, Place, StoreLedger
from universe.errors import ServiceAway, UniverseError
from universe.streams import Stream
from universe.universe import CardFinder

REPLY_TOKENS = 600
"""Of a reflection: four operations with their evidence."""


class Reflecting:
    """Reflects for the agents of a run; doing an episode again changes nothing and asks nothing twice."""

    def __init__(
        self,
        db: AgentsDB,
        catalog: CardFinder,
        *,
        find_model: Callable[[Agent], ChatModel | None],
        find_meter: Callable[[int], Meter | None],
        window: int = 1,
    ) -> None:
        """Prepares to reflect.

        Args:
            db: The store.
            catalog: Where environments are found.
            find_model: Returns who is asked for an agent; `None` where it only counts.
            find_meter: Returns what measures an agent's calls, by its id.
            window: Episodes under way at once: a model is asked once for that many, since all wait for its answer.
        """
        self._db = db
        self._catalog = catalog
        self._find_model = find_model
        self._find_meter = find_meter
        self._cooldown = max(COOLDOWN, window)
        self._asked: dict[int, dict[tuple[int, str], bool]] = {}
        """By agent, whether a model was asked about an episode in a seat."""

    def reflect(self, agent: Agent, episode_id: int) -> None:
        """Draws the conclusions of an agent from an episode.

        Raises:
            ModelError: A provider failed; the job is done again later.
            BudgetError: A limit does not allow the call.
        """
        study = self._open_study(agent, self._db.episode(episode_id))
        if study is None:
            return
        reflect(study)
        model = self._find_model(agent)
        if model is None:
            return
        reflector = Reflector(
            model,
            agent=agent.name,
            open_ledger=lambda episode_id, turn, seat: self._open_ledger(agent, model, episode_id, turn, seat),
            settings=find_reflecting(agent.asking, model),
            cooldown=self._cooldown,
            known=self._asked.setdefault(agent.agent_id, {}),
        )
        for role in study.roles:
            if reflector.find_reason(study, role) is not None:
                seed = Stream.of(study.episode.seed, study.episode.number, "reflect", role).integer() & 0x7FFFFFFF
                reflector.reflect(study, role, seed=seed)

    def _open_study(self, agent: Agent, episode: EpisodeRecord) -> Study | None:
        try:
            card = self._catalog.find(episode.env_id)
        except ServiceAway:
            raise
        except UniverseError:
            return None  # its package is gone; what was lived through stays, and can be counted when it is back
        return open_study(self._db, agent.agent_id, card, episode)

    def _open_ledger(self, agent: Agent, model: ChatModel, episode_id: int, turn: int, seat: str) -> Ledger:
        place = Place(episode_id=episode_id, turn=turn, seat=seat)
        return StoreLedger(self._db, place, model=model.name, meter=self._find_meter(agent.agent_id))


def find_reflecting(asking: AskSettings, model: ChatModel) -> AskSettings:
    """Returns how a model is asked to reflect: as for a decision, with room for a longer reply."""
    calm = asking.temperature if not is_embedded(model.name) else min(asking.temperature or 0.5, 0.5)
    return AskSettings(max_attempts=asking.max_attempts, max_tokens=REPLY_TOKENS, temperature=calm)
