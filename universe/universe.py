"""What can be played, wherever it runs: a universe opens environments, here or at a service."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, Self

from pydantic import JsonValue

from universe.card import EnvCard
from universe.catalog import Catalog, default_catalog
from universe.streams import Stream
from universe.text_env import Reason, SeatEnd, TextEnv, Turn


class Env(Protocol):
    """An environment in text, used from one thread, for any number of episodes.

    `turns()` is empty exactly when the episode is over. `play` takes one legal action for each turn. The same seed,
    options and actions lead to the same positions, digests and texts, wherever the engine runs.
    """

    @property
    def card(self) -> EnvCard:
        """What is played."""
        ...

    @property
    def variant(self) -> Mapping[str, JsonValue]:
        """The keywords that differ from the card's defaults."""
        ...

    @property
    def arguments(self) -> Mapping[str, JsonValue]:
        """Every keyword of the variant, defaults included."""
        ...

    @property
    def seats(self) -> tuple[str, ...]:
        """The seats of the variant, in the engine's order."""
        ...

    @property
    def fallback(self) -> Literal["forfeit", "random"]:
        """What happens to a seat without a legal answer."""
        ...

    @property
    def max_turns(self) -> int | None:
        """Turns after which an episode ends as capped."""
        ...

    @property
    def n_turns(self) -> int:
        """Turns that were played in this episode."""
        ...

    def draw_options(self, stream: Stream) -> dict[str, JsonValue]:
        """Returns what the card says that a reset is given, drawn from a stream where it is drawn."""
        ...

    def reset(self, seed: int, *, menus: Stream | None = None, options: Mapping[str, JsonValue] | None = None) -> None:
        """Begins an episode; raises `EnvFault` where the environment fails."""
        ...

    def turns(self) -> Sequence[Turn]:
        """Returns a turn for each seat that must act now; empty when the episode is over."""
        ...

    def play(self, actions: Mapping[str, int]) -> None:
        """Plays one legal action for each of the current turns; raises what `TextEnv.play` raises."""
        ...

    def payments(self) -> dict[str, float]:
        """Returns what every seat has earned since the last call (since `reset` at the first)."""
        ...

    def digest(self, payments: Mapping[str, float]) -> bytes:
        """Returns the hash of the current position, reached with `payments`: those since the position before."""
        ...

    def forfeit(self, seat: str) -> None:
        """Ends the episode because `seat` gave no legal answer; the engine does not move."""
        ...

    def stop(self, reason: Reason) -> None:
        """Ends the episode from outside: nobody wins, and the engine does not move."""
        ...

    def outcome(self) -> dict[str, SeatEnd]:
        """Returns how the episode ended for every seat; raises `UniverseError` where it has not."""
        ...

    def close(self) -> None:
        """Frees the environment."""
        ...


class CardFinder(Protocol):
    """Knows cards by name."""

    def find(self, name: str) -> EnvCard:
        """Returns the card of a name in any of its forms; raises `UnknownEnv` where there is none."""
        ...


class Universe(CardFinder, Protocol):
    """Environments that can be opened; may be used from several threads, each with environments of its own."""

    @property
    def is_remote(self) -> bool:
        """Whether engines run elsewhere: turns then have no glimpse, and nothing is drawn."""
        ...

    def cards(self) -> Sequence[EnvCard]:
        """Returns every card, in the catalogue's order."""
        ...

    def is_playable(self, card: EnvCard) -> bool:
        """Returns whether the packages of a card are installed where its engine would run."""
        ...

    def open(
        self, card: EnvCard, kwargs: Mapping[str, JsonValue] | None = None, *, max_turns: int | None = None
    ) -> Env:
        """Returns an environment; raises what `TextEnv` raises when it is made."""
        ...

    def packages(self) -> Mapping[str, str] | None:
        """Returns the versions of the packages that decide how engines behave; `None` for those of this process."""
        ...

    def close(self) -> None:
        """Frees what it holds; its environments are closed by who opened them."""
        ...


class LocalUniverse:
    """The environments of this process."""

    is_remote = False

    def __init__(self, catalog: Catalog | None = None) -> None:
        self._catalog = default_catalog() if catalog is None else catalog

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def cards(self) -> Sequence[EnvCard]:
        """Returns every card, in the catalogue's order."""
        return list(self._catalog)

    def is_playable(self, card: EnvCard) -> bool:
        """Returns whether the packages of a card are installed."""
        return card.playable

    def find(self, name: str) -> EnvCard:
        """Returns the card of a name in any of its forms; raises `UnknownEnv` where there is none."""
        return self._catalog.find(name)

    def open(
        self, card: EnvCard, kwargs: Mapping[str, JsonValue] | None = None, *, max_turns: int | None = None
    ) -> TextEnv:
        """Returns an environment; raises what `TextEnv` raises when it is made."""
        return TextEnv(card, kwargs, max_turns=max_turns)

    def packages(self) -> Mapping[str, str] | None:
        """Returns `None`: they are those of this process."""
        return None

    def close(self) -> None:
        """Does nothing: a catalogue holds nothing open."""
