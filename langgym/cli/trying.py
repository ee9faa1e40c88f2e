"""`langgym envs try`: a game played at the terminal, with the very prompts that a model gets."""

import sys
from collections.abc import Mapping, Sequence
from typing import Literal

from langgym.cli.output import emit, say
from langgym.errors import UsageError
from langgym.models.chat import Message
from langgym.models.doubles import ScriptedModel
from langgym.policies.human import HumanPolicy
from langgym.policies.model import ModelPolicy
from universe.card import EnvCard
from universe.kwargs import read_kwargs
from universe.streams import Stream
from universe.text_env import TextEnv, Turn

AGENT = "you"


def try_game(
    card: EnvCard, given: Mapping[str, str], *, policy: Literal["human", "random"], seed: int, turns: int | None
) -> None:
    """Plays one game and prints every prompt, action, payment and the outcome."""
    env = TextEnv(card, read_kwargs(card, given))
    game = _Game(card, by_hand=policy == "human", stream=Stream.of(seed, "try"))
    try:
        env.reset(seed)
        env.payments()
        while env.turns() and (turns is None or env.n_turns < turns):
            env.play({turn.seat: game.act(turn) for turn in env.turns()})
            paid = {seat: reward for seat, reward in env.payments().items() if reward}
            emit(f"rewards: {', '.join(f'{seat} {reward:+g}' for seat, reward in paid.items()) or 'none'}\n")
        if env.turns():
            say(f"stopped after {env.n_turns} turns; the game is not over")
            return
        for seat, end in env.outcome().items():
            result = f", {end.result}" if end.result else ""
            emit(f"{seat}: return {end.total:+g}{result} ({end.reason})")
    finally:
        env.close()


class _Game:
    """Who decides in a tried game; every seat sees what its model would."""

    def __init__(self, card: EnvCard, *, by_hand: bool, stream: Stream) -> None:
        self._policy = ModelPolicy(ScriptedModel([]), card, agent=AGENT, stream=stream)
        self._hand = HumanPolicy(ask=_ask, show=_show) if by_hand else None
        self._stream = stream

    def act(self, turn: Turn) -> int:
        """Returns an action for a turn, after the prompt was printed."""
        messages = self._policy.prompt(turn, [])
        shown = messages if turn.index == 0 else [message for message in messages if message.section != "rules"]
        emit(_format(turn, shown))
        if self._hand is not None:
            return turn.menu.action(self._hand.choose("", turn.menu))
        action = self._stream.pick(turn.menu.actions, turn.seat, turn.index)
        emit(f">>> {turn.menu.name(action)}")
        return action


def _format(turn: Turn, messages: Sequence[Message]) -> str:
    blocks = [f"=== turn {turn.number + 1}, {turn.seat} ==="]
    blocks += [f"--- {message.role}: {message.section}\n{message.text}" for message in messages]
    return "\n".join(blocks)


def _show(text: str) -> None:
    if text:
        say(text)


def _ask(question: str) -> str:
    sys.stdout.flush()
    sys.stderr.write(question)
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer:
        raise UsageError("The input has ended before the game; `--policy random` needs none.")
    return answer.strip()
