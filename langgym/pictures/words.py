"""What is said of a picture."""

from langgym.pictures.frames import is_shared
from universe.card import EnvCard


def tell_view(card: EnvCard, seat: str | None) -> str:
    """Returns who sees what a picture shows."""
    if is_shared(card):
        return "every seat sees all of it" if seat is None else f"as {seat} sees it, which is all there is to see"
    if seat is not None:
        return f"only what {seat} may know"
    return "everything is shown, also what seats may not know"
