"""Turns that were told over the wire: the same `Turn` as locally, with words that are there already."""

from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue

from universe.errors import StaleTurn, UniverseError
from universe.service.wire import SeatTurn
from universe.streams import Stream
from universe.text_env import Turn
from universe.view import Facts, Move, View


class RemoteView(View):
    """A seat's view of a game that runs elsewhere: its observation is fetched at the first look; no glimpse."""

    def __init__(
        self,
        told: SeatTurn,
        *,
        seats: tuple[str, ...],
        role: str,
        kwargs: Mapping[str, JsonValue],
        moves: Sequence[Move],
        observe: Callable[[], object],
    ) -> None:
        """Leaves the observation out; the slot is filled when it is read.

        Args:
            told: What the seat was told.
            seats: Every seat of the variant.
            role: Of the seat.
            kwargs: Every keyword of the variant.
            moves: Those that the seat may know.
            observe: Fetches the observation.
        """
        self.seat = told.seat
        self.seats = seats
        self.role = role
        self.turn = told.turn
        self.index = told.index
        self.legal = tuple(option.action for option in told.options)
        self.kwargs = kwargs
        self.reward = told.reward
        self.moves = moves
        self.look = self._refuse
        self.over = False
        self._glimpse = None
        self._looked = False
        self._observe = observe

    def __getattr__(self, name: str) -> object:
        """Returns the observation, which is fetched now; is asked only where a slot is empty."""
        if name != "observation":
            raise AttributeError(f"A view has no {name!r}.")
        if self.over:
            raise StaleTurn(f"The observation of {self.seat!r} in turn {self.turn} was read after it had been played.")
        self.observation = self._observe()
        return self.observation

    def _refuse(self) -> object:
        raise UniverseError(
            f"{self.seat!r} plays in a universe elsewhere, where nobody looks into the engine: only the text, the "
            "observation, the keywords and the moves of a turn are there."
        )


class WireWords:
    """A renderer for one turn, which says what the service's renderer has said."""

    def __init__(self, told: SeatTurn, read: Callable[[str], str | None]) -> None:
        self.fields = tuple(told.fields)
        self._told = told
        self._names = {option.action: tuple(option.values) for option in told.options}
        self._read = read

    def glimpse(self, engine: object, seat: str) -> object:
        """Is never asked: there is no engine."""
        raise UniverseError("There is no engine here.")

    def brief(self, view: View) -> str:
        """Returns what stays true for the seat."""
        return self._told.brief

    def text(self, view: View) -> str:
        """Returns the position as the seat may know it."""
        return self._told.text

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the name of a legal action, one value per field."""
        return self._names[action]

    def situation(self, view: View) -> str:
        """Returns the canonical sentence."""
        return self._told.situation

    def facts(self, view: View) -> Facts:
        """Returns the facts of the state and of every legal action."""
        facts = self._told.facts
        return Facts(tuple(facts.state), {int(action): tuple(keys) for action, keys in facts.actions.items()})

    def read(self, answer: str, view: View) -> str | None:
        """Returns the value that words in the game's own notation mean; the service is asked."""
        return self._read(answer)


def make_turn(told: SeatTurn, view: View, *, read: Callable[[str], str | None], stream: Stream) -> Turn:
    """Returns a turn as it was told; its menu is ordered by `stream` as a local one is."""
    return Turn(view, WireWords(told, read), stream)
