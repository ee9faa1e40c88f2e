"""The page of experiments: what `langgym/simple.py` left in a folder, picture by picture."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import streamlit as st

from langgym.board.showing import TALL, Place, choose, say, show_text

FIRST = ("response", "actions", "raw_actions", "source", "prompt", "state")
"""What a snapshot tells, in the order in which it is shown; the rest follows."""
LARGEST = 20_000_000
"""Bytes of a file that is shown."""
_FRAME = re.compile(r"frame_(\d{1,9})\.png")
_SNAPSHOT = re.compile(r"snapshot_(\d{1,9})\.txt")


def show_experiments(place: Place) -> None:
    """Shows the page."""
    root = place.experiments
    say(f"folder: {root.absolute()}")
    names = sorted((each.name for each in root.iterdir() if each.is_dir()), reverse=True) if root.is_dir() else []
    name = choose("Experiment", names, key="experiment") if names else None
    if name is None:
        say("no experiment is here yet; `python langgym/simple.py` makes one")
        return
    frames, snapshots = _list_files(root / name)
    numbers = sorted(frames.keys() | snapshots.keys())
    if not numbers:
        return say("this folder holds no step")
    number = numbers[0]
    if len(numbers) > 1:
        number = st.select_slider("Step", numbers, key=f"step {name}")
    left, right = st.columns([2, 3])
    with left:
        _show_frame(frames.get(number))
    with right:
        _show_snapshot(snapshots.get(number))
    return None


def _list_files(folder: Path) -> tuple[dict[int, Path], dict[int, Path]]:
    """Returns the pictures and the snapshots of an experiment by the number of their step."""
    frames: dict[int, Path] = {}
    snapshots: dict[int, Path] = {}
    for path in folder.iterdir():
        for pattern, found in ((_FRAME, frames), (_SNAPSHOT, snapshots)):
            match = pattern.fullmatch(path.name)
            if match and path.is_file():
                found[int(match[1])] = path
    return frames, snapshots


def _show_frame(path: Path | None) -> None:
    if path is None:
        return say("this step has no picture")
    from PIL import Image

    try:
        with Image.open(path, formats=["PNG"]) as picture, st.container(border=True):
            st.image(picture.convert("RGB"), width="stretch")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        say(f"{path.name} is no picture that can be shown: {error}")
    return None


def _show_snapshot(path: Path | None) -> None:
    if path is None:
        return say("this step has no snapshot")
    if path.stat().st_size > LARGEST:
        return say(f"{path.name} is too large to be shown")
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, Mapping):
        say(f"{path.name} is not what simple.py writes; here it is as it stands")
        return show_text(text, height=TALL)
    parts = cast("Mapping[str, object]", told)
    for name in (*(name for name in FIRST if name in parts), *(name for name in parts if name not in FIRST)):
        say(name)
        show_text(_tell_value(parts[name]), height=TALL)
    return None


def _tell_value(value: object) -> str:
    """Returns a value as it is read most easily: a text as it is, lists on one line, the rest line by line."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    return json.dumps(value, indent=None if isinstance(value, list) else 2, ensure_ascii=False)
