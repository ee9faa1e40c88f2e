"""A Gymnasium environment: one seat of a game that a service runs, its turns as text."""

from collections.abc import Mapping
from typing import Any

import gymnasium
from gymnasium import spaces
from pydantic import JsonValue

from universe.client.link import Refusal
from universe.client.remote import RemoteUniverse
from universe.client.spaces import LETTERS, LONGEST_TEXT, describe_turn, find_spaces
from universe.client.tables import OwnTable, SeatLink, check_sound, make_table
from universe.errors import BadSeat, IllegalAction, UniverseError
from universe.service.wire import End, Look, SeatTurn

WAIT = 20
"""Seconds for which a turn is waited for in one request."""
_LARGEST_SEED = 2**31 - 1


class RemoteSeat(gymnasium.Env[str, Any]):
    """One seat, told in text; the other seats are played by whom the service seats there.

    An observation is the text of a turn; `info` holds the mask of legal actions (`action_mask`), their names (`names`),
    what stays true (`brief`) and the canonical sentence (`situation`). A reward is what the seat was paid since it
    acted before. An action that is not legal counts as an attempt: the turn is told again with `illegal` in `info`, and
    after the last attempt the seat's rule decides, as for everybody.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  (as Gymnasium declares it)

    def __init__(
        self,
        universe: RemoteUniverse,
        env: str,
        *,
        seat: str | None = None,
        others: str = "random",
        kwargs: Mapping[str, JsonValue] | None = None,
        max_turns: int | None = None,
        decision_seconds: float | None = None,
    ) -> None:
        """Looks at what the seat can see and do.

        Args:
            universe: It belongs to the caller.
            env: The name of the environment.
            seat: Which to play; `None` is the first.
            others: Who plays the others: `random`, a player of the service's house, or `open` for whoever comes.
            kwargs: Keywords that the card accepts.
            max_turns: Turns of the episode after which it is truncated.
            decision_seconds: That a seat has to act; `None` is the service's own limit.

        Raises:
            BadSeat: The variant has no such seat.
            UniverseError: It cannot be played there.
        """
        self._universe = universe
        self._card = universe.find(env)
        self._kwargs = self._card.variant(kwargs or {})
        found = find_spaces(universe, self._card, self._kwargs)
        self._seat = seat or next(iter(found))
        if self._seat not in found:
            raise BadSeat(f"{self._card.env_id} has no seat {seat!r}; its seats are {', '.join(found)}.")
        self._others = others
        self._max_turns = max_turns
        self._decision_seconds = decision_seconds
        self._n_actions = found[self._seat].n_actions
        self.observation_space = spaces.Text(LONGEST_TEXT, charset=LETTERS)
        self.action_space = spaces.Discrete(self._n_actions)
        self._table: OwnTable | None = None
        self._turn: SeatTurn | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        """Makes a table and returns the seat's first turn; an episode without one is played again with another seed.

        Args:
            seed: Of the environment and of the seeds of the episodes after it.
            options: Are not used.
        """
        super().reset(seed=seed)
        drawn = int(self.np_random.integers(_LARGEST_SEED))
        while True:
            self._give_back()
            self._earned = self._paid = 0.0
            self._last = ""
            ends = self._begin(drawn)
            if ends is None:
                assert self._turn is not None
                self._paid = 0.0
                return self._last, describe_turn(self._turn, self._n_actions)
            drawn = (drawn + 1) % _LARGEST_SEED

    def step(self, action: int) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Acts and waits for the seat's next turn, or the end.

        Raises:
            UniverseError: The episode is over, or was never begun.
            ServiceAway: The service does not answer; the same step can be made again.
        """
        turn = self._turn
        if turn is None:
            raise UniverseError("No episode is under way: call `reset` to begin one.")
        problem: str | None = None
        try:
            self._link.act(turn.turn, int(action))
        except IllegalAction as error:
            problem = str(error)
            if isinstance(error.__cause__, Refusal) and error.__cause__.attempts_left:
                return self._last, 0.0, False, False, describe_turn(turn, self._n_actions) | {"illegal": problem}
        ends = self._wait(after=turn.turn)
        reward, self._paid = self._earned - self._paid, self._earned
        info: dict[str, Any] = (
            {"text": self._last} if self._turn is None else describe_turn(self._turn, self._n_actions)
        )
        if problem is not None:
            info["illegal"] = problem
        natural = ends is not None and all(end.reason == "natural" for end in ends)
        if ends is not None:
            info["outcome"] = {end.seat: end.model_dump() for end in ends}
        return self._last, reward, natural, ends is not None and not natural, info

    def close(self) -> None:
        """Gives the table back to the service."""
        self._give_back()

    def _begin(self, seed: int) -> list[End] | None:
        made = make_table(
            self._universe.link,
            self._card.env_id,
            kwargs=self._kwargs,
            seats={"*": self._others, self._seat: "mine"},
            seed=seed,
            max_turns=self._max_turns,
            decision_seconds=self._decision_seconds,
        )
        self._table = OwnTable(self._universe.link, made)
        self._link: SeatLink = self._table.seat(self._seat)
        return self._wait(after=-1)

    def _wait(self, *, after: int) -> list[End] | None:
        """Waits for a turn later than `after`; returns how it ended where there is none."""
        look = Look(state="waiting", turn=None, outcome=None)
        while look.state == "waiting":
            look = self._link.look(wait=WAIT, after=after)
        self._turn = look.turn
        if look.turn is not None:
            self._earned += look.turn.reward
            self._last = look.turn.text
            return None
        ends = look.outcome or []
        check_sound(self._card.env_id, ends)
        self._earned = sum(end.total for end in ends if end.seat == self._seat)
        return ends

    def _give_back(self) -> None:
        if self._table is not None and self._turn is not None:
            self._table.release()
        self._table, self._turn = None, None
