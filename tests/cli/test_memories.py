"""Memories by hand and as of a moment; agents forked, exported and imported from the command line."""

from pathlib import Path
from typing import Any

import pytest

from agents_db.knowledge import MemoryChange
from agents_db.store import AgentsDB
from langgym.home import store_path
from tests.cli.harness import Cli


def read_ids(cli: Cli, *options: object) -> list[int]:
    page = cli("memories", "list", *options, "--json").read("memories")
    return [item["memory_id"] for item in page["items"]]


def show(cli: Cli, memory: int = 1) -> Any:
    return cli("memories", "show", memory, "--json").read("memory")


def play(cli: Cli, name: str = "ada", *, seed: int = 9) -> None:
    done = cli("play", "--agent", name, "--model", "random", "--env", "tictactoe", "--seed", seed, "--quiet")
    assert done.code == 0, done.err


# By hand


@pytest.mark.parametrize(
    ("command", "told", "field", "value"),
    [
        (("retire", 1), "is retired", "state", "retired"),
        (("pin", 1), "is pinned", "pinned", True),
        (("edit", 1, "--text", "I was lucky."), "is edited by hand", "text", "I was lucky."),
    ],
)
def test_a_change_is_made_and_told(
    cli: Cli, played: Path, command: tuple[object, ...], told: str, field: str, value: object
) -> None:
    done = cli("memories", *command, "--reason", "I say so")
    assert (done.code, done.out) == (0, "")
    assert done.err == f"memory 1 of ada {told} (change 1); it counts from the next episode on\n"
    memory = show(cli)
    assert memory[field] == value
    [event] = memory["history"]
    assert (event["actor"], event["reason"], event["after"]) == ("hand", "I say so", {field: value})


@pytest.mark.parametrize(
    ("before", "command", "told"),
    [
        (("retire", 1), ("retire", 1), "is retired already"),
        ((), ("restore", 1), "there is nothing to restore"),
        (("pin", 1), ("pin", 1), "is pinned already"),
        ((), ("unpin", 1), "is not pinned"),
        ((), ("edit", 1, "--text", " \n"), "must say something"),
        (("edit", 1, "--text", "a"), ("edit", 1, "--text", "a"), "says that already"),
        ((), ("retire", 77), "No memory has the id 77"),
        ((), ("undo", 77), "No change has the id 77"),
        ((), ("history",), "by its id, or an agent by --agent"),
        ((), ("history", 1, "--agent", "ada"), "by its id, or an agent by --agent"),
        ((), ("history", 77), "No memory has the id 77"),
    ],
)
def test_what_would_change_nothing_is_refused(
    cli: Cli, played: Path, before: tuple[object, ...], command: tuple[object, ...], told: str
) -> None:
    if before:
        assert cli("memories", *before).code == 0
    n_changes = len(cli("memories", "history", "--agent", "ada", "--json").read("history")["items"])
    done = cli("memories", *command)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert len(cli("memories", "history", "--agent", "ada", "--json").read("history")["items"]) == n_changes


@pytest.mark.parametrize("command", [("retire", 1), ("undo", 1), ("history", 1), ("edit", 1, "--text", "a")])
def test_an_empty_home_stays_empty(cli: Cli, home: Path, command: tuple[object, ...]) -> None:
    done = cli("memories", *command)
    assert done.code == 2
    assert "nothing is stored" in done.err
    assert not store_path(home).exists()


def test_a_retired_memory_is_listed_only_when_asked_for(cli: Cli, played: Path) -> None:
    cli("memories", "retire", 1)
    assert read_ids(cli, "--agent", "ada") == [2]
    assert read_ids(cli, "--agent", "ada", "--state", "retired") == [1]
    assert read_ids(cli, "--agent", "ada", "--state", "any") == [2, 1]
    assert "state" in cli("memories", "list", "--agent", "ada", "--state", "any").out.splitlines()[0]


def test_a_superseded_memory_is_restored_by_hand(cli: Cli, played: Path) -> None:
    with AgentsDB.open(store_path(played)) as db:
        fields = {"state": "superseded", "superseded_by": 2}
        db.change_memory(MemoryChange(memory_id=1, op="supersede", fields=fields, actor="grounded"))
    assert "superseded by memory 2" in cli("memories", "show", 1).out
    assert cli("memories", "restore", 1).code == 0
    memory = show(cli)
    assert (memory["state"], memory["superseded_by"]) == ("active", None)


def test_a_memory_that_was_edited_by_hand_says_so(cli: Cli, played: Path) -> None:
    before = show(cli)["text"]
    cli("memories", "edit", 1, "--text", "I was lucky.")
    shown = cli("memories", "show", 1).out
    assert shown.splitlines()[0] == "memory 1 of ada (episodic, active, edited by hand)"
    assert f"text {before!r} → 'I was lucky.'" in shown
    cli("memories", "undo", 1)
    assert cli("memories", "show", 1).out.splitlines()[0] == "memory 1 of ada (episodic, active)"
    assert show(cli)["text"] == before


def test_an_undo_is_a_change_that_can_be_undone(cli: Cli, played: Path) -> None:
    cli("memories", "retire", 1)
    undone = cli("memories", "undo", 1)
    assert undone.err == "change 1 of memory 1 of ada is undone (change 2); it counts from the next episode on\n"
    cli("memories", "undo", 2)
    assert show(cli)["state"] == "retired"
    again = cli("memories", "undo", 1)
    assert (again.code, show(cli)["state"]) == (0, "active")


def test_history_lists_the_changes_of_all_memories(cli: Cli, played: Path) -> None:
    cli("memories", "pin", 1)
    cli("memories", "retire", 2, "--reason", "not true")
    done = cli("memories", "history", "--agent", "ada")
    rows = [line.split() for line in done.out.splitlines()]
    assert [(row[0], row[1], row[5], row[6]) for row in rows[1:]] == [
        ("2", "2", "retire", "hand"),
        ("1", "1", "pin", "hand"),
    ]
    assert done.out.splitlines()[1].endswith("state active → retired (not true)")
    assert "may be older ones" in cli("memories", "history", "--agent", "ada", "--limit", 1).err
    assert [e["event_id"] for e in cli("memories", "history", 1, "--json").read("history")["items"]] == [1]


def test_nothing_in_a_text_reaches_the_terminal(cli: Cli, played: Path) -> None:
    cli("memories", "edit", 1, "--text", "\x1b]52;c;aGk=\x07 \u202etxt", "--reason", "\x1b[2J")
    for command in (("show", 1), ("history", 1), ("list", "--agent", "ada")):
        done = cli("memories", *command)
        assert not set(done.out) & set("\x1b\x07\u202e")


# As of an episode


def test_memories_are_listed_as_they_were_when_an_episode_began(cli: Cli, played: Path) -> None:
    cli("memories", "retire", 1)
    play(cli)
    cli("memories", "restore", 1)
    cli("memories", "edit", 2, "--text", "late")
    assert read_ids(cli, "--agent", "ada", "--as-of", 1) == []
    assert read_ids(cli, "--agent", "ada", "--as-of", 2) == [1]
    assert read_ids(cli, "--agent", "ada", "--as-of", 3) == [2]
    assert read_ids(cli, "--agent", "ada", "--as-of", 3, "--state", "retired") == [1]
    page = cli("memories", "list", "--agent", "ada", "--as-of", 3, "--state", "any", "--json").read("memories")
    assert page["as_of"] == {"episode_id": 3, "clock": 2, "event_id": 1}
    assert [item["text"] for item in page["items"] if item["memory_id"] == 2] != ["late"]


def test_what_was_known_then_is_paged_and_filtered(cli: Cli, played: Path) -> None:
    play(cli)
    first = cli("memories", "list", "--agent", "ada", "--as-of", 3, "--limit", 1, "--json").read("memories")
    assert ([item["memory_id"] for item in first["items"]], first["next"]) == ([2], 2)
    assert read_ids(cli, "--agent", "ada", "--as-of", 3, "--before", 2) == [1]
    assert read_ids(cli, "--agent", "ada", "--as-of", 3, "--env", "chess") == []
    assert read_ids(cli, "--agent", "ada", "--as-of", 3, "--kind", "strategy") == []


def test_the_moment_is_told(cli: Cli, played: Path) -> None:
    done = cli("memories", "list", "--agent", "ada", "--as-of", 2)
    assert done.err == "as of the beginning of episode 2: the agent's clock 1, no change yet\n"


@pytest.mark.parametrize(
    ("agent", "episode", "told"), [("ada", 77, "No episode has the id 77"), ("bob", 1, "had no seat")]
)
def test_an_episode_that_is_no_moment_of_the_agent_is_refused(
    cli: Cli, played: Path, agent: str, episode: int, told: str
) -> None:
    cli("agents", "create", "bob", "--model", "random")
    done = cli("memories", "list", "--agent", agent, "--as-of", episode)
    assert done.code == 2
    assert told in done.err


# Forks and parcels


def test_a_fork_plays_on_and_the_other_knows_nothing_of_it(cli: Cli, played: Path) -> None:
    done = cli("agents", "fork", "ada", "--at", 1, "--as", "eve")
    assert done.err == "eve knows what ada knew when episode 1 had ended: 1 participation, 1 active memory\n"
    before = cli("memories", "list", "--agent", "ada", "--json").out
    play(cli, "eve")
    assert cli("memories", "list", "--agent", "ada", "--json").out == before
    eve = cli("agents", "show", "eve", "--json").read("agent")
    assert (eve["n_participations"], eve["environments"][0]["n_participations"]) == (2, 2)
    assert cli("db", "check", "--json").read("check")["items"] == []


def test_a_fork_of_now_is_told(cli: Cli, played: Path) -> None:
    done = cli("agents", "fork", "ada", "--as", "eve", "--json")
    assert "eve knows what ada knows now: 2 participations, 2 active memories" in done.err
    assert done.read("agent")["n_memories"] == 2


@pytest.mark.parametrize("name", ["ada.tar", "ada"])
def test_an_agent_moves_to_another_home_and_plays_on(cli: Cli, played: Path, tmp_path: Path, name: str) -> None:
    there, target = tmp_path / "there", tmp_path / name
    cli("memories", "edit", 1, "--text", "I was lucky.")
    done = cli("agents", "export", "ada", target)
    assert (done.code, done.out) == (0, f"{target}\n")
    assert done.err.startswith("2 memories, 2 episodes, ")
    arrived = cli("--home", there, "agents", "import", target)
    assert arrived.err == ("ada is here: 2 participations, 2 active memories; it plays with the model random\n")
    again = cli("--home", there, "agents", "import", target)
    assert again.err == "ada is here already with all that the parcel holds; nothing was changed\n"
    cli("--home", there, "agents", "export", "ada", tmp_path / f"again-{name}")
    assert read_bytes(tmp_path / f"again-{name}") == read_bytes(target)
    played_on = cli("--home", there, "play", "--agent", "ada", "--env", "tictactoe", "--seed", 5, "--quiet")
    assert played_on.code == 0
    assert cli("--home", there, "db", "check", "--json").read("check")["items"] == []


def read_bytes(path: Path) -> dict[str, bytes]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {"whole" if file is path else file.name: file.read_bytes() for file in files}


def test_a_model_elsewhere_is_named_when_an_agent_arrives(cli: Cli, home: Path, tmp_path: Path) -> None:
    cli("agents", "create", "ada", "--model", "openai:x", "--base-url", "http://192.0.2.1/v1")
    cli("agents", "export", "ada", tmp_path / "ada.tar")
    arrived = cli("--home", tmp_path / "there", "agents", "import", tmp_path / "ada.tar", "--as", "eve")
    assert "eve is here: 0 participations, 0 active memories" in arrived.err
    assert "the model openai:x at http://192.0.2.1/v1" in arrived.err


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("fork", "ada", "--as", "ada"), "There is an agent 'ada' already"),
        (("fork", "adda", "--as", "eve"), "Did you mean 'ada'?"),
        (("fork", "ada", "--at", 77, "--as", "eve"), "No episode has the id 77"),
        (("export", "adda", "x.tar"), "Did you mean 'ada'?"),
        (("import", "none.tar"), "There is no 'none.tar'"),
        (("import", __file__), "is not a parcel"),
    ],
)
def test_what_cannot_be_copied_is_refused_in_a_line(
    cli: Cli, played: Path, command: tuple[object, ...], told: str
) -> None:
    done = cli("agents", *command)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert done.err.count("\n") == 1


def test_a_taken_name_is_refused_with_a_way_out(cli: Cli, played: Path, tmp_path: Path) -> None:
    cli("agents", "export", "ada", tmp_path / "ada.tar")
    there = tmp_path / "there"
    cli("--home", there, "agents", "create", "ada", "--model", "random")
    done = cli("--home", there, "agents", "import", tmp_path / "ada.tar")
    assert done.code == 2
    assert "by `--as`" in done.err
    assert cli("--home", there, "agents", "import", tmp_path / "ada.tar", "--as", "eve").code == 0
