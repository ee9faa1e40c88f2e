"""Reflection: when an agent looks back on what it has lived through, and what it concludes by counting alone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from agents_db.knowledge import AsOf, LivedRecord, MemoryRecord
from agents_db.records import EpisodeRecord
from agents_db.store import AgentsDB
from langgym.memory import habits
from langgym.memory.book import Book, Ground, revise
from langgym.memory.contrasts import Comparison
from langgym.memory.decisions import Decisions
from langgym.memory.forgetting import MOST_ACTIVE, forget, promote
from langgym.memory.life import Lived, read_lives
from langgym.memory.strategies import KIND, find_stated, horizon_for
from universe.card import EnvCard

FIRST_LOOKS = (10, 15, 20)
"""Participations in a role of a variant after which an agent looks back for the first few times."""
GROWTH = 1.5
"""By which the participations grow from one look to the next after those."""


def is_due(before: int, after: int) -> bool:
    """Returns whether it is time to look back, when an episode has brought participations from `before` to `after`."""
    point, looks = 0, iter(FIRST_LOOKS)
    while point <= before:
        point = next(looks, int(GROWTH * point))
    return point <= after


@dataclass
class Study:
    """All that is read to reflect on one finished episode of an agent; made by `open_study`."""

    db: AgentsDB
    agent_id: int
    card: EnvCard
    episode: EpisodeRecord
    records: Sequence[LivedRecord]
    """What the agent had lived through in the variant when the episode had ended, in that order."""
    clock: int
    """The agent's at that moment."""
    _comparisons: dict[str, Comparison] = field(default_factory=dict[str, Comparison])

    @property
    def roles(self) -> list[str]:
        """The roles that the agent had in the episode."""
        return list(dict.fromkeys(self.card.role(seat) for seat in self.seats))

    @cached_property
    def seats(self) -> list[str]:
        """The seats that the agent had in the episode."""
        return [record.seat for record in self.records if record.episode_id == self.episode.episode_id]

    @cached_property
    def lives(self) -> list[Lived]:
        """What the agent had lived through, decision by decision; the longest of all reads."""
        return read_lives(self.db, self.agent_id, self.card, self.episode.kwargs, until=self.clock)

    def of(self, role: str) -> list[LivedRecord]:
        """Returns the agent's participations in a role, in order."""
        return [record for record in self.records if record.role == role]

    def is_due(self, role: str) -> bool:
        """Returns whether it is time to look back on a role."""
        after = self.of(role)
        before = sum(record.episode_id != self.episode.episode_id for record in after)
        return is_due(before, len(after))

    def compare(self, role: str) -> Comparison:
        """Returns what can be compared of all decisions in a role."""
        if role not in self._comparisons:
            decisions = Decisions(self.lives, role=role, steps=horizon_for(self.card))
            self._comparisons[role] = Comparison(decisions)
        return self._comparisons[role]

    def find_ground(self, role: str) -> Ground:
        """Returns where new memories of a role belong: to the agent's first seat of that role."""
        seat = next(seat for seat in self.seats if self.card.role(seat) == role)
        turns = [
            moment.turn
            for life in self.lives
            if (life.episode_id, life.seat) == (self.episode.episode_id, seat)
            for moment in life.moments
        ]
        return Ground(
            agent_id=self.agent_id,
            card=self.card,
            role=role,
            episode_id=self.episode.episode_id,
            origin=self.episode.key,
            seat=seat,
            turn_from=turns[0] if turns else None,
            turn_to=turns[-1] if turns else None,
            clock=self.clock,
        )

    def find_known(self, kind: str, role: str) -> list[MemoryRecord]:
        """Returns the agent's active memories of a kind about a role of the variant, as they were before."""
        before = AsOf(clock=self.clock - 1)
        return [
            memory
            for memory in self.db.memories_as_of(self.agent_id, before, kinds=(kind,))
            if (memory.env_id, memory.role) == (self.card.env_id, role)
            and self.db.episode(memory.episode_id).kwargs == self.episode.kwargs
        ]

    def is_late(self) -> bool:
        """Returns whether a later episode of the variant was reflected on before: it saw all that this one shows."""
        newer = {record.episode_id for record in self._newer()}
        kinds = (KIND, habits.KIND)
        return bool(newer) and any(
            memory.episode_id in newer
            for kind in kinds
            for memory in self.db.memories(
                self.agent_id, kind=kind, env_id=self.card.env_id, limit=len(newer), state=None
            )
        )

    def _newer(self) -> list[LivedRecord]:
        episode = self.episode
        return self.db.lived(
            self.agent_id,
            env_id=episode.env_id,
            kwargs=episode.kwargs,
            situation_version=episode.situation_version,
            after=self.clock,
            until=2**62,
        )


def open_study(db: AgentsDB, agent_id: int, card: EnvCard, episode: EpisodeRecord) -> Study | None:
    """Returns what an agent can reflect on after an episode; `None` where it learns nothing from it.

    That is so where the episode did not finish, and where situations are told otherwise by now.
    """
    if episode.status != "finished" or episode.situation_version != card.situation_version:
        return None
    records = db.lived(
        agent_id,
        env_id=card.env_id,
        kwargs=episode.kwargs,
        situation_version=card.situation_version,
        until=2**62,
    )
    clocks = [record.clock for record in records if record.episode_id == episode.episode_id]
    if not clocks:
        return None
    known = [record for record in records if record.clock <= clocks[0]]
    return Study(db, agent_id, card, episode, known, clocks[0])


def reflect(study: Study, *, most: int = MOST_ACTIVE) -> list[MemoryRecord]:
    """Looks back where it is time to: grounded strategies, habits of rivals, what is general, what is let go.

    Nothing but counted outcomes goes into it. Doing it again for the same episode changes nothing.

    Args:
        study: Of the episode.
        most: Active memories that the agent may have.

    Returns:
        The memories that were made or changed.
    """
    due = [role for role in study.roles if study.is_due(role)]
    done: list[MemoryRecord] = []
    if due and not study.is_late():
        for role in due:
            done += _ground_strategies(study, role)
            done += _count_habits(study, role)
        done += generalize(study)
    return done + forget(study.db, study.agent_id, clock=study.clock, most=most)


def generalize(study: Study) -> list[MemoryRecord]:
    """Makes strategies general that hold in two suites; returns those."""
    db = study.db
    active = db.memories(study.agent_id, kind=KIND, limit=2**31)
    return db.learn((), promote(active, clock=study.clock, episode_id=study.episode.episode_id))


def _ground_strategies(study: Study, role: str) -> list[MemoryRecord]:
    db = study.db
    book = Book(study.find_ground(role), study.find_known(KIND, role))
    revise(book, study.compare(role), find_stated=lambda memory: find_stated(db, memory))
    return book.store(db)


def _count_habits(study: Study, role: str) -> list[MemoryRecord]:
    records = _read_rivals(study, role)
    if not records:
        return []
    known = study.find_known(habits.KIND, role)
    drafts, changes = habits.note_habits(study.find_ground(role), records, known)
    return study.db.learn(drafts, changes)


def _read_rivals(study: Study, role: str) -> dict[str, habits.Record]:
    """Returns the moves of each rival that the agent could see from a role, by the rival's name."""
    card = study.card
    rivals = _find_rivals(study, role)
    if card.hidden is None:
        return habits.read_open(study.lives, rivals)
    if card.simultaneous and card.moves_public:
        return _read_moves(study, role, rivals)
    return {}


def _find_rivals(study: Study, role: str) -> dict[tuple[int, str], str]:
    """Returns who sat in the seats that are neither the agent's nor its team's, by episode and seat."""
    card, agent_id = study.card, study.agent_id
    team = next((card.team(seat) for seat in study.seats if card.role(seat) == role), None)
    rivals: dict[tuple[int, str], str] = {}
    for episode_id in dict.fromkeys(record.episode_id for record in study.of(role)):
        for part in study.db.episode(episode_id).participations:
            mate = team is not None and card.team(part.seat) == team
            if part.agent_id != agent_id and not mate:
                rivals[episode_id, part.seat] = part.player
    return rivals


def _read_moves(study: Study, role: str, rivals: dict[tuple[int, str], str]) -> dict[str, habits.Record]:
    """Returns the moves of rivals of the same role, where all act at once and learn each other's moves."""
    own = {life.episode_id: life for life in study.lives if life.own and life.role == role and life.moments}
    played: dict[tuple[int, str], list[str]] = {}
    for episode_id in own:
        for move in study.db.moves(episode_id):
            played.setdefault((episode_id, move.seat), []).append(move.name)
    names = sorted({name for moves in played.values() for name in moves})
    records: dict[str, habits.Record] = {}
    n_options = Counter(len(moment.options) for life in own.values() for moment in life.moments)
    if len(n_options) != 1:
        return {}
    for (episode_id, seat), name in rivals.items():
        if episode_id not in own or study.card.role(seat) != role:
            continue
        record = records.setdefault(name, habits.Record())
        record.sources[episode_id, seat] = None
        mine, theirs = played[episode_id, own[episode_id].seat], played.get((episode_id, seat), [])
        record.acts.extend(habits.read_moves(mine, theirs, names, n_options=next(iter(n_options))))
    return records
