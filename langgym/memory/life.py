"""Lives: what an agent has lived through in one variant, decision by decision, as the store keeps it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from agents_db.knowledge import LivedRecord, LivedStep, PlacedRecord
from agents_db.records import JsonObject, PositionRecord, Result
from langgym.memory.experience import Moment
from universe.card import EnvCard
from universe.view import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """The decisions of one seat in one episode, and what became of it."""

    participation_id: int
    episode_id: int
    seat: str
    role: str
    clock: int
    """The agent's clock when the episode had ended."""
    moments: tuple[Moment, ...]
    total: float
    result: Result | None
    own: bool = True
    """Whether the agent decided; False for a rival's seat in a game where everything is open."""


class LifeStore(Protocol):
    """Where lives are read."""

    def lived(
        self,
        agent_id: int,
        *,
        env_id: str,
        kwargs: JsonObject,
        situation_version: int,
        until: int,
        after: int = 0,
    ) -> list[LivedRecord]:
        """Returns the participations that an agent came by at clocks in (after, until], in that order."""
        ...

    def lived_lately(self, agent_id: int, *, until: int, limit: int) -> list[PlacedRecord]:
        """Returns the last participations that an agent came by up to a clock, in any environment, newest first."""
        ...

    def started(
        self, agent_id: int, *, env_id: str, kwargs: JsonObject, situation_version: int, until: int
    ) -> int | None:
        """Returns the agent's clock when it began its first episode in a variant; `None` where none has ended."""
        ...

    def lived_steps(self, episode_id: int) -> list[LivedStep]:
        """Returns the decisions of an episode whose facts were kept, by turn."""
        ...

    def positions(self, episode_id: int) -> list[PositionRecord]:
        """Returns an episode's positions by turn."""
        ...


def pack_facts(facts: Facts) -> str:
    """Returns facts as they are stored with a step."""
    return json.dumps(
        {"state": facts.state, "actions": {str(action): each for action, each in facts.actions.items()}},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def unpack_facts(packed: str) -> Facts:
    """Returns what `pack_facts` packed."""
    stored = cast("dict[str, list[str] | dict[str, list[str]]]", json.loads(packed))
    actions = cast("dict[str, list[str]]", stored["actions"])
    return Facts(
        state=tuple(cast("list[str]", stored["state"])),
        actions={int(action): tuple(each) for action, each in actions.items()},
    )


def read_lives(
    store: LifeStore, agent_id: int, card: EnvCard, kwargs: JsonObject, *, until: int, after: int = 0
) -> list[Lived]:
    """Returns what an agent lived through in a variant at clocks in (after, until], in the order in which it did.

    Where everything is open, the seats of the others are among it: what they did taught the agent too.
    """
    records = store.lived(
        agent_id,
        env_id=card.env_id,
        kwargs=kwargs,
        situation_version=card.situation_version,
        after=after,
        until=until,
    )
    lives: list[Lived] = []
    by_episode: dict[int, list[LivedRecord]] = {}
    for record in records:
        by_episode.setdefault(record.episode_id, []).append(record)
    for episode_id, own in by_episode.items():
        lives += read_episode(store, card, episode_id, own)
    return lives


def read_episode(store: LifeStore, card: EnvCard, episode_id: int, own: Sequence[LivedRecord]) -> list[Lived]:
    """Returns what an agent lived through in one episode, given its participations there."""
    steps = store.lived_steps(episode_id)
    paid = [position.payments for position in store.positions(episode_id)]
    mine = {record.seat: record for record in own}
    seats = list(dict.fromkeys(step.seat for step in steps))
    lives: list[Lived] = []
    for seat in seats:
        moments = _find_moments([step for step in steps if step.seat == seat], paid)
        record = mine.get(seat)
        total = sum(each.get(seat, 0.0) for each in paid)
        lives.append(
            Lived(
                participation_id=record.participation_id if record else own[0].participation_id,
                episode_id=episode_id,
                seat=seat,
                role=card.role(seat),
                clock=own[0].clock,
                moments=moments,
                total=total,
                result=judge(card, total),
                own=record is not None,
            )
        )
    return lives


def judge(card: EnvCard, total: float) -> Result | None:
    """Returns what a return means where the card defines it."""
    if card.results is None:
        return None
    return "win" if total > 0 else "loss" if total < 0 else "draw"


def _find_moments(steps: Sequence[LivedStep], paid: Sequence[Mapping[str, float]]) -> tuple[Moment, ...]:
    moments: list[Moment] = []
    for place, step in enumerate(steps):
        until = steps[place + 1].turn if place + 1 < len(steps) else len(paid) - 1
        facts = unpack_facts(step.facts)
        moments.append(
            Moment(
                situation=step.situation,
                state=facts.state,
                options=facts.actions,
                action=step.action,
                reward=sum(each.get(step.seat, 0.0) for each in paid[step.turn + 1 : until + 1]),
                turn=step.turn,
                name=step.name,
            )
        )
    return tuple(moments)
