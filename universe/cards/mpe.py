"""Cards of the multi-particle environments."""

from universe.card import EnvCard

MPE: tuple[EnvCard, ...] = ()
