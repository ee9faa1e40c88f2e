"""Makes what plays and what speaks: a card's engine, and its renderer."""

import importlib
import threading
import warnings
from collections.abc import Mapping
from contextlib import nullcontext

from pydantic import JsonValue

from universe.card import EnvCard
from universe.engines import Engine, SequentialEngine, SimultaneousEngine, find_lock
from universe.errors import BadKwargs, EnvFault, MissingExtra
from universe.view import Renderer

_HARMLESS = r".*(Box (low|high)'s precision lowered by casting to float32|combat_tank has interesting parameters)"
"""What Gymnasium says of RLCard's bounds, and PettingZoo of Combat's switches; nothing that anybody can act on."""

_making = threading.Lock()
"""Held while an engine is made, since the filters of warnings belong to the whole process."""

_process_values: dict[tuple[str, str], JsonValue] = {}


def make_engine(card: EnvCard, arguments: Mapping[str, JsonValue]) -> Engine:
    """Returns the engine of a card with every keyword of a variant.

    Raises:
        BadKwargs: The engine allows no second value of a keyword in this process.
        MissingExtra: The environment's package is not installed.
        EnvFault: The environment could not be made.
    """
    _check_process(card, arguments)
    needed = card.requires or card.module.split(".")[0]
    if card.missing is not None:
        raise MissingExtra(f"{card.env_id} needs {card.missing!r}: pip install '{needed}'")
    try:
        module = importlib.import_module(card.module)
    except ModuleNotFoundError as error:
        raise MissingExtra(f"{card.env_id} needs {error.name!r}: pip install '{needed}'") from error
    try:
        lock = nullcontext() if getattr(module, "THREADS_MAY_MEET", False) else find_lock(card.module)
        with _making, lock, warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=_HARMLESS, category=UserWarning)
            if card.simultaneous:
                return SimultaneousEngine(module.parallel_env, arguments, lock)
            return SequentialEngine(module.env, arguments, lock)
    except Exception as error:
        raise EnvFault(f"{card.env_id} could not be made: {type(error).__name__}: {error}") from error


def load_renderer(card: EnvCard) -> Renderer:
    """Returns the renderer that a card names."""
    module, _, name = card.renderer.partition(":")
    return getattr(importlib.import_module(module), name)()


def _check_process(card: EnvCard, arguments: Mapping[str, JsonValue]) -> None:
    """Raises `BadKwargs` where a keyword that a process can have one value of had another one before."""
    for kwarg in card.kwargs:
        if kwarg.per_process:
            held = _process_values.setdefault((card.env_id, kwarg.name), arguments[kwarg.name])
            if held != arguments[kwarg.name]:
                raise BadKwargs(
                    f"{card.env_id} was already used with {kwarg.name}={held!r} and its engine allows one value per "
                    f"process: play {kwarg.name}={arguments[kwarg.name]!r} in another run."
                )
