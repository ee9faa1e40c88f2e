"""What lives say, as tables and as a report."""

from collections.abc import Sequence
from dataclasses import asdict
from statistics import fmean, median, stdev

from langgym.bench.learning.arms import AGAIN, ARMS, NONE, PRIMARY, RULE
from langgym.bench.learning.lives import Life
from langgym.bench.learning.playing import Trial
from langgym.bench.learning.verdicts import Verdict, compare, count, pick
from langgym.bench.report import make_table

STAND_INS = (
    "All players are stand-ins for a language model: they decide by memory alone, by counting, by a rule or at random. "
    "0 tokens, no fallback, legality does not apply."
)


class Findings:
    """Everything that is concluded from lives."""

    def __init__(self, lives: Sequence[Life], arms: Sequence[str]) -> None:
        """Compares the arms; the primary one is `both`, or the last that learns where it was left out."""
        self.lives = lives
        self.arms = [arm for arm in arms if any(life.task.arm == arm for life in lives)]
        self.trials = list(dict.fromkeys(life.task.trial for life in lives))
        learning = [arm for arm in self.arms if ARMS[arm].learner is not None]
        self.primary = PRIMARY if PRIMARY in learning else learning[-1] if learning else NONE
        self.verdicts = {arm: compare(lives, arm) for arm in learning}
        self.against_rule = compare(lives, self.primary, RULE) if RULE in self.arms else []
        self.noise = compare(lives, AGAIN, PRIMARY) if {AGAIN, PRIMARY} <= set(self.arms) else []

    @property
    def clearly_worse(self) -> tuple[str, ...]:
        """Environments in which the primary arm is worse than none."""
        return count(self.verdicts.get(self.primary, [])).worse

    def tell(self) -> str:
        """Returns all tables and what follows."""
        parts = [self._tell_ends(), self._tell_curves(), self._tell_costs(), self._tell_counts(), STAND_INS]
        return "\n\n".join(parts)

    def describe(self) -> dict[str, object]:
        """Returns it for a JSON file."""
        looks = [*(each for found in self.verdicts.values() for each in found), *self.against_rule, *self.noise]
        return {
            "primary": self.primary,
            "players": STAND_INS,
            "arms": {arm: ARMS[arm].meaning for arm in self.arms},
            "lives": [life.describe() for life in self.lives],
            "verdicts": [asdict(each) for each in looks],
            "counts": {arm: asdict(count(found)) for arm, found in self.verdicts.items()},
        }

    def _tell_ends(self) -> str:
        head = ["return at the end, mean ± s.e.", "episodes", *self.arms]
        rows = [
            [_name(trial), str(trial.episodes), *(_tell_mean(self.lives, trial, arm) for arm in self.arms)]
            for trial in self.trials
        ]
        return make_table(head, rows)

    def _tell_curves(self) -> str:
        points = sorted({point for trial in self.trials for point in trial.checkpoints})
        verdicts = self.verdicts.get(self.primary, [])
        head = [f"{self.primary}", *(f"@{point}" for point in points), "less none", "corrected"]
        head += ["less fixed rule", "corrected"] if self.against_rule else []
        head += [f"{AGAIN} less {PRIMARY}"] if self.noise else []
        rows: list[list[str]] = []
        for verdict in verdicts:
            trial = verdict.trial
            row = [_name(trial), *(_tell_mean(self.lives, trial, self.primary, point) for point in points)]
            row += [_tell_interval(verdict), verdict.word]
            if self.against_rule:
                rule = _find(self.against_rule, trial)
                row += ["", ""] if rule is None else [_tell_interval(rule), rule.word]
            if self.noise:
                noise = _find(self.noise, trial)
                row.append("" if noise is None else _tell_interval(noise))
            rows.append(row)
        return make_table(head, rows)

    def _tell_costs(self) -> str:
        rows: list[list[str]] = []
        for arm in self.arms:
            lives = [life for life in self.lives if life.task.arm == arm]
            seconds = [life.seconds for life in lives]
            decisions, learning = sum(life.decisions for life in lives), sum(life.learning_seconds for life in lives)
            each = f"{1000 * learning / decisions:.2f}" if decisions else ""
            longest = f"{max(seconds):.0f}"
            rows.append([arm, str(len(lives)), f"{median(seconds):.1f}", longest, each, "0", ARMS[arm].meaning])
        head = ["arm", "lives", "CPU s a life (median)", "longest", "ms a learning decision", "tokens", "who plays"]
        return make_table(head, rows)

    def _tell_counts(self) -> str:
        lines: list[str] = []
        for arm, verdicts in self.verdicts.items():
            found = count(verdicts)
            worse = f"worse in {len(found.worse)}" + (f" ({', '.join(found.worse)})" if found.worse else "")
            mark = " (primary)" if arm == self.primary else ""
            lines.append(f"{arm}{mark}: better than none in {len(found.better)} of {found.n_envs}, {worse}")
        for arm, other, verdicts in ((self.primary, "the fixed rule", self.against_rule), (AGAIN, PRIMARY, self.noise)):
            if verdicts:
                found = count(verdicts)
                n = f"{len(found.better)} of {found.n_envs}"
                lines.append(f"{arm} against {other}: better in {n}, worse in {len(found.worse)}")
        return "\n".join(lines)


def _name(trial: Trial) -> str:
    rival = "" if trial.rival == "random" else f" against {trial.rival}"
    return f"{trial.env_id} {trial.side}{rival}"


def _find(verdicts: Sequence[Verdict], trial: Trial) -> Verdict | None:
    return next((each for each in verdicts if each.trial == trial), None)


def _tell_interval(verdict: Verdict) -> str:
    return f"{verdict.difference:+.2f} [{verdict.low:.2f}, {verdict.high:.2f}]"


def _tell_mean(lives: Sequence[Life], trial: Trial, arm: str, point: int | None = None) -> str:
    point = trial.checkpoints[-1] if point is None else point
    means = [fmean(life.returns[point]) for life in pick(lives, trial, arm) if point in life.returns]
    if not means:
        return ""
    spread = f" ± {stdev(means) / len(means) ** 0.5:.2f}" if len(means) > 1 else ""
    return f"{fmean(means):.2f}{spread}"
