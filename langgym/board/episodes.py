"""The page of episodes: a list by pages, and one of them turn by turn, its picture beside what was asked and said."""

import re
from datetime import datetime
from itertools import islice

import streamlit as st

from agents_db.store import AgentsDB
from langgym.board.episode import show_episode
from langgym.board.showing import PAGE, Place, choose, choose_row, say
from langgym.query.agents import read_agents
from langgym.query.episodes import EpisodesPage, read_episode_ids, read_episode_items, read_episodes
from langgym.query.filters import FilterError
from langgym.query.values import find_next
from langgym.views.episodes import EPISODE_COLUMNS, NO_EPISODE

EVERYBODY = "everybody"
_NUMBER = re.compile(r"[0-9]{1,15}")
_CHOSEN, _BEFORE = "episode", "episodes before"


def show_episodes(place: Place) -> None:
    """Shows the page."""
    db = place.open()
    _take_address()
    page = _choose_page(db)
    narrowed = st.session_state["listed"] != (EVERYBODY, "")
    if page.items:
        say(_tell_page(page))
        marked = choose_row(EPISODE_COLUMNS, page.items, key=f"list {st.session_state.get(_BEFORE)}")
        if marked is not None and st.session_state.get("marked") != marked.episode_id:
            st.session_state["marked"] = st.session_state[_CHOSEN] = marked.episode_id
        st.session_state.setdefault(_CHOSEN, page.items[0].episode_id)
    else:
        say("no episode here fits" if narrowed else NO_EPISODE)
        if not st.session_state.get(_CHOSEN):
            return
    chosen = st.number_input("Episode", min_value=1, step=1, key=_CHOSEN)
    st.query_params[_CHOSEN] = str(chosen)
    show_episode(place, db, int(chosen))


def _take_address() -> None:
    """Takes the episode and the turn that the address names, where nothing was chosen since."""
    episode, turn = (st.query_params.get(name, "") for name in (_CHOSEN, "turn"))
    if _CHOSEN in st.session_state or not _NUMBER.fullmatch(episode) or not int(episode):
        return
    st.session_state[_CHOSEN] = int(episode)
    if _NUMBER.fullmatch(turn):
        st.session_state[f"turn {episode}"] = int(turn)


def _choose_page(db: AgentsDB) -> EpisodesPage:
    names = [agent.name for agent in read_agents(db).items]
    left, middle, older, newest = st.columns([2, 4, 1, 1], vertical_alignment="bottom")
    with left:
        agent = choose("Agent", [EVERYBODY, *names], key="agent of episodes")
    with middle:
        where = st.text_input("Filter", key="filter of episodes", placeholder="env:tictactoe result:win turns:>5")
    st.session_state.setdefault(_BEFORE, None)
    if (agent, where) != st.session_state.get("listed"):
        st.session_state["listed"], st.session_state[_BEFORE] = (agent, where), None
    page = _read_page(db, None if agent == EVERYBODY else agent, where, st.session_state[_BEFORE])
    older.button("Older", disabled=page.next is None, on_click=_turn_page, args=(page.next,), width="stretch")
    newest.button(
        "Newest",
        disabled=st.session_state[_BEFORE] is None,
        on_click=_turn_page,
        args=(None,),
        width="stretch",
    )
    return page


def _tell_page(page: EpisodesPage) -> str:
    """Returns which episodes a page lists, and how many more there may be; soon to be seen, as tables are not."""
    first, last = page.items[0], page.items[-1]
    more = "the oldest that fit" if page.next is None else "older ones follow"
    return f"{len(page.items)} episodes, {first.episode_id} to {last.episode_id}, newest first; {more}"


def _turn_page(before: int | None) -> None:
    st.session_state[_BEFORE] = before


def _read_page(db: AgentsDB, agent: str | None, where: str, before: int | None) -> EpisodesPage:
    if not where.strip():
        return read_episodes(db, agent=agent, limit=PAGE, before=before)
    wanted = where if agent is None else f"{where} agent:{agent}"
    try:
        found = read_episode_ids(db, wanted, now=datetime.now().astimezone())
    except FilterError as error:
        say(str(error))
        return EpisodesPage(items=(), next=None)
    ids = list(islice((each for each in found if before is None or each < before), PAGE))
    return EpisodesPage(items=tuple(read_episode_items(db, ids)), next=find_next(ids, PAGE))
