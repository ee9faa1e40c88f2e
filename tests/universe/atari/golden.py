"""Texts of Atari games as they were, so that a change of words without a change of version is seen."""

from pathlib import Path

import pytest

from universe.card import EnvCard
from universe.streams import Stream
from universe.text_env import TextEnv, Turn

GOLDEN = Path(__file__).parent.parent / "golden"
SHOWN = (0, 1, 12, 40)
"""The turns of one seeded episode that are kept."""


def check_golden(card: EnvCard) -> None:
    """Fails unless a card's words are those of its golden file.

    After a change on purpose raise the card's version, delete the file and run the test to write it anew.
    """
    path = GOLDEN / f"{card.env_id.replace('/', '_')}.txt"
    versions = f"text_version {card.text_version} / situation_version {card.situation_version}"
    current = f"{versions}\n{write_script(card)}"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(current, encoding="utf-8")
        pytest.fail(f"{path.name} was missing and has been written: look at it, then run again.")
    stored = path.read_text(encoding="utf-8")
    if versions == stored.splitlines()[0]:
        assert current == stored, f"{card.env_id}: words changed; raise text_version or situation_version."
    assert current == stored, f"{path.name} is of another version: delete it and run again to write it anew."


def write_script(card: EnvCard) -> str:
    """Returns some turns of one episode of random legal play, of every seat that decides in them."""
    env = TextEnv(card)
    env.reset(0)
    stream = Stream.of(0, "golden")
    lines: list[str] = []
    told: set[str] = set()
    while (turns := env.turns()) and env.n_turns <= SHOWN[-1]:
        for turn in turns if env.n_turns in SHOWN else ():
            lines += [f"== {turn.seat}, turn {turn.number}", *([] if turn.seat in told else [turn.brief, ""])]
            lines += _tell(turn)
            told.add(turn.seat)
        env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in turns})
    env.close()
    return "\n".join(lines) + "\n"


def _tell(turn: Turn) -> list[str]:
    facts = [f"{turn.menu.name(action)}: {'; '.join(words)}" for action, words in list(turn.facts.actions.items())[:6]]
    return [turn.text, f"-> {turn.situation}", *(f"* {fact}" for fact in turn.facts.state), *facts]
