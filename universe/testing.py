"""Checks that anyone can run over a card and its renderer; they raise `BadCard` with what is wrong.

Run as a module it replays episodes in a process of its own: requests in JSON on stdin, digests on stdout, line by line.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from universe.card import EnvCard
from universe.errors import BadCard, IllegalAction
from universe.streams import Stream
from universe.text_env import TextEnv, Turn

LONGEST_SITUATION = 240  # characters: a sentence that a person reads at a glance
SUSPICIOUS = ("array(", "np.", "<object", "nan", "dtype", "Traceback")
"""What shows that an engine's value was printed raw."""


@dataclass(frozen=True, slots=True)
class Played:
    """An episode of random legal play: the actions of every turn and the digest of every position."""

    seed: int
    actions: tuple[dict[str, int], ...]
    digests: tuple[str, ...]
    lengths: tuple[int, ...]
    """Characters of each turn's text and menu."""


def check_card(
    card: EnvCard, *, n_episodes: int = 20, max_turns: int | None = None, elsewhere: "Elsewhere | None" = None
) -> None:
    """Raises `BadCard` unless the card agrees with its environment over seeded episodes of random legal play.

    Every episode ends by itself or at the card's own cap, every legal action goes from action to name and back, every
    seat's outcome is there, and replaying the actions in another process gives the same positions.

    Args:
        card: The card, in its default variant.
        n_episodes: Episodes to play, seeded 0, 1, …
        max_turns: Turns after which an episode is cut short; `None` plays to the end.
        elsewhere: The process to replay in; `None` starts one.
    """
    env = TextEnv(card, max_turns=max_turns)
    if env.seats != card.seats:
        raise BadCard(f"{card.env_id}: the card names the seats {card.seats}, the engine {env.seats}.")
    missing = {card.role(seat) for seat in env.seats} - set(card.baseline)
    if missing:
        raise BadCard(f"{card.env_id}: no baseline for {', '.join(sorted(missing))}.")
    played = [play_randomly(env, seed) for seed in range(n_episodes)]
    env.close()
    replay = elsewhere.replay if elsewhere is not None else replay_elsewhere
    again = replay(card, played, max_turns=max_turns)
    for episode, digests in zip(played, again, strict=True):
        if episode.digests != digests:
            turn = next(
                (
                    number
                    for number, pair in enumerate(zip(episode.digests, digests, strict=False))
                    if pair[0] != pair[1]
                ),
                min(len(episode.digests), len(digests)),
            )
            raise BadCard(f"{card.env_id}: seed {episode.seed} differs at turn {turn} when it is replayed elsewhere.")


def check_renderer(
    card: EnvCard, *, n_episodes: int = 3, longest: int | None = None, max_turns: int | None = None
) -> None:
    """Raises `BadCard` unless the card's renderer keeps its contract over seeded episodes of random legal play.

    Args:
        card: The card whose renderer is checked, in its default variant.
        n_episodes: Episodes to look at, seeded 0, 1, …
        longest: The most characters that the median turn (its text and menu) may take; `None` for no bound.
        max_turns: Turns of an episode to look at; `None` for all.
    """
    env = TextEnv(card, max_turns=max_turns)
    lengths: list[int] = []
    for seed in range(n_episodes):
        briefs: dict[str, str] = {}
        env.reset(seed)
        stream = Stream.of(seed, "check")
        while env.turns():
            for turn in env.turns():
                _check_turn(card, turn)
                if briefs.setdefault(turn.seat, turn.brief) != turn.brief:
                    raise BadCard(f"{card.env_id}: the brief of {turn.seat} changes within an episode.")
                lengths.append(len(turn.text) + len(turn.menu.describe()))
            env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in env.turns()})
    env.close()
    if longest is not None and statistics.median(lengths) > longest:
        raise BadCard(
            f"{card.env_id}: the median turn takes {statistics.median(lengths):.0f} characters, not {longest}."
        )


def replay_elsewhere(
    card: EnvCard, episodes: Sequence[Played], *, max_turns: int | None = None
) -> list[tuple[str, ...]]:
    """Returns the digests of episodes that a new process replays from their seeds and actions."""
    with Elsewhere() as elsewhere:
        return elsewhere.replay(card, episodes, max_turns=max_turns)


class Elsewhere:
    """Another process that replays episodes, for as many cards as it is asked; a context manager."""

    def __init__(self) -> None:
        """Starts it."""
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "universe.testing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.communicate()

    def replay(
        self, card: EnvCard, episodes: Sequence[Played], *, max_turns: int | None = None
    ) -> list[tuple[str, ...]]:
        """Returns the digests of episodes that it replays from their seeds and actions.

        Raises:
            BadCard: It could not replay them.
        """
        request = {
            "card": card.model_dump(mode="json"),
            "episodes": [{"seed": episode.seed, "actions": episode.actions} for episode in episodes],
            "max_turns": max_turns,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise BadCard(f"{card.env_id}: the replay's process ended with exit code {self._process.wait()}.")
        digests, error = json.loads(answer)
        if error is not None:
            raise BadCard(f"{card.env_id}: the replay failed: {error}")
        return [tuple(episode) for episode in digests]


def play_randomly(env: TextEnv, seed: int) -> Played:
    """Plays a seeded episode of random legal play; raises `BadCard` where names or the outcome are wrong."""
    env.reset(seed)
    stream = Stream.of(seed, "check")
    actions: list[dict[str, int]] = []
    digests = [env.digest(env.payments()).hex()]
    lengths: list[int] = []
    while env.turns():
        for turn in env.turns():
            _check_names(env.card, turn)
        chosen = {turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in env.turns()}
        env.play(chosen)
        actions.append(chosen)
        digests.append(env.digest(env.payments()).hex())
    ends = env.outcome()
    if set(ends) != set(env.seats) or any(end.reason not in ("natural", "capped") for end in ends.values()):
        raise BadCard(f"{env.card.env_id}: seed {seed} did not come to a natural end: {ends}.")
    return Played(seed, tuple(actions), tuple(digests), tuple(lengths))


def _check_names(card: EnvCard, turn: Turn) -> None:
    menu = turn.menu
    for action in menu.actions:
        name = menu.name(action)
        if menu.action(name) != action:
            raise BadCard(f"{card.env_id}: {name!r} names both {action} and {menu.action(name)}.")
        values = dict(zip(menu.fields, turn.menu.options[0].values, strict=True))
        if not all(values.values()):
            raise BadCard(f"{card.env_id}: an action of {turn.seat} has an empty name.")
    answer = menu.options[0]
    reply = json.dumps(dict(zip(menu.fields, answer.values, strict=True)))
    if menu.parse(reply).action != answer.action:
        raise BadCard(f"{card.env_id}: the answer {reply} is read as another action.")


def _check_turn(card: EnvCard, turn: Turn) -> None:
    where = f"{card.env_id}, {turn.seat}, turn {turn.number}"
    for kind, text in (("text", turn.text), ("brief", turn.brief), ("situation", turn.situation)):
        if not text.strip():
            raise BadCard(f"{where}: the {kind} is empty.")
        found = [mark for mark in SUSPICIOUS if mark in text]
        if found:
            raise BadCard(f"{where}: the {kind} holds {found[0]!r}.")
        if text != text.rstrip() or any(ord(character) < 32 and character != "\n" for character in text):
            raise BadCard(f"{where}: the {kind} ends in white space or holds control characters.")
    if "\n" in turn.situation or len(turn.situation) > LONGEST_SITUATION:
        raise BadCard(f"{where}: the situation is longer than one line of {LONGEST_SITUATION} characters.")
    facts = turn.facts
    if set(facts.actions) != set(turn.menu.actions):
        raise BadCard(f"{where}: the facts name other actions than the menu.")
    if not all(facts.actions.values()):
        raise BadCard(f"{where}: an action has no fact.")
    _check_names(card, turn)
    try:
        turn.menu.action("no such action")
    except IllegalAction:
        return
    raise BadCard(f"{where}: the menu accepts anything.")


def _serve() -> None:
    for line in sys.stdin:
        try:
            answer = (_replay(json.loads(line)), None)
        except Exception as error:
            answer = (None, f"{type(error).__name__}: {error}")
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _replay(request: Any) -> list[list[str]]:
    """Returns the digests of the episodes of a request."""
    env = TextEnv(EnvCard.model_validate(request["card"]), max_turns=request["max_turns"])
    replayed: list[list[str]] = []
    for episode in request["episodes"]:
        env.reset(episode["seed"])
        digests = [env.digest(env.payments()).hex()]
        for actions in episode["actions"]:
            env.play(actions)
            digests.append(env.digest(env.payments()).hex())
        replayed.append(digests)
    env.close()
    return replayed


if __name__ == "__main__":
    _serve()
