"""Pictures kept on disk: one file for each position and each view of it, under `<home>/pictures`."""

import os
import tempfile
import threading
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from agents_db.records import EpisodeRecord
from agents_db.store import AgentsDB
from langgym.pictures.frames import NoPicture, check_view, draw_frames
from universe.catalog import default_catalog

if TYPE_CHECKING:
    from PIL.Image import Image

EDITION = "v1"
"""Part of every path; another one when positions are drawn otherwise."""
AHEAD = 32
"""Positions that are drawn at once: a replay begins at the start, whichever of them is looked at."""
SPECTATOR = "all"

_drawing = threading.Lock()
"""Held while an episode is drawn: whoever waits then finds the pictures."""


class Album:
    """The pictures of a home's episodes; the folder may be removed at any time."""

    def __init__(self, home: Path) -> None:
        self.root = home / "pictures"

    def find(self, db: AgentsDB, episode_id: int, turn: int, *, seat: str | None = None) -> bytes:
        """Returns the picture of a position as PNG; draws it, and those that follow it, where it is not kept.

        Args:
            db: The store.
            episode_id: Of the episode.
            turn: Before which it stood; the number of all turns for the last position.
            seat: Only what this seat may know; `None` is a spectator, who sees everything.

        Raises:
            NotStored: There is no such episode.
            NoPicture: Nothing can be drawn, or nothing that the seat may see.
            ReplayError: The episode cannot be played again.
            UniverseError: Its environment is gone, or cannot be made.
            UsageError: The library that draws is missing.
        """
        record = db.episode(episode_id)
        check_view(default_catalog().find(record.env_id), seat)
        folder = self._find_folder(record, seat)
        path = folder / _name(turn)
        with _drawing:
            if not path.is_file():
                first = turn // AHEAD * AHEAD
                for frame in draw_frames(db, episode_id, seat=seat, first=first, last=first + AHEAD - 1):
                    _save(folder / _name(frame.turn), frame.image)
        if not path.is_file():
            raise NoPicture(f"Episode {episode_id} has not stood before a turn {turn}.")
        return path.read_bytes()

    def _find_folder(self, record: EpisodeRecord, seat: str | None) -> Path:
        view = SPECTATOR
        if seat is not None:
            seats = [part.seat for part in record.participations]
            if seat not in seats:
                raise NoPicture(f"Episode {record.episode_id} has no seat {seat!r}; its seats are {', '.join(seats)}.")
            view = f"seat-{seats.index(seat)}"
        return self.root / EDITION / record.key / view


def _name(turn: int) -> str:
    return f"{turn:06}.png"


def _save(path: Path, image: "Image") -> None:
    """Writes a picture so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body = BytesIO()
    image.save(body, "PNG")
    handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(body.getvalue())
    Path(draft).replace(path)
