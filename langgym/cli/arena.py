"""`langgym arena`: agents and policies play each other and are rated."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from langgym.cli import options
from langgym.cli.output import emit, emit_columns, emit_json, say
from langgym.cli.place import AsJson, find_place
from langgym.errors import UsageError

if TYPE_CHECKING:
    from agents_db.records import EpisodeRecord
    from langgym.arena.plan import ArenaPlan
    from langgym.query.arena import RatingsPage

Schedules = Literal["round-robin", "swiss"]
TELL_SECONDS = 2.0
"""Between two lines that say how far it is."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("arena")(arena)


def arena(
    ctx: typer.Context,
    agents: Annotated[
        str | None, typer.Option(help="Who plays, with commas between: NAME, NAME@AGE, policy:NAME.")
    ] = None,
    envs: Annotated[str | None, typer.Option(help="Which environments, with commas between.")] = None,
    games: Annotated[
        int, typer.Option(min=2, help="Games in each environment: of a pair; by Swiss, of a player. Even.")
    ] = 40,
    schedule: Annotated[Schedules, typer.Option(help="Who meets whom.")] = "round-robin",
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Of all draws; the same goes on.")] = 0,
    learn: Annotated[bool, typer.Option("--learn", help="Agents remember the games and learn from them.")] = False,
    parallel: Annotated[int, typer.Option("--parallel", "-k", min=1, max=256, help="Games under way at once.")] = 1,
    max_turns: options.MaxTurns = None,
    show: Annotated[str | None, typer.Option(help="Play nothing: show the ratings of the arena with this key.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Play nothing: list the arenas that there are.")] = False,
    quiet: options.Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Let agents and policies play each other, seats swapped and seeds paired, and rate them.

    Agents play with the memory that they have and learn nothing, unless `--learn` says so. The same call goes on with
    what was stopped, and with more `--games` adds games. Exit code 1: a game failed. 130: stopped.
    """
    home = find_place(ctx).home
    if listed:
        return _print_arenas(home, as_json=as_json)
    if show is not None:
        return _print(_read(home, show), as_json=as_json)
    plan = _make_plan(agents, envs, schedule=schedule, seed=seed, learn=learn, max_turns=max_turns)
    if games % 2:
        raise UsageError(f"--games {games} is odd: every game is played again with the seats swapped.")
    if learn and parallel > 1:
        raise UsageError("Agents that learn play one game after the other: leave --parallel out.")
    stopped = _play(home, plan, games, parallel=parallel, quiet=quiet)
    page = _read(home, plan.key)
    _print(page, as_json=as_json)
    if stopped:
        say("stopped; the same command goes on")
        raise typer.Exit(130)
    raise typer.Exit(1 if page.n_failed else 0)


def _make_plan(
    agents: str | None, envs: str | None, *, schedule: Schedules, seed: int, learn: bool, max_turns: int | None
) -> "ArenaPlan":
    from langgym.arena.entrants import read_entrants
    from langgym.arena.plan import ArenaPlan
    from universe.catalog import default_catalog

    players, names = _split(agents), _split(envs)
    read_entrants(players)
    if not names:
        raise UsageError("What is played? Name environments: --envs connect_four,tictactoe.")
    found = [default_catalog().find(name).env_id for name in names]
    return ArenaPlan(
        players=players,
        envs=tuple(dict.fromkeys(found)),
        schedule=schedule,
        seed=seed,
        learn=learn,
        max_turns=max_turns,
    )


def _play(home: Path, plan: "ArenaPlan", games: int, *, parallel: int, quiet: bool) -> bool:
    """Plays what is left and returns whether it was stopped."""
    from agents_db.store import AgentsDB
    from langgym.arena.arena import Arena
    from langgym.cli.stopping import StopSwitch
    from langgym.home import store_path
    from langgym.hosting import Host
    from langgym.runner import Stopped

    progress = _Progress(quiet=quiet)
    with StopSwitch() as stop, AgentsDB.open(store_path(home)) as db:
        host = Host(db, home, note=progress.note, parallel=parallel)
        try:
            Arena(host, home, plan, should_stop=stop).play(games, parallel=parallel, watch=progress.tell)
        except (Stopped, KeyboardInterrupt):
            return True
        finally:
            host.close()
    return False


class _Progress:
    """Says how far an arena is, now and then."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._n = 0
        self._told = 0.0

    def note(self, text: str) -> None:
        if not self._quiet:
            say(text)

    def tell(self, episode: "EpisodeRecord") -> None:
        import time

        self._n += 1
        now = time.monotonic()
        if self._quiet or now < self._told + TELL_SECONDS:
            return
        self._told = now
        seats = ", ".join(f"{part.player} {part.result or part.total}" for part in episode.participations)
        say(f"game {self._n} of this call: {episode.env_id}: {seats}")


def _read(home: Path, key: str) -> "RatingsPage":
    from langgym.cli.reading import open_stored
    from langgym.query.arena import read_ratings

    with open_stored(home, f"arena {key!r}") as db:
        return read_ratings(db, key)


def _print(page: "RatingsPage", *, as_json: bool) -> None:
    from langgym.views.arena import NO_RATINGS, tell_ratings

    if as_json:
        return emit_json(page)
    emit("\n".join(tell_ratings(page)))
    return None if page.items else say(NO_RATINGS)


def _print_arenas(home: Path, *, as_json: bool) -> None:
    from langgym.cli.reading import open_reader
    from langgym.query.arena import read_arenas
    from langgym.views.arena import ARENA_COLUMNS, NO_ARENA

    with open_reader(home) as db:
        page = read_arenas(db)
    if as_json:
        return emit_json(page)
    return emit_columns(ARENA_COLUMNS, page.items) if page.items else say(NO_ARENA)


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())
