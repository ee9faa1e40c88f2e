"""Who may do what at a table, by the token that a request brings."""

from universe.service.contracts import GUEST
from universe.service.table import Table
from universe.service.tokens import agrees, hash_token


def plays_seat(table: Table | None, seat: str, token: str | None, now: float) -> bool:
    """Whether a token plays a seat: the seat's own, or that of who made the table where the seat was theirs.

    Takes the same time whether the table, the seat or the token is unknown, expired or another's.
    """
    hashed = hash_token(token or "")
    chair = table.chairs.get(seat) if table is not None else None
    claim = chair.claim if chair is not None else None
    own = agrees(hashed, claim.token_hash if claim is not None else None)
    owner = agrees(hashed, table.draft.owner_hash if table is not None else None)
    return (own and claim is not None and claim.expires_at > now) or (
        owner and chair is not None and chair.who == GUEST
    )


def made_table(table: Table | None, token: str | None) -> bool:
    """Whether a token is that of who made a table."""
    return agrees(hash_token(token or ""), table.draft.owner_hash if table is not None else None)
