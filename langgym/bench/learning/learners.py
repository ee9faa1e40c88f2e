"""Stand-ins for a language model that learn: they decide by what memory holds, or by counting, and by nothing else."""

import math
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b

import numpy as np

from langgym.memory.advice import curiosity_for, explore, find_best, scale_for, settle, weaken, weighing_for
from langgym.memory.contrasts import Contrast, find_contrasts
from langgym.memory.experience import Estimate, Experience, Moment, Outlook, sum_ahead
from langgym.memory.life import Lived
from langgym.memory.recalled import Recalled
from langgym.memory.strategies import apply
from universe.card import EnvCard
from universe.streams import Stream
from universe.text_env import Turn
from universe.view import Facts

FIRST_REFLECTION = 10
"""Episodes after which strategies are looked for first; again whenever there are half as many more."""
OPEN_MINDED = 4
"""One decision in so many is by chance while an agent learns by strategies alone, else contrasts would die out."""
UCB_WIDTH = 0.5
"""The weight of what is unknown in the tabular method, in deviations of random play: the best of 0.25, 0.5 and 1."""


class Remembering:
    """Whoever remembers decisions by the words of their turns."""

    def witness(self, turn: Turn, action: int) -> Moment:
        """Returns a decision with the situation and the facts of its turn."""
        facts = turn.facts
        return Moment(
            situation=turn.situation, state=facts.state, options=facts.actions, action=action, turn=turn.number
        )


class ExperiencedPlayer(Remembering):
    """Decides by what came of its decisions before, role by role."""

    def __init__(self, card: EnvCard, lives: Mapping[str, Experience] | None = None) -> None:
        """Begins a life, without experience or with some of earlier lives by role."""
        self._card = card
        self._lives: dict[str, Experience] = dict(lives or {})

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns the action with the best score, by chance among equal ones."""
        scores, _ = self.score(turn, learning=learning)
        return stream.pick(find_best(scores), turn.seat, turn.index)

    def score(self, turn: Turn, *, learning: bool) -> tuple[dict[int, float], dict[int, Estimate]]:
        """Returns what each action is worth to somebody who may try things out or may not, and the bare estimates."""
        card, role, facts = self._card, self._card.role(turn.seat), turn.facts
        outlook = self.outlook(role)
        estimates = outlook.weigh(turn.situation, facts.state, facts.actions)
        scale = scale_for(card, role)
        if not learning:
            return settle(estimates, scale=scale), estimates
        n = outlook.n_decisions
        return explore(estimates, scale=scale, n=n, curiosity=curiosity_for(card)), estimates

    def absorb(self, life: Lived) -> None:
        """Remembers the decisions of a seat."""
        self._live(life.role).absorb(life.moments, source=life.participation_id, result=life.result)

    def outlook(self, role: str) -> Outlook:
        """Returns what its experience of a role says by now."""
        return self._live(role).at()

    def _live(self, role: str) -> Experience:
        if role not in self._lives:
            self._lives[role] = Experience(weighing_for(self._card))
        return self._lives[role]


class Strategies:
    """What was concluded from lives: contrasts that hold, role by role, looked for anew as lives grow in number."""

    def __init__(self, card: EnvCard) -> None:
        """Begins with no strategy."""
        self._steps = weighing_for(card).steps
        self._lives: dict[str, list[Lived]] = {}
        self._due: dict[str, int] = {}
        self._words: dict[str, str] = {}
        self._known: dict[str, list[Recalled]] = {}

    def add(self, life: Lived) -> None:
        """Remembers a life, and reflects where it is time to."""
        lives = self._lives.setdefault(life.role, [])
        lives.append(self._save(life))
        n = len({each.episode_id for each in lives})
        if n >= self._due.get(life.role, FIRST_REFLECTION):
            self._due[life.role] = n + n // 2
            found = find_contrasts(lives, role=life.role, steps=self._steps)
            self._known[life.role] = [_recall(contrast, place) for place, contrast in enumerate(found, 1)]

    def weigh(self, role: str, facts: Facts) -> dict[int, float]:
        """Returns by how much strategies speak for each action."""
        return apply(self._known.get(role, ()), facts)

    def _save(self, life: Lived) -> Lived:
        """Returns a life whose words are kept once each: there are millions of facts, and few different ones."""
        words = self._words

        def once(facts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple([words.setdefault(fact, fact) for fact in facts])

        moments = tuple(
            replace(each, state=once(each.state), options={act: once(facts) for act, facts in each.options.items()})
            for each in life.moments
        )
        return replace(life, moments=moments)


def _recall(contrast: Contrast, place: int) -> Recalled:
    return Recalled(
        memory_id=place,
        text="",
        rank=place,
        score=1.0,
        parts={},
        kind="strategy",
        condition=contrast.condition,
        action=contrast.action,
        effect=contrast.effect,
    )


class StrategicPlayer(Remembering):
    """Does what its strategies speak for most, by chance among equal ones."""

    def __init__(self, card: EnvCard) -> None:
        """Begins a life with no strategy."""
        self._card = card
        self._strategies = Strategies(card)

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns the action that strategies speak for most; now and then any while it learns."""
        if learning and stream.integer(turn.seat, turn.index, 1) % OPEN_MINDED == 0:
            return stream.pick(turn.view.legal, turn.seat, turn.index)
        effects = self._strategies.weigh(self._card.role(turn.seat), turn.facts)
        return stream.pick(find_best(effects), turn.seat, turn.index)

    def absorb(self, life: Lived) -> None:
        """Remembers the decisions of a seat."""
        self._strategies.add(life)


class WholePlayer(Remembering):
    """Decides by experience, and by strategies the more, the less is known of an action."""

    def __init__(self, card: EnvCard) -> None:
        """Begins a life."""
        self._card = card
        self._experience = ExperiencedPlayer(card)
        self._strategies = Strategies(card)

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns the action with the best score, by chance among equal ones."""
        scores, estimates = self._experience.score(turn, learning=learning)
        effects = self._strategies.weigh(self._card.role(turn.seat), turn.facts)
        for action, effect in effects.items():
            scores[action] += weaken(effect, estimates[action].evidence)
        return stream.pick(find_best(scores), turn.seat, turn.index)

    def absorb(self, life: Lived) -> None:
        """Remembers the decisions of a seat."""
        self._experience.absorb(life)
        self._strategies.add(life)


class CountingPlayer(Remembering):
    """Counts what came of every action in every situation, and tries what is little known (UCB, Auer et al. 2002).

    An action never taken is worth what decisions are worth on the whole.
    """

    def __init__(self, card: EnvCard) -> None:
        """Begins with no count."""
        self._card = card
        self._steps = weighing_for(card).steps
        self._counts: dict[tuple[str, str, object], tuple[int, float]] = {}
        self._whole: dict[str, tuple[int, float]] = {}

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns the action with the best mean, or the best bound on it while it learns."""
        role = self._card.role(turn.seat)
        seen = self.witness(turn, turn.view.legal[0])
        n_all, sum_all = self._whole.get(role, (0, 0.0))
        usual = sum_all / n_all if n_all else 0.0
        reach = UCB_WIDTH * scale_for(self._card, role) * math.sqrt(math.log(n_all + 2)) if learning else 0.0
        scores: dict[int, float] = {}
        for action, facts in seen.options.items():
            n, total = self._counts.get((role, seen.situation, facts), (0, 0.0))
            scores[action] = (total + usual) / (n + 1) + reach / math.sqrt(n + 1)
        return stream.pick(find_best(scores), turn.seat, turn.index)

    def absorb(self, life: Lived) -> None:
        """Counts the decisions of a seat."""
        rewards = np.array([moment.reward for moment in life.moments])
        worths: list[float] = sum_ahead(rewards, self._steps).tolist() if life.moments else []
        for moment, worth in zip(life.moments, worths, strict=True):
            key = (life.role, moment.situation, moment.options[moment.action])
            n, total = self._counts.get(key, (0, 0.0))
            self._counts[key] = (n + 1, total + worth)
            n, total = self._whole.get(life.role, (0, 0.0))
            self._whole[life.role] = (n + 1, total + worth)


class RawPlayer(CountingPlayer):
    """Counts by the bytes of PettingZoo's observation and the number of the action."""

    def witness(self, turn: Turn, action: int) -> Moment:
        """Returns a decision as the bare environment shows it."""
        return Moment(
            situation=hash_observation(turn.view.observation),
            state=(),
            options={legal: (str(legal),) for legal in turn.view.legal},
            action=action,
            turn=turn.number,
        )


def hash_observation(observation: object) -> str:
    """Returns what stands for an observation: its bytes, without the mask of legal actions."""
    if isinstance(observation, Mapping):
        observation = observation["observation"]  # pyright: ignore[reportUnknownVariableType]
    return blake2b(np.asarray(observation).tobytes(), digest_size=16).hexdigest()
