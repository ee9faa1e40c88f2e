"""What decided how an episode went: versions of packages, the commit of the code."""

import subprocess
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from agents_db.records import EpisodeRecord
from langgym import __version__
from langgym.prompts import templates_hash
from universe.card import EnvCard

PACKAGES = ("pettingzoo", "mpe2", "rlcard", "chess", "open_spiel", "numpy")


@cache
def find_packages() -> Mapping[str, str]:
    """Returns the versions of the packages that decide how environments behave."""
    found: dict[str, str] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def find_commit() -> str | None:
    """Returns the commit of the checkout that this code runs from, or `None` where it is installed."""
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=False, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def speaks_alike(episode: EpisodeRecord, card: EnvCard) -> bool:
    """Returns whether a turn of the episode would be shown today as it was when the episode began."""
    then = (episode.templates, episode.text_version, episode.situation_version)
    return then == (templates_hash(), card.text_version, card.situation_version)


def describe_drift(episode: EpisodeRecord, packages: Mapping[str, str] | None = None) -> str:
    """Returns which packages of an episode have changed since, and what a person can do.

    Args:
        episode: What is gone on with.
        packages: Those where its engine runs; `None` for those that are installed here.
    """
    now = find_packages() if packages is None else packages
    changed = [
        f"{name} {then} then, {now.get(name)} now" for name, then in episode.packages.items() if now.get(name) != then
    ]
    return (
        f"LangGym {episode.langgym_version} then, {__version__} now. "
        f"Packages of episode {episode.episode_id} of {episode.env_id}: {', '.join(changed) or 'the same as then'}. "
        "Install those versions, or go on with `langgym resume --accept-drift`, which marks the episode."
    )
