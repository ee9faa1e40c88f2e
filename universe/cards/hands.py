"""Cards of the classic games with hidden hands: Hanabi and poker."""

from universe.card import EnvCard

HANDS: tuple[EnvCard, ...] = ()
