"""Other people's programs as rivals: how they are named, where they are found, what is raised when they fail."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from langgym.errors import EpisodeError, UsageError

PATIENCE = 60.0
"""Seconds after which a program that does not answer is ended."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
"""No paths: a run that came from elsewhere starts nothing but what is installed here."""
_FOLDERS = (Path("/usr/games"), Path("/usr/local/games"))
"""Where Debian puts games, which is not on every path."""


class ProgramFault(EpisodeError):
    """A program died, did not answer, or answered what is no legal move; the episode is at fault, not the run."""


@dataclass(frozen=True, slots=True)
class Option:
    """A whole number that a program's name may set."""

    default: int
    least: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A way to talk to programs."""

    title: str
    env_id: str
    """The one environment that it is for."""
    options: Mapping[str, Option]
    looks_inside: bool
    """Whether the position that it is told is read from the engine, not from the moves."""


PROTOCOLS = {
    "uci": Protocol(
        title="UCI",
        env_id="classic/chess_v6",
        options={"skill": Option(20, 0, 20), "nodes": Option(2000, 1, 10_000_000)},
        looks_inside=True,
    ),
    "gtp": Protocol(title="GTP", env_id="classic/go_v5", options={"level": Option(1, 0, 10)}, looks_inside=False),
}
"""By the first part of a program's name: `uci:stockfish@skill=3,nodes=2000`, `gtp:gnugo@level=1`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramName:
    """What `--rival` says of a program."""

    protocol: str
    program: str
    """Its name on the path, which is also that of its Debian package."""
    options: Mapping[str, int]

    @property
    def env_id(self) -> str:
        """The environment that it can play."""
        return PROTOCOLS[self.protocol].env_id


def read_program(name: str) -> ProgramName | None:
    """Returns what a policy's name says of a program; `None` where it names none.

    >>> read_program("uci:stockfish@skill=3").options["nodes"]
    2000

    Raises:
        UsageError: It names a program, but with options that there are not, or out of range.
    """
    kind, colon, rest = name.partition(":")
    if not colon or kind not in PROTOCOLS:
        return None
    program, at, given = rest.partition("@")
    if not _PLAIN.fullmatch(program) or (at and not given):
        raise UsageError(f"{name!r} names no program on the path: write {kind}:PROGRAM or {_example(kind)}.")
    known = PROTOCOLS[kind].options
    values = {option: limits.default for option, limits in known.items()}
    for part in given.split(",") if given else ():
        option, _, value = part.partition("=")
        if option not in known:
            raise UsageError(f"{name!r}: there is no option {option!r}; a {kind} program takes {', '.join(known)}.")
        limits = known[option]
        if not value.isascii() or not value.isdigit() or not limits.least <= int(value) <= limits.most:
            raise UsageError(
                f"{name!r}: {option} must be a whole number from {limits.least} to {limits.most}, not {value!r}."
            )
        values[option] = int(value)
    return ProgramName(protocol=kind, program=program, options=values)


def _example(kind: str) -> str:
    return f"{kind}:PROGRAM@{','.join(f'{name}={option.default}' for name, option in PROTOCOLS[kind].options.items())}"


def find_program(program: str) -> Path:
    """Returns the file of a program: on the path, or among Debian's games.

    Raises:
        UsageError: It is not installed; names the Debian package.
    """
    found = shutil.which(program)
    if found is not None:
        return Path(found)
    for folder in _FOLDERS:
        found = shutil.which(str(folder / program))
        if found is not None:
            return Path(found)
    raise UsageError(f"{program!r} is not installed; on Debian and Ubuntu: apt-get install {program}")
