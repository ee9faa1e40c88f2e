"""The duels and their neighbours for one: words against pixels and RAM, and what they promise against the emulator."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import numpy as np
import pytest
from pydantic import JsonValue

from langgym.bench.atari.players.duels import PLAYERS, play_tetris
from langgym.bench.atari.statements import find_label, read_statements
from langgym.bench.atari.truth import judge_game
from langgym.bench.atari.witnesses.duels import WITNESSES, judge_air, judge_combat, judge_dunk, judge_well
from tests.universe.atari.golden import check_golden
from universe.atari.digits import read_decimal, read_signed
from universe.atari.session import Session
from universe.atari.shot import Look, Shot
from universe.atari.tetris import ACTIONS, read_piece
from universe.card import EnvCard
from universe.cards.atari_duels import ATARI_DUELS
from universe.catalog import default_catalog
from universe.making import load_renderer
from universe.renderers.atari.heading import WINDS
from universe.renderers.atari.tetris import read_well
from universe.streams import Stream
from universe.testing import check_renderer
from universe.text_env import TextEnv, Turn

Judge = Callable[[str, str, Shot], Sequence[bool]]

LONGEST = 720  # characters of a median turn and its menu: about 250 tokens
EXACT = ("boxing_v2", "space_war_v2", "ice_hockey_v2", "freeway_v1", "tetris_v1")
"""Games whose places are true to the pixel."""

every_card = pytest.mark.parametrize("card", ATARI_DUELS, ids=lambda card: card.env_id)


def begin(name: str, **given: JsonValue) -> TextEnv:
    """Returns a game in this process, so that its session can be looked at."""
    card = default_catalog().find(f"atari/{name}")
    env = TextEnv(card.model_copy(update={"fixed": {**card.fixed, "isolated": False}}), {"warm_up": 0, **given})
    env.reset(1)
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


def play_words(env: TextEnv, word: str, times: int = 1) -> None:
    """Lets the first seat do something some times while the other waits."""
    for _ in range(times):
        turns = env.turns()
        env.play({turn.seat: turn.menu.action(word if number == 0 else "wait") for number, turn in enumerate(turns)})


@every_card
def test_renderer_keeps_its_contract_in_few_words(card: EnvCard) -> None:
    check_renderer(card, n_episodes=1, max_turns=60, longest=LONGEST)


@every_card
def test_words_are_true(card: EnvCard) -> None:
    verdicts = judge_game(card, WITNESSES[card.env_id], load_renderer(card), n_frames=40)
    exact = card.env_id.removeprefix("atari/") in EXACT
    assert verdicts.judged.total() > 50
    assert verdicts.share >= (0.985 if exact else 0.95), verdicts.faults[:5]


@every_card
def test_words_are_those_of_the_golden_file(card: EnvCard) -> None:
    check_golden(card)


@pytest.mark.filterwarnings("ignore:combat_tank has interesting parameters:UserWarning")
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("combat_tank", {"has_maze": False, "billiard_hit": False}),
        ("combat_tank", {"is_invisible": True}),
        ("combat_plane", {"game_version": "jet", "guided_missile": False}),
    ],
)
def test_variants_have_words(name: str, given: dict[str, JsonValue]) -> None:
    seen = 0
    for turns in walk(begin(name, **given), 40):
        for turn in turns:
            assert turn.situation
            assert set(turn.facts.actions) == set(turn.menu.actions)
            seen += turn.text.startswith("You (")
    assert seen >= 5


def test_punches_land_as_told() -> None:
    """A punch pays what the text says it would; a pixel of motion may spoil one at the edge."""
    env = begin("boxing", frames=6)
    stream = Stream.of(1, "boxing")
    pairs: list[tuple[int, int]] = []
    for number in range(220):
        own = env.turns()[0]
        if "arm out" not in own.text:
            worth = re.search(r"would land for (\d)", own.text)
            struck = session_of(env).fork({0: "FIRE"}, 14).ram
            pairs.append((int(worth[1]) if worth else 0, read_decimal(struck, 18)))
        play_words(env, near_rival(own.text, stream, number))
    env.close()
    assert {told for told, _ in pairs} == {0, 1, 2}
    assert sum(told == paid for told, paid in pairs) >= 0.97 * len(pairs)


def near_rival(text: str, stream: Stream, number: int) -> str:
    """Returns a stick that goes to some place near the rival, another one every eight decisions."""
    rival = find_label(read_statements(text), "rival")
    assert rival is not None
    spot = [stream.integer(axis, number // 8) % 70 - 35 for axis in ("across", "down")]
    across, down = (at - offset for at, offset in zip(rival.at, spot, strict=True))
    words = [
        "up" if down < -3 else "down" if down > 3 else "",
        "left" if across < -3 else "right" if across > 3 else "",
    ]
    return "-".join(word for word in words if word) or "wait"


@pytest.mark.parametrize("heading", range(16))
def test_a_ship_is_pushed_where_it_faces(heading: int) -> None:
    env = begin("space_war")
    while not env.turns()[0].text.splitlines()[0].endswith(f"facing {WINDS[heading]}"):
        play_words(env, "turn left")
    pushed = session_of(env).fork({0: "UP"}, 40).ram
    across, down = -read_signed(pushed, 51), read_signed(pushed, 55)
    angle = np.angle(across - 1j * down) / (2 * np.pi) * 16
    away = (angle - heading) % 16
    env.close()
    assert min(away, 16 - away) <= 1


@pytest.mark.parametrize(("name", "sticks"), [("combat_tank", "LEFT RIGHT"), ("combat_plane", "DOWN UP")])
def test_turns_are_named_as_they_turn(name: str, sticks: str) -> None:
    env = begin(name, warm_up=0)
    own = env.turns()[0]
    now = int(shot_of(own).now.ram[21]) & 15
    for word, stick, by in zip(("turn left", "turn right"), sticks.split(), (1, -1), strict=True):
        assert word in own.menu.choices["action"]
        turned = int(session_of(env).fork({0: stick}, 15).ram[21]) & 15
        assert (turned - now) % 16 == by % 16
    env.close()


def own_heading(env: TextEnv) -> int:
    """Returns the heading that the first seat is told to have."""
    told = re.match(r"You .*facing (.+)", env.turns()[0].text)
    assert told is not None
    return WINDS.index(told[1])


@pytest.mark.parametrize("name", ["combat_tank", "combat_plane", "space_war"])
def test_a_turn_to_the_left_is_told(name: str) -> None:
    env = begin(name)
    for _ in range(5):
        before = own_heading(env)
        play_words(env, "turn left")
        assert (own_heading(env) - before) % 16 == 1
    env.close()


@pytest.mark.parametrize("turns", [0, 2, 4, 12, 14])
def test_a_tank_drives_where_it_faces(turns: int) -> None:
    env = begin("combat_tank", has_maze=False)
    play_words(env, "turn left", turns)
    places: list[complex] = []
    for _ in range(2):
        own = find_label(read_statements(env.turns()[0].text), "you (")
        assert own is not None
        places.append(complex(own.at[0], -own.at[1]))
        play_words(env, "drive", 6)
    angle = np.angle(places[1] - places[0]) / (2 * np.pi) * 16
    away = (angle - own_heading(env)) % 16
    env.close()
    assert abs(places[1] - places[0]) >= 5
    assert min(away, 16 - away) <= 2


def test_the_man_who_follows_the_stick_is_told() -> None:
    """Of the two men of a team in Double Dunk, the one whose row a stick changes is the one the text says is yours."""
    env = begin("double_dunk")
    verdicts: list[bool] = []
    for turns in walk(env, 120):
        session, ram = session_of(env), shot_of(turns[0]).now.ram
        rest, pushed = (session.fork({0: stick}, 8).ram for stick in ("NOOP", "UP"))
        moved = [man for man in (0, 2) if rest[33 + man] != pushed[33 + man]]
        own = find_label(read_statements(turns[0].text), "you (")
        if len(moved) == 1 and own is not None:
            spot = (int(ram[37 + moved[0]]) + 14.5, 171.5 - int(ram[33 + moved[0]]))
            verdicts.append(all(abs(one - other) <= 1 for one, other in zip(own.at, spot, strict=True)))
    assert len(verdicts) >= 15
    assert sum(verdicts) >= 0.9 * len(verdicts)


def test_a_drop_does_what_it_says() -> None:
    env = begin("tetris")
    decide = play_tetris()
    n_full = 0
    while env.turns() and env.n_turns < 160:
        [turn] = env.turns()
        word = decide(turn.text, ())
        told = re.search(r"completes (\d) line", turn.text)
        env.play({turn.seat: turn.menu.action(word)})
        if word == "drop":
            assert env.payments().get(turn.seat, 0.0) == (int(told[1]) if told else 0), turn.text
            n_full += told is not None
    env.close()
    assert n_full >= 3


def test_pieces_move_by_a_column_and_turn() -> None:
    env = begin("tetris")
    for word, by in (("left", -1), ("right", 1), ("right", 1), ("turn", 0)):
        [turn] = env.turns()
        before = sorted(column for _, column in read_piece(shot_of(turn).now.ram))
        env.play({turn.seat: turn.menu.action(word)})
        after = sorted(column for _, column in read_piece(shot_of(env.turns()[0]).now.ram))
        assert after == [column + by for column in before]
    assert set(ACTIONS) == set(env.turns()[0].menu.choices["action"])
    env.close()


def test_a_falling_piece_is_part_of_the_well() -> None:
    for turns in walk(begin("tetris"), 30):
        ram = shot_of(turns[0]).now.ram
        assert set(read_piece(ram)) <= read_well(ram)


def test_crossing_the_road_pays() -> None:
    env = begin("freeway")
    decide = PLAYERS["atari/freeway_v1"].make()
    for _ in range(90):
        [turn] = env.turns()
        env.play({turn.seat: turn.menu.action(decide(turn.text, ()))})
    points = float(re.findall(r"Score: you (\d+)", env.turns()[0].text)[0])
    env.close()
    assert points >= 2


def false_text(text: str) -> str:
    """Returns a text whose places are ten pixels off, whose air and whose lowest row are wrong."""
    moved = re.sub(r"y (\d+)", lambda found: f"y {int(found[1]) + 40}", text)
    return re.sub(r"Oxygen: \d+", "Oxygen: 99", moved) + "\nrow 1 ##########"


@pytest.mark.parametrize(
    ("name", "judge"),
    [
        ("combat_tank", judge_combat),
        ("double_dunk", judge_dunk),
        ("tetris", judge_well),
        ("seaquest", judge_air),
    ],
)
def test_judges_find_false_words(name: str, judge: Judge) -> None:
    n_false = 0
    for turns in walk(begin(name), 12):
        verdicts = judge(false_text(turns[0].text), turns[0].seat, shot_of(turns[0]))
        n_false += not all(verdicts)
    assert n_false >= 8


@pytest.mark.parametrize("name", ["boxing_v2", "space_war_v2", "ice_hockey_v2", "freeway_v1"])
def test_sources_differ_from_a_shifted_picture(name: str) -> None:
    """A witness that reads pixels must notice when the picture is another one."""
    spots = WITNESSES[f"atari/{name}"].spots
    assert spots is not None
    for turns in walk(begin(name), 3):
        look = shot_of(turns[0]).now
        moved = Look(look.before, np.roll(look.screen, 9, axis=0), look.ram)
        assert spots(moved) != spots(look)
