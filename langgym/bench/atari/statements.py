"""The statements of a text: what it says to be where, and how it moves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PLACE = re.compile(
    r"(?:(?P<here>right here)|x (?P<x>-?\d+), y (?P<y>-?\d+)"
    r"|(?P<across>\d+) (?P<side>left|right)(?:, (?P<down>\d+) (?P<height>above|below))?"
    r"|(?P<only>\d+) (?P<only_height>above|below))"
)
_MOTION = re.compile(
    r"; (?:(?P<still>still)|moving (?:(?P<across>\d+) (?P<side>left|right))?(?:, )?"
    r"(?:(?P<down>\d+) (?P<height>up|down))?)"
)
_LINE = re.compile(r"^(?P<label>[A-Z][^:]*): (?P<rest>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a line says of one thing."""

    label: str
    """What stands before the colon."""
    at: tuple[float, float]
    """As seen from the seat; on the screen where `absolute`."""
    absolute: bool
    motion: tuple[float, float] | None
    """Pixels in a decision to the right and down; `None` where nothing is said."""
    way: str
    """`coming closer`, `moving off`, `passing`, or nothing."""


def read_statements(text: str) -> list[Statement]:
    """Returns the statements of a text, in order; lines that place nothing are passed over."""
    found: list[Statement] = []
    for line in _LINE.finditer(text):
        rest = line["rest"]
        place = _PLACE.match(rest)
        if place is None:
            continue
        said = next((word for word in ("coming closer", "moving off", "passing") if f", {word}" in rest), "")
        found.append(Statement(line["label"], _read_place(place), place["x"] is not None, _read_motion(rest), said))
    return found


def find_label(statements: Sequence[Statement], label: str) -> Statement | None:
    """Returns the first statement whose label begins with a word, whatever its case."""
    return next((each for each in statements if each.label.lower().startswith(label.lower())), None)


def _read_place(place: re.Match[str]) -> tuple[float, float]:
    if place["x"] is not None:
        return (float(place["x"]), float(place["y"]))
    across = float(place["across"] or 0) * (-1 if place["side"] == "left" else 1)
    down = float(place["down"] or place["only"] or 0)
    return (across, -down if "above" in (place["height"], place["only_height"]) else down)


def _read_motion(rest: str) -> tuple[float, float] | None:
    motion = _MOTION.search(rest)
    if motion is None:
        return None
    across = float(motion["across"] or 0) * (-1 if motion["side"] == "left" else 1)
    return (across, float(motion["down"] or 0) * (-1 if motion["height"] == "up" else 1))
