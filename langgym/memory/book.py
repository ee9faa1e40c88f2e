"""The book of an agent's strategies for one role of one environment: votes for and against them, conflicts, a cap."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agents_db.knowledge import ChangeOp, EvidenceDraft, Field, MemoryChange, MemoryDraft, MemoryRecord
from agents_db.store import AgentsDB
from langgym.memory.contrasts import Comparison, Contrast
from langgym.memory.decisions import Sighting
from langgym.memory.scoring import rate_utility
from langgym.memory.strategies import GROUNDED, HAND, KIND, phrase, rate_strategy
from universe.card import EnvCard

MOST_ACTIVE = 20
"""Active strategies of an agent in one role of one environment."""
MOST_IDEAS = 5
"""Of those that nothing bears out yet."""
ADDED, AGREED, AGAINST, AGAINST_FULL = 2, 1, -1, -3
"""Votes that a strategy begins with, gets when it is confirmed or mended, and loses: more where the book is full."""
SHARPER = 0.6
"""Share of its stated interval from which on an effect is stated anew."""
PATIENCE = 30
"""Participations within which an idea of a model must be borne out."""
FEWEST_USES, LEAST_USE = 5, 0.2
"""Episodes in which a strategy was credited, after which it is retired if its utility is lower than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where somebody reflects: after which episode, for which role, at which moment."""

    agent_id: int
    card: EnvCard
    role: str
    episode_id: int
    origin: str
    """The episode's key: reflecting on it again changes nothing."""
    seat: str
    turn_from: int | None
    turn_to: int | None
    clock: int
    """The agent's when the episode had ended."""


@dataclass(slots=True)
class Book:
    """The active strategies as they were before the episode, and what a maker changes in them; stores nothing itself.

    A strategy is changed at most once, or else superseded; what was pinned or written by hand stays as it is.
    """

    ground: Ground
    active: Sequence[MemoryRecord]
    maker: str = GROUNDED
    drafts: list[MemoryDraft] = field(default_factory=list[MemoryDraft])
    changes: dict[int, MemoryChange] = field(default_factory=dict[int, MemoryChange])
    """By memory; votes are left out."""
    votes: dict[int, int] = field(default_factory=dict[int, int])
    """By how many the votes for a memory change."""
    successors: dict[int, int] = field(default_factory=dict[int, int])
    """The draft that takes the place of a memory."""

    def find(self, condition: str | None, action: str | None) -> MemoryRecord | None:
        """Returns the strategy that speaks of an action under a condition, if it stays."""
        same = (each for each in self.standing() if (each.condition, each.action) == (condition, action))
        return next(same, None)

    def standing(self) -> list[MemoryRecord]:
        """Returns the strategies that stay active."""
        return [each for each in self.active if not self._leaves(each)]

    def is_full(self) -> bool:
        """Returns whether there is no room for another strategy."""
        return len(self.standing()) + len(self.drafts) >= MOST_ACTIVE

    def add(self, contrast: Contrast, *, instead_of: MemoryRecord | None = None) -> bool:
        """Adds a strategy; where the book is full, the weakest is voted down, and it is added if that makes room."""
        text = phrase(self.ground.card, contrast)
        draft = self._draft(contrast.condition, contrast.action, text, contrast.supports)
        against = tuple(_cite(sighting, against=True) for sighting in contrast.contradicts)
        draft = replace(
            draft,
            effect=contrast.effect,
            low=contrast.low,
            high=contrast.high,
            importance=rate_strategy(self.ground.card, self.ground.role, contrast.effect),
            evidence=(*draft.evidence, *against),
        )
        return self._add(draft, instead_of)

    def suggest(
        self,
        condition: str | None,
        action: str,
        text: str,
        *,
        evidence: Sequence[Sighting],
        instead_of: MemoryRecord | None = None,
    ) -> bool:
        """Adds an idea that cannot be measured yet: without an effect, to be borne out or retired.

        There is room for few, and no other strategy makes room for one.
        """
        ideas = sum(each.effect is None for each in (*self.standing(), *self.drafts))
        if instead_of is None and (self.is_full() or ideas >= MOST_IDEAS):
            return False
        return self._add(self._draft(condition, action, text, evidence), instead_of)

    def agree(self, memory: MemoryRecord, reason: str, evidence: Sequence[Sighting] = ()) -> None:
        """Votes for a strategy."""
        self._change(memory, "agree", {}, reason, evidence, votes=AGREED)

    def edit(self, memory: MemoryRecord, contrast: Contrast, reason: str) -> None:
        """States the effect of a strategy anew; that it was mended is a vote for it."""
        ground = self.ground
        fields: dict[str, Field] = {
            "text": phrase(ground.card, contrast),
            "effect": contrast.effect,
            "low": contrast.low,
            "high": contrast.high,
            "importance": rate_strategy(ground.card, ground.role, contrast.effect),
        }
        self._change(memory, "edit", fields, reason, contrast.supports, votes=AGREED)

    def doubt(self, memory: MemoryRecord, reason: str, evidence: Sequence[Sighting] = ()) -> None:
        """Votes against a strategy; without a vote left it is retired."""
        lost = AGAINST_FULL if self.is_full() else AGAINST
        fields: dict[str, Field] = {"state": "retired"} if memory.votes + lost <= 0 else {}
        self._change(memory, "retire", fields, reason, evidence, votes=lost)

    def retire(self, memory: MemoryRecord, reason: str) -> None:
        """Retires a strategy whatever its votes."""
        self._change(memory, "retire", {"state": "retired"}, reason)

    def supersede(self, memory: MemoryRecord, by: MemoryRecord | int, reason: str) -> None:
        """Puts another strategy, or a draft by its place, where one was, whatever else was to become of it."""
        if not self._leaves(memory):
            self.changes.pop(memory.memory_id, None)
            self.votes.pop(memory.memory_id, None)
        fields: dict[str, Field] = {"state": "superseded"}
        if isinstance(by, MemoryRecord):
            fields["superseded_by"] = by.memory_id
        if self._change(memory, "supersede", fields, reason) and isinstance(by, int):
            self.successors[memory.memory_id] = by

    def store(self, db: AgentsDB) -> list[MemoryRecord]:
        """Stores the new strategies and then the changes; returns both. Doing it again changes nothing.

        Votes are added to those that a strategy has by now, and what is no longer active is left alone.
        """
        made = db.add_memories(self.drafts)
        now = {memory.memory_id: memory for memory in db.memories_by_id(list(self.changes))}
        return made + db.learn((), [self._finish(now[each], made) for each in self.changes if _is_open(now[each])])

    def _finish(self, memory: MemoryRecord, made: Sequence[MemoryRecord]) -> MemoryChange:
        """Returns the change of a memory as it is stored, given the memory as it is now."""
        memory_id = memory.memory_id
        fields = dict(self.changes[memory_id].fields)
        if memory_id in self.successors:
            fields["superseded_by"] = made[self.successors[memory_id]].memory_id
        if memory_id in self.votes:
            fields["votes"] = max(0, memory.votes + self.votes[memory_id])
        return replace(self.changes[memory_id], fields=fields)

    def _leaves(self, memory: MemoryRecord) -> bool:
        change = self.changes.get(memory.memory_id)
        return change is not None and change.fields.get("state", "active") != "active"

    def _add(self, draft: MemoryDraft, instead_of: MemoryRecord | None) -> bool:
        if instead_of is not None and is_kept(instead_of):
            return False
        if instead_of is None and self.is_full():
            self._make_room()
            if self.is_full():
                return False
        self.drafts.append(draft)
        if instead_of is not None:
            self.supersede(instead_of, len(self.drafts) - 1, f"{draft.action!r} is told otherwise by a newer strategy")
        return True

    def _make_room(self) -> None:
        free = [each for each in self.standing() if each.memory_id not in self.changes and not is_kept(each)]
        if free:
            self.doubt(min(free, key=_find_strength), "the book is full")

    def _draft(self, condition: str | None, action: str, text: str, evidence: Sequence[Sighting]) -> MemoryDraft:
        ground = self.ground
        return MemoryDraft(
            agent_id=ground.agent_id,
            kind=KIND,
            text=text,
            env_id=ground.card.env_id,
            role=ground.role,
            episode_id=ground.episode_id,
            seat=ground.seat,
            turn_from=ground.turn_from,
            turn_to=ground.turn_to,
            outcome=None,
            importance=rate_strategy(ground.card, ground.role, None),
            condition=condition,
            action=action,
            maker=self.maker,
            votes=ADDED,
            clock=ground.clock,
            evidence=tuple(map(_cite, evidence)),
        )

    def _change(
        self,
        memory: MemoryRecord,
        op: ChangeOp,
        fields: Mapping[str, Field],
        reason: str,
        evidence: Sequence[Sighting] = (),
        *,
        votes: int = 0,
    ) -> bool:
        if memory.memory_id in self.changes or is_kept(memory):
            return False
        if votes:
            self.votes[memory.memory_id] = votes
        self.changes[memory.memory_id] = MemoryChange(
            memory_id=memory.memory_id,
            op=op,
            fields=fields,
            actor=self.maker,
            reason=reason,
            origin=("reflect", self.maker, self.ground.origin, self.ground.seat),
            episode_id=self.ground.episode_id,
            clock=self.ground.clock,
            evidence=tuple(map(_cite, evidence)),
        )
        return True


def revise(book: Book, comparison: Comparison, *, find_stated: Callable[[MemoryRecord], int]) -> None:
    """Holds every strategy against the experience, and adds what the experience shows beyond them.

    Args:
        book: Is changed.
        comparison: Of all decisions of the role so far.
        find_stated: Returns the agent's clock when a strategy's effect was last stated.
    """
    found = {(each.condition, each.action): each for each in comparison.find()}
    for memory in book.active:
        if memory.action is not None:
            _review(book, memory, comparison, found=found, stated=find_stated(memory))
    for pair, contrast in found.items():
        known = book.find(*pair)
        if known is not None and known.effect is not None and known.effect * contrast.effect < 0:
            book.add(contrast, instead_of=known)
        elif known is None and not _is_known(book, pair):
            book.add(contrast)
    _merge(book, comparison)


def _is_known(book: Book, pair: tuple[str | None, str]) -> bool:
    """Returns whether a strategy that leaves or a new one speaks of the same: nothing is dropped and added at once."""
    told = [*book.active, *book.drafts]
    return any((each.condition, each.action) == pair for each in told)


def _review(
    book: Book,
    memory: MemoryRecord,
    comparison: Comparison,
    *,
    found: Mapping[tuple[str | None, str], Contrast],
    stated: int,
) -> None:
    """Votes for or against one strategy by what the experience says of it now."""
    assert memory.action is not None
    if is_useless(memory):
        book.retire(memory, f"it hurt more than it helped: {memory.n_helped} times helped, {memory.n_hurt} hurt")
        return
    pair = (memory.condition, memory.action)
    contrast = found.get(pair) or comparison.measure(*pair)
    if memory.effect is None:
        _ground(book, memory, comparison, contrast)
    elif contrast is None or contrast.effect * memory.effect < 0:
        _contradict(book, memory, contrast, found)
    elif not contrast.certain:
        grown = comparison.count(*pair, until=book.ground.clock) >= 2 * comparison.count(*pair, until=stated)
        if grown:
            book.doubt(memory, "with twice the evidence the effect is no longer certain")
    elif abs(contrast.effect) < comparison.smallest:
        book.doubt(memory, "it makes hardly any difference")
    elif _has_changed(memory, contrast):
        book.edit(memory, contrast, "the effect has changed")
    elif pair in found:
        book.agree(memory, "found again in the experience", contrast.supports)


def _ground(book: Book, memory: MemoryRecord, comparison: Comparison, contrast: Contrast | None) -> None:
    """Gives an idea its effect once the experience shows one, and retires it when that takes too long."""
    assert memory.action is not None
    enough = comparison.has_enough(memory.condition, memory.action)
    if contrast is not None and enough and contrast.certain:
        book.edit(memory, contrast, "borne out by the experience")
    elif book.ground.clock - memory.clock >= PATIENCE:
        book.retire(memory, f"not borne out within {PATIENCE} participations")


def _contradict(
    book: Book,
    memory: MemoryRecord,
    contrast: Contrast | None,
    found: Mapping[tuple[str | None, str], Contrast],
) -> None:
    """Doubts a strategy that the experience speaks against; where it does so clearly, `revise` puts another there."""
    if contrast is None or (contrast.condition, contrast.action) in found:
        return
    book.doubt(memory, "the experience says the opposite", contrast.contradicts)


def _has_changed(memory: MemoryRecord, contrast: Contrast) -> bool:
    """Returns whether an effect is no longer within the interval in which it was stated, or is known far better."""
    if memory.low is None or memory.high is None:
        return True
    within = memory.low <= contrast.effect <= memory.high
    return not within or contrast.high - contrast.low < SHARPER * (memory.high - memory.low)


def _merge(book: Book, comparison: Comparison) -> None:
    """Puts a strategy with a wider condition where a narrower one says the same of the same action."""
    for narrow in book.standing():
        wider: list[tuple[MemoryRecord | int, MemoryRecord | MemoryDraft]] = [(each, each) for each in book.standing()]
        wider += enumerate(book.drafts)
        for place, wide in wider:
            alike = narrow.action == wide.action and _says(wide, narrow)
            if alike and comparison.narrows(narrow.condition, wide.condition):
                book.supersede(narrow, place, "a wider condition says the same")
                break


def _says(wide: MemoryRecord | MemoryDraft, narrow: MemoryRecord) -> bool:
    if wide.effect is None or narrow.effect is None or narrow.low is None or narrow.high is None:
        return False
    return narrow.low <= wide.effect <= narrow.high and wide.effect * narrow.effect > 0


def _is_open(memory: MemoryRecord) -> bool:
    return memory.state == "active" and not is_kept(memory)


def is_kept(memory: MemoryRecord) -> bool:
    """Returns whether a strategy is a person's to change: written or pinned by hand."""
    return memory.pinned or memory.maker == HAND


def is_useless(memory: MemoryRecord) -> bool:
    """Returns whether a strategy was tried often enough and helped too seldom."""
    return memory.n_helped + memory.n_hurt >= FEWEST_USES and rate_utility(memory.n_helped, memory.n_hurt) < LEAST_USE


def _find_strength(memory: MemoryRecord) -> tuple[int, float, int]:
    """Returns what makes a strategy strong: votes, then how far its effect is from nothing in its own intervals."""
    reach = (memory.high - memory.low) if memory.low is not None and memory.high is not None else 0.0
    sure = abs(memory.effect) / reach if memory.effect is not None and reach > 0 else 0.0
    return memory.votes, sure, -memory.memory_id


def _cite(sighting: Sighting, *, against: bool = False) -> EvidenceDraft:
    return EvidenceDraft(
        episode_id=sighting.episode_id,
        seat=sighting.seat,
        turn_from=sighting.turn,
        turn_to=sighting.turn,
        relation="contradicts" if against else "supports",
    )
