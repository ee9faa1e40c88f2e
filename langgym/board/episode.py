"""One episode: a turn is chosen, its picture stands beside what was asked, said, recalled and done."""

from pathlib import Path

import streamlit as st

from agents_db.store import AgentsDB
from langgym.board.showing import TALL, Place, choose, say, show_text
from langgym.errors import LangGymError
from langgym.query.episodes import AttemptItem
from langgym.query.memories import read_memory_items
from langgym.query.replay import Replay, ReplayStep, read_replay, read_replay_step
from langgym.views.blocks import Block
from langgym.views.episodes import tell_attempt, tell_recalled
from langgym.views.replay import describe_life, is_settled, list_step_blocks
from universe.errors import UniverseError

SPECTATOR = "spectator"
PICTURE_WIDTH = 480


def show_episode(place: Place, db: AgentsDB, episode_id: int) -> None:
    """Shows an episode; raises `NotStored`."""
    replay = read_replay(db, episode_id)
    show_text("\n".join(describe_life(replay)))
    turn = _choose_turn(replay)
    left, right = st.columns([2, 3])
    with left:
        _show_picture(place.home, db, replay, turn)
    with right:
        _show_turn(db, replay, turn)
    say(f"langgym episodes film {episode_id} out.gif")


def _choose_turn(replay: Replay) -> int:
    key = f"turn {replay.episode_id}"
    if replay.n_turns == 0:
        return 0
    st.session_state[key] = min(st.session_state.get(key, 0), replay.n_turns)
    turn = st.slider("Turn", 0, replay.n_turns, key=key)
    st.query_params["turn"] = str(turn)
    return turn


def _show_picture(home: Path, db: AgentsDB, replay: Replay, turn: int) -> None:
    seats = [part.seat for part in replay.participations]
    view = choose("Seen by", [SPECTATOR, *seats], key=f"view {replay.episode_id}")
    seat = None if view in (None, SPECTATOR) else view
    try:
        from langgym.pictures.album import Album  # what draws is slow to load
        from langgym.pictures.words import tell_view
        from universe.catalog import default_catalog

        picture = Album(home).find(db, replay.episode_id, turn, seat=seat)
        with st.container(border=True):
            st.image(picture, width=PICTURE_WIDTH)
        say(tell_view(default_catalog().find(replay.env_id), seat))
    except (LangGymError, UniverseError) as error:
        st.info("No picture.")
        say(str(error))


def _show_turn(db: AgentsDB, replay: Replay, turn: int) -> None:
    seats = [item.seat for item in replay.spine if item.turn == turn]
    if not seats:
        say("the last position: nothing was decided in it" if turn else "nothing has been decided yet")
        return
    seat = choose("Decision of", seats, key=f"decision {replay.episode_id}")
    shown = read_replay_step(db, replay.episode_id, turn, seat)
    blocks = {block.name: block for block in list_step_blocks(shown, in_full=True, settled=is_settled(replay, turn))}
    _show_block(blocks["decision"])
    for attempt in shown.step.attempts:
        _show_reply(attempt)
    _show_prompt(shown)
    _show_memories(db, shown)
    for name in ("advice", "outcome"):
        if name in blocks:
            _show_block(blocks[name])


def _show_block(block: Block) -> None:
    show_text("\n".join([block.title, *(f"  {line}" for line in block.lines)]), height=TALL)


def _show_reply(attempt: AttemptItem) -> None:
    say(tell_attempt(attempt))
    if attempt.reply is not None:
        show_text(attempt.reply, height=TALL)


def _show_prompt(shown: ReplayStep) -> None:
    prompt = next((attempt.prompt for attempt in shown.step.attempts if attempt.prompt is not None), None)
    if prompt is not None:
        st.subheader("Prompt")
        show_text("\n\n".join(f"--- {each.role}: {each.section}\n{each.text}" for each in prompt), height=TALL)
    elif shown.board is not None:
        st.subheader("Board")
        show_text(shown.board, height=TALL)


def _show_memories(db: AgentsDB, shown: ReplayStep) -> None:
    recalled = shown.step.recalled
    if not recalled:
        return
    st.subheader("Recalled memories")
    texts = {memory.memory_id: memory.text for memory in read_memory_items(db, [each.memory_id for each in recalled])}
    for each in recalled:
        say(tell_recalled(each))
        show_text(texts.get(each.memory_id, "(it is gone)"), height=TALL)
