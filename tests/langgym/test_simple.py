"""`langgym/simple.py`: each kind of end in a process of its own, and what it leaves behind."""

import itertools
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from langgym.models.doubles import Call, FunctionModel
from langgym.models.loopback import ChatRequest, ChatServer, bad_key, slow
from langgym.policies.model import ModelPolicy
from langgym.simple import PLACES, Experiment, undisturbed
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv

TOP = Path(__file__).parents[2]
SCRIPT = TOP / "langgym" / "simple.py"
ENDS_EARLY = """
import sys
from pathlib import Path
from langgym.policies.random import RandomPolicy
from langgym.simple import Experiment
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv

env = TextEnv(default_catalog().find("mpe/simple"), {"max_cycles": 20}, max_turns=3, pictures=True)
print(Experiment(env, RandomPolicy(Stream.of(1)), Path(sys.argv[1]), -0.0001).run(1))
"""
"""The environment ends before its turns are used up."""


@dataclass(frozen=True)
class Step:
    """A pair of files."""

    picture: bytes
    snapshot: dict[str, Any]


def start(*arguments: str, script: Path = SCRIPT) -> subprocess.Popen[str]:
    command = [sys.executable, str(script), *arguments]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=script.anchor,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # whoever runs the tests may ignore it
    )


def run(*arguments: str, script: Path = SCRIPT) -> tuple[int, str, str]:
    with start(*arguments, script=script) as child:
        printed, told = child.communicate(timeout=240)
    return child.returncode, printed, told


def run_with(
    server: ChatServer, folder: Path, *arguments: str, seed: int = 1, goal: float = -0.05
) -> tuple[int, str, str]:
    where = ("--model", "openai:double", "--base-url", server.url, "--output-dir", str(folder))
    return run(*where, "--seed", str(seed), "--goal-reward", str(goal), *arguments)


def read_steps(folder: Path) -> list[Step]:
    """Returns the pairs of the only experiment in a folder, all of which must be whole and numbered from 0."""
    [experiment] = folder.iterdir()
    n = len(list(experiment.glob("snapshot_*.txt")))
    wanted = {
        f"{name}_{number}.{kind}" for number in range(n) for name, kind in (("frame", "png"), ("snapshot", "txt"))
    }
    assert {path.name for path in experiment.iterdir()} == wanted
    steps = [
        Step((experiment / f"frame_{i}.png").read_bytes(), json.loads((experiment / f"snapshot_{i}.txt").read_text()))
        for i in range(n)
    ]
    assert all(step.picture[:8] == b"\x89PNG\r\n\x1a\n" and step.picture[-8:-4] == b"IEND" for step in steps)
    assert all({"prompt", "response", "state", "raw_actions", "actions"} <= step.snapshot.keys() for step in steps)
    assert [("end" in step.snapshot) for step in steps] == [False] * (n - 1) + [True]
    return steps


def answer(*moves: str) -> str:
    padded = [*moves, *["none"] * (len(PLACES) - len(moves))]
    return json.dumps({**dict(zip(PLACES, padded, strict=True))})


def read_number(prompt: str, meaning: str) -> float:
    return float(re.findall(rf"^{meaning}: (-?[\d.]+)$", prompt, re.MULTILINE)[-1])


def steer(request: ChatRequest) -> str:
    """Pushes along the longer way, as long as the pushes under way do not carry that far; reads the prompt alone."""
    across = read_number(request.prompt, "landmark to the right of you")
    up = read_number(request.prompt, "landmark above you")
    across -= 0.4 * read_number(request.prompt, "your velocity to the right")
    up -= 0.4 * read_number(request.prompt, "your velocity up")
    name = ("left" if across < 0 else "right") if abs(across) > abs(up) else ("down" if up < 0 else "up")
    return answer(*[name] * max(1, min(3, round(max(abs(across), abs(up)) / 0.2))))


def stay(request: ChatRequest) -> str:
    return answer("stay")


def wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def interrupt(child: subprocess.Popen[str]) -> tuple[int, str]:
    child.send_signal(signal.SIGINT)
    told = child.communicate(timeout=60)[1]
    return child.returncode, told


# Ends


@pytest.mark.parametrize("seed", [1, 2])
def test_who_reads_only_the_prompt_reaches_the_goal(seed: int, tmp_path: Path) -> None:
    with ChatServer(steer) as server:
        code, printed, _ = run_with(server, tmp_path / "out", seed=seed)

    steps = read_steps(tmp_path / "out")
    assert (code, printed.split(" with")[0]) == (0, "goal reached")
    assert steps[-1].snapshot["end"] == "goal reached"
    assert steps[-1].snapshot["state"]["last reward"] > -0.05
    assert all((step.snapshot["state"]["last reward"] or -1) <= -0.05 for step in steps[:-1])


def test_without_the_goal_the_episode_has_as_many_turns_as_were_given(tmp_path: Path) -> None:
    with ChatServer(stay) as server:
        code, printed, _ = run_with(server, tmp_path / "out", "--max-cycles", "4")

    steps = read_steps(tmp_path / "out")
    assert (code, printed.split(" with")[0]) == (0, "goal missed")
    assert len(steps) == 4 + 1
    assert steps[-1].snapshot["actions"] == []


def test_the_end_of_the_environment_is_an_end(tmp_path: Path) -> None:
    (tmp_path / "out" / "experiment").mkdir(parents=True)
    child = [sys.executable, "-c", ENDS_EARLY, str(tmp_path / "out" / "experiment")]

    printed = subprocess.run(child, capture_output=True, text=True, check=True, timeout=60).stdout

    assert printed.splitlines()[-1].startswith("goal missed")
    assert len(read_steps(tmp_path / "out")) == 3 + 1


def test_ctrl_c_stops_a_model_at_once_and_leaves_whole_files(tmp_path: Path) -> None:
    with ChatServer(stay, faults=itertools.chain([None, None], itertools.repeat(slow(60)))) as server:
        where = ("--model", "openai:double", "--base-url", server.url, "--output-dir", str(tmp_path / "out"))
        with start(*where, "--seed", "1") as child:
            wait_for(lambda: len(server.requests) == 3)
            began = time.monotonic()
            code, told = interrupt(child)

    steps = read_steps(tmp_path / "out")
    assert code == 130
    assert time.monotonic() - began < 20
    assert "Traceback" not in told
    assert len(steps) == 2 + 1
    assert steps[-1].snapshot["end"] == "broken off"


def test_ctrl_c_between_answers_leaves_whole_files(tmp_path: Path) -> None:
    where = ("--model", "random", "--output-dir", str(tmp_path / "out"), "--seed", "1", "--goal-reward", "0")
    with start(*where, "--max-cycles", "1000") as child:
        wait_for(lambda: len(list((tmp_path / "out").glob("*/snapshot_*.txt"))) > 5)
        code, told = interrupt(child)

    steps = read_steps(tmp_path / "out")
    assert code == 130
    assert "Traceback" not in told
    assert steps[-1].snapshot["end"] == "broken off"


def test_a_provider_that_fails_ends_it_with_one_line_and_whole_files(tmp_path: Path) -> None:
    with ChatServer(stay, faults=[None, bad_key()]) as server:
        code, _, told = run_with(server, tmp_path / "out")

    steps = read_steps(tmp_path / "out")
    assert code == 3
    assert len([line for line in told.splitlines() if line.startswith("simple.py: ")]) == 1
    assert "Traceback" not in told
    assert (len(steps), steps[-1].snapshot["end"]) == (1 + 1, "broken off")


@pytest.mark.model
def test_the_embedded_model_ends_with_files_as_promised(home: Path, weights: Path, tmp_path: Path) -> None:
    home.mkdir()
    (home / "models").symlink_to(weights)

    code, printed, told = run("--max-cycles", "4", "--seed", "1", "--output-dir", str(tmp_path / "out"))

    assert (code, printed.split(" with")[0]) == (0, "goal missed"), told
    steps = read_steps(tmp_path / "out")
    assert len(steps) == 4 + 1
    assert all(step.snapshot["prompt"] and step.snapshot["response"] for step in steps[:-1])


# Answers


def play(folder: Path, reply: Callable[[Call], str], *, turns: int) -> tuple[list[Step], FunctionModel, str]:
    """Plays in this process; returns the files, the model with its calls, and what is said at the end."""
    (folder / "experiment").mkdir()
    model, card = FunctionModel(reply), default_catalog().find("mpe/simple")
    policy = ModelPolicy(model, card, agent="ada", stream=Stream.of(1))
    env = TextEnv(card, {"max_cycles": turns}, pictures=True)
    told = Experiment(env, policy, folder / "experiment", -0.05).run(1)
    return read_steps(folder), model, told


def test_what_cannot_be_read_is_told_counted_and_nobodys_choice(tmp_path: Path) -> None:
    replies = iter(["I would go left.", "Left!", "no", "{}"])

    steps, model, told = play(tmp_path, lambda call: next(replies, answer("up")), turns=2)

    first, second = (step.snapshot for step in steps[:2])
    assert "; 4 answers could not be used" in told
    assert (first["source"], second["source"]) == ("fallback", "model")
    assert (first["response"], len(first["actions"])) == ("no", 1)
    assert "No answer could be read." in model.calls[1].prompt
    assert f"your last moves: {first['actions'][0]} (nobody chose it)" in second["prompt"]


def test_an_unknown_move_is_refused_and_said_to_be(tmp_path: Path) -> None:
    replies = iter([answer("jump")])

    steps, model, _ = play(tmp_path, lambda call: next(replies, answer("up")), turns=1)

    assert "'jump + none + none + none + none' is not legal now." in model.calls[1].prompt
    assert steps[0].snapshot["actions"] == ["up"]


def test_a_sequence_is_played_in_its_order_up_to_the_first_none(tmp_path: Path) -> None:
    steps, model, _ = play(tmp_path, lambda call: answer("left", "up", "none", "right"), turns=4)

    assert steps[-1].snapshot["state"]["your last moves"] == "left, up, left, up"
    assert len(model.calls) == 2
    assert steps[0].snapshot["raw_actions"] == ["left", "up", "none", "right", "none"]
    assert [step.snapshot["actions"] for step in steps] == [["left", "up"]] * 4 + [[]]


def test_an_answer_has_five_places_of_which_the_first_is_a_move(tmp_path: Path) -> None:
    _, model, _ = play(tmp_path, lambda call: answer("up"), turns=1)

    schema: Any = model.calls[0].schema
    moves = {"left", "right", "down", "up", "stay"}
    found = {place: set(field["enum"]) for place, field in schema["properties"].items()}
    assert found == {"first": moves, **{place: {*moves, "none"} for place in PLACES[1:]}}


def test_the_prompt_tells_every_number_the_change_of_the_reward_and_the_moves(tmp_path: Path) -> None:
    steps, model, _ = play(tmp_path, lambda call: answer("left"), turns=4)

    second, third = (steps[n].snapshot["state"]["last reward"] for n in (2, 3))
    prompt = model.calls[3].prompt
    assert read_number(prompt, "your velocity to the right") == pytest.approx(-0.5 * (1 + 0.75 + 0.75**2), abs=1e-3)
    assert read_number(prompt, "its change") == pytest.approx(third - second, abs=1e-5)
    assert "your last moves: left, left, left\n" in prompt


def test_pictures_show_the_position_of_their_step(tmp_path: Path) -> None:
    steps, _, _ = play(tmp_path, lambda call: answer("left"), turns=4)

    pictures = [step.picture for step in steps]
    assert pictures[0] == pictures[1], "a push shows in the place only from the next turn on"
    assert len(set(pictures[1:])) == 4


def test_ctrl_c_waits_for_what_is_under_way() -> None:
    done: list[str] = []

    def write() -> None:
        with undisturbed():
            signal.raise_signal(signal.SIGINT)
            done.append("file")

    with pytest.raises(KeyboardInterrupt):
        write()

    assert done == ["file"]


# The command


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--max-cycles", "0"], "--max-cycles"),
        (["--goal-reward", "nan"], "--goal-reward"),
        (["--goal-reward", "near"], "--goal-reward"),
        (["--seed", "-1"], "--seed"),
        (["--speed", "3"], "--speed"),
        (["--model", "local:smolm2"], "local:smollm2"),
        (["--model", "random", "--output-dir", f"{SCRIPT}/out"], "simple.py/out"),
    ],
    ids=["no turns", "not a number", "a word", "a negative seed", "no option", "no model", "no folder"],
)
def test_bad_input_is_one_clear_line(arguments: Sequence[str], problem: str, tmp_path: Path) -> None:
    code, printed, told = run("--output-dir", str(tmp_path / "out"), *arguments)

    assert (code, printed) == (2, "")
    assert len(told.splitlines()) == 1
    assert problem in told
    assert not (tmp_path / "out").exists()


def test_the_same_seed_plays_alike(tmp_path: Path) -> None:
    for name in ("a", "b"):
        run("--model", "random", "--seed", "7", "--max-cycles", "5", "--output-dir", str(tmp_path / name))

    assert read_steps(tmp_path / "a") == read_steps(tmp_path / "b")


def test_as_a_module_it_is_the_same() -> None:
    command = [sys.executable, "-m", "langgym.simple", "--help"]

    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=TOP).stdout

    assert printed == run("--help")[1]
    assert "--goal-reward" in printed


def test_run_by_its_path_it_takes_no_module_from_its_own_folder(tmp_path: Path) -> None:
    shutil.copytree(TOP / "langgym", tmp_path / "langgym", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("typer", "numpy", "pydantic", "pygame"):
        (tmp_path / "langgym" / f"{name}.py").write_text("raise SystemExit('hidden')\n")

    code, _, told = run(
        *("--model", "random", "--max-cycles", "1", "--output-dir", str(tmp_path / "out")),
        script=tmp_path / "langgym" / "simple.py",
    )

    assert code == 0, told


def test_the_example_stays_short() -> None:
    assert len(SCRIPT.read_text("utf-8").splitlines()) <= 150
