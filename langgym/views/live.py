"""Episodes under way as tables and lines."""

from typing import TYPE_CHECKING

from langgym.query.plain import plain_line
from langgym.views.columns import Column
from langgym.views.words import format_span

if TYPE_CHECKING:
    from langgym.query.episodes import EpisodeItem
    from langgym.query.live import LiveItem, LivePage
    from langgym.views.columns import Columns

NO_LIVE = "nothing is played now; `langgym play --agent ada` begins something"

LIVE_COLUMNS: "Columns[LiveItem]" = (
    Column("episode", lambda item: item.episode.episode_id, width=7, right=True),
    Column("environment", lambda item: item.episode.env_id, width=26),
    Column("state", lambda item: item.state, width=8),
    Column("turn", lambda item: item.turn, width=5, right=True),
    Column("last decision", lambda item: tell_last(item), width=24, rank=2),
    Column("written", lambda item: f"{format_span(item.idle_seconds)} ago", width=16),
    Column("a turn takes", lambda item: tell_pace(item), width=12, rank=3),
    Column("waits for", lambda item: tell_wait(item), width=26, rank=1),
    Column("players", lambda item: tell_players(item.episode), width=32, rank=1),
    Column("process", lambda item: tell_owner(item), width=20, rank=3),
)


def tell_last(item: "LiveItem") -> str | None:
    """Returns who decided last, and what; `None` before the first decision."""
    return None if item.last_action is None else f"{_find_player(item)}: {item.last_action}"


def tell_pace(item: "LiveItem") -> str | None:
    """Returns how long a turn usually takes."""
    return None if item.pace_seconds is None else format_span(item.pace_seconds)


def tell_wait(item: "LiveItem") -> str | None:
    """Returns which model an episode waits for; `None` where it waits for none."""
    return None if item.state != "waiting" else item.waits_for or "a model"


def tell_players(episode: "EpisodeItem") -> str:
    """Returns who plays, in the order of the seats."""
    return ", ".join(part.player for part in episode.participations)


def tell_owner(item: "LiveItem") -> str:
    """Returns which process plays an episode."""
    return "nobody" if item.owner_pid is None else f"{item.owner_pid} on {item.host}"


def describe_live(item: "LiveItem") -> str:
    """Returns how an episode is, in one line."""
    last = tell_last(item)
    done = "" if last is None else f"; {last}"
    return plain_line(
        f"episode {item.episode.episode_id} {item.episode.env_id} turn {item.turn}: {_tell_state(item)}{done}"
    )


def describe_end(episode: "EpisodeItem") -> str:
    """Returns how an episode that was followed has ended, in one line."""
    reason = f" ({episode.reason})" if episode.reason else ""
    totals = ", ".join(f"{part.player} {part.total:+g}" for part in episode.participations if part.total is not None)
    came = f"; {totals}" if totals else ""
    return plain_line(
        f"episode {episode.episode_id} {episode.env_id}: {episode.status}{reason} after {episode.n_turns} turns{came}"
    )


def describe_page(page: "LivePage") -> str:
    """Returns how many episodes are in which state, in one line."""
    states = [item.state for item in page.items]
    told = [f"{states.count(state)} {state}" for state in dict.fromkeys(states)]
    if page.between:
        told.append(f"{len(page.between)} between two episodes")
    return ", ".join(told) or "nothing is played"


def _tell_state(item: "LiveItem") -> str:
    if item.state == "waiting":
        return f"waiting for {tell_wait(item)}"
    if item.state == "stalled":
        return f"stalled: process {tell_owner(item)} has written nothing for {format_span(item.idle_seconds)}"
    if item.state == "dead":
        return "dead: no process plays it any more; `langgym resume` goes on with it"
    return "running"


def _find_player(item: "LiveItem") -> str:
    """Returns who sits where the last decision was made."""
    players = {part.seat: part.player for part in item.episode.participations}
    return players.get(item.last_seat or "", item.last_seat or "")
