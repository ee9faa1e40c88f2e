"""The built-in cards, one module per suite: static facts that import no game."""

from universe.cards.classic import CLASSIC
from universe.cards.mpe import MPE

BUILT_IN = (*CLASSIC, *MPE)
"""Every built-in card, in the order in which they are listed."""
