"""Worker processes: each hosts whole agents and shares the store; what they tell is told here."""

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Protocol, cast

from langgym.cli.exits import INTERRUPTED, SOME_FAILED, Failure, explain_error
from langgym.cli.narration import Tell
from langgym.cli.output import warn
from langgym.cli.stopping import StopSwitch
from langgym.query.events import AnyEvent

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess


class Part(Protocol):
    """What one worker does; it can be pickled."""

    def play(self, tell: Tell, stop: StopSwitch) -> int:
        """Plays and returns an exit code."""
        ...


@dataclass(frozen=True, slots=True)
class _Done:
    """The last that a worker says: its exit code, or why it failed."""

    code: int
    failure: Failure | None = None


def play_apart(parts: Sequence[Part], *, tell: Tell, stop: StopSwitch) -> int:
    """Plays every part in a process of its own and returns the worst exit code; failures are told by then.

    A stop that is asked for here is asked for there; a worker that dies leaves runs that can be resumed.
    """
    context = multiprocessing.get_context("spawn")
    workers: dict[Connection, SpawnProcess] = {}
    codes: list[int] = []
    try:
        for part in parts:
            ours, theirs = cast("tuple[Connection, Connection]", context.Pipe(duplex=False))
            worker = context.Process(target=_work, args=(part, theirs), daemon=False)
            worker.start()
            theirs.close()
            workers[ours] = worker
        asked = False
        open_wires = list(workers)
        while open_wires:
            asked = _pass_stop_on(workers, stop, asked=asked)
            for wire in cast("list[Connection]", wait(open_wires, timeout=0.5)):
                done = _hear(wire, tell)
                if done is not None:
                    codes.append(_judge(done, workers[wire]))
                    open_wires.remove(wire)
    finally:
        for worker in workers.values():
            worker.join(1)
            if worker.is_alive():
                worker.terminate()
    return INTERRUPTED if INTERRUPTED in codes else max(codes)


def _pass_stop_on(workers: "dict[Connection, SpawnProcess]", stop: StopSwitch, *, asked: bool) -> bool:
    """Asks the workers to stop, once: a Ctrl-C of a terminal reaches them by itself, a SIGTERM does not."""
    if stop() and not asked:
        for worker in workers.values():
            if worker.is_alive():
                worker.terminate()
    return asked or stop()


def _hear(wire: Connection, tell: Tell) -> _Done | None:
    """Tells the next event of a worker; returns its last word, also where it died without one."""
    try:
        said = wire.recv()
    except EOFError:
        return _Done(code=-1)
    if isinstance(said, _Done):
        return said
    tell(cast("AnyEvent", said))
    return None


def _judge(done: _Done, worker: "SpawnProcess") -> int:
    if done.failure is not None:
        warn(done.failure.message)
    if done.code >= 0:
        return done.code
    worker.join(5)
    warn(f"A worker process died (exit code {worker.exitcode}); go on with `langgym resume`.")
    return SOME_FAILED


def _work(part: Part, wire: Connection) -> None:
    with StopSwitch(silent=True) as stop:

        def tell(event: AnyEvent) -> None:
            try:
                wire.send(event)
            except OSError:  # nobody listens any more: the parent has died
                stop.ask()

        try:
            done = _Done(part.play(tell, stop))
        except (Exception, KeyboardInterrupt) as error:
            failure = explain_error(error)
            if failure is None:
                raise
            done = _Done(failure.code, failure)
        try:
            wire.send(done)
        except OSError:
            return
