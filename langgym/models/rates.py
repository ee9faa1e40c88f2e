"""Rates of requests: limits that are known, and one that is found out from a provider's refusals."""

from collections import deque

WINDOW = 5.0
"""Seconds over which the rate of successes is measured."""
N_MEASURED = 5
"""Successes in the window from which their rate says something."""
FIRST_RATE = 10.0
"""Requests a second after the first refusal, when nothing is known yet."""
LOWEST_RATE = 1 / 60
LOWEST_PART = 0.01
"""The part of the known rate that refusals in a row leave: enough to see when the provider is back."""
HIGHEST_RATE = 10_000.0
STEP = 2 ** (1 / 8)
"""The growth with each answer while no limit was ever met: eight answers double the rate."""
STEP_BACK = 2.0
"""The growth with each answer far below the known limit."""
FAR_BELOW = 0.4
TRUSTED_CUTS = 4
"""Cuts in a row that say something about the limit; more are the sign of a provider that takes nothing for a while."""
BACK_OFF = 0.97
"""The factor of a cut, to the power of the number of cuts that came soon after each other."""
PLATEAU_DIP = 0.05
PLATEAU_SECONDS = 4.0
"""How long a rate that is 5 % below the refused one takes to come back to it."""
PLATEAU_REQUESTS = 40.0
"""The same in requests, for rates so low that seconds hold few."""
SOON_SECONDS = 1.0
"""A cut follows soon after another while the rate has not given so many seconds' worth of answers since."""


class Bucket:
    """A token bucket, filled at `rate` a second up to `capacity`; it may be overdrawn, and then must fill first."""

    def __init__(self, rate: float, capacity: float, now: float) -> None:
        self.rate, self._capacity = rate, capacity
        self._level, self._at = capacity, now

    def find_delay(self, amount: float, now: float) -> float:
        """Returns the seconds until `amount` can be taken; what exceeds the capacity needs it full."""
        self._level = min(self._capacity, self._level + (now - self._at) * self.rate)
        self._at = now
        return max(0.0, (min(amount, self._capacity) - self._level) / self.rate)

    def take(self, amount: float) -> None:
        """Takes `amount`; a negative one gives back."""
        self._level = min(self._capacity, self._level - amount)


class AdaptiveRate:
    """A rate of requests that rises until the provider refuses, and stays just below.

    It starts without a limit. The first refusal sets it from the successes of the last seconds. A later one lowers it
    by a few per cent, and by more where the next follows soon; then it returns to the refused rate along a cubic with
    its plateau there, and beyond it slowly at first, as CUBIC does with windows (RFC 9438, section 4.2; constants of
    our own). Before any limit is known, or far below one, it grows by a factor with each answer (slow start, RFC
    5681). Refusals of requests that began before the last cut are its echo and change nothing, and time in which
    nobody waits does not raise it. Not safe for several threads.
    """

    def __init__(self, now: float) -> None:
        self._rate: float | None = None
        self._known: float | None = None
        """The rate at which a refusal came; `None` while climbing to the first."""
        self._start, self._age = 0.0, 0.0
        """Where the cubic began, and for how many seconds somebody has waited since."""
        self._credit, self._at, self._cut_at = 1.0, now, float("-inf")
        self._n_cuts, self._n_since = 0, 0
        """Cuts in a row, and answers since the last."""
        self._successes: deque[float] = deque()

    @property
    def rate(self) -> float | None:
        """Requests a second; `None` for no limit."""
        return self._rate

    def find_delay(self, now: float, *, awaited: bool) -> float:
        """Returns the seconds until the next request.

        Args:
            now: The time in seconds; never goes back.
            awaited: Whether anybody has waited since the last call.
        """
        passed, self._at = now - self._at, now
        if self._rate is None:
            return 0.0
        if awaited and self._n_since:
            self._age += passed
            self._follow_curve()
        self._credit = min(1.0, self._credit + passed * self._rate)
        return (1.0 - self._credit) / self._rate

    def take(self) -> None:
        """Counts a request that begins now."""
        self._credit = 0.0

    def succeed(self, now: float, *, began: float) -> None:
        """Counts the answer to a request that began at `began`."""
        if self._rate is not None and began >= self._cut_at:
            self._n_since += 1
            if self._known is None or self._rate < self._known * FAR_BELOW:
                step = STEP if self._known is None else STEP_BACK
                self._rate = self._start = min(HIGHEST_RATE, self._rate * step)
                self._age = 0.0
        self._successes.append(now)
        while self._successes[0] < now - WINDOW:
            self._successes.popleft()

    def refuse(self, now: float, *, began: float) -> None:
        """Lowers the rate after a refusal of a request that began at `began`."""
        if began < self._cut_at:
            return
        if self._rate is None:
            self._rate = self._measure(now)
        else:
            self._lower()
        self._start, self._age, self._credit = self._rate, 0.0, 0.0
        self._cut_at, self._n_since = now, 0

    def _lower(self) -> None:
        assert self._rate is not None
        soon = self._n_since < SOON_SECONDS * self._rate
        self._n_cuts = self._n_cuts + 1 if not self._n_since else 2 if soon else 1
        # The last step of a climb was too long; the limit lies half way.
        refused = self._rate if self._known is not None else self._rate / STEP**0.5
        if self._known is None or not soon:
            self._known = refused if self._successes else None
        elif self._n_since or self._n_cuts <= TRUSTED_CUTS:
            self._known = (self._known + refused) / 2
        lowest = max(LOWEST_RATE, (self._known or FIRST_RATE) * LOWEST_PART)
        self._rate = max(lowest, refused * BACK_OFF**self._n_cuts)

    def _measure(self, now: float) -> float:
        """Returns the rate to begin with, and remembers that of the last successes as the refused one."""
        recent = [at for at in self._successes if at >= now - WINDOW]
        if len(recent) < N_MEASURED:
            return FIRST_RATE
        self._known = len(recent) / max(now - recent[0], 0.1)
        return self._known * BACK_OFF

    def _follow_curve(self) -> None:
        if self._known is None or self._rate is None or self._rate < self._known * FAR_BELOW:
            return
        steepness = PLATEAU_DIP / max(PLATEAU_SECONDS, PLATEAU_REQUESTS / self._known) ** 3
        plateau = (max(0.0, 1 - self._start / self._known) / steepness) ** (1 / 3)
        self._rate = min(HIGHEST_RATE, self._known * (1 + steepness * (self._age - plateau) ** 3))
