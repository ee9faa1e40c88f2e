import itertools
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents_db.errors import NoStore
from agents_db.store import AgentsDB
from langgym.home import store_path
from langgym.models.loopback import ChatServer, slow
from tests.cli.harness import REASON, Cli, check_schema, find_flags, pick_first

Start = Callable[..., "subprocess.Popen[str]"]
PLAY = ("play", "--agent", "ada", "--env", "tictactoe", "--seed", 3)


@pytest.fixture
def asked(cli: Cli, home: Path, server: ChatServer) -> Path:
    """A home in which ada's model was asked in two games of tic-tac-toe."""
    done = cli(*PLAY, "--episodes", 2, *find_flags(server), "--thought", 40)
    assert done.code == 0, done.err
    return home


def read_rows(table: str) -> list[list[str]]:
    """Returns the cells of a table's rows, up to the first empty line."""
    return [line.split() for line in table.partition("\n\n")[0].splitlines()]


def wait_for_episode(home: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with AgentsDB.open_reader(store_path(home)) as db:
                if db.episodes(limit=1):
                    return
        except NoStore:
            pass
        time.sleep(0.05)
    pytest.fail("no episode began")


# A whole life


def test_a_life_has_a_line_for_each_decision(cli: Cli, asked: Path) -> None:
    spine = cli("replay", 1, "--json").read("replay")["spine"]
    _, _, table = cli("replay", 1).out.partition("\n\n")
    [headings, *rows] = read_rows(table)
    assert headings == ["turn", "seat", "player", "action", "source", "reward", "return", "marks"]
    assert [row[:5] for row in rows] == [
        [str(item["turn"]), item["seat"], item["player"], item["name"], item["source"]] for item in spine
    ]


def test_the_last_line_of_a_life_has_the_return(cli: Cli, asked: Path) -> None:
    replay = cli("replay", 1, "--json").read("replay")
    last = cli("replay", 1).out.splitlines()[-1].split()
    [total] = [part["total"] for part in replay["participations"] if part["seat"] == last[1]]
    assert last[6] == f"{total:+.2f}"


def test_decisions_of_one_seat_are_shown_alone(cli: Cli, asked: Path) -> None:
    items = cli("replay", 1, "--seat", "player_2", "--json").read("replay")["spine"]
    _, _, table = cli("replay", 1, "--seat", "player_2").out.partition("\n\n")
    assert {item["seat"] for item in items} == {"player_2"}
    assert [row[1] for row in read_rows(table)[1:]] == ["player_2"] * len(items)


# One turn


def test_a_turn_is_shown_with_board_prompt_attempt_and_what_it_taught(cli: Cli, asked: Path) -> None:
    turn = find_turn(cli, 0)
    lines = cli("replay", 1, "--step", turn).out.splitlines()
    titles = [line for line in lines if not line.startswith(" ")]
    for beginning in (
        "turn ",
        "board",
        "prompt rules",
        "prompt board",
        "attempt 1: ok",
        "then earned",
        "taught memory",
    ):
        assert [title for title in titles if title.startswith(beginning)], beginning


def test_rules_are_shown_once_and_then_only_named(cli: Cli, asked: Path) -> None:
    first = cli("replay", 1, "--step", find_turn(cli, 0)).out
    second = cli("replay", 1, "--step", find_turn(cli, 1)).out
    assert "prompt rules (system): as before (" in second
    assert ("RULES" in first, "RULES" in second) == (True, False)


def test_a_prompt_in_full_repeats_what_is_as_before(cli: Cli, asked: Path) -> None:
    assert "RULES" in cli("replay", 1, "--step", find_turn(cli, 1), "--full").out


def test_a_turn_as_json_fits_its_schema(cli: Cli, asked: Path) -> None:
    turn = find_turn(cli, 1)
    step = cli("replay", 1, "--step", turn, "--json").read("replay-step")
    assert (step["schema"], step["step"]["turn"]) == ("langgym.replay-step/1", turn)


def test_what_a_model_writes_reaches_the_terminal_without_escapes(cli: Cli, asked: Path) -> None:
    out = cli("replay", 1, "--step", find_turn(cli, 0)).out
    assert "\x1b" in REASON
    assert "␛]52" in out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)


def find_turn(cli: Cli, number: int) -> int:
    """Returns the turn of the agent's decision of that number in the first episode."""
    spine = cli("replay", 1, "--json").read("replay")["spine"]
    return [item["turn"] for item in spine if item["player"] == "ada"][number]


# What cannot be shown


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("1", "--step", "99"), "no decision in turn 99; they are in turns 0 to"),
        (("1", "--seat", "player_3"), "its seats are player_1, player_2"),
        (("1", "--step", "1", "--follow"), "leave one of them out"),
        (("1", "--full"), "name it by --step"),
        (("99",), "99"),
    ],
)
def test_what_is_not_there_is_a_usage_error(cli: Cli, played: Path, options: tuple[str, ...], told: str) -> None:
    done = cli("replay", *options)
    assert (done.code, done.out) == (2, "")
    assert told in done.err


def test_nothing_is_replayed_in_an_empty_home(cli: Cli, home: Path) -> None:
    done = cli("replay", 1)
    assert done.code == 2
    assert "langgym play --agent ada" in done.err
    assert not store_path(home).exists()


def test_one_of_several_decisions_of_a_turn_is_named_for_json(cli: Cli, home: Path) -> None:
    play = ("play", "--agent", "bob", "--model", "random", "--env", "simple_spread", "--max-turns", 2, "--seed", 1)
    assert cli(*play).code == 0
    assert cli("replay", 1, "--step", 0).out.count("turn 0  ") > 1
    done = cli("replay", 1, "--step", 0, "--json")
    assert done.code == 2
    assert "name one by --seat" in done.err


# Following


def test_following_what_has_ended_prints_it_and_ends(cli: Cli, played: Path) -> None:
    spine = cli("replay", 1, "--json").read("replay")["spine"]
    done = cli("replay", 1, "--follow")
    _, _, table = done.out.partition("\n\n")
    assert [row[0] for row in read_rows(table)[1:]] == [str(item["turn"]) for item in spine]
    assert "finished" in table


def test_an_episode_is_followed_while_another_process_plays_it(
    start: Start, home: Path, slow_server: ChatServer
) -> None:
    player = start(*PLAY, *find_flags(slow_server), "--quiet")
    wait_for_episode(home)
    follower = start("replay", 1, "--follow", "--json")
    assert follower.stdout is not None
    first = follower.stdout.readline()
    still_playing = player.poll() is None
    rest = follower.communicate(timeout=60)[0]
    items: list[Any] = [json.loads(line) for line in (first + rest).splitlines()]

    assert still_playing
    assert (follower.returncode, player.wait(30)) == (0, 0)
    with AgentsDB.open_reader(store_path(home)) as db:
        assert [(item["turn"], item["seat"]) for item in items] == [(each.turn, each.seat) for each in db.spine(1)]
        [total] = [part.total for part in db.episode(1).participations if part.seat == "player_1"]
    assert sum(item["rewards"].get("player_1", 0) for item in items) == total


def test_a_followed_line_says_later_what_its_decision_has_earned(start: Start, home: Path) -> None:
    play = ("play", "--agent", "ada", "--env", "simple_spread", "--max-turns", 6, "--seed", 1, "--quiet")
    with ChatServer(pick_first, faults=itertools.repeat(slow(1.0))) as server:
        player = start(*play, *find_flags(server))
        wait_for_episode(home)
        lines = start("replay", 1, "--follow", "--seat", "agent_0").communicate(timeout=60)[0].splitlines()
        assert player.wait(30) == 0
    told = [line for line in lines if " has earned: " in line]
    with AgentsDB.open_reader(store_path(home)) as db:
        paid = {turn - 1: payment for turn, payment in db.payments(1).items()}
    wanted = {f"turn {turn} has earned: agent_0 {payment['agent_0']:+g}" for turn, payment in paid.items()}
    assert told
    assert set(told) <= wanted
    assert [line.split()[0] for line in lines if line[:1].isdigit()] == [str(turn) for turn in sorted(paid)]


def test_who_follows_is_told_that_the_player_was_killed(start: Start, home: Path, slow_server: ChatServer) -> None:
    player = start(*PLAY, *find_flags(slow_server), "--quiet")
    wait_for_episode(home)
    follower = start("replay", 1, "--follow")
    assert follower.stderr is not None
    assert "Ctrl-C stops following" in follower.stderr.readline()
    player.kill()
    player.wait()
    assert "no process plays episode 1 any more: `langgym resume --agent ada`" in follower.stderr.readline()
    assert follower.poll() is None


# Filters


def test_episodes_are_listed_by_a_filter(cli: Cli, played: Path) -> None:
    episodes = cli("episodes", "list", "--json").read("episodes")["items"]
    wanted = [
        each["episode_id"]
        for each in episodes
        if any(part["player"] == "ada" and part["total"] == 1 for part in each["participations"])
    ]
    found = cli("episodes", "list", "--where", "env:*tictactoe* agent:ada return:1", "--json").read("episodes")
    assert [each["episode_id"] for each in found["items"]] == wanted
    assert len(wanted) < len(episodes)


def test_a_filter_and_options_hold_together(cli: Cli, played: Path) -> None:
    listed = cli("episodes", "list", "--agent", "ada", "--env", "tictactoe", "--where", "turns:>0", "--json")
    none = cli("episodes", "list", "--env", "chess", "--where", "turns:>0", "--json")
    assert len(listed.read("episodes")["items"]) == 2
    assert none.read("episodes")["items"] == []


def test_episodes_in_another_order_are_paged(cli: Cli, played: Path) -> None:
    first = cli("episodes", "list", "--order", "oldest", "--limit", 1, "--json").read("episodes")
    second = cli("episodes", "list", "--order", "oldest", "--limit", 1, "--before", first["next"], "--json")
    assert [first["items"][0]["episode_id"], second.read("episodes")["items"][0]["episode_id"]] == [1, 2]


def test_a_filter_that_cannot_be_read_is_a_usage_error(cli: Cli, played: Path) -> None:
    done = cli("episodes", "list", "--where", "gme:chess")
    assert done.code == 2
    assert "gme" in done.err


def test_an_unknown_agent_is_an_error_with_a_filter_too(cli: Cli, played: Path) -> None:
    done = cli("episodes", "list", "--agent", "ad", "--where", "turns:>0")
    assert done.code == 2
    assert "'ad'" in done.err


def test_memories_of_all_agents_are_listed_with_their_agent(cli: Cli, played: Path) -> None:
    assert cli("play", "--agent", "bob", "--model", "random", "--env", "tictactoe", "--seed", 4).code == 0
    everybody = cli("memories", "list")
    assert everybody.out.splitlines()[0].split()[:2] == ["id", "agent"]
    assert {line.split()[1] for line in everybody.out.splitlines()[1:]} == {"ada", "bob"}


def test_memories_are_listed_by_a_filter(cli: Cli, played: Path) -> None:
    found = cli("memories", "list", "--agent", "ada", "--where", "PLAYER_2", "--json").read("memories")
    assert [item["memory_id"] for item in found["items"]] == [2]


def test_the_past_is_not_filtered(cli: Cli, played: Path) -> None:
    done = cli("memories", "list", "--agent", "ada", "--as-of", 2, "--where", "win")
    assert done.code == 2
    assert "--as-of" in done.err


def test_a_line_of_json_holds_a_decision(cli: Cli, played: Path) -> None:
    lines = cli("replay", 1, "--follow", "--json").out.splitlines()
    replay = cli("replay", 1, "--json").read("replay")
    check_schema({**replay, "spine": [json.loads(line) for line in lines]}, "replay")
    assert [json.loads(line) for line in lines] == replay["spine"]
