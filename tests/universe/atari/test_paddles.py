"""The games with paddles: words against pixels, sticks, serves, sides, and walls."""

import re
from collections.abc import Callable, Mapping
from typing import cast

import numpy as np
import pytest
from pydantic import JsonValue

from langgym.bench.atari.players.paddles import decide_tennis
from langgym.bench.atari.statements import find_label, read_statements
from langgym.bench.atari.truth import judge_game
from langgym.bench.atari.witnesses.paddles import WITNESSES, find_tennis, judge_warlords
from tests.universe.atari.golden import check_golden
from universe.atari.shot import Ram, Shot
from universe.card import EnvCard
from universe.cards.atari_paddles import ATARI_PADDLES
from universe.catalog import default_catalog
from universe.making import load_renderer
from universe.renderers.atari.pong import PongRenderer
from universe.renderers.atari.pong_family import cross_upright
from universe.renderers.atari.scene import Thing
from universe.renderers.atari.warlords import read_wall
from universe.streams import Stream
from universe.testing import check_renderer
from universe.text_env import TextEnv, Turn

LONGEST = 620  # characters of a median turn: about 250 tokens
SHARES = {"atari/warlords_v3": 0.95, "atari/volleyball_pong_v3": 0.96}
"""How many statements must be true at least, where that is not 99 in 100.

Shields are drawn a frame late, and so are jumps, of which few frames of several episodes hold more than many of one.
"""

every_card = pytest.mark.parametrize("card", ATARI_PADDLES, ids=lambda card: card.env_id)


def find(name: str) -> EnvCard:
    return default_catalog().find(f"atari/{name}")


def begin(name: str, given: Mapping[str, JsonValue] | None = None, *, seed: int = 1) -> TextEnv:
    env = TextEnv(find(name), {"warm_up": 0, **(given or {})})
    env.reset(seed)
    return env


def play(env: TextEnv, **chosen: str) -> None:
    """Plays a turn: sticks by seat (its first word), everybody else waits."""
    env.play({turn.seat: turn.menu.action(chosen.get(turn.seat.split("_")[0], "wait")) for turn in env.turns()})


def turn_of(env: TextEnv, seat: str) -> Turn:
    return next(turn for turn in env.turns() if turn.seat == seat)


def own_place(env: TextEnv, seat: str) -> tuple[float, float]:
    own = find_label(read_statements(turn_of(env, seat).text), "You (")
    assert own is not None
    return own.at


def play_until(env: TextEnv, holds: Callable[[], bool], *, sticks: tuple[str, ...] = ("wait",)) -> None:
    stream = Stream.of(1, "until")
    for _ in range(400):
        if holds():
            return
        play(env, **{turn.seat.split("_")[0]: stream.pick(sticks, turn.seat, turn.index) for turn in env.turns()})
    pytest.fail("waited in vain")


@every_card
def test_renderer_keeps_its_contract_in_few_words(card: EnvCard) -> None:
    check_renderer(card, n_episodes=1, max_turns=60, longest=LONGEST)


@every_card
def test_words_are_true(card: EnvCard) -> None:
    verdicts = judge_game(card, WITNESSES[card.env_id], load_renderer(card), n_frames=24)
    assert verdicts.judged.total() > 100
    assert verdicts.share >= SHARES.get(card.env_id, 0.99), verdicts.faults[:5]
    poor = {kind for kind, n in verdicts.judged.items() if verdicts.agreed[kind] < 0.85 * n}
    assert not poor, [fault for fault in verdicts.faults if fault.startswith(tuple(poor))]


@every_card
def test_texts_change_only_with_their_version(card: EnvCard) -> None:
    check_golden(card)


class SlantedRenderer(PongRenderer):
    """Tells the ball nine pixels too low."""

    def find_ball(self, ram: Ram) -> Thing | None:
        ball = super().find_ball(ram)
        return ball and Thing(name="ball", box=(ball.box[0], ball.box[1] + 9, 2, 4), velocity=ball.velocity)


def test_words_that_are_not_true_are_found() -> None:
    verdicts = judge_game(find("pong"), WITNESSES["atari/pong_v3"], SlantedRenderer(), n_frames=40)
    assert verdicts.agreed["ball"] < 0.2 * verdicts.judged["ball"]


@pytest.mark.parametrize(
    ("name", "seat", "stick", "way"),
    [
        ("pong", "first_0", "up", (0, -1)),
        ("pong", "second_0", "down", (0, 1)),
        ("quadrapong", "first_0", "left", (-1, 0)),
        ("quadrapong", "second_0", "right", (1, 0)),
        ("quadrapong", "third_0", "up", (0, -1)),
        ("quadrapong", "fourth_0", "down", (0, 1)),
        ("basketball_pong", "first_0", "left", (-1, 0)),
        ("volleyball_pong", "fourth_0", "right", (1, 0)),
        ("tennis", "second_0", "left", (-1, 0)),
        ("warlords", "fourth_0", "right", (1, 0)),
        ("breakout", "first_0", "left", (-1, 0)),
    ],
)
def test_sticks_go_where_they_are_called(name: str, seat: str, stick: str, way: tuple[int, int]) -> None:
    env = begin(name)
    for _ in range(8 if name == "warlords" else 4):
        play(env)
    before = own_place(env, seat)
    for _ in range(2):
        play(env, **{seat.split("_")[0]: stick})
    after = own_place(env, seat)
    moved = (after[0] - before[0], after[1] - before[1])
    assert moved[0] * way[0] + moved[1] * way[1] >= 6
    assert abs(moved[0] * way[1] + moved[1] * way[0]) <= 1
    env.close()


def test_all_men_of_foozpong_go_up_together() -> None:
    env = begin("foozpong")
    before = read_heights(env, "third_0")
    play(env, third="up")
    moved = [(here - there) % 64 for here, there in zip(before, read_heights(env, "third_0"), strict=False)]
    assert 6 <= moved[0] <= 20
    assert len(set(moved)) == 1
    env.close()


def read_heights(env: TextEnv, seat: str) -> list[int]:
    said = re.search(r"men at y ([\d, ]+)\.", turn_of(env, seat).text)
    assert said is not None
    return [int(height) for height in said[1].split(", ")]


@pytest.mark.parametrize("name", ["basketball_pong", "volleyball_pong"])
def test_jump_lifts_a_player_while_it_is_held(name: str) -> None:
    env = begin(name)
    floor = own_place(env, "first_0")[1]
    play(env, first="jump")
    assert floor - own_place(env, "first_0")[1] == pytest.approx(51, abs=1)
    assert turn_of(env, "first_0").text.splitlines()[0].endswith("in the air")
    play(env)
    assert own_place(env, "first_0")[1] == floor
    env.close()


@pytest.mark.parametrize("name", ["pong", "foozpong", "volleyball_pong"])
def test_the_side_that_is_told_to_serve_serves(name: str) -> None:
    env = begin(name)
    sticks = ("up", "down") if name == "foozpong" else ("wait",)
    play_until(env, lambda: ", now." in "".join(turn.text for turn in env.turns()), sticks=sticks)
    servers = [turn.seat for turn in env.turns() if ", now." in turn.text]
    others = [turn.seat for turn in env.turns() if turn.seat not in servers]
    assert len(servers) == len(others)
    fire = "jump" if name == "volleyball_pong" else "fire"
    play(env, **{others[0].split("_")[0]: fire})
    assert not any("Ball:" in turn.text for turn in env.turns())
    play(env, **{servers[-1].split("_")[0]: fire})
    play(env)
    assert all("Ball:" in turn.text for turn in env.turns())
    env.close()


def test_a_serve_held_back_is_paid_for() -> None:
    env = begin("pong")
    play_until(env, lambda: "with fire" in turn_of(env, "first_0").text)
    score = re.search(r"Score: .*", turn_of(env, "first_0").text)
    env.payments()
    paid: list[dict[str, float]] = []
    for _ in range(30):
        play(env)
        paid.append(env.payments())
    assert {"first_0": -1.0, "second_0": 0.0} in paid
    assert score is not None
    assert score[0] in turn_of(env, "first_0").text
    env.close()


def test_tennis_server_must_stand_near_the_ball() -> None:
    env = begin("tennis")
    for _ in range(3):
        play(env, first="left")
    play(env, first="fire")
    assert "You serve" in turn_of(env, "first_0").text
    for _ in range(3):
        play(env, first="right")
    play(env, first="fire")
    play(env)
    assert "You serve" not in turn_of(env, "first_0").text
    env.close()


def test_tennis_is_told_right_at_the_other_ends() -> None:
    env = begin("tennis")
    while "upper" in (text := turn_of(env, "first_0").text):
        play(env, first=decide_tennis(text, ()), second="left")
    shot = cast("Shot", turn_of(env, "first_0").view.glimpse)
    for seat in env.seats:
        [spot] = find_tennis(shot.now)[seat]
        assert own_place(env, seat) == pytest.approx(spot, abs=3)
    assert own_place(env, "first_0")[1] > 112 > own_place(env, "second_0")[1]
    env.close()


@pytest.mark.parametrize(
    ("name", "n_seats", "mate"), [("pong", 4, True), ("basketball_pong", 4, True), ("foozpong", 2, False)]
)
def test_other_numbers_of_players_have_their_words(name: str, n_seats: int, mate: bool) -> None:
    env = begin(name, {"num_players": n_seats})
    stream = Stream.of(1, "players")
    for _ in range(30):
        env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in env.turns()})
    turns = env.turns()
    assert len(turns) == n_seats
    assert all(("Mate " in turn.text) == mate for turn in turns)
    assert all(
        sum(line.startswith(("Rival", "Mate")) for line in turn.text.splitlines()) == n_seats - 1 for turn in turns
    )
    env.close()


def test_two_seats_of_foozpong_have_their_columns_where_they_are_drawn() -> None:
    card = find("foozpong")
    env = TextEnv(
        card.model_copy(update={"fixed": {**card.fixed, "isolated": False}}), {"num_players": 2, "warm_up": 0}
    )
    env.reset(1)
    shot = cast("Shot", turn_of(env, "first_0").view.glimpse)
    for seat, color in (("first_0", 118), ("second_0", 24)):
        said = re.search(r"columns at x (\d+) and (\d+)", turn_of(env, seat).text)
        assert said is not None
        columns = np.flatnonzero((shot.now.screen[34:194] == color).any(axis=0))
        assert {int(said[1]), int(said[2])} == {int(columns[0]) + 2, int(columns[-1]) - 1}
    env.close()


def test_a_ball_is_expected_behind_its_bounce() -> None:
    own = Thing(name="paddle", box=(140, 100, 4, 16))
    ball = Thing(name="ball", box=(100, 40, 2, 4), velocity=(1.0, -2.0))
    crossing = cross_upright(ball, own)
    assert crossing is not None
    assert own.center[1] + crossing[1] == pytest.approx(2 * 35.5 - (41.5 - 2 * 41))
    assert cross_upright(Thing(name="ball", box=(100, 40, 2, 4), velocity=(-1.0, -2.0)), own) is None


def test_breakout_tells_the_rows_that_have_gaps() -> None:
    env = begin("breakout", seed=3)
    stream = Stream.of(3, "bricks")
    while env.turns() and not re.search(r"^blue: [#.]{18}$", turn_of(env, "first_0").text, re.MULTILINE):
        env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in env.turns()})
    [turn] = env.turns()
    row = re.search(r"^blue: ([#.]+)$", turn.text, re.MULTILINE)
    left = re.search(r"^Bricks left: (\d+) of 108$", turn.text, re.MULTILINE)
    assert row is not None
    assert left is not None
    assert 108 - int(left[1]) == row[1].count(".")
    env.close()


def test_castles_are_what_ram_holds_when_many_bricks_are_gone() -> None:
    env = begin("warlords", {"frames": 12})
    stream = Stream.of(2, "bricks")
    while count_gaps(env) < 10:
        env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in env.turns()})
    for turn in env.turns():
        verdicts = judge_warlords(turn.text, turn.seat, cast("Shot", turn.view.glimpse))
        assert len(verdicts) > 1
        assert all(verdicts)
    env.close()


def count_gaps(env: TextEnv) -> int:
    castles = re.findall(r"Your castle: (.*)", "\n".join(turn.text for turn in env.turns()))
    return sum(castle.count(".") for castle in castles)


def test_a_castle_is_read_from_the_outside_in() -> None:
    screen = np.zeros((210, 160), dtype=np.uint8)
    screen[48:56, 0:48] = 70
    screen[48:56, 16:24] = 0  # the third brick of the outermost course
    screen[32:40, 0:48] = 66
    screen[16:32, 28:48] = 64
    assert read_wall("first_0", screen) == ["##.###", "......", "######", "###"]


def test_a_dead_king_is_told_as_dead() -> None:
    env = TextEnv(find("warlords"))
    env.reset(0)
    stream = Stream.of(0, "kings")
    while len(turns := env.turns()) == 4:
        env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in turns})
    assert len(turns) == 3
    alive = {turn.seat for turn in turns}
    [dead] = set(env.seats) - alive
    for turn in turns:
        labels = [statement.label for statement in read_statements(turn.text)]
        assert f"{dead} dead" in turn.text
        assert not any(dead in label for label in labels)
    env.close()


@pytest.mark.parametrize("name", ["pong", "quadrapong", "tennis", "breakout"])
def test_situations_recur(name: str) -> None:
    env = TextEnv(find(name), max_turns=150)
    found: list[tuple[str, str]] = []
    for seed in range(2):
        env.reset(seed)
        stream = Stream.of(seed, "recur")
        while turns := env.turns():
            found += [(turn.seat, turn.situation) for turn in turns]
            env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in turns})
    env.close()
    assert len(set(found)) < len(found) / 2
