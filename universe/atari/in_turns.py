"""Atari games in which one seat decides at a time, as PettingZoo's sequential environment."""

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from pettingzoo import AECEnv  # pyright: ignore[reportMissingTypeStubs]

from universe.atari.remote import open_session
from universe.atari.setup import read_options, read_setup
from universe.atari.window import RAM, Window, draw_seed

Seen = dict[str, NDArray[np.uint8] | NDArray[np.int8]]
"""`observation`, the console's RAM, and `action_mask`."""


THREADS_MAY_MEET = True
"""Emulators run in processes of their own, and what is kept here belongs to one environment."""


class InTurnsEnv(Window, AECEnv[str, Seen, int]):
    """Plays on by itself until a seat must decide, then carries out its decision."""

    def __init__(self, *, render_mode: str | None = None, isolated: bool = True, **arguments: Any) -> None:
        """Starts the emulator; `read_setup` says what the arguments are."""
        super().__init__()
        cartridge, rules = read_setup({**arguments, "in_turns": True})
        self.session = open_session(cartridge, rules, isolated=isolated)
        self.metadata = {
            "name": cartridge.game,
            "render_modes": ["rgb_array"],
            "render_fps": 60 / rules.frames,
            "is_parallelizable": False,
        }
        self.render_mode = render_mode
        self.possible_agents = list(self.session.seats)
        self.agents: list[str] = []
        n = self.session.n_actions
        mask = spaces.Box(low=0, high=1, shape=(n,), dtype=np.int8)
        self.action_spaces = {seat: spaces.Discrete(n) for seat in self.possible_agents}
        self.observation_spaces = {
            seat: spaces.Dict({"observation": RAM, "action_mask": mask}) for seat in self.possible_agents
        }

    def observe(self, agent: str) -> Seen:
        """Returns the RAM and the mask of what is legal now; all zero for a seat whose turn it is not."""
        mask = np.zeros(self.session.n_actions, dtype=np.int8)
        mask[list(self._state.legal.get(self.possible_agents.index(agent), ()))] = 1
        return {"observation": self._state.ram, "action_mask": mask}

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Begins an episode; without a seed with one by chance."""
        self._shot = None
        self._state = self.session.reset(draw_seed() if seed is None else seed, read_options(options))
        self.agents = list(self.possible_agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, dict[str, Any]] = {seat: {} for seat in self.agents}
        self._select()

    def step(self, action: int | None) -> None:
        """Carries out the decision of the seat whose turn it is."""
        seat = self.agent_selection
        if self.terminations[seat] or self.truncations[seat]:
            self._was_dead_step(action)  # pyright: ignore[reportArgumentType] # `None`, as PettingZoo demands
            return
        assert action is not None
        self._cumulative_rewards[seat] = 0.0
        self._shot = None
        self._state = state = self.session.act({self.possible_agents.index(seat): int(action)})
        self.rewards = {name: state.paid[self.possible_agents.index(name)] for name in self.agents}
        self._accumulate_rewards()
        self.terminations = {name: not state.acting for name in self.agents}
        self._select()

    def _select(self) -> None:
        acting = self._state.acting
        self.agent_selection = self.possible_agents[acting[0]] if acting else self.agents[0]


def env(**arguments: Any) -> InTurnsEnv:
    """Returns a game in turns."""
    return InTurnsEnv(**arguments)
