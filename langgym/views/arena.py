"""Arenas and ratings as tables and lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from langgym.views.columns import Column, tell_table
from langgym.views.words import format_time

if TYPE_CHECKING:
    from langgym.query.arena import ArenaItem, Conduct, Rating, RatingsPage
    from langgym.views.columns import Columns

NO_ARENA = "no arena yet; `langgym arena --agents ada,policy:random --envs tictactoe` plays one"
NO_RATINGS = "no game has counted yet"
OVERALL, VERSIONS, ANSWERS = "all environments", "by the version of the memory", "answers"
"""Names of tables beside those of the environments."""

ARENA_COLUMNS: "Columns[ArenaItem]" = (
    Column("arena", lambda arena: arena.key, width=12),
    Column("players", lambda arena: ", ".join(arena.players), width=24),
    Column("environments", lambda arena: ", ".join(arena.envs), width=22, rank=1),
    Column("schedule", lambda arena: arena.schedule, width=11, rank=3),
    Column("memories", lambda arena: "learn" if arena.learn else "frozen", width=8, rank=3),
    Column("games", lambda arena: arena.n_played, width=6, right=True),
    Column("begun", lambda arena: format_time(arena.begun_at), width=16, rank=2),
)

RATING_COLUMNS: "Columns[Rating]" = (
    Column("player", lambda row: row.player, width=20),
    Column("games", lambda row: row.n_games, width=6, right=True),
    Column("score", lambda row: f"{row.score:g}", width=6, right=True),
    Column("points", lambda row: f"{row.points:+.0f}", width=7, right=True),
    Column("95 % interval", lambda row: f"[{row.low:+.0f}, {row.high:+.0f}]", width=16),
    Column("openskill", lambda row: f"{row.mu:.1f} ± {row.sigma:.1f}", width=12, rank=1),
)

CONDUCT_COLUMNS: "Columns[Conduct]" = (
    Column("player", lambda row: row.player, width=20),
    Column("decisions", lambda row: row.n_decisions, width=9, right=True),
    Column("fallbacks", lambda row: row.n_fallbacks, width=9, right=True),
    Column("illegal at first", lambda row: row.n_illegal, width=16, right=True),
)


def describe_arena(page: "RatingsPage") -> str:
    """Returns what was played, in one line."""
    name = "several arenas" if page.key is None else f"arena {page.key}"
    kept = "agents learn" if page.learn else "memories frozen"
    told = f"{name}: {page.schedule}, seed {page.seed}, {kept}; {_count(page.n_played, 'game')}"
    counted = "" if page.n_counted == page.n_played else f", counted as {page.n_counted}"
    failed = f", {page.n_failed} failed" if page.n_failed else ""
    unfinished = f", {page.n_open} not ended" if page.n_open else ""
    return f"{told}{counted}{failed}{unfinished}"


@dataclass(frozen=True, slots=True)
class RatingTable:
    """The ratings in an environment, in all of them, or of versions of a memory."""

    name: str
    items: "Sequence[Rating]"


def list_tables(page: "RatingsPage") -> list[RatingTable]:
    """Returns the tables of ratings that say something of their own, in order."""
    tables = [RatingTable(env.env_id, env.items) for env in page.envs]
    if len(tables) > 1:
        tables.append(RatingTable(OVERALL, page.items))
    if has_versions(page):
        tables.append(RatingTable(VERSIONS, page.versions))
    return tables


def tell_ratings(page: "RatingsPage") -> list[str]:
    """Returns what was played and every table, line by line."""
    lines = [describe_arena(page)]
    for table in list_tables(page):
        lines += ["", table.name, *tell_table(RATING_COLUMNS, table.items)]
    if has_misses(page):
        lines += ["", ANSWERS, *tell_table(CONDUCT_COLUMNS, page.conduct)]
    return lines


def has_versions(page: "RatingsPage") -> bool:
    """Returns whether the table of versions says more than that of players."""
    return len(page.versions) > len(page.items)


def has_misses(page: "RatingsPage") -> bool:
    """Returns whether anybody has answered what was not legal."""
    return any(row.n_fallbacks or row.n_illegal for row in page.conduct)


def _count(n: int, word: str) -> str:
    return f"{n:,} {word if n == 1 else word + 's'}"
