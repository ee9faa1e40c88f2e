"""Advised decisions: a model's likelihoods joined with experience, stored with all of their parts."""

import json
from pathlib import Path

import pytest

from langgym.agent import find_deciding
from langgym.asking import AskSettings, MemoryLedger
from langgym.config import Settings
from langgym.errors import ModelError, UsageError
from langgym.memory.recalled import Recalled
from langgym.models.chat import ChatModel
from langgym.models.doubles import FunctionModel, RatingDouble
from langgym.policies.policy import Policy
from langgym.policies.registry import PolicyPlace, make_policy
from tests.langgym.worlds import World
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv, Turn

CARD = default_catalog().find("tictactoe")


def first_turn() -> Turn:
    env = TextEnv(CARD)
    env.reset(1)
    [turn] = env.turns()
    turn.prepare()
    return turn


def sit(model: ChatModel) -> Policy:
    place = PolicyPlace(
        agent="ada",
        seat="player_1",
        card=CARD,
        stream=Stream.of(1, "policy"),
        asking=AskSettings(),
        model=model,
        decide="advised",
    )
    return make_policy("local:double", place)


def like(name: str) -> RatingDouble:
    return RatingDouble(lambda call: [9.0 if label == name else 1.0 for label in call.labels])


def test_without_experience_the_likeliest_action_is_taken() -> None:
    turn = first_turn()
    decision = sit(like("c2")).decide(turn, (), MemoryLedger())
    assert decision.action == turn.menu.action("c2")
    assert decision.source == "advised"


def test_the_parts_of_the_decision_are_kept() -> None:
    turn = first_turn()
    advice = sit(like("c2")).decide(turn, (), MemoryLedger()).advice
    assert advice is not None
    shares = {option["action"]: option["share"] for option in json.loads(advice.pack())["options"]}
    assert shares[turn.menu.action("c2")] == pytest.approx(9 / 17, abs=1e-4)
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-3)


def test_shares_in_the_ledger_are_not_asked_for_again() -> None:
    turn, model, ledger = first_turn(), like("c2"), MemoryLedger()
    first = sit(model).decide(turn, (), ledger)
    again = sit(model).decide(turn, (), MemoryLedger(list(ledger.attempts)))
    assert again == first
    assert len(model.rate_calls) == 1


def test_a_providers_failure_is_kept_and_raised_and_asked_again_later() -> None:
    turn, ledger = first_turn(), MemoryLedger()
    broken = RatingDouble(lambda call: ModelError("gone"))
    with pytest.raises(ModelError):
        sit(broken).decide(turn, (), ledger)
    assert [attempt.outcome for attempt in ledger.attempts] == ["provider_error"]
    assert sit(like("c2")).decide(turn, (), ledger).action == turn.menu.action("c2")


def test_no_word_of_a_memory_reaches_the_rated_prompt() -> None:
    turn, model = first_turn(), like("c2")
    memory = Recalled(memory_id=1, text="ALWAYS PLAY a1", rank=1, score=1.0, parts={})
    sit(model).decide(turn, (memory,), MemoryLedger())
    [call] = model.rate_calls
    assert not any("ALWAYS" in message.text for message in call.messages)


def test_a_model_that_tells_no_likelihoods_is_refused_with_what_to_do() -> None:
    with pytest.raises(UsageError, match=r"needs a model that tells likelihoods.*use --decide model"):
        sit(FunctionModel(lambda call: ""))


@pytest.mark.parametrize(
    ("settings", "decides"),
    [
        ({"model": "local:smollm2"}, "advised"),
        ({"model": "local:other.gguf"}, "model"),
        ({"model": "openai:gpt"}, "model"),
        ({"model": "local:smollm2", "decide": "model"}, "model"),
    ],
)
def test_only_the_small_model_that_comes_along_is_advised_by_itself(settings: dict[str, str], decides: str) -> None:
    assert find_deciding(Settings.model_validate(settings)) == decides


def test_an_advised_life_learns_and_never_counts_as_the_models_own(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.model = like("a2")  # pyright: ignore[reportAttributeAccessIssue]
    plan = world.plan(
        env_id="classic/tictactoe_v3", episodes=12, settings={"decide": "advised", "reflector": "grounded"}
    )
    world.play(plan)
    steps = [step for each in world.db.episodes() for step in world.db.steps(each.episode_id) if step.advice]
    assert {step.source for step in steps} == {"advised"}
    outlooks = [json.loads(step.advice or "")["outlook"] for step in steps]
    assert any(outlook is not None for outlook in outlooks)
    world.close()
