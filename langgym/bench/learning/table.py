"""What learning curves say: paired differences to the arm without memory, with intervals, corrected for many looks."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import cast

import numpy as np
from numpy.typing import NDArray

from langgym.bench.learning.trials import Curve, Trial
from langgym.bench.report import make_table

N_BOOTSTRAP = 2000
LEVEL = 0.05
"""Of error over all environments together (Holm 1979)."""

Verdict = dict[str, object]


def summarize(curves: Sequence[Curve]) -> list[Verdict]:
    """Returns how experience differs from none at the end of every trial: mean, interval, Holm's verdict."""
    found: list[Verdict] = []
    for trial in dict.fromkeys(curve.trial for curve in curves):
        with_memory, without = (_pick(curves, trial, arm) for arm in ("experience", "none"))
        last = trial.checkpoints[-1]
        pairs = [
            np.asarray(one.returns[last]) - np.asarray(other.returns[last])
            for one, other in zip(with_memory, without, strict=True)
        ]
        low, high, chance = _bootstrap(pairs)
        found.append(
            {
                "env_id": trial.env_id,
                "side": trial.side,
                "difference": float(np.concatenate(pairs).mean()),
                "low": low,
                "high": high,
                "chance": chance,
            }
        )
    _correct(found)
    return found


def make_tables(curves: Sequence[Curve], verdicts: Sequence[Verdict]) -> str:
    """Returns the learning curves and what follows, as text."""
    points = sorted({point for curve in curves for point in curve.returns})
    rows: list[list[str]] = []
    for verdict in verdicts:
        trial = next(c.trial for c in curves if (c.trial.env_id, c.trial.side) == (verdict["env_id"], verdict["side"]))
        fixed = _mean(_pick(curves, trial, "fixed"), points[-1])
        rows.append(
            [
                f"{trial.env_id} {trial.side}",
                _mean(_pick(curves, trial, "none"), points[-1]),
                fixed,
                *(_mean(_pick(curves, trial, "experience"), point) for point in points),
                f"{verdict['difference']:+.2f} [{verdict['low']:.2f}, {verdict['high']:.2f}]",
                "better" if verdict["better"] else "WORSE" if verdict["worse"] else "no difference",
            ]
        )
    head = ["environment and side", "none", "fixed rule", *(f"@{point}" for point in points), "difference", "corrected"]
    envs = {str(verdict["env_id"]) for verdict in verdicts}
    better = {str(verdict["env_id"]) for verdict in verdicts if verdict["better"]}
    worse = {str(verdict["env_id"]) for verdict in verdicts if verdict["worse"]}
    tail = f"experience is better on some side of {len(better)} of {len(envs)} environments, worse in {len(worse)}"
    return f"{make_table(head, rows)}\n{tail}"


def _pick(curves: Sequence[Curve], trial: Trial, arm: str) -> list[Curve]:
    return sorted((each for each in curves if each.trial == trial and each.arm == arm), key=lambda each: each.seed)


def _mean(curves: Sequence[Curve], point: int) -> str:
    means = [fmean(curve.returns[point]) for curve in curves if point in curve.returns]
    if not means:
        return ""
    spread = f" ± {np.std(means, ddof=1) / len(means) ** 0.5:.2f}" if len(means) > 1 and np.std(means) else ""
    return f"{fmean(means):.2f}{spread}"


def _bootstrap(pairs: Sequence[NDArray[np.float64]]) -> tuple[float, float, float]:
    """Returns a 95 % interval of the mean difference and how likely none is; draws agents, then their episodes."""
    random = np.random.default_rng(0)
    means = np.empty(N_BOOTSTRAP)
    for draw in range(N_BOOTSTRAP):
        agents = cast("list[int]", random.integers(len(pairs), size=len(pairs)).tolist())
        means[draw] = fmean(float(_draw(random, pairs[agent]).mean()) for agent in agents)
    low, high = np.quantile(means, (0.025, 0.975))
    below = float((means <= 0).mean())
    return float(low), float(high), max(2 * min(below, 1 - below), 1 / N_BOOTSTRAP)


def _draw(random: np.random.Generator, differences: NDArray[np.float64]) -> NDArray[np.float64]:
    return differences[random.integers(len(differences), size=len(differences))]


def _correct(verdicts: Sequence[Verdict]) -> None:
    """Adds `better` and `worse`: what holds at `LEVEL` when all are looked at, the least likely first."""
    standing = True
    ranked: list[Mapping[str, object]] = sorted(verdicts, key=lambda verdict: float(str(verdict["chance"])))
    for place, verdict in enumerate(ranked):
        standing = standing and float(str(verdict["chance"])) <= LEVEL / (len(ranked) - place)
        difference = float(str(verdict["difference"]))
        assert isinstance(verdict, dict)
        verdict["better"] = standing and difference > 0
        verdict["worse"] = standing and difference < 0
