"""The moment of an agent's memory at which an episode began."""

from agents_db.knowledge import AsOf
from agents_db.records import ParticipationRecord


def find_as_of(part: ParticipationRecord) -> AsOf:
    """Returns the moment at which the episode of an agent's participation began: what came later is not known in it."""
    clock, event = part.settings["clock"], part.settings.get("event")
    assert isinstance(clock, int)
    assert event is None or isinstance(event, int)
    return AsOf(clock=clock, event_id=event)
