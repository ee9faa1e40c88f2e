"""Ratings as tables and lines."""

from typing import TYPE_CHECKING

from langgym.views.columns import Column

if TYPE_CHECKING:
    from langgym.query.arena import Conduct, Rating, RatingsPage
    from langgym.views.columns import Columns

NO_RATINGS = "no game has counted yet"

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


def has_versions(page: "RatingsPage") -> bool:
    """Returns whether the table of versions says more than that of players."""
    return len(page.versions) > len(page.items)


def has_misses(page: "RatingsPage") -> bool:
    """Returns whether anybody has answered what was not legal."""
    return any(row.n_fallbacks or row.n_illegal for row in page.conduct)


def _count(n: int, word: str) -> str:
    return f"{n:,} {word if n == 1 else word + 's'}"
