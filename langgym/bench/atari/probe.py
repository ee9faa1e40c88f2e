"""The stick probe: what on the screen follows a seat's stick."""

from collections.abc import Sequence

import numpy as np

from universe.atari.session import Session

Region = tuple[int, int, int, int]
"""Left, top, right and bottom of changed pixels, the last two included."""

_FEWEST = 4  # changed pixels that count as something that follows


def find_follower(
    session: Session, seat: int, sticks: Sequence[str], frames: int, *, top: int = 0, bottom: int | None = None
) -> Region | None:
    """Returns where the screen differs between a seat's stick held and let alone; `None` where nothing follows.

    Args:
        session: A session of this process, at a decision.
        seat: The seat whose stick is moved; every other stick is left alone in both cases.
        sticks: What to try, by the emulator's names; the first that makes a difference counts.
        frames: For how long.
        top: The first row that counts.
        bottom: The row before which to stop.
    """
    rest = session.fork({seat: "NOOP"}, frames)
    for stick in sticks:
        moved = session.fork({seat: stick}, frames)
        differs = (moved.screen != rest.screen)[top:bottom]
        if int(differs.sum()) >= _FEWEST:
            rows, columns = np.nonzero(differs)
            return (int(columns.min()), int(rows.min()) + top, int(columns.max()), int(rows.max()) + top)
    return None
