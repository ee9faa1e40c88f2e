"""Playing a run for the command line: everything is checked before anything is stored."""

import secrets
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from agents_db.errors import AgentOwned, CallerError
from agents_db.records import AgentRecord, Json, RunRecord
from agents_db.store import AgentsDB
from langgym.cli.exits import INTERRUPTED, OK, SOME_FAILED
from langgym.cli.narration import EventNarrator, Tell
from langgym.cli.output import warn
from langgym.cli.stopping import StopSwitch
from langgym.cli.telling import JsonTeller, LineTeller, ProgressTeller, is_terminal
from langgym.config import Settings, load_settings, store_path
from langgym.errors import BudgetError, ModelError, ReplayError, UsageError
from langgym.hosting import Host, find_or_create, stored_settings
from langgym.plan import Plan
from langgym.play import Session, start_run
from langgym.policies.registry import find_policy
from langgym.query.events import NoteEvent
from langgym.runner import Stopped
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.kwargs import read_kwargs
from universe.text_env import TextEnv

OTHERS = ("random", "self", "agent:NAME")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """How a run is told."""

    quiet: bool
    verbose: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class Request:
    """What `langgym play` was asked for."""

    home: Path
    agent: str
    env: str | None
    kwargs: Mapping[str, str]
    episodes: int
    seed: int | None
    seat: str | None
    flags: Mapping[str, Json]
    """By the names of `Settings`; `None` where nothing was said."""
    loudness: Loudness


def play_run(request: Request) -> int:
    """Plays a new run to its end and returns the exit code."""
    card, kwargs = _find_game(request)
    _check_settings(load_settings(request.home, flags=request.flags))
    with (
        AgentsDB.open(store_path(request.home)) as db,
        StopSwitch() as stop,
        make_teller(request.loudness, stop) as tell,
    ):
        record, is_new = find_or_create(db, request.agent, home=request.home, flags=request.flags)
        settings = stored_settings(request.home, record, request.flags)
        _check_settings(settings)
        try:
            _finish_old(db, record, request.home, tell=tell, stop=stop)
        except (Stopped, KeyboardInterrupt):
            tell(NoteEvent(text=f"stopped before the new run; go on with: langgym resume --agent {record.name}"))
            return INTERRUPTED
        plan = Plan(
            agent=record.name,
            episodes=request.episodes,
            env_id=card.env_id if card else None,
            kwargs=kwargs,
            seat=request.seat,
            settings=settings,
        )
        with open_host(db, request.home, tell) as host:
            _open_agents(host, plan, is_new=is_new)
            if is_new:
                tell(NoteEvent(text=f"{record.name} is new: made with the model {record.model}"))
            seed = secrets.randbits(63) if request.seed is None else request.seed
            return play_session(host, start_run(db, plan, seed=seed), plan, tell=tell, stop=stop)


def play_session(
    host: Host,
    run: RunRecord,
    plan: Plan,
    *,
    tell: Tell,
    stop: StopSwitch,
    accept_drift: bool = False,
    resumed: bool = False,
) -> int:
    """Plays what is left of a run, tells it and returns the exit code; what is unexpected is raised."""
    narrator = EventNarrator(host.db, run, plan, tell=tell)
    stop.patient = "human" not in (plan.settings.model, plan.settings.rival, plan.settings.mate)
    session = Session(
        host,
        run,
        plan,
        catalog=default_catalog(),
        narrator=narrator,
        should_stop=stop,
        accept_drift=accept_drift,
    )
    narrator.begin(resumed=resumed)
    try:
        report = session.play()
    except (Stopped, KeyboardInterrupt):
        narrator.sum_up(stopped=True)
        return INTERRUPTED
    except (ModelError, BudgetError):
        narrator.sum_up(stopped=True)
        raise
    narrator.sum_up(stopped=False)
    return SOME_FAILED if report.failed else OK


@contextmanager
def make_teller(loudness: Loudness, stop: StopSwitch) -> Generator[Tell]:
    """Yields what shows the events of a run."""
    if loudness.as_json:
        yield JsonTeller(stop)
    elif loudness.quiet:
        yield _be_quiet
    elif is_terminal():
        teller = ProgressTeller(verbose=loudness.verbose)
        try:
            yield teller
        finally:
            teller.close()
    else:
        yield LineTeller(verbose=loudness.verbose)


@contextmanager
def open_host(db: AgentsDB, home: Path, tell: Tell) -> Generator[Host]:
    """Yields a host of agents, which is closed afterwards."""
    with ExitStack() as stack:
        host = Host(db, home, note=lambda text: tell(NoteEvent(text=text)))
        stack.callback(host.close)
        yield host


def _be_quiet(event: object) -> None:
    pass


def _find_game(request: Request) -> tuple[EnvCard | None, Mapping[str, Json]]:
    """Returns the card and keywords that were asked for; raises before anything is stored."""
    catalog = default_catalog()
    for problem in catalog.problems:
        warn(problem)
    if request.env is None:
        if request.kwargs:
            raise UsageError("--kwarg needs --env: which environment is it for?")
        if request.seat is not None and not any(request.seat in card.seats for card in catalog):
            raise UsageError(f"No environment has a seat {request.seat!r}; `langgym envs show ENV` lists them.")
        return None, {}
    card = catalog.find(request.env)
    kwargs = read_kwargs(card, request.kwargs)
    env = TextEnv(card, kwargs)
    try:
        if request.seat is not None and request.seat not in env.seats:
            raise UsageError(f"{card.env_id} has no seat {request.seat!r}; its seats are {', '.join(env.seats)}.")
    finally:
        env.close()
    return card, kwargs


def _check_settings(settings: Settings) -> None:
    """Raises `UsageError` where the other seats are filled by nobody known."""
    for flag, who in (("--rival", settings.rival), ("--mate", settings.mate)):
        if who != "self" and not who.startswith("agent:") and find_policy(who) is None:
            raise UsageError(f"{flag} {who!r} is nobody; use {', '.join(OTHERS)}.")


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


def _finish_old(db: AgentsDB, agent: AgentRecord, home: Path, *, tell: Tell, stop: StopSwitch) -> None:
    """Finishes what the agent had begun; what cannot be rebuilt or played now is left as it is."""
    for episode in db.unfinished(agent.agent_id):
        run = db.run(episode.run_id)
        plan = Plan.read(run.settings)
        if plan.agent != agent.name:
            continue
        with _leaving(episode.episode_id, tell), open_host(db, home, tell) as host:
            narrator = EventNarrator(db, run, plan, tell=tell)
            session = Session(host, run, plan, catalog=default_catalog(), narrator=narrator, should_stop=stop)
            tell(NoteEvent(text=f"{agent.name} first finishes episode {episode.episode_id} of {episode.env_id}"))
            session.finish_episode()


@contextmanager
def _leaving(episode_id: int, tell: Tell) -> Generator[None]:
    try:
        yield
    except AgentOwned:
        raise
    except (ReplayError, UsageError, ModelError, CallerError) as error:
        tell(NoteEvent(text=f"episode {episode_id} is left unfinished: {error}"))
