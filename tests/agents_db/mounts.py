"""Small disks of their own for tests that fill them or make them read-only."""

import subprocess
from pathlib import Path

import pytest


class Mount:
    """A disk in memory, mounted at a folder until `close`."""

    def __init__(self, path: Path, n_kib: int) -> None:
        """Mounts it; fails the test where the system refuses."""
        self.path = path
        path.mkdir()
        _run("mount", "-t", "tmpfs", "-o", f"size={n_kib}k", "tmpfs", str(path))

    def make_readonly(self) -> None:
        _run("mount", "-o", "remount,ro", str(self.path))

    def resize(self, n_kib: int) -> None:
        _run("mount", "-o", f"remount,size={n_kib}k", str(self.path))

    def close(self) -> None:
        _run("umount", "--lazy", str(self.path))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"This test needs to mount a disk, as root: {' '.join(command)}: {done.stderr.strip()}")
