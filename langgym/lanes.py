"""Lanes: the numbered episodes of each run, many under way at once, begun and ended in the order of their numbers.

The order is what makes memory deterministic. An episode begins when the one `window` before it has ended, and knows
what those up to that one have taught, whatever else has ended meanwhile. Ends are committed in order: an episode that
is played before an earlier one waits for it, and its thread goes on with other work.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from langgym.runner import Stopped

Closing = Callable[[], None]
"""Commits the end of an episode that is played."""


class Work(Protocol):
    """The episodes of one run."""

    @property
    def n_episodes(self) -> int:
        """How many numbers there are."""
        ...

    def begin(self, number: int) -> "Callable[[], Closing] | None":
        """Returns what plays an episode, or `None` where it has ended already.

        It is called in the order of numbers, and no end is committed meanwhile.

        Raises:
            Stopped: Nothing new is to be begun.
        """
        ...

    def settle(self) -> None:
        """Is called after ends were committed."""
        ...


class Lane:
    """One run's episodes."""

    def __init__(self, work: Work, *, window: int) -> None:
        """Prepares to play; at most `window` episodes are begun and not ended."""
        self._work = work
        self._window = window
        self._lock = threading.Lock()
        self._begun = 0
        self._ended = 0
        self._playing = 0
        self._waiting: dict[int, Closing | None] = {}
        self.error: BaseException | None = None
        """Why the lane ends before its last episode."""

    @property
    def stopping(self) -> bool:
        """Whether an error ends the lane, so that its other episodes should stop at their turns' borders."""
        return self.error is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to begin and nothing is under way."""
        return self._playing == 0 and (self.stopping or self._begun >= self._work.n_episodes)

    @property
    def is_ready(self) -> bool:
        """Whether an episode can be begun now."""
        return not self.stopping and self._begun < min(self._work.n_episodes, self._ended + self._window)

    def play_next(self) -> None:
        """Begins the next episode, plays it and ends all that can be ended; keeps the first error."""
        try:
            with self._lock:
                number, play = self._take()
            if number is None:
                return
            closing = play() if play is not None else None
            with self._lock:
                self._waiting[number] = closing
                ended = self._end_waiting()
            if ended:
                self._work.settle()
        except BaseException as error:
            self.fail(error)
            if not isinstance(error, Exception):
                raise

    def reserve(self) -> None:
        """Takes note that a thread is about to call `play_next`."""
        self._playing += 1

    def release(self) -> None:
        """Takes note that `play_next` has returned."""
        self._playing -= 1

    def _take(self) -> tuple[int | None, Callable[[], Closing] | None]:
        if not self.is_ready:
            return None, None
        number = self._begun
        play = self._work.begin(number)
        self._begun += 1
        return number, play

    def _end_waiting(self) -> bool:
        """Commits the ends that are next in order; returns whether there was one."""
        ended = False
        while self._ended in self._waiting:
            closing = self._waiting.pop(self._ended)
            if closing is not None:
                closing()
                ended = True
            self._ended += 1
        return ended

    def fail(self, error: BaseException) -> None:
        """Ends the lane; of two errors the one that says more is kept: a stop only follows from another."""
        if self.error is None or (isinstance(self.error, Stopped) and not isinstance(error, Stopped)):
            self.error = error


def play_lanes(lanes: Sequence[Lane], *, threads: int) -> None:
    """Plays every lane to its end; errors are left in the lanes, and one that fails does not hold the others up.

    Args:
        lanes: Are served in turn.
        threads: How many episodes are under way at once; with one, the caller's own thread plays.
    """
    if threads == 1:
        _Dispatcher(lanes).work()
        return
    dispatcher = _Dispatcher(lanes)
    workers = [
        threading.Thread(target=dispatcher.work, name=f"langgym-episode-{number}", daemon=True)
        for number in range(threads)
    ]
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            while worker.is_alive():
                worker.join(0.5)  # not for ever: a signal is handled in between, on every platform
    except BaseException as error:
        for lane in lanes:
            lane.fail(error)
        raise


class _Dispatcher:
    """Hands the lanes to threads, in turn."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self._lanes = lanes
        self._next = 0
        self._changed = threading.Condition()

    def work(self) -> None:
        """Plays whatever is ready until every lane is over."""
        while (lane := self._wait_for_lane()) is not None:
            try:
                lane.play_next()
            finally:
                with self._changed:
                    lane.release()
                    self._changed.notify_all()

    def _wait_for_lane(self) -> Lane | None:
        with self._changed:
            while not all(lane.is_over for lane in self._lanes):
                for step in range(len(self._lanes)):
                    lane = self._lanes[(self._next + step) % len(self._lanes)]
                    if lane.is_ready:
                        self._next = (self._next + step + 1) % len(self._lanes)
                        lane.reserve()
                        return lane
                self._changed.wait()
            return None
