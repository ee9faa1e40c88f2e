from pathlib import Path

import pytest

from agents_db.store import AgentsDB
from langgym.home import store_path
from tests.cli.harness import Cli

LISTS = {
    "envs": ("envs", "list"),
    "agents": ("agents", "list"),
    "episodes": ("episodes", "list"),
    "memories": ("memories", "list", "--agent", "ada"),
    "models": ("models", "list"),
    "check": ("db", "check"),
}
SHOWS = {
    "env": ("envs", "show", "chess"),
    "agent": ("agents", "show", "ada"),
    "episode": ("episodes", "show", "1"),
    "memory": ("memories", "show", "1"),
    "path": ("db", "path"),
    "found": ("memories", "search", "--agent", "ada", "tic", "--text"),
}


@pytest.mark.parametrize(("schema", "command"), {**LISTS, **SHOWS}.items())
def test_json_of_a_played_home_fits_its_schema(cli: Cli, played: Path, schema: str, command: tuple[str, ...]) -> None:
    done = cli(*command, "--json")
    assert (done.code, done.err) == (0, "")
    assert done.read(schema)["schema"] == f"langgym.{schema}/1"


@pytest.mark.parametrize("command", [*LISTS.values(), *SHOWS.values()])
def test_text_goes_to_standard_output(cli: Cli, played: Path, command: tuple[str, ...]) -> None:
    done = cli(*command)
    assert done.code == 0
    assert done.out or command == ("db", "check")


@pytest.mark.parametrize(("schema", "command"), LISTS.items())
def test_lists_of_an_empty_home_are_empty(cli: Cli, home: Path, schema: str, command: tuple[str, ...]) -> None:
    done = cli(*command, "--json")
    assert done.code == 0
    assert schema in ("envs", "models") or done.read(schema)["items"] == []
    assert not store_path(home).exists()


@pytest.mark.parametrize("name", ["agents", "episodes", "memories"])
def test_empty_lists_say_what_to_do(cli: Cli, home: Path, name: str) -> None:
    done = cli(*LISTS[name])
    assert (done.code, done.out) == (0, "")
    assert "langgym play --agent ada" in done.err


def test_episodes_are_listed_newest_first_and_page_by_page(cli: Cli, played: Path) -> None:
    first = cli("episodes", "list", "--limit", 1, "--json").read("episodes")
    second = cli("episodes", "list", "--limit", 1, "--before", first["next"], "--json").read("episodes")
    assert [page["items"][0]["episode_id"] for page in (first, second)] == [2, 1]


@pytest.mark.parametrize(
    ("options", "n"),
    [
        (("--env", "tictactoe"), 2),
        (("--env", "chess"), 0),
        (("--status", "running"), 0),
        (("--agent", "ada", "--status", "finished"), 2),
    ],
)
def test_episodes_are_filtered(cli: Cli, played: Path, options: tuple[str, ...], n: int) -> None:
    assert len(cli("episodes", "list", *options, "--json").read("episodes")["items"]) == n


def test_a_step_is_shown_with_what_was_seen(cli: Cli, played: Path) -> None:
    done = cli("episodes", "show", 1, "--step", 2)
    assert "turn 2" in done.out
    assert "it saw" in done.out
    assert "turn 3" not in done.out


def test_rewards_of_an_episode_add_up_to_the_returns(cli: Cli, played: Path) -> None:
    episode = cli("episodes", "show", 1, "--json").read("episode")
    sums = dict.fromkeys(("player_1", "player_2"), 0.0)
    for step in episode["steps"]:
        for seat, reward in step["rewards"].items():
            sums[seat] += reward
    assert sums == {part["seat"]: part["total"] for part in episode["participations"]}


def test_a_memory_leads_back_to_its_steps(cli: Cli, played: Path) -> None:
    memory = cli("memories", "show", 1, "--json").read("memory")
    names = [step["name"] for step in memory["steps"]]
    assert {step["seat"] for step in memory["steps"]} == {memory["seat"]}
    assert f"I acted {len(names)} times: {', '.join(names)}" in memory["text"]


def test_search_without_weights_falls_back_loudly(cli: Cli, played: Path) -> None:
    done = cli("memories", "search", "--agent", "ada", "tic-tac-toe", "--json")
    assert done.read("found")["how"] == "text"
    assert "NOT SEARCHED BY MEANING" in done.err


def test_search_for_words_finds_those_that_hold_them(cli: Cli, played: Path) -> None:
    found = cli("memories", "search", "--agent", "ada", "PLAYER_2", "--text", "--json").read("found")
    assert [item["memory_id"] for item in found["items"]] == [2]


def test_environments_of_a_suite_are_listed(cli: Cli) -> None:
    items = cli("envs", "list", "--suite", "classic", "--hidden", "--json").read("envs")["items"]
    assert {item["suite"] for item in items} == {"classic"}
    assert all(item["hidden"] for item in items)


def test_trying_a_game_shows_the_prompts_and_stores_nothing(cli: Cli, home: Path) -> None:
    done = cli("envs", "try", "tictactoe", "--policy", "random", "--seed", 1)
    assert done.code == 0
    assert "--- system: rules" in done.out
    assert "player_1: return" in done.out
    assert not home.exists()


def test_trying_a_game_twice_shows_the_same(cli: Cli) -> None:
    command = ("envs", "try", "leduc_holdem", "--policy", "random", "--seed", 5)
    assert cli(*command).out == cli(*command).out


def test_trying_a_game_by_hand_asks_again_after_a_bad_answer(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("z9\nb2\n"))
    done = cli("envs", "try", "tictactoe", "--turns", 1)
    assert done.code == 0
    assert "'z9' is not legal now" in done.err


def test_an_agent_is_made_with_what_it_keeps(cli: Cli, home: Path) -> None:
    done = cli("agents", "create", "bob", "--model", "random", "--temperature", 0.5, "--memories", 0, "--json")
    assert done.read("agent")["settings"] == {"temperature": 0.5, "memories": 0}


def test_a_deleted_agent_is_gone_and_its_episodes_stay(cli: Cli, played: Path) -> None:
    assert cli("agents", "delete", "ada", "--yes").code == 0
    assert cli("agents", "list", "--json").read("agents")["items"] == []
    assert len(cli("episodes", "list", "--json").read("episodes")["items"]) == 2
    assert list((played / "index").iterdir()) == []


def test_reindexing_makes_vectors_that_a_search_uses(cli: Cli, played: Path) -> None:
    assert cli("db", "reindex", "--agent", "ada", "--embedder", "hashed").code == 0
    with AgentsDB.open(store_path(played)) as db:
        db.change_agent(db.agent("ada").agent_id, settings={"embedder": "hashed"})
    done = cli("memories", "search", "--agent", "ada", "tic-tac-toe as player_2", "--json")
    found = done.read("found")
    assert (found["how"], found["items"][0]["memory_id"], done.err) == ("vectors", 2, "")
