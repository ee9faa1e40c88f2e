"""Clients that play at random, recover by themselves, and remember what was acknowledged."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from langgym.bench.serving.wires import Reply, Wire

GAMES = ("classic/connect_four_v3", "classic/tictactoe_v3", "classic/rps_v2", "classic/leduc_holdem_v4")
"""Games in turns, one with simultaneous seats, one with hidden cards."""
MAX_TURNS = 40
WAIT = 25
"""Seconds that a seat waits for its turn in one request."""
RETRY = 0.1
"""Seconds after which a client tries again where the service is gone."""
PATIENCE = 120.0
"""Seconds after which a service that does not come back counts as lost."""


@dataclass(slots=True)
class Book:
    """What all clients have seen."""

    acknowledged: dict[str, dict[tuple[int, str], int]] = field(default_factory=dict[str, dict[tuple[int, str], int]])
    """By table: actions by turn and seat."""
    ended: set[str] = field(default_factory=set[str])
    latencies: list[float] = field(default_factory=list[float])
    """Seconds from when a decision was due to be sent until it was acknowledged."""
    problems: list[str] = field(default_factory=list[str])
    n_tables: int = 0
    n_retries: int = 0
    """Requests that were sent again, since the service was gone."""
    n_unsure: int = 0
    """Answers that were sent again: nobody knew whether they counted."""

    def acknowledge(self, table: str, turn: int, *, seat: str, action: int) -> None:
        """Notes a move that counts; one that was acknowledged otherwise before is a problem."""
        moves = self.acknowledged.setdefault(table, {})
        before = moves.setdefault((turn, seat), action)
        if before != action:
            self.problems.append(f"table {table} acknowledged {before} and {action} for {seat} in turn {turn}")


class Metronome:
    """Hands out moments at a rate, to whoever asks first; without a rate every moment is now."""

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._next = 0.0
        self.begin()

    def begin(self) -> None:
        """Counts from now on; moments that nobody has asked for are forgotten, those that were handed out stay."""
        self.begun = time.perf_counter()
        self._next = max(self._next, self.begun)

    async def wait(self) -> float:
        """Waits for the next moment and returns when it is."""
        if self._rate is None:
            return time.perf_counter()
        moment, self._next = self._next, self._next + 1.0 / self._rate
        await asyncio.sleep(max(0.0, moment - time.perf_counter()))
        return moment


class Client:
    """Somebody who makes tables and plays all of their seats, one table after the other."""

    def __init__(self, wire: Wire, book: Book, *, draw: random.Random, metronome: Metronome) -> None:
        self._wire = wire
        self._book = book
        self._draw = draw
        self._metronome = metronome
        self.stopping = False
        """Whether it makes no more tables; what has begun is played on while `leaving` is not set."""
        self.leaving = False
        """Whether it gives up at the next border of a turn."""
        self.n_answering = 0
        """Seats whose answers are not acknowledged yet."""

    async def live(self, games: Sequence[str]) -> None:
        """Plays until it is stopped."""
        while not self.stopping:
            await self.play(self._draw.choice(games))

    async def close(self) -> None:
        """Closes its connections."""
        await self._wire.close()

    async def play(self, game: str) -> None:
        """Makes a table and plays it to its end."""
        body = {"env": game, "seats": {"*": "mine"}, "max_turns": MAX_TURNS, "decision_seconds": 3600.0}
        reply = await self._insist("POST", "/v1/tables", body)
        if reply.status != 201:
            self._book.problems.append(f"no table: {reply.status} {str(reply.body)[:200]}")
            await asyncio.sleep(0.5)
            return
        made: dict[str, Any] = reply.body
        self._book.n_tables += 1
        table = made["table"]["table"]
        self._book.acknowledged.setdefault(table, {})
        seats = [self._sit(table, seat["seat"], seat["token"]) for seat in made["tokens"]]
        if all(await asyncio.gather(*seats)):
            self._book.ended.add(table)

    async def _sit(self, table: str, seat: str, token: str) -> bool:
        """Plays a seat, which waits for its turns; returns whether its game came to its end."""
        turn = -1
        while not self.leaving:
            path = f"/v1/tables/{table}/seats/{seat}/turn?wait={WAIT}&after={turn}"
            reply = await self._insist("GET", path, token=token)
            if reply.status != 200:
                self._book.problems.append(f"{seat} of {table} cannot look: {reply.status} {str(reply.body)[:200]}")
                return False
            if reply.body["state"] == "over":
                self._check_end(table, reply.body["outcome"])
                return True
            if reply.body["state"] == "your_turn" and not self.leaving:
                turn = await self._answer(table, seat, token, reply.body["turn"])
        return False

    async def _answer(self, table: str, seat: str, token: str, turn: dict[str, Any]) -> int:
        """Answers at random when it is time, and returns the turn that was answered."""
        action = int(self._draw.choice(turn["options"])["action"])
        due = await self._metronome.wait()
        if self.leaving:
            return int(turn["turn"]) - 1
        body = {"turn": turn["turn"], "action": action}
        self.n_answering += 1
        try:
            reply = await self._insist("POST", f"/v1/tables/{table}/seats/{seat}/answer", body, token=token)
        finally:
            self.n_answering -= 1
        if reply.status != 200:
            self._book.problems.append(f"{seat} of {table} is refused: {reply.status} {str(reply.body)[:200]}")
            return int(turn["turn"])
        if due >= self._metronome.begun:
            self._book.latencies.append(time.perf_counter() - due)
        self._book.acknowledge(table, reply.body["turn"], seat=seat, action=reply.body["action"])
        if reply.body["action"] != action:
            self._book.problems.append(f"{seat} of {table} said {action}, and {reply.body['action']} was acknowledged")
        return int(turn["turn"])

    def _check_end(self, table: str, outcome: list[dict[str, Any]] | None) -> None:
        reasons = {end["reason"] for end in outcome or ()}
        if not reasons or not reasons <= {"natural", "capped"}:
            self._book.problems.append(f"table {table} ended otherwise than it was played: {reasons}")

    async def _insist(self, method: str, path: str, body: object = None, *, token: str | None = None) -> Reply:
        """Sends a request until it is answered: a service that died comes back at the same address."""
        last = time.monotonic() + PATIENCE
        while True:
            try:
                reply = await self._wire.request(method, path, body, token=token)
            except OSError as error:
                if time.monotonic() > last:
                    raise TimeoutError(f"The service does not come back: {error}") from error
                self._book.n_retries += 1
                self._book.n_unsure += path.endswith("/answer")
                await asyncio.sleep(RETRY)
                continue
            if reply.status not in (429, 503) or time.monotonic() > last:
                return reply
            await asyncio.sleep(0.2)
