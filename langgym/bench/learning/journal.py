"""A file of lives that ended, one a line, so that a long bench goes on where it was stopped."""

import json
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

import langgym
import universe
from langgym.bench.learning.lives import Life, Task
from langgym.errors import UsageError
from langgym.provenance import find_packages

SCHEMA: Literal["langgym.bench.life/1"] = "langgym.bench.life/1"
_DECIDING = (
    *(f"bench/learning/{name}.py" for name in ("arms", "learners", "lives", "playing", "rules")),
    *(
        f"memory/{name}.py"
        for name in ("advice", "contrasts", "decisions", "experience", "ledger", "life", "regression", "strategies")
    ),
)
"""Sources of `langgym` that decide what comes of a life, beside the universe's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    schema: Literal["langgym.bench.life/1"]
    code: str
    life: Life


_LINES = TypeAdapter(_Line)


class Journal:
    """The lives of earlier runs, and those of this one as they end; without a file nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        """Reads what is there.

        Raises:
            UsageError: A line is of other code or packages, or it is no life; a last line that was cut off is dropped.
        """
        self._path = path
        self._code = find_code()
        self._known: dict[Task, Life] = {}
        if path is not None and path.exists():
            self._read(path)

    def find(self, task: Task) -> Life | None:
        """Returns the life that a task came to, or `None`."""
        return self._known.get(task)

    def add(self, life: Life) -> None:
        """Writes a life that has just ended."""
        self._known[life.task] = life
        if self._path is None:
            return
        line = _LINES.dump_json(_Line(schema=SCHEMA, code=self._code, life=life)).decode()
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def _read(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        whole, _, cut = text.rpartition("\n")
        if cut:
            path.write_text(f"{whole}\n" if whole else "", encoding="utf-8")
        for number, line in enumerate(whole.splitlines(), 1):
            life = self._parse(line, f"{path}, line {number}")
            self._known[life.task] = life

    def _parse(self, text: str, place: str) -> Life:
        try:
            line = _LINES.validate_json(text)
        except ValidationError as error:
            raise UsageError(f"{place} is not a life that a bench wrote: name another file.") from error
        if line.code != self._code:
            raise UsageError(
                f"{place} was lived by other code or other packages, which must not be mixed with these: "
                "name another file."
            )
        return line.life


@cache
def find_code() -> str:
    """Returns a hash of everything that decides what comes of a life: sources, and versions of packages."""
    ours, theirs = Path(langgym.__file__).parent, Path(universe.__file__).parent
    spoken = [each for each in sorted(theirs.rglob("*.py")) if "atari" not in each.parts]
    digest = blake2b(json.dumps(dict(find_packages())).encode(), digest_size=16)
    for source in (*(ours / name for name in _DECIDING), *spoken):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()
