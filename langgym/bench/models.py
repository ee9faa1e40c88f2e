"""What a small model is worth as a player, in chat and in completion form, and what its likelihoods cost.

Every model plays the same episodes: the same seeds, seats and random rivals, without any memory and without thoughts.
Beside its returns stand those of random play, from the card, and where a reference was measured the share of the way to
it. Then the likelihoods of 2 and of 20 labels are timed on the embedded model, and compared with the whole vocabulary.
"""

import argparse
import importlib
import math
import statistics
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol, cast

from langgym.agent import Stranger
from langgym.asking import AskSettings, Attempt, MemoryLedger
from langgym.bench.report import make_table, write_report
from langgym.home import find_home
from langgym.memory.recalled import Recalled
from langgym.models.chat import ChatModel
from langgym.models.embedded import EmbeddedModel
from langgym.models.likelihood import LETTERS
from langgym.models.names import DEFAULT_MODEL, ModelSettings, open_model, runs_here
from langgym.models.templates import LEAD
from langgym.policies.model import ModelPolicy
from langgym.policies.policy import Decision
from langgym.policies.random import RandomPolicy
from langgym.runner import EpisodeStreams, run_episode
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.text_env import TextEnv, Turn

GAMES = ("classic/tictactoe_v3", "classic/leduc_holdem_v4")
MODELS = (DEFAULT_MODEL, "completion:smollm2")
SEED = 5
SHORT, LONG = 96, 512
"""Tokens of a reply of models in this process, and of others."""
PROMISED = 1e-5
"""By how much a share may differ from the whole vocabulary's."""
SENTENCE = "You play on a board of nine squares, three in a row win, and the other side moves after you. "
HEAD = ("environment and model", "decisions", "legal at once", "s each", "tokens each", "return", "random", "reference")


@dataclass(slots=True)
class Score:
    """What came of one model in one environment."""

    env_id: str
    model: str
    returns: list[float] = field(default_factory=list[float])
    floors: list[float] = field(default_factory=list[float])
    """Of random play in the same roles, by the card."""
    shares: list[float] = field(default_factory=list[float])
    """Of the way from random play to the reference; empty where there is none."""
    n_decisions: int = 0
    n_legal: int = 0
    """Decisions whose first answer was legal."""
    seconds: float = 0.0
    tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """What the likelihoods of 20 labels cost beside those of 2, and how exact they are."""

    prompt_tokens: int
    cold: float
    """Processor time of 20 as a multiple of that of 2, where nothing of the prompt had been read."""
    cached: float
    """The same where all of it had been."""
    cold_seconds: float
    cached_seconds: float
    """Of 20 labels."""
    largest_difference: float
    """Between a share and the softmax over the whole vocabulary, restricted to the labels."""


def main(arguments: list[str]) -> int:
    """Plays, times and prints; returns 1 where likelihoods are not those of the whole vocabulary."""
    options = _read_options(arguments)
    warnings.simplefilter("ignore")
    cards = [default_catalog().find(name) for name in options.envs]
    scores: list[Score] = []
    for name in options.models or MODELS:
        model = _open(name, options)
        try:
            scores += [play_games(model, card, episodes=options.episodes) for card in cards]
        finally:
            model.close()
    sys.stdout.write(_tell_scores(scores) + "\n")
    scoring = measure_scoring(options) if options.scoring else None
    if scoring is not None:
        sys.stdout.write(_tell_scoring(scoring) + "\n")
    if options.json:
        told = None if scoring is None else asdict(scoring)
        write_report(options.json, "models", {"scores": list(map(asdict, scores)), "scoring": told})
    return int(scoring is not None and scoring.largest_difference > PROMISED)


class Watched:
    """A player whose decisions are counted."""

    waits = False

    def __init__(self, policy: ModelPolicy, score: Score) -> None:
        self._policy, self._score = policy, score

    def act(self, turn: Turn) -> tuple[Decision, Sequence[Recalled]]:
        """Returns the model's decision, and counts what it took."""
        begun = time.perf_counter()
        decision = self._policy.decide(turn, (), MemoryLedger())
        score = self._score
        score.seconds += time.perf_counter() - begun
        score.n_decisions += 1
        score.n_legal += decision.first_try_legal
        score.tokens += sum(map(_count_tokens, decision.attempts))
        return decision, ()


def play_games(model: ChatModel, card: EnvCard, *, episodes: int) -> Score:
    """Returns what comes of a model that plays one seat in turn, all others at random."""
    score = Score(card.env_id, model.name)
    asking = AskSettings(max_tokens=SHORT if runs_here(model.name) else LONG)
    env = TextEnv(card)
    try:
        for number in range(episodes):
            streams = EpisodeStreams.of(SEED, number)
            own = env.seats[number % len(env.seats)]
            players: dict[str, Stranger | Watched] = {
                seat: Stranger(RandomPolicy(streams.policy(seat))) for seat in env.seats
            }
            policy = ModelPolicy(model, card, agent="bench", stream=streams.policy(own), settings=asking)
            players[own] = Watched(policy, score)
            total = run_episode(env, players, streams=streams)[own].total
            role = card.role(own)
            score.returns.append(total)
            score.floors.append(card.baseline[role].mean)
            share = _normalise(card, role, total)
            score.shares += [] if share is None else [share]
    finally:
        env.close()
    sys.stderr.write(f"{card.env_id}, {model.name}: {score.n_decisions} decisions, {score.seconds:.0f} s\n")
    return score


def measure_scoring(options: argparse.Namespace) -> Scoring:
    """Returns what likelihoods of letters cost and how exact they are, on the embedded model."""
    model = _open(DEFAULT_MODEL, options)
    assert isinstance(model, EmbeddedModel)
    server = model.open_engine()
    times: dict[tuple[str, int], list[float]] = {}

    def rate(kind: str, prompt: str, *, n: int, start: int = 0) -> None:
        # Processor time of all threads, the engine's included: what else the machine does is not in it.
        begun = time.process_time()
        server.rate(prompt, LETTERS[start : start + n])
        times.setdefault((kind, n), []).append(time.process_time() - begun)

    try:
        server.rate(LEAD, LETTERS)  # the letters are spelt once
        for number in range(options.scoring):
            for n in (2, 20) if number % 2 else (20, 2):
                prompt = f"Game {number} of {n}. {SENTENCE * 22}\n\n{LEAD}"
                rate("cold", prompt, n=n)
                for place in range(1, 11):
                    # Other letters each time: the same ones would be remembered.
                    rate("cached", prompt, n=2, start=place)
                    rate("cached", prompt, n=20, start=place)
        prompt = f"{SENTENCE * 22}\n\n{LEAD}"
        shares = server.rate(prompt, LETTERS[:20]).shares
        whole = server.read_vocabulary(prompt)
        told = [whole[f" {letter}"] for letter in LETTERS[:20]]
        tokens = server.count_tokens(prompt)
    finally:
        model.close()
    middle = {key: statistics.median(found) for key, found in times.items()}
    return Scoring(
        prompt_tokens=tokens,
        cold=middle["cold", 20] / middle["cold", 2],
        cached=middle["cached", 20] / middle["cached", 2],
        cold_seconds=middle["cold", 20],
        cached_seconds=middle["cached", 20],
        largest_difference=max(abs(ours - each / sum(told)) for ours, each in zip(shares, told, strict=True)),
    )


class _References(Protocol):
    def normalise(self, card: EnvCard, role: str, total: float) -> float | None: ...


def _normalise(card: EnvCard, role: str, total: float) -> float | None:
    """Returns a return between 0, random play, and 1, the reference; `None` where there is no reference."""
    try:
        found = importlib.import_module("langgym.references")
    except ModuleNotFoundError:
        return None
    return cast(_References, found).normalise(card, role, total)


def _count_tokens(attempt: Attempt) -> int:
    return (attempt.tokens_in or 0) + (attempt.tokens_out or 0)


def _open(name: str, options: argparse.Namespace) -> ChatModel:
    settings = ModelSettings(base_url=options.base_url, threads=options.threads)
    return open_model(name, home=find_home(), settings=settings)


def _tell_scores(scores: Sequence[Score]) -> str:
    rows: list[Sequence[str]] = []
    for score in sorted(scores, key=lambda each: each.env_id):
        n = max(1, score.n_decisions)
        rows.append(
            (
                f"{score.env_id}: {score.model}",
                str(score.n_decisions),
                f"{score.n_legal / n:.0%}",
                f"{score.seconds / n:.2f}",
                f"{score.tokens / n:.0f}",
                _tell_mean(score.returns),
                f"{statistics.fmean(score.floors):+.2f}",
                f"{statistics.fmean(score.shares):+.2f}" if score.shares else "",
            )
        )
    shown = len(HEAD) if any(score.shares for score in scores) else len(HEAD) - 1
    table = make_table(HEAD[:shown], [row[:shown] for row in rows])
    return f"{len(scores[0].returns)} episodes each, one seat in turn, rivals at random; return: mean ± 95 %\n{table}"


def _tell_mean(returns: Sequence[float]) -> str:
    mean = f"{statistics.fmean(returns):+.2f}"
    return f"{mean} ± {1.96 * statistics.stdev(returns) / math.sqrt(len(returns)):.2f}" if len(returns) > 1 else mean


def _tell_scoring(scoring: Scoring) -> str:
    return (
        f"likelihoods of 20 letters after {scoring.prompt_tokens} tokens, by the processor time of 2: "
        f"{scoring.cold:.2f} cold "
        f"({scoring.cold_seconds:.2f} s), {scoring.cached:.2f} cached ({scoring.cached_seconds:.3f} s)\n"
        f"largest difference from the softmax over the whole vocabulary: {scoring.largest_difference:.1e}"
    )


def _read_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="langgym bench models", description="What a small model is worth.")
    parser.add_argument("--model", dest="models", action="append", help=f"may be repeated; else {', '.join(MODELS)}")
    parser.add_argument("--episodes", type=int, default=5, help="of each model in each environment")
    parser.add_argument("--envs", type=_read_names, default=GAMES, help=f"with commas; else {','.join(GAMES)}")
    parser.add_argument("--scoring", type=int, default=2, help="rounds of timing likelihoods; 0 for none")
    parser.add_argument("--base-url", help="of an OpenAI-compatible server")
    parser.add_argument("--threads", type=int, help="of models in this process; else half of the cores")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args(arguments)
    if options.episodes < 1 or options.scoring < 0:
        parser.error("--episodes must be at least 1 and --scoring at least 0")
    return options


def _read_names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))
