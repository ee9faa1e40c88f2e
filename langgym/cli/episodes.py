"""`langgym episodes`: what was played."""

from typing import TYPE_CHECKING, Annotated

import typer

from langgym.cli.output import emit, emit_json, emit_table, format_time, say
from langgym.cli.place import AsJson, Before, Limit, Status, find_place

if TYPE_CHECKING:
    from langgym.query.episodes import EpisodeItem

app = typer.Typer(help="What was played.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_episodes(
    ctx: typer.Context,
    agent: Annotated[str | None, typer.Option(help="Only those in which this agent played.")] = None,
    env: Annotated[str | None, typer.Option(help="Only this environment.")] = None,
    status: Annotated[Status | None, typer.Option(help="Only those that stand so.")] = None,
    limit: Limit = 50,
    before: Before = None,
    as_json: AsJson = False,
) -> None:
    """List episodes, newest first."""
    from langgym.cli.reading import find_env_id, open_reader
    from langgym.query.episodes import EpisodesPage, read_episodes

    env_id = find_env_id(env)
    with open_reader(find_place(ctx).home) as db:
        if db is None:
            page = EpisodesPage(items=(), next=None)
        else:
            page = read_episodes(db, agent=agent, env_id=env_id, status=status, limit=limit, before=before)
    if as_json:
        return emit_json(page)
    if not page.items:
        return say("no episode here; `langgym play --agent ada` plays one")
    emit_table(
        ("id", "environment", "status", "turns", "started", "players"),
        [
            (
                episode.episode_id,
                episode.env_id,
                _tell_status(episode),
                episode.n_turns,
                format_time(episode.started_at),
                _tell_players(episode),
            )
            for episode in page.items
        ],
    )
    if page.next is not None:
        say(f"more: --before {page.next}")
    return None


@app.command("show")
def show_episode(
    ctx: typer.Context,
    episode: Annotated[int, typer.Argument(help="Its id.")],
    step: Annotated[int | None, typer.Option(min=0, help="Only this turn, counted from 0, with what was seen.")] = None,
    seat: Annotated[str | None, typer.Option(help="Only the decisions of this seat.")] = None,
    prompts: Annotated[bool, typer.Option("--prompts", help="With every prompt and reply in full.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show an episode: each decision, who made it, every attempt, what was recalled, what was earned."""
    from langgym.cli.episode_text import describe_episode
    from langgym.cli.reading import open_stored
    from langgym.errors import UsageError
    from langgym.query.episodes import read_episode

    with open_stored(find_place(ctx).home, f"episode {episode}") as db:
        detail = read_episode(db, episode, turn=step, seat=seat, prompts=prompts)
    seats = [part.seat for part in detail.participations]
    if seat is not None and seat not in seats:
        raise UsageError(f"Episode {episode} has no seat {seat!r}; its seats are {', '.join(seats)}.")
    if step is not None and step >= max(detail.n_turns, 1) and not detail.pending:
        raise UsageError(f"Episode {episode} has no turn {step}; it has 0 to {detail.n_turns - 1}.")
    if as_json:
        return emit_json(detail)
    emit("\n".join(describe_episode(detail, in_full=step is not None)))
    return None


def _tell_status(episode: "EpisodeItem") -> str:
    mark = ", drifted" if episode.drifted else ""
    reason = f" ({episode.reason})" if episode.reason not in (None, "natural", "fault") else ""
    return f"{episode.status}{reason}{mark}"


def _tell_players(episode: "EpisodeItem") -> str:
    return "; ".join(
        f"{part.player} as {part.seat}"
        + ("" if part.total is None else f" {part.total:+.2f}")
        + (f" {part.result}" if part.result else "")
        + (f" ({part.n_fallbacks} fallbacks)" if part.n_fallbacks else "")
        for part in episode.participations
    )
