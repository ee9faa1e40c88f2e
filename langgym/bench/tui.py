"""How fast the terminal interface is on a large store, and whether it stays so beside an empty one.

The interface runs in a pseudo-terminal, as a person has it; times are from the press of a key, or from the start of the
process, to the byte that answers. How long the event loop is held is measured in a process of its own.
"""

import argparse
import asyncio
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from langgym.bench.report import make_table, write_report
from langgym.bench.terminal import Terminal
from langgym.home import store_path

TITLE = "Agents (showing"
"""What the home screen says once its data is there."""
BAR = "Agents"
TICK = 0.005
NEVER = ("chromadb", "openai", "pettingzoo", "onnxruntime")
"""What no screen may load before the first search by meaning; this process opens several to measure the event loop."""
AIMS = {
    "first frame s": 1.0,
    "home data s": 1.5,
    "key to paint p95 ms": 100.0,
    "step change p95 ms": 50.0,
    "event loop lag ms": 100.0,
    "resident MB": 200.0,
    "idle CPU %": 2.0,
    "first frame, ratio to empty": 1.3,
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the generated store is."""

    episodes: int
    steps_each: int
    memories: int
    agents: int


def main(arguments: Sequence[str]) -> int:
    """Generates a store, measures, prints a table; returns 1 where a module was loaded that must not be."""
    given = _read_arguments(arguments)
    with tempfile.TemporaryDirectory(prefix="langgym-tui-") as folder:
        home = given.store or Path(folder) / "large"
        empty = Path(folder) / "empty"
        empty.mkdir()
        if given.store is None:
            sizes = Sizes(given.episodes, given.steps, given.memories, given.agents)
            _fill(home, sizes)
        figures = measure(home, empty, rounds=given.rounds)
    rows = [
        (name, f"{value:.3g}", f"{AIMS[name]:g}", "yes" if value <= AIMS[name] else "NO")
        for name, value in figures.items()
    ]
    sys.stdout.write(make_table(("figure", "measured", "aim", "reached"), rows) + "\n")
    loaded = [name for name in NEVER if name in sys.modules]
    if loaded:
        sys.stderr.write(f"LOADED before the first search: {', '.join(loaded)}\n")
    if given.json is not None:
        write_report(given.json, "tui", {"figures": figures, "aims": AIMS, "loaded": loaded})
    return 1 if loaded else 0


def measure(home: Path, empty: Path, *, rounds: int) -> dict[str, float]:
    """Returns every figure: medians over starts, 95th percentiles over keys."""
    starts = [(_time_start(empty, BAR), _time_start(home, BAR), _time_start(home, TITLE)) for _ in range(rounds)]
    bare, first, data = (statistics.median(column) for column in zip(*starts, strict=True))
    keys, resident, idle = _time_keys(home)
    steps = _time_steps(home)
    return {
        "first frame s": first,
        "home data s": data,
        "key to paint p95 ms": 1000 * _find_p95(keys),
        "step change p95 ms": 1000 * _find_p95(steps),
        "event loop lag ms": 1000 * _measure_lag(home),
        "resident MB": resident,
        "idle CPU %": idle,
        "first frame, ratio to empty": first / bare,
    }


def _read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="langgym bench tui", description=__doc__)
    parser.add_argument("--episodes", type=int, default=20_000, help="of the generated store (100000 in the docs)")
    parser.add_argument("--steps", type=int, default=10, help="of each episode")
    parser.add_argument("--memories", type=int, default=2_000)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3, help="starts of the interface, of which the median counts")
    parser.add_argument("--store", type=Path, help="measure this home instead of a generated one")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args(arguments)


def _fill(home: Path, sizes: Sizes) -> None:
    from langgym.bench.stores import make_store

    home.mkdir(parents=True)
    start = time.perf_counter()
    make_store(
        store_path(home),
        episodes=sizes.episodes,
        steps_each=sizes.steps_each,
        memories=sizes.memories,
        agents=sizes.agents,
        seed=0,
    )
    sys.stderr.write(f"a store of {sizes.episodes:,} episodes made in {time.perf_counter() - start:.0f} s\n")


def _open(home: Path, *flags: str) -> Terminal:
    command = [sys.executable, "-m", "langgym", "--home", str(home), "tui", *flags]
    return Terminal(command, environ=dict(os.environ))


def _time_start(home: Path, text: str) -> float:
    with _open(home) as terminal:
        return terminal.wait_for(text)


def _time_keys(home: Path) -> tuple[list[float], float, float]:
    """Returns seconds from key to paint in the list of episodes, resident megabytes, and idle CPU in percent."""
    with _open(home) as terminal:
        terminal.wait_for(TITLE)
        terminal.press(b"2")
        terminal.wait_for("Episodes (showing")
        terminal.rest()
        times: list[float] = []
        for key in [*[b"j"] * 60, *[b"\x1b[6~"] * 20, *[b"k"] * 20, b"G", b"g"]:
            times.append(terminal.press(key))
            terminal.rest()
        time.sleep(1.0)
        before, start = sum(terminal.process.cpu_times()[:2]), time.perf_counter()
        time.sleep(5.0)
        idle = 100 * (sum(terminal.process.cpu_times()[:2]) - before) / (time.perf_counter() - start)
        return times, terminal.process.memory_info().rss / 2**20, idle


def _time_steps(home: Path) -> list[float]:
    """Returns seconds from key to paint in the replay of the newest episode."""
    with _open(home) as terminal:
        terminal.wait_for(TITLE)
        terminal.press(b"2")
        terminal.wait_for("Episodes (showing")
        terminal.rest()
        terminal.press(b"j" * 7)
        terminal.rest()
        terminal.press(b"\r")
        terminal.wait_for("prompt")
        terminal.rest()
        times: list[float] = []
        for key in (b"]" * 7 + b"[" * 7) * 3:
            times.append(terminal.press(bytes([key])))
            terminal.rest()
        return times


def _measure_lag(home: Path) -> float:
    """Returns the longest time that the event loop was held, in seconds, while lists and a replay are opened."""
    from langgym.tui.app import LangGymApp

    lags: list[float] = []

    async def tick(stop: Callable[[], bool]) -> None:
        while not stop():
            start = time.perf_counter()
            await asyncio.sleep(TICK)
            lags.append(time.perf_counter() - start - TICK)

    async def use() -> None:
        app = LangGymApp(home)
        done = False
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause(1.5)
            gc.freeze()  # as on a terminal
            ticker = asyncio.create_task(tick(lambda: done))
            for key in ("2", "G", "g", "j", "pagedown", "enter", "]", "]", "escape", "3", "j", "1", "j"):
                await pilot.press(key)
                await pilot.pause(0.3)
            done = True
            await ticker

    asyncio.run(use())
    return max(lags)


def _find_p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
