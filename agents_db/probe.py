"""Opens a folder of Chroma's and reads from it; run in a process of its own, since a torn file can kill the process."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from agents_db.chroma import ChromaFolder

SECONDS = 120


def probe_folder(folder: Path) -> bool:
    """Returns whether another process could open the folder and read it; a second try heals a kill amid a deletion."""
    package = str(Path(__file__).parent.parent)
    start = f"import sys; sys.path.insert(0, {package!r}); from agents_db.probe import main; main()"
    return any(_run_probe([sys.executable, "-c", start, str(folder)]) for _ in range(2))


def _run_probe(command: list[str]) -> bool:
    try:
        return subprocess.run(command, timeout=SECONDS, capture_output=True, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def main() -> None:
    """Probes the folder named on the command line; fails by an exception or a crash."""
    chroma = ChromaFolder(Path(sys.argv[1]), create=False)
    for rows in chroma.read():
        chroma.query(np.asarray(rows.matrix[:1]), 1)
    chroma.close()


if __name__ == "__main__":
    main()
