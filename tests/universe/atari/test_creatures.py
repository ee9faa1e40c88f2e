"""The games with creatures: words against pixels and RAM, open ways against sticks, points against what is told."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from langgym.bench.atari.statements import find_label, read_statements
from langgym.bench.atari.truth import judge_game
from langgym.bench.atari.witnesses.creatures import WITNESSES, judge_invaders, list_spots
from tests.universe.atari.golden import check_golden
from universe.atari.session import Session
from universe.atari.shot import Shot
from universe.card import EnvCard
from universe.cards.atari_creatures import ATARI_CREATURES
from universe.catalog import default_catalog
from universe.making import load_renderer
from universe.renderers.atari.joust import JoustRenderer, tell_below
from universe.renderers.atari.ms_pacman import find_ways
from universe.renderers.atari.scene import Scene, Thing
from universe.renderers.atari.shapes import Shape
from universe.renderers.atari.sprites import make_spot
from universe.streams import Stream
from universe.testing import check_renderer
from universe.text_env import TextEnv, Turn

LONGEST = 650  # characters of a median turn: about 250 tokens
EXACT = ("atari/space_invaders_v2", "atari/frostbite_v1", "atari/pitfall_v1", "atari/montezuma_revenge_v1")
"""Games whose places are true to the pixel; elsewhere sprites flicker and lag behind RAM."""

every_card = pytest.mark.parametrize("card", ATARI_CREATURES, ids=lambda card: card.env_id)


def begin(name: str, *, seed: int = 1) -> TextEnv:
    """Returns a game in this process, so that its session can be looked at."""
    card = default_catalog().find(f"atari/{name}")
    env = TextEnv(card.model_copy(update={"fixed": {**card.fixed, "isolated": False}}), {"warm_up": 0})
    env.reset(seed)
    return env


def session_of(env: TextEnv) -> Session:
    return cast("Session", env._engine.core.session)  # pyright: ignore


def walk(env: TextEnv, n_turns: int, *, seed: int = 1) -> Iterator[list[Turn]]:
    """Yields the moments of a random game."""
    stream = Stream.of(seed, "walk")
    while env.turns() and env.n_turns < n_turns:
        yield list(env.turns())
        env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in env.turns()})
    env.close()


def shot_of(turn: Turn) -> Shot:
    return cast("Shot", turn.view.glimpse)


@every_card
def test_renderer_keeps_its_contract_in_few_words(card: EnvCard) -> None:
    check_renderer(card, n_episodes=1, max_turns=60, longest=LONGEST)


@every_card
def test_words_are_true(card: EnvCard) -> None:
    verdicts = judge_game(card, WITNESSES[card.env_id], load_renderer(card), n_frames=40)
    assert verdicts.judged.total() > 50
    assert verdicts.share >= (0.98 if card.env_id in EXACT else 0.95), verdicts.faults[:5]


@every_card
def test_texts_change_only_with_their_version(card: EnvCard) -> None:
    check_golden(card)


class SwappedRenderer(JoustRenderer):
    """Takes each bird for the other one's."""

    def see(self, shot: Shot) -> Scene:
        scene = super().see(shot)
        other = {"first_0": "second_0", "second_0": "first_0"}
        things = tuple(
            replace(thing, owner=other[thing.owner]) if thing.owner in other else thing for thing in scene.things
        )
        return replace(scene, things=things)


def test_birds_that_are_swapped_are_found() -> None:
    card = default_catalog().find("atari/joust_v3")
    verdicts = judge_game(card, WITNESSES["atari/joust_v3"], SwappedRenderer(), n_frames=40)
    assert verdicts.agreed["you"] < 0.3 * verdicts.judged["you"]


def test_a_bird_lands_on_the_highest_ledge_below_it() -> None:
    bird = Thing(name="bird", box=(60, 30, 8, 11), owner="first_0")
    ledges = [Shape(40, 56, 56, 48, 1, 48), Shape(40, 60, 112, 40, 1, 40), Shape(40, 120, 36, 24, 1, 24)]
    assert tell_below(bird, ledges) == "Below you: the ledge, 15 down"
    assert tell_below(replace(bird, box=(20, 30, 8, 11)), ledges) == "Below you: the floor, 119 down"
    assert tell_below(replace(bird, box=(60, 45, 8, 11)), ledges) == "Below you: the ledge, right under you"


def test_invaders_that_are_not_there_are_found() -> None:
    env = begin("space_invaders_v2")
    [turn, *_] = env.turns()
    assert all(judge_invaders(turn.text, turn.seat, shot_of(turn)))
    wrong = re.sub(r"(\d+) above", lambda found: f"{int(found[1]) - 36} above", turn.text)
    assert not any(judge_invaders(wrong, turn.seat, shot_of(turn)))
    env.close()


def test_a_shot_belongs_to_the_cannon_that_fired_it() -> None:
    env = begin("space_invaders_v2")
    names = {"first_0": "fire", "second_0": "wait"}
    env.play({turn.seat: turn.menu.action(names[turn.seat]) for turn in env.turns()})
    env.play({turn.seat: turn.menu.action("wait") for turn in env.turns()})
    texts = {turn.seat: turn.text for turn in env.turns()}
    assert {"Your shot", "Rival's shot"} & set(re.findall(r"^(.*?): ", texts["first_0"], re.M)) == {"Your shot"}
    assert {"Your shot", "Rival's shot"} & set(re.findall(r"^(.*?): ", texts["second_0"], re.M)) == {"Rival's shot"}
    env.close()


@pytest.mark.parametrize(
    ("name", "addresses"),
    [("wizard_of_wor_v3", (55, 47)), ("ms_pacman_v1", (10, 16))],
)
def test_open_ways_are_those_that_a_stick_can_take(name: str, addresses: tuple[int, int]) -> None:
    """A way without a wall moves who pushes that way; a way with one does not."""
    env, told, taken = begin(name), 0, 0
    for turns in walk(env, 90):
        turn = next((each for each in turns if each.seat == "first_0"), None)
        line = re.search(r"^(?:Open to you|Ways): (.*)$", turn.text, re.M) if turn else None
        if turn is None or line is None:
            continue
        before = [int(shot_of(turn).now.ram[address]) for address in addresses]
        for way in ("UP", "DOWN", "LEFT", "RIGHT"):
            after = session_of(env).fork({0: way}, 3).ram
            steps = [int(after[address]) - value for address, value in zip(addresses, before, strict=True)]
            if _is_along(way, steps, upwards=name.startswith("wizard")):
                told += way.lower() in line[1]
                taken += 1
    assert taken > 40
    assert told >= 0.95 * taken


def _is_along(way: str, steps: list[int], *, upwards: bool) -> bool:
    """Returns whether a move of a few pixels goes a way; rows count upwards in some games."""
    down = -steps[1] if upwards else steps[1]
    along = {"LEFT": -steps[0], "RIGHT": steps[0], "UP": -down, "DOWN": down}[way]
    return 0 < along < 8


def test_runners_stop_where_their_free_way_ends() -> None:
    env, judged, right = begin("entombed_competitive_v3"), 0, 0
    for turns in walk(env, 30):
        for number, turn in enumerate(turns):
            line = re.search(r"^Free way: (.*)$", turn.text, re.M)
            if line is None:
                continue
            free = dict(part.split(" ") for part in line[1].split(", ")) if line[1] != "none" else {}
            for way, sign in (("LEFT", -1), ("RIGHT", 1)):
                moved = session_of(env).fork({number: way}, 16).ram
                step = sign * (int(moved[50 + number]) - int(shot_of(turn).now.ram[50 + number]))
                judged += 1
                right += step <= int(free.get(way.lower(), 3)) + 2
    assert judged > 40
    assert right >= 0.95 * judged


def test_dots_along_a_way_are_eaten_one_by_one() -> None:
    env, eaten, gone = begin("ms_pacman_v1"), 0.0, 0
    for _ in range(5):
        [turn] = env.turns()
        before = _count_dots(turn, "left")
        env.play({turn.seat: turn.menu.action("left")})
        [turn] = env.turns()
        eaten += env.payments()["first_0"] / 10
        gone += before - _count_dots(turn, "left")
    assert eaten >= 2
    assert abs(gone - eaten) <= 1
    env.close()


def _count_dots(turn: Turn, name: str) -> int:
    here = find_label(read_statements(turn.text), "You (")
    assert here is not None
    return next((way.dots for way in find_ways(shot_of(turn).now.screen, here.at) if way.name == name), 0)


def test_a_landing_on_white_ice_pays_and_turns_the_row_blue() -> None:
    env, paid = begin("frostbite_v1", seed=3), 0.0
    stream = Stream.of(3, "ice")
    while env.turns() and not paid and env.n_turns < 300:
        [turn] = env.turns()
        assert turn.text.count(": white; floes") == 4 or "blue" in turn.text
        white = turn.text.count(": white; floes")
        env.play({turn.seat: stream.pick(turn.menu.actions, turn.index)})
        paid = env.payments()["first_0"]
        if paid:
            [turn] = env.turns()
            assert paid == 10
            assert turn.text.count(": white; floes") == white - 1
    assert paid
    env.close()


def test_spots_far_apart_have_no_velocity() -> None:
    assert make_spot("log", (10, 0), (150, 0)).velocity is None
    assert make_spot("log", (10, 0), (2, 4)).velocity == (1.0, -0.5)


def test_patches_of_a_colour_are_found_by_their_middles() -> None:
    screen = np.zeros((40, 160), dtype=np.uint8)
    screen[10:14, 20:28] = 7
    screen[30:34, 0:100] = 7
    assert list_spots(screen, 7, top=2, bottom=38) == [(23.5, 11.5)]
