"""Read models of arenas: which there are, and how strong their entrants are, in each environment and overall."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal, cast

from pydantic import Field

from agents_db.records import ParticipationRecord, RunRecord
from agents_db.store import AgentsDB
from langgym.arena.games import Leg, find_games, name_versions, read_played
from langgym.arena.plan import POLICY, find_arenas, find_newest, find_runs
from langgym.arena.ratings import Game, Strength, rate
from langgym.errors import UsageError
from langgym.query.values import Document, Number, ReadModel, Time


class Rating(ReadModel):
    """How strong a player is, by games alone."""

    player: str
    """An agent, an agent of an earlier age (`ada@20`), or a policy."""
    n_games: int
    """Of those that count."""
    score: float
    """Points won: a draw is half of one."""
    points: float
    """Bradley-Terry's estimate; the mean over the players is 0, and 400 more are odds of ten to one."""
    low: float
    high: float
    """The bounds of its interval (95 %, bootstrap over bouts)."""
    mu: Number
    sigma: Number
    """OpenSkill's estimate and its uncertainty; they depend on the order of the games."""


class EnvRatings(ReadModel):
    """Ratings in one environment."""

    env_id: str
    n_games: int
    """Of those that count."""
    items: tuple[Rating, ...]


class Conduct(ReadModel):
    """How a player came by its decisions."""

    player: str
    n_decisions: int
    n_fallbacks: int
    """Those that nobody chose."""
    n_illegal: int
    """Those that were not legal at first try."""


class RatingsPage(Document):
    """The ratings of an arena, the strongest first."""

    schema_id: Literal["langgym.arena/1"] = Field(default="langgym.arena/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    key: str | None
    """Of the arena; `None` where runs of several are taken together."""
    run_ids: tuple[int, ...]
    schedule: str
    seed: int
    learn: bool
    n_played: int
    """Games that have ended."""
    n_counted: int
    """Games as they count: where seats are paid differently, both games of a bout are one."""
    n_failed: int
    """Games in which an environment, or a program that plays in it, failed; they do not count."""
    n_open: int
    """Games that were begun and have not ended."""
    items: tuple[Rating, ...]
    """Over all environments."""
    envs: tuple[EnvRatings, ...]
    versions: tuple[Rating, ...]
    """Over all environments, by the version of an agent's memory: `ada@20` had 20 participations behind it."""
    conduct: tuple[Conduct, ...]
    next: None = None


class ArenaItem(ReadModel):
    """What is played in an arena, and how far it is."""

    key: str
    players: tuple[str, ...]
    """As they entered: `ada`, `ada@20` or `policy:random`."""
    agents: tuple[str, ...]
    """The names of those of them that are agents, whatever their age."""
    envs: tuple[str, ...]
    schedule: str
    seed: int
    learn: bool
    run_ids: tuple[int, ...]
    begun_at: Time
    n_played: int
    """Games that have ended."""
    n_failed: int
    n_open: int
    """Games that were begun and have not ended."""


class ArenasPage(Document):
    """The arenas of a store, the one that was begun last first."""

    schema_id: Literal["langgym.arenas/1"] = Field(default="langgym.arenas/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    items: tuple[ArenaItem, ...]
    next: None = None


def read_arenas(db: AgentsDB | None) -> ArenasPage:
    """Returns every arena; `None` is a store in which nothing is stored yet."""
    items = () if db is None else (_read_item(db, runs) for runs in find_arenas(db).values())
    return ArenasPage(items=tuple(items))


def _read_item(db: AgentsDB, runs: Sequence[RunRecord]) -> ArenaItem:
    arena = _read_arena(runs[0])
    players = [str(player) for player in cast("Sequence[object]", arena["players"])]
    agents = [player.partition("@")[0] for player in players if not player.startswith(POLICY)]
    games = Counter(status for run in runs for status in db.numbers(run.run_id).values())
    return ArenaItem.model_validate(
        {
            **{name: arena[name] for name in ("key", "envs", "schedule", "seed", "learn")},
            "players": players,
            "agents": tuple(dict.fromkeys(agents)),
            "run_ids": [run.run_id for run in runs],
            "begun_at": runs[0].started_at,
            "n_played": games["finished"],
            "n_failed": games["failed"],
            "n_open": games["running"],
        }
    )


def read_ratings(db: AgentsDB, key: str | None = None, *, run_ids: Sequence[int] | None = None) -> RatingsPage:
    """Returns the ratings of an arena.

    Args:
        db: The store.
        key: Of the arena; `None` is the one that was begun last.
        run_ids: Take only these runs instead, of one arena or of several.

    Raises:
        UsageError: There is no such arena, or a run is of none.
        NotStored: There is no such run.
    """
    runs = _find_runs(db, key) if run_ids is None else [_check_run(db.run(run_id)) for run_id in run_ids]
    played = read_played(db, runs)
    games = find_games(played.legs)
    arenas = [_read_arena(run) for run in runs]
    return RatingsPage(
        key=str(arenas[0]["key"]) if len({arena["key"] for arena in arenas}) == 1 else None,
        run_ids=tuple(run.run_id for run in runs),
        schedule=str(arenas[0]["schedule"]),
        seed=int(str(arenas[0]["seed"])),
        learn=any(arena["learn"] for arena in arenas),
        n_played=len(played.legs),
        n_counted=len(games),
        n_failed=played.n_failed,
        n_open=played.n_open,
        items=_rate(games),
        envs=_rate_envs(games),
        versions=_rate(find_games(name_versions(played.legs))),
        conduct=_sum_conduct(played.legs),
    )


def _find_runs(db: AgentsDB, key: str | None) -> list[RunRecord]:
    key = key or find_newest(db)
    runs = [] if key is None else find_runs(db, key)
    if not runs:
        raise UsageError("No such arena; `langgym arena --agents ada,bob --envs tictactoe` plays one.")
    return runs


def _check_run(run: RunRecord) -> RunRecord:
    if "arena" not in run.settings:
        raise UsageError(f"Run {run.run_id} is of no arena.")
    return run


def _read_arena(run: RunRecord) -> dict[str, object]:
    arena = run.settings["arena"]
    assert isinstance(arena, dict)
    return dict(arena)


def _rate(games: Sequence[Game]) -> tuple[Rating, ...]:
    return tuple(_describe(strength) for strength in rate(games))


def _describe(strength: Strength) -> Rating:
    return Rating.model_validate(strength)


def _rate_envs(games: Sequence[Game]) -> tuple[EnvRatings, ...]:
    by_env: dict[str, list[Game]] = defaultdict(list)
    for game in games:
        by_env[game.env_id].append(game)
    return tuple(
        EnvRatings(env_id=env_id, n_games=len(some), items=_rate(some)) for env_id, some in sorted(by_env.items())
    )


def _sum_conduct(legs: Sequence[Leg]) -> tuple[Conduct, ...]:
    seats: dict[str, list[ParticipationRecord]] = defaultdict(list)
    for leg in legs:
        for part in leg.seats:
            seats[part.player].append(part)
    return tuple(
        Conduct(
            player=player,
            n_decisions=sum(part.n_decisions for part in some),
            n_fallbacks=sum(part.n_fallbacks for part in some),
            n_illegal=sum(part.n_decisions - part.n_first_try_legal for part in some),
        )
        for player, some in sorted(seats.items())
    )
