"""Every fault of a provider at every call of an episode: it must end as it should or be resumable, and never hang.

The provider is a real HTTP server on 127.0.0.1 that answers by the request's seed and misbehaves once. What is compared
are the steps of the episode: with those of an episode in which nothing went wrong.
"""

import argparse
import faulthandler
import json
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from agents_db.records import AgentDraft
from agents_db.store import AgentsDB
from langgym.bench.report import make_table, write_report
from langgym.config import Settings
from langgym.errors import ModelError
from langgym.home import store_path
from langgym.hosting import Host
from langgym.models.endpoint import EndpointModel
from langgym.models.loopback import FAULTS, ChatRequest, ChatServer
from langgym.narrator import SilentNarrator
from langgym.plan import Plan
from langgym.play import Session, start_run
from universe.universe import LocalUniverse

Outcome = Literal["same", "other", "resumed"]
"""An episode that ends as if nothing had happened; one that ends with other moves; one that is gone on with later."""

ENV_ID = "classic/tictactoe_v3"
SEED = 5
TIMEOUT = 0.4  # seconds of one try
MAX_TRIES = 3
LONGEST = 30.0
"""Seconds after which an episode counts as hanging."""
AT_ONCE = 8  # episodes that are tried at the same time: they mostly wait
MEANINGS = {
    "same": "the call is tried again and the episode ends as if nothing had happened",
    "other": "the reply counts as a bad one, the model is told, and the episode ends with moves of its own",
    "resumed": "the run ends with exit code 3, and resuming ends the episode as if nothing had happened",
}


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a fault at one call."""

    outcome: Outcome | None
    """`None` where a promise is broken."""
    problem: str
    n_requests: int
    n_lost: int


def respond(request: ChatRequest) -> str:
    """Answers with an action of the menu that the seed chooses, also where no schema was sent."""
    found = re.findall(r"^action: (.+)$", request.prompt, re.MULTILINE)
    actions = str(found[-1]).split(", ")
    return json.dumps({"action": actions[cast("int", request.body["seed"]) % len(actions)]})


class _Life:
    """An agent with one episode to play, in a home of its own."""

    def __init__(self, home: Path, url: str) -> None:
        self.db = AgentsDB.open(store_path(home), clock=lambda: 0)
        self._home = home
        self._url = url

    def play(self) -> None:
        """Plays the episode, or what is left of it."""
        if not self.db.agents():
            self.db.create_agent(AgentDraft(name="ada", model="openai:x"))
            settings = Settings(model="openai:x", memories=0, thought=0)
            start_run(self.db, Plan(agent="ada", episodes=1, env_id=ENV_ID, settings=settings), seed=SEED)
        [run] = self.db.open_runs()
        host = Host(self.db, self._home, note=lambda text: None, make_model=self._make_model)
        try:
            Session(host, run, Plan.read(run.settings), universe=LocalUniverse(), narrator=SilentNarrator()).play()
        finally:
            host.close()

    def steps(self) -> list[tuple[int, str, str]]:
        """Returns what was played, where the episode has ended."""
        [episode] = self.db.episodes()
        if episode.status != "finished" or episode.reason != "natural":
            return []
        return [(move.turn, move.seat, move.name) for move in self.db.moves(episode.episode_id)]

    def lost_calls(self) -> int:
        """Returns how many calls were cut off."""
        return sum(row.lost_calls for row in self.db.spending())

    def _make_model(self, settings: Settings) -> EndpointModel:
        return EndpointModel("openai:x", model="x", base_url=self._url, timeout=TIMEOUT, max_tries=MAX_TRIES)


def play_straight(folder: Path) -> tuple[list[tuple[int, str, str]], int]:
    """Returns the steps of an episode in which nothing goes wrong, and its calls."""
    with ChatServer(respond) as server:
        life = _Life(folder, server.url)
        life.play()
        steps = life.steps()
        life.db.close()
        return steps, len(server.requests)


def try_fault(folder: Path, name: str, index: int, straight: Sequence[tuple[int, str, str]]) -> Tried:
    """Plays an episode whose call `index` meets a fault, goes on with it where it has to, and judges the end."""
    begun = time.monotonic()
    with ChatServer(respond, faults=[*[None] * index, FAULTS[name]()]) as server:
        life = _Life(folder, server.url)
        stopped = False
        try:
            life.play()
        except ModelError:
            stopped = True
            life.play()
        steps, n_lost = life.steps(), life.lost_calls()
        life.db.close()
        n_requests = len(server.requests)
    problem = ""
    if time.monotonic() - begun > LONGEST:
        problem = "it hangs"
    elif not steps:
        problem = "the episode does not end"
    elif stopped and steps != straight:
        problem = "it does not go on as it would have"
    outcome: Outcome = "resumed" if stopped else "same" if steps == straight else "other"
    return Tried(None if problem else outcome, problem, n_requests, n_lost)


def main(arguments: list[str]) -> int:
    """Tries every fault at every call, prints the table and returns 1 when a promise is broken."""
    parser = argparse.ArgumentParser(prog="langgym bench faults", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the table to this file")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="langgym-faults-") as name:
        folder = Path(name)
        straight, n_calls = play_straight(folder / "straight")
        places = [(fault, index) for fault in FAULTS for index in range(n_calls)]

        def try_place(place: tuple[str, int]) -> Tried:
            fault, index = place
            try:
                return try_fault(folder / f"{fault}-{index}", fault, index, straight)
            except Exception as error:  # whatever it is, it is the finding
                return Tried(None, f"{type(error).__name__}: {error}", 0, 0)

        faulthandler.dump_traceback_later(LONGEST * len(places) / AT_ONCE, exit=True)  # where, if it should hang
        with ThreadPoolExecutor(AT_ONCE) as pool:
            tried = dict(zip(places, pool.map(try_place, places), strict=True))
        faulthandler.cancel_dump_traceback_later()
    rows = [_make_row(fault, [tried[fault, index] for index in range(n_calls)]) for fault in FAULTS]
    head = ["fault, once", *(f"at call {index + 1}" for index in range(n_calls)), "extra calls", "lost"]
    sys.stdout.write(make_table(head, rows) + "\n\n")
    for outcome, meaning in MEANINGS.items():
        sys.stdout.write(f"{outcome}: {meaning}\n")
    problems = [f"{fault}, call {index + 1}: {one.problem}" for (fault, index), one in tried.items() if one.problem]
    for problem in problems:
        sys.stdout.write(f"BROKEN: {problem}\n")
    if chosen.json:
        table = {fault: [tried[fault, index].outcome for index in range(n_calls)] for fault in FAULTS}
        write_report(chosen.json, "faults", {"outcomes": table, "problems": problems})
    return 1 if problems else 0


def _make_row(fault: str, tried: Sequence[Tried]) -> list[str]:
    """Returns the row of a fault; extra calls and lost ones are the most of all its places."""
    n_calls = len(tried)
    extra = max(one.n_requests for one in tried) - n_calls
    return [fault, *(one.outcome or "BROKEN" for one in tried), str(extra), str(max(one.n_lost for one in tried))]
