"""AgentsDB: the one public reader and writer of everything that has happened."""

import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from agents_db import agents, attempts, checks, ends, jobs, plays, standings, turns
from agents_db.charts import ChartStore
from agents_db.copies import CopyStore
from agents_db.door import Clock
from agents_db.engine import Readers, open_sqlite, translated
from agents_db.errors import NoStore, StoreUnwritable
from agents_db.knowledge import EnvStats, MemoryRecord, RecallRecord
from agents_db.ledger import Ledger
from agents_db.listings import ListingStore
from agents_db.migrations import HEAD
from agents_db.migrations.upgrade import check_revision, find_revision, upgrade
from agents_db.records import (
    AgentDraft,
    AgentRecord,
    AttemptDraft,
    AttemptRecord,
    ChoiceDraft,
    ChoiceRecord,
    EpisodeDraft,
    EpisodeEnd,
    EpisodeRecord,
    EpisodeStatus,
    Finding,
    JobRecord,
    JsonObject,
    MoveRecord,
    PositionDraft,
    PositionRecord,
    RunDraft,
    RunRecord,
    RunStatus,
    Source,
    SpendingRecord,
    StepDraft,
    StepRecord,
)
from agents_db.serving import ServingStore
from agents_db.standings import Standing
from agents_db.writer import Transaction, Writer


def read_clock() -> int:
    """Returns the time in UTC microseconds since 1970."""
    return time.time_ns() // 1000


class AgentsDB(CopyStore, ChartStore, ListingStore, ServingStore):
    """Everything that has happened, in one SQLite file.

    Every method may be called from any thread. A write returns once it is committed, and may be repeated after a
    crash: what is stored already is returned as it is. Errors are those of `agents_db.errors`.
    """

    def __init__(self, path: Path, *, writer: Writer | None, clock: Clock) -> None:
        """Use `AgentsDB.open` or `AgentsDB.open_reader`."""
        super().__init__(Readers(path), writer, clock)
        self._path = path
        self.ledger = Ledger(self._read, self._write, read_one=self._readers.read_one)
        """What the vector indexes have to do; of use to `agents_db.index` alone."""

    @classmethod
    def open(cls, path: Path | str, *, clock: Clock = read_clock) -> Self:
        """Opens a store for reading and writing; makes it, or brings it to the newest schema, where needed."""
        path = Path(os.path.realpath(path))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnwritable(
                f"Cannot make the folder {str(path.parent)!r} ({error.strerror}); check it or use `--home`."
            ) from error
        with translated(path):
            _prepare(path)
        return cls(path, writer=Writer(path), clock=clock)

    @classmethod
    def open_reader(cls, path: Path | str) -> Self:
        """Opens a store for reading alone; raises `NoStore` where there is none yet, and never makes one."""
        path = Path(os.path.realpath(path))
        revision = None
        if path.exists() and path.stat().st_size:
            with translated(path), closing(open_sqlite(path, "ro")) as driver:
                revision = find_revision(driver, path)
        if revision is None:  # no file, or one whose making was cut off
            raise NoStore(f"Nothing is stored at {str(path)!r} yet; create an agent first.")
        check_revision(revision, path)
        return cls(path, writer=None, clock=read_clock)

    @property
    def path(self) -> Path:
        """The file of the store, with symbolic links resolved."""
        return self._path

    def close(self) -> None:
        """Stores what waits and closes every connection; more calls do nothing."""
        self._readers.close()  # first: SQLite folds its log into the file when the last one to close may write
        if self._writer is not None:
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Agents

    def create_agent(self, draft: AgentDraft) -> AgentRecord:
        """Stores a new agent; raises `BadName` or `AgentExists`."""
        agents.check_name(draft.name)
        return self._write(partial(agents.create_agent, draft=draft, now=self._clock(), entropy=os.urandom(16)))

    def agent(self, name: str) -> AgentRecord:
        """Returns the agent of that name; raises `UnknownAgent` with the nearest names."""
        return self._read(agents.read_agent, name)

    def find_agent(self, name: str) -> AgentRecord | None:
        """Returns the agent of that name, or `None`."""
        return self._read(agents.find_agent, name)

    def agents(self) -> list[AgentRecord]:
        """Returns every agent that was not deleted, oldest first."""
        return self._read(agents.list_agents)

    def change_agent(
        self, agent_id: int, *, model: str | None = None, settings: JsonObject | None = None
    ) -> AgentRecord:
        """Replaces the agent's model or all of its settings; `None` leaves them. Raises `UnknownAgent`."""
        return self._write(partial(agents.change_agent, agent_id=agent_id, model=model, settings=settings))

    def delete_agent(self, name: str) -> AgentRecord:
        """Forgets what an agent knows and frees its name; its episodes stay.

        The folder of its index is the caller's to remove, by `agents_db.index.remove_index`.

        Returns:
            the agent as it was; raises `UnknownAgent`.
        """
        return self._write(partial(agents.delete_agent, name=name, now=self._clock()))

    def limit_agent(self, agent_id: int, limits: JsonObject) -> AgentRecord:
        """Replaces what an agent may spend in its whole life. Raises `UnknownAgent`."""
        return self._write(partial(agents.change_agent, agent_id=agent_id, limits=limits))

    def env_stats(self, agent_id: int, *, without: Sequence[int] = ()) -> list[EnvStats]:
        """Returns the agent's record in each environment in which it has finished an episode.

        Args:
            agent_id: of the agent.
            without: ids of episodes that are left out, as if they had not ended yet.
        """
        return self._read(agents.list_stats, agent_id, without=without)

    def spending(self, *, run_id: int | None = None, agent_id: int | None = None) -> list[SpendingRecord]:
        """Returns what was spent, by run, agent and model, open calls by their estimates."""
        return self._read(attempts.list_spending, run_id=run_id, agent_id=agent_id)

    def seconds_of(self, agent_id: int) -> float:
        """Returns the time of play of the runs in which an agent has had a seat."""
        return self._read(plays.sum_seconds, agent_id)

    def fingerprints(
        self, *, run_id: int | None = None, agent_id: int | None = None
    ) -> dict[tuple[int, int, str], str]:
        """Returns the fingerprint of the model that answered, by run, agent and the name of the model."""
        return self._read(plays.list_fingerprints, run_id=run_id, agent_id=agent_id)

    # Runs and choices

    def start_run(self, draft: RunDraft) -> RunRecord:
        """Stores a new run."""
        return self._write(partial(plays.start_run, draft=draft, now=self._clock(), entropy=os.urandom(16)))

    def end_run(self, run_id: int, status: RunStatus) -> None:
        """Closes a run."""
        self._write(partial(plays.end_run, run_id=run_id, status=status, now=self._clock()))

    def add_seconds(self, run_id: int, seconds: float) -> None:
        """Adds to the time that a run has played."""
        self._write(partial(plays.add_seconds, run_id=run_id, seconds=seconds), durable=False)

    def change_run(self, run_id: int, settings: JsonObject) -> None:
        """Replaces what a run is to do; raises `NotStored`."""
        self._write(partial(plays.change_run, run_id=run_id, settings=settings))

    def run(self, run_id: int) -> RunRecord:
        """Returns a run; raises `NotStored`."""
        return self._read(plays.read_run, run_id)

    def open_runs(self) -> list[RunRecord]:
        """Returns the runs that were stopped or cut off before their last episode, oldest first."""
        return self._read(plays.list_open_runs)

    def start_choice(self, draft: ChoiceDraft) -> ChoiceRecord:
        """Stores a choice about to be made; the same one again returns what is stored."""
        return self._write(partial(plays.start_choice, draft=draft, now=self._clock()))

    def end_choice(self, choice_id: int, *, env_id: str, reason: str | None, source: Source) -> ChoiceRecord:
        """Stores what was chosen; a choice that was made already stays as it is."""
        return self._write(partial(plays.end_choice, choice_id=choice_id, env_id=env_id, reason=reason, source=source))

    def choices(self, agent_id: int, *, limit: int = 50) -> list[ChoiceRecord]:
        """Returns an agent's choices, newest first."""
        return self._read(plays.list_choices, agent_id, limit=limit)

    def find_choice(self, run_id: int, number: int) -> ChoiceRecord | None:
        """Returns the choice for the episode `number` of a run, or `None`."""
        return self._read(plays.find_choice, run_id, number)

    # Episodes

    def start_episode(self, draft: EpisodeDraft) -> EpisodeRecord:
        """Stores an episode about to begin; the same run and number again return what is stored."""
        return self._write(partial(plays.start_episode, draft=draft, now=self._clock()))

    def episode(self, episode_id: int) -> EpisodeRecord:
        """Returns an episode; raises `NotStored`."""
        return self._read(plays.read_episode, episode_id)

    def episodes(
        self,
        *,
        agent_id: int | None = None,
        env_id: str | None = None,
        status: EpisodeStatus | None = None,
        limit: int = 50,
        before: int | None = None,
    ) -> list[EpisodeRecord]:
        """Returns episodes, newest first; the next page is `before` the last id of this one."""
        return self._read(
            plays.list_episodes, agent_id=agent_id, env_id=env_id, status=status, limit=limit, before=before
        )

    def find_episode(self, run_id: int, number: int) -> EpisodeRecord | None:
        """Returns the episode `number` of a run, or `None`."""
        return self._read(plays.find_episode, run_id, number)

    def numbers(self, run_id: int) -> dict[int, str]:
        """Returns the status of each episode that a run has begun, by its number."""
        return self._read(standings.list_numbers, run_id)

    def standing(self, run_id: int, agent_ids: Sequence[int], *, since: int, before: int) -> Standing:
        """Returns how agents stood before a run's episodes of the numbers in [since, before) had ended."""
        return self._read(standings.read_standing, run_id, agent_ids, since=since, before=before)

    def unfinished(self, agent_id: int | None = None) -> list[EpisodeRecord]:
        """Returns the episodes that have not ended, oldest first."""
        return self._read(plays.list_unfinished, agent_id)

    def mark_drifted(self, episode_id: int) -> None:
        """Marks an episode that went on although its replay differed."""
        self._write(partial(plays.mark_drifted, episode_id=episode_id))

    def positions(self, episode_id: int) -> list[PositionRecord]:
        """Returns an episode's positions by turn."""
        return self._read(turns.list_positions, episode_id)

    def steps(self, episode_id: int, *, turn: int | None = None, seat: str | None = None) -> list[StepRecord]:
        """Returns an episode's steps by turn, and within it in the order in which they were stored."""
        return self._read(turns.list_steps, episode_id, turn=turn, seat=seat)

    def moves(self, episode_id: int) -> list[MoveRecord]:
        """Returns what was played in an episode by turn, without any text: what a replay needs."""
        return self._read(turns.list_moves, episode_id)

    def failures(self, episode_id: int) -> dict[tuple[int, str], list[str]]:
        """Returns the classes of the attempts before each fallback of an episode, by turn and seat."""
        return self._read(turns.list_failures, episode_id)

    def recalls(self, episode_id: int, *, turn: int | None = None, seat: str | None = None) -> list[RecallRecord]:
        """Returns what was recalled in an episode, by turn, seat and rank."""
        return self._read(turns.list_recalls, episode_id, turn=turn, seat=seat)

    def begin_attempt(self, draft: AttemptDraft) -> None:
        """Stores that a call is about to be made, synced to the disk; until it ends its estimate counts as spent."""
        _check_place(draft)
        self._write(partial(attempts.begin_attempt, draft=draft, now=self._clock()))

    def add_attempt(self, draft: AttemptDraft) -> None:
        """Stores what came of an attempt, synced to the disk; the same place and ordinal again change nothing."""
        _check_place(draft)
        self._write(partial(attempts.add_attempt, draft=draft, now=self._clock()))

    def attempts(
        self,
        *,
        episode_id: int | None = None,
        choice_id: int | None = None,
        turn: int | None = None,
        seat: str | None = None,
    ) -> list[AttemptRecord]:
        """Returns the attempts that fit everything given, in the order in which they were made."""
        return self._read(attempts.list_attempts, episode_id=episode_id, choice_id=choice_id, turn=turn, seat=seat)

    def record_turn(
        self, episode_id: int, position: PositionDraft, steps: Sequence[StepDraft], *, paid: bool, held: bool = False
    ) -> None:
        """Stores a position and the decisions in it, with their recalls and counters, in one transaction.

        Args:
            episode_id: of an episode that has started.
            position: the state in which the decisions were made.
            steps: one for each seat that acts.
            paid: whether not even a power cut may lose the turn.
            held: whether nobody waits for it, since it would be made again the same: it is then stored with whatever
                is written next, and before it.
        """
        now = self._clock()

        def write(transaction: Transaction) -> None:
            turns.record_turn(transaction, episode_id, position, steps=steps, now=now)

        if held:
            self._find_writer().hold(write)
        else:
            self._write(write, durable=paid)

    def flush(self) -> None:
        """Stores the turns that nobody waited for."""
        self._find_writer().flush()

    def end_episode(self, end: EpisodeEnd) -> list[MemoryRecord]:
        """Stores how an episode ended and what was learnt, in one transaction; returns its memories.

        An episode that has ended already stays as it is, and its memories are returned.
        """
        return self._write(partial(ends.end_episode, end=end, now=self._clock()))

    # Jobs

    def claim_jobs(self, agent_id: int, *, owner: str, lease_seconds: float, limit: int = 100) -> list[JobRecord]:
        """Leases an agent's jobs that are due, oldest first: those that wait, and those whose lease has run out."""
        lease = round(lease_seconds * 1e6)
        claim = partial(jobs.claim_jobs, agent_id=agent_id, owner=owner, now=self._clock(), lease=lease, limit=limit)
        return self._write(claim, durable=False)

    def release_jobs(self, agent_id: int) -> None:
        """Ends every lease on an agent's jobs; for whoever has just taken the agent's lock."""
        if any(job.state == "leased" for job in self.jobs(agent_id)):
            self._write(partial(jobs.release_jobs, agent_id=agent_id))

    def end_jobs(self, job_ids: Sequence[int], *, error: str | None = None) -> None:
        """Closes leased jobs as done; with an error they wait for another try, until their tries are used up."""
        self._write(partial(jobs.end_jobs, job_ids=list(job_ids), error=error, now=self._clock()), durable=False)

    def has_jobs(self, agent_id: int) -> bool:
        """Returns whether an agent has jobs that are not done."""
        return self._read(jobs.has_jobs, agent_id)

    def jobs(self, agent_id: int | None = None, *, is_open: bool = True) -> list[JobRecord]:
        """Returns jobs, oldest first: those that are not done or failed, or all."""
        return self._read(jobs.list_jobs, agent_id, is_open=is_open)

    # Maintenance

    def check(self) -> list[Finding]:
        """Looks for damage in pages, references, texts and counters, and for what waits for an index."""
        with self._readers.read() as connection:
            return checks.check_store(connection)


def _check_place(draft: AttemptDraft) -> None:
    if (draft.episode_id is None) == (draft.choice_id is None):
        raise ValueError("An attempt belongs to an episode or to a choice: give exactly one of the two ids.")


def _prepare(path: Path) -> None:
    """Makes the file a store of the newest schema in WAL mode."""
    with closing(open_sqlite(path, "rwc")) as driver:
        revision = find_revision(driver, path)
        _set_wal(driver)
    if revision != HEAD:
        upgrade(path)


def _set_wal(driver: sqlite3.Connection) -> None:
    for _ in range(50):
        try:
            driver.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(0.02)  # SQLite does not wait by itself while another process changes the mode
    driver.execute("PRAGMA journal_mode=WAL")
