"""What the heuristic rivals earn, measured: the 1 of a scale on which random play is 0."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from universe.card import EnvCard

REFERENCES = Path(__file__).with_name("references.toml")
"""Written by `python -m langgym.bench rivals --write`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What the heuristic earns in a role of a card's default variant.

    It holds its seat and, where the card has teams, those of its team mates; all other seats play at random.
    """

    mean: float
    sd: float
    """Of the return of one episode, not of the mean."""
    episodes: int


def reference(card: EnvCard, role: str) -> Reference | None:
    """Returns what the heuristic earns in a role; `None` where none was measured, or none better than random play."""
    return load_references(REFERENCES).get((card.env_id, role))


def normalise(card: EnvCard, role: str, total: float) -> float | None:
    """Returns a return, or a mean of returns, between 0 (random play) and 1 (the reference), or beyond.

    `None` where the role has no reference.
    """
    found = reference(card, role)
    if found is None:
        return None
    floor = card.baseline[role].mean
    return (total - floor) / (found.mean - floor)


@cache
def load_references(path: Path) -> Mapping[tuple[str, str], Reference]:
    """Returns the references of a file by environment and role."""
    tables = tomllib.loads(path.read_text("utf-8"))
    return {
        (env_id, role): Reference(mean=float(row["mean"]), sd=float(row["sd"]), episodes=int(row["episodes"]))
        for env_id, roles in tables.items()
        for role, row in roles.items()
    }


def write_references(path: Path, references: Mapping[tuple[str, str], Reference]) -> None:
    """Writes a file of references, sorted by environment and role."""
    lines = ["# What the heuristic rivals earn by role; written by `python -m langgym.bench rivals --write`."]
    for (env_id, role), found in sorted(references.items()):
        lines.append(f'\n["{env_id}".{role}]\nmean = {found.mean:.4g}\nsd = {found.sd:.4g}')
        lines.append(f"episodes = {found.episodes}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    load_references.cache_clear()
