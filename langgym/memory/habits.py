"""Habits: what a rival does more or less often than chance would have it, counted, never taken from anybody's words."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

from agents_db.knowledge import EvidenceDraft, Field, MemoryChange, MemoryDraft, MemoryRecord
from langgym.memory.book import Ground
from langgym.memory.life import Lived
from universe.card import EnvCard

KIND = "habit"
MAKER = "grounded"
FEWEST = 20
"""Moves of a rival without which nothing is said of it."""
CLEAR = 3.3
"""Standard errors from chance: of a thousand looks one goes wrong."""
LEAST_GAP = 0.1
"""Difference from chance that is worth telling."""
MOST_TOLD = 2
REACH = 1.96
"""Standard errors of an interval."""
LONGEST_NAME = 32
REPEATS, COPIES = "repeats its last move", "plays what was played against it last"
_UNUSUAL = re.compile(r"[^A-Za-z0-9_.:+-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A move of a rival by what can be said of it, with how likely each thing is where one plays by chance."""

    said: frozenset[str]
    """What holds of the move."""
    chances: Mapping[str, float]
    """Of everything that could have been said, in [0, 1]; what was certain or impossible is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How often a rival does something, and how often it would by chance."""

    what: str
    share: float
    low: float
    high: float
    """The bounds of the share's interval (Wilson 1927)."""
    chance: float
    n: int
    """Moves in which it could have been done or not."""
    surprise: float
    """Standard errors from chance."""


@dataclass(slots=True)
class _Count:
    n: int = 0
    done: int = 0
    expected: float = 0.0
    variance: float = 0.0


@dataclass(frozen=True, slots=True)
class Record:
    """The moves of one rival, and where they were seen."""

    acts: list[Act] = field(default_factory=list[Act])
    sources: dict[tuple[int, str], None] = field(default_factory=dict[tuple[int, str], None])
    """Episodes and seats of the rival, oldest first."""


def find_habits(acts: Sequence[Act]) -> list[Habit]:
    """Returns what is clearly done more or less often than by chance, clearest first; what repeats another is left out.

    Args:
        acts: Of one rival.
    """
    counts: dict[str, _Count] = {}
    for act in acts:
        for what, chance in act.chances.items():
            count = counts.setdefault(what, _Count())
            count.n += 1
            count.done += what in act.said
            count.expected += chance
            count.variance += chance * (1 - chance)
    habits = [_judge(what, count) for what, count in counts.items() if count.n >= FEWEST and count.variance > 0]
    clear = [each for each in habits if abs(each.surprise) >= CLEAR and abs(each.share - each.chance) >= LEAST_GAP]
    clear.sort(key=lambda habit: -abs(habit.surprise))
    told: dict[tuple[int, float, float], Habit] = {}
    for habit in clear:
        told.setdefault((habit.n, habit.share, habit.chance), habit)
    return list(told.values())


def _judge(what: str, count: _Count) -> Habit:
    share = count.done / count.n
    low, high = _find_interval(count.done, count.n)
    surprise = (count.done - count.expected) / sqrt(count.variance)
    chance = count.expected / count.n
    return Habit(what=what, share=share, low=low, high=high, chance=chance, n=count.n, surprise=surprise)


def _find_interval(done: int, n: int) -> tuple[float, float]:
    share, square = done / n, REACH * REACH
    middle = (share + square / (2 * n)) / (1 + square / n)
    reach = REACH * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return middle - reach, middle + reach


def read_open(lives: Iterable[Lived], players: Mapping[tuple[int, str], str]) -> dict[str, Record]:
    """Returns the moves of each rival in games where everything is open, by the facts of its moves.

    Args:
        lives: Those of others' seats are read.
        players: Who sat there, by episode and seat; seats that are not named are passed over.
    """
    records: dict[str, Record] = {}
    for life in lives:
        name = players.get((life.episode_id, life.seat))
        if life.own or name is None:
            continue
        record = records.setdefault(name, Record())
        record.sources[life.episode_id, life.seat] = None
        for moment in life.moments:
            options = [frozenset(facts) for facts in moment.options.values()]
            every = frozenset[str]().union(*options)
            chances = {fact: sum(fact in each for each in options) / len(options) for fact in sorted(every)}
            said = frozenset(moment.options[moment.action])
            record.acts.append(Act(said=said, chances={fact: p for fact, p in chances.items() if p < 1}))
    return records


def read_moves(own: Sequence[str], theirs: Sequence[str], names: Sequence[str], *, n_options: int) -> list[Act]:
    """Returns the moves of a rival where both act at once, have the same actions and learn each other's.

    Args:
        own: What the agent played, by name, in order.
        theirs: What the rival played, in order.
        names: Of all actions that were ever played.
        n_options: How many there are.
    """
    chance = 1 / n_options
    acts: list[Act] = []
    for place, name in enumerate(theirs):
        said = {f"plays {name!r}"}
        chances = {f"plays {each!r}": chance for each in names}
        if place:
            chances |= {REPEATS: chance, COPIES: chance}
            said |= {REPEATS} if name == theirs[place - 1] else set()
            said |= {COPIES} if name == own[place - 1] else set()
        acts.append(Act(said=frozenset(said), chances=chances))
    return acts


def clean_name(name: str) -> str:
    """Returns a rival's name as it may be told: letters, digits and a few signs, and not long."""
    return _UNUSUAL.sub("·", name)[:LONGEST_NAME]


def phrase_habits(card: EnvCard, rival: str, habits: Sequence[Habit]) -> str:
    """Returns a rival's habits in words, with their numbers and no advice."""
    told = "; ".join(
        f"{habit.what} {habit.share:.0%} of the time (by chance {habit.chance:.0%}, "
        f"95 % {habit.low:.0%} to {habit.high:.0%}, {habit.n} moves)"
        for habit in habits[:MOST_TOLD]
    )
    return f'In {card.title}, the rival "{clean_name(rival)}" {told}.'


def note_habits(
    ground: Ground, records: Mapping[str, Record], known: Sequence[MemoryRecord]
) -> tuple[list[MemoryDraft], list[MemoryChange]]:
    """Returns new memories of rivals' habits, one for each rival, and changes of those that say something else now.

    Args:
        ground: Where and when it is noted.
        records: Moves by rival.
        known: The agent's active memories of habits in this role of this environment, as they were before the episode.
    """
    by_rival = {memory.subject: memory for memory in known}
    drafts: list[MemoryDraft] = []
    changes: list[MemoryChange] = []
    for rival, record in records.items():
        habits = find_habits(record.acts)
        memory = by_rival.get(rival)
        if memory is None and habits:
            drafts.append(_draft(ground, rival, habits, record))
        elif memory is not None and not memory.pinned:
            text = phrase_habits(ground.card, rival, habits)
            if not habits:
                changes.append(_change(ground, memory, {"state": "retired"}, "it is no longer clear", record))
            elif text != memory.text:
                changes.append(_change(ground, memory, {"text": text, **_find_numbers(habits[0])}, None, record))
    return drafts, changes


def _draft(ground: Ground, rival: str, habits: Sequence[Habit], record: Record) -> MemoryDraft:
    best = habits[0]
    return MemoryDraft(
        agent_id=ground.agent_id,
        kind=KIND,
        text=phrase_habits(ground.card, rival, habits),
        env_id=ground.card.env_id,
        role=ground.role,
        episode_id=ground.episode_id,
        seat=ground.seat,
        turn_from=ground.turn_from,
        turn_to=ground.turn_to,
        outcome=None,
        importance=min(1.0, 0.5 + abs(best.share - best.chance)),
        subject=rival,
        effect=best.share - best.chance,
        low=best.low - best.chance,
        high=best.high - best.chance,
        maker=MAKER,
        clock=ground.clock,
        evidence=_cite(record),
    )


def _change(
    ground: Ground, memory: MemoryRecord, fields: Mapping[str, Field], reason: str | None, record: Record
) -> MemoryChange:
    return MemoryChange(
        memory_id=memory.memory_id,
        op="edit" if "text" in fields else "retire",
        fields=fields,
        actor=MAKER,
        reason=reason or f"counted again over {len(record.acts)} moves",
        origin=("reflect", KIND, ground.origin, ground.seat),
        episode_id=ground.episode_id,
        clock=ground.clock,
        evidence=_cite(record),
    )


def _find_numbers(best: Habit) -> dict[str, Field]:
    return {
        "effect": best.share - best.chance,
        "low": best.low - best.chance,
        "high": best.high - best.chance,
        "importance": min(1.0, 0.5 + abs(best.share - best.chance)),
    }


def _cite(record: Record) -> tuple[EvidenceDraft, ...]:
    """Returns the last few episodes in which the rival was seen."""
    return tuple(
        EvidenceDraft(episode_id=episode_id, seat=seat, turn_from=None, turn_to=None)
        for episode_id, seat in list(record.sources)[-MOST_TOLD:]
    )
