"""What an agent's memory says about a turn: what came of each action before, and a score where memory decides."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from langgym.memory.advice import curiosity_for, explore, find_best, scale_for, settle, weaken
from langgym.memory.experience import Estimate, Experience, Outlook, Record
from langgym.memory.recalled import Recalled
from langgym.memory.strategies import apply
from universe.card import EnvCard
from universe.text_env import Turn

USUAL_CURIOSITY = 0.5
"""At which what is unknown weighs as much as `langgym bench learning` found best."""
MOST_TOLD = 6
"""Records that are told in a turn, and names of actions that are told in one piece."""
DIGITS = 4
"""Of the numbers that are stored with a decision; the outlook is told in memories, so that it has no more either."""
BELIEF = 0.25
"""How much a model's likelihood moves a score, in deviations of random play, where nothing is known of an action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advised:
    """What memory says of one legal action."""

    action: int
    value: float
    """The return that experience promises."""
    evidence: float
    tried: int
    """How often exactly this was tried in exactly this situation."""
    effect: float
    """By how much the strategies that were shown speak for it, in returns."""
    share: float | None
    """The model's likelihood; `None` where no model was asked."""
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What memory says of a turn, as it is stored with the decision."""

    options: tuple[Advised, ...]
    records: Mapping[int, Record]
    """What came of actions before, by action."""
    exact: bool
    """Whether the records are of exactly this situation."""
    outlook: float | None
    """The return that experience promises of the best action; `None` where there is no experience."""

    @property
    def best(self) -> list[int]:
        """The actions of the highest score."""
        return find_best({option.action: option.score for option in self.options})

    def pack(self, name: Callable[[int], str] | None = None) -> str:
        """Returns it as JSON, for the store.

        Args:
            name: Gives the names of actions, which are then told with their options.
        """
        options = [
            {
                "action": option.action,
                **({} if name is None else {"name": name(option.action)}),
                "value": round(option.value, DIGITS),
                "evidence": round(option.evidence, DIGITS),
                "tried": option.tried,
                "effect": round(option.effect, DIGITS),
                "share": None if option.share is None else round(option.share, DIGITS),
                "score": round(option.score, DIGITS),
            }
            for option in self.options
        ]
        records = [
            {
                "action": action,
                "n": record.n,
                "wins": record.wins,
                "draws": record.draws,
                "losses": record.losses,
                "mean": round(record.mean, DIGITS),
                "fact": record.fact,
                "episodes": list(record.sources),
            }
            for action, record in self.records.items()
        ]
        told = {"exact": self.exact, "outlook": self.outlook, "options": options, "records": records}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


class Advisor:
    """Weighs a turn by one agent's experience of one role, as of the beginning of an episode."""

    def __init__(self, card: EnvCard, role: str, outlook: Outlook, *, curiosity: float = USUAL_CURIOSITY) -> None:
        """Takes what is known.

        Args:
            card: What is played.
            role: Of the seat.
            outlook: What experience says.
            curiosity: From 0, which settles for what is known to be good, over the usual 0.5 to 1.
        """
        self._outlook = outlook
        self._scale = scale_for(card, role)
        self._curiosity = curiosity / USUAL_CURIOSITY * curiosity_for(card)

    @property
    def knows(self) -> bool:
        """Whether there is any experience."""
        return self._outlook.n_decisions > 0

    def advise(self, turn: Turn, recalled: Sequence[Recalled], shares: Mapping[int, float] | None = None) -> Advice:
        """Returns what memory says of a turn.

        Args:
            turn: What is to be decided.
            recalled: What is shown of memories; strategies among it count.
            shares: A model's likelihood of each action.
        """
        facts = turn.facts
        legal = {action: facts.actions[action] for action in turn.menu.actions}
        estimates = self._outlook.weigh(turn.situation, facts.state, legal)
        effects = apply([memory for memory in recalled if memory.kind == "strategy"], facts)
        scores = self._score(estimates, effects, shares)
        records = self._outlook.tell(turn.situation, facts.state, legal)
        exact = bool(records)
        if not exact and self.knows:
            records = self._outlook.near(facts.state, legal)
        return Advice(
            options=tuple(
                Advised(
                    action=action,
                    value=each.value,
                    evidence=each.evidence,
                    tried=each.tried,
                    effect=effects.get(action, 0.0),
                    share=None if shares is None else shares.get(action, 0.0),
                    score=scores[action],
                )
                for action, each in estimates.items()
            ),
            records=records,
            exact=exact,
            outlook=round(max(each.value for each in estimates.values()), DIGITS) if self.knows else None,
        )

    def _score(
        self,
        estimates: Mapping[int, Estimate],
        effects: Mapping[int, float],
        shares: Mapping[int, float] | None,
    ) -> dict[int, float]:
        """Returns scores: value, doubt by curiosity, strategies and beliefs the less the more an action was tried."""
        if self._curiosity:
            n, curiosity = self._outlook.n_decisions, self._curiosity
            scores = explore(estimates, scale=self._scale, n=n, curiosity=curiosity)
        else:
            scores = settle(estimates, scale=self._scale)
        for action, each in estimates.items():
            belief = 0.0 if shares is None else shares.get(action, 0.0) * len(estimates) - 1.0
            opinion = effects.get(action, 0.0) + BELIEF * self._scale * belief
            scores[action] += weaken(opinion, each.evidence)
        return scores


def find_blank(card: EnvCard, role: str) -> Advisor:
    """Returns an advisor that knows nothing and is not curious: for an agent that has no memory."""
    return Advisor(card, role, Experience().at(), curiosity=0.0)


def read_outlook(packed: str) -> float | None:
    """Returns the outlook of stored advice."""
    stored = cast("dict[str, float | None]", json.loads(packed))
    return stored["outlook"]


def tell_experience(advice: Advice, turn: Turn) -> str | None:
    """Returns what came of the actions before, in words; `None` where there is nothing to tell.

    What was tried most comes first; every number leads to the episodes that `Advice.pack` keeps.
    """
    if not advice.records:
        return None
    groups = _group(advice, turn)
    told = [_tell_record(names, record) for names, record in groups[:MOST_TOLD]]
    if not advice.exact:
        return f"Never here before. What came of like moves elsewhere: {'; '.join(told)}."
    n = sum(record.n for _, record in groups)
    new = [turn.menu.name(action) for action in turn.menu.actions if action not in advice.records]
    never = f"; never tried: {_cut(new)}" if new else ""
    return f"Here {n} {'time' if n == 1 else 'times'} before: {'; '.join(told)}{never}."


def _group(advice: Advice, turn: Turn) -> list[tuple[list[str], Record]]:
    """Returns what came of actions, those that count as the same together, what was tried most first."""
    facts = turn.facts.actions
    groups: dict[tuple[str, ...], tuple[list[str], Record]] = {}
    for action, record in advice.records.items():
        alike = facts[action] if record.fact is None else (record.fact,)
        groups.setdefault(alike, ([], record))[0].append(turn.menu.name(action))
    return sorted(groups.values(), key=lambda group: (-group[1].n, -group[1].mean, group[0]))


def _cut(names: Sequence[str]) -> str:
    return f"{', '.join(names[:MOST_TOLD])}{' …' if len(names) > MOST_TOLD else ''}"


def _tell_record(names: Sequence[str], record: Record) -> str:
    if record.fact is not None:
        who = f'"{record.fact}" ({_cut(names)})'
    else:
        who = names[0] if len(names) == 1 else f"{names[0]} (the same as {_cut(names[1:])})"
    if record.wins + record.draws + record.losses == 0:
        return f"{who} {record.n}x, return {record.mean:+.2f}"
    if record.wins == 0 and record.draws == 0:
        return f"{who} lost {record.losses} of {record.n}"
    drawn = f", drew {record.draws}" if record.draws else ""
    return f"{who} won {record.wins} of {record.n}{drawn}"
