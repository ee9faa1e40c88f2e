"""`langgym resume`: goes on with what was stopped or cut off."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from agents_db.errors import AgentOwned, NoStore, UnknownAgent
from agents_db.records import RunRecord
from agents_db.store import AgentsDB
from langgym.cli.budgeting import check_plan
from langgym.cli.exits import INTERRUPTED, OK
from langgym.cli.narration import Tell
from langgym.cli.output import say
from langgym.cli.playing import Told, open_host, open_session, play_sessions
from langgym.cli.stopping import StopSwitch
from langgym.elsewhere import Universes, check_address
from langgym.errors import LangGymError
from langgym.home import store_path
from langgym.hosting import Host
from langgym.limits import Limits
from langgym.plan import Plan, find_plan
from langgym.query.events import NoteEvent

MOST_THREADS = 256
"""Episodes that are gone on with at once, however many runs there are."""

OpenRun = tuple[RunRecord, Plan]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRequest:
    """What `langgym resume` was asked for."""

    home: Path
    agents: tuple[str, ...] | None
    """Whose runs; `None` takes all."""
    accept_drift: bool
    universe: str | None = None
    """The address of a service to go on at; `None` goes on where each run was played."""
    limits: Limits = field(default_factory=Limits)
    """Take the place of those that the runs were given."""

    def find_runs(self) -> list[OpenRun]:
        """Returns the open runs that are meant, oldest first; says so where there are none.

        Raises:
            UnknownAgent: An agent that was named does not exist.
        """
        try:
            db = AgentsDB.open_reader(store_path(self.home))
        except NoStore:
            say("nothing to resume: nothing has been played yet; start with `langgym play --agent ada`")
            return []
        with db:
            for name in self.agents or ():
                db.agent(name)
            runs = [(run, plan) for run in db.open_runs() if (plan := find_plan(run)) is not None]
        wanted = [(run, plan) for run, plan in runs if self.agents is None or plan.agent in self.agents]
        if not wanted:
            whose = f" of {', '.join(self.agents)}" if self.agents else ""
            say(f"nothing to resume: every run{whose} has come to its end")
        return wanted

    def play(self, tell: Tell, stop: StopSwitch) -> int:
        """Goes on with every run that is meant and returns the worst exit code of all."""
        if self.universe is not None:
            check_address(self.universe)
        wanted = self.find_runs()
        if not wanted:
            return OK
        with AgentsDB.open(store_path(self.home)) as db, Universes() as universes:
            wanted = [(run, self._change_plan(db, run, plan)) for run, plan in wanted]
            return _Resuming(db, self, universes=universes, tell=tell, stop=stop).go_on(wanted)

    def _change_plan(self, db: AgentsDB, run: RunRecord, plan: Plan) -> Plan:
        """Returns the plan with the new limits and the new address, which the run keeps."""
        if self.limits.is_empty and self.universe is None:
            return plan
        if self.limits.cost is not None:
            check_plan(db, self.home, plan, self.limits)
        moved = {} if self.universe is None else {"universe": self.universe}
        changed = replace(
            plan, limits=plan.limits.replace(self.limits), settings=plan.settings.model_copy(update=moved)
        )
        db.change_run(run.run_id, changed.describe())
        return changed

    def split(self, n_parts: int) -> "list[ResumeRequest]":
        """Returns requests that share the agents of the open runs."""
        names = sorted({plan.agent for _, plan in self.find_runs()})
        n_parts = min(n_parts, len(names))
        return [replace(self, agents=tuple(names[part::n_parts])) for part in range(n_parts)]


class _Resuming:
    """Runs that are gone on with: those whose agents differ at the same time, others one after the other."""

    def __init__(
        self, db: AgentsDB, request: ResumeRequest, *, universes: Universes, tell: Tell, stop: StopSwitch
    ) -> None:
        self._db = db
        self._universes = universes
        self._request = request
        self._tell = tell
        self._stop = stop

    def go_on(self, wanted: list[OpenRun]) -> int:
        codes: list[int] = []
        errors: list[Exception] = []
        while wanted:
            together = _take_apart(wanted)
            wanted = [pair for pair in wanted if pair not in together]
            try:
                codes += self._play(together, errors)
            except LangGymError as error:
                errors.append(error)
            if INTERRUPTED in codes:
                return INTERRUPTED
        others = [error for error in errors if not isinstance(error, AgentOwned)]
        if others or not codes:
            raise (others or errors)[0]
        return max(codes)

    def _play(self, together: list[OpenRun], errors: list[Exception]) -> list[int]:
        parallel = min(MOST_THREADS, sum(plan.parallel for _, plan in together))
        with open_host(self._db, self._request.home, self._tell, parallel=parallel) as host:
            told = [one for pair in together if (one := self._open(host, pair, errors)) is not None]
            if not told:
                return [] if errors else [OK]
            return [play_sessions(told, threads=parallel, tell=self._tell, stop=self._stop, resumed=True)]

    def _open(self, host: Host, pair: OpenRun, errors: list[Exception]) -> Told | None:
        """Returns the session of a run, or, with a word on why, `None` where it cannot be gone on with."""
        run, plan = pair
        try:
            return open_session(
                host,
                run,
                plan,
                universe=self._universes.find(plan.settings.universe),
                tell=self._tell,
                stop=self._stop,
                accept_drift=self._request.accept_drift,
            )
        except UnknownAgent as error:
            self._db.end_run(run.run_id, "failed")
            self._tell(NoteEvent(text=f"run {run.run_id} of {plan.agent} is closed: {error}"))
        except (AgentOwned, LangGymError) as error:
            errors.append(error)
            self._tell(NoteEvent(text=f"run {run.run_id} of {plan.agent} is left as it is: {error}"))
        return None


def _take_apart(wanted: list[OpenRun]) -> list[OpenRun]:
    """Returns the first runs that have no agent in common."""
    taken: list[OpenRun] = []
    busy: set[str] = set()
    for run, plan in wanted:
        others = (plan.settings.rival, plan.settings.mate)
        names = {plan.agent, *(who.removeprefix("agent:") for who in others if who.startswith("agent:"))}
        if not names & busy:
            taken.append((run, plan))
            busy |= names
    return taken
