"""What is shown of a table: to everybody, to a seat, and to who plays all seats. Read in the table's thread."""

from typing import TYPE_CHECKING

from universe.errors import UniverseError
from universe.service.chairs import Chair
from universe.service.orders import Order
from universe.service.problems import Refusal, faulty, stale
from universe.service.showing import show_array, show_chair, show_outcome, show_turn
from universe.service.table import Table
from universe.service.wire import (
    Array,
    Look,
    MadeTable,
    Position,
    PublicMove,
    ReadBody,
    ReadValue,
    SeatTurn,
    TableState,
)

if TYPE_CHECKING:
    from universe.text_env import Turn


def show_state(table: Table) -> TableState:
    """Returns a table as everybody may see it."""
    due = {turn.seat for turn in table.turns if table.chairs[turn.seat].pending is None}
    episode = table.episode
    moves = episode.moves if episode is not None else ()
    return TableState(
        table=table.table_id,
        env_id=table.card.env_id,
        kwargs=dict(table.draft.kwargs),
        status=table.status,
        turn=episode.spot.turn if episode is not None else 0,
        seats=[show_chair(chair, table.card, due=seat in due) for seat, chair in table.chairs.items()],
        moves=[PublicMove(turn=turn, seat=seat, name=name) for turn, seat, name in moves],
        outcome=show_outcome(table.outcome) if table.status == "ended" else None,
        text_version=table.card.text_version,
        situation_version=table.card.situation_version,
    )


def show_look(table: Table, seat: str, after: int = -1) -> Look:
    """Returns what a seat can do now; a turn up to `after` is one that it knows already.

    Raises:
        Refusal: The environment has no words for the turn; the table has failed.
    """
    if table.over:
        return Look(state="over", turn=None, outcome=show_outcome(table.outcome) if table.outcome else None)
    chair = table.chairs[seat]
    turn = next((turn for turn in table.turns if turn.seat == seat), None)
    if turn is None or chair.pending is not None or chair.left or turn.number <= after:
        return Look(state="waiting", turn=None, outcome=None)
    return Look(state="your_turn", turn=_show_seat(table, chair, turn), outcome=None)


def show_position(table: Table) -> Position:
    """Returns where a table stands, for who plays every seat.

    Raises:
        Refusal: The environment failed.
    """
    if table.status == "failed" or table.episode is None:
        raise faulty()
    spot = table.episode.spot
    return Position(
        turn=spot.turn,
        digest=spot.digest.hex(),
        payments=dict(spot.payments),
        turns=[_show_seat(table, table.chairs[turn.seat], turn) for turn in table.turns],
        outcome=show_outcome(table.outcome) if table.over else None,
    )


def show_observation(table: Table, seat: str, number: int | None) -> Array:
    """Returns what PettingZoo shows a seat in the turn that it must act in.

    Raises:
        Refusal: It does not act in that turn.
    """
    return show_array(_find_turn(table, seat, number).view.observation)


def read_words(table: Table, seat: str, body: ReadBody) -> ReadValue:
    """Returns the value of the menu that words in the game's own notation mean.

    Raises:
        Refusal: The seat does not act in that turn.
    """
    turn = _find_turn(table, seat, body.turn)
    assert table.episode is not None
    try:
        value = table.episode.read(turn, body.answer)
    except UniverseError as error:
        raise Refusal(409, "env_fault", "The environment could not read the answer.") from error
    return ReadValue(value=value)


def show_made(order: Order, table: Table, *, with_position: bool) -> MadeTable:
    """Returns a table that was just made, to who made it; its tokens are shown this once."""
    episode = order.episode
    return MadeTable(
        table=show_state(table),
        owner_token=order.owner_token,
        tokens=list(order.tokens),
        seed=order.draft.seed,
        options=dict(order.draft.options),
        fallback=episode.rule,
        arguments=episode.arguments,
        max_turns=episode.max_turns,
        position=show_position(table) if with_position else None,
    )


def _find_turn(table: Table, seat: str, number: int | None) -> "Turn":
    turn = next((turn for turn in table.turns if turn.seat == seat), None)
    if turn is None or (number is not None and turn.number != number) or table.chairs[seat].left:
        raise stale(f"{seat} does not act in this turn.")
    return turn


def _show_seat(table: Table, chair: Chair, turn: "Turn") -> SeatTurn:
    shown = table.shown.get(chair.seat)
    if shown is None:
        try:
            shown = table.shown[chair.seat] = show_turn(turn)
        except UniverseError as error:
            table.fail(error)
            raise faulty() from error
    left = max(0.0, chair.deadline - table.clock())
    return shown.model_copy(update={"attempts_left": max(0, chair.attempts_left), "seconds_left": round(left, 3)})
