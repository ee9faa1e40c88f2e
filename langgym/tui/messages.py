"""Messages that cross threads."""

from collections.abc import Callable
from dataclasses import dataclass

from textual.message import Message


class StoreChanged(Message):
    """Somebody has written to the store."""


@dataclass
class Arrived(Message, bubble=False):
    """What a worker has read for a part of a screen, or why it could not."""

    group: str
    generation: int
    """Of its group: an answer that another question has overtaken is dropped."""
    show: Callable[[], None]
