"""How fast games are played and told, how long texts are, whether episodes end, whether a replay is the same."""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import cast

from pydantic import JsonValue

from langgym.bench.report import make_table
from langgym.home import find_home
from langgym.models.embedded import EmbeddedModel
from langgym.models.weights import require_weights
from langgym.policies.model import show_board, show_menu
from universe.atari.console import Console
from universe.atari.setup import read_setup
from universe.atari.shot import Shot
from universe.atari.sticks import read_actions
from universe.card import EnvCard
from universe.making import load_renderer
from universe.streams import Stream
from universe.testing import Elsewhere, play_randomly
from universe.text_env import TextEnv

ROUNDS = 3
"""Times that we and the bare emulator take turns."""

K = 12
"""Frames of a decision when frame rates are compared."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of a card."""

    level: str
    decisions: float
    """Played in a second, by all seats together counting as one, without texts."""
    rate: float
    """Frames played in a second, as a share of what the bare emulator does."""
    milliseconds: float
    """To read the screen and write the first seat's text (median)."""
    tokens: float
    """Of a turn's text and menu (median)."""
    tokens_95: float
    """The 95th percentile."""
    ended: int
    """Episodes of random play that came to the game's own end."""
    episodes: int
    equal: bool
    """Whether another process replays them to the same positions."""


def run_speed(cards: Sequence[EnvCard], options: argparse.Namespace) -> tuple[Mapping[str, object], bool]:
    """Prints the table; returns its figures and whether a replay differed."""
    model = EmbeddedModel(require_weights(find_home(options.home), "smollm2"))
    figures: dict[str, Figures] = {}
    try:
        with Elsewhere() as elsewhere:
            for card in cards:
                figures[card.env_id] = measure_card(
                    card, elsewhere, model.count_tokens, n_turns=options.turns, n_episodes=options.episodes or 1
                )
                sys.stderr.write(f"\r{len(figures)} of {len(cards)} games \033[K" if sys.stderr.isatty() else "")
    finally:
        model.close()
    sys.stderr.write("\r\033[K" if sys.stderr.isatty() else "")
    head = ["game", "level", "decisions/s", "of bare", "ms a text", "tokens", "95 %", "ends", "replay"]
    rows = [
        [
            env_id,
            row.level,
            f"{row.decisions:.0f}",
            f"{row.rate:.2f}",
            f"{row.milliseconds:.1f}",
            f"{row.tokens:.0f}",
            f"{row.tokens_95:.0f}",
            f"{row.ended}/{row.episodes}",
            "equal" if row.equal else "DIFFERS",
        ]
        for env_id, row in figures.items()
    ]
    sys.stdout.write(make_table(head, rows) + "\n")
    medians = [
        statistics.median(getattr(row, name) for row in figures.values()) for name in ("tokens", "milliseconds", "rate")
    ]
    tokens, milliseconds, rate = medians
    sys.stdout.write(f"medians: {tokens:.0f} tokens, {milliseconds:.1f} ms a text, {rate:.2f} of the bare frame rate\n")
    return {env_id: asdict(row) for env_id, row in figures.items()}, not all(row.equal for row in figures.values())


def measure_card(
    card: EnvCard, elsewhere: Elsewhere, count: Callable[[str], int], *, n_turns: int, n_episodes: int
) -> Figures:
    """Returns the figures of a card."""
    env = TextEnv(card)
    played = [play_randomly(env, seed) for seed in range(n_episodes)]
    ended = sum(not env_capped for env_capped in (len(episode.actions) >= (card.max_turns or 0) for episode in played))
    times, tokens = _tell(env, n_turns, count)
    env.close()
    fast, bare = TextEnv(card, shorten(card, K)), _Bare(card)
    decisions: list[float] = []
    rates: list[float] = []
    for seed in range(ROUNDS):
        seconds, frames = _race(fast, n_turns, seed)
        decisions.append(n_turns / seconds)
        rates.append(frames / seconds / bare.race(frames))
    fast.close()
    return Figures(
        level=str(getattr(load_renderer(card), "level", "generic")),
        decisions=statistics.median(decisions),
        rate=statistics.median(rates),
        milliseconds=1000 * statistics.median(times),
        tokens=statistics.median(tokens),
        tokens_95=sorted(tokens)[int(0.95 * (len(tokens) - 1))],
        ended=ended,
        episodes=n_episodes,
        equal=[episode.digests for episode in played] == elsewhere.replay(card, played),
    )


def _race(env: TextEnv, n_turns: int, seed: int) -> tuple[float, int]:
    """Returns the seconds and frames of so many turns without texts, resets not counted."""
    seconds, frames, left = 0.0, 0, n_turns
    while left:
        env.reset(seed)
        stream = Stream.of(seed, "speed")
        first = _frame(env)
        begun = time.perf_counter()
        while left and env.turns():
            turns = env.turns()
            env.play({turn.seat: stream.pick(turn.view.legal, turn.seat, turn.index) for turn in turns})
            left -= 1
            frames_now = _frame(env) if env.turns() else None
            first, frames = (first, frames) if frames_now is None else (frames_now, frames + frames_now - first)
        seconds += time.perf_counter() - begun
        seed += ROUNDS
    return seconds, frames


def _frame(env: TextEnv) -> int:
    return cast("Shot", env.turns()[0].view.glimpse).frame


def shorten(card: EnvCard, frames: int) -> dict[str, JsonValue]:
    """Returns the keywords by which decisions take so many frames, where that can be said."""
    return {"frames": frames} if any(kwarg.name == "frames" for kwarg in card.kwargs) else {}


class _Bare:
    """PettingZoo's emulator alone, in this process, with random sticks."""

    def __init__(self, card: EnvCard) -> None:
        cartridge, rules = read_setup(card.arguments({}))
        self._console = Console(cartridge)
        self._console.begin(0)
        self._numbers = [read_actions()[name] for name in rules.sticks] or [0]
        self._stream = Stream.of("bare")

    def race(self, frames: int) -> float:
        """Returns the frames a second of so many frames."""
        held = [
            [self._stream.pick(self._numbers, seat, frame // K) for seat in self._console.seats]
            for frame in range(frames)
        ]
        begun = time.perf_counter()
        for sticks in held:
            self._console.press_only(sticks)
        return frames / (time.perf_counter() - begun)


def _tell(env: TextEnv, n_turns: int, count: Callable[[str], int]) -> tuple[list[float], list[int]]:
    """Returns the seconds of first texts and the tokens of all turns, over several episodes of random play."""
    times: list[float] = []
    tokens: list[int] = []
    for seed in range(n_turns):
        env.reset(seed)
        stream, told = Stream.of(seed, "texts"), 0
        while env.turns() and told < max(20, n_turns // 3) and len(times) < n_turns:
            for place, turn in enumerate(env.turns()):
                begun = time.perf_counter()
                _ = turn.text
                times += [time.perf_counter() - begun] if place == 0 else []
                tokens.append(count(f"{show_board(turn)}\n{show_menu(turn, thought=None)}"))
            told += 1
            for _ in range(3):  # the next moment that is told is a few decisions later
                if env.turns():
                    turns = env.turns()
                    env.play({turn.seat: stream.pick(turn.view.legal, turn.seat, turn.index) for turn in turns})
        if len(times) >= n_turns:
            break
    return times, tokens
