"""Sessions in processes of their own: a crash of the emulator ends an episode, never the run, and cores are used.

There are at most as many processes as cores; each holds any number of sessions. A session that is closed is kept for
the next episode of the same game, since starting an emulator takes as long as some hundred decisions.
"""

import atexit
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from itertools import count
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from universe.atari.console import Cartridge
from universe.atari.session import Rules, Session, State
from universe.atari.shot import Shot
from universe.errors import EnvFault

MOST_IDLE = 8
"""Sessions that are kept for later episodes."""


class AnySession(Protocol):
    """What an environment needs of a session, wherever it runs."""

    seats: tuple[str, ...]
    n_actions: int

    def reset(self, seed: int, options: Mapping[str, int]) -> State:
        """Begins an episode."""
        ...

    def act(self, actions: Mapping[int, int]) -> State:
        """Carries out a decision of each acting seat."""
        ...

    def shoot(self) -> Shot:
        """Returns what is to be seen now and was shortly before."""
        ...

    def picture(self) -> NDArray[np.uint8]:
        """Returns the last frame in red, green and blue."""
        ...

    def close(self) -> None:
        """Gives the emulator back; the session must not be used any more."""
        ...


class LocalSession(Session):
    """A session in this process, for what must look inside; a crash of the emulator ends the process."""

    def close(self) -> None:
        """Leaves the emulator to the garbage collector."""


class _Worker:
    """A process with sessions in it, asked by one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "universe.atari.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "SDL_VIDEODRIVER": "dummy",
                "PYGAME_HIDE_SUPPORT_PROMPT": "1",
                "PYTHONPATH": _find_path(),
            },
        )
        self.n_open = 0

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def process_id(self) -> int:
        return self._process.pid

    def ask(self, number: int, method: str, *arguments: object) -> Any:
        """Returns the answer to a request.

        Raises:
            EnvFault: The request failed, or the process has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            try:
                pickle.dump((number, method, arguments), self._process.stdin, protocol=5)
                self._process.stdin.flush()
                done, result = pickle.load(self._process.stdout)
            except (OSError, EOFError, ValueError, pickle.UnpicklingError) as error:
                raise EnvFault(f"The emulator's process has ended ({self._tell_end()}).") from error
        if not done:
            raise EnvFault(f"The emulator failed: {result}")
        return result

    def end(self) -> None:
        """Ends the process by ending its requests."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        for stream in (self._process.stdin, self._process.stdout):
            try:
                stream.close()
            except OSError:
                continue  # what was not sent is of no interest to a process that has ended
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tell_end(self) -> str:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "it does not answer"
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


class _RemoteSession:
    """A session in a worker."""

    def __init__(self, key: bytes, worker: _Worker, number: int, opened: tuple[tuple[str, ...], int]) -> None:
        self.key = key
        self.worker = worker
        self._number = number
        self.seats, self.n_actions = opened

    def reset(self, seed: int, options: Mapping[str, int]) -> State:
        return cast("State", self.worker.ask(self._number, "reset", seed, dict(options)))

    def act(self, actions: Mapping[int, int]) -> State:
        return cast("State", self.worker.ask(self._number, "act", dict(actions)))

    def shoot(self) -> Shot:
        return cast("Shot", self.worker.ask(self._number, "shoot"))

    def picture(self) -> NDArray[np.uint8]:
        return cast("NDArray[np.uint8]", self.worker.ask(self._number, "picture"))

    def close(self) -> None:
        _pool.give_back(self)

    def discard(self) -> None:
        self.worker.n_open -= 1
        if self.worker.alive:
            self.worker.ask(self._number, "close")


class _Pool:
    """The workers of this process and the sessions that wait for another episode."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._workers: list[_Worker] = []
        self._idle: list[_RemoteSession] = []
        self._numbers = count()

    def take(self, cartridge: Cartridge, rules: Rules) -> _RemoteSession:
        """Returns a session of a cartridge: one that waits, or a new one in the worker with the fewest.

        Raises:
            EnvFault: The emulator could not be started.
        """
        key = pickle.dumps((cartridge, rules))
        with self._lock:
            for session in self._idle:
                if session.key == key and session.worker.alive:
                    self._idle.remove(session)
                    return session
            worker = self._find_worker()
            worker.n_open += 1
            number = next(self._numbers)
        try:
            return _RemoteSession(key, worker, number, worker.ask(number, "open", cartridge, rules))
        except EnvFault:
            with self._lock:
                worker.n_open -= 1
            raise

    def give_back(self, session: _RemoteSession) -> None:
        """Keeps a session for later, and lets go of the one that has waited longest where there are too many."""
        with self._lock:
            if session in self._idle:
                return
            self._idle.append(session)
            gone = [session for session in self._idle if not session.worker.alive]
            self._idle = [session for session in self._idle if session.worker.alive]
            gone += [self._idle.pop(0)] if len(self._idle) > MOST_IDLE else []
            for session in gone:
                session.discard()

    def end(self) -> None:
        """Ends all workers."""
        with self._lock:
            workers, self._workers, self._idle = self._workers, [], []
        for worker in workers:
            worker.end()

    def process_ids(self) -> list[int]:
        """Returns the ids of the processes that run."""
        with self._lock:
            return [worker.process_id for worker in self._workers if worker.alive]

    def _find_worker(self) -> _Worker:
        for worker in [worker for worker in self._workers if not worker.alive]:
            self._workers.remove(worker)
            worker.end()
        least = min(self._workers, key=lambda worker: worker.n_open, default=None)
        if least is not None and (least.n_open == 0 or len(self._workers) >= (os.cpu_count() or 1)):
            return least
        worker = _Worker()
        self._workers.append(worker)
        return worker


_pool = _Pool()
atexit.register(_pool.end)


def open_session(cartridge: Cartridge, rules: Rules, *, isolated: bool) -> AnySession:
    """Returns a session of a cartridge, in another process where `isolated`.

    Raises:
        EnvFault: The emulator could not be started.
    """
    return _pool.take(cartridge, rules) if isolated else LocalSession(cartridge, rules)


def find_workers() -> list[int]:
    """Returns the ids of the processes in which emulators run, for tests and for people."""
    return _pool.process_ids()


def _find_path() -> str:
    """Returns the module path of this process: a worker must find what its parent has found."""
    return os.pathsep.join(path for path in sys.path if path)
