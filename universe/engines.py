"""PettingZoo's two kinds of environment behind one small contract.

An engine belongs to one thread, but what it keeps in its module belongs to all: chess fills a table of moves as it
meets them, go sets its size. Engines of one module therefore never run at the same moment, unless the module says that
threads may meet in it.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

Observation = Any  # an array or a mapping of arrays: PettingZoo leaves it to the environment

Options = Mapping[str, JsonValue]
"""What a reset is given beside the seed, as PettingZoo's `options`."""


class Engine(Protocol):
    """A PettingZoo environment that is stepped a turn at a time: by one seat, or by all that are alive."""

    seats: tuple[str, ...]
    """Every seat that can take part."""

    @property
    def core(self) -> object:
        """The unwrapped environment, for renderers' `glimpse`."""
        ...

    def reset(self, seed: int, options: Options) -> None:
        """Begins an episode."""
        ...

    def acting(self) -> Sequence[str]:
        """Returns the seats that must act now; empty exactly when the episode is over."""
        ...

    def observe(self, seat: str) -> Observation:
        """Returns what PettingZoo shows an acting seat; asked once per turn and seat."""
        ...

    def legal(self, seat: str, observation: Observation) -> tuple[int, ...]:
        """Returns the legal actions of an acting seat in ascending order."""
        ...

    def step(self, actions: Mapping[str, int]) -> Mapping[str, float]:
        """Plays a legal action for each acting seat and returns what every seat earned by it."""
        ...

    def ends(self) -> Mapping[str, str]:
        """Returns the seats that have ended, each `terminated` or `truncated`."""
        ...

    def picture(self) -> NDArray[np.uint8] | None:
        """Returns what PettingZoo draws of the position; `None` where it draws nothing."""
        ...

    def close(self) -> None:
        """Frees the environment."""
        ...


_locks: dict[str, threading.Lock] = {}


def find_lock(module: str) -> threading.Lock:
    """Returns the lock that the engines of a module hold while they run; the GIL lets them gain little without."""
    return _locks.setdefault(module, threading.Lock())


def _find_mask(observation: Observation) -> object:
    """Returns the mask of legal actions that an observation holds, or `None`."""
    if isinstance(observation, np.ndarray) or not isinstance(observation, Mapping):
        return None
    return cast("Mapping[str, object]", observation).get("action_mask")


def _list_legal(mask: Any) -> tuple[int, ...]:
    return tuple(np.flatnonzero(mask).tolist())


def _peel(env: Any) -> Any:
    """Returns `env` without PettingZoo's own guards against bad input: the menu is checked before the engine sees it.

    The guards cost more than most games' steps. Any other wrapper changes the game and stays.
    """
    from pettingzoo.utils import wrappers  # pyright: ignore[reportMissingTypeStubs]

    guards = (wrappers.OrderEnforcingWrapper, wrappers.AssertOutOfBoundsWrapper, wrappers.TerminateIllegalWrapper)
    while type(env) in guards:
        env = env.env
    return env


def _peel_parallel(env: Any) -> Any:
    """Returns a parallel `env` without the guards of the sequential environment that it may be made from."""
    from pettingzoo.utils.conversions import aec_to_parallel_wrapper  # pyright: ignore[reportMissingTypeStubs]

    if type(cast("object", env)) is aec_to_parallel_wrapper:
        env.aec_env = _peel(env.aec_env)
    return env


class SequentialEngine:
    """An AEC environment: one seat at a time. The null step of ended seats is made here."""

    def __init__(
        self, make: Callable[..., Any], arguments: Mapping[str, object], lock: AbstractContextManager[object]
    ) -> None:
        self._lock = lock
        self._env = _peel(make(**arguments))
        self.seats: tuple[str, ...] = tuple(self._env.possible_agents)
        self._all: dict[str, tuple[int, ...]] = {}

    @property
    def core(self) -> object:
        """The unwrapped environment."""
        return self._env.unwrapped

    def reset(self, seed: int, options: Options) -> None:
        """Begins an episode."""
        self._ends: dict[str, str] = {}
        with self._lock:
            self._env.reset(seed=seed, options=dict(options) or None)
            self._skip_ended()

    def acting(self) -> Sequence[str]:
        """Returns the seat whose turn it is."""
        return (self._env.agent_selection,) if self._env.agents else ()

    def observe(self, seat: str) -> Observation:
        """Returns what PettingZoo shows the seat."""
        with self._lock:
            return self._env.observe(seat)

    def legal(self, seat: str, observation: Observation) -> tuple[int, ...]:
        """Returns the legal actions; the mask of a seat that is not acting is never used."""
        mask = _find_mask(observation)
        if mask is None:
            mask = self._env.infos[seat].get("action_mask")
        if mask is not None:
            return _list_legal(mask)
        if seat not in self._all:
            self._all[seat] = tuple(range(int(self._env.action_space(seat).n)))
        return self._all[seat]

    def step(self, actions: Mapping[str, int]) -> Mapping[str, float]:
        """Plays the acting seat's action."""
        env = self._env
        [(seat, action)] = actions.items()
        before = dict(env._cumulative_rewards)
        before[seat] = 0.0  # PettingZoo hands the actor its rewards, and clears them, when it acts
        with self._lock:
            env.step(action)
            earned = {
                other: float(total) - float(before.get(other, 0.0)) for other, total in env._cumulative_rewards.items()
            }
            self._skip_ended()
        return earned

    def ends(self) -> Mapping[str, str]:
        """Returns the seats that have ended."""
        return self._ends

    def picture(self) -> NDArray[np.uint8] | None:
        """Returns what PettingZoo draws of the position; `None` where it draws nothing."""
        with self._lock:
            return self._env.render()

    def close(self) -> None:
        """Frees the environment."""
        with self._lock:
            self._env.close()

    def _skip_ended(self) -> None:
        env = self._env
        while env.agents:
            seat = env.agent_selection
            if env.terminations[seat]:
                self._ends[seat] = "terminated"
            elif env.truncations[seat]:
                self._ends[seat] = "truncated"
            else:
                return
            env.step(None)


class SimultaneousEngine:
    """A parallel environment: every seat that is alive acts in every turn."""

    def __init__(
        self, make: Callable[..., Any], arguments: Mapping[str, object], lock: AbstractContextManager[object]
    ) -> None:
        self._lock = lock
        self._env = _peel_parallel(make(**arguments))
        self.seats: tuple[str, ...] = tuple(self._env.possible_agents)
        self._observations: dict[str, Observation] = {}
        self._all = {seat: tuple(range(int(self._env.action_space(seat).n))) for seat in self.seats}

    @property
    def core(self) -> object:
        """The unwrapped environment."""
        return self._env.unwrapped

    def reset(self, seed: int, options: Options) -> None:
        """Begins an episode."""
        self._ends: dict[str, str] = {}
        with self._lock:
            self._observations = self._env.reset(seed=seed, options=dict(options) or None)[0]

    def acting(self) -> Sequence[str]:
        """Returns every seat that is alive."""
        return tuple(self._env.agents)

    def observe(self, seat: str) -> Observation:
        """Returns what PettingZoo showed the seat."""
        return self._observations[seat]

    def legal(self, seat: str, observation: Observation) -> tuple[int, ...]:
        """Returns the legal actions."""
        mask = _find_mask(observation)
        return self._all[seat] if mask is None else _list_legal(mask)

    def step(self, actions: Mapping[str, int]) -> Mapping[str, float]:
        """Plays everyone's action at once."""
        with self._lock:
            self._observations, rewards, terminations, truncations, _ = self._env.step(dict(actions))
        for seat in actions:
            if terminations.get(seat):
                self._ends[seat] = "terminated"
            elif truncations.get(seat):
                self._ends[seat] = "truncated"
        return {seat: float(reward) for seat, reward in rewards.items()}

    def ends(self) -> Mapping[str, str]:
        """Returns the seats that have ended."""
        return self._ends

    def picture(self) -> NDArray[np.uint8] | None:
        """Returns what PettingZoo draws of the position; `None` where it draws nothing."""
        with self._lock:
            return self._env.render()

    def close(self) -> None:
        """Frees the environment."""
        with self._lock:
            self._env.close()
