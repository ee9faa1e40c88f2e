"""The catalogue of environments: registering cards, finding one by any of its names, suggesting the nearest."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.metadata import entry_points

from pydantic import TypeAdapter

from universe.card import EnvCard
from universe.errors import BadCard, UnknownEnv

ENTRY_POINTS = "langgym.environments"
"""The group of entry points through which other packages add cards.

An entry point names an `EnvCard`, an iterable of cards, or a function without arguments that returns either.
"""


SHORTEST_PART = 3
"""Characters of a part of a name from which on it suggests the names that hold it."""


class Catalog:
    """Cards by id, in the order in which they were registered."""

    def __init__(self, cards: Iterable[EnvCard] = ()) -> None:
        self._cards: dict[str, EnvCard] = {}
        self.problems: list[str] = []
        """What went wrong with other packages' cards, one line each."""
        for card in cards:
            self.register(card)

    def __iter__(self) -> Iterator[EnvCard]:
        return iter(self._cards.values())

    def __len__(self) -> int:
        return len(self._cards)

    def register(self, card: EnvCard) -> None:
        """Adds a card.

        Raises:
            BadCard: The id is taken.
        """
        if card.env_id in self._cards:
            raise BadCard(f"There is already an environment {card.env_id!r}.")
        self._cards[card.env_id] = card

    def find(self, name: str) -> EnvCard:
        """Returns the card of `classic/chess_v6`, `classic/chess-v6`, `classic/chess` or `chess`.

        Without a version the newest is meant; without a suite the name must be the only one of its kind.

        Raises:
            UnknownEnv: No environment has this name; the error names the nearest.
        """
        return self._cards[find_id(name, self._cards)]

    def suggest(self, name: str, n: int = 3) -> list[str]:
        """Returns the ids that look most like `name`, nearest first."""
        return _suggest(name, self._cards, n)


def find_id(name: str, env_ids: Collection[str]) -> str:
    """Returns the id that a name means, in any of the forms that `Catalog.find` knows.

    Raises:
        UnknownEnv: None of the ids has this name; the error names the nearest.
    """
    wanted = _plain(name)
    if wanted in env_ids:
        return wanted
    unversioned = [env_id for env_id in env_ids if wanted == _bare(env_id)]
    if unversioned:
        return max(unversioned, key=_version)
    local = [env_id for env_id in env_ids if wanted in (_local(env_id), _bare(_local(env_id)))]
    if len({env_id.split("/")[0] for env_id in local}) == 1:
        return max(local, key=_version)
    raise UnknownEnv(name, local or _suggest(name, env_ids, 3))


def _suggest(name: str, env_ids: Collection[str], n: int) -> list[str]:
    wanted = _plain(name)
    forms: Mapping[str, str] = {
        form: env_id for env_id in env_ids for form in (env_id, _bare(env_id), _bare(_local(env_id)))
    }
    holding = [form for form in forms if len(wanted) >= SHORTEST_PART and wanted in form]
    near = [*holding, *get_close_matches(wanted, forms, n=3 * n, cutoff=0.6)]
    return list(dict.fromkeys(forms[form] for form in near))[:n]


@cache
def default_catalog() -> Catalog:
    """Returns the catalogue of the built-in cards and those of installed packages."""
    from universe.cards import BUILT_IN

    catalog = Catalog(BUILT_IN)
    for point in entry_points(group=ENTRY_POINTS):
        try:
            for card in _read_cards(point.load()):
                catalog.register(card)
        except Exception as error:  # a broken package must not take the universe down
            catalog.problems.append(f"Environments of {point.value!r} are left out: {type(error).__name__}: {error}")
    return catalog


def _read_cards(found: object) -> Iterable[EnvCard]:
    """Returns what an entry point means: a card, cards, or a function that makes either."""
    if isinstance(found, EnvCard):
        return [found]
    cards: object = found() if callable(found) else found
    return [cards] if isinstance(cards, EnvCard) else TypeAdapter(list[EnvCard]).validate_python(cards)


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_")


def _bare(env_id: str) -> str:
    return re.sub(r"_v\d+$", "", env_id)


def _local(env_id: str) -> str:
    return env_id.split("/")[-1]


def _version(env_id: str) -> int:
    return int(env_id.rsplit("_v", 1)[1])
