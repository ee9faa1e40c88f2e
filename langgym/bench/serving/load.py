"""Loads of many clients at once, with or without an offered rate; the service may be killed under them."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from langgym.bench.serving.clients import GAMES, Book, Client, Metronome
from langgym.bench.serving.process import ServiceProcess
from langgym.bench.serving.wires import Wire

SETTLE = 5.0
"""Seconds of the load, after the last table was made, until what had waited for that is done."""
SAMPLE = 0.5
"""Seconds between two looks at the memory of the service."""


@dataclass(slots=True)
class Load:
    """What came of a load."""

    seconds: float = 0.0
    n_decisions: int = 0
    latencies: list[float] = field(default_factory=list[float])
    """Seconds, sorted."""
    opening: list[float] = field(default_factory=list[float])
    """Seconds of the decisions from when the first table was made until the load had settled, sorted."""
    memory: list[int] = field(default_factory=list[int])
    """Bytes, at regular moments."""

    @property
    def rate(self) -> float:
        """Decisions a second."""
        return self.n_decisions / self.seconds if self.seconds else 0.0

    def quantile(self, share: float) -> float:
        """Returns the latency in milliseconds that this share of the decisions does not exceed."""
        return pick_quantile(self.latencies, share) * 1000


def pick_quantile(ordered: Sequence[float], share: float) -> float:
    """Returns a quantile of values that are sorted; 0 where there are none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


async def run_load(
    service: ServiceProcess,
    book: Book,
    *,
    tables: int,
    seconds: float,
    rate: float | None,
    seed: int,
    disturb: Callable[[], Awaitable[None]] | None = None,
    games: Sequence[str] = GAMES,
) -> Load:
    """Has clients play for some seconds, all tables at once, then come to rest at the borders of turns.

    Args:
        service: Runs already.
        book: Is written in.
        tables: At once.
        seconds: For which figures are taken, once every client has its first table and the load has settled.
        rate: Decisions a second that are offered; `None` for as many as there can be.
        seed: Of the clients' draws.
        disturb: Takes the place of waiting for `seconds`.
        games: What is played.
    """
    metronome = Metronome(rate)
    clients = [
        Client(Wire("127.0.0.1", service.port), book, draw=random.Random(f"{seed} {number}"), metronome=metronome)
        for number in range(tables)
    ]
    tasks = [asyncio.create_task(client.live(games)) for client in clients]
    while book.n_tables < tables and not book.problems:
        await asyncio.sleep(0.02)
    found = Load()
    metronome.begin()
    if disturb is None:
        await asyncio.sleep(SETTLE)
        found.opening = sorted(book.latencies)
        metronome.begin()
    book.latencies.clear()
    begun = time.perf_counter()
    if disturb is not None:
        await disturb()
    else:
        await _watch(service, found, until=begun + seconds)
    found.seconds = time.perf_counter() - begun
    found.latencies = sorted(book.latencies)
    found.n_decisions = len(found.latencies)
    for client in clients:
        client.stopping = client.leaving = True
    while any(client.n_answering for client in clients):
        await asyncio.sleep(0.02)
    for task in tasks:
        task.cancel()  # what is left only looks
    results = await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.gather(*(client.close() for client in clients))
    book.problems += [f"a client fell: {result!r}" for result in results if isinstance(result, Exception)]
    return found


async def _watch(service: ServiceProcess, found: Load, *, until: float) -> None:
    while (left := until - time.perf_counter()) > 0:
        found.memory.append(service.memory)
        await asyncio.sleep(min(SAMPLE, left))
