"""A PettingZoo environment whose other seats are played at a service."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from gymnasium import spaces
from pettingzoo import AECEnv  # pyright: ignore[reportMissingTypeStubs]
from pydantic import JsonValue

from universe.client.remote import RemoteUniverse
from universe.client.spaces import SeatSpaces, describe_turn, find_spaces
from universe.client.tables import OwnTable, SeatLink, check_sound, make_table
from universe.errors import BadSeat, IllegalAction
from universe.service.wire import End, SeatTurn, TableState

_LARGEST_SEED = 2**31 - 1
WAIT = 2
"""Seconds for which one seat's turn is waited for before the others are looked at again."""


class RemoteSeats(AECEnv[str, object, Any]):
    """Some seats of a game that a service runs, or all; the others are part of the world.

    `agents` are the seats that are played from here. A reward is what a seat was paid since it acted before, told when
    it must act again, or at the end. What a seat sees changes when it must act; before its first turn it is all zeros.
    `infos` hold the words of the turn and the mask of legal actions.
    """

    metadata: dict[str, Any] = {"render_modes": [], "is_parallelizable": False}  # noqa: RUF012  (as PettingZoo has it)

    def __init__(
        self,
        universe: RemoteUniverse,
        env: str,
        *,
        seats: Sequence[str] | None = None,
        others: str = "random",
        kwargs: Mapping[str, JsonValue] | None = None,
        max_turns: int | None = None,
        decision_seconds: float | None = None,
    ) -> None:
        """Looks at what the seats can see and do.

        Args:
            universe: It belongs to the caller.
            env: The name of the environment.
            seats: Those that are played from here; `None` for all.
            others: Who plays the others: `random`, a player of the service's house, or `open` for whoever comes.
            kwargs: Keywords that the card accepts.
            max_turns: Turns of the episode after which it is truncated.
            decision_seconds: That a seat has to act; `None` is the service's own limit.

        Raises:
            BadSeat: The variant has no such seat.
            UniverseError: It cannot be played there.
        """
        super().__init__()
        self._universe = universe
        self._card = universe.find(env)
        self._kwargs = self._card.variant(kwargs or {})
        found = find_spaces(universe, self._card, self._kwargs)
        strange = [seat for seat in seats or () if seat not in found]
        if strange or (seats is not None and not seats):
            raise BadSeat(f"{self._card.env_id} has the seats {', '.join(found)}, not {', '.join(strange) or 'none'}.")
        self.possible_agents = [seat for seat in found if seats is None or seat in seats]
        self.metadata = {**self.metadata, "name": self._card.env_id.split("/")[1]}
        self.render_mode = None
        self._spaces: dict[str, SeatSpaces] = {seat: found[seat] for seat in self.possible_agents}
        self._actions = {seat: spaces.Discrete(found[seat].n_actions) for seat in self.possible_agents}
        self._others = others
        self._max_turns = max_turns
        self._decision_seconds = decision_seconds
        self._table: OwnTable | None = None
        self._over = True
        self.agents: list[str] = []

    def observation_space(self, agent: str) -> "spaces.Space[Any]":
        """Returns what a seat can see."""
        return self._spaces[agent].observation

    def action_space(self, agent: str) -> spaces.Discrete:
        """Returns what a seat can do."""
        return self._actions[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Makes a table and waits for the first turn of one of the seats.

        An episode that ends before one of them had a turn is no episode of theirs: the next seed is played.

        Args:
            seed: Of the environment; `None` lets the service draw one.
            options: Are not used.
        """
        while True:
            self._begin(seed)
            if not self._over:
                return
            seed = None if seed is None else (seed + 1) % _LARGEST_SEED

    def _begin(self, seed: int | None) -> None:
        self.close()
        made = make_table(
            self._universe.link,
            self._card.env_id,
            kwargs=self._kwargs,
            seats={"*": self._others, **dict.fromkeys(self.possible_agents, "mine")},
            seed=seed,
            max_turns=self._max_turns,
            decision_seconds=self._decision_seconds,
        )
        self._table = OwnTable(self._universe.link, made)
        self._links: dict[str, SeatLink] = {seat: self._table.seat(seat) for seat in self.possible_agents}
        self._over = False
        self.agents = list(self.possible_agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, dict[str, Any]] = {seat: {} for seat in self.agents}
        self._skip_agent_selection = None
        self._earned = dict.fromkeys(self.agents, 0.0)
        self._seen: dict[str, object] = {seat: _make_zeros(self.observation_space(seat)) for seat in self.agents}
        self._answered = dict.fromkeys(self.agents, -1)
        self._due: list[SeatTurn] = []
        self.agent_selection = self.agents[0]
        self._advance()
        self._accumulate_rewards()

    def observe(self, agent: str) -> object:
        """Returns what a seat saw when it last had to act."""
        return self._seen[agent]

    def step(self, action: int | None) -> None:
        """Acts for the selected seat and waits for the next turn of one of the seats, or the end.

        Raises:
            IllegalAction: The seat cannot do that now; nothing was sent.
            ServiceAway: The service does not answer; `reset` begins anew.
        """
        agent = self.agent_selection
        if self.terminations[agent] or self.truncations[agent]:
            self._was_dead_step(action)  # pyright: ignore[reportArgumentType]  (PettingZoo's own null step)
            return
        turn = self._due[0]
        if action is None or int(action) not in [option.action for option in turn.options]:
            raise IllegalAction(f"{action!r} is not a legal action of {agent} now: see `action_mask` in its info.")
        self._links[agent].act(turn.turn, int(action))
        self._due.pop(0)
        self._answered[agent] = turn.turn
        self._cumulative_rewards[agent] = 0.0
        self._clear_rewards()
        self._advance()
        self._accumulate_rewards()

    def render(self) -> None:
        """Draws nothing."""

    def close(self) -> None:
        """Gives the table back to the service."""
        if self._table is not None and not self._over:
            self._table.release()
        self._table = None

    def _advance(self) -> None:
        """Selects the next seat that must act; waits until there is one, or it is over."""
        assert self._table is not None
        while not self._due and not self._over:
            state = self._table.state()
            if state.status in ("ended", "failed"):
                self._finish(state)
                return
            self._look(state)
        if self._due:
            self.agent_selection = self._due[0].seat

    def _look(self, state: TableState) -> None:
        """Looks at the turns of the seats that are due, or waits a while where none is."""
        due = [seat.seat for seat in state.seats if seat.due and seat.seat in self.agents]
        for agent in due or self.agents[:1]:
            look = self._links[agent].look(wait=0 if due else WAIT, after=self._answered[agent])
            if look.turn is None:
                continue
            self._due.append(look.turn)
            self._seen[agent] = self._links[agent].observe(look.turn.turn)
            self._earned[agent] += look.turn.reward
            self.rewards[agent] += look.turn.reward
            self.infos[agent] = describe_turn(look.turn, self._spaces[agent].n_actions)

    def _finish(self, state: TableState) -> None:
        self._over = True
        ends: dict[str, End] = {end.seat: end for end in state.outcome or []}
        check_sound(self._card.env_id, state.outcome, failed=state.status == "failed")
        for agent in self.agents:
            self.rewards[agent] += ends[agent].total - self._earned[agent]
            natural = ends[agent].reason == "natural"
            self.terminations[agent], self.truncations[agent] = natural, not natural
            self.infos[agent] = {"outcome": ends[agent].model_dump()}
        self.agent_selection = self.agents[0]


def _make_zeros(space: "spaces.Space[Any]") -> object:
    if isinstance(space, spaces.Dict):
        parts = cast("Mapping[str, spaces.Space[Any]]", space.spaces)
        return {name: _make_zeros(part) for name, part in parts.items()}
    return np.zeros(space.shape or (), dtype=space.dtype)
