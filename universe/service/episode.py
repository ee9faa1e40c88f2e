"""The environment of a table: where it stands, how it moves, and how it is rebuilt from what was kept."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import JsonValue

from universe.card import EnvCard
from universe.errors import BadKwargs, EnvFault, UniverseError
from universe.making import load_renderer
from universe.service.contracts import Play, Spot, TableRecord
from universe.streams import Stream
from universe.text_env import Reason, SeatEnd, TextEnv, Turn

SHOWN_MOVES = 50
"""Moves of a table that everybody sees, at most."""


class Drift(UniverseError):
    """A rebuilt environment differs from what was kept of it."""


class Episode:
    """One episode of one environment; used from one thread."""

    def __init__(
        self,
        card: EnvCard,
        kwargs: Mapping[str, JsonValue],
        *,
        seed: int,
        options: Mapping[str, JsonValue] | None = None,
        max_turns: int | None = None,
    ) -> None:
        """Makes the environment and begins the episode.

        Args:
            card: What to play.
            kwargs: Keywords that the card accepts.
            seed: Of the environment; its menus are drawn from it as well.
            options: What the engine's reset is given; drawn from the seed where the card draws something.
            max_turns: Turns after which it ends as capped.

        Raises:
            UniverseError: It could not be made.
        """
        self.moves: deque[tuple[int, str, str]] = deque(maxlen=SHOWN_MOVES)
        """The last ones, by turn, seat and name; none where moves or their order tell what is hidden."""
        self._moves_are_open = card.moves_public and card.hidden is None
        self._renderer = load_renderer(card)
        self._env: TextEnv | None = TextEnv(card, kwargs, max_turns=max_turns, renderer=self._renderer)
        self.rule: Literal["forfeit", "random"] = self.env.fallback
        """What happens to a seat without an answer."""
        self.arguments, self.max_turns = self.env.arguments, self.env.max_turns
        try:
            self.options = self.env.draw_options(Stream.of(seed, "warm-up")) if options is None else dict(options)
            self._check_options()
            self.env.reset(seed, options=self.options)
            self.spot = self._find_spot()
        except Exception:
            self.env.close()
            raise

    @property
    def env(self) -> TextEnv:
        """The environment, which it has until it is closed."""
        if self._env is None:
            raise UniverseError("The episode was closed.")
        return self._env

    @property
    def turns(self) -> Sequence[Turn]:
        """The turns of the seats that must act now; empty when it is over."""
        return () if self._env is None else self._env.turns()

    def play(self, actions: Mapping[str, int]) -> None:
        """Plays an action for each seat that must act.

        Raises:
            EnvFault: The environment failed.
        """
        named = [(turn.seat, turn.name(actions[turn.seat])) for turn in self.turns if self._moves_are_open]
        self.env.play(actions)
        self.moves.extend((self.spot.turn, seat, name) for seat, name in named)
        self.spot = self._find_spot()

    def forfeit(self, seat: str) -> None:
        """Ends it: a seat gives up."""
        self.env.forfeit(seat)
        self.spot = self._find_spot()

    def stop(self, reason: Reason) -> None:
        """Ends it from outside."""
        self.env.stop(reason)
        self.spot = self._find_spot()

    def outcome(self) -> dict[str, SeatEnd]:
        """Returns how it ended."""
        return self.env.outcome()

    def read(self, turn: Turn, answer: str) -> str | None:
        """Returns the value of the menu that words in the game's notation mean.

        Raises:
            EnvFault: The renderer failed.
        """
        try:
            return self._renderer.read(answer, turn.view)
        except UniverseError:
            raise
        except Exception as error:
            raise EnvFault(f"The renderer could not read an answer: {type(error).__name__}") from error

    def replay(self, record: TableRecord) -> dict[str, Play]:
        """Plays what was kept and returns what each seat played last, its turn with a menu.

        Raises:
            Drift: A position differs from the one that was kept, or an action does not fit.
            EnvFault: The environment failed.
        """
        last = {seat: turn for turn, actions in sorted(record.actions.items()) for seat in actions}
        plays: dict[str, Play] = {}
        self._compare(record)
        while self.turns and self.spot.turn in record.actions:
            number, actions = self.spot.turn, record.actions[self.spot.turn]
            if set(actions) != {turn.seat for turn in self.turns}:
                raise Drift(f"Other seats act in turn {number} than those that are kept.")
            for turn in self.turns:
                if actions[turn.seat] not in turn.view.legal:
                    raise Drift(f"The kept action of {turn.seat} in turn {number} does not fit.")
                if last[turn.seat] == number:
                    turn.menu.describe()
                    plays[turn.seat] = Play(turn=turn, action=actions[turn.seat], source="kept")
            self.play(actions)
            self._compare(record)
        if any(turn >= self.spot.turn for turn in record.actions):
            raise Drift(f"The rebuilt environment ends at turn {self.spot.turn}, before what is kept of it.")
        return plays

    def close(self) -> None:
        """Frees the environment; where it stood and the last moves are still known."""
        env, self._env = self._env, None
        if env is not None:
            env.close()

    def _check_options(self) -> None:
        """Raises `BadKwargs` where a reset would be given what the card does not declare."""
        known = self.env.card.options
        for name, value in self.options.items():
            most = self.env.arguments.get(name)
            if name not in known or type(value) is not int or not isinstance(most, int) or not 0 <= value <= most:
                raise BadKwargs(f"{self.env.card.env_id} is not reset with {name[:64]!r} so.")
        if set(known) != set(self.options):
            raise BadKwargs(f"{self.env.card.env_id} is reset with {', '.join(known)}.")

    def _find_spot(self) -> Spot:
        payments = self.env.payments()
        return Spot(turn=self.env.n_turns, digest=self.env.digest(payments), payments=payments)

    def _compare(self, record: TableRecord) -> None:
        if record.digests.get(self.spot.turn, self.spot.digest) != self.spot.digest:
            raise Drift(f"The rebuilt environment differs from the one that was kept at turn {self.spot.turn}.")
