"""The frame of the dashboard: what it was started with, which page is shown, and the one place where errors end."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import streamlit as st

from agents_db.errors import AgentsDBError, NoStore
from langgym.board.choices import show_choices
from langgym.board.comparing import show_agents
from langgym.board.episodes import show_episodes
from langgym.board.experiments import show_experiments
from langgym.board.mapping import show_map
from langgym.board.ratings import show_ratings
from langgym.board.showing import Place, say
from langgym.errors import LangGymError
from langgym.home import find_home
from universe.errors import UniverseError

PAGES: Mapping[str, Callable[[Place], None]] = {
    "Episodes": show_episodes,
    "Agents": show_agents,
    "Ratings": show_ratings,
    "Choices": show_choices,
    "Memory map": show_map,
    "Experiments": show_experiments,
}


def show_dashboard(arguments: Sequence[str]) -> None:
    """Shows the page that the address names; runs anew whenever something is chosen."""
    st.set_page_config(page_title="LangGym", layout="wide")
    place = _read_arguments(arguments)
    names = list(PAGES)
    if "page" not in st.session_state:
        asked = st.query_params.get("page", names[0])
        st.session_state["page"] = asked if asked in names else names[0]
    with st.sidebar:
        st.title("LangGym")
        name = st.radio("Page", names, key="page")
        say(f"home: {place.home}")
    st.query_params["page"] = name
    st.header(name)
    try:
        PAGES[name](place)
    except NoStore:
        st.info("Nothing is stored here yet.")
        say("langgym play --agent ada")
    except (LangGymError, UniverseError, AgentsDBError, OSError) as error:
        st.error("This cannot be shown.")
        say(str(error))


def _read_arguments(arguments: Sequence[str]) -> Place:
    parser = argparse.ArgumentParser(prog="streamlit run langgym/dashboard.py --", description=__doc__)
    parser.add_argument("--home", type=Path, help="the home folder; else LANGGYM_HOME or the user's")
    parser.add_argument("--experiments", type=Path, default=Path("experiments"), help="what simple.py wrote into")
    given = parser.parse_args(list(arguments))
    return Place(find_home(given.home), given.experiments)
