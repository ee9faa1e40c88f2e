"""Runs one bench by name."""

import importlib
import sys

from langgym.bench import NAMES
from langgym.errors import LangGymError


def main(arguments: list[str]) -> int:
    """Runs the bench that the first argument names with the others and returns its exit code."""
    if not arguments or arguments[0] not in NAMES:
        given = f"No bench {arguments[0]!r}. " if arguments and not arguments[0].startswith("-") else ""
        sys.stderr.write(
            f"langgym bench: {given}Usage: python -m langgym.bench NAME [options]; NAME is {', '.join(NAMES)}.\n"
        )
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    try:
        return importlib.import_module(f"langgym.bench.{arguments[0]}").main(arguments[1:])
    except LangGymError as error:
        sys.stderr.write(f"langgym bench: {error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
