"""The narrator of a run: turns what the session tells into events, and hands them to whoever shows them."""

import time
from collections.abc import Callable, Mapping, Sequence

from agents_db.records import EpisodeRecord, RunRecord
from agents_db.store import AgentsDB
from langgym.agent import is_model
from langgym.choosing import Chosen, Offer
from langgym.errors import BudgetError
from langgym.plan import Plan
from langgym.prices import PriceTable, read_spending
from langgym.query.events import (
    AnyEvent,
    ChoiceEvent,
    EndEvent,
    FaultEvent,
    MemoryEvent,
    NoteEvent,
    RecalledMemory,
    RunEvent,
    SeatResult,
    StartEvent,
    SummaryEvent,
    TurnEvent,
)
from langgym.query.spending import add_up
from langgym.replay import Position
from langgym.runner import Act
from universe.card import EnvCard
from universe.text_env import SeatEnd

Tell = Callable[[AnyEvent], None]


class EventNarrator:
    """Tells the events of one run, from any thread, and sums it up at the end."""

    def __init__(self, db: AgentsDB, run: RunRecord, plan: Plan, *, prices: PriceTable, tell: Tell) -> None:
        """Begins to listen.

        Args:
            db: Where new memories and counts are read.
            run: The run.
            plan: What it is to do.
            prices: Of models.
            tell: Is given each event, one at a time.
        """
        self._db = db
        self._run = run
        self._plan = plan
        self._prices = prices
        self._tell = tell
        self._begun = time.monotonic()
        self._finished: list[int] = []
        self._failed: list[int] = []

    def begin(self, *, resumed: bool) -> None:
        """Tells that the run begins."""
        plan, run = self._plan, self._run
        self._tell(
            RunEvent(
                run_id=run.run_id,
                seed=run.seed,
                agent=plan.agent,
                model=plan.settings.model,
                episodes=plan.episodes,
                parallel=plan.parallel,
                resumed=resumed,
            )
        )

    def note(self, text: str) -> None:
        """Tells something that a person should know."""
        self._tell(NoteEvent(text=text))

    def on_choice(self, agent: str, chosen: Chosen, offers: Sequence[Offer]) -> None:
        """Tells what was offered and chosen."""
        offered = tuple(offer.card.env_id for offer in offers)
        self._tell(
            ChoiceEvent(agent=agent, offered=offered, env_id=chosen.env_id, reason=chosen.reason, source=chosen.source)
        )

    def on_start(self, episode: EpisodeRecord, card: EnvCard, *, resumed: bool) -> "EpisodeTeller":
        """Tells that an episode begins or goes on."""
        teller = EpisodeTeller(self._db, episode, tell=self._tell, finished=self._finished, failed=self._failed)
        self._tell(
            StartEvent(
                run_id=episode.run_id,
                episode_id=episode.episode_id,
                number=episode.number,
                env_id=episode.env_id,
                title=card.title,
                kwargs=dict(episode.kwargs),
                players={part.seat: part.player for part in episode.participations},
                agent_seats=tuple(part.seat for part in episode.participations if part.player == self._plan.agent),
                turn=episode.n_turns,
                resumed=resumed,
            )
        )
        return teller

    def sum_up(self, *, stopped: bool, limit: BudgetError | None = None) -> None:
        """Tells what came of the run; `limit` stopped it."""
        parts = [
            part
            for episode_id in self._finished
            for part in self._db.episode(episode_id).participations
            if part.player == self._plan.agent and part.agent_id is not None
        ]
        with_model = [part for part in parts if part.model is not None and is_model(part.model)]
        asked = [part for part in with_model if part.settings.get("decide") != "advised"]
        advised = [part for part in with_model if part.settings.get("decide") == "advised"]
        self._tell(
            SummaryEvent(
                run_id=self._run.run_id,
                agent=self._plan.agent,
                stopped=stopped,
                finished=tuple(self._finished),
                failed=tuple(self._failed),
                n_decisions=sum(part.n_decisions for part in parts),
                n_by_model=sum(part.n_decisions for part in asked),
                n_first_try_legal=sum(part.n_first_try_legal for part in asked),
                n_advised=sum(part.n_decisions for part in advised),
                n_fallbacks=sum(part.n_fallbacks for part in parts),
                n_forfeits=sum(part.reason == "forfeit" and part.result == "loss" for part in parts),
                totals=tuple(part.total for part in parts),
                memory_ids=tuple(event.memory_id for event in list_memories(self._db, self._finished)),
                seconds=time.monotonic() - self._begun,
                limit=limit.limit if limit else None,
                advice=limit.advice if limit else None,
                spent=add_up(read_spending(self._db, self._prices, run_id=self._run.run_id)),
            )
        )


class EpisodeTeller:
    """Tells the events of one episode."""

    def __init__(
        self, db: AgentsDB, episode: EpisodeRecord, *, tell: Tell, finished: list[int], failed: list[int]
    ) -> None:
        """Begins to listen; `finished` and `failed` are the run's lists of ids, and are added to."""
        self._db = db
        self._episode = episode
        self._tell = tell
        self._finished = finished
        self._failed = failed
        self._players = {part.seat: part.player for part in episode.participations}
        self._earned = dict.fromkeys(self._players, 0.0)
        for position in db.positions(episode.episode_id) if episode.n_turns else []:
            if position.turn < episode.n_turns:
                self._pay(position.payments)
        self._started = self._moved = time.monotonic()

    def on_turn(self, position: Position, acts: Sequence[Act]) -> None:
        """Tells each decision."""
        self._pay(position.payments)
        now = time.monotonic()
        seconds, self._moved = now - self._moved, now
        for act in acts:
            self._tell(self._describe(act, position.turn, seconds))

    def on_end(self, position: Position, outcome: Mapping[str, SeatEnd]) -> None:
        """Tells how the episode ended and what was remembered."""
        episode_id = self._episode.episode_id
        self._finished.append(episode_id)
        seats = tuple(
            SeatResult(seat=seat, player=self._players[seat], total=end.total, result=end.result, reason=end.reason)
            for seat, end in outcome.items()
        )
        self._tell(
            EndEvent(
                episode_id=episode_id,
                number=self._episode.number,
                env_id=self._episode.env_id,
                n_turns=position.turn,
                seconds=time.monotonic() - self._started,
                seats=seats,
            )
        )
        for event in list_memories(self._db, [episode_id]):
            self._tell(event)

    def on_fault(self, fault: str) -> None:
        """Tells that the environment failed."""
        self._failed.append(self._episode.episode_id)
        self._tell(FaultEvent(episode_id=self._episode.episode_id, fault=fault))

    def _pay(self, payments: Mapping[str, float]) -> None:
        for seat, reward in payments.items():
            self._earned[seat] += reward

    def _describe(self, act: Act, turn: int, seconds: float) -> TurnEvent:
        decision, seat = act.decision, act.turn.seat
        return TurnEvent(
            episode_id=self._episode.episode_id,
            turn=turn,
            seat=seat,
            player=self._players[seat],
            action=None if act.action is None else act.turn.menu.name(act.action),
            source=decision.source,
            thought=decision.thought,
            outcomes=tuple(attempt.outcome for attempt in decision.attempts),
            recalled=tuple(
                RecalledMemory(memory_id=memory.memory_id, rank=memory.rank, score=memory.score)
                for memory in act.recalled
            ),
            earned=self._earned[seat],
            seconds=seconds,
        )


def list_memories(db: AgentsDB, episode_ids: Sequence[int]) -> list[MemoryEvent]:
    """Returns what agents remember of episodes, oldest first."""
    names = {
        part.agent_id: part.player
        for episode_id in episode_ids
        for part in db.episode(episode_id).participations
        if part.agent_id is not None
    }
    most = sum(len(db.episode(episode_id).participations) for episode_id in episode_ids)
    found = [
        MemoryEvent(
            memory_id=memory.memory_id,
            episode_id=memory.episode_id,
            agent=name,
            seat=memory.seat,
            text=memory.text,
        )
        for agent_id, name in names.items()
        for memory in db.memories(agent_id, limit=most)
        if memory.episode_id in episode_ids
    ]
    return sorted(found, key=lambda event: event.memory_id)
