"""Somebody else's program in a seat: chess over UCI, go over GTP."""

from collections.abc import Callable, Sequence
from typing import Protocol

from langgym.asking import Ledger
from langgym.errors import UsageError
from langgym.memory.recalled import Recalled
from langgym.policies.policy import Decision, MemoryUse
from langgym.rivals.programs import PATIENCE, ProgramName, find_program
from universe.card import EnvCard
from universe.streams import Stream
from universe.text_env import Turn


class Program(Protocol):
    """A program that runs, and belongs to one episode."""

    def choose(self, turn: Turn, seed: int) -> int:
        """Returns its action; raises `ProgramFault` where it fails."""
        ...

    def close(self) -> None:
        """Ends it; safe to call when it has died."""
        ...


class ProgramPolicy:
    """Asks a program, which is started at the first decision and told all it must know at each."""

    memory: MemoryUse = "none"
    is_paid = False
    waits = False

    def __init__(self, name: ProgramName, card: EnvCard, stream: Stream, *, patience: float = PATIENCE) -> None:
        """Finds the program; starts nothing yet.

        Args:
            name: Which, and how it plays.
            card: What is played.
            stream: Where seeds come from.
            patience: Seconds for an answer.

        Raises:
            UsageError: It is not installed, or plays something else.
        """
        check_program(name, card)
        self._name = name
        self._path = find_program(name.program)
        self._stream = stream
        self._patience = patience
        self._program: Program | None = None

    def decide(self, turn: Turn, recalled: Sequence[Recalled], ledger: Ledger) -> Decision:
        """Returns what the program answers.

        Raises:
            ProgramFault: It failed, and with it the episode.
        """
        if self._program is None:
            self._program = self._open()
        return Decision(
            action=self._program.choose(turn, self._stream.integer(turn.seat, turn.index)), source="scripted"
        )

    def close(self) -> None:
        """Ends the program."""
        if self._program is not None:
            self._program.close()
            self._program = None

    def _open(self) -> Program:
        start: Callable[..., Program]
        if self._name.protocol == "uci":
            from langgym.rivals.uci import UciProgram as start
        else:
            from langgym.rivals.gtp import GtpProgram as start
        return start(self._path, self._name.options, patience=self._patience)


def check_program(name: ProgramName, card: EnvCard) -> None:
    """Raises `UsageError` where a program does not play a card or is not installed."""
    if card.env_id != name.env_id:
        raise UsageError(f"{name.protocol}:{name.program} plays {name.env_id}, not {card.env_id}.")
    find_program(name.program)
