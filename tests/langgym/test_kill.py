"""Killed at every write of the store, a run goes on to the same end, and pays no stored reply twice."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agents_db.store import AgentsDB
from langgym.models.doubles import Call, FunctionModel
from langgym.plan import Plan
from tests.langgym.worlds import World, answer_by_schema

SEATS = 3
"""Seats that are asked at once at most: so many replies may be on their way when the process dies."""
WRITES = (
    *("begin_attempt", "add_attempt", "record_turn", "end_episode", "start_episode", "start_choice", "end_choice"),
    "add_vectors",
)


class Kill(BaseException):
    """The end of the process."""


class Switch:
    """Counts the writes of every store and kills before or after one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.n_writes = 0
        self.at: tuple[int, str] | None = None
        for name in WRITES:
            monkeypatch.setattr(AgentsDB, name, self._wrap(getattr(AgentsDB, name)))

    def _wrap(self, write: Callable[..., object]) -> Callable[..., object]:
        def counted(*given: object, **named: object) -> object:
            self.n_writes += 1
            number = self.n_writes
            if self.at == (number, "before"):
                raise Kill
            done = write(*given, **named)
            if self.at == (number, "after"):
                raise Kill
            return done

        return counted


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> Switch:
    return Switch(monkeypatch)


def answer_sometimes(call: Call) -> str:
    return "I pass" if (call.seed or 0) % 5 == 0 else answer_by_schema(call)


def make_world(home: Path) -> World:
    world = World(home, FunctionModel(answer_sometimes))
    world.ensure("ada")
    world.ensure("bob")
    return world


def play_killed(world: World, plan: Plan, switch: Switch, *, at: tuple[int, str]) -> None:
    switch.n_writes, switch.at = 0, at
    with pytest.raises(Kill):
        world.play(plan)
    switch.at = None
    for run in world.db.open_runs():
        world.go_on(run.run_id)


PLANS: tuple[dict[str, object], ...] = (
    {"env_id": "classic/leduc_holdem_v4", "settings": {"rival": "self"}},
    {"env_id": "classic/tictactoe_v3", "settings": {"rival": "agent:bob", "max_attempts": 1}},
    {"env_id": "mpe/simple_crypto_v3", "settings": {"rival": "agent:bob", "mate": "self", "max_turns": 2}},
    {"settings": {"max_turns": 2, "max_attempts": 2}},
)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("changes", PLANS, ids=["self", "forfeit", "team", "choice"])
def test_a_run_killed_at_any_write_ends_like_one_never_killed(
    tmp_path: Path, switch: Switch, changes: dict[str, object], when: str
) -> None:
    straight = make_world(tmp_path / "straight")
    plan = straight.plan(episodes=2, **changes)
    straight.play(plan)
    expected, n_calls = straight.transcript(), len(straight.model.calls)
    straight.close()
    for number in range(1, switch.n_writes + 1, 3):
        world = make_world(tmp_path / f"killed-{number}")
        play_killed(world, plan, switch, at=(number, when))
        assert world.transcript() == expected
        assert len(world.model.calls) - n_calls in ((0,) if when == "after" else range(SEATS + 1))
        world.close()
