"""A PettingZoo environment spoken in text: one contract for games in turns and for simultaneous games."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Literal, ParamSpec, TypeVar, overload

from pydantic import JsonValue

from universe.card import EnvCard
from universe.digest import position_digest
from universe.errors import BadSeat, EnvFault, IllegalAction, UniverseError
from universe.making import load_renderer, make_engine
from universe.menu import Menu, join_values
from universe.streams import Stream
from universe.view import Facts, Move, Renderer, View

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

P = ParamSpec("P")
T = TypeVar("T")
Result = Literal["win", "draw", "loss"]
Reason = Literal["natural", "capped", "forfeit", "fault", "repeated", "illegal_loop", "silent"]
"""Why an episode ended; the last three are for those who watch over it from outside."""


class Turn:
    """What one seat sees when it must act; everything but the legal actions is made when it is first read."""

    def __init__(self, view: View, renderer: Renderer, stream: Stream) -> None:
        self.view = view
        self.seat = view.seat
        self.index = view.index
        """How often this seat has acted before."""
        self.number = view.turn
        """The turn of the episode, from 0; simultaneous seats share it."""
        self.reward = view.reward
        """Earned since this seat last acted."""
        self._renderer = renderer
        self._stream = stream

    @property
    def over(self) -> bool:
        """Whether the environment has moved on; what was not read before can no longer be read."""
        return self.view.over

    @cached_property
    def menu(self) -> Menu:
        """The legal actions."""
        # The menu must not hold the turn that holds it: each turn would wait for the collector of garbage.
        view, renderer = self.view, self._renderer
        return Menu(
            view.legal,
            lambda action: _ask(renderer, view, renderer.name, action, view),
            fields=renderer.fields,
            read=lambda answer: _ask(renderer, view, renderer.read, answer, view),
            stream=self._stream,
            seat=view.seat,
            index=view.index,
        )

    def name(self, action: int) -> str:
        """Returns the name of a legal action, without making the menu."""
        return join_values(self._ask(self._renderer.name, action, self.view))

    @cached_property
    def brief(self) -> str:
        """What stays true for this seat over the whole episode."""
        return self._ask(self._renderer.brief, self.view)

    @cached_property
    def text(self) -> str:
        """The position as this seat may know it."""
        return self._ask(self._renderer.text, self.view)

    @cached_property
    def situation(self) -> str:
        """A short canonical sentence, equal for decision points that are the same from the seat's view."""
        return self._ask(self._renderer.situation, self.view)

    @cached_property
    def facts(self) -> Facts:
        """Facts of the state and of every legal action."""
        return self._ask(self._renderer.facts, self.view)

    def prepare(self) -> None:
        """Makes everything of the turn now, in the environment's thread, so that another thread may read it."""
        _ = self.brief, self.text, self.situation, self.facts, self.menu.describe()

    def _ask(self, part: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns what a part of the renderer says."""
        return _ask(self._renderer, self.view, part, *args, **kwargs)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatEnd:
    """How an episode ended for one seat."""

    total: float
    """The undiscounted sum of the engine's rewards."""
    result: Result | None
    reason: Reason

    @property
    def penalty(self) -> float:
        """The price of a forfeit, kept apart from the engine's rewards: -1 for who gave no answer."""
        return -1.0 if self.reason == "forfeit" and self.result == "loss" else 0.0


class TextEnv:
    """Contains a PettingZoo environment; used from one thread, for any number of episodes.

    `turns()` is empty exactly when the episode is over. `play` takes one legal action for each turn.
    """

    def __init__(
        self,
        card: EnvCard,
        kwargs: Mapping[str, JsonValue] | None = None,
        *,
        max_turns: int | None = None,
        renderer: Renderer | None = None,
        pictures: bool = False,
    ) -> None:
        """Makes the environment of a card.

        Args:
            card: What to play.
            kwargs: Keywords that the card accepts.
            max_turns: Turns of the episode after which it ends as capped; the card's own cap holds as well.
            renderer: Replaces the card's renderer.
            pictures: Whether `picture` will be asked for.

        Raises:
            BadKwargs: A keyword is unknown, or the engine allows no second value of it in this process.
            MissingExtra: The environment's package is not installed.
            EnvFault: The environment could not be made.
        """
        self.card = card
        self.variant = card.variant(kwargs or {})
        """The keywords that differ from the card's defaults."""
        self.arguments = card.arguments(kwargs or {})
        caps = [cap for cap in (max_turns, card.max_turns) if cap is not None]
        self.max_turns = min(caps) if caps else None
        self._renderer = renderer or load_renderer(card)
        drawn = {"render_mode": "rgb_array"} if pictures else {}
        self._engine = make_engine(card, {**self.arguments, **drawn})
        self.seats = self._engine.seats
        self.fallback: Literal["forfeit", "random"] = card.find_fallback(len(self.seats))
        """What happens to a seat without a legal answer."""
        self._stream = Stream(b"")
        self._turns: tuple[Turn, ...] = ()
        self._reason: Reason | None = None

    def draw_options(self, stream: Stream) -> dict[str, JsonValue]:
        """Returns what the card says that a reset is given, drawn from a stream where it is drawn."""
        return draw_options(self.card, self.arguments, stream)

    def reset(self, seed: int, *, menus: Stream | None = None, options: Mapping[str, JsonValue] | None = None) -> None:
        """Begins an episode.

        Args:
            seed: Of the environment.
            menus: The stream that orders the menus; by default one of the seed's.
            options: What the engine's reset is given; by default drawn from the seed where the card draws something.
        """
        given = self.draw_options(Stream.of(seed, "warm-up")) if options is None else options
        self._stream = menus or Stream.of(seed, "menu")
        self._retire()
        self.n_turns = 0
        self._reason = None
        self._offender: str | None = None
        self._totals = dict.fromkeys(self.seats, 0.0)
        self._owed = dict.fromkeys(self.seats, 0.0)
        self._unseen = dict.fromkeys(self.seats, 0.0)
        self._indices = dict.fromkeys(self.seats, 0)
        self._moves: list[Move] = []
        self._own: dict[str, list[Move]] = {seat: [] for seat in self.seats}
        try:
            self._engine.reset(seed, given)
            self._arrive()
        except Exception as error:
            raise self._fault(error) from error

    def turns(self) -> Sequence[Turn]:
        """Returns a turn for each seat that must act now; empty when the episode is over."""
        return self._turns

    def play(self, actions: Mapping[str, int]) -> None:
        """Plays one legal action for each of the current turns.

        Raises:
            BadSeat: A seat does not act now, or one that does has no action.
            IllegalAction: An action is not on its seat's menu; nothing was played.
            EnvFault: The environment failed; the episode is over.
            UniverseError: The episode is over, or was never begun.
        """
        self._check_running()
        check_actions(self._turns, actions)
        names = {turn.seat: turn.name(actions[turn.seat]) for turn in self._turns}
        try:
            earned = self._engine.step(actions)
        except Exception as error:
            raise self._fault(error) from error
        for turn in self._turns:
            move = Move(self.n_turns, turn.seat, actions[turn.seat], names[turn.seat])
            self._moves.append(move)
            self._own[turn.seat].append(move)
            self._indices[turn.seat] += 1
            self._unseen[turn.seat] = 0.0
        for seat, reward in earned.items():
            self._totals[seat] += reward
            self._owed[seat] += reward
            self._unseen[seat] += reward
        self._retire()
        self.n_turns += 1
        try:
            self._arrive()
        except Exception as error:
            raise self._fault(error) from error

    def payments(self) -> dict[str, float]:
        """Returns what every seat has earned since the last call (since `reset` at the first)."""
        paid = self._owed
        self._owed = dict.fromkeys(self.seats, 0.0)
        return paid

    def digest(self, payments: Mapping[str, float]) -> bytes:
        """Returns the hash of the current position, reached with `payments`."""
        observations = {turn.seat: turn.view.observation for turn in self._turns}
        ends = dict(self._engine.ends())
        if self._reason not in (None, "natural"):
            ends["*"] = str(self._reason)
        return position_digest(observations, payments, ends)

    def forfeit(self, seat: str) -> None:
        """Ends the episode because `seat` gave no legal answer; the engine does not move."""
        if seat not in self.seats:
            raise BadSeat(f"{self.card.env_id} has no seat {seat!r}; its seats are {', '.join(self.seats)}.")
        self._check_running()
        self._offender = seat
        self._finish("forfeit")

    def stop(self, reason: Reason) -> None:
        """Ends the episode from outside: nobody wins, and the engine does not move."""
        self._check_running()
        self._finish(reason)

    def outcome(self) -> dict[str, SeatEnd]:
        """Returns how the episode ended for every seat.

        Raises:
            UniverseError: It has not ended.
        """
        if self._reason is None:
            raise UniverseError("The episode has not ended: there is no outcome yet.")
        return {
            seat: SeatEnd(total=self._totals[seat], result=self._result(seat), reason=self._reason)
            for seat in self.seats
        }

    def picture(self) -> "NDArray[np.uint8] | None":
        """Returns what PettingZoo draws of the position, height x width x 3; `None` where it draws nothing.

        Raises:
            EnvFault: It could not draw.
        """
        try:
            return self._engine.picture()
        except Exception as error:
            raise EnvFault(f"{self.card.env_id} could not be drawn: {type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Frees the environment."""
        self._retire()
        self._engine.close()

    def _check_running(self) -> None:
        if not self._turns:
            raise UniverseError("No episode is under way: call `reset` to begin one.")

    def _arrive(self) -> None:
        """Makes the turns of the position that the engine is in now."""
        seats = self._engine.acting()
        if not seats:
            self._finish("natural")
        elif self.max_turns is not None and self.n_turns >= self.max_turns:
            self._finish("capped")
        else:
            self._turns = tuple(Turn(self._view(seat), self._renderer, self._stream) for seat in seats)

    def _view(self, seat: str) -> View:
        engine, renderer = self._engine, self._renderer
        observation = engine.observe(seat)
        return View(
            seat=seat,
            seats=self.seats,
            role=self.card.role(seat),
            turn=self.n_turns,
            index=self._indices[seat],
            observation=observation,
            legal=engine.legal(seat, observation),
            kwargs=self.arguments,
            reward=self._unseen[seat],
            moves=self._known_moves(seat),
            look=lambda: renderer.glimpse(engine.core, seat),
        )

    def _known_moves(self, seat: str) -> Sequence[Move]:
        known = self._moves if self.card.moves_public else self._own[seat]
        return PastMoves(known, len(known))

    def _result(self, seat: str) -> Result | None:
        if self._reason == "forfeit" and seat == self._offender:
            return "loss"
        if self._reason != "natural" or self.card.results is None:
            return None
        total = self._totals[seat]
        return "win" if total > 0 else "loss" if total < 0 else "draw"

    def _finish(self, reason: Reason) -> None:
        self._reason = reason
        self._retire()

    def _retire(self) -> None:
        for turn in self._turns:
            turn.view.over = True
        self._turns = ()

    def _fault(self, error: Exception) -> EnvFault:
        self._finish("fault")
        return EnvFault(f"{self.card.env_id} failed: {type(error).__name__}: {error}")


def draw_options(card: EnvCard, arguments: Mapping[str, JsonValue], stream: Stream) -> dict[str, JsonValue]:
    """Returns what a card says that a reset of a variant is given, drawn from a stream where it is drawn."""
    found: dict[str, JsonValue] = {}
    for name, how in card.options.items():
        most = arguments[name]
        assert isinstance(most, int)
        found[name] = stream.integer(name) % (most + 1) if how == "drawn" else most
    return found


def check_actions(turns: Sequence[Turn], actions: Mapping[str, int]) -> None:
    """Raises `BadSeat` or `IllegalAction` unless there is one legal action for each turn."""
    due = [turn.seat for turn in turns]
    if set(actions) != set(due):
        raise BadSeat(f"Expected an action for {', '.join(due) or 'nobody'}, not for {', '.join(actions)}.")
    for turn in turns:
        if actions[turn.seat] not in turn.view.legal:
            raise IllegalAction(f"{actions[turn.seat]!r} is not a legal action of {turn.seat} now.")


class PastMoves(Sequence[Move]):
    """The first `n` moves of a list that only grows: a view that costs nothing."""

    def __init__(self, moves: list[Move], n: int) -> None:
        self._moves, self._n = moves, n

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[Move]:
        return islice(self._moves, self._n)

    @overload
    def __getitem__(self, place: int) -> Move: ...
    @overload
    def __getitem__(self, place: slice) -> list[Move]: ...
    def __getitem__(self, place: int | slice) -> Move | list[Move]:
        return self._moves[: self._n][place] if isinstance(place, slice) else self._moves[range(self._n)[place]]


def _ask(renderer: Renderer, view: View, part: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Returns what a part of a renderer says; its failure is the environment's, not the run's."""
    try:
        return part(*args, **kwargs)
    except UniverseError:
        raise
    except Exception as error:
        kind = type(renderer).__name__
        raise EnvFault(f"{kind} has no words for turn {view.turn} of {view.seat}: {error!r}") from error
