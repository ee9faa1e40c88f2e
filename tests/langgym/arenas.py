"""What the tests of arenas share."""

from collections.abc import Callable
from pathlib import Path

from agents_db.records import AgentDraft
from agents_db.store import AgentsDB
from langgym.arena.arena import Arena
from langgym.arena.plan import ArenaPlan, find_runs
from langgym.cli.app import main
from langgym.home import find_home, store_path
from langgym.hosting import Host
from langgym.models.doubles import FunctionModel
from langgym.query.arena import RatingsPage, read_ratings

TICTACTOE = "classic/tictactoe_v3"


def make_plan(*players: str, envs: tuple[str, ...] = (TICTACTOE,), **changes: object) -> ArenaPlan:
    values: dict[str, object] = {"schedule": "round-robin", "seed": 3, "learn": False, "max_turns": None, **changes}
    return ArenaPlan(players=players, envs=envs, **values)  # pyright: ignore[reportArgumentType]


def hold(
    home: Path,
    plan: ArenaPlan,
    n_games: int,
    *,
    model: FunctionModel | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    parallel: int = 1,
) -> RatingsPage:
    with AgentsDB.open(store_path(home), clock=lambda: 0) as db:
        host = Host(db, home, note=lambda text: None, make_model=(lambda settings: model) if model else None)
        try:
            Arena(host, home, plan, should_stop=should_stop).play(n_games, parallel=parallel)
        finally:
            host.close()
        return read_ratings(db, plan.key)


def train(name: str, *, episodes: int, model: str = "experience", env: str = "tictactoe") -> None:
    words = ["play", "--agent", name, "--model", model, "--env", env, "--episodes", str(episodes), "--seed", "1"]
    assert main([*words, "--quiet", "--embedder", "hashed"]) == 0


def create(name: str, *, model: str) -> None:
    with AgentsDB.open(store_path(find_home())) as db:
        db.create_agent(AgentDraft(name=name, model=model, settings={"embedder": "hashed"}))


def tell_games(home: Path, plan: ArenaPlan) -> list[object]:
    with AgentsDB.open_reader(store_path(home)) as db:
        found: list[object] = []
        for run in find_runs(db, plan.key):
            for number in sorted(db.numbers(run.run_id)):
                episode = db.find_episode(run.run_id, number)
                assert episode is not None
                seats = [(part.seat, part.player, part.total) for part in episode.participations]
                moves = [(move.turn, move.seat, move.action) for move in db.moves(episode.episode_id)]
                found.append((run.settings["env_id"], episode.number, episode.seed, episode.status, seats, moves))
        return found
