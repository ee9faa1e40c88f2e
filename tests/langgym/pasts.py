"""What tests of learning share: made-up lives, and players for pasts."""

from collections.abc import Mapping, Sequence

from agents_db.records import AgentDraft, AgentRecord
from agents_db.store import AgentsDB
from langgym.memory.experience import Moment
from langgym.memory.life import Lived
from langgym.memory.testing import Insistence, play_past
from universe.catalog import default_catalog

__all__ = ["PAPER", "RPS", "TICTACTOE", "create", "life", "moment", "play_past"]

LEFT, RIGHT = 0, 1
OPTIONS: Mapping[int, tuple[str, ...]] = {LEFT: ("move", "left"), RIGHT: ("move", "right")}
TICTACTOE = default_catalog().find("tictactoe")
RPS = default_catalog().find("rps")


def moment(
    action: int,
    reward: float,
    *,
    state: Sequence[str] = ("open",),
    options: Mapping[int, tuple[str, ...]] = OPTIONS,
    turn: int = 0,
) -> Moment:
    return Moment(situation="crossing", state=tuple(state), options=options, action=action, reward=reward, turn=turn)


def life(
    number: int, moments: Sequence[Moment], *, own: bool = True, seat: str = "player_0", role: str = "player"
) -> Lived:
    return Lived(
        participation_id=number,
        episode_id=number,
        seat=seat,
        role=role,
        clock=number,
        moments=tuple(moments),
        total=sum(each.reward for each in moments),
        result=None,
        own=own,
    )


def create(db: AgentsDB, name: str = "ada") -> AgentRecord:
    return db.create_agent(AgentDraft(name=name, model="none"))


PAPER = Insistence("paper")
"""Plays paper where it can."""
