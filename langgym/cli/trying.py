"""`langgym envs try`: a game played at the terminal, with the very prompts that a model gets."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
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
    card: EnvCard,
    given: Mapping[str, str],
    *,
    policy: Literal["human", "random"],
    seed: int,
    turns: int | None,
    folder: Path | None = None,
) -> None:
    """Plays one game and prints every prompt, action, payment and the outcome; saves pictures in `folder`."""
    if folder is not None:
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # drawing needs no screen
    env = TextEnv(card, read_kwargs(card, given), pictures=folder is not None)
    game = _Game(card, by_hand=policy == "human", stream=Stream.of(seed, "try"))
    try:
        env.reset(seed)
        env.payments()
        while env.turns() and (turns is None or env.n_turns < turns):
            if folder is not None:
                save_frame(env, folder)
            env.play({turn.seat: game.act(turn) for turn in env.turns()})
            paid = {seat: reward for seat, reward in env.payments().items() if reward}
            emit(f"rewards: {', '.join(f'{seat} {reward:+g}' for seat, reward in paid.items()) or 'none'}\n")
        if folder is not None:
            say(f"pictures and texts are in {folder}")
        if env.turns():
            say(f"stopped after {env.n_turns} turns; the game is not over")
            return
        for seat, end in env.outcome().items():
            result = f", {end.result}" if end.result else ""
            emit(f"{seat}: return {end.total:+g}{result} ({end.reason})")
    finally:
        env.close()


def save_frame(env: TextEnv, folder: Path) -> None:
    """Saves what the environment draws of its position (`0007.png`) and every seat's text (`0007.first_0.txt`).

    Raises:
        UsageError: The environment draws nothing, or the folder cannot be written.
    """
    picture = env.picture()
    if picture is None:
        raise UsageError(f"{env.card.env_id} draws no pictures.")
    from pygame import image, surfarray

    try:
        folder.mkdir(parents=True, exist_ok=True)
        image.save(surfarray.make_surface(picture.swapaxes(0, 1)), str(folder / f"{env.n_turns:04}.png"))
        for turn in env.turns():
            text = f"{turn.text}\n\nsituation: {turn.situation}\n"
            (folder / f"{env.n_turns:04}.{turn.seat}.txt").write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"Nothing can be saved in {str(folder)!r}: {error.strerror or error}.") from error


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
