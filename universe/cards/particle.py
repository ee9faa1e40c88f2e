"""Words and keywords that the cards of the multi-particle environments share; figures from mpe2's `core.py`."""

from universe.card import Kwarg

REQUIRES = "mpe2"

TURNS = Kwarg(name="max_cycles", default=25, meaning="turns of an episode", minimum=1, maximum=1000)
"""How long an episode lasts."""

SUCCESS = Kwarg(name="terminate_on_success", default=False, meaning="whether the episode ends as soon as all is done")
"""Whether success ends an episode."""

CUT = "An episode is cut off after 25 turns (`max_cycles`)."


def moving(gain: str = "0.5", carry: str = "0.2", top: str = "") -> str:
    """Returns how bodies move: what a push adds to the velocity, how far it carries in all, the top speed."""
    return (
        "A move is a push (left, right, down, up) or `stay`. Each turn every body first travels a tenth of its "
        f"velocity, then keeps three quarters of its velocity, then its push adds {gain} to it{top}. So a push shows "
        f"in the place only from the next turn on and carries {carry} in all; the last turn's push never pays. There "
        "are no walls."
    )


BUMP = "Bodies that overlap push each other apart, the harder the deeper."
"""What collisions do."""


def number(name: str, default: int, meaning: str, *, minimum: int, maximum: int) -> Kwarg:
    """Returns a keyword that counts something."""
    return Kwarg(name=name, default=default, meaning=meaning, minimum=minimum, maximum=maximum)
