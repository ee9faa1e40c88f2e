"""The emulator of one game: reset, frames, screens; it contains PettingZoo's Atari environment."""

import importlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from universe.atari.roms import check_rom, find_roms
from universe.atari.shot import APART, Look, Ram, Screen, Shot

LONGEST_DECISION = 1800
"""Frames (half a minute of play) after which a decision ends in any case."""

NOOP = 0


@dataclass(frozen=True, slots=True)
class Cartridge:
    """What is played: one of PettingZoo's multiplayer games, or any cartridge for one player."""

    game: str
    """The name of PettingZoo's module (`pong_v3`), or that of a cartridge where `solo`."""
    solo: bool
    arguments: Mapping[str, object]
    """Keywords of PettingZoo's constructor."""

    def insert(self) -> Any:
        """Returns PettingZoo's environment, a `ParallelAtariEnv`.

        Raises:
            EnvFault: The cartridge is missing or damaged.
        """
        base = importlib.import_module("pettingzoo.atari.base_atari_env")
        common = {"obs_type": "ram", "full_action_space": True, "auto_rom_install_path": str(find_roms())}
        if self.solo:
            check_rom(self.game)
            return base.ParallelAtariEnv(game=self.game, num_players=1, **common, **self.arguments)
        name = self.game.rsplit("_v", 1)[0]
        module = importlib.import_module(f"pettingzoo.atari.{name}.{name}")
        return module.parallel_env(**common, **self.arguments).unwrapped


class Console:
    """A running game; every frame is one of the emulator's sixtieths of a second."""

    def __init__(self, cartridge: Cartridge) -> None:
        """Starts the emulator."""
        self._env = cartridge.insert()
        self._ale = self._env.ale
        self.seats: tuple[str, ...] = tuple(self._env.possible_agents)
        width, height = self._ale.getScreenDims()
        self._shape = (int(height), int(width))

    def begin(self, seed: int) -> None:
        """Starts the game anew, exactly as a new emulator with this seed would."""
        self._env.reset(seed=seed)
        self.frame = 0
        self.over: bool = False
        self._frames: deque[Look] = deque(maxlen=APART + 1)
        self._last = self._read_screen()
        self.rewards = np.zeros(len(self.seats))
        self.lives: list[int] = self._read_lives()
        self._keep()

    @property
    def ram(self) -> Ram:
        """The RAM of this moment."""
        return cast("Ram", self._ale.getRAM())

    @property
    def screen(self) -> Screen:
        """The last frame."""
        return self._last

    @property
    def looks(self) -> Sequence[Look]:
        """The last frames, the newest at the end."""
        return self._frames

    @property
    def ended(self) -> list[bool]:
        """Whether each seat is out; all of them when the game is over."""
        return [self.over or life < 0 for life in self.lives]

    def press(self, sticks: Sequence[int]) -> None:
        """Plays one frame with an action of the emulator for each seat."""
        self.rewards += self._ale.act(np.asarray(sticks, dtype=np.intc))
        self.frame += 1
        self.over = bool(self._ale.game_over())
        self.lives = self._read_lives()
        self._keep()

    def play(self, plans: Mapping[int, Iterator[int]]) -> None:
        """Plays frames until every seat's plan has ended, or a seat is out; who has no plan holds still."""
        sticks = [NOOP] * len(self.seats)
        before = self.ended
        for _ in range(LONGEST_DECISION):
            moves = {seat: next(plan, None) for seat, plan in plans.items()}
            if all(move is None for move in moves.values()):
                return
            for seat, move in moves.items():
                sticks[seat] = NOOP if move is None else move
            self.press(sticks)
            if self.ended != before:
                return

    def wait(self, frames: int) -> None:
        """Plays frames in which nobody does anything."""
        self.play({0: iter([NOOP] * frames)} if frames else {})

    def shoot(self, scores: Mapping[str, float]) -> Shot:
        """Returns what is to be seen now and was shortly before."""
        frames = self._frames
        return Shot(
            now=frames[-1],
            earlier=frames[0] if len(frames) > APART else None,
            apart=APART,
            frame=self.frame,
            scores=dict(scores),
            lives=dict(zip(self.seats, (int(life) for life in self.lives), strict=False)),
        )

    def picture(self) -> NDArray[np.uint8]:
        """Returns the last frame in red, green and blue, height x width x 3."""
        return cast("NDArray[np.uint8]", self._ale.getScreenRGB())

    def save(self) -> NDArray[np.uint8]:
        """Returns the whole state of the emulator, about 8 KB; exact in any console of the same cartridge."""
        return cast("NDArray[np.uint8]", self._env.clone_full_state())

    def load(self, state: NDArray[np.uint8], *, frame: int) -> None:
        """Goes back to a saved state, which was `frame` frames old; what was seen before it is forgotten."""
        self._env.restore_full_state(state)
        self.frame = frame
        self.over = bool(self._ale.game_over())
        self.lives = self._read_lives()
        self.rewards = np.zeros(len(self.seats))
        self._frames.clear()
        self._last = self._read_screen()
        self._keep()

    def fork(self, plans: Mapping[int, Iterator[int]]) -> Look:
        """Returns what would be seen after some plans; everything is as before afterwards."""
        state = self.save()
        kept = (self.frame, self.over, self.lives, self.rewards.copy(), self._frames.copy(), self._last)
        self.play(plans)
        look = self._frames[-1]
        self._env.restore_full_state(state)
        self.frame, self.over, self.lives, self.rewards, self._frames, self._last = kept
        return look

    def _keep(self) -> None:
        before, self._last = self._last, self._read_screen()
        self._frames.append(Look(before, self._last, self.ram))

    def _read_screen(self) -> Screen:
        return cast("Screen", self._ale.getScreen()).reshape(self._shape)

    def _read_lives(self) -> list[int]:
        return cast("list[int]", self._ale.allLives().tolist())
