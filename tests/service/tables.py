"""What the tests of journals share: tables on paper, and turns that are played without a service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from universe.catalog import default_catalog
from universe.service.contracts import Claim, Journal, KeptAnswer, Play, SeatDraft, Spot, TableDraft
from universe.text_env import TextEnv


def draft_table(
    table_id: str, env_id: str = "classic/tictactoe_v3", *, who: Mapping[str, str] | None = None
) -> TableDraft:
    env = TextEnv(default_catalog().find(env_id))
    seats = tuple(SeatDraft(seat=seat, who=(who or {}).get(seat, "open")) for seat in env.seats)
    env.close()
    return TableDraft(
        table_id=table_id,
        env_id=env_id,
        kwargs={},
        seed=11,
        options={},
        max_turns=60,
        seats=seats,
        owner_hash=sha256(b"owner").digest(),
        decision_seconds=30.5,
    )


def claim_seat(seat: str, name: str = "Claude", *, left: bool = False, token: bytes = b"token") -> Claim:
    return Claim(seat=seat, name=name, token_hash=sha256(token).digest(), expires_at=1.9e9, left=left)


@dataclass
class Played:
    """A table that is played by hand over a journal."""

    journal: Journal
    draft: TableDraft
    env: TextEnv

    @classmethod
    def begin(cls, journal: Journal, draft: TableDraft) -> "Played":
        env = TextEnv(default_catalog().find(draft.env_id), draft.kwargs, max_turns=draft.max_turns)
        env.reset(draft.seed, options=draft.options)
        journal.begin(draft, env)
        return cls(journal, draft, env)

    @property
    def table_id(self) -> str:
        return self.draft.table_id

    def find_spot(self) -> Spot:
        payments = self.env.payments()
        return Spot(turn=self.env.n_turns, digest=self.env.digest(payments), payments=payments)

    def answer(self, seat: str, *, outcome: str = "ok", reply: str | None = None, ordinal: int = 0) -> KeptAnswer:
        [turn] = [turn for turn in self.env.turns() if turn.seat == seat]
        action = turn.view.legal[0] if outcome == "ok" else None
        answer = KeptAnswer(
            seat=seat,
            turn=turn.number,
            ordinal=ordinal,
            outcome=outcome,  # pyright: ignore[reportArgumentType]
            reply=reply or (turn.name(action) if action is not None else "castle"),
            problem=None if outcome == "ok" else "That is not a move.",
            action=action,
        )
        self.journal.keep_answer(self.table_id, answer)
        return answer

    def move(self, *, ask: Callable[[str], str] = lambda seat: "guest") -> Spot:
        """Plays the first legal action of every seat that acts; of guests as answers."""
        spot = self.find_spot()
        plays: list[Play] = []
        for turn in self.env.turns():
            source = ask(turn.seat)
            answers = (self.answer(turn.seat),) if source == "guest" else ()
            plays.append(Play(turn=turn, action=turn.view.legal[0], source=source, answers=answers))
        self.journal.record(self.table_id, spot, plays)
        self.env.play({play.turn.seat: play.action for play in plays if play.action is not None})
        return spot

    def play_on(self) -> None:
        while self.env.turns():
            self.move()
        self.journal.end(self.table_id, self.find_spot(), self.env.outcome(), fault=None)
