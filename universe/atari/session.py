"""Decisions instead of frames: warm-up, sticks carried out, whose turn it is, what was paid."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from universe.atari.console import Cartridge, Console
from universe.atari.shot import Look, Ram, Shot
from universe.atari.sticks import Controls, Sticks, TurnControls, read_actions
from universe.errors import EnvFault
from universe.streams import Stream

WARM_HOLD = 8
"""Frames for which the warm-up holds a stick."""

LONGEST_WAIT = 3600
"""Frames (a minute of play) that a game in turns may be busy before that counts as a fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How decisions become frames."""

    sticks: tuple[str, ...]
    """The emulator's actions on offer, by its own names."""
    frames: int
    """Frames for which a decision holds its stick."""
    fire_frames: int | None = None
    """After how many of them the button is let go; `None` for never."""
    plans: bool = False
    """Whether a decision may be a plan of several holds."""
    start: int = 0
    """Frames before anybody has control; nobody decides in them."""
    warm_up: int = 0
    """At most so many frames, drawn from the seed, are played before the first decision."""
    warm_sticks: bool = True
    """Whether sticks are moved at random in the warm-up; else it only waits."""
    in_turns: bool = False
    """Whether one seat decides at a time."""
    controls: str | None = None
    """`module:attribute` of what makes the controls from these rules, where sticks alone are not what is decided."""

    def make_controls(self) -> Controls:
        """Returns what turns actions into sticks."""
        if self.controls is None:
            return Sticks(self.sticks, frames=self.frames, fire_frames=self.fire_frames, plans=self.plans)
        module, _, name = self.controls.partition(":")
        return getattr(importlib.import_module(module), name)(self)


@dataclass(frozen=True, slots=True)
class State:
    """Where a session stands when somebody must decide, or when it is over."""

    ram: Ram
    acting: tuple[int, ...]
    """Seats that must decide now, by number; empty when the game is over."""
    legal: Mapping[int, tuple[int, ...]]
    paid: tuple[float, ...]
    """To each seat, by the decision that led here."""
    ended: tuple[bool, ...]


class Session:
    """A console that is played a decision at a time."""

    def __init__(self, cartridge: Cartridge, rules: Rules) -> None:
        """Starts the emulator."""
        self._console = Console(cartridge)
        self._controls = rules.make_controls()
        self._rules = rules
        self.seats = self._console.seats
        self.n_actions = self._controls.n_actions

    def reset(self, seed: int, options: Mapping[str, int]) -> State:
        """Begins an episode: the start, then a warm-up; what is paid in them counts for nothing.

        Args:
            seed: Of the emulator, and of what is done in the warm-up.
            options: `frames` of a decision and of the `warm_up`, where they are not those of the rules; a warm-up that
                is not given is drawn from the seed.
        """
        console = self._console
        rules = replace(self._rules, frames=options.get("frames", self._rules.frames))
        self._controls = rules.make_controls()
        stream = Stream.of(seed, "warm-up")
        n_frames = options.get("warm_up", stream.integer("warm_up") % (rules.warm_up + 1))
        console.begin(seed)
        console.wait(rules.start)
        if rules.warm_sticks:
            console.play({seat: _shake(stream, seat, rules.sticks, n_frames) for seat in range(len(self.seats))})
        else:
            console.wait(n_frames)
        console.rewards[:] = 0.0
        self._scores = np.zeros(len(self.seats))
        return self._arrive()

    def act(self, actions: Mapping[int, int]) -> State:
        """Carries out a decision of each acting seat."""
        console, controls = self._console, self._controls
        console.play({seat: controls.carry_out(action, seat, console) for seat, action in actions.items()})
        return self._arrive()

    def shoot(self) -> Shot:
        """Returns what is to be seen now and was shortly before."""
        return self._console.shoot(dict(zip(self.seats, self._scores.tolist(), strict=True)))

    def fork(self, sticks: Mapping[int, str], frames: int) -> Look:
        """Returns what would be seen if seats held sticks (the emulator's names) for some frames; changes nothing."""
        numbers = read_actions()
        return self._console.fork({seat: [numbers[name]] * frames for seat, name in sticks.items()})

    def picture(self) -> NDArray[np.uint8]:
        """Returns the last frame in red, green and blue, height x width x 3."""
        return self._console.picture()

    def _arrive(self) -> State:
        console, seats = self._console, range(len(self.seats))
        acting = self._find_acting()
        paid, console.rewards = console.rewards, np.zeros(len(self.seats))
        self._scores += paid
        ended = console.ended
        return State(
            ram=console.ram,
            acting=acting,
            legal={seat: tuple(self._controls.legal(seat, console)) for seat in acting},
            paid=tuple(paid.tolist()),
            ended=tuple(ended[seat] for seat in seats),
        )

    def _find_acting(self) -> tuple[int, ...]:
        """Returns who decides next; in games in turns plays on until somebody has to."""
        console = self._console
        if not self._rules.in_turns:
            return tuple(seat for seat, ended in enumerate(console.ended) if not ended)
        controls = cast("TurnControls", self._controls)
        for _ in range(LONGEST_WAIT):
            if all(console.ended):
                return ()
            seat = controls.whose_turn(console)
            if seat is not None:
                return (seat,)
            console.wait(1)
        raise EnvFault(f"Nobody could act for {LONGEST_WAIT} frames.")


def _shake(stream: Stream, seat: int, sticks: tuple[str, ...], n_frames: int) -> list[int]:
    """Returns a seat's sticks of the warm-up, frame by frame."""
    numbers = [read_actions()[name] for name in sticks]
    return [stream.pick(numbers, str(seat), 1 + frame // WARM_HOLD) for frame in range(n_frames)]
