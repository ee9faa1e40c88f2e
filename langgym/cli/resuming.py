"""`langgym resume`: goes on with what was stopped or cut off."""

from pathlib import Path

from agents_db.errors import AgentOwned, NoStore, UnknownAgent
from agents_db.records import RunRecord
from agents_db.store import AgentsDB
from langgym.cli.exits import INTERRUPTED, OK
from langgym.cli.narration import Tell
from langgym.cli.output import say
from langgym.cli.playing import Loudness, make_teller, open_host, play_session
from langgym.cli.stopping import StopSwitch
from langgym.config import store_path
from langgym.errors import LangGymError
from langgym.plan import Plan
from langgym.query.events import NoteEvent


def resume_runs(home: Path, *, agent: str | None, accept_drift: bool, loudness: Loudness) -> int:
    """Goes on with every open run, or those of one agent, and returns the worst exit code of all."""
    path = store_path(home)
    try:
        AgentsDB.open_reader(path).close()
    except NoStore:
        say("nothing to resume: nothing has been played yet; start with `langgym play --agent ada`")
        return OK
    with AgentsDB.open(path) as db, StopSwitch() as stop, make_teller(loudness, stop) as tell:
        if agent is not None:
            db.agent(agent)
        plans = [(run, Plan.read(run.settings)) for run in db.open_runs()]
        wanted = [(run, plan) for run, plan in plans if agent in (None, plan.agent)]
        if not wanted:
            whose = f" of {agent}" if agent else ""
            say(f"nothing to resume: every run{whose} has come to its end")
            return OK
        return _Resuming(db, home, tell=tell, stop=stop, accept_drift=accept_drift).go_on(wanted)


class _Resuming:
    """The runs that are gone on with, one after the other."""

    def __init__(self, db: AgentsDB, home: Path, *, tell: Tell, stop: StopSwitch, accept_drift: bool) -> None:
        self._db = db
        self._home = home
        self._tell = tell
        self._stop = stop
        self._accept_drift = accept_drift

    def go_on(self, wanted: list[tuple[RunRecord, Plan]]) -> int:
        codes: list[int] = []
        errors: list[Exception] = []
        for run, plan in wanted:
            try:
                codes.append(self._go_on(run, plan))
            except (AgentOwned, LangGymError) as error:
                errors.append(error)
                self._tell(NoteEvent(text=f"run {run.run_id} of {plan.agent} is left as it is: {error}"))
            if codes[-1:] == [INTERRUPTED]:
                return INTERRUPTED
        others = [error for error in errors if not isinstance(error, AgentOwned)]
        if others or not codes:
            raise (others or errors)[0]
        return max(codes)

    def _go_on(self, run: RunRecord, plan: Plan) -> int:
        try:
            with open_host(self._db, self._home, self._tell) as host:
                return play_session(
                    host,
                    run,
                    plan,
                    tell=self._tell,
                    stop=self._stop,
                    accept_drift=self._accept_drift,
                    resumed=True,
                )
        except UnknownAgent as error:
            self._db.end_run(run.run_id, "failed")
            self._tell(NoteEvent(text=f"run {run.run_id} of {plan.agent} is closed: {error}"))
            return OK
