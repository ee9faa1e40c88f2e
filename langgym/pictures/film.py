"""Films of episodes: an animated GIF, or an MP4 by the ffmpeg that `imageio-ffmpeg` brings."""

import importlib.util
import os
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING

from langgym.errors import UsageError
from langgym.pictures.frames import INSTALL, check_installed

if TYPE_CHECKING:
    from PIL.Image import Image

KINDS = (".gif", ".mp4")
LEAST_PACE, MOST_PACE = 0.1, 50
"""Turns a second; no browser plays a GIF faster."""
CALM = 2
"""Turns a second of a short episode."""
LONGEST = 60
"""Seconds that a film lasts at most, unless its pace was given."""
HELD = 2
"""Seconds for which the last position is shown."""
LEAST_WIDTH = 320
"""Of a film in pixels: smaller pictures, such as Atari's, are enlarged by a whole factor."""
COLOURS = 64
"""Of a frame in a GIF: pictures here are flat."""

Writer = Callable[[Path, Iterator["Image"], float], int]


def choose_pace(n_turns: int) -> float:
    """Returns at how many turns a second an episode is shown where nobody says so.

    >>> choose_pace(9), choose_pace(600), choose_pace(100_000)
    (2, 10.0, 50)
    """
    return min(MOST_PACE, max(CALM, n_turns / LONGEST))


def check_film(path: Path, pace: float | None) -> None:
    """Raises `UsageError` unless a film can be written to a file at a pace."""
    if path.suffix.lower() not in KINDS:
        raise UsageError(f"{str(path)!r} names no film: let it end in {' or '.join(KINDS)}.")
    if path.exists():
        raise UsageError(f"{str(path)!r} is there already; name a file that is not.")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {str(path.absolute().parent)!r} to write a film into.")
    if pace is not None and not LEAST_PACE <= pace <= MOST_PACE:
        raise UsageError(f"--pace {pace:g} is not between {LEAST_PACE} and {MOST_PACE} turns a second.")
    check_installed()
    if path.suffix.lower() == ".mp4" and importlib.util.find_spec("imageio_ffmpeg") is None:
        raise UsageError(f"An MP4 needs the package 'imageio-ffmpeg', which is not installed: {INSTALL}")


def write_film(images: Iterable["Image"], path: Path, *, pace: float) -> int:
    """Writes pictures of one size as a film and returns how many there were; nothing is left of a film that failed.

    Args:
        images: In the order in which they are shown; taken one by one.
        path: A file that is not there yet; its ending says which kind of film it is.
        pace: Pictures a second.

    Raises:
        UsageError: The film cannot be written there.
    """
    check_film(path, pace)
    write = _WRITERS[path.suffix.lower()]
    handle, name = tempfile.mkstemp(dir=path.absolute().parent, suffix=path.suffix.lower())
    os.close(handle)
    draft = Path(name)
    try:
        n_written = write(draft, map(_fit, images), pace)
        draft.chmod(0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return n_written


def _fit(image: "Image") -> "Image":
    """Returns a picture that is wide enough, and whose sides are even, as MP4 wants them."""
    from PIL import Image

    factor = -(-LEAST_WIDTH // image.width)
    width, height = image.width * factor, image.height * factor
    large = image.convert("RGB").resize((width, height), Image.Resampling.NEAREST) if factor > 1 else image
    if width % 2 == 0 and height % 2 == 0:
        return large
    padded = Image.new("RGB", (width + width % 2, height + height % 2), large.getpixel((0, 0)))  # pyright: ignore[reportArgumentType]
    padded.paste(large, (0, 0))
    return padded


def _write_gif(path: Path, images: Iterator["Image"], pace: float) -> int:
    counted: list[int] = []
    flat = (_count(image, counted).quantize(COLOURS) for image in images)
    first = next(flat)
    rest = list(flat)  # as indices of few colours: the durations must be known before the first is written
    durations = [round(1000 / pace)] * (len(rest) + 1)
    durations[-1] = max(durations[-1], HELD * 1000)
    first.save(path, "GIF", save_all=True, append_images=rest, duration=durations, loop=0, disposal=1)
    return len(counted)


def _write_mp4(path: Path, images: Iterator["Image"], pace: float) -> int:
    write_frames: Callable[..., Generator[None, bytes | None, None]]  # it has no types of its own
    write_frames = importlib.import_module("imageio_ffmpeg").write_frames
    first = next(images)
    writer = write_frames(
        str(path), first.size, fps=pace, macro_block_size=2, codec="libx264", ffmpeg_log_level="error"
    )
    counted: list[int] = []
    last = first
    with closing(writer):
        writer.send(None)
        for image in chain((first,), images):
            last = _count(image, counted)
            writer.send(last.convert("RGB").tobytes())
        for image in repeat(last, max(0, round(HELD * pace) - 1)):
            writer.send(image.convert("RGB").tobytes())
    return len(counted)


def _count(image: "Image", counted: list[int]) -> "Image":
    counted.append(1)
    return image


_WRITERS: Mapping[str, Writer] = {".gif": _write_gif, ".mp4": _write_mp4}
