"""Limits, estimates and costs by the real command line, against a real server on loopback."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from agents_db.store import AgentsDB
from langgym.home import store_path
from langgym.limits import Limits
from langgym.models.loopback import ChatServer, absurd_usage
from tests.cli.harness import Cli, check_schema, find_flags, pick_first

GAME = ("play", "--agent", "ada", "--env", "tictactoe", "--seed", 1, "--reflector", "grounded")
"""Without reflections, which are calls as well."""
PRICES = "[models.test]\ninput = 2\noutput = 8\n"
N_CALLS = 4
"""That the game takes."""


def write_prices(home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "prices.toml").write_text(PRICES, encoding="utf-8")


def read_summary(lines: Sequence[dict[str, object]]) -> dict[str, object]:
    [summary] = [line for line in lines if line["event"] == "summary"]
    return summary


def test_a_limit_ends_the_run_with_4_and_says_how_to_go_on(cli: Cli, home: Path, model_flags: list[str]) -> None:
    done = cli(*GAME, *model_flags, "--max-calls", 2)
    assert done.code == 4
    assert "stopped by --max-calls of run 1: 0 episodes finished" in done.err
    assert "run 1 has spent 2 calls, " in done.err
    assert "go on with:  langgym resume --agent ada --max-calls N" in done.err
    assert done.err.count("langgym: run 1 has spent 2 calls") == 1


def test_resume_meets_the_stored_limit_again_until_it_is_raised(
    cli: Cli, home: Path, server: ChatServer, model_flags: list[str]
) -> None:
    cli(*GAME, *model_flags, "--max-calls", 2)
    assert cli("resume").code == 4
    assert cli("resume", "--max-calls", 3).code == 4
    assert len(server.requests) == 3
    done = cli("resume", "--max-calls", N_CALLS)
    assert (done.code, len(server.requests)) == (0, N_CALLS)
    assert "1 episode finished" in done.err


def test_a_new_limit_leaves_the_others_and_is_stored(cli: Cli, home: Path, model_flags: list[str]) -> None:
    cli(*GAME, *model_flags, "--max-calls", 1, "--max-tokens", 1_000_000)
    cli("resume", "--max-calls", 2, "--max-time", "2h")
    with AgentsDB.open_reader(store_path(home)) as db:
        limits = db.run(1).settings["limits"]
    assert limits == Limits(calls=2, tokens=1_000_000, seconds=7200.0).describe()


def test_the_summary_tells_calls_tokens_and_cost_as_json(cli: Cli, home: Path, model_flags: list[str]) -> None:
    write_prices(home)
    done = cli(*GAME, *model_flags, "--max-calls", 2, "--json")
    summary = read_summary(done.read_lines())
    assert (summary["limit"], summary["advice"]) == (
        "--max-calls of run 1",
        "langgym resume --agent ada --max-calls N",
    )
    spent = summary["spent"]
    assert isinstance(spent, dict)
    assert spent["n_calls"] == 2
    assert spent["cost"] == pytest.approx((2 * spent["tokens_in"] + 8 * spent["tokens_out"]) / 1e6)
    error = json.loads(done.err)
    check_schema(error, "error")
    assert (error["code"], error["kind"]) == (4, "BudgetError")


def test_a_cost_limit_holds(cli: Cli, home: Path, server: ChatServer, model_flags: list[str]) -> None:
    write_prices(home)
    done = cli(*GAME, *model_flags, "--max-cost", "0.0055")
    assert done.code == 4
    assert "the limit is $0.0055" in done.err
    assert 0 < len(server.requests) < N_CALLS


def test_a_cost_limit_without_a_price_is_refused_before_anything_is_stored(
    cli: Cli, home: Path, server: ChatServer, model_flags: list[str]
) -> None:
    done = cli(*GAME, *model_flags, "--max-cost", 1)
    assert done.code == 2
    assert "'openai:test' has no price" in done.err
    assert str(home / "prices.toml") in done.err
    assert (store_path(home).exists(), len(server.requests)) == (False, 0)


def test_the_price_of_a_rival_must_be_known_too(cli: Cli, home: Path) -> None:
    cli("agents", "create", "bob", "--model", "openai:other")
    done = cli(*GAME, "--model", "random", "--rival", "agent:bob", "--max-cost", 1)
    assert (done.code, "'openai:other' has no price" in done.err) == (2, True)


def test_a_cost_limit_on_resume_needs_a_price_and_changes_nothing_without(
    cli: Cli, home: Path, model_flags: list[str]
) -> None:
    cli(*GAME, *model_flags, "--max-calls", 1)
    assert cli("resume", "--max-cost", 1, "--max-calls", 9).code == 2
    with AgentsDB.open_reader(store_path(home)) as db:
        assert db.run(1).settings["limits"] == {"calls": 1}


def test_an_agents_limit_holds_over_runs_and_is_raised_by_name(cli: Cli, home: Path, model_flags: list[str]) -> None:
    cli("agents", "create", "ada", *model_flags)
    cli("agents", "limit", "ada", "--max-calls", N_CALLS + 1)
    assert cli(*GAME).code == 0
    done = cli(*GAME)
    assert done.code == 4
    assert "go on with:  langgym agents limit ada --max-calls N\nand then:    langgym resume --agent ada" in done.err
    cli("agents", "limit", "ada", "--none")
    assert cli("resume", "--agent", "ada").code == 0


def test_limits_of_an_agent_are_shown_with_what_is_left(cli: Cli, home: Path, model_flags: list[str]) -> None:
    write_prices(home)
    cli(*GAME, *model_flags)
    cli("agents", "limit", "ada", "--max-calls", 10, "--max-cost", 2)
    cli("agents", "limit", "ada", "--max-time", "1h")
    spent = cli("agents", "show", "ada", "--json").read("agent")["spent"]
    assert spent["limits"] == {"tokens": None, "cost": 2.0, "calls": 10, "seconds": 3600.0}
    assert spent["left"]["calls"] == 10 - N_CALLS
    assert spent["left"]["cost"] == pytest.approx(2 - spent["cost"])
    assert 3590 < spent["left"]["seconds"] < 3600
    shown = cli("agents", "show", "ada").out
    assert f"spent      {N_CALLS} calls, " in shown
    assert "limits     6 calls of 10 calls left; $" in shown


def test_an_agent_cannot_have_a_cost_limit_without_a_price(cli: Cli, home: Path, model_flags: list[str]) -> None:
    cli("agents", "create", "ada", *model_flags)
    assert cli("agents", "limit", "ada", "--max-cost", 1).code == 2
    assert cli("agents", "show", "ada", "--json").read("agent")["spent"]["limits"]["cost"] is None


@pytest.mark.parametrize(
    "flags",
    [
        ("--max-tokens", -1),
        ("--max-calls", "many"),
        ("--max-cost", "nan"),
        ("--max-cost", "-1"),
        ("--max-time", "5x"),
        ("--max-time", "-5"),
        ("--max-time", ""),
    ],
)
@pytest.mark.parametrize("command", [GAME, ("resume",), ("agents", "limit", "ada")])
def test_what_is_no_limit_is_refused(cli: Cli, home: Path, command: tuple[object, ...], flags: tuple[object]) -> None:
    done = cli(*command, *flags)
    assert done.code == 2
    assert str(flags[0]) in done.err
    assert not store_path(home).exists()


def test_none_and_a_limit_exclude_each_other(cli: Cli, home: Path) -> None:
    assert cli("agents", "limit", "ada", "--none", "--max-calls", 1).code == 2


def test_limits_of_nobody_make_no_store(cli: Cli, home: Path) -> None:
    assert cli("agents", "limit", "ada", "--max-calls", 1).code == 2
    assert not store_path(home).exists()


def test_time_is_up_at_a_turns_border(cli: Cli, home: Path, slow_server: ChatServer) -> None:
    done = cli(*GAME, *find_flags(slow_server), "--max-time", "0.3s")
    assert done.code == 4
    assert "--max-time of run 1" in done.err
    assert 0 < len(slow_server.requests) < N_CALLS
    assert cli("resume", "--max-time", "10m", "--quiet").code == 0


def test_an_old_run_at_its_limit_does_not_keep_the_agent_from_a_new_one(
    cli: Cli, home: Path, model_flags: list[str]
) -> None:
    cli(*GAME, *model_flags, "--max-calls", 1)
    done = cli(*GAME, *model_flags)
    assert done.code == 0
    assert "episode 1 is left unfinished: run 1 has spent 1 call" in done.err


def test_several_agents_have_the_limits_each_for_itself(cli: Cli, home: Path, model_flags: list[str]) -> None:
    done = cli("play", "--agents", "ada,bob", *GAME[3:], *model_flags, "--max-calls", 2)
    assert done.code == 4
    assert "each of the 2 runs has these limits for itself" in done.err
    with AgentsDB.open_reader(store_path(home)) as db:
        assert [(row.agent_id, row.n_calls) for row in db.spending()] == [(1, 2), (2, 2)]


# Costs


def test_costs_are_listed_by_agent_and_model_with_a_total(cli: Cli, home: Path, model_flags: list[str]) -> None:
    write_prices(home)
    cli(*GAME, *model_flags)
    cli("play", "--agent", "bob", "--env", "tictactoe", *model_flags, "--model", "openai:other", "--max-calls", 1)
    page = cli("cost", "--json").read("cost")
    ada, bob = page["items"]
    assert (ada["agent"], ada["model"], ada["n_calls"]) == ("ada", "openai:test", N_CALLS)
    assert (bob["cost"], bob["unpriced_tokens"]) == (None, bob["tokens_in"] + bob["tokens_out"])
    assert page["total"]["cost"] == ada["cost"] > 0
    assert page["total"]["unpriced_tokens"] == bob["unpriced_tokens"]
    table = cli("cost").out.splitlines()
    assert [line.split()[:2] for line in table[1:3]] == [["ada", "openai:test"], ["bob", "openai:other"]]
    assert table[2].endswith("unpriced")
    assert table[3].endswith(f"and {bob['unpriced_tokens']} tokens unpriced")


def test_costs_of_an_agent_or_a_run_alone(cli: Cli, home: Path, model_flags: list[str]) -> None:
    cli(*GAME, *model_flags, "--max-calls", 1)
    cli("play", "--agent", "bob", "--env", "tictactoe", *model_flags, "--max-calls", 2)
    assert [item["agent"] for item in cli("cost", "--agent", "bob", "--json").read("cost")["items"]] == ["bob"]
    assert [item["agent"] for item in cli("cost", "--run", 1, "--json").read("cost")["items"]] == ["ada"]
    assert cli("cost", "--agent", "ad").code == 2
    assert cli("cost", "--run", 9).code == 2


def test_a_deleted_agent_keeps_its_place_in_the_costs(cli: Cli, home: Path, model_flags: list[str]) -> None:
    cli(*GAME, *model_flags)
    cli("agents", "delete", "ada", "--yes")
    assert cli("cost").out.splitlines()[1].startswith("(deleted)")


def test_nothing_spent_is_told(cli: Cli, home: Path) -> None:
    assert "nothing was spent" in cli("cost").err
    assert cli("cost", "--json").read("cost")["total"]["cost"] == 0
    cli(*GAME, "--model", "random", "--quiet")
    assert "nothing was spent" in cli("cost").err
    assert "spent      nothing: no model was called" in cli("agents", "show", "ada").out


def test_a_price_table_that_cannot_be_read_is_told_at_once(cli: Cli, home: Path, server: ChatServer) -> None:
    home.mkdir()
    (home / "prices.toml").write_text("[models", encoding="utf-8")
    done = cli(*GAME, *find_flags(server))
    assert (done.code, "prices.toml" in done.err, len(server.requests)) == (2, True, 0)
    assert not store_path(home).exists()


# Estimates


DRY = (*GAME, "--model", "openai:gpt-4o-mini", "--dry-run")


def test_a_dry_run_stores_nothing_calls_nothing_and_needs_no_key(cli: Cli, home: Path) -> None:
    done = cli(*DRY, "--episodes", 10)
    assert done.code == 0
    assert "nothing was stored and no model was called" in done.err
    assert done.out.splitlines()[1].split()[:4] == ["ada", "classic/tictactoe_v3", "40", "40"]
    assert not home.exists()


def test_an_estimate_is_near_what_is_spent(cli: Cli, home: Path, model_flags: list[str]) -> None:
    flags = ("play", "--agent", "ada", "--env", "tictactoe", "--seed", 1, "--episodes", 4, *model_flags)
    [item] = cli(*flags, "--dry-run", "--json").read("estimate")["items"]
    spent = read_summary(cli(*flags, "--json").read_lines())["spent"]
    assert isinstance(spent, dict)
    assert item["expected"]["calls"] == pytest.approx(spent["n_calls"], rel=0.4)
    with AgentsDB.open_reader(store_path(home)) as db:
        attempts = [attempt for number in range(1, 5) for attempt in db.attempts(episode_id=number)]
    per_call = sum(attempt.est_in for attempt in attempts) / len(attempts)
    assert item["expected"]["tokens_in"] / item["expected"]["calls"] == pytest.approx(per_call, rel=0.35)


def test_an_estimate_has_a_price_a_bound_and_the_limits_that_it_would_reach(cli: Cli, home: Path) -> None:
    flags = ("--max-turns", 8, "--max-attempts", 2, "--max-calls", 3, "--max-cost", "0.001", "--episodes", 1)
    [item] = cli(*DRY, *flags, "--json").read("estimate")["items"]
    expected, most = item["expected"], item["most"]
    assert (expected["calls"], most["calls"]) == (4, 8)
    assert expected["cost"] == pytest.approx((0.15 * expected["tokens_in"] + 0.6 * expected["tokens_out"]) / 1e6)
    assert most["tokens_out"] == 4 * expected["tokens_out"]
    assert item["reached"] == ["--max-calls of the run"]
    assert item["reachable"] == ["--max-cost of the run"]


def test_an_estimate_ends_episodes_at_their_limit_of_turns(cli: Cli, home: Path) -> None:
    flags = ("play", "--agent", "ada", "--env", "chess", "--model", "openai:gpt-4o", "--dry-run", "--json")
    [capped] = cli(*flags, "--max-turns", 10, "--episodes", 3).read("estimate")["items"]
    [free] = cli(*flags).read("estimate")["items"]
    assert (capped["expected"]["calls"], free["most"]) == (15, None)
    assert free["expected"]["calls"] > 100


def test_an_estimate_without_a_price_says_so(cli: Cli, home: Path) -> None:
    done = cli(*GAME, "--model", "openai:qwen3", "--dry-run", "--json")
    [item] = done.read("estimate")["items"]
    assert (item["expected"]["cost"], item["unpriced"]) == (None, ["openai:qwen3"])
    assert "unpriced" in cli(*GAME, "--model", "openai:qwen3", "--dry-run").out
    assert cli(*GAME, "--model", "openai:qwen3", "--dry-run", "--max-cost", 1).code == 2


def test_an_estimate_counts_seats_of_rivals_and_a_free_policy_costs_nothing(cli: Cli, home: Path) -> None:
    [alone] = cli(*DRY, "--json").read("estimate")["items"]
    [both] = cli(*DRY, "--rival", "self", "--json").read("estimate")["items"]
    [free] = cli(*GAME, "--model", "random", "--dry-run", "--json").read("estimate")["items"]
    assert both["expected"]["calls"] == 2 * alone["expected"]["calls"]
    assert (free["expected"]["calls"], free["expected"]["cost"], free["unpriced"]) == (0, 0, [])


def test_where_the_agent_chooses_every_environment_has_an_estimate_with_the_choice(cli: Cli, home: Path) -> None:
    done = cli("play", "--agent", "ada", "--model", "openai:gpt-4o-mini", "--dry-run", "--json")
    items = {item["env_id"]: item for item in done.read("estimate")["items"]}
    [given] = cli(*DRY, "--json").read("estimate")["items"]
    assert len(items) > 15
    assert items["classic/tictactoe_v3"]["expected"]["calls"] == given["expected"]["calls"] + 1


def test_an_estimate_knows_the_agents_pace_memories_and_own_limits(
    cli: Cli, home: Path, model_flags: list[str]
) -> None:
    flags = (*GAME, *model_flags, "--memories", 1)
    [before] = cli(*flags, "--dry-run", "--json").read("estimate")["items"]
    cli(*flags, "--quiet")
    cli("agents", "limit", "ada", "--max-calls", N_CALLS + 1)
    [after] = cli(*flags, "--dry-run", "--json").read("estimate")["items"]
    assert (before["seconds"], before["reached"]) == (None, [])
    assert 0 < after["seconds"] < 60
    assert after["reached"] == ["--max-calls of ada"]


def test_a_server_that_counts_nothing_is_counted_by_estimate(cli: Cli, home: Path) -> None:
    with ChatServer(pick_first, faults=[absurd_usage('{"action": "a1"}')]) as server:
        cli(*GAME, *find_flags(server), "--max-calls", 1)
    total = cli("cost", "--json").read("cost")["total"]
    assert (total["n_calls"], total["tokens_in"]) == (1, 0)
    assert total["estimated_tokens"] > 512
