"""The arguments of an Atari environment: what is ours, and what goes to PettingZoo."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import cast

from universe.atari.console import Cartridge
from universe.atari.session import Rules

_OURS = tuple(field.name for field in fields(Rules))


def read_options(options: Mapping[str, object] | None) -> dict[str, int]:
    """Returns the options of a reset that mean something here: `frames` of a decision and of the `warm_up`."""
    given = options or {}
    return {name: int(str(given[name])) for name in ("frames", "warm_up") if name in given}


def read_setup(arguments: Mapping[str, object]) -> tuple[Cartridge, Rules]:
    """Returns the cartridge and the rules that arguments describe.

    `game` is the name of PettingZoo's module (`pong_v3`), or with `solo` that of a cartridge for one player; `seeded`
    says whether the emulator's seed matters; the fields of `Rules` have their own names; every other argument is a
    keyword of PettingZoo's constructor.
    """
    own = {name: value for name, value in arguments.items() if name in _OURS}
    sticks = cast("Sequence[str]", own.pop("sticks"))
    rest = {name: value for name, value in arguments.items() if name not in (*_OURS, "game", "solo", "seeded")}
    cartridge = Cartridge(
        game=str(arguments["game"]),
        solo=bool(arguments.get("solo", False)),
        arguments=rest,
        seeded=bool(arguments.get("seeded", True)),
    )
    return cartridge, Rules(sticks=tuple(sticks), **own)  # pyright: ignore[reportArgumentType]
