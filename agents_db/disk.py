"""What outlasts a power cut."""

import os
from pathlib import Path


def sync_path(path: Path) -> None:
    """Makes a file, or the names in a folder, outlast a power cut."""
    try:
        file = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders
        return
    try:
        os.fsync(file)
    finally:
        os.close(file)
