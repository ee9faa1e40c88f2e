"""Playing in a universe that a service holds: opening it, and what its absence means for a run."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Self

from langgym.errors import UniverseAway
from universe.errors import ServiceAway
from universe.universe import LocalUniverse, Universe

TOKEN_VARIABLE = "LANGGYM_UNIVERSE_TOKEN"
"""Holds the service's token; it is stored nowhere."""


class Universes:
    """The universes that runs play in, each opened once; a context manager that closes what it opened."""

    def __init__(self) -> None:
        self._open: dict[str | None, Universe] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for universe in self._open.values():
            universe.close()
        self._open = {}

    def find(self, url: str | None) -> Universe:
        """Returns the universe at an address, or that of this process where there is none.

        Raises:
            ServiceError: The address is none.
        """
        if url not in self._open:
            self._open[url] = LocalUniverse() if url is None else _reach(url)
        return self._open[url]


def check_address(url: str) -> str:
    """Returns the address of a service; raises `ServiceError` where it is none, or holds a secret."""
    from universe.client.link import check_url

    return check_url(url)


def _reach(url: str) -> Universe:
    from universe.client.remote import RemoteUniverse

    return RemoteUniverse(url, os.environ.get(TOKEN_VARIABLE))


@contextmanager
def heed_absence() -> Generator[None]:
    """Turns the absence of the service into the error that ends a run as a model's provider does."""
    try:
        yield
    except ServiceAway as error:
        raise UniverseAway(str(error)) from error
