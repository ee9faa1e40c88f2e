"""The page of the memory map: what lies near each other means the like."""

import altair as alt
import streamlit as st

from langgym.board.showing import PAGE, Place, choose, choose_row, say, show_text
from langgym.query.agents import read_agents
from langgym.query.atlas import MemoryMap, read_map
from langgym.query.memories import read_memories, read_memory
from langgym.views.agents import NO_AGENT
from langgym.views.blocks import tell_blocks
from langgym.views.curves import format_share
from langgym.views.memories import choose_columns, list_memory_blocks


def show_map(place: Place) -> None:
    """Shows the page."""
    db = place.open()
    agents = sorted(read_agents(db).items, key=lambda agent: -agent.n_memories)
    if not agents:
        return say(NO_AGENT)
    name = choose("Agent", [agent.name for agent in agents], key="agent of map")
    assert name is not None
    found = read_map(db, name)
    if found.points:
        say(_describe(found))
        st.altair_chart(_draw_map(found), width="stretch", key=f"map of {name}")
    else:
        say("no memory of this agent has a vector: the map is empty")
    page = read_memories(db, name, limit=PAGE)
    if not page.items:
        return say("this agent remembers nothing yet")
    marked = choose_row(choose_columns(one_agent=True, one_state=True), page.items, key=f"memories of {name}")
    key = f"memory of {name}"
    if marked is not None and st.session_state.get("marked memory") != marked.memory_id:
        st.session_state["marked memory"] = st.session_state[key] = marked.memory_id
    st.session_state.setdefault(key, page.items[0].memory_id)
    chosen = st.number_input("Memory", min_value=1, step=1, key=key)
    blocks = list_memory_blocks(read_memory(db, int(chosen)), prompts=False)
    show_text("\n".join(tell_blocks(blocks, in_full=True)))
    return None


def _describe(found: MemoryMap) -> str:
    older = f"; {found.n_left_out:,} older ones are left out" if found.n_left_out else ""
    kept = "" if found.kept is None else f"; the plane shows {format_share(found.kept)} of how they differ"
    return f"{len(found.points):,} memories by their vectors (principal components){older}{kept}"


def _draw_map(found: MemoryMap) -> "alt.Chart":
    values = [point.model_dump() for point in found.points]
    axis = alt.Axis(labels=False, ticks=False, title=None)
    return (
        alt.Chart(alt.InlineData(values=values))
        .mark_point(size=60, opacity=0.65, filled=True)
        .encode(
            x=alt.X("x:Q", axis=axis, scale=alt.Scale(zero=False)),
            y=alt.Y("y:Q", axis=axis, scale=alt.Scale(zero=False)),
            color=alt.Color("env_id:N", title="environment", scale=alt.Scale(scheme="tableau20")),
            shape=alt.Shape("kind:N"),
            tooltip=["memory_id:Q", "kind:N", "env_id:N", "outcome:Q"],
        )
        .properties(height=460)
        .interactive()
    )
