"""Tables and JSON files of benches."""

import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from langgym import __version__
from langgym.provenance import find_commit, find_packages


def make_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table in plain text, the first column to the left and the others to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]

    def line(row: Sequence[str]) -> str:
        first, *others = row
        cells = [first.ljust(widths[0]), *(text.rjust(width) for text, width in zip(others, widths[1:], strict=True))]
        return "  ".join(cells).rstrip()

    return "\n".join([line(head), line(["-" * width for width in widths]), *map(line, rows)])


def write_report(path: Path, name: str, result: Mapping[str, object]) -> None:
    """Writes the result of a bench as JSON with what it was measured on."""
    report = {
        "schema": f"langgym.bench.{name}/1",
        "langgym": __version__,
        "commit": find_commit(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "packages": find_packages(),
        **result,
    }
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
