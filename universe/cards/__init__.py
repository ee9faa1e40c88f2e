"""The built-in cards: static facts that import no game."""

from universe.cards.atari_boards import ATARI_BOARDS
from universe.cards.atari_creatures import ATARI_CREATURES
from universe.cards.atari_duels import ATARI_DUELS
from universe.cards.atari_paddles import ATARI_PADDLES
from universe.cards.atari_shapes import ATARI_SHAPES
from universe.cards.boards import BOARDS
from universe.cards.hands import HANDS
from universe.cards.mpe import MPE

ATARI = (*ATARI_PADDLES, *ATARI_BOARDS, *ATARI_DUELS, *ATARI_CREATURES, *ATARI_SHAPES)
"""Every card of an Atari game."""

BUILT_IN = (*BOARDS, *HANDS, *MPE, *ATARI)
"""Every built-in card, in the order in which they are listed."""
