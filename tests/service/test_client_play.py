"""`langgym play --universe` and `langgym resume`: an agent plays at a service as it plays here."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents_db.records import AgentDraft, MoveRecord
from agents_db.store import AgentsDB
from langgym.cli.app import main
from langgym.config import Settings
from langgym.home import store_path
from langgym.hosting import Host
from langgym.narrator import SilentNarrator
from langgym.plan import Plan
from langgym.play import Session, start_run
from langgym.runner import Stopped
from tests.service.clients import serve_universe
from universe.client.remote import RemoteUniverse
from universe.errors import ServiceError

SEED = 11
Told = list[tuple[str, dict[str, object], list[MoveRecord], list[bytes]]]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGGYM_UNIVERSE", "LANGGYM_UNIVERSE_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve_universe() as address:
        yield address


def play(home: Path, *flags: object, agent: str = "ada", model: str = "random") -> int:
    command = ("--home", home, "play", "--agent", agent, "--model", model, "--seed", SEED, "--quiet", *flags)
    return main([str(part) for part in command])


def read_episodes(home: Path) -> Told:
    with AgentsDB.open_reader(store_path(home)) as db:
        return [
            (
                episode.env_id,
                dict(episode.kwargs),
                db.moves(episode.episode_id),
                [position.digest for position in db.positions(episode.episode_id)],
            )
            for episode in sorted(db.episodes(), key=lambda episode: episode.number)
        ]


def test_a_run_at_a_service_is_the_run_that_it_would_be_here(url: str, tmp_path: Path) -> None:
    flags = ("--env", "connect_four", "-n", 3)

    assert play(tmp_path / "there", *flags, "--universe", url) == 0
    assert play(tmp_path / "here", *flags) == 0
    assert read_episodes(tmp_path / "there") == read_episodes(tmp_path / "here")


def test_an_agent_chooses_from_the_catalogue_of_the_service(url: str, tmp_path: Path) -> None:
    flags = ("-n", 2, "--max-turns", 3)

    assert play(tmp_path / "there", *flags, "--universe", url) == 0
    assert play(tmp_path / "here", *flags) == 0
    assert read_episodes(tmp_path / "there") == read_episodes(tmp_path / "here")


def test_the_address_may_come_from_the_environment(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGGYM_UNIVERSE", url)

    assert play(tmp_path, "--env", "rps", "--max-turns", 2) == 0
    with AgentsDB.open_reader(store_path(tmp_path)) as db:
        assert Plan.read(db.run(1).settings).settings.universe == url


def test_a_token_is_sent_and_stored_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = "never-to-be-stored-0123456789"
    monkeypatch.setenv("LANGGYM_UNIVERSE_TOKEN", token)
    with serve_universe(token=token) as address:
        assert play(tmp_path, "--env", "tictactoe", "--universe", address) == 0

    stored = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert stored
    assert not [file for file in stored if token.encode() in file.read_bytes()]


def test_a_universe_that_is_away_is_one_line_and_the_code_of_a_provider(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(tmp_path, "--env", "tictactoe", "--universe", "http://127.0.0.1:9") == 3

    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "http://127.0.0.1:9 does not answer" in told
    assert not store_path(tmp_path).exists()


@pytest.mark.parametrize(
    "flags",
    [
        ("--env", "tictactoe", "--rival", "heuristic"),
        ("--env", "hanabi", "--mate", "heuristic"),
        ("--env", "chess", "--rival", "heuristic"),
    ],
)
def test_who_reads_the_engine_is_refused_before_anything_is_stored(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...]
) -> None:
    assert play(tmp_path, *flags, "--universe", url) == 2
    assert "reads the position" in capsys.readouterr().err
    assert not store_path(tmp_path).exists()


@pytest.mark.parametrize("env", ["rps", "simple_spread", "simple_tag", "simple_crypto", "collect_treasure"])
def test_a_rival_that_goes_by_what_it_sees_plays_alike_at_a_service(url: str, tmp_path: Path, env: str) -> None:
    flags = ("--env", env, "--max-turns", 5, "--rival", "heuristic", "--mate", "heuristic")

    assert play(tmp_path / "there", *flags, "--universe", url) == 0
    assert play(tmp_path / "here", *flags) == 0
    assert read_episodes(tmp_path / "there") == read_episodes(tmp_path / "here")


def stop_after(n_turns: int) -> Callable[[], bool]:
    asked = iter(range(1000))
    return lambda: next(asked) >= n_turns


def begin_run(home: Path, url: str, *, n_turns: int) -> None:
    """Begins a run at a service and stops it in the middle of its first episode."""
    settings = Settings(model="random", memories=0, universe=url)
    plan = Plan(agent="ada", episodes=2, env_id="classic/connect_four_v3", settings=settings)
    with AgentsDB.open(store_path(home)) as db, RemoteUniverse(url) as universe:
        db.create_agent(AgentDraft(name="ada", model="random"))
        run = start_run(db, plan, seed=SEED)
        host = Host(db, home, note=pytest.fail)
        session = Session(
            host, run, plan, universe=universe, narrator=SilentNarrator(), should_stop=stop_after(n_turns)
        )
        with pytest.raises(Stopped):
            session.play()
        host.close()


def test_a_run_goes_on_where_it_was_played(url: str, tmp_path: Path) -> None:
    begin_run(tmp_path / "there", url, n_turns=5)
    begun = len(read_episodes(tmp_path / "there")[0][2])

    assert main(["--home", str(tmp_path / "there"), "resume", "--quiet"]) == 0
    assert play(tmp_path / "here", "--env", "connect_four", "-n", 2, "--no-memory") == 0
    assert 0 < begun < len(read_episodes(tmp_path / "there")[0][2])
    assert read_episodes(tmp_path / "there") == read_episodes(tmp_path / "here")


def test_a_run_goes_on_at_another_address(url: str, tmp_path: Path) -> None:
    with serve_universe() as other:
        begin_run(tmp_path, other, n_turns=4)

    assert main(["--home", str(tmp_path), "resume", "--quiet"]) == 3
    assert main(["--home", str(tmp_path), "resume", "--quiet", "--universe", url]) == 0
    with AgentsDB.open_reader(store_path(tmp_path)) as db:
        assert Plan.read(db.run(1).settings).settings.universe == url
    assert len(read_episodes(tmp_path)) == 2


def test_an_address_with_a_password_is_not_stored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert play(tmp_path, "--env", "tictactoe", "--universe", "http://me:secret@127.0.0.1:9") == 2
    told = capsys.readouterr().err
    assert "LANGGYM_UNIVERSE_TOKEN" in told
    assert "secret" not in told


def test_resume_refuses_an_address_with_a_password(url: str, tmp_path: Path) -> None:
    begin_run(tmp_path, url, n_turns=3)

    assert main(["--home", str(tmp_path), "resume", "--universe", "http://me:secret@127.0.0.1:9"]) == 2
    with AgentsDB.open_reader(store_path(tmp_path)) as db:
        assert Plan.read(db.run(1).settings).settings.universe == url


def test_a_token_that_is_none_is_refused() -> None:
    with pytest.raises(ServiceError):
        RemoteUniverse("http://127.0.0.1:9", "two words")
