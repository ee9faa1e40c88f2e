"""Cards of Atari games without words of their own, for tests of what all games share."""

from pydantic import JsonValue

from universe.atari.console import Cartridge
from universe.atari.session import Rules, Session
from universe.card import Baseline, EnvCard
from universe.cards.atari import ALL_STICKS, atari_card

NOBODY = Baseline(mean=0.0, sd=0.0, episodes=1)
PONG = Cartridge(game="pong_v3", solo=False, arguments={})


def plain_card(name: str = "pong_v3", *, n_seats: int = 2, **fixed: JsonValue) -> EnvCard:
    """Returns the card of a game in plain shapes."""
    card = atari_card(
        env_id=f"atari/{name}",
        title=name,
        summary="A test.",
        rules="None.",
        reward="Whatever the game pays.",
        renderer="universe.renderers.atari.generic:GenericRenderer",
        sticks=ALL_STICKS,
        frames=12,
        baseline={role: NOBODY for role in ("first", "second", "third", "fourth")},
        typical_turns=30,
        trains=("tactics",),
        n_seats=n_seats,
        max_turns=30,
    )
    return card.model_copy(update={"fixed": {**card.fixed, **fixed}})


def make_rules(**changed: object) -> Rules:
    """Returns rules for pong with some of them changed."""
    given: dict[str, object] = {"sticks": ("NOOP", "FIRE", "RIGHT", "LEFT"), "frames": 12, **changed}
    return Rules(**given)  # pyright: ignore[reportArgumentType]


def make_session(**changed: object) -> Session:
    """Returns a session of pong in this process."""
    return Session(PONG, make_rules(**changed))
