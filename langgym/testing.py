"""The conformance check that every policy passes."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from langgym.asking import AskSettings, Attempt, MemoryLedger
from langgym.errors import ModelError
from langgym.memory.recalled import Recalled
from langgym.models.doubles import Call, FunctionModel, Reply
from langgym.policies.policy import Decision
from langgym.policies.registry import MakePolicy, PolicyPlace
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv, Turn

CARDS = ("classic/tictactoe_v3", "classic/leduc_holdem_v4", "classic/rps_v2", "mpe/simple_world_comm_v3")
"""A game in turns, one with hidden cards, one at the same time, and one whose actions have two fields."""
MEMORY = Recalled(memory_id=1, text="Once I won by taking the middle.", rank=1, score=0.5, parts={"relevance": 0.5})
PAID = AskSettings(max_attempts=3, thought=80)


class PolicyFault(AssertionError):
    """A policy breaks the contract of `Policy`."""


def check_policy(make: MakePolicy, *, cards: Sequence[str] = CARDS, n_turns: int = 5) -> None:
    """Checks the contract of `Policy` over the first turns of a few games, with scripted models.

    Every decision is a legal action, or none and then labelled; its attempts are those that the ledger keeps; a policy
    made anew decides alike; what the ledger holds is neither asked again nor decided otherwise; a provider that fails
    leaves the decision to be made later. The models answer well, badly at first, badly always, and fail.

    Args:
        make: What an entry point of `langgym.policies` names: makes the policy of a place, also twice for the same.
        cards: Environments to decide in; the policy must be able to play them.
        n_turns: Turns of each episode that are looked at.

    Raises:
        PolicyFault: The contract is broken.
    """
    for env_id in cards:
        for answer in (_answer_well, _answer_late, _answer_badly):
            env = TextEnv(default_catalog().find(env_id))
            try:
                env.reset(7)
                _check_turns(env, make, answer, n_turns=n_turns)
            finally:
                env.close()


def _check_turns(env: TextEnv, make: MakePolicy, answer: Callable[[Call], Reply], *, n_turns: int) -> None:
    while env.turns() and env.n_turns < n_turns:
        actions: dict[str, int] = {}
        for turn in env.turns():
            action = _Trial(env, make, turn, answer).check()
            actions[turn.seat] = Stream.of(7).pick(turn.menu.actions) if action is None else action
        env.play(actions)


@dataclass(frozen=True, slots=True)
class _Trial:
    """One turn that a policy decides again and again, each time as in a new process."""

    env: TextEnv
    make: MakePolicy
    turn: Turn
    answer: Callable[[Call], Reply]

    def check(self) -> int | None:
        """Returns the action that was decided each time."""
        first, n_calls, kept = self._decide(self.answer, ())
        self._check_legal(first)
        self._demand(first.attempts == kept, "the attempts of a decision are those that the ledger keeps")
        again, _, _ = self._decide(self.answer, ())
        self._demand(again == first, "the same place and turn lead to the same decision")
        for n_kept in range(1, len(kept) + 1):
            resumed, n_more, _ = self._decide(self.answer, kept[:n_kept])
            self._demand(resumed == first, f"a decision goes on alike after {n_kept} attempts in the ledger")
            self._demand(n_more == n_calls - n_kept, "no attempt in the ledger is asked for again")
        if n_calls:
            self._check_failure(first)
        return first.action

    def _check_legal(self, decision: Decision) -> None:
        if decision.action is None:
            self._demand(decision.source == "fallback", "a decision without an action has the source 'fallback'")
            return
        self._demand(decision.action in self.turn.menu.actions, f"the action {decision.action!r} is legal")
        self._demand(decision.source != "fallback", "an action that was chosen is no fallback")
        if decision.attempts:
            self._demand(decision.attempts[-1].outcome == "ok", "an action comes from an attempt that is ok")

    def _check_failure(self, first: Decision) -> None:
        ledger = MemoryLedger()
        try:
            self._decide(_fail, (), ledger=ledger)
        except ModelError:
            failed = tuple(ledger.attempts)
        else:
            raise PolicyFault(f"{self._where}: it does not hold that a provider's failure is raised.")
        self._demand([attempt.outcome for attempt in failed] == ["provider_error"], "a failure is kept in the ledger")
        later, _, _ = self._decide(self.answer, failed)
        self._demand(later.action == first.action, "a failure of the provider does not change the decision")

    def _decide(
        self, answer: Callable[[Call], Reply], kept: Sequence[Attempt], *, ledger: MemoryLedger | None = None
    ) -> tuple[Decision, int, tuple[Attempt, ...]]:
        """Returns a decision after `kept`, how often the model was called, and what the ledger holds then."""
        turn = self.turn
        model = FunctionModel(answer)
        place = PolicyPlace(
            agent="ada",
            seat=turn.seat,
            card=self.env.card,
            stream=Stream.of(7, 0, "policy", turn.seat),
            asking=PAID,
            model=model,
        )
        policy = self.make(place)
        ledger = MemoryLedger(list(kept)) if ledger is None else ledger
        decision = policy.decide(turn, (MEMORY,) if policy.memory == "told" else (), ledger)
        return decision, len(model.calls), tuple(ledger.attempts)

    @property
    def _where(self) -> str:
        return f"{self.env.card.env_id}, {self.turn.seat}, turn {self.turn.number}"

    def _demand(self, holds: bool, what: str) -> None:
        if not holds:
            raise PolicyFault(f"{self._where}: it does not hold that {what}.")


def _answer_well(call: Call) -> str:
    """Answers the schema with values that depend on the seed of the call."""
    assert call.schema is not None
    properties = cast("dict[str, dict[str, list[str]]]", call.schema["properties"])
    return json.dumps({name: _pick(schema.get("enum"), call.seed or 0) for name, schema in properties.items()})


def _pick(values: Sequence[str] | None, seed: int) -> str:
    return values[seed % len(values)] if values else "because"


def _answer_late(call: Call) -> str:
    """Answers badly until the prompt holds a bad reply."""
    if any(message.role == "assistant" for message in call.messages):
        return _answer_well(call)
    return _answer_badly(call)


def _answer_badly(call: Call) -> str:
    return "I shall do what nobody has done before."


def _fail(call: Call) -> ModelError:
    return ModelError("The provider is gone.")
