"""`langgym curves`, `live`, `strategies`, `envs record` and `cost`: what screens show, in plain text and as JSON."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from agents_db.knowledge import MemoryDraft, MemoryRecord
from agents_db.store import AgentsDB
from langgym.home import store_path
from langgym.memory.testing import Insistence, play_past
from langgym.models.loopback import ChatServer
from langgym.query.curves import CurvesPage
from langgym.query.live import LivePage
from langgym.query.records import EnvRecordDetail, EnvRecordsPage
from langgym.query.strategies import StrategiesPage
from langgym.views.cost import COST_COLUMNS, list_costs
from langgym.views.curves import describe_curve
from tests.cli.harness import Cli, find_flags
from tests.langgym.pasts import PAPER, RPS, create

HOSTILE = "take \x1b]52;c;aGk=\x07 scissors\nalways"
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def thinker(home: Path) -> MemoryRecord:
    """A strategy of ada's, who has played rock, paper, scissors before and after she stated it."""
    with AgentsDB.open(store_path(home)) as db:
        ada = create(db)
        play_past(db, ada, RPS, 10, rival=PAPER)
        draft = MemoryDraft(
            agent_id=ada.agent_id,
            kind="strategy",
            text=HOSTILE,
            env_id=RPS.env_id,
            role=RPS.role(RPS.seats[0]),
            episode_id=10,
            seat=RPS.seats[0],
            turn_from=0,
            turn_to=0,
            outcome=None,
            importance=0.5,
            action="scissors",
            effect=1.0,
            low=0.5,
            high=1.5,
        )
        [memory] = db.add_memories([draft])
        play_past(db, ada, RPS, 20, rival=Insistence("rock"), seed=1)
        return memory


# Curves


def test_curves_show_every_point_of_every_agent(cli: Cli, thinker: MemoryRecord) -> None:
    page = CurvesPage.model_validate_json(cli("curves", "--agent", "ada", "--buckets", 3, "--json").out)
    done = cli("curves", "--agent", "ada", "--buckets", 3)
    [curve] = page.items
    assert done.code == 0
    assert done.out.splitlines()[0] == describe_curve(curve)
    rows = [line.split() for line in done.out.splitlines()[3:]]
    assert [row[:4] for row in rows] == [
        ["ada", str(point.first), str(point.last), str(point.n)] for point in curve.points
    ]
    assert [row[4] for row in rows] == [f"{point.mean:+.2f}" for point in curve.points]
    assert curve.n == 30


def test_curves_of_several_agents_stand_side_by_side(cli: Cli, played: Path) -> None:
    assert cli("agents", "fork", "ada", "--as", "eve").code == 0
    done = cli("curves", "--agent", "eve", "--agent", "ada", "--agent", "eve", "--env", "tictactoe", "--json")
    page = CurvesPage.model_validate_json(done.out)
    assert [curve.agent for curve in page.items] == ["eve", "ada"]
    assert page.env_id == "classic/tictactoe_v3"


def test_a_curve_of_nothing_says_how_to_begin(cli: Cli, played: Path) -> None:
    done = cli("curves", "--agent", "ada", "--env", "chess")
    assert (done.code, done.out) == (0, "")
    assert "langgym play" in done.err


def test_a_curve_of_nobody_names_the_nearest(cli: Cli, played: Path) -> None:
    done = cli("curves", "--agent", "adda")
    assert done.code == 2
    assert "'ada'" in done.err


# Strategies


def test_strategies_show_the_claim_beside_what_came_of_it(cli: Cli, thinker: MemoryRecord) -> None:
    page = StrategiesPage.model_validate_json(cli("strategies", "--agent", "ada", "--json").out)
    [item] = page.items
    [line] = cli("strategies", "--agent", "ada").out.splitlines()[1:]
    assert item.measured is not None
    assert item.measured.effect is not None
    assert "+1.00 [+0.50, +1.50]" in line
    assert f"{item.measured.effect:+.2f} [" in line
    assert f"{item.measured.n_with} : {item.measured.n_without}" in line
    assert "turned out otherwise" in line


def test_the_words_of_a_model_cannot_reach_the_terminal(cli: Cli, thinker: MemoryRecord) -> None:
    for words in ((), ("--details",)):
        out = cli("strategies", "--agent", "ada", *words).out
        assert "scissors" in out
        assert not {"\x1b", "\x07"} & set(out)


def test_details_say_what_triggered_a_strategy(cli: Cli, thinker: MemoryRecord) -> None:
    out = cli("strategies", "--agent", "ada", "--details").out
    assert "trigger    episode 10, by template" in out
    assert "stated at the agent's clock 10" in out


def test_an_agent_without_strategies_is_told_how_to_get_some(cli: Cli, played: Path) -> None:
    done = cli("strategies", "--agent", "ada")
    assert (done.code, done.out) == (0, "")
    assert "langgym play --agent ada" in done.err


# Records of the universe


def test_the_record_of_the_universe_is_what_was_played(cli: Cli, played: Path) -> None:
    page = EnvRecordsPage.model_validate_json(cli("envs", "record", "--json").out)
    [line] = cli("envs", "record").out.splitlines()[1:]
    [item] = [item for item in page.items if item.n_participations]
    assert item.env_id == "classic/tictactoe_v3"
    assert line.split()[0] == item.env_id
    assert f"{item.mean_total:.2f}" in line


def test_the_record_of_an_environment_names_the_agents_and_their_reasons(cli: Cli, played: Path) -> None:
    cli("play", "--agent", "ada", "--model", "random", "--seed", 1, "--max-turns", 3)
    chosen = json.loads(cli("agents", "show", "ada", "--json").out)["choices"][0]["env_id"]
    detail = EnvRecordDetail.model_validate_json(cli("envs", "record", chosen, "--json").out)
    out = cli("envs", "record", chosen).out
    assert [choice.agent for choice in detail.choices] == ["ada"]
    assert f"{detail.choices[0].place} of {detail.choices[0].n_offered}" in out
    assert cli("envs", "record", "tictactoe").out.splitlines()[3].split()[:2] == ["ada", "2"]


def test_records_of_an_empty_home_say_how_to_begin(cli: Cli, home: Path) -> None:
    done = cli("envs", "record")
    assert (done.code, done.out) == (0, "")
    assert "langgym play" in done.err
    assert "not played to an end yet" in cli("envs", "record", "chess").out
    assert not store_path(home).exists()


# Cost


def test_the_table_of_costs_is_that_of_the_view(cli: Cli, home: Path, model_flags: list[str]) -> None:
    from langgym.query.spending import CostPage

    assert cli("play", "--agent", "ada", "--env", "tictactoe", *model_flags).code == 0
    page = CostPage.model_validate_json(cli("cost", "--json").out)
    lines = cli("cost").out.splitlines()
    assert lines[0].split() == [column.heading for column in COST_COLUMNS]
    assert len(lines) == 1 + len(list_costs(page)) == 3
    assert lines[-1].split()[:2] == ["total", str(page.total.n_calls)]


# Live


@pytest.fixture
def playing(home: Path, start: Start, slow_server: ChatServer) -> "subprocess.Popen[str]":
    """A process in which ada plays many episodes with a slow model."""
    with AgentsDB.open(store_path(home)):
        pass
    words = ("--agent", "ada", "--env", "tictactoe", "--episodes", 100, *find_flags(slow_server))
    return start("play", *words, stderr=subprocess.DEVNULL)


def read_lines(child: "subprocess.Popen[str]", until: Callable[[str], bool]) -> list[str]:
    assert child.stdout is not None
    lines: list[str] = []
    for line in child.stdout:
        lines.append(line)
        if until(line):
            return lines
    pytest.fail(f"It ended before: {lines}")


def wait_for_turn(cli: Cli) -> LivePage:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        page = LivePage.model_validate_json(cli("live", "--json").out)
        if any(item.turn for item in page.items):
            return page
    pytest.fail("Nothing was ever played.")


def test_what_another_process_plays_is_shown(cli: Cli, playing: "subprocess.Popen[str]") -> None:
    page = wait_for_turn(cli)
    [item] = page.items
    [line] = cli("live").out.splitlines()[1:]
    assert (item.owner_pid, item.episode.env_id) == (playing.pid, "classic/tictactoe_v3")
    assert line.split()[:2] == [str(item.episode.episode_id), item.episode.env_id]
    assert f"{playing.pid} on" in line


def test_following_tells_decisions_and_ends_and_is_over_when_the_player_stops(
    cli: Cli, start: Start, playing: "subprocess.Popen[str]"
) -> None:
    wait_for_turn(cli)
    follower = start("live", "--follow")
    lines = read_lines(follower, lambda line: "finished" in line)
    playing.terminate()
    err = follower.communicate(timeout=60)[1]
    assert any("waiting for openai:test; " in line for line in lines)
    assert re.search(r"episode \d+ classic/tictactoe_v3: finished \(natural\) after \d turns; \w+ ", lines[-1])
    assert follower.returncode == 0
    assert "nobody plays any more: " in err


def test_following_tells_that_the_player_was_killed(cli: Cli, start: Start, playing: "subprocess.Popen[str]") -> None:
    wait_for_turn(cli)
    follower = start("live", "--follow", "--json")
    read_lines(follower, lambda line: '"waiting"' in line)
    playing.kill()
    out, _ = follower.communicate(timeout=30)
    pages = [LivePage.model_validate_json(line) for line in out.splitlines()]
    assert follower.returncode == 0
    assert [item.state for item in pages[-1].items] == ["dead"]


def test_following_stops_at_ctrl_c(cli: Cli, start: Start, playing: "subprocess.Popen[str]") -> None:
    wait_for_turn(cli)
    follower = start("live", "--follow", preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL))
    read_lines(follower, lambda line: "turn" in line)
    follower.send_signal(signal.SIGINT)
    assert follower.wait(timeout=30) == 0
    assert playing.poll() is None


@pytest.mark.parametrize("words", [(), ("--follow",)])
def test_where_nothing_is_played_it_says_so_and_ends(cli: Cli, played: Path, words: tuple[str, ...]) -> None:
    done = cli("live", *words)
    assert (done.code, done.out) == (0, "")
    assert "play" in done.err


@pytest.mark.parametrize("words", [(), ("--follow",)])
def test_an_empty_home_plays_nothing(cli: Cli, home: Path, words: tuple[str, ...]) -> None:
    page = LivePage.model_validate_json(cli("live", "--json", *words).out)
    assert page.items == ()
    assert not store_path(home).exists()
