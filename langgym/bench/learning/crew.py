"""Living many lives in several processes, with what is known of the time left."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from statistics import fmean
from threading import Thread
from time import perf_counter

from langgym.bench.learning.arms import ARMS, find_arms
from langgym.bench.learning.journal import Journal
from langgym.bench.learning.lives import Life, Task, run_life
from langgym.bench.learning.playing import Trial
from universe.catalog import default_catalog

Say = Callable[[str], object]


def find_tasks(trials: Sequence[Trial], arms: tuple[str, ...], n_seeds: int) -> list[Task]:
    """Returns every life of some trials, arms and agents."""
    return [
        Task(trial=trial, arm=arm, seed=seed)
        for trial in trials
        for arm in find_arms(trial, arms)
        for seed in range(n_seeds)
    ]


def run_tasks(tasks: Sequence[Task], *, workers: int, journal: Journal, say: Say) -> list[Life]:
    """Returns what came of every task, in their order; those that the journal knows are not lived again.

    Args:
        tasks: What is to be lived.
        workers: Processes; with 1 it is lived in this one.
        journal: What was lived before, and where every life goes as soon as it has ended.
        say: Is told of every life, in a line.
    """
    missing = [task for task in tasks if journal.find(task) is None]
    if len(missing) < len(tasks):
        say(f"{len(tasks) - len(missing)} of {len(tasks)} lives were there already\n")
    progress = _Progress(missing)
    for life in _live_alone(missing) if workers == 1 else _live_together(missing, workers):
        journal.add(life)
        say(progress.tell(life))
    return [life for task in tasks if (life := journal.find(task)) is not None]


def _live_alone(tasks: Sequence[Task]) -> Iterator[Life]:
    yield from map(run_life, tasks)


def _live_together(tasks: Sequence[Task], workers: int) -> Iterator[Life]:
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent)
    futures: list[Future[Life]] = [pool.submit(run_life, task) for task in tasks]
    try:
        for future in as_completed(futures):
            yield future.result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    pool.shutdown()


def _end_with_parent() -> None:
    """Makes a worker end at once, without a word, when it is interrupted or its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    Thread(target=_watch_parent, daemon=True).start()


def _watch_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


class _Progress:
    """Guesses how long the rest takes, by what like lives took."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._left = dict.fromkeys(tasks, None)
        self._n = len(tasks)
        self._begun = perf_counter()
        self._done = 0.0
        self._costs = {task: _guess_cost(task) for task in tasks}
        self._whole = sum(self._costs.values())

    def tell(self, life: Life) -> str:
        task = life.task
        del self._left[task]
        self._done += self._costs[task]
        spent = perf_counter() - self._begun
        minutes = spent * (self._whole - self._done) / self._done / 60
        return (
            f"life {self._n - len(self._left)} of {self._n}: {task.trial.env_id} {task.trial.side}, {task.arm}, "
            f"agent {task.seed + 1}: {fmean(life.last):.2f} in {life.seconds:.1f} s; about {minutes:.0f} min left\n"
        )


def _guess_cost(task: Task) -> float:
    """Returns how many decisions have to be made for a life, learnt ones count twice."""
    trial, card = task.trial, default_catalog().find(task.trial.env_id)
    learns = ARMS[task.arm].learner is not None
    learnt, n_examinations = (trial.episodes, len(trial.checkpoints)) if learns else (0, 1)
    return card.typical_turns * len(card.seats) * (2.0 * learnt + n_examinations * trial.evaluations)
