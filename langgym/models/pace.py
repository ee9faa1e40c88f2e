"""How fast one provider is asked by everything in this process, and who waits while it refuses or is down."""

import random
import threading
import time
from bisect import insort
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from langgym.models.rates import HIGHEST_RATE, AdaptiveRate, Bucket

FIRST_WAIT = 0.5
LONGEST_WAIT = 20.0
LONGEST_RETRY_AFTER = 60.0
"""Seconds that a provider's Retry-After is honoured at most."""
PATIENCE = 600.0
NOTED_SECONDS = 5.0
"""A wait that is longer than so is worth a word."""
_NAP = 0.5
"""Seconds after which whoever waits looks again: somebody else may have learned something."""
_SHORTEST_NAP = 0.001

Sleep = Callable[[float], None]


@dataclass(slots=True, eq=False)
class Turn:
    """One call's place in the line, kept over all of its tries."""

    number: int
    tokens: int
    """Tokens that the call is expected to cost."""
    n_failures: int = 0
    not_before: float = 0.0
    began: float = field(default=0.0)

    def __lt__(self, other: "Turn") -> bool:
        return self.number < other.number


class Pace:
    """The pace of all calls to one provider, shared by its models; safe for several threads.

    - Known limits are kept by smoothing: requests and tokens flow at their rate, with a second's worth at once.
    - A 429 lowers the rate of everybody (`AdaptiveRate`), and its Retry-After holds everybody. Calls wait in the order
      in which they came.
    - A provider that fails while nobody succeeds is down: everybody pauses, longer each time, and one call tries.
      A failure among successes delays nobody but its own call.
    """

    def __init__(
        self,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        patience: float = PATIENCE,
        note: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        spread: random.Random | None = None,
    ) -> None:
        """Starts without any limit but the given ones.

        Args:
            requests_per_minute: `None` limits nothing.
            tokens_per_minute: Of prompts and replies together; `None` limits nothing.
            patience: Seconds of nothing but refusals after which they count as a failure.
            note: Is told once when the provider makes everybody wait for longer than 5 s, and once when it is over.
            clock: Seconds that never go back.
            spread: Draws the jitter of pauses.
        """
        now = clock()
        self._patience, self._note, self._clock = patience, note or _say_nothing, clock
        self._random = spread or random.Random()
        self._requests = _make_bucket(requests_per_minute, now)
        self._tokens = _make_bucket(tokens_per_minute, now)
        self._rate = AdaptiveRate(now)
        self._lock = threading.Lock()
        self._numbers = count()
        self._line: list[Turn] = []
        self._hold_until = self._down_until = self._moved_at = now
        self._good_at = float("-inf")
        self._refused_since: float | None = None
        self._n_down, self._down_at = 0, float("-inf")
        self._probe: Turn | None = None
        self._noted_at: float | None = None

    @property
    def rate(self) -> float | None:
        """Requests a second that the provider was found to take; `None` while it never refused any."""
        with self._lock:
            return self._rate.rate

    def join(self, tokens: int) -> Turn:
        """Returns a place at the end of the line for a call that is expected to cost `tokens`."""
        return Turn(next(self._numbers), tokens)

    @contextmanager
    def wait(self, turn: Turn, sleep: Sleep) -> Generator[None]:
        """Waits until `turn` may send its request, which the block does; report its outcome within.

        Args:
            turn: From `join`.
            sleep: Waits for so many seconds; what it raises ends the waiting and goes on to the caller.
        """
        while (left := turn.not_before - self._clock()) > 0:
            sleep(min(left, _NAP))
        with self._lock:
            if not self._line:
                self._find_delay(turn, awaited=False)
                self._moved_at = max(self._moved_at, self._clock())
            insort(self._line, turn)
        try:
            while (delay := self._try_begin(turn)) > 0:
                sleep(min(max(delay, _SHORTEST_NAP), _NAP))
            yield
        finally:
            self._leave(turn)

    def succeed(self, turn: Turn, tokens: int | None) -> None:
        """Counts an answer and the tokens that it really cost; `None` where the provider does not say."""
        with self._lock:
            now = self._clock()
            self._rate.succeed(now, began=turn.began)
            self._good_at, self._refused_since = now, None
            self._n_down, self._down_until = 0, now
            if self._tokens is not None and tokens is not None:
                self._tokens.take(tokens - turn.tokens)
            noted, self._noted_at = self._noted_at, None
        if noted is not None:
            self._note(f"The provider answers again after {now - noted:.0f} s.")

    def refuse(self, turn: Turn, retry_after: float | None) -> bool:
        """Slows everybody down after a 429; returns whether there is patience for another try."""
        with self._lock:
            now = self._clock()
            self._rate.refuse(now, began=turn.began)
            self._n_down, self._down_until = 0, now
            if self._tokens is not None:
                self._tokens.take(-turn.tokens)
            if retry_after is not None:
                self._hold_until = max(self._hold_until, now + min(retry_after, LONGEST_RETRY_AFTER))
            if self._refused_since is None:
                self._refused_since = now
            return now - self._refused_since < self._patience

    def fail(self, turn: Turn, retry_after: float | None, *, alive: bool = False) -> None:
        """Delays the next try after a failure: that of everybody where the provider seems down.

        Args:
            turn: Whose request failed.
            retry_after: Seconds that the provider asked to wait, for everybody.
            alive: Whether the failure itself shows that the provider is up.
        """
        with self._lock:
            now = self._clock()
            turn.n_failures += 1
            if retry_after is not None:
                self._hold_until = max(self._hold_until, now + min(retry_after, LONGEST_RETRY_AFTER))
            elif alive or self._good_at >= turn.began:
                turn.not_before = now + self._draw_pause(turn.n_failures)
            if alive or self._good_at >= turn.began or turn.began < self._down_at:
                return
            self._n_down, self._down_at = self._n_down + 1, now
            if retry_after is None:
                self._down_until = now + self._draw_pause(self._n_down)

    def _try_begin(self, turn: Turn) -> float:
        """Returns 0 where `turn` may begin, and has begun, else the seconds until it is likely to."""
        note = None
        with self._lock:
            now = self._clock()
            delay = self._find_delay(turn, awaited=True)
            place = 0 if self._line[0] is turn else self._line.index(turn)
            if place == 0 and delay <= 0:
                self._begin(turn, now)
                return 0.0
            if self._noted_at is None and self._is_held(now) and now + delay - self._moved_at > NOTED_SECONDS:
                self._noted_at, note = now, self._describe_wait(delay)
        if note is not None:
            self._note(note)
        return delay + place * self._find_spacing(turn)

    def _find_spacing(self, turn: Turn) -> float:
        spacings = [_SHORTEST_NAP, 1 / (self._rate.rate or HIGHEST_RATE)]
        if self._requests is not None:
            spacings.append(1 / self._requests.rate)
        if self._tokens is not None:
            spacings.append(turn.tokens / self._tokens.rate)
        return max(spacings)

    def _find_delay(self, turn: Turn, *, awaited: bool) -> float:
        now = self._clock()
        delays = [self._hold_until - now, self._down_until - now, self._rate.find_delay(now, awaited=awaited)]
        if self._requests is not None:
            delays.append(self._requests.find_delay(1, now))
        if self._tokens is not None:
            delays.append(self._tokens.find_delay(turn.tokens, now))
        if self._probe is not None:
            delays.append(_NAP)
        return max(delays)

    def _begin(self, turn: Turn, now: float) -> None:
        self._line.remove(turn)
        self._rate.take()
        if self._requests is not None:
            self._requests.take(1)
        if self._tokens is not None:
            self._tokens.take(turn.tokens)
        if self._n_down:
            self._probe = turn
        turn.began = self._moved_at = now

    def _leave(self, turn: Turn) -> None:
        with self._lock:
            if turn in self._line:
                self._line.remove(turn)
            if self._probe is turn:
                self._probe = None

    def _is_held(self, now: float) -> bool:
        """Returns whether it is the provider that makes everybody wait, and not a limit that the user gave."""
        return self._n_down > 0 or self._refused_since is not None or self._hold_until > now

    def _describe_wait(self, delay: float) -> str:
        what = "is down" if self._n_down else "limits the rate"
        return f"The provider {what}: {len(self._line)} calls wait, the next for {delay:.0f} s."

    def _draw_pause(self, number: int) -> float:
        longest = min(FIRST_WAIT * 2 ** (number - 1), LONGEST_WAIT)
        return self._random.uniform(longest / 2, longest)


def _say_nothing(text: str) -> None:
    del text


def _make_bucket(per_minute: float | None, now: float) -> Bucket | None:
    if per_minute is None:
        return None
    rate = per_minute / 60
    return Bucket(rate, max(1.0, rate), now)
