"""What pages of documentation show, and a process that runs it.

Run as a module it is that process: it has loaded LangGym and forks for each command, which takes a tenth of the time of
starting anew. It reads a request in JSON from each line of stdin and writes the results on a line of stdout.
"""

import importlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NoReturn

TOP = Path(__file__).parents[1]
WITH_WEIGHTS = "<!-- weights -->"
"""The line before a block that needs the weights."""
PRELOADED = (
    "langgym.cli.app",
    "langgym.cli.playing",
    "langgym.cli.reading",
    "langgym.query.episodes",
    "langgym.query.memories",
)
"""What most commands load."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    kind: str
    flags: tuple[str, ...]
    mark: str
    """The line before it."""
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(TOP)}:{self.line}"


@dataclass(frozen=True)
class Shown:
    """A command of a page and the output that is shown for it."""

    place: str
    command: str
    output: str


@cache
def read_blocks(page: Path) -> tuple[Block, ...]:
    blocks: list[Block] = []
    lines = page.read_text("utf-8").splitlines()
    start = 0
    for number, line in enumerate(lines):
        if not line.lstrip().startswith("```"):
            continue
        if not start:
            start = number + 1
            continue
        kind, *flags = lines[start - 1].strip().removeprefix("```").split() or [""]
        before = [text for text in lines[: start - 1] if text.strip()][-1:] or [""]
        blocks.append(Block(page, start, kind, tuple(flags), before[0].strip(), "\n".join(lines[start:number])))
        start = 0
    assert not start, f"{page}: the block of line {start} does not end"
    return tuple(blocks)


def find_blocks(page: Path, kind: str, *, run: bool = True, weights: bool = False) -> list[Block]:
    return [
        block
        for block in read_blocks(page)
        if block.kind == kind
        and ("not-run" not in block.flags) is run
        and (not run or (block.mark == WITH_WEIGHTS) is weights)
    ]


def read_commands(block: Block) -> list[Shown]:
    """Returns the commands of a block: `$ ` begins one, `> ` goes on with it, everything else is output."""
    found: list[tuple[int, list[str], list[str]]] = []
    for number, line in enumerate(block.text.splitlines(), start=1):
        if line.startswith("$ "):
            found.append((block.line + number, [line[2:]], []))
        elif line.startswith("> ") and found and not found[-1][2]:
            found[-1][1].append(line[2:])
        else:
            assert found, f"{block.place}: output before the first command"
            found[-1][2].append(line)
    return [
        Shown(f"{block.page.name}:{number}", "\n".join(command), "\n".join(output)) for number, command, output in found
    ]


def list_commands(page: Path, *, run: bool = True, weights: bool = False) -> list[Shown]:
    return [shown for block in find_blocks(page, "console", run=run, weights=weights) for shown in read_commands(block)]


def make_pattern(shown: str) -> str:
    """Returns what output must match: `…` stands for any text in a line, a line of its own for any lines."""
    parts: list[str] = []
    for line in shown.rstrip().splitlines():
        if line.strip() == "…":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            words = (re.escape(word) for word in line.rstrip().split("…"))
            parts.append(r"[^\n]*?".join(words) + r"[ \t]*\n")
    return "".join(parts)


def agrees(shown: str, printed: str) -> bool:
    text = printed.strip("\n")
    return re.fullmatch(make_pattern(shown.strip("\n")), f"{text}\n" if text else "") is not None


class Shell:
    """Runs commands one after the other, each in a process of its own; its process has loaded LangGym beforehand."""

    def __init__(self) -> None:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.pages"],
            cwd=TOP,
            # It forks, so it must not have threads.
            env={**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, commands: Sequence[str], home: Path) -> list[tuple[str, int]]:
        """Returns what each command prints and its exit code."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"commands": commands, "HOME": str(home.parent), "LANGGYM_HOME": str(home)}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return [(printed, code) for printed, code in json.loads(self._process.stdout.readline())]

    def close(self) -> None:
        """Ends the process, which must not have failed."""
        self._process.communicate()
        assert self._process.returncode == 0


def serve() -> None:
    """Answers requests until the input ends."""
    for module in PRELOADED:
        importlib.import_module(module)
    for line in sys.stdin:
        request = json.loads(line)
        os.environ.update({name: request[name] for name in ("HOME", "LANGGYM_HOME")})
        results: list[tuple[str, int]] = []
        for command in request["commands"]:
            results.append(run_command(command, results[-1][1] if results else 0))
        sys.stdout.write(json.dumps(results) + "\n")
        sys.stdout.flush()


def run_command(command: str, before: int) -> tuple[str, int]:
    """Runs a command where the one before it ended with the code `before`; plain ones of ours need no shell."""
    with tempfile.TemporaryFile("w+b") as output:
        child = os.fork()
        if not child:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            if re.fullmatch(r"langgym [^|&;<>$`*\\\n]*", command):
                run_langgym(shlex.split(command)[1:])
            os.execvp("bash", ["bash", "--norc", "-c", f"(exit {before})\n{command}"])
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        output.seek(0)
        return output.read().decode(), code


def run_langgym(arguments: Sequence[str]) -> NoReturn:
    from langgym.cli.app import main

    code = 1
    try:
        code = main(arguments)
        sys.stdout.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve()
