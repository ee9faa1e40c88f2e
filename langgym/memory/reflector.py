"""The reflector: a model that looks back on an episode and asks for a few changes of its agent's strategies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, pstdev

from agents_db.knowledge import LivedRecord, MemoryRecord
from langgym.asking import AskSettings, Attempt, Ledger
from langgym.memory.book import Book, is_kept
from langgym.memory.contrasts import Comparison, Contrast
from langgym.memory.decisions import Sighting
from langgym.memory.experience import Moment
from langgym.memory.inquiry import Matter, ask_reflection, make_prompt
from langgym.memory.life import Lived
from langgym.memory.operations import Accepted, Case, clean_words, make_schema
from langgym.memory.reflection import Study
from langgym.memory.strategies import KIND
from langgym.models.chat import ChatModel

MOST_FACTS = 40
MOST_CONTRASTS = 12
WORSE = 0.5
"""Standard deviations by which a return below the mean is worth thinking about."""
WINS = 8
"""Wins after which it is time to ask what they have in common."""
COOLDOWN = 2
"""Participations from one reflection to the next at least; more where many episodes are under way at once."""
LOOKED_BACK = 8
"""Episodes among which the last reflection is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reflection:
    """What a model's reflection has changed."""

    memories: tuple[MemoryRecord, ...]
    refused: tuple[str, ...]
    attempts: tuple[Attempt, ...]


def is_worth_asking(records: Sequence[LivedRecord], *, asked: int | None, cooldown: int = COOLDOWN) -> str | None:
    """Returns why a model should reflect on the last of an agent's participations in a role; `None` where it need not.

    Args:
        records: In order; the last is the one to reflect on.
        asked: The place among them of the last one that a model reflected on.
        cooldown: Participations from one reflection to the next at least.
    """
    last, earlier = records[-1], records[:-1]
    if asked is not None and len(records) - 1 - asked < cooldown:
        return None
    if last.result == "loss":
        return "it was lost"
    totals = [record.total for record in earlier if record.total is not None]
    if last.total is not None and len(totals) >= 3 and last.total <= fmean(totals) - WORSE * max(pstdev(totals), 1e-9):
        return "it went worse than usual"
    results = {record.result for record in records[0 if asked is None else asked + 1 :]}
    if last.result is not None and {"win", "loss"} <= results:
        return "there are a win and a loss to compare"
    if last.result == "win" and sum(record.result == "win" for record in records) % WINS == 0:
        return f"there are {WINS} more wins"
    return None


class Reflector:
    """A model that reflects for one agent; what it is told of others is data, and what it says is checked."""

    def __init__(
        self,
        model: ChatModel,
        *,
        agent: str,
        open_ledger: Callable[[int, int, str], Ledger],
        settings: AskSettings,
        cooldown: int = COOLDOWN,
        known: dict[tuple[int, str], bool] | None = None,
    ) -> None:
        """Takes who is asked.

        Args:
            model: The agent's, or another.
            agent: The agent's name.
            open_ledger: Returns the ledger of an episode's id, a turn (the one after the last) and a seat.
            settings: How the model is asked.
            cooldown: Participations from one reflection to the next at least.
            known: Whether it was asked about an episode in a seat, as far as that was looked up; is added to.
        """
        self._model = model
        self._agent = agent
        self._open_ledger = open_ledger
        self._settings = settings
        self._cooldown = cooldown
        self._known = {} if known is None else known

    @property
    def maker(self) -> str:
        """The maker of the strategies that it adds."""
        return f"model:{self._model.name}"

    def find_reason(self, study: Study, role: str) -> str | None:
        """Returns why the model should be asked about a role after an episode; `None` where it need not be."""
        records = study.of(role)
        if is_worth_asking(records, asked=None) is None:
            return None
        recent = records[-1 - max(LOOKED_BACK, self._cooldown) : -1]
        asked = [
            place
            for place, record in enumerate(recent)
            if record.episode_id != study.episode.episode_id and self._was_asked(study, record)
        ]
        first = len(records) - 1 - len(recent)
        return is_worth_asking(records, asked=first + asked[-1] if asked else None, cooldown=self._cooldown)

    def reflect(self, study: Study, role: str, *, seed: int) -> Reflection:
        """Asks the model about a role after an episode and does what it may; doing it again changes nothing.

        A reply that cannot be used costs one more; then nothing is concluded, which is no error.

        Raises:
            ModelError: The provider failed; the same can be asked again later.
            BudgetError: A limit does not allow the call.
        """
        table = _Table(study, role, self.maker)
        ground = table.book.ground
        asked = ask_reflection(
            self._model,
            make_prompt(table.tell(self._agent)),
            case=table.case,
            schema=make_schema(*table.facts),
            ledger=self._open_ledger(study.episode.episode_id, study.episode.n_turns, ground.seat),
            settings=self._settings,
            seed=seed,
        )
        refused = [*asked.refused]
        for accepted in asked.accepted:
            reason = table.perform(accepted)
            if reason is not None:
                refused.append(f"{accepted.operation.op} {accepted.operation.action!r}: {reason}")
        done = table.book.store(study.db)
        return Reflection(memories=tuple(done), refused=tuple(refused), attempts=asked.attempts)

    def _was_asked(self, study: Study, record: LivedRecord) -> bool:
        place = (record.episode_id, record.seat)
        if place not in self._known:
            turn = study.db.episode(record.episode_id).n_turns
            self._known[place] = bool(study.db.attempts(episode_id=record.episode_id, turn=turn, seat=record.seat))
        return self._known[place]


class _Table:
    """What a reflection is about: the decisions, the book, what may be cited and changed."""

    def __init__(self, study: Study, role: str, maker: str) -> None:
        self.study = study
        self.role = role
        self.book = Book(study.find_ground(role), study.find_known(KIND, role), maker=maker)
        self.own = [life for life in study.lives if life.own and life.role == role]

    @property
    def comparison(self) -> Comparison:
        return self.study.compare(self.role)

    @cached_property
    def contrasts(self) -> list[Contrast]:
        return self.comparison.find()[:MOST_CONTRASTS]

    @cached_property
    def played(self) -> list[Lived]:
        """The seats of the role in the episode itself."""
        return [life for life in self.own if life.episode_id == self.study.episode.episode_id]

    @cached_property
    def facts(self) -> tuple[list[str], list[str]]:
        """Facts of states and of actions that may be spoken of: those of the episode and of the contrasts."""
        moments = [moment for life in self.played for moment in life.moments]
        states = [fact for moment in moments for fact in moment.state]
        actions = [fact for moment in moments for fact in moment.options[moment.action]]
        states += [each.condition for each in self.contrasts if each.condition is not None]
        actions += [each.action for each in self.contrasts]
        return list(dict.fromkeys(states))[:MOST_FACTS], list(dict.fromkeys(actions))[:MOST_FACTS]

    @cached_property
    def shown(self) -> list[MemoryRecord]:
        return [memory for memory in self.book.active if not is_kept(memory)]

    @cached_property
    def case(self) -> Case:
        decisions: dict[Sighting, Moment] = {}
        seats: dict[int, list[str]] = {}
        for life in self.own:
            seats.setdefault(life.episode_id, []).append(life.seat)
            decisions.update({Sighting(life.episode_id, life.seat, each.turn): each for each in life.moments})
        return Case(
            decisions=decisions,
            seats=seats,
            numbers=self.numbers,
            n_strategies=len(self.shown),
            others=list(self.others),
        )

    @cached_property
    def numbers(self) -> dict[int, int]:
        """Of episodes as they are cited, by id: the ids themselves depend on what else was under way."""
        return {life.episode_id: life.clock for life in self.study.lives}

    @cached_property
    def others(self) -> dict[str, list[str]]:
        """What the others in the episode played as far as the agent could know it, by their names."""
        study, card = self.study, self.study.card
        parts = study.episode.participations
        names = {part.seat: part.player for part in parts if part.agent_id != study.agent_id}
        played: dict[str, list[str]] = {name: [] for name in names.values()}
        for move in study.db.moves(study.episode.episode_id) if card.moves_public or card.hidden is None else ():
            if move.seat in names:
                played[names[move.seat]].append(move.name)
        return played

    def tell(self, agent: str) -> Matter:
        """Returns what the model is told."""
        conditions, actions = self.facts
        return Matter(
            agent=agent,
            card=self.study.card,
            lives=self.played,
            numbers=self.numbers,
            contrasts=self.contrasts,
            strategies=self.shown,
            conditions=conditions,
            actions=actions,
            others=self.others,
        )

    def perform(self, accepted: Accepted) -> str | None:
        """Does an operation in the book; returns why it cannot be done."""
        operation, evidence = accepted.operation, accepted.evidence
        if operation.op == "add":
            return self._add(accepted, instead_of=None)
        assert operation.id is not None
        memory = self.shown[operation.id - 1]
        if operation.op == "agree":
            self.book.agree(memory, "agreed by a model", evidence)
        elif operation.op == "retire":
            self.book.doubt(memory, "doubted by a model", evidence)
        elif (operation.condition, operation.action) == (memory.condition, memory.action):
            return "nothing of it would change: what it says of the effect is counted"
        else:
            return self._add(accepted, instead_of=memory)
        return None

    def _add(self, accepted: Accepted, *, instead_of: MemoryRecord | None) -> str | None:
        operation = accepted.operation
        assert operation.action is not None
        pair = (operation.condition, operation.action)
        known = self.book.find(*pair)
        if known is not None:
            self.book.agree(known, "found by a model too", accepted.evidence)
            return None
        if pair in self._drafted:
            return "it has just been found by counting"
        contrast = self.comparison.measure(*pair)
        if contrast is not None and self.comparison.has_enough(*pair):
            if not contrast.certain:
                return "your games do not bear it out"
            done = self.book.add(contrast, instead_of=instead_of)
        else:
            text = phrase_idea(self.study.card.title, operation.condition, operation.action, operation.effect_words)
            done = self.book.suggest(*pair, text, evidence=accepted.evidence, instead_of=instead_of)
        return None if done else "there is no room for it"

    @cached_property
    def _drafted(self) -> set[tuple[str | None, str | None]]:
        """What was found after this episode by others than this maker."""
        study = self.study
        newest = study.db.memories(study.agent_id, kind=KIND, env_id=study.card.env_id, limit=100)
        return {
            (memory.condition, memory.action)
            for memory in newest
            if memory.role == self.role
            and memory.episode_id == study.episode.episode_id
            and memory.maker != self.book.maker
        }


def phrase_idea(title: str, condition: str | None, action: str, words: str) -> str:
    """Returns a strategy that nothing bears out yet, with the model's own words quoted."""
    when = "" if condition is None else f' when "{condition}"'
    return f'In {title}{when}, taking "{action}": "{clean_words(words) or "it matters"}" (an idea, not borne out yet).'
