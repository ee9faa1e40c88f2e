"""Homes that the dashboard is looked at on: a small one in which every text attacks the page, and a generated one."""

import json
from pathlib import Path

import pytest
from filelock import FileLock
from PIL import Image

from agents_db.knowledge import MemoryChange
from agents_db.store import AgentsDB
from langgym.bench.stores import make_store
from langgym.cli.app import main
from langgym.home import store_path
from langgym.models.loopback import Answer, ChatRequest, ChatServer, Fault
from tests.cli.harness import pick_first
from tests.dashboard.stage import EPISODES, EVIL, Homes

LIVES = (
    ("ada", "leduc_holdem", 16),
    ("ada", "simple_adversary", 1),
    ("ada", "simple_spread", 1),
    ("ada", "connect_four", 1),
    ("ada", "chess", 1),
    ("ada", "hanabi", 1),
)
"""Agent, environment, episodes; by chance."""


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Homes:
    """Homes that are only read, but for their pictures; made once for all processes that test."""
    root = tmp_path_factory.getbasetemp()
    if root.name.startswith("popen"):  # a process of pytest-xdist
        root = root.parent
    made = Homes(root / "dashboard")
    with FileLock(root / "dashboard.lock"):
        if not made.small.exists():
            _fill(made)
    return made


def _fill(homes: Homes) -> None:
    homes.large.mkdir(parents=True)
    make_store(store_path(homes.large), episodes=EPISODES, memories=EPISODES // 10)
    _write_experiments(homes.experiments)
    draft = homes.root / "draft"
    for agent, env, episodes in LIVES:
        flags = ["--agent", agent, "--model", "random", "--env", env, "--episodes", str(episodes), "--max-turns", "20"]
        assert main(["play", "--home", str(draft), "--seed", "3", "--quiet", *flags]) == 0
    arena = ["--agents", "ada,policy:heuristic", "--envs", "tictactoe,rps", "--games", "4", "--seed", "3", "--quiet"]
    assert main(["arena", "--home", str(draft), *arena]) == 0
    _live_hostile(draft)
    draft.rename(homes.small)


def _live_hostile(home: Path) -> None:
    """Lets kim play by a model that says nothing but attacks, and puts one into what it remembers."""
    with ChatServer(_pick_evil, faults=[Fault(answer=Answer(text=EVIL)), None]) as server:
        flags = ["--agent", "kim", "--model", "openai:test", "--base-url", server.url, "--embedder", "hashed"]
        for more in (["--episodes", "1", "--max-turns", "2"], ["--env", "tictactoe"], ["--env", "tictactoe"]):
            assert main(["play", "--home", str(home), "--seed", "5", "--quiet", *flags, *more]) == 0
            if more[0] == "--episodes":
                _change_memories(home)  # the next episodes make vectors of them, and recall them


def _change_memories(home: Path) -> None:
    with AgentsDB.open(store_path(home)) as db:
        for memory in db.memories(db.agent("kim").agent_id, limit=100):
            db.change_memory(
                MemoryChange(memory_id=memory.memory_id, op="edit", fields={"text": EVIL}, actor="hand", reason=EVIL)
            )


def _pick_evil(request: ChatRequest) -> str:
    """Answers with the first value of every field, and with an attack wherever words are free."""
    fields = request.body["response_format"]["json_schema"]["schema"]["properties"]  # pyright: ignore
    said = json.loads(pick_first(request))
    return json.dumps({name: said[name] if "enum" in field else EVIL for name, field in fields.items()})


def _write_experiments(folder: Path) -> None:
    whole = folder / "2026-11-30T12-00-00"
    whole.mkdir(parents=True)
    for number in range(3):
        Image.new("RGB", (60, 40), (80 * number, 0, 0)).save(whole / f"frame_{number}.png")
        told = {"prompt": EVIL, "response": EVIL, "raw_actions": ["left", "up"], "actions": ["left"], EVIL: None}
        (whole / f"snapshot_{number}.txt").write_text(json.dumps({**told, "state": {"turn": number}}), encoding="utf-8")
    broken = folder / "2026-11-30T11-00-00"
    broken.mkdir()
    (broken / "frame_0.png").write_bytes(b"<svg onload='alert(1)'/>")
    (broken / "snapshot_0.txt").write_text(f"{{ {EVIL}", encoding="utf-8")
    (broken / "snapshot_1.txt").write_text("[" * 100_000, encoding="utf-8")
    (folder / "2026-11-30T10-00-00").mkdir()
