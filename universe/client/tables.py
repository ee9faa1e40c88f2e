"""Tables of a service as they are spoken of: making one, playing every seat of it, or a seat."""

from collections.abc import Mapping
from urllib.parse import quote

from pydantic import JsonValue

from universe.client.arrays import read_array
from universe.client.link import Link
from universe.errors import EnvFault, ServiceError
from universe.service.wire import (
    Accepted,
    AnswerBody,
    Array,
    ClaimSeat,
    End,
    EndBody,
    Look,
    MadeTable,
    NewTable,
    PlayBody,
    Position,
    ReadBody,
    ReadValue,
    SeatToken,
    TableState,
)
from universe.text_env import SeatEnd

PARTING = 0.5
"""Seconds for which a service is waited for that is only told that a table is not needed."""
LONGEST_READ = 500
"""Characters of what a service is asked to read."""


def make_table(
    link: Link,
    env_id: str,
    *,
    kwargs: Mapping[str, JsonValue],
    seats: Mapping[str, str],
    seed: int | None = None,
    options: Mapping[str, JsonValue] | None = None,
    max_turns: int | None = None,
    decision_seconds: float | None = None,
    position: bool = False,
) -> MadeTable:
    """Returns a table that was made; raises what a local environment raises that cannot be made.

    A request that failed by its connection is sent again, so that the first one may leave a table that nobody plays.
    Its seats let their times pass, and the service ends it.
    """
    wanted = NewTable(
        env=env_id,
        kwargs=dict(kwargs),
        seed=seed,
        options=None if options is None else dict(options),
        max_turns=max_turns,
        seats=dict(seats),
        decision_seconds=decision_seconds,
        position=position,
    )
    return link.post("/v1/tables", wanted, MadeTable)


class OwnTable:
    """A table with the right of who made it."""

    def __init__(self, link: Link, made: MadeTable) -> None:
        self.made = made
        self._link = link
        self._path = f"/v1/tables/{quote(made.table.table, safe='')}"
        self._right = made.owner_token

    def position(self) -> Position:
        """Returns where it stands."""
        return self._link.get(f"{self._path}/position", Position, right=self._right)

    def play(self, turn: int, actions: Mapping[str, int]) -> Position:
        """Returns the position after a turn; the same again has the same answer."""
        body = PlayBody(turn=turn, actions=dict(actions))
        return self._link.post(f"{self._path}/play", body, Position, right=self._right)

    def end(self, body: EndBody, *, patience: float | None = None) -> Position:
        """Returns the last position of a table that is ended; the same again has the same answer."""
        return self._link.post(f"{self._path}/end", body, Position, right=self._right, patience=patience)

    def release(self) -> None:
        """Tells the service that it is not needed; where that is not heard, it ends by itself."""
        try:
            self.end(EndBody(reason="silent"), patience=PARTING)
        except ServiceError:
            return

    def seat(self, seat: str) -> "SeatLink":
        """Returns the way to a seat that is `mine`."""
        return SeatLink(self._link, self.made.table.table, seat, self._right)

    def state(self) -> TableState:
        """Returns what everybody may know of it."""
        return self._link.get(self._path, TableState)


class SeatLink:
    """A seat at a table, with the right to play it."""

    def __init__(self, link: Link, table: str, seat: str, token: str) -> None:
        self._link = link
        self.seat = seat
        self._path = f"/v1/tables/{quote(table, safe='')}/seats/{quote(seat, safe='')}"
        self._right = token

    @classmethod
    def claim(cls, link: Link, table: str, seat: str, *, name: str) -> "SeatLink":
        """Returns the way to an open seat, which is taken; raises `Refusal` where it is not open."""
        path = f"/v1/tables/{quote(table, safe='')}/seats/{quote(seat, safe='')}/claim"
        return cls(link, table, seat, link.post(path, ClaimSeat(name=name), SeatToken).token)

    def look(self, *, wait: int = 0, after: int = -1) -> Look:
        """Returns what the seat can do, within `wait` seconds: acting in a turn later than `after`, or nothing."""
        params = {"wait": wait, "after": after}
        return self._link.get(f"{self._path}/turn", Look, params=params, right=self._right)

    def act(self, turn: int, action: int) -> Accepted:
        """Answers with the number of an action; raises `IllegalAction` where it is not legal."""
        body = AnswerBody(turn=turn, action=action)
        return self._link.post(f"{self._path}/answer", body, Accepted, right=self._right)

    def observe(self, turn: int) -> object:
        """Returns the seat's own observation."""
        return read_array(self._link.get(f"{self._path}/observation", Array, params={"turn": turn}, right=self._right))

    def read(self, turn: int, answer: str) -> str | None:
        """Returns the value of the menu that words mean in the game's own notation; `None` for none."""
        if len(answer) > LONGEST_READ or not _is_sound(answer):
            return None  # no game notes moves at such length, or with halves of characters
        body = ReadBody(turn=turn, answer=answer)
        return self._link.post(f"{self._path}/read", body, ReadValue, right=self._right).value

    def leave(self) -> None:
        """Gives the seat up: its rule decides for it."""
        self._link.tell(f"{self._path}/leave", right=self._right)


def _is_sound(text: str) -> bool:
    """Returns whether a text is one: a lone half of a character cannot be sent."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_ends(ends: list[End]) -> dict[str, SeatEnd]:
    """Returns an outcome by seat."""
    return {end.seat: SeatEnd(total=end.total, result=end.result, reason=end.reason) for end in ends}


def check_sound(env_id: str, ends: list[End] | None, *, failed: bool = False) -> None:
    """Raises `EnvFault` where an episode ended because its environment failed."""
    if failed or any(end.reason == "fault" for end in ends or ()):
        raise EnvFault(f"{env_id} failed at the service that runs it.")
