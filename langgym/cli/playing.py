"""Playing runs for the command line: everything is checked before anything is stored."""

import secrets
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agents_db.errors import AgentOwned, CallerError
from agents_db.records import AgentRecord, Json, RunRecord
from agents_db.store import AgentsDB
from langgym.cli.budgeting import check_budgets
from langgym.cli.exits import INTERRUPTED, OK, SOME_FAILED
from langgym.cli.narration import EventNarrator, Tell
from langgym.cli.output import warn
from langgym.cli.stopping import StopSwitch
from langgym.cli.telling import JsonTeller, LineTeller, ProgressTeller, is_terminal
from langgym.config import Settings, load_settings
from langgym.elsewhere import Universes, heed_absence
from langgym.errors import BudgetError, LangGymError, ModelError, ReplayError, UsageError
from langgym.home import store_path
from langgym.hosting import Host, find_or_create, stored_settings
from langgym.lanes import play_lanes
from langgym.limits import Limits
from langgym.plan import Plan, find_plan
from langgym.play import Session, start_run
from langgym.policies.registry import LEARNERS, check_fit, find_policy
from langgym.query.events import AnyEvent, NoteEvent
from langgym.runner import Stopped
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.kwargs import read_kwargs
from universe.universe import Universe

OTHERS = ("random", "heuristic", "uci:PROGRAM", "gtp:PROGRAM", "self", "agent:NAME")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """How a run is told."""

    quiet: bool
    verbose: bool
    as_json: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What `langgym play` was asked for."""

    home: Path
    agents: tuple[str, ...]
    env: str | None
    kwargs: Mapping[str, str]
    episodes: int
    seed: int | None
    seat: str | None
    parallel: int
    """Episodes under way at once, over all agents."""
    limits: Limits
    flags: Mapping[str, Json]
    """By the names of `Settings`; `None` where nothing was said."""

    def check(self) -> None:
        """Raises `UsageError` where it cannot be played, before anything is stored."""
        settings = load_settings(self.home, flags=self.flags)
        with Universes() as universes, heed_absence():
            universe = universes.find(settings.universe)
            card, _ = _find_game(self, universe)
            _check_settings(settings, card, universe)
        if self.parallel > 1 and "human" in (settings.model, settings.rival, settings.mate):
            raise UsageError("A person plays one episode at a time: leave --parallel out.")

    def check_budget(self) -> None:
        """Raises `UsageError` where a cost is limited that nobody can know, before anything is stored."""
        check_budgets(self.home, self.agents, self.flags, self.limits)

    def play(self, tell: Tell, stop: StopSwitch) -> int:
        """Plays a new run of every agent to its end and returns the exit code."""
        with AgentsDB.open(store_path(self.home)) as db, Universes() as universes, heed_absence():
            return _Playing(db, self, universes=universes, tell=tell, stop=stop).play()

    def split(self, n_parts: int) -> "list[Request]":
        """Returns requests that share the agents, the parallel episodes and the provider's limits among them."""
        n_parts = min(n_parts, len(self.agents))
        shared = {
            name: max(1, int(str(value)) // n_parts)
            for name in ("requests_per_minute", "tokens_per_minute")
            if (value := self.flags.get(name)) is not None
        }
        return [
            replace(
                self,
                agents=self.agents[part::n_parts],
                parallel=max(1, -(-self.parallel // n_parts)),
                flags={**self.flags, **shared},
            )
            for part in range(n_parts)
        ]


class _Playing:
    """New runs of some agents."""

    def __init__(self, db: AgentsDB, request: Request, *, universes: Universes, tell: Tell, stop: StopSwitch) -> None:
        self._db = db
        self._request = request
        self._universes = universes
        self._universe = universes.find(load_settings(request.home, flags=request.flags).universe)
        self._tell = tell
        self._stop = stop

    def play(self) -> int:
        request = self._request
        card, kwargs = _find_game(request, self._universe)
        found = [find_or_create(self._db, name, home=request.home, flags=request.flags) for name in request.agents]
        plans = [self._make_plan(record, card, kwargs) for record, _ in found]
        for record, _ in found:
            try:
                self._finish_old(record)
            except (Stopped, KeyboardInterrupt):
                self._note(f"stopped before the new run; go on with: langgym resume --agent {record.name}")
                return INTERRUPTED
        with open_host(self._db, request.home, self._tell, parallel=request.parallel) as host:
            for (record, is_new), plan in zip(found, plans, strict=True):
                _open_agents(host, plan, is_new=is_new)
                if is_new:
                    self._note(f"{record.name} is new: made with the model {record.model}")
            if len(plans) > 1 and not request.limits.is_empty:
                self._note(f"each of the {len(plans)} runs has these limits for itself")
            seed = secrets.randbits(63) if request.seed is None else request.seed
            told = [
                open_session(
                    host,
                    start_run(self._db, plan, seed=seed),
                    plan,
                    universe=self._universe,
                    tell=self._tell,
                    stop=self._stop,
                )
                for plan in plans
            ]
            return play_sessions(told, threads=request.parallel, tell=self._tell, stop=self._stop)

    def _make_plan(self, record: AgentRecord, card: EnvCard | None, kwargs: Mapping[str, Json]) -> Plan:
        request = self._request
        settings = stored_settings(request.home, record, request.flags)
        _check_settings(settings, card, self._universe)
        return Plan(
            agent=record.name,
            episodes=request.episodes,
            env_id=card.env_id if card else None,
            kwargs=kwargs,
            seat=request.seat,
            parallel=-(-request.parallel // len(request.agents)),
            limits=request.limits,
            settings=settings,
        )

    def _finish_old(self, agent: AgentRecord) -> None:
        """Finishes what the agent had begun; what cannot be rebuilt or played now is left as it is."""
        for run in self._db.open_runs():
            plan = find_plan(run)
            begun = [episode for episode in self._db.unfinished(agent.agent_id) if episode.run_id == run.run_id]
            if plan is None or plan.agent != agent.name or not begun:
                continue
            with _leaving(begun[0].episode_id, self._tell), open_host(self._db, self._request.home, self._tell) as host:
                universe = self._universes.find(plan.settings.universe)
                told = open_session(host, run, plan, universe=universe, tell=self._tell, stop=self._stop)
                for episode in begun:
                    self._note(f"{agent.name} first finishes episode {episode.episode_id} of {episode.env_id}")
                told.session.finish_episode()

    def _note(self, text: str) -> None:
        self._tell(NoteEvent(text=text))


@dataclass(frozen=True, slots=True)
class Told:
    """A session with who tells how it goes."""

    session: Session
    narrator: EventNarrator


def open_session(
    host: Host,
    run: RunRecord,
    plan: Plan,
    *,
    universe: Universe,
    tell: Tell,
    stop: StopSwitch,
    accept_drift: bool = False,
) -> Told:
    """Returns a session with its agents opened; raises what `Session` raises."""
    narrator = EventNarrator(host.db, run, plan, prices=host.accounts.prices, tell=tell)
    session = Session(
        host,
        run,
        plan,
        universe=universe,
        narrator=narrator,
        should_stop=stop,
        accept_drift=accept_drift,
    )
    return Told(session, narrator)


def play_sessions(told: Sequence[Told], *, threads: int, tell: Tell, stop: StopSwitch, resumed: bool = False) -> int:
    """Plays what is left of runs, tells it and returns the exit code.

    A run that fails does not hold the others up. What ended it is raised; of several, all are told and the first one is
    raised.
    """
    stop.patient = not any(one.session.has_person for one in told)
    for one in told:
        one.narrator.begin(resumed=resumed)
    try:
        play_lanes([one.session.lane for one in told], threads=threads)
    except KeyboardInterrupt:
        stop.ask()  # every lane has heard of it; what follows sums them up
    return _end_sessions(told, tell)


def _end_sessions(told: Sequence[Told], tell: Tell) -> int:
    codes: list[int] = []
    errors: list[LangGymError] = []
    for one in told:
        try:
            report = one.session.end()
        except (Stopped, KeyboardInterrupt):
            one.narrator.sum_up(stopped=True)
            codes.append(INTERRUPTED)
        except LangGymError as error:
            if isinstance(error, ModelError | BudgetError):
                one.narrator.sum_up(stopped=True, limit=error if isinstance(error, BudgetError) else None)
            errors.append(error)
        else:
            one.narrator.sum_up(stopped=False)
            codes.append(SOME_FAILED if report.failed else OK)
    if INTERRUPTED in codes:
        return INTERRUPTED
    for error in errors[1:]:
        tell(NoteEvent(text=str(error)))
    if errors:
        raise errors[0]
    return max(codes, default=OK)


@contextmanager
def make_teller(loudness: Loudness, stop: StopSwitch) -> Generator[Tell]:
    """Yields what shows the events of runs, one at a time, whatever thread tells them."""
    if loudness.as_json:
        yield _one_at_a_time(JsonTeller(stop))
    elif loudness.quiet:
        yield _be_quiet
    elif is_terminal():
        teller = ProgressTeller(verbose=loudness.verbose)
        try:
            yield _one_at_a_time(teller)
        finally:
            teller.close()
    else:
        yield _one_at_a_time(LineTeller(verbose=loudness.verbose))


def _one_at_a_time(tell: Tell) -> Tell:
    lock = threading.Lock()

    def tell_alone(event: AnyEvent) -> None:
        with lock:
            tell(event)

    return tell_alone


@contextmanager
def open_host(db: AgentsDB, home: Path, tell: Tell, *, parallel: int = 1) -> Generator[Host]:
    """Yields a host of agents, which is closed afterwards."""
    with ExitStack() as stack:
        host = Host(db, home, note=lambda text: tell(NoteEvent(text=text)), parallel=parallel)
        stack.callback(host.close)
        yield host


def _be_quiet(event: object) -> None:
    pass


def _find_game(request: Request, universe: Universe) -> tuple[EnvCard | None, Mapping[str, Json]]:
    """Returns the card and keywords that were asked for; raises before anything is stored."""
    for problem in () if universe.is_remote else default_catalog().problems:
        warn(problem)
    if request.env is None:
        if request.kwargs:
            raise UsageError("--kwarg needs --env: which environment is it for?")
        if request.seat is not None and not any(request.seat in card.seats for card in universe.cards()):
            raise UsageError(f"No environment has a seat {request.seat!r}; `langgym envs show ENV` lists them.")
        return None, {}
    card = universe.find(request.env)
    kwargs = read_kwargs(card, request.kwargs)
    env = universe.open(card, kwargs)
    try:
        if request.seat is not None and request.seat not in env.seats:
            raise UsageError(f"{card.env_id} has no seat {request.seat!r}; its seats are {', '.join(env.seats)}.")
    finally:
        env.close()
    return card, kwargs


def _check_settings(settings: Settings, card: EnvCard | None, universe: Universe) -> None:
    """Raises `UsageError` where seats are filled by nobody known, or by who cannot play the card."""
    check_fit(settings.model, card, remote=universe.is_remote)
    for flag, who in (("--rival", settings.rival), ("--mate", settings.mate)):
        if who != "self" and not who.startswith("agent:") and (find_policy(who) is None or who in LEARNERS):
            raise UsageError(f"{flag} {who!r} is nobody; use {', '.join(OTHERS)}.")
        check_fit(who, card, remote=universe.is_remote)


def _open_agents(host: Host, plan: Plan, *, is_new: bool) -> None:
    """Opens every agent of a plan before the run is stored; an agent made for a model that fails is unmade."""
    try:
        host.open_agent(plan.agent, plan.settings)
        for who in (plan.settings.rival, plan.settings.mate):
            if who.startswith("agent:"):
                host.open_agent(who.removeprefix("agent:"))
    except (UsageError, CallerError):
        if is_new:
            host.db.delete_agent(plan.agent)
        raise


@contextmanager
def _leaving(episode_id: int, tell: Tell) -> Generator[None]:
    try:
        yield
    except AgentOwned:
        raise
    except (ReplayError, UsageError, ModelError, BudgetError, CallerError) as error:
        tell(NoteEvent(text=f"episode {episode_id} is left unfinished: {error}"))
