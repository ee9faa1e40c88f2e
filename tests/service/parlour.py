"""A table on its own: without threads, with a clock that is moved by hand, over a journal in memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.service.contracts import Play, Sitter, TableDraft
from universe.service.journal import MemoryJournal
from universe.service.moving import Moving
from universe.service.orders import take_order
from universe.service.plain_house import PlainHouse, RandomSitter
from universe.service.table import Table
from universe.service.views import show_look
from universe.service.wire import Accepted, AnswerBody, Look, NewTable
from universe.text_env import Turn

FAR = 4e9

BOTH = {"*": "mine"}
AGAINST = {"player_1": "mine", "player_2": "random"}
GAME = "tictactoe"
TOGETHER = "classic/rps"
COOPERATIVE = "mpe/simple_spread"


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class ByHand:
    """Surroundings that do nothing by themselves: a test brings what a sitter has thought."""

    thoughts: list[tuple[Table, str, Turn, Sitter]] = field(default_factory=list)
    more: list[Moving] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    def think(self, table: Moving, seat: str, turn: Turn, sitter: Sitter) -> None:
        assert isinstance(table, Table)
        self.thoughts.append((table, seat, turn, sitter))

    def go_on(self, table: Moving) -> None:
        self.more.append(table)

    def changed(self, table: Moving) -> None:
        pass

    def played(self, source: str) -> None:
        self.sources.append(source)

    def bring(self, place: int = 0) -> None:
        """Lets the sitter that was asked first decide."""
        table, seat, turn, sitter = self.thoughts.pop(place)
        table.decide(seat, turn, sitter.act(turn))


class Thinker(RandomSitter):
    """A random player that takes its time."""

    @property
    def waits(self) -> bool:
        return True


class SlowHouse(PlainHouse):
    """A house whose random player is asked elsewhere."""

    def sit_down(self, who: str, draft: TableDraft, card: EnvCard, seat: str) -> Sitter:
        return Thinker(draft.seed)


class Broken:
    """A sitter that fails."""

    waits = False

    def act(self, turn: Turn) -> Play:
        raise RuntimeError("the secret is 42")

    def close(self) -> None:
        pass


class Parlour:
    """Makes tables over one journal."""

    def __init__(self, *, house: PlainHouse | None = None, journal: MemoryJournal | None = None) -> None:
        self.journal = journal or MemoryJournal(keep_ended=True)
        self.house = house or PlainHouse()
        self.clock = Clock()
        self.surroundings = ByHand()

    def open(self, env: str, seats: Mapping[str, str], *, seed: int = 1, decision_seconds: float = 10.0) -> Table:
        card = default_catalog().find(env)
        new = NewTable(env=env, seats=dict(seats))
        order = take_order(new, card, self.house, seed=seed, decision_seconds=decision_seconds, expires_at=FAR)
        table = self._table(order.draft, card)
        table.begin(order.episode, order.claims)
        return table

    def come_back(self, table: Table) -> Table:
        """Returns the table as a new process has it."""
        [record] = [record for record in self.journal.unfinished() if record.draft.table_id == table.table_id]
        again = self._table(record.draft, table.card)
        again.rebuild(record)
        return again

    def _table(self, draft: TableDraft, card: EnvCard) -> Table:
        return Table(
            draft,
            card,
            journal=self.journal,
            house=self.house,
            surroundings=self.surroundings,
            clock=self.clock,
            idle_seconds=60.0,
        )


def answer(table: Table, seat: str, pick: Callable[[list[int]], int] = min) -> Accepted:
    """Answers for a seat that must act."""
    look = show_look(table, seat)
    assert look.turn is not None
    action = pick([option.action for option in look.turn.options])
    return table.answer(seat, AnswerBody(turn=look.turn.turn, action=action))


def due(table: Table) -> list[str]:
    """Returns the seats that must act."""
    return [turn.seat for turn in table.turns if table.chairs[turn.seat].pending is None]


def look(table: Table, seat: str) -> Look:
    return show_look(table, seat)


def digests(table: Table) -> dict[int, bytes]:
    journal = table.journal
    assert isinstance(journal, MemoryJournal)
    return journal.tables[table.table_id].digests
