"""A run: an agent chooses environments, plays its episodes, remembers them; begun here and gone on with here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from agents_db.records import (
    ChoiceRecord,
    EpisodeDraft,
    EpisodeRecord,
    Json,
    RunDraft,
    RunRecord,
)
from agents_db.standings import Standing
from agents_db.store import AgentsDB
from langgym import __version__
from langgym.budget import Budget
from langgym.drafts import draft_episode
from langgym.elsewhere import heed_absence
from langgym.errors import EpisodeError, ReplayError
from langgym.guards import Guards
from langgym.hosting import Host
from langgym.lanes import Closing, Lane, play_lanes
from langgym.narrator import EpisodeNarrator, Narrator
from langgym.plan import Plan
from langgym.provenance import describe_drift, find_commit, speaks_alike
from langgym.recorder import Recorder
from langgym.reflecting import Reflecting
from langgym.replay import Past, Position, read_past
from langgym.runner import Act, EpisodeStreams, Stopped, run_episode
from langgym.seating import Seating
from langgym.selecting import Selecting
from universe.card import EnvCard
from universe.errors import EnvFault
from universe.text_env import SeatEnd
from universe.universe import Env, Universe


@dataclass(slots=True)
class Report:
    """What came of a run."""

    run_id: int
    finished: list[int] = field(default_factory=list)
    """Ids of the episodes that were finished by this invocation."""
    failed: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Watch:
    """Tells two observers in turn, first the one that stores, then the one that talks; keeps the end for later."""

    recorder: Recorder
    narrator: EpisodeNarrator
    end: tuple[Position, Mapping[str, SeatEnd]] | None = None

    def on_turn(self, position: Position, acts: Sequence[Act]) -> None:
        self.recorder.on_turn(position, acts)
        self.narrator.on_turn(position, acts)

    def on_end(self, position: Position, outcome: Mapping[str, SeatEnd]) -> None:
        self.end = (position, outcome)


class Session:
    """Plays what is left of one run; playing and resuming are the same loop over its numbered episodes."""

    def __init__(
        self,
        host: Host,
        run: RunRecord,
        plan: Plan,
        *,
        universe: Universe,
        narrator: Narrator,
        should_stop: Callable[[], bool] = lambda: False,
        accept_drift: bool = False,
    ) -> None:
        """Opens the agents of the plan.

        Args:
            host: Opens agents; it belongs to the caller.
            run: The run, stored already.
            plan: What the run is to do.
            universe: What can be played; it belongs to the caller.
            narrator: Is told how it goes.
            should_stop: Is asked at every turn's border.
            accept_drift: Goes on with an episode whose replay differs, and marks it.

        Raises:
            UnknownAgent: The plan names an agent that does not exist.
            AgentOwned: Another process plays one of them.
            UsageError: Nobody has the name that should fill the other seats, or it cannot play in a universe elsewhere;
                or a limited cost has no price.
            UniverseAway: The universe is elsewhere and does not answer.
        """
        self._host = host
        self._db = host.db
        self._run = run
        self._plan = plan
        self._universe = universe
        self._narrator = narrator
        self._should_stop = should_stop
        self._accept_drift = accept_drift
        self._seating = Seating(host, run, plan)
        if universe.is_remote:
            with heed_absence():
                self._seating.check_remote(None if plan.env_id is None else universe.find(plan.env_id))
        self._agent = self._seating.agent
        self._budget = Budget(
            host.accounts,
            run,
            plan.limits,
            agent=plan.agent,
            payers=[agent.payer for agent in self._seating.agents],
            give_up=lambda: self.lane.stopping or should_stop(),
        )
        self._selecting = Selecting(
            self._db, run, plan, universe=universe, seating=self._seating, budget=self._budget, narrator=narrator
        )
        self._reflecting = Reflecting(
            self._db, universe, find_model=host.find_reflector, find_meter=self._budget.meter, window=plan.window
        )
        self._numbers = self._db.numbers(run.run_id)
        """What earlier invocations have begun: status by number."""
        self._report = Report(run_id=run.run_id)
        self.lane = Lane(self, window=plan.window)
        """The run's episodes, for `play_lanes`."""

    @property
    def n_episodes(self) -> int:
        """How many episodes the run has."""
        return self._plan.episodes

    @property
    def has_person(self) -> bool:
        """Whether a person at the terminal sits in one of its seats."""
        settings = self._plan.settings
        return "human" in (settings.model, settings.rival, settings.mate)

    def play(self) -> Report:
        """Plays the run's episodes that are not finished and returns what came of it.

        Raises:
            Stopped: The caller asked to stop; the run can be resumed.
            ModelError: A provider failed, or the universe is elsewhere and away; the run can be resumed.
            BudgetError: A limit was reached; the run can be resumed.
            ReplayError: An interrupted episode cannot be rebuilt.
        """
        try:
            play_lanes([self.lane], threads=self._plan.parallel)
        except BaseException:
            self._pause()
            raise
        return self.end()

    def end(self) -> Report:
        """Closes the run after its lane is over; returns what came of it, or raises what ended the lane early."""
        if self.lane.error is not None:
            self._pause()
            with heed_absence():
                raise self.lane.error
        with heed_absence():
            self.settle()  # also what an earlier invocation left when it was killed
        self._db.end_run(self._run.run_id, "finished")
        return self._report

    def finish_episode(self) -> Report:
        """Plays only the episodes of the run that are under way; closes a run that has none left."""
        for number, status in self._numbers.items():
            if status == "running":
                play = self.begin(number)
                assert play is not None
                try:
                    with heed_absence():
                        play()()
                finally:
                    self._keep_time()
                with heed_absence():
                    self.settle()
        if self._plan.episodes - 1 in self._numbers:
            self._db.end_run(self._run.run_id, "finished")
        return self._report

    def begin(self, number: int) -> Callable[[], Closing] | None:
        """Returns what plays an episode from where it stands; `None` where it has ended."""
        status = self._numbers.get(number)
        if status is not None and status != "running":
            return None
        if status is not None:
            episode = self._db.find_episode(self._run.run_id, number)
            assert episode is not None
            return partial(self._go_on, episode)
        if self._is_stopping():
            raise Stopped("Stopped between two episodes.")
        known = self._know(number)
        choice = self._selecting.begin(number, known) if self._plan.env_id is None else None
        return partial(self._start, number, known, choice)

    def settle(self) -> None:
        """Does what the ended episodes left to do: conclusions are drawn, what was learnt is embedded and indexed."""
        self._keep_time()
        self._learn()

    def _learn(self) -> None:
        """Does what this run's agents have left to do; others here belong to runs with budgets of their own."""
        for agent in self._seating.agents:
            agent.settle(self._reflecting.reflect)

    def _pause(self) -> None:
        self._keep_time()
        self._db.end_run(self._run.run_id, "interrupted")

    def _keep_time(self) -> None:
        seconds = self._budget.take_seconds()
        if seconds:
            self._db.add_seconds(self._run.run_id, seconds)

    def _start(self, number: int, known: Standing, choice: ChoiceRecord | None) -> Closing:
        with self._budget.playing():
            return self._begin_new(number, known, choice)

    def _begin_new(self, number: int, known: Standing, choice: ChoiceRecord | None) -> Closing:
        self._learn()  # what was concluded from the episodes that it knows counts
        if choice is None:
            assert self._plan.env_id is not None
            card, kwargs = self._universe.find(self._plan.env_id), self._plan.kwargs
        else:
            choice = self._selecting.choose(choice)
            assert choice.env_id is not None
            card, kwargs = self._universe.find(choice.env_id), dict[str, Json]()
        env = self._universe.open(card, kwargs, max_turns=self._seating.cap)
        try:
            episode = self._db.start_episode(self._draft(env, number, known, choice))
            return self._play_episode(env, episode, resumed=False)
        finally:
            env.close()

    def _go_on(self, episode: EpisodeRecord) -> Closing:
        card = self._universe.find(episode.env_id)
        env = self._universe.open(card, episode.kwargs, max_turns=episode.max_turns)
        try:
            with self._budget.playing():
                return self._play_episode(env, episode, resumed=True)
        finally:
            env.close()

    def _play_episode(self, env: Env, episode: EpisodeRecord, *, resumed: bool) -> Closing:
        settings = self._plan.settings
        streams = EpisodeStreams.of(self._run.seed, episode.number)
        players = self._seating.sit_down(env, episode, streams, find_meter=self._budget.meter)
        agents = self._seating.agents
        recorder = Recorder(
            self._db,
            episode,
            env.card,
            recalling=[agent.agent_id for agent in agents if agent.recalls],
            learning=[agent.agent_id for agent in agents if agent.learns],
            reflecting=[agent.agent_id for agent in agents if agent.reflects],
        )
        watch = _Watch(recorder, self._narrator.on_start(episode, env.card, resumed=resumed))
        try:
            run_episode(
                env,
                players,
                streams=streams,
                options=episode.options,
                observers=[watch],
                past=self._past(episode, env.card) if resumed else None,
                guards=Guards(max_repeats=settings.max_repeats, max_misses=settings.max_misses),
                pool=self._host.pool,
                should_stop=self._is_stopping,
            )
        except ReplayError as error:
            raise ReplayError(
                f"{error} {describe_drift(episode, self._universe.packages())}", turn=error.turn
            ) from error
        except (EnvFault, EpisodeError) as error:
            return partial(self._close_failed, watch, episode, str(error))
        finally:
            for player in players.values():
                player.close()
        return partial(self._close, watch, episode)

    def _is_stopping(self) -> bool:
        """Returns whether to stop at this border; raises `BudgetError` where no time is left."""
        if self.lane.stopping or self._should_stop():
            return True
        self._budget.check()
        return False

    def _close(self, watch: _Watch, episode: EpisodeRecord) -> None:
        assert watch.end is not None
        watch.recorder.on_end(*watch.end)
        self._report.finished.append(episode.episode_id)
        watch.narrator.on_end(*watch.end)

    def _close_failed(self, watch: _Watch, episode: EpisodeRecord, fault: str) -> None:
        watch.recorder.on_fault(fault)
        self._report.failed.append(episode.episode_id)
        watch.narrator.on_fault(fault)

    def _past(self, episode: EpisodeRecord, card: EnvCard) -> Past:
        if not speaks_alike(episode, card):
            if not self._accept_drift:
                raise ReplayError("The texts that this version of LangGym shows are not those of the episode.", turn=0)
            self._db.mark_drifted(episode.episode_id)

        def mark(turn: int) -> None:
            self._db.mark_drifted(episode.episode_id)

        return read_past(self._db, episode.episode_id, on_drift=mark if self._accept_drift else None)

    def _know(self, number: int) -> Standing:
        """Returns what the agents know in an episode that begins now; what ended too lately counts as not ended."""
        agent_ids = [agent.agent_id for agent in self._seating.agents]
        return self._db.standing(self._run.run_id, agent_ids, since=number - self._n_hidden(number), before=number)

    def _n_hidden(self, number: int) -> int:
        """Returns how many episodes before this one it knows nothing of."""
        return min(number, self._plan.window - 1)

    def _draft(self, env: Env, number: int, known: Standing, choice: ChoiceRecord | None) -> EpisodeDraft:
        streams = EpisodeStreams.of(self._run.seed, number)
        return draft_episode(
            env,
            seed=streams.seed,
            options=env.draw_options(streams.warm_up),
            run_id=self._run.run_id,
            number=number,
            packages=self._universe.packages(),
            players=self._seating.fill(env, known, n_hidden=self._n_hidden(number)),
            choice_id=choice.choice_id if choice else None,
        )


def start_run(db: AgentsDB, plan: Plan, *, seed: int) -> RunRecord:
    """Stores a new run of a plan."""
    return db.start_run(
        RunDraft(seed=seed, settings=plan.describe(), langgym_version=__version__, commit=find_commit())
    )
