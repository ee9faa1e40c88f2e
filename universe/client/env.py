"""An environment that a service runs, played from here: what `TextEnv` offers, one request a turn."""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal, TypeVar, get_args

from pydantic import JsonValue

from universe.card import EnvCard
from universe.client.link import Link, Refusal
from universe.client.tables import OwnTable, check_sound, make_table, read_ends
from universe.client.turns import RemoteView, make_turn
from universe.errors import BadSeat, EnvFault, ServiceError, UniverseError
from universe.service.wire import EndBody, Position, SeatTurn
from universe.streams import Stream
from universe.text_env import PastMoves, Reason, SeatEnd, Turn, check_actions, draw_options
from universe.view import Move

T = TypeVar("T")

DECISION_SECONDS = 900.0
"""After which the service takes a table for one that nobody plays; one that comes back later has it made anew."""
_MOST_REBUILDS = 3
_LOST = ("not_found", "stale_turn")
"""Problems of a table that the service has not any more, or that went on without us."""
_STOPS = get_args(EndBody.model_fields["reason"].annotation)


class RemoteEnv:
    """An environment of a service, all of whose seats are played from here; used from one thread.

    Where the service has lost the table, or has let it go on because nobody answered in time, it is made anew from the
    seed and the actions, and every position is compared with what it was.
    """

    def __init__(
        self,
        link: Link,
        card: EnvCard,
        kwargs: Mapping[str, JsonValue],
        *,
        seats: tuple[str, ...],
        max_turns: int | None = None,
    ) -> None:
        """Prepares to play; the service is asked at `reset`.

        Args:
            link: To the service.
            card: What to play, as the service tells it.
            kwargs: Keywords that the card accepts.
            seats: Of the variant.
            max_turns: Turns of the episode after which it ends as capped; the card's own cap holds as well.

        Raises:
            BadKwargs: A keyword is unknown, or its value not allowed.
        """
        self.card = card
        self.variant = card.variant(kwargs)
        self.arguments = card.arguments(kwargs)
        caps = [cap for cap in (max_turns, card.max_turns) if cap is not None]
        self.max_turns = min(caps) if caps else None
        self.seats = seats
        self.fallback: Literal["forfeit", "random"] = card.find_fallback(len(seats))
        self.n_turns = 0
        self._link = link
        self._lock = threading.Lock()
        self._table: OwnTable | None = None
        self._turns: tuple[Turn, ...] = ()
        self._ends: dict[str, SeatEnd] | None = None

    def draw_options(self, stream: Stream) -> dict[str, JsonValue]:
        """Returns what the card says that a reset is given, drawn from a stream where it is drawn."""
        return draw_options(self.card, self.arguments, stream)

    def reset(self, seed: int, *, menus: Stream | None = None, options: Mapping[str, JsonValue] | None = None) -> None:
        """Begins an episode: the service makes a table for it.

        Args:
            seed: Of the environment.
            menus: The stream that orders the menus; by default one of the seed's.
            options: What the engine's reset is given; by default drawn from the seed where the card draws something.
        """
        self._put_away()
        self._seed = seed
        self._options = self.draw_options(Stream.of(seed, "warm-up")) if options is None else dict(options)
        self._stream = menus or Stream.of(seed, "menu")
        self.n_turns = 0
        self._owed = dict.fromkeys(self.seats, 0.0)
        self._totals = dict.fromkeys(self.seats, 0.0)
        self._moves: list[Move] = []
        self._own: dict[str, list[Move]] = {seat: [] for seat in self.seats}
        self._played: list[dict[str, int]] = []
        self._digests: list[str] = []
        self._table, position = self._make_table()
        self._arrive(position)

    def turns(self) -> Sequence[Turn]:
        """Returns a turn for each seat that must act now; empty when the episode is over."""
        return self._turns

    def play(self, actions: Mapping[str, int]) -> None:
        """Plays one legal action for each of the current turns.

        Raises:
            BadSeat: A seat does not act now, or one that does has no action.
            IllegalAction: An action is not on its seat's menu; nothing was played.
            EnvFault: The environment failed; the episode is over.
            ServiceAway: The service does not answer; the turn can be played again.
            UniverseError: The episode is over, or was never begun.
        """
        self._check_running()
        check_actions(self._turns, actions)
        played, number = dict(actions), self.n_turns
        try:
            position = self._ask(lambda table: table.play(number, played))
        except EnvFault:
            self._fail()
            raise
        for turn in self._turns:
            move = Move(number, turn.seat, played[turn.seat], turn.name(played[turn.seat]))
            self._moves.append(move)
            self._own[turn.seat].append(move)
        self._played.append(played)
        self.n_turns += 1
        self._arrive(position)

    def payments(self) -> dict[str, float]:
        """Returns what every seat has earned since the last call (since `reset` at the first)."""
        paid = self._owed
        self._owed = dict.fromkeys(self.seats, 0.0)
        return paid

    def digest(self, payments: Mapping[str, float]) -> bytes:
        """Returns the hash of the current position, as the service has made it with what was paid on the way to it."""
        return bytes.fromhex(self._position.digest)

    def forfeit(self, seat: str) -> None:
        """Ends the episode because `seat` gave no legal answer; the engine does not move."""
        if seat not in self.seats:
            raise BadSeat(f"{self.card.env_id} has no seat {seat!r}; its seats are {', '.join(self.seats)}.")
        self._end(EndBody(reason="forfeit", seat=seat))

    def stop(self, reason: Reason) -> None:
        """Ends the episode from outside: nobody wins, and the engine does not move."""
        if reason not in _STOPS or reason == "forfeit":
            raise UniverseError(f"No episode is stopped as {reason!r}.")
        self._end(EndBody.model_validate({"reason": reason}))

    def outcome(self) -> dict[str, SeatEnd]:
        """Returns how the episode ended for every seat.

        Raises:
            UniverseError: It has not ended.
        """
        if self._ends is None:
            raise UniverseError("The episode has not ended: there is no outcome yet.")
        return dict(self._ends)

    def close(self) -> None:
        """Gives the table back to the service."""
        self._put_away()

    def _check_running(self) -> None:
        if not self._turns:
            raise UniverseError("No episode is under way: call `reset` to begin one.")

    def _end(self, body: EndBody) -> None:
        self._check_running()
        self._arrive(self._ask(lambda table: table.end(body)))
        if self._ends is None:
            raise ServiceError(f"The universe at {self._link.url} does not end the episode as {body.reason!r}.")

    def _arrive(self, position: Position) -> None:
        """Takes over the position that the table is in now."""
        self._retire()
        self._position = position
        if len(self._digests) == self.n_turns:
            self._digests.append(position.digest)
        for seat, paid in position.payments.items():
            self._owed[seat] += paid
            self._totals[seat] += paid
        if position.outcome is not None:
            self._ends = read_ends(position.outcome)
            check_sound(self.card.env_id, position.outcome)
        else:
            self._turns = tuple(self._make_turn(told) for told in position.turns)

    def _fail(self) -> None:
        """Ends the episode because its environment failed."""
        self._retire()
        self._ends = {seat: SeatEnd(total=total, result=None, reason="fault") for seat, total in self._totals.items()}

    def _make_turn(self, told: SeatTurn) -> Turn:
        known = self._moves if self.card.moves_public else self._own[told.seat]
        view = RemoteView(
            told,
            seats=self.seats,
            role=self.card.role(told.seat),
            kwargs=self.arguments,
            moves=PastMoves(known, len(known)),
            observe=lambda: self._ask(lambda table: table.seat(told.seat).observe(told.turn)),
        )
        return make_turn(told, view, read=partial(self._read, told), stream=self._stream)

    def _read(self, told: SeatTurn, answer: str) -> str | None:
        return self._ask(lambda table: table.seat(told.seat).read(told.turn, answer))

    def _retire(self) -> None:
        for turn in self._turns:
            turn.view.over = True
        self._turns = ()

    def _make_table(self) -> tuple[OwnTable, Position]:
        made = make_table(
            self._link,
            self.card.env_id,
            kwargs=self.variant,
            seats={"*": "mine"},
            seed=self._seed,
            options=self._options,
            max_turns=self.max_turns,
            decision_seconds=DECISION_SECONDS,
            position=True,
        )
        if made.position is None or tuple(seat.seat for seat in made.table.seats) != self.seats:
            raise ServiceError(f"The universe at {self._link.url} made another table of {self.card.env_id} than asked.")
        return OwnTable(self._link, made), made.position

    def _ask(self, call: Callable[[OwnTable], T]) -> T:
        """Returns what a table answers; it is made anew where it was lost."""
        for _ in range(_MOST_REBUILDS):
            table = self._table
            if table is None:
                break
            try:
                return call(table)
            except Refusal as refusal:
                if refusal.code not in _LOST:
                    raise
            with self._lock:
                if self._table is table:  # two threads may have read of a turn at once
                    self._table = self._rebuild(table)
        raise ServiceError(f"The universe at {self._link.url} loses the table of {self.card.env_id} again and again.")

    def _rebuild(self, lost: OwnTable) -> OwnTable:
        """Returns a new table that was played to where the lost one was.

        Raises:
            EnvFault: The new one goes another way.
        """
        lost.release()
        table, position = self._make_table()
        for number, digest in enumerate(self._digests):
            if number:
                position = table.play(number - 1, self._played[number - 1])
            if position.digest != digest:
                table.release()
                raise EnvFault(
                    f"{self.card.env_id}: the universe at {self._link.url} came back with another position in turn "
                    f"{number}."
                )
        return table

    def _put_away(self) -> None:
        self._retire()
        if self._table is not None and self._ends is None:
            self._table.release()
        self._table, self._ends = None, None
