"""Whether the text is enough to play by: scripted players that read only it, against random play."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from universe.card import EnvCard
from universe.streams import Stream
from universe.text_env import TextEnv

Decide = Callable[[str, Sequence[str]], str]
"""From a turn's text and the names on its menu to one of these names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """A scripted player of one game; made anew for each episode, so that it may remember what it read."""

    make: Callable[[], Decide]
    seats: tuple[str, ...] = ("first_0",)
    """The seats it takes in turn, episode by episode; all others play at random."""
    max_turns: int = 150
    """Decisions of an episode."""


@dataclass(frozen=True, slots=True)
class Score:
    """Returns of some episodes."""

    returns: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean return."""
        return statistics.fmean(self.returns)

    @property
    def half_width(self) -> float:
        """Half of the 95 % interval of the mean, by the normal approximation."""
        return 1.96 * statistics.stdev(self.returns) / math.sqrt(len(self.returns))


def play_contest(card: EnvCard, player: Player, *, episodes: int = 20) -> tuple[Score, Score]:
    """Returns what the player earns, and what random play earns in the same seats and episodes."""
    env = TextEnv(card, max_turns=player.max_turns)
    scores = tuple(
        Score(tuple(_play(env, player, number, scripted=scripted) for number in range(episodes)))
        for scripted in (True, False)
    )
    env.close()
    return scores[0], scores[1]


def _play(env: TextEnv, player: Player, number: int, *, scripted: bool) -> float:
    seat = player.seats[number % len(player.seats)]
    decide = player.make()
    env.reset(number)
    stream = Stream.of(number, "contest")
    while env.turns():
        chosen: dict[str, int] = {}
        for turn in env.turns():
            if scripted and turn.seat == seat:
                chosen[turn.seat] = turn.menu.action(decide(turn.text, list(turn.menu.choices["action"])))
            else:
                chosen[turn.seat] = stream.pick(turn.menu.actions, turn.seat, turn.index)
        env.play(chosen)
    return env.outcome()[seat].total
