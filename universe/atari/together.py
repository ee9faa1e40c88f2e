"""Atari games in which every seat decides at the same time, as PettingZoo's parallel environment."""

from typing import Any, cast

from gymnasium import spaces
from pettingzoo import AECEnv, ParallelEnv  # pyright: ignore[reportMissingTypeStubs]
from pettingzoo.utils.conversions import parallel_to_aec  # pyright: ignore[reportMissingTypeStubs]

from universe.atari.remote import open_session
from universe.atari.setup import read_options, read_setup
from universe.atari.shot import Ram
from universe.atari.window import RAM, Window, draw_seed

THREADS_MAY_MEET = True
"""Emulators run in processes of their own, and what is kept here belongs to one environment."""


class TogetherEnv(Window, ParallelEnv[str, Ram, int]):
    """Holds everybody's stick for the frames of a decision; an observation is the console's RAM."""

    def __init__(self, *, render_mode: str | None = None, isolated: bool = True, **arguments: Any) -> None:
        """Starts the emulator; `read_setup` says what the arguments are."""
        cartridge, rules = read_setup(arguments)
        self.session = open_session(cartridge, rules, isolated=isolated)
        self.metadata = {"name": cartridge.game, "render_modes": ["rgb_array"], "render_fps": 60 / rules.frames}
        self.render_mode = render_mode
        self.possible_agents = list(self.session.seats)
        self.agents: list[str] = []
        self.action_spaces = {seat: spaces.Discrete(self.session.n_actions) for seat in self.possible_agents}
        self.observation_spaces = dict.fromkeys(self.possible_agents, RAM)

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Ram], dict[str, dict[str, Any]]]:
        """Begins an episode; without a seed with one by chance."""
        self._shot = None
        self._state = self.session.reset(draw_seed() if seed is None else seed, read_options(options))
        self.agents = list(self.possible_agents)
        return dict.fromkeys(self.agents, self._state.ram), {seat: {} for seat in self.agents}

    def step(
        self, actions: dict[str, int]
    ) -> tuple[dict[str, Ram], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Plays one decision of every seat that is alive."""
        seats = self.agents
        numbers = {seat: number for number, seat in enumerate(self.possible_agents)}
        self._shot = None
        self._state = state = self.session.act({numbers[seat]: int(actions[seat]) for seat in seats})
        ends = {seat: state.ended[numbers[seat]] for seat in seats}
        self.agents = [seat for seat in seats if not ends[seat]]
        return (
            dict.fromkeys(seats, self._state.ram),
            {seat: state.paid[numbers[seat]] for seat in seats},
            ends,
            dict.fromkeys(seats, False),
            {seat: {} for seat in seats},
        )


def parallel_env(**arguments: Any) -> TogetherEnv:
    """Returns a game in which all decide at once."""
    return TogetherEnv(**arguments)


def env(**arguments: Any) -> AECEnv[str, Ram, int | None]:
    """Returns the same game one seat at a time, as PettingZoo converts it."""
    return parallel_to_aec(cast("ParallelEnv[str, Ram, int | None]", TogetherEnv(**arguments)))
