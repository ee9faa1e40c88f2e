"""Policies: the contract that all of them keep, and what each is."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from langgym.asking import AskSettings, Ledger, MemoryLedger
from langgym.errors import UsageError
from langgym.memory.recalled import Recalled
from langgym.policies import registry
from langgym.policies.human import HumanPolicy
from langgym.policies.model import ModelPolicy
from langgym.policies.policy import Decision, Policy
from langgym.policies.random import RandomPolicy
from langgym.policies.registry import PolicyPlace, find_policy, make_policy
from langgym.policies.scripted import FunctionPolicy, ScriptedPolicy
from langgym.testing import PolicyFault, check_policy
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv, Turn


def make_model_policy(place: PolicyPlace) -> Policy:
    assert place.model is not None
    return ModelPolicy(place.model, place.card, agent=place.agent, stream=place.stream, settings=place.asking)


def make_human(place: PolicyPlace) -> Policy:
    """A person who names what does not exist first, and then the first of what is offered."""
    said = iter(["nonsense"])

    def ask(question: str) -> str:
        return next(said, question.split("(", 1)[1].split(",")[0].rstrip("): "))

    return HumanPolicy(ask=ask, show=lambda text: None)


def make_random(place: PolicyPlace) -> Policy:
    return RandomPolicy(place.stream)


def make_function(place: PolicyPlace) -> Policy:
    return FunctionPolicy(lambda turn, recalled: turn.menu.options[len(recalled)].name)


@pytest.mark.parametrize("make", [make_random, make_model_policy, make_human, make_function])
def test_every_policy_keeps_the_contract(make: registry.MakePolicy) -> None:
    check_policy(make)


def test_a_script_keeps_the_contract() -> None:
    check_policy(lambda place: ScriptedPolicy(["rock", "paper"] * 5), cards=["classic/rps_v2"])


class Wrapped:
    """A policy that breaks the contract in one way."""

    memory = "none"
    is_paid = True
    waits = False

    def __init__(self, place: PolicyPlace, fault: str) -> None:
        self._inner = make_model_policy(place)
        self._fault = fault

    def decide(self, turn: Turn, recalled: Sequence[Recalled], ledger: Ledger) -> Decision:
        if self._fault == "forgets":
            decision = self._inner.decide(turn, recalled, MemoryLedger())
        else:
            decision = self._inner.decide(turn, recalled, ledger)
        if self._fault == "invents" and decision.action is None:
            return replace(decision, action=turn.menu.actions[0], source="model")
        if self._fault == "cheats":
            return replace(decision, action=999_999)
        if self._fault == "drifts":
            return replace(decision, thought=str(id(self)))
        return decision


@pytest.mark.parametrize(
    ("fault", "said"),
    [("forgets", "ledger keeps"), ("invents", "attempt that is ok"), ("cheats", "is legal"), ("drifts", "same place")],
)
def test_a_policy_that_breaks_the_contract_is_named(fault: str, said: str) -> None:
    kept: list[Wrapped] = []  # so that no two live at the same address

    def make(place: PolicyPlace) -> Policy:
        kept.append(Wrapped(place, fault))
        return kept[-1]

    with pytest.raises(PolicyFault, match=said):
        check_policy(make, cards=["classic/rps_v2"])


def make_place() -> PolicyPlace:
    return PolicyPlace(
        agent="greedy",
        seat="player_1",
        card=default_catalog().find("tictactoe"),
        stream=Stream.of(1),
        asking=AskSettings(),
        model=None,
    )


def test_another_package_adds_a_policy_by_an_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_policy("greedy") is None
    (tmp_path / "greedy_policy.py").write_text(
        "from langgym.policies.random import RandomPolicy\ndef make(place):\n    return RandomPolicy(place.stream)\n"
    )
    package = tmp_path / "greedy-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: greedy\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[langgym.policies]\ngreedy = greedy_policy:make\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert isinstance(make_policy("greedy", make_place()), RandomPolicy)
    assert find_policy("openai:gpt") is None


def test_a_model_in_a_seat_without_one_is_refused_with_what_fits() -> None:
    with pytest.raises(UsageError, match="agent:NAME"):
        make_policy("openai:gpt", make_place())


def test_a_script_that_ends_too_early_says_so() -> None:
    env = TextEnv(default_catalog().find("tictactoe"))
    env.reset(0)
    with pytest.raises(UsageError, match="ends after 0 actions"):
        ScriptedPolicy([]).decide(env.turns()[0], (), MemoryLedger())


def test_a_person_is_shown_the_rules_the_position_and_what_was_wrong() -> None:
    shown: list[str] = []
    answers = iter(["", "z9", " B2. "])
    env = TextEnv(default_catalog().find("tictactoe"))
    env.reset(0)
    [turn] = env.turns()
    policy = HumanPolicy(ask=lambda question: next(answers), show=shown.append, rules=env.card.rules)
    assert turn.menu.name(policy.decide(turn, (), MemoryLedger()).action or 0) == "b2"
    assert env.card.rules in shown
    assert turn.text in shown
    assert any("z9" in text for text in shown)
    assert not any("{" in text for text in shown)


def test_the_end_of_the_input_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    env = TextEnv(default_catalog().find("tictactoe"))
    env.reset(0)
    with pytest.raises(UsageError, match="langgym resume"):
        HumanPolicy.at_terminal().decide(env.turns()[0], (), MemoryLedger())
