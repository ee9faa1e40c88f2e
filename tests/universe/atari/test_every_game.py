"""What holds for every Atari game: sticks of its own, both sides of a text, plans."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

import pytest

from langgym.bench.atari.statements import Statement, read_statements
from langgym.bench.atari.truth import find_key
from universe.atari.console import Console
from universe.atari.plans import count_plans
from universe.atari.setup import read_setup
from universe.card import EnvCard
from universe.cards import ATARI
from universe.making import load_renderer
from universe.streams import Stream
from universe.text_env import TextEnv, Turn

MULTIPLAYER = 24
"""PettingZoo's Atari games."""

every_game = pytest.mark.parametrize("card", ATARI, ids=lambda card: card.env_id)
every_rivalry = pytest.mark.parametrize(
    "card", [card for card in ATARI if len(card.seats) > 1], ids=lambda card: card.env_id
)

RARE = ("atari/joust_v3", "atari/wizard_of_wor_v3")
"""Games in which a seat is often not to be seen: they are looked at for longer."""

BOARDS = ("atari/othello_v3", "atari/video_checkers_v4")
"""Games of which nothing is told by its place on the screen: their sides are tested with their boards."""


def walk(card: EnvCard, *, n_turns: int, seed: int = 1) -> Iterator[Sequence[Turn]]:
    """Yields every third moment of a random game."""
    env = TextEnv(card)
    env.reset(seed)
    stream = Stream.of(seed, "walk")
    while env.turns() and env.n_turns < n_turns:
        if env.n_turns % 3 == 0:
            yield env.turns()
        env.play({turn.seat: stream.pick(turn.view.legal, turn.seat, turn.index) for turn in env.turns()})
    env.close()


def test_every_game_for_several_players_is_there() -> None:
    assert len([card for card in ATARI if len(card.seats) > 1]) == MULTIPLAYER
    assert len([card for card in ATARI if len(card.seats) == 1]) >= 12


@every_game
def test_sticks_are_the_games_own(card: EnvCard) -> None:
    from ale_py import Action

    cartridge, rules = read_setup(card.arguments({}))
    minimal = {Action(int(number)).name for number in cartridge.insert().ale.getMinimalActionSet()}
    assert set(rules.sticks) <= minimal | {"NOOP"}
    assert len(set(rules.sticks)) == len(rules.sticks)


@every_rivalry
def test_seats_see_the_game_from_their_own_side(card: EnvCard) -> None:
    """What one seat is told of another is the reverse of what that one is told of it; all else is shifted alike."""
    n_compared = 0
    renderer = load_renderer(card)
    for turns in walk(card, n_turns=130 if card.env_id in RARE else 45):
        told = {
            seat: read_places(renderer.text(replace(turns[0].view, seat=seat)), seat, card.seats) for seat in card.seats
        }
        for one, other in zip(card.seats, card.seats[1:], strict=False):
            n_compared += compare_sides(told, one, other)
    assert n_compared >= 10 or card.env_id in BOARDS


def read_places(text: str, seat: str, seats: Sequence[str]) -> dict[str, list[Statement]]:
    """Returns the statements of a text by what they are about."""
    found: dict[str, list[Statement]] = {}
    for statement in read_statements(text):
        found.setdefault(find_key(statement, seat, seats), []).append(statement)
    return found


def compare_sides(told: dict[str, dict[str, list[Statement]]], one: str, other: str) -> int:
    """Compares what two seats are told; returns how much could be compared."""
    mine, theirs = told[one], told[other]
    if one not in mine or other not in theirs:
        return 0  # one of them is not to be seen, and nothing is told from where it stands
    own, rival = mine[one][0], theirs[other][0]
    apart = (rival.at[0] - own.at[0], rival.at[1] - own.at[1])
    n = 0
    if other in mine:
        assert mine[other][0].at == pytest.approx(apart, abs=1.01)
        assert theirs[one][0].at == pytest.approx((-apart[0], -apart[1]), abs=1.01)
        n += 1
    for key in (mine.keys() & theirs.keys()) - {one, other}:
        for here, there in zip(mine[key], theirs[key], strict=False):
            if here.absolute or len(mine[key]) != len(theirs[key]) or len(mine[key]) > 1:
                continue
            shifted = (there.at[0] + apart[0], there.at[1] + apart[1])
            assert here.at == pytest.approx(shifted, abs=2.01), key
            assert here.motion == there.motion
            n += 1
    return n


@pytest.mark.parametrize("name", ["pong", "boxing", "warlords", "breakout"])
def test_plans_have_names_that_lead_back(name: str) -> None:
    card = next(card for card in ATARI if card.env_id.startswith(f"atari/{name}_"))
    env = TextEnv(card, {"plans": True, "frames": 2}, max_turns=4)
    env.reset(1)
    [turn, *_] = env.turns()
    sticks = cast("list[str]", card.fixed["sticks"])
    assert len(turn.menu) == count_plans(len(sticks))
    assert turn.menu.fields == ("action", "times", "then")
    for action in turn.menu.actions[:: len(turn.menu) // 40]:
        assert turn.menu.action(turn.menu.name(action)) == action
    assert set(turn.facts.actions) == set(turn.menu.actions)
    answer = turn.menu.parse('{"action": "wait", "times": "3", "then": "nothing"}')
    before = env.n_turns
    env.play({turn.seat: answer.action for turn in env.turns()})
    assert env.n_turns == before + 1
    env.close()


@every_game
def test_a_console_that_was_used_begins_as_a_new_one(card: EnvCard) -> None:
    """Also where a new game is a saved state: with the same seed, and where the emulator's seed means nothing."""
    cartridge, _ = read_setup(card.arguments({}))
    used, new = Console(cartridge), Console(cartridge)
    assert play_frames(used, 3) == play_frames(used, 3)
    assert play_frames(used, 4) == play_frames(new, 4)


def play_frames(console: Console, seed: int) -> list[bytes]:
    """Returns what is in the RAM on the way through a hundred frames of random sticks."""
    console.begin(seed)
    stream, seen = Stream.of(seed, "frames"), [console.ram.tobytes()]
    for frame in range(10):
        console.play({seat: [stream.integer(str(seat), frame) % 18] * 10 for seat in range(len(console.seats))})
        seen.append(console.ram.tobytes())
    return seen
