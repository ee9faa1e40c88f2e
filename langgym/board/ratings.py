"""The page of ratings: which arenas there are, and who is how strong in one of them."""

from collections.abc import Mapping, Sequence

import altair as alt
import streamlit as st

from langgym.board.showing import Place, choose, say, show_table
from langgym.query.arena import Rating, read_arenas, read_ratings
from langgym.views.arena import (
    ANSWERS,
    ARENA_COLUMNS,
    CONDUCT_COLUMNS,
    NO_ARENA,
    NO_RATINGS,
    RATING_COLUMNS,
    describe_arena,
    has_misses,
    list_tables,
)


def show_ratings(place: Place) -> None:
    """Shows the page."""
    db = place.open()
    arenas = {arena.key: arena for arena in read_arenas(db).items}
    if not arenas:
        return say(NO_ARENA)
    show_table(ARENA_COLUMNS, arenas.values(), key="arenas")
    key = choose("Arena", list(arenas), key="arena", show=lambda key: f"{key}: {', '.join(arenas[key].players)}")
    page = read_ratings(db, key)
    say(describe_arena(page))
    if not page.items:
        return say(NO_RATINGS)
    for number, table in enumerate(list_tables(page)):
        st.divider()
        say(table.name)
        st.altair_chart(_draw_ratings(table.items), width="stretch", key=f"chart {number}")
        show_table(RATING_COLUMNS, table.items, key=f"ratings {number}")
    if has_misses(page):
        st.divider()
        say(ANSWERS)
        show_table(CONDUCT_COLUMNS, page.conduct, key="answers")
    return None


def _draw_ratings(items: Sequence[Rating]) -> "alt.LayerChart | alt.FacetChart":
    """Returns the points of each player with their interval, the strongest at the top."""
    values: list[Mapping[str, str | float]] = [
        {"player": row.player, "points": row.points, "low": row.low, "high": row.high} for row in items
    ]
    base = alt.Chart(alt.InlineData(values=values)).encode(y=alt.Y("player:N", title=None, sort=None))
    interval = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title="points, with 95 % interval"), x2="high:Q")
    point = base.mark_point(filled=True, size=80).encode(
        x="points:Q", tooltip=["player:N", "points:Q", "low:Q", "high:Q"]
    )
    return alt.layer(interval, point)
