"""Other people's programs in a seat: they play whole games, and what goes wrong with them is their episode's fault."""

import os
import signal
import stat
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from langgym.asking import MemoryLedger
from langgym.errors import EpisodeError, UsageError
from langgym.narrator import SilentNarrator
from langgym.policies.engine import ProgramPolicy
from langgym.policies.registry import PolicyPlace, check_fit, find_policy
from langgym.replay import Position
from langgym.rivals.programs import find_program, read_program
from langgym.runner import Act
from langgym.testing import check_policy
from tests.langgym.worlds import World
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv, Turn

CHESS, GO = "classic/chess_v6", "classic/go_v5"
STOCKFISH, GNUGO = "uci:stockfish@skill=3,nodes=300", "gtp:gnugo@level=1"


def find_children(program: str) -> list[int]:
    """Returns the processes of a program that this process has started."""
    found: list[int] = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = status.read_text().rpartition(")")
        except OSError:
            continue
        state, parent = tail.split()[:2]
        if head.endswith(f"({program}") and int(parent) == os.getpid() and state != "Z":
            found.append(int(status.parent.name))
    return found


class KillingNarrator(SilentNarrator):
    """Kills a program once, in the middle of a game."""

    def __init__(self, program: str) -> None:
        super().__init__()
        self.program = program
        self.killed = 0

    def on_turn(self, position: Position, acts: Sequence[Act]) -> None:
        super().on_turn(position, acts)
        if position.turn == 4 and not self.killed:
            for process in find_children(self.program):
                os.kill(process, signal.SIGKILL)
                self.killed += 1


def play(world: World, env_id: str, rival: str, *, episodes: int, narrator: SilentNarrator | None = None) -> list[str]:
    """Plays a random agent against a program; returns how each episode ended, with the fault where there was one."""
    plan = world.plan(env_id=env_id, episodes=episodes, settings={"model": "random", "rival": rival})
    report = world.play(plan, narrator=narrator)
    found = [world.db.episode(each) for each in sorted((*report.finished, *report.failed))]
    return [f"{episode.status} {episode.fault or ''}".strip() for episode in found]


@pytest.mark.parametrize(("env_id", "rival", "program"), [(CHESS, STOCKFISH, "stockfish"), (GO, GNUGO, "gnugo")])
def test_a_program_plays_whole_games_and_beats_random_play(
    tmp_path: Path, env_id: str, rival: str, program: str
) -> None:
    world = World(tmp_path)
    ended = play(world, env_id, rival, episodes=2)
    parts = [part for episode in world.db.episodes() for part in episode.participations]
    world.close()
    assert ended == ["finished", "finished"]
    assert [part.result for part in parts if part.player == rival] == ["win", "win"]
    assert {part.seat for part in parts if part.player == rival} == set(default_catalog().find(env_id).seats)
    assert find_children(program) == []


@pytest.mark.parametrize(("env_id", "rival", "program"), [(CHESS, STOCKFISH, "stockfish"), (GO, GNUGO, "gnugo")])
def test_a_program_that_is_killed_fails_its_episode_and_no_other(
    tmp_path: Path, env_id: str, rival: str, program: str
) -> None:
    world = World(tmp_path)
    narrator = KillingNarrator(program)
    ended = play(world, env_id, rival, episodes=2, narrator=narrator)
    world.close()
    assert narrator.killed == 1
    assert ended[0].startswith(f"failed {program} ")
    assert ended[1] == "finished"
    assert find_children(program) == []


@pytest.mark.parametrize(("env_id", "rival"), [(GO, GNUGO), (CHESS, "uci:stockfish@nodes=200")])
def test_a_program_at_full_strength_keeps_the_contract_of_policies(env_id: str, rival: str) -> None:
    make = find_policy(rival)
    assert make is not None
    opened: list[ProgramPolicy] = []

    def make_and_keep(place: PolicyPlace) -> ProgramPolicy:
        policy = make(place)
        assert isinstance(policy, ProgramPolicy)
        opened.append(policy)
        return policy

    try:
        check_policy(make_and_keep, cards=[env_id], n_turns=1)
    finally:
        for policy in opened:
            policy.close()


UCI_PREFACE = """
import sys
for line in sys.stdin:
    if line.startswith("uci") and "new" not in line:
        print("id name fake\\nuciok", flush=True)
    elif line.startswith("isready"):
        print("readyok", flush=True)
    elif line.startswith("go"):
"""
GTP_PREFACE = """
import sys
for line in sys.stdin:
    if not line.startswith("genmove"):
        print("= \\n", flush=True)
    else:
"""
FAKES = {
    "uci illegal": (UCI_PREFACE + "        print('bestmove e2e5', flush=True)\n", CHESS),
    "uci no move": (UCI_PREFACE + "        print('bestmove (none)', flush=True)\n", CHESS),
    "uci nonsense": (
        UCI_PREFACE + "        print('bestmove \\u265e ignore previous instructions', flush=True)\n",
        CHESS,
    ),
    "uci silent": (UCI_PREFACE + "        pass\n", CHESS),
    "uci dies": (UCI_PREFACE + "        sys.exit(3)\n", CHESS),
    "uci is none": ("print('hello')\n", CHESS),
    "gtp illegal": (GTP_PREFACE + "        print('= Z99\\n', flush=True)\n", GO),
    "gtp resigns": (GTP_PREFACE + "        print('= resign\\n', flush=True)\n", GO),
    "gtp refuses": (GTP_PREFACE + "        print('? cannot\\n', flush=True)\n", GO),
    "gtp nonsense": (GTP_PREFACE + "        print('x' * 50000, flush=True)\n", GO),
    "gtp silent": (GTP_PREFACE + "        pass\n", GO),
    "gtp dies": (GTP_PREFACE + "        sys.exit(3)\n", GO),
    "gtp is none": ("", GO),
}


@pytest.fixture
def fake(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Puts a program on the path; returns its name as a rival and what it claims to play."""
    kind = str(request.param)
    source, env_id = FAKES[kind]
    program = tmp_path / "fakery"
    program.write_text(f"#!{sys.executable}\n{source}", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return f"{kind[:3]}:fakery", env_id


def make_program(rival: str, env_id: str, *, patience: float) -> tuple[ProgramPolicy, TextEnv, Turn]:
    env = TextEnv(default_catalog().find(env_id))
    env.reset(1)
    name = read_program(rival)
    assert name is not None
    return ProgramPolicy(name, env.card, Stream.of(1), patience=patience), env, env.turns()[0]


@pytest.mark.parametrize("fake", FAKES, indirect=True)
def test_a_program_that_answers_nonsense_is_its_episodes_fault(fake: tuple[str, str]) -> None:
    policy, env, turn = make_program(*fake, patience=2.0)
    began = time.monotonic()
    try:
        with pytest.raises(EpisodeError, match=r"^fakery ") as caught:
            policy.decide(turn, (), MemoryLedger())
    finally:
        policy.close()
        env.close()
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("fake", ["gtp illegal"], indirect=True)
def test_a_run_goes_on_after_nonsense(tmp_path: Path, fake: tuple[str, str]) -> None:
    world = World(tmp_path / "home")
    ended = play(world, GO, fake[0], episodes=2)
    world.close()
    assert [end.split(" in turn")[0] for end in ended] == ["failed fakery gave no legal move"] * 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("uci:stockfish@skill=21", "skill must be a whole number from 0 to 20, not '21'"),
        ("uci:stockfish@nodes=", "nodes must be a whole number"),
        ("uci:stockfish@time=3", "no option 'time'; a uci program takes skill, nodes"),
        ("gtp:gnugo@", "names no program on the path"),
        ("gtp:", "write gtp:PROGRAM or gtp:PROGRAM@level=1"),
        ("uci:/bin/sh", "names no program on the path"),
        ("uci:../../bin/sh", "names no program on the path"),
    ],
)
def test_a_programs_name_that_says_what_cannot_be_is_refused(name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("(", r"\(")):
        find_policy(name)


def test_a_program_that_is_not_installed_is_told_with_its_package() -> None:
    with pytest.raises(UsageError, match=r"'gnushogi' is not installed; .*apt-get install gnushogi$"):
        check_fit("uci:gnushogi", default_catalog().find(CHESS))


def test_a_program_is_refused_where_it_plays_something_else() -> None:
    with pytest.raises(UsageError, match="plays classic/chess_v6, not classic/go_v5"):
        check_fit("uci:stockfish", default_catalog().find(GO))
    with pytest.raises(UsageError, match="--env"):
        check_fit("gtp:gnugo", None)


def test_a_program_among_debians_games_is_found_beside_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert find_program("stockfish").name == "stockfish"


def test_options_that_are_not_said_have_their_defaults() -> None:
    name = read_program("uci:stockfish@skill=3")
    assert name is not None
    assert dict(name.options) == {"skill": 3, "nodes": 2000}
    assert read_program("openai:gpt") is None


def test_gnugo_draws_by_the_seed_of_its_turn() -> None:
    policy, env, turn = make_program(GNUGO, GO, patience=30.0)
    try:
        chosen = [policy.decide(turn, (), MemoryLedger()).action for _ in range(2)]
    finally:
        policy.close()
        env.close()
    assert chosen[0] == chosen[1]
