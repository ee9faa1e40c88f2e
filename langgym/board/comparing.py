"""The page of agents: how their returns went, side by side, in what they differ, and what each has played."""

from collections.abc import Mapping, Sequence

import altair as alt
import streamlit as st

from agents_db.store import AgentsDB
from langgym.board.showing import Place, choose, say, show_table
from langgym.prices import load_prices
from langgym.query.agents import read_agent, read_agents
from langgym.query.comparison import Comparison, read_comparison
from langgym.query.curves import CurvesPage, read_curves
from langgym.views.agents import AGENT_COLUMNS, NO_AGENT, SCORE_COLUMNS
from langgym.views.comparison import describe_differences
from langgym.views.curves import CURVE_COLUMNS, NO_CURVE, describe_curve, list_points

EVERYWHERE = "everywhere"
MOST_AGENTS = 8
"""That are compared at once: more lines cannot be told apart."""


def show_agents(place: Place) -> None:
    """Shows the page."""
    db = place.open()
    agents = sorted(read_agents(db).items, key=lambda agent: -agent.n_participations)
    if not agents:
        return say(NO_AGENT)
    show_table(AGENT_COLUMNS, agents, key="agents")
    names = [agent.name for agent in agents]
    chosen: list[str] = st.multiselect("Compare", names, default=names[:2], max_selections=MOST_AGENTS, key="compared")
    if not chosen:
        return say("choose an agent")
    compared = read_comparison(db, chosen)
    _show_curves(db, chosen, compared)
    for name in chosen:
        st.divider()
        say(name)
        show_table(SCORE_COLUMNS, read_agent(db, name, prices=load_prices(place.home)).environments, key=f"of {name}")
    return None


def _show_curves(db: AgentsDB, names: Sequence[str], compared: Comparison) -> None:
    st.subheader("Returns")
    envs = {env.env_id: f"{env.env_id} ({env.n_participations} times)" for env in compared.envs}
    chosen = choose(
        "Environment", [*envs, EVERYWHERE], key="env of curves", show=lambda env_id: envs.get(env_id, env_id)
    )
    page = read_curves(db, names, env_id=None if chosen == EVERYWHERE else chosen)
    if len(names) > 1:
        say(describe_differences(len(names), page.differences))
    say("\n".join(describe_curve(curve) for curve in page.items))
    points = list_points(page)
    if not points:
        say(NO_CURVE)
        return
    st.altair_chart(_draw_curves(page), width="stretch", key="curves")
    with st.expander("The same in numbers"):
        show_table(CURVE_COLUMNS, points, key="points")


def _draw_curves(page: CurvesPage) -> "alt.LayerChart | alt.FacetChart":
    """Returns the mean of each point with its interval; a point stands at its last participation."""
    values: list[Mapping[str, str | float | None]] = [
        {"agent": row.agent, "at": row.point.last, "mean": row.point.mean, "low": row.point.low, "high": row.point.high}
        for row in list_points(page)
    ]
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("at:Q", title="participations finished", axis=alt.Axis(format="d", tickMinStep=1)),
        color=alt.Color("agent:N", title="agent", scale=alt.Scale(scheme="tableau10")),
    )
    band = base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q", title="mean return"), y2="high:Q")
    line = base.mark_line(point=True).encode(
        y=alt.Y("mean:Q", title="mean return"), tooltip=["agent:N", "at:Q", "mean:Q", "low:Q", "high:Q"]
    )
    return alt.layer(band, line)
