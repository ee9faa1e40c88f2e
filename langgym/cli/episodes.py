"""`langgym episodes`: what was played."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from langgym.cli import filming
from langgym.cli.filtering import EpisodeOrder, Where, cut_page, join_conditions, list_conditions
from langgym.cli.output import emit, emit_columns, emit_json, say
from langgym.cli.place import AsJson, Before, Limit, Status, find_place

if TYPE_CHECKING:
    from agents_db.filters import Condition
    from agents_db.store import AgentsDB
    from langgym.query.episodes import EpisodesPage

app = typer.Typer(help="What was played.", no_args_is_help=True, rich_markup_mode=None)
filming.register(app)


@app.command("list")
def list_episodes(
    ctx: typer.Context,
    agent: Annotated[str | None, typer.Option(help="Only those in which this agent played.")] = None,
    env: Annotated[str | None, typer.Option(help="Only this environment.")] = None,
    status: Annotated[Status | None, typer.Option(help="Only those that stand so.")] = None,
    where: Where = "",
    order: EpisodeOrder = "newest",
    limit: Limit = 50,
    before: Before = None,
    as_json: AsJson = False,
) -> None:
    """List episodes, newest first unless `--order` says otherwise."""
    from langgym.cli.reading import find_env_id, open_reader
    from langgym.query.episodes import EpisodesPage, read_episodes
    from langgym.views.episodes import LISTED_COLUMNS, NO_EPISODE

    env_id = find_env_id(env)
    with open_reader(find_place(ctx).home) as db:
        if db is None:
            page = EpisodesPage(items=(), next=None)
        elif where or order != "newest":
            conditions = list_conditions(agent=agent, env=env_id, status=status)
            page = _filter_episodes(db, where, conditions, order=order, before=before, limit=limit)
        else:
            page = read_episodes(db, agent=agent, env_id=env_id, status=status, limit=limit, before=before)
    if as_json:
        return emit_json(page)
    if not page.items:
        return say("no episode here fits" if where else NO_EPISODE)
    emit_columns(LISTED_COLUMNS, page.items)
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
    from langgym.cli.reading import open_stored
    from langgym.errors import UsageError
    from langgym.query.episodes import read_episode
    from langgym.views.episodes import describe_episode

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


def _filter_episodes(
    db: "AgentsDB",
    where: str,
    conditions: "Sequence[Condition]",
    *,
    order: EpisodeOrder,
    before: int | None,
    limit: int,
) -> "EpisodesPage":
    from langgym.query.episodes import EpisodesPage, read_episode_items
    from langgym.query.filters import parse_episode_filter
    from langgym.query.values import find_next

    wanted = join_conditions(db, parse_episode_filter, where, conditions)
    ids = cut_page(db.episode_ids(wanted, order=order), before=before, limit=limit, descends=order == "newest")
    return EpisodesPage(items=tuple(read_episode_items(db, ids)), next=find_next(ids, limit))
