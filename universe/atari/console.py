"""The emulator of one game: reset, frames, screens; it contains PettingZoo's Atari environment."""

import importlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from universe.atari.roms import check_roms, find_rom, find_roms
from universe.atari.shot import APART, Look, Ram, Screen, Shot

LONGEST_DECISION = 1800
"""Frames (half a minute of play) after which a decision ends in any case."""

NOOP = 0

Plan = Sequence[int] | Iterator[int]
"""The emulator's action for one frame after the other; an iterator may look at the console in between."""

_SEEDS = 2**31 - 1
"""Seeds of the emulator: it takes 0 to mean the time of day."""

_LOOKS = frozenset((0, 1, APART, APART + 1))
"""Frames before the end of a decision that its shot shows: two moments of two frames each."""


@dataclass(frozen=True, slots=True)
class Cartridge:
    """What is played: one of PettingZoo's multiplayer games, or any cartridge for one player."""

    game: str
    """The name of PettingZoo's module (`pong_v3`), or that of a cartridge where `solo`."""
    solo: bool
    arguments: Mapping[str, object]
    """Keywords of PettingZoo's constructor."""
    seeded: bool = True
    """Whether the emulator's seed changes anything in this game."""

    def insert(self) -> Any:
        """Returns PettingZoo's environment, a `ParallelAtariEnv`.

        Raises:
            EnvFault: The cartridge is missing or damaged.
        """
        base = importlib.import_module("pettingzoo.atari.base_atari_env")
        common = {"obs_type": "ram", "full_action_space": True, "auto_rom_install_path": str(find_roms())}
        check_roms()
        if self.solo:
            find_rom(self.game)
            return base.ParallelAtariEnv(game=self.game, num_players=1, **common, **self.arguments)
        name = self.game.rsplit("_v", 1)[0]
        module = importlib.import_module(f"pettingzoo.atari.{name}.{name}")
        return module.parallel_env(**common, **self.arguments).unwrapped


@dataclass(frozen=True, slots=True)
class Saved:
    """A moment of a console."""

    state: NDArray[np.uint8]
    """The emulator's own, about 8 KB."""
    frame: int
    over: bool
    lives: list[int]
    rewards: NDArray[np.float64]
    looks: tuple[tuple[int, Look], ...]
    """The last frames that were looked at, by number."""


class Console:
    """A running game; every frame is one of the emulator's sixtieths of a second."""

    def __init__(self, cartridge: Cartridge) -> None:
        """Starts the emulator."""
        self._env = cartridge.insert()
        self._seeded = cartridge.seeded
        self._begun: tuple[int, Saved] | None = None
        self._ale = self._env.ale
        self.seats: tuple[str, ...] = tuple(self._env.possible_agents)
        width, height = self._ale.getScreenDims()
        self._shape = (int(height), int(width))
        self._buttons = _Buttons(self._ale, len(self.seats))

    def begin(self, seed: int) -> None:
        """Starts the game anew, exactly as a new emulator with this seed would; a seed is any whole number from 0."""
        seed = 1 + seed % _SEEDS if self._seeded else 1
        if self._begun is not None and self._begun[0] == seed:
            self.load(self._begun[1])  # what a reset would come to, without reading the cartridge again
            return
        self._env.reset(seed=seed)
        self.frame = 0
        self.over: bool = False
        self._looks: deque[tuple[int, Look]] = deque(maxlen=APART + 1)
        self.rewards = np.zeros(len(self.seats))
        self.lives = self._buttons.read_lives()
        self._keep()
        self._begun = (seed, self.save())

    @property
    def ram(self) -> Ram:
        """The RAM of this moment."""
        return self.look.ram

    @property
    def screen(self) -> Screen:
        """The last frame."""
        return self.look.screen

    @property
    def look(self) -> Look:
        """The last frame and the one before it, where that was looked at."""
        if self._looks[-1][0] != self.frame:
            self._keep()
        return self._looks[-1][1]

    @property
    def looks(self) -> list[Look]:
        """The last frames that were looked at, the newest at the end: all of them while an iterator is played."""
        return [look for _, look in self._looks]

    @property
    def ended(self) -> list[bool]:
        """Whether each seat is out; all of them when the game is over."""
        return [self.over or life < 0 for life in self.lives]

    def press(self, sticks: Sequence[int], *, looking: bool = True) -> None:
        """Plays one frame with an action of the emulator for each seat; without `looking` its picture is not kept."""
        self.rewards += self._buttons.press(sticks)
        self.frame += 1
        self.over = bool(self._ale.game_over())
        self.lives = self._buttons.read_lives()
        if looking:
            self._keep()

    def stop(self) -> None:
        """Ends a game that the cartridge would go on waiting in for ever."""
        self.over = True

    def press_only(self, sticks: Sequence[int]) -> None:
        """Plays one frame and looks at nothing: what the bare emulator does, for comparisons."""
        self._ale.act(np.asarray(sticks, dtype=np.intc))

    def play(self, plans: Mapping[int, Plan]) -> None:
        """Plays frames until every seat's plan has ended, or a seat is out; who has no plan holds still.

        Where the end is known beforehand, only the frames that a shot shows are looked at.
        """
        before = self.ended
        length = max((len(plan) for plan in plans.values() if isinstance(plan, Sequence)), default=0)
        known = length > APART + 2 and all(isinstance(plan, Sequence) for plan in plans.values())
        looks = _LOOKS if known else range(-LONGEST_DECISION, LONGEST_DECISION)
        steps = {seat: iter(plan) for seat, plan in plans.items()}
        sticks = [NOOP] * len(self.seats)
        for frame in range(LONGEST_DECISION):
            moves = {seat: next(plan, None) for seat, plan in steps.items()}
            if all(move is None for move in moves.values()):
                return
            for seat, move in moves.items():
                sticks[seat] = NOOP if move is None else move
            self.press(sticks, looking=length - 1 - frame in looks)
            if self.ended != before:
                return

    def wait(self, frames: int) -> None:
        """Plays frames in which nobody does anything."""
        self.play({0: [NOOP] * frames} if frames else {})

    def shoot(self, scores: Mapping[str, float]) -> Shot:
        """Returns what is to be seen now and was shortly before."""
        now = self.look
        return Shot(
            now=now,
            earlier=next((look for frame, look in self._looks if frame == self.frame - APART), None),
            apart=APART,
            frame=self.frame,
            scores=dict(scores),
            lives=dict(zip(self.seats, (int(life) for life in self.lives), strict=False)),
        )

    def picture(self) -> NDArray[np.uint8]:
        """Returns the last frame in red, green and blue, height x width x 3."""
        return cast("NDArray[np.uint8]", self._ale.getScreenRGB())

    def save(self) -> "Saved":
        """Returns everything about this moment; exact in any console of the same cartridge."""
        state = cast("NDArray[np.uint8]", self._env.clone_full_state())
        _ = self.look
        return Saved(state, self.frame, self.over, self.lives, self.rewards.copy(), tuple(self._looks))

    def load(self, saved: "Saved") -> None:
        """Goes back to a saved moment.

        What the emulator says of its RAM and screen is of before until the next frame, so these are kept with it.
        """
        self._env.restore_full_state(saved.state)
        self.frame, self.over, self.lives = saved.frame, saved.over, saved.lives
        self.rewards = saved.rewards.copy()
        self._looks = deque(saved.looks, maxlen=APART + 1)

    def fork(self, plans: Mapping[int, Plan]) -> Look:
        """Returns what would be seen after some plans; everything is as before afterwards."""
        saved = self.save()
        self.play(plans)
        look = self.look
        self.load(saved)
        return look

    def _keep(self) -> None:
        screen = self._read_screen()
        last = self._looks[-1] if self._looks else None
        before = last[1].screen if last and last[0] == self.frame - 1 else screen
        self._looks.append((self.frame, Look(before, screen, cast("Ram", self._ale.getRAM()))))

    def _read_screen(self) -> Screen:
        return cast("Screen", self._ale.getScreen()).reshape(self._shape)


class _Buttons:
    """The emulator's own calls of every frame, on arrays that are made once: the interface makes new ones each time."""

    def __init__(self, ale: Any, n_seats: int) -> None:
        from multi_agent_ale_py.ale_python_interface import ale_lib  # pyright: ignore[reportMissingTypeStubs]

        self._library = cast("Any", ale_lib)
        self._emulator = ale.obj
        self._sticks, self._paid = np.zeros(n_seats, dtype=np.intc), np.zeros(n_seats, dtype=np.intc)
        self._lives = np.zeros_like(ale.allLives())
        self._at = [np.ctypeslib.as_ctypes(array) for array in (self._sticks, self._paid, self._lives)]

    def press(self, sticks: Sequence[int]) -> NDArray[np.intc]:
        """Plays a frame and returns what it pays; the array is used again by the next call."""
        self._sticks[:] = sticks
        self._paid[:] = 0
        self._library.actMulti(self._emulator, self._at[0], self._at[1])
        return self._paid

    def read_lives(self) -> list[int]:
        """Returns the lives of each seat."""
        self._library.lives(self._emulator, self._at[2])
        return cast("list[int]", self._lives.tolist())
