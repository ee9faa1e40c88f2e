"""One agent heads for one landmark; every step leaves a picture and a text: `python langgym/simple.py --help`."""

import json
import os
import signal
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from itertools import product, takewhile
from pathlib import Path
from typing import Annotated, cast

if not (__package__ or sys.flags.safe_path):  # run by its path: Python would search this folder, not the one above it
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from typer import BadParameter, Option, Typer, TyperException

from langgym.agent import find_asking
from langgym.asking import MemoryLedger
from langgym.config import load_settings
from langgym.errors import LangGymError
from langgym.home import find_home
from langgym.models.names import ModelSettings, open_model
from langgym.policies.model import ModelPolicy
from langgym.policies.random import RandomPolicy
from universe.catalog import default_catalog
from universe.errors import EnvFault, UniverseError
from universe.menu import Menu
from universe.streams import Stream
from universe.text_env import TextEnv, Turn

TASK = """{brief} Here are {turns} turns; you win as soon as the reward of a turn passes {goal:g}.
Numbers below 0 mean left or down. Answer with one to five moves, played one after the other up to the first `none`."""
NUMBERS = ("your velocity to the right", "your velocity up", "landmark to the right of you", "landmark above you")
PLACES, NONE = ("first", "second", "third", "fourth", "fifth"), "none"
NOTHING: Mapping[str, object] = {"prompt": None, "response": None, "raw_actions": [], "actions": [], "source": None}
app = Typer(add_completion=False, rich_markup_mode=None)


class Experiment:
    """One episode that leaves a picture and a snapshot of every position in a folder."""

    def __init__(self, env: TextEnv, policy: ModelPolicy | RandomPolicy, folder: Path, goal: float) -> None:
        self.env, self.policy, self.folder, self.goal = env, policy, folder, goal
        self.rewards, self.moves, self.said, self.n_misread = list[float](), list[str](), NOTHING, 0

    def run(self, seed: int) -> str:
        """Plays until the goal is reached or the environment ends, and returns in a line what came of it."""
        self.seed, end, waiting = seed, "broken off", list[str]()
        self.env.reset(seed)
        try:
            while (turns := self.env.turns()) and max(self.rewards, default=self.goal) <= self.goal:
                waiting = waiting or self.ask(turns[0])
                with undisturbed():
                    self.keep(self.said)
                    self.play(turns[0], waiting.pop(0))
            end = "goal reached" if self.rewards[-1] > self.goal else "goal missed"
        finally:
            with undisturbed():
                self.keep({**NOTHING, "end": end})
        return f"{end} with reward {self.rewards[-1]:.3f}; {self.n_misread} answers could not be used"

    def ask(self, turn: Turn) -> list[str]:
        """Returns the moves to play next: what the policy says or, where that is never legal, one that is drawn."""
        names = turn.menu.choices["move"]  # in an order that is drawn for each turn
        plans = list(product(names, *[[*names, NONE]] * (len(PLACES) - 1)))
        turn.menu = Menu(range(len(plans)), plans.__getitem__, fields=PLACES)
        turn.text = "\n".join(f"{name}: {value}" for name, value in self.look().items())
        turn.brief = TASK.format(brief=turn.brief, turns=self.env.arguments["max_cycles"], goal=self.goal)
        decision = self.policy.decide(turn, (), MemoryLedger())
        raw = plans[decision.action] if decision.action is not None else (names[0],)
        moves = list(takewhile(lambda move: move != NONE, raw))
        self.said = {**NOTHING, "raw_actions": raw, "actions": tuple(moves), "source": decision.source}
        for attempt in decision.attempts:
            self.n_misread += attempt.outcome != "ok"
            prompt = "\n\n".join(message.text for message in attempt.prompt)
            self.said = {**self.said, "prompt": prompt, "response": attempt.reply}
        return moves

    def look(self) -> dict[str, object]:
        """Returns the position, each number by what it means; where the environment has ended it shows none."""
        seen = [cast("Iterable[float]", turn.view.observation) for turn in self.env.turns()]
        numbers = {name: round(float(number), 3) for row in seen for name, number in zip(NUMBERS, row, strict=True)}
        before, reward = (None, None, *(round(reward, 6) for reward in self.rewards))[-2:]
        change = None if before is None or reward is None else round(reward - before, 6)
        return {**numbers, "last reward": reward, "its change": change, "your last moves": ", ".join(self.moves[-20:])}

    def play(self, turn: Turn, move: str) -> None:
        """Plays a move."""
        self.env.play({turn.seat: next(action for action in turn.view.legal if turn.name(action) == move)})
        self.rewards.append(self.env.payments()[turn.seat])
        self.moves.append(f"{move} (nobody chose it)" if self.said["source"] == "fallback" else move)
        sys.stderr.write(f"turn {self.env.n_turns}: {self.moves[-1]}, reward {self.rewards[-1]:.3f}\n")

    def keep(self, said: Mapping[str, object]) -> None:
        """Writes the picture and the snapshot of the position."""
        from pygame import image, surfarray

        n, picture = self.env.n_turns, self.env.picture()
        assert picture is not None
        image.save(surfarray.make_surface(picture.swapaxes(0, 1)), str(self.folder / f"frame_{n}.png"))
        snapshot = {**said, "state": self.look(), "goal": self.goal, "seed": self.seed}
        (self.folder / f"snapshot_{n}.txt").write_text(json.dumps(snapshot, indent=2), "utf-8")


@contextmanager
def undisturbed() -> Generator[None]:
    """Holds Ctrl-C back until what is under way is whole."""
    caught = list[int]()
    before = signal.signal(signal.SIGINT, lambda number, _: caught.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if caught:
        raise KeyboardInterrupt


@app.command()
def play_simple(
    max_cycles: Annotated[int, Option(min=1, max=1000, help="Turns of the episode.")] = 20,
    goal_reward: Annotated[float, Option(help="The reward to pass.")] = -0.05,
    output_dir: Annotated[Path, Option(help="Where a folder with the files is made.")] = Path("experiments"),
    model: Annotated[str | None, Option(help="A language model, or random.")] = None,
    base_url: Annotated[str | None, Option(help="Of an OpenAI-compatible server.")] = None,
    seed: Annotated[int | None, Option(min=0, help="Of the environment and of every draw.")] = None,
) -> None:
    """Let one agent head for a landmark in MPE simple; every step leaves a picture and a text."""
    if not abs(goal_reward) < float("inf"):
        raise BadParameter(f"--goal-reward must be a number, not {goal_reward}.")
    os.environ.update(SDL_VIDEODRIVER="dummy", PYGAME_HIDE_SUPPORT_PROMPT="1")
    home, seed = find_home(), int.from_bytes(os.urandom(7)) if seed is None else seed
    settings = load_settings(home, flags={"model": model, "base_url": base_url})
    opening = ModelSettings(base_url=settings.base_url, threads=settings.threads)
    llm = None if settings.model == "random" else open_model(settings.model, home=home, settings=opening)
    card, stream, asking = default_catalog().find("mpe/simple"), Stream.of(seed, "policy"), find_asking(settings)
    policy = ModelPolicy(llm, card, agent="ada", stream=stream, settings=asking) if llm else RandomPolicy(stream)
    env = TextEnv(card, {"max_cycles": max_cycles}, pictures=True)
    (folder := output_dir / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S.%f}").mkdir(parents=True)
    with closing(env), closing(llm) if llm else nullcontext():
        sys.stdout.write(f"{Experiment(env, policy, folder, goal_reward).run(seed)}; seed {seed}; {folder}\n")


if __name__ == "__main__":
    try:
        sys.exit(app(prog_name="simple.py", standalone_mode=False))
    except (TyperException, LangGymError, UniverseError, OSError) as error:
        sys.stderr.write(f"simple.py: {getattr(error, 'format_message', error.__str__)()}\n")
        sys.exit(getattr(error, "exit_code", 1 if isinstance(error, EnvFault) else 2))
