"""Arms: who plays a trial, named as tables name them; none of them is a language model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from langgym.bench.learning.learners import (
    CountingPlayer,
    ExperiencedPlayer,
    RawPlayer,
    StrategicPlayer,
    WholePlayer,
)
from langgym.bench.learning.playing import Learner, Trial
from langgym.bench.learning.rules import LOOKING, Decider, RandomPlayer, RulePlayer, find_rule
from universe.card import EnvCard

NONE, PRIMARY, AGAIN, RULE = "none", "both", "both'", "fixed"


@dataclass(frozen=True, slots=True)
class Arm:
    """A way to play: one that learns or one that does not."""

    meaning: str
    learner: Callable[[EnvCard], Learner] | None = None
    fixed: Callable[[Trial], Decider | None] | None = None
    """Makes a player that learns nothing; `None` where the trial has no such player."""
    own: str = ""
    """Names its own draws."""


def _make_fixed(trial: Trial) -> Decider | None:
    rule = find_rule(trial.env_id, trial.side, trial.rival)
    return None if rule is None else RulePlayer(rule)


def _make_looking(trial: Trial) -> Decider | None:
    rule = LOOKING.get((trial.env_id, trial.side))
    return None if rule is None else RulePlayer(rule)


ARMS: Mapping[str, Arm] = {
    NONE: Arm("remembers nothing: random legal play", fixed=lambda trial: RandomPlayer()),
    "experience": Arm("experience alone", ExperiencedPlayer),
    "strategies": Arm("strategies alone, at random among what they leave open", StrategicPlayer),
    PRIMARY: Arm("experience, and strategies where it is thin", WholePlayer),
    AGAIN: Arm("the same with other draws of its own: the noise floor", WholePlayer, own="again"),
    "ucb-raw": Arm("tabular UCB over observations and actions", RawPlayer),
    "ucb-situation": Arm("tabular UCB over situations and actions", CountingPlayer),
    RULE: Arm("the best fixed rule found by hand", fixed=_make_fixed),
    "tactic": Arm("wins or blocks in one move, then the fixed rule", fixed=_make_looking),
}
"""What is compared; all by stand-ins for a language model."""


def find_arms(trial: Trial, names: tuple[str, ...]) -> list[str]:
    """Returns those of some arms that a trial has, in their order."""
    return [name for name in names if (fixed := ARMS[name].fixed) is None or fixed(trial) is not None]
