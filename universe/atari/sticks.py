"""Joysticks: the emulator's actions by name, held for a decision, and plans of several holds."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Protocol, cast

from universe.atari.console import Console
from universe.atari.plans import count_plans, plan_sticks


@cache
def read_actions() -> Mapping[str, int]:
    """Returns the emulator's own numbers of its eighteen actions by their names (`NOOP`, `UPFIRE` …)."""
    from ale_py import Action

    members = cast("Mapping[str, Action]", Action.__members__)  # pyright: ignore[reportUnknownMemberType]
    return {name: int(action.value) for name, action in members.items()}


class Controls(Protocol):
    """What a seat can decide, and the stick of each frame that carries it out."""

    n_actions: int
    """Actions are numbered from 0; not all of them need to be legal at all times."""

    def legal(self, seat: int, console: Console) -> Sequence[int]:
        """Returns the actions that a seat may take now, in ascending order."""
        ...

    def carry_out(self, action: int, seat: int, console: Console) -> Sequence[int] | Iterator[int]:
        """Returns the emulator's action for one frame after the other.

        An iterator may look at the console between frames; a sequence is played faster, since its end is known.
        """
        ...


class TurnControls(Controls, Protocol):
    """Controls of a game in turns."""

    def whose_turn(self, console: Console) -> int | None:
        """Returns the seat that must decide now, `None` while the game is busy; asked frame by frame."""
        ...


class Sticks:
    """One stick held for some frames; or, as a plan, held several times and another one after it."""

    def __init__(
        self, names: Sequence[str], *, frames: int, fire_frames: int | None = None, plans: bool = False
    ) -> None:
        """Takes the sticks on offer.

        Args:
            names: The emulator's names.
            frames: How long each is held.
            fire_frames: After how many of them the button is let go, so that the next decision can press it again;
                `None` holds it all the time.
            plans: Whether an action is a stick, how often it is held, and a stick after it or none.
        """
        numbers = read_actions()
        self._fired = [numbers[name] for name in names]
        self._after = [numbers[_without_fire(name)] for name in names]
        self._frames = frames
        self._fire_frames = frames if fire_frames is None else min(frames, fire_frames)
        self._plans = plans
        self.n_actions = count_plans(len(names)) if plans else len(names)
        self._all = tuple(range(self.n_actions))

    def legal(self, seat: int, console: Console) -> Sequence[int]:
        """Returns every action."""
        return self._all

    def carry_out(self, action: int, seat: int, console: Console) -> list[int]:
        """Returns the frames of one stick after the other."""
        plan = plan_sticks(action, len(self._fired)) if self._plans else (action,)
        held = [(self._fired[stick], self._after[stick]) for stick in plan]
        let_go = self._frames - self._fire_frames
        return [frame for fired, after in held for frame in [fired] * self._fire_frames + [after] * let_go]


def _without_fire(name: str) -> str:
    return "NOOP" if name == "FIRE" else name.removesuffix("FIRE")
