"""The universe of a service, with the same contract as the local one."""

import json
import threading
from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import JsonValue

from universe.card import EnvCard
from universe.catalog import find_id
from universe.client.env import RemoteEnv
from universe.client.link import PATIENCE, Link
from universe.client.tables import OwnTable, make_table
from universe.errors import ServiceError
from universe.service.wire import EndBody, EnvPage, EnvSummary, House

_PAGE = 100


class RemoteUniverse:
    """A universe at an address; may be used from several threads, each with environments of its own.

    What the service has is asked for once: its catalogue, a card, the seats of a variant.
    """

    is_remote = True

    def __init__(self, url: str, token: str | None = None, *, patience: float = PATIENCE) -> None:
        """Prepares to ask; nothing is sent yet.

        Args:
            url: Of the service: `http://127.0.0.1:8642`.
            token: Of the service, where it has one.
            patience: Seconds for which it is waited for when it does not answer.

        Raises:
            ServiceError: The address is none.
        """
        self.link = Link(url, token, patience=patience)
        self._lock = threading.Lock()
        self._listed: dict[str, EnvSummary] = {}
        self._cards: dict[str, EnvCard] = {}
        self._seats: dict[str, tuple[str, ...]] = {}
        self._house: House | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The service's address."""
        return self.link.url

    def cards(self) -> Sequence[EnvCard]:
        """Returns every card, in the catalogue's order."""
        return [self._find_card(env_id) for env_id in self._list()]

    def is_playable(self, card: EnvCard) -> bool:
        """Returns whether the packages of a card are installed at the service."""
        summary = self._list().get(card.env_id)
        return summary is not None and summary.playable

    def find(self, name: str) -> EnvCard:
        """Returns the card of a name in any of its forms.

        Raises:
            UnknownEnv: The service has no environment of this name; the error names the nearest.
            ServiceAway: It does not answer.
        """
        return self._find_card(find_id(name, self._list()))

    def open(
        self, card: EnvCard, kwargs: Mapping[str, JsonValue] | None = None, *, max_turns: int | None = None
    ) -> RemoteEnv:
        """Returns an environment of the service.

        Args:
            card: What to play.
            kwargs: Keywords that the card accepts.
            max_turns: Turns of the episode after which it ends as capped; the card's own cap holds as well.

        Raises:
            UnknownEnv: The service has no such environment.
            BadKwargs: A keyword is unknown, or the engine allows no second value of it in the service's process.
            MissingExtra: The environment's package is not installed there.
            EnvFault: The environment could not be made.
            ServiceAway: It does not answer.
        """
        known = self._find_card(find_id(card.env_id, self._list()))
        seats = self._find_seats(known, known.variant(kwargs or {}))
        return RemoteEnv(self.link, known, kwargs or {}, seats=seats, max_turns=max_turns)

    def packages(self) -> Mapping[str, str]:
        """Returns the versions of the packages that decide how the service's engines behave."""
        return self.house().packages

    def house(self) -> House:
        """Returns what the service is, who can be asked to sit at a table, and its limits."""
        if self._house is None:
            self._house = self.link.get("/v1/house", House)
        return self._house

    def close(self) -> None:
        """Closes its connections; environments that are open are given back by who opened them."""
        self.link.close()

    def _list(self) -> Mapping[str, EnvSummary]:
        with self._lock:
            if not self._listed:
                self._listed = self._fetch_list()
            return self._listed

    def _fetch_list(self) -> dict[str, EnvSummary]:
        found: dict[str, EnvSummary] = {}
        params: dict[str, str | int] = {"limit": _PAGE}
        while True:
            page = self.link.get("/v1/envs", EnvPage, params=params)
            found |= {item.env_id: item for item in page.items}
            if page.next is None or not page.items:
                return found
            params["after"] = page.next

    def _find_card(self, env_id: str) -> EnvCard:
        if env_id not in self._cards:
            card = self.link.get(f"/v1/envs/{env_id}", EnvCard)
            if card.env_id != env_id:
                raise ServiceError(f"The universe at {self.url} gave the card of {card.env_id} for {env_id}.")
            self._cards[env_id] = card
        return self._cards[env_id]

    def _find_seats(self, card: EnvCard, variant: Mapping[str, JsonValue]) -> tuple[str, ...]:
        """Returns the seats of a variant, which a table of it tells that is given back at once."""
        key = json.dumps([card.env_id, variant], sort_keys=True)
        if key not in self._seats:
            made = make_table(self.link, card.env_id, kwargs=variant, seats={"*": "mine"}, seed=0)
            OwnTable(self.link, made).end(EndBody(reason="silent"))
            self._seats[key] = tuple(seat.seat for seat in made.table.seats)
        return self._seats[key]
