"""The built-in cards: static facts that import no game."""

from universe.cards.boards import BOARDS
from universe.cards.hands import HANDS
from universe.cards.mpe import MPE

BUILT_IN = (*BOARDS, *HANDS, *MPE)
"""Every built-in card, in the order in which they are listed."""
