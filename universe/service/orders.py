"""What is asked for when a table is to be made, read against its card and the house."""

from collections.abc import Mapping
from dataclasses import dataclass

from universe.card import EnvCard
from universe.errors import BadSeat
from universe.service.contracts import GUEST, OPEN, Claim, House, SeatDraft, TableDraft
from universe.service.episode import Episode
from universe.service.problems import Refusal
from universe.service.tokens import format_time, hash_token, make_id, make_token
from universe.service.wire import NewTable, SeatToken

MINE = "mine"
OTHERS = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A table that is about to begin, with the tokens that are shown this once."""

    draft: TableDraft
    episode: Episode
    claims: Mapping[str, Claim]
    owner_token: str
    tokens: tuple[SeatToken, ...]


def take_order(
    new: NewTable, card: EnvCard, house: House, *, seed: int, decision_seconds: float, expires_at: float
) -> Order:
    """Makes the environment and returns the order; runs in the thread that the environment will live in.

    Raises:
        UniverseError: The environment could not be made, or somebody cannot sit where it is asked to.
    """
    episode = Episode(card, card.variant(new.kwargs), seed=seed, options=new.options, max_turns=new.max_turns)
    try:
        seats = draft_seats(new.seats, episode.env.seats, card, house)
        if new.position and any(seat.who != GUEST for seat in seats):
            raise Refusal(422, "bad_seat", "A position is only shown where every seat is `mine`.")
    except Exception:
        episode.close()
        raise
    owner_token = make_token()
    draft = TableDraft(
        table_id=make_id(),
        env_id=card.env_id,
        kwargs=episode.env.variant,
        seed=seed,
        options=episode.options,
        max_turns=new.max_turns,
        seats=seats,
        owner_hash=hash_token(owner_token),
        decision_seconds=decision_seconds,
    )
    claimed = [make_claim(seat.seat, GUEST, expires_at) for seat in seats if seat.who == GUEST]
    return Order(
        draft=draft,
        episode=episode,
        claims={claim.seat: claim for claim, _ in claimed},
        owner_token=owner_token,
        tokens=tuple(token for _, token in claimed),
    )


def make_claim(seat: str, name: str, expires_at: float) -> tuple[Claim, SeatToken]:
    """Returns the right to a seat as it is kept, and as it is shown."""
    token = make_token()
    claim = Claim(seat=seat, name=name, token_hash=hash_token(token), expires_at=expires_at)
    return claim, SeatToken(seat=seat, token=token, expires_at=format_time(expires_at))


def draft_seats(asked: Mapping[str, str], seats: tuple[str, ...], card: EnvCard, house: House) -> tuple[SeatDraft, ...]:
    """Returns who sits where.

    Raises:
        BadSeat: There is no such seat, or who is asked for cannot play it.
    """
    unknown = next((seat for seat in asked if seat not in (*seats, OTHERS)), None)
    if unknown is not None:
        raise BadSeat(f"{card.env_id} has no seat {unknown[:64]!r}; its seats are {', '.join(seats)}.")
    found: list[SeatDraft] = []
    for seat in seats:
        who = asked.get(seat, asked.get(OTHERS, OPEN))
        if who == MINE:
            who = GUEST
        elif who == GUEST:
            raise BadSeat(f"A seat is {OPEN!r}, {MINE!r} or one of the house's players, not {GUEST!r}.")
        elif who != OPEN and (problem := house.check(who, card, seat)) is not None:
            raise BadSeat(problem)
        found.append(SeatDraft(seat=seat, who=who))
    return tuple(found)
