"""The interface as a person has it: in a real terminal, beside other processes that play and are killed."""

import itertools
import re
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from agents_db.store import AgentsDB
from langgym.cli.app import main
from langgym.cli.exits import OK, STORE, USAGE
from langgym.home import store_path
from langgym.models.loopback import ChatServer, slow
from tests.cli.harness import find_flags, pick_first
from tests.tui.tmux import TOP, Tmux

THOUGHT_SECONDS = 0.4
"""What the model that is followed takes for an answer."""
FOLLOWED = 12
"""Decisions that are watched as they come."""
DELAY_SECONDS = 1.5
"""From the storing of a decision to its being on the screen, on a machine that has other work as well."""
LEAVE_SECONDS = 3.0
"""From the key to the end of the process, whatever it is about."""
LIST_KEYS, LINE_KEYS = "⏎ Open", "f1 Help"
"""What the footer shows where a list, and where a line that takes letters, `?` among them, has the focus."""
_PLACE = re.compile(r"(\d+) of (\d+)  following")


def open_tui(home: Path, *flags: str, size: tuple[int, int] = (120, 40)) -> Tmux:
    return Tmux(command_of(home, *flags), size=size)


def command_of(home: Path, *flags: str) -> list[str]:
    return [sys.executable, "-m", "langgym", "--home", str(home), "tui", *flags]


def leave(terminal: Tmux, *, seconds: float = 20.0) -> None:
    """Quits, and sees that the process ends in time, and the terminal is as it was before."""
    terminal.send("q")
    assert terminal.wait_end(seconds) == OK
    terminal.check_restored()


def open_mode(terminal: Tmux, key: str, title: str) -> str:
    """Opens one of the main screens, and waits until its list takes keys."""
    terminal.wait_for("Agents (showing 3 of 3)", LIST_KEYS)
    terminal.send(key)
    return terminal.wait_for(title, LIST_KEYS)


def type_into(terminal: Tmux, key: str, text: str, *, hint: str) -> None:
    """Opens a line by a key, and types a text into it in the place of any that stands there.

    Args:
        terminal: where it is typed.
        key: what opens the line.
        text: what is typed.
        hint: what the line shows while it is empty.
    """
    terminal.send(key)
    if hint not in terminal.wait_for(LINE_KEYS):
        terminal.send("C-u")  # what is typed before the line is seen to be empty would be deleted too
        terminal.wait_for(hint)
    terminal.type(text)


@contextmanager
def play_slowly(home: Path) -> Generator["subprocess.Popen[bytes]"]:
    """Has another process play connect four by a model that thinks for a while."""
    with ChatServer(pick_first, faults=itertools.repeat(slow(THOUGHT_SECONDS))) as server:
        game = ("--agent", "liv", "--env", "connect_four", "--seed", "1", "--quiet")
        command = [sys.executable, "-m", "langgym", "--home", str(home), "play", *game, *find_flags(server)]
        with subprocess.Popen(command, cwd=TOP, stderr=subprocess.DEVNULL) as child:
            try:
                yield child
            finally:
                child.kill()


@dataclass(frozen=True)
class Birth:
    """Where a memory comes from."""

    episode_id: int
    turn: int
    seat: str


def find_birth(home: Path, memory_id: int) -> Birth:
    with AgentsDB.open_reader(store_path(home)) as db:
        memory = db.memory(memory_id)
    assert memory.turn_from is not None
    return Birth(memory.episode_id, memory.turn_from, memory.seat)


def find_first(shown: str, agent: str) -> int:
    """Returns the id in the first row of a list of memories."""
    row = re.search(rf"^ +(\d+)\s+.*{agent}", shown, re.MULTILINE)
    assert row is not None, shown
    return int(row[1])


def is_pinned(home: Path, memory_id: int) -> bool:
    with AgentsDB.open_reader(store_path(home)) as db:
        return db.memory(memory_id).pinned


# Ways through it


def test_a_home_with_lives_opens_with_its_agents_and_is_left_by_a_key(lived: Path) -> None:
    with open_tui(lived) as terminal:
        terminal.wait_for("Agents (showing 3 of 3)", "ada", "bob", "eve", "random")
        assert terminal.ask("#{alternate_on}") == "1"
        leave(terminal)


def test_a_person_goes_from_the_agents_down_to_a_step_and_back(lived: Path) -> None:
    with open_tui(lived) as terminal:
        terminal.wait_for("ada", "bob", "eve", LIST_KEYS)
        terminal.send("G", "Enter")
        terminal.wait_for("Agent ada", "Last episodes")
        terminal.send("l")
        terminal.wait_for("Episodes (showing", "classic/tictactoe_v3", LIST_KEYS)
        terminal.send("Enter")
        terminal.wait_for("Episode ", "1 of ", "turn 0 ", "return before:")
        terminal.send("]", "]")
        terminal.wait_for("3 of ", "turn 2 ")
        terminal.send("Escape")
        terminal.wait_for("Agent ada", "Episodes (showing")
        terminal.send("Escape")
        terminal.wait_for("Agents (showing 3 of 3)")
        leave(terminal)


def test_episodes_are_narrowed_by_a_filter_and_shown_again_without(lived: Path) -> None:
    with open_tui(lived) as terminal:
        open_mode(terminal, "2", "Episodes (showing 66 of 66)")
        type_into(terminal, "/", "agent:eve env:leduc*", hint="env:connect*")
        terminal.wait_until(
            lambda shown: "Episodes (showing 8 of 66)" in shown and "leduc" in shown and "tictactoe" not in shown,
            "eight episodes of one game",
        )
        type_into(terminal, "/", "env:nowhere", hint="env:connect*")
        terminal.wait_for("0 of 66 episodes match 'env:nowhere'", "? Help")
        type_into(terminal, "/", "", hint="env:connect*")
        terminal.wait_for("Episodes (showing 66 of 66)", "connect_four", LIST_KEYS)
        leave(terminal)


def test_a_memory_found_by_its_words_leads_to_where_it_was_born(lived: Path) -> None:
    with open_tui(lived) as terminal:
        open_mode(terminal, "3", "memories (showing")
        type_into(terminal, "/", "leduc", hint="kind:strategy")
        shown = terminal.wait_for("memories (showing 8 of", "filter: leduc", "Leduc hold'em as", LIST_KEYS)
        born = find_birth(lived, find_first(shown, "eve"))
        terminal.send("b")
        terminal.wait_for(f"Episode {born.episode_id} ", f"turn {born.turn} {born.seat} ")
        leave(terminal)


def test_a_memory_found_by_what_it_means_leads_to_where_it_was_born(lived: Path) -> None:
    with open_tui(lived) as terminal:
        open_mode(terminal, "3", "memories (showing")
        type_into(terminal, "S", "a bet to call in the first round", hint="in your own words")
        shown = terminal.wait_for("Nearest to", "Leduc hold'em as", LIST_KEYS)
        born = find_birth(lived, find_first(shown, "eve"))
        terminal.send("b")
        terminal.wait_for(f"Episode {born.episode_id} ", f"turn {born.turn} {born.seat} ")
        leave(terminal)


def test_a_memory_is_pinned_and_the_pin_is_taken_back(lived_home: Path) -> None:
    with open_tui(lived_home, "--memory", "1") as terminal:
        terminal.wait_for("memory 1 of ada")
        terminal.send("P")
        terminal.wait_for("u undoes it", "pinned")
        assert is_pinned(lived_home, 1)
        terminal.send("u")
        terminal.wait_until(lambda _: not is_pinned(lived_home, 1), "the end of the pin")
        leave(terminal)


def test_a_deep_link_opens_the_step_that_its_twin_prints(lived: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ("1", "--step", "3")
    assert main(["--home", str(lived), "replay", *place]) == OK
    title = " ".join(capsys.readouterr().out.splitlines()[0].split())
    with open_tui(lived, "--episode", *place) as terminal:
        terminal.wait_for("Episode 1 ", "4 of ", title)
        leave(terminal)


# Beside other processes


def test_a_live_episode_is_followed_as_another_process_plays_it(lived_home: Path) -> None:
    with play_slowly(lived_home), open_tui(lived_home, "--live") as terminal:
        terminal.wait_until(re.compile("waiting|running").search, "what is played now")
        terminal.send("Enter")
        seen = watch(terminal)
        leave(terminal)
    delays = measure_delays(lived_home, seen)
    sys.stdout.write(f"\n{len(delays)} decisions were on the screen {statistics.median(delays):.2f} s after they were ")
    sys.stdout.write(f"stored (median; the slowest {max(delays):.2f} s)\n")
    assert statistics.median(delays) <= DELAY_SECONDS


def watch(terminal: Tmux) -> dict[int, float]:
    """Follows an episode; returns when each decision that came meanwhile was first seen, by its number from 1."""
    shown = terminal.wait_until(_PLACE.search, "an episode that is followed")
    place = _PLACE.search(shown)
    assert place is not None
    last, seen = int(place[2]), dict[int, float]()
    while last < FOLLOWED:
        shown = terminal.wait_until(lambda shown, last=last: find_count(shown) > last, "the next decision")
        at = time.time()
        seen |= {number: at for number in range(last + 1, find_count(shown) + 1)}
        last = find_count(shown)
        assert f"{last} of {last}  following" in shown
    return seen


def find_count(shown: str) -> int:
    place = _PLACE.search(shown)
    return 0 if place is None else int(place[2])


def measure_delays(home: Path, seen: dict[int, float]) -> list[float]:
    """Returns the seconds between the storing of decisions and their being seen."""
    with AgentsDB.open_reader(store_path(home)) as db:
        spine = db.spine(db.episode_ids()[0])
    return [at - spine[number - 1].created_at / 1e6 for number, at in seen.items()]


def test_a_player_that_is_killed_is_dead_on_the_screen(lived_home: Path) -> None:
    with play_slowly(lived_home) as child, open_tui(lived_home, "--live") as terminal:
        terminal.wait_until(re.compile("waiting|running").search, "what is played now")
        child.kill()
        child.wait()
        shown = terminal.wait_for("1 dead", "langgym resume", seconds=5.0)
        assert not re.search("waiting|running", shown)
        leave(terminal)


def test_a_store_that_is_being_made_is_seen_as_soon_as_somebody_plays(tmp_path: Path) -> None:
    store_path(tmp_path).touch()
    with open_tui(tmp_path, "--live") as terminal:
        terminal.wait_for("nothing is played now")
        with play_slowly(tmp_path):
            terminal.wait_until(re.compile("waiting|running").search, "what is played now")
            leave(terminal)


# What the terminal does


def test_a_terminal_that_shrinks_and_grows_again_shows_what_it_showed(lived: Path) -> None:
    with open_tui(lived, "--episode", "1", "--step", "2") as terminal:
        terminal.wait_for("3 of ", "turn 2 ", "Board")
        large = terminal.wait_still()
        terminal.resize(60, 16)
        terminal.wait_until(lambda shown: "3 of " in shown and "turn 2 " in shown and fits(shown, 60, 16), "60x16")
        terminal.resize(59, 15)
        terminal.wait_for("This needs 60 columns and 16 lines.")
        terminal.resize(120, 40)
        terminal.wait_until(lambda shown: shown == large, f"what was seen before:\n{large}\nit")
        leave(terminal)


def fits(shown: str, width: int, height: int) -> bool:
    lines = shown.splitlines()
    return len(lines) <= height and all(len(line) <= width for line in lines)


def test_quitting_does_not_wait_for_a_search_that_loads_its_embedder(lived: Path) -> None:
    with open_tui(lived) as terminal:
        open_mode(terminal, "3", "memories (showing")
        type_into(terminal, "S", "a corner", hint="in your own words")
        terminal.wait_until(lambda shown: "searching" in shown or "Nearest to" in shown, "a search, or its end")
        leave(terminal, seconds=LEAVE_SECONDS)


def test_quitting_does_not_wait_for_a_provider_that_does_not_answer(tmp_path: Path) -> None:
    home, hangs = tmp_path / "home", threading.Event()
    faults = (slow(60.0) if hangs.is_set() else None for _ in itertools.count())
    with ChatServer(pick_first, faults=faults) as server:
        game = ("--agent", "ada", "--model", "experience", "--env", "tictactoe", "--seed", "1", "--quiet")
        embedder = ("--embedder", "openai:test", "--base-url", server.url)
        command = [sys.executable, "-m", "langgym", "--home", str(home), "play", *game, *embedder]
        subprocess.run(command, cwd=TOP, check=True)
        hangs.set()
        n_before = len(server.requests)
        with open_tui(home) as terminal:
            terminal.wait_for("Agents (showing 1 of 1)", LIST_KEYS)
            terminal.send("3")
            terminal.wait_for("memories (showing 1 of 1)", LIST_KEYS)
            type_into(terminal, "S", "a corner", hint="in your own words")
            terminal.wait_until(lambda _: len(server.requests) > n_before, "a request for a vector")
            leave(terminal, seconds=LEAVE_SECONDS)


@pytest.mark.parametrize("how", ["TERM=dumb", "TERM=", "no output", "no input"])
def test_where_there_is_no_terminal_it_says_what_prints_the_same(lived: Path, how: str) -> None:
    command = command_of(lived)
    within = {
        "TERM=dumb": ["env", "TERM=dumb", *command],
        "TERM=": ["env", "TERM=", *command],
        "no output": ["sh", "-c", '"$@" >/dev/null', "sh", *command],
        "no input": ["sh", "-c", '"$@" </dev/null', "sh", *command],
    }[how]
    with Tmux(within) as terminal:
        assert terminal.wait_end() == USAGE
        _, line, _ = terminal.printed()
        assert line.startswith("langgym: `langgym tui` needs a terminal")
        assert "`langgym agents`" in line
        terminal.check_restored()


def test_a_store_of_a_later_schema_ends_it_with_a_plain_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    AgentsDB.open(store_path(home)).close()
    with closing(sqlite3.connect(store_path(home), isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffff'")
    with open_tui(home) as terminal:
        assert terminal.wait_end() == STORE
        _, line, _ = terminal.printed()
        assert line.startswith("langgym: The store ")
        assert "later LangGym" in line
        terminal.check_restored()


# The harness


@pytest.mark.parametrize(
    "left", [r"printf '\033[?1049h'", r"printf '\033[?25l'", r"printf '\033[?1003h'", "stty -echo", "clear"]
)
def test_a_terminal_that_is_not_as_it_was_is_found(left: str) -> None:
    with Tmux(["sh", "-c", left]) as terminal:
        terminal.wait_until(lambda _: terminal.ask("#{pane_current_command}") == "cat", "the end of the program")
        with pytest.raises(AssertionError):
            terminal.check_restored(seconds=0.3)


def test_without_tmux_these_tests_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(AssertionError, match="apt-get install tmux"):
        open_tui(Path("home"))
