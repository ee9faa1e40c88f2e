"""`langgym replay`: an episode decision by decision, as it was or as it goes on."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langgym.cli.output import emit, emit_columns, emit_json, emit_row, say
from langgym.cli.place import AsJson, find_place
from langgym.errors import UsageError

if TYPE_CHECKING:
    from agents_db.store import AgentsDB
    from langgym.query.replay import Replay
    from langgym.views.replay import Move

POLL_SECONDS = 0.25
"""How often it is asked whether another process has written."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("replay")(replay_episode)


def replay_episode(
    ctx: typer.Context,
    episode: Annotated[int, typer.Argument(help="Its id.")],
    step: Annotated[int | None, typer.Option(min=0, help="Everything of this turn, counted from 0.")] = None,
    seat: Annotated[str | None, typer.Option(help="Only the decisions of this seat.")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="With --step: the prompt as it was, not what differs from the one before.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on while another process plays it, until it ends.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Replay an episode: a line for each decision, or with --step everything of one turn.

    Of a turn: the board, the prompt as it differs from the seat's prompt before, every attempt, the decision and where
    it came from, recalled memories, advice, what it earned and what it taught. --json --follow prints a decision a
    line, once it is known what it earned.
    """
    from langgym.cli.reading import open_stored
    from langgym.query.replay import read_replay

    if step is not None and follow:
        raise UsageError("--step shows one turn and --follow goes on: leave one of them out.")
    if full and step is None:
        raise UsageError("--full is of the prompt of one turn: name it by --step.")
    home = find_place(ctx).home
    with open_stored(home, f"episode {episode}") as db:
        replay = read_replay(db, episode)
        seats = [part.seat for part in replay.participations]
        if seat is not None and seat not in seats:
            raise UsageError(f"Episode {episode} has no seat {seat!r}; its seats are {', '.join(seats)}.")
        if step is not None:
            return _show_step(db, replay, step, seat, in_full=full, as_json=as_json)
        if follow:
            return _follow(db, home, episode, seat, as_json=as_json)
    return _show_life(replay, seat, as_json=as_json)


def _show_life(replay: "Replay", seat: str | None, *, as_json: bool) -> None:
    from langgym.views.replay import MOVE_COLUMNS, describe_life, list_moves

    if as_json:
        spine = tuple(item for item in replay.spine if seat in (None, item.seat))
        return emit_json(replay.model_copy(update={"spine": spine}))
    emit("\n".join([*describe_life(replay), ""]))
    moves = [move for move in list_moves(replay) if seat in (None, move.item.seat)]
    if not moves:
        return say("no decision here")
    return emit_columns(MOVE_COLUMNS, moves)


def _show_step(db: "AgentsDB", replay: "Replay", turn: int, seat: str | None, *, in_full: bool, as_json: bool) -> None:
    from langgym.query.replay import read_replay_step
    from langgym.views.blocks import tell_blocks
    from langgym.views.replay import is_settled, list_step_blocks

    seats = [item.seat for item in replay.spine if item.turn == turn and seat in (None, item.seat)]
    if not seats:
        raise UsageError(_explain_none(replay, turn, seat))
    if as_json and len(seats) > 1:
        raise UsageError(f"In turn {turn} there are several decisions: name one by --seat: {', '.join(seats)}.")
    for number, each in enumerate(seats):
        shown = read_replay_step(db, replay.episode_id, turn, each)
        if as_json:
            return emit_json(shown)
        blocks = list_step_blocks(shown, in_full=in_full, settled=is_settled(replay, turn))
        emit("\n".join([*([""] if number else []), *tell_blocks(blocks, in_full=in_full)]))
    return None


def _explain_none(replay: "Replay", turn: int, seat: str | None) -> str:
    turns = [item.turn for item in replay.spine if seat in (None, item.seat)]
    whose = "" if seat is None else f" of {seat}"
    if not turns:
        return f"Episode {replay.episode_id} has no decision{whose} yet."
    nearest = min(turns, key=lambda each: abs(each - turn))
    return (
        f"Episode {replay.episode_id} has no decision{whose} in turn {turn}; they are in turns {min(turns)} to "
        f"{max(turns)}, the nearest in {nearest}."
    )


def _follow(db: "AgentsDB", home: Path, episode_id: int, seat: str | None, *, as_json: bool) -> None:
    """Tells each decision as it is made, until the episode has ended."""
    from langgym.views.replay import MOVE_COLUMNS, describe_life

    if as_json:
        tell = _LineTeller(seat)
        for replay in _watch(db, home, episode_id):
            tell(replay)
        return
    rows = _RowTeller(seat)
    for number, replay in enumerate(_watch(db, home, episode_id)):
        if not number:
            emit(f"{describe_life(replay)[0]}\n")
            emit_row(MOVE_COLUMNS)
        rows(replay)
        if replay.status != "running":
            emit("\n".join(["", *describe_life(replay)]))
        elif not number:
            say("follows the episode until it ends; Ctrl-C stops following")


def _watch(db: "AgentsDB", home: Path, episode_id: int) -> "Iterator[Replay]":
    """Yields an episode as it is, and whenever the store has changed, until it has ended."""
    from langgym.query.replay import read_replay

    while True:
        version = db.data_version()  # before it is read: what is written in between is seen as a change
        replay = read_replay(db, episode_id)
        yield replay
        if replay.status != "running":
            return
        _wait(db, version, home, replay)


def _wait(db: "AgentsDB", version: int, home: Path, replay: "Replay") -> None:
    """Waits for a change of the store; says so where nobody is left who could make one, and waits on."""
    told = False
    while db.data_version() == version:
        time.sleep(POLL_SECONDS)
        if told or _is_played(home, replay) or db.data_version() != version:
            continue
        told = True
        agents = sorted({part.player for part in replay.participations if part.agent_id is not None})
        say(
            f"no process plays episode {replay.episode_id} any more: `langgym resume --agent {agents[0]}` goes on with "
            "it, and this goes on waiting; Ctrl-C stops following"
        )


def _is_played(home: Path, replay: "Replay") -> bool:
    """Returns whether a process has one of an episode's agents; what is played without any is believed to be."""
    from agents_db.owner import find_owner
    from langgym.home import index_root

    agents = [part.agent_id for part in replay.participations if part.agent_id is not None]
    return not agents or any(find_owner(index_root(home), agent_id) for agent_id in agents)


class _LineTeller:
    """Prints decisions as JSON Lines, each once: when it is known what it earned, or the episode has ended."""

    def __init__(self, seat: str | None) -> None:
        self._seat = seat
        self._told: set[tuple[int, str]] = set()

    def __call__(self, replay: "Replay") -> None:
        from langgym.views.replay import is_settled

        for item in replay.spine:
            if self._seat not in (None, item.seat) or (item.turn, item.seat) in self._told:
                continue
            if is_settled(replay, item.turn) or replay.status != "running":
                self._told.add((item.turn, item.seat))
                emit_json(item, compact=True)


class _RowTeller:
    """Prints decisions as rows when they are made, and what each earned when that is known."""

    def __init__(self, seat: str | None) -> None:
        self._seat = seat
        self._settled: dict[tuple[int, str], bool] = {}
        """By turn and seat, of the decisions that were printed: whether it was known what they earned."""

    def __call__(self, replay: "Replay") -> None:
        from langgym.views.replay import MOVE_COLUMNS, list_moves

        for move in list_moves(replay):
            place = (move.item.turn, move.item.seat)
            if self._seat not in (None, move.item.seat) or self._settled.get(place):
                continue
            if place not in self._settled:
                emit_row(MOVE_COLUMNS, move)
            elif move.reward is not None:
                _emit_earned(move)
            self._settled[place] = move.reward is not None


def _emit_earned(move: "Move") -> None:
    from langgym.views.episodes import tell_rewards

    earned = tell_rewards({move.item.seat: move.reward, **move.others})
    if earned:
        emit(f"turn {move.item.turn} has earned: {earned}")
        sys.stdout.flush()
