"""Decisions become frames: sticks, plans, warm-ups, forks; exactly, every time."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from ale_py import Action
from hypothesis import given
from hypothesis import strategies as st

from tests.universe.atari.plain import PONG, make_rules, make_session
from universe.atari.console import Cartridge, Console
from universe.atari.plans import TIMES, count_plans, plan_sticks, split_plan
from universe.atari.roms import check_roms, find_roms
from universe.atari.session import Session
from universe.atari.shot import APART, Shot
from universe.atari.sticks import Sticks, read_actions
from universe.errors import EnvFault
from universe.renderers.atari.measure import stick_way
from universe.renderers.atari.words import name_stick, read_stick


def look(session: Session, actions: Mapping[int, int]) -> Shot:
    """Returns what is to be seen after a decision of every seat."""
    session.act(actions)
    return session.shoot()


def start(session: Session, seed: int, options: Mapping[str, int]) -> Shot:
    """Returns what is to be seen when the first decision is due."""
    session.reset(seed, options)
    return session.shoot()


def list_sticks(sticks: Sticks, action: int) -> list[str]:
    names = {number: name for name, number in read_actions().items()}
    return [names[number] for number in sticks.carry_out(action, 0, None)]  # pyright: ignore[reportArgumentType]


def test_actions_are_those_of_the_emulator() -> None:
    assert dict(read_actions()) == {name: action.value for name, action in Action.__members__.items()}
    assert len(read_actions()) == 18


@pytest.mark.parametrize("name", read_actions())
def test_every_stick_has_a_word_that_is_read_back(name: str) -> None:
    assert read_stick(name_stick(name)) == name_stick(name)
    assert read_stick(name_stick(name).upper().replace("-", " ")) == name_stick(name)


@pytest.mark.parametrize("name", read_actions())
def test_words_and_ways_of_sticks_agree(name: str) -> None:
    word, way = name_stick(name), stick_way(name)
    assert way == (("right" in word) - ("left" in word), ("down" in word) - ("up" in word))
    assert ("fire" in word) == name.endswith("FIRE")


def test_a_stick_is_held_for_the_frames_of_a_decision() -> None:
    assert list_sticks(Sticks(("NOOP", "UPFIRE"), frames=5), 1) == ["UPFIRE"] * 5


def test_the_button_is_let_go_while_the_stick_is_held() -> None:
    assert list_sticks(Sticks(("FIRE", "UPFIRE"), frames=5, fire_frames=2), 1) == ["UPFIRE"] * 2 + ["UP"] * 3
    assert list_sticks(Sticks(("FIRE", "UPFIRE"), frames=3, fire_frames=2), 0) == ["FIRE"] * 2 + ["NOOP"]


@given(n_sticks=st.integers(1, 18), part=st.floats(0, 1, exclude_max=True))
def test_a_plan_is_one_number(n_sticks: int, part: float) -> None:
    action = int(part * count_plans(n_sticks))
    first, times, then = split_plan(action, n_sticks)
    assert plan_sticks(action, n_sticks) == [first] * times + ([] if then is None else [then])
    place = (first * len(TIMES) + TIMES.index(times)) * (n_sticks + 1) + (0 if then is None else then + 1)
    assert place == action


def test_a_plan_is_carried_out_hold_by_hold() -> None:
    session = make_session(plans=True)
    session.reset(1, {"warm_up": 0})
    plan = next(action for action in range(count_plans(4)) if split_plan(action, 4) == (3, 3, 1))
    before = look(session, {0: 0, 1: 0}).frame
    assert look(session, {0: plan, 1: 0}).frame == before + 4 * 12


def test_a_shorter_plan_waits_for_the_longer_one() -> None:
    planned, plain = make_session(plans=True), make_session()
    planned.reset(1, {"warm_up": 0})
    plain.reset(1, {"warm_up": 0})
    long = next(action for action in range(count_plans(4)) if split_plan(action, 4) == (2, 2, None))
    short = next(action for action in range(count_plans(4)) if split_plan(action, 4) == (3, 1, None))
    shot = look(planned, {0: long, 1: short})
    plain.act({0: 2, 1: 3})
    assert np.array_equal(shot.now.screen, look(plain, {0: 2, 1: 0}).now.screen)


def test_equal_seeds_and_sticks_give_equal_games_in_new_and_used_consoles() -> None:
    def play(session: Session) -> list[bytes]:
        session.reset(5, {})
        return [look(session, {0: turn % 4, 1: turn % 3}).now.ram.tobytes() for turn in range(20)]

    used = make_session()
    first = play(used)
    assert play(used) == first
    assert play(make_session()) == first


def test_warm_ups_differ_by_seed_and_are_as_long_as_the_log_says() -> None:
    session = make_session(warm_up=60)
    drawn = {start(session, seed, {}).frame for seed in range(12)}
    assert len(drawn) > 6
    assert max(drawn) <= 60
    assert start(session, 3, {"warm_up": 17}).frame == 17


def test_options_of_a_reset_decide_how_long_a_stick_is_held() -> None:
    session = make_session()
    begun = start(session, 1, {"warm_up": 4, "frames": 7}).frame
    assert (begun, look(session, {0: 0, 1: 0}).frame) == (4, 11)


def test_the_start_is_over_before_anybody_decides() -> None:
    session = make_session(start=50)
    assert start(session, 1, {"warm_up": 5}).frame == 55


def test_rewards_of_a_decision_are_the_sum_of_those_of_its_frames() -> None:
    session, console = make_session(frames=15), Console(PONG)
    session.reset(2, {"warm_up": 0})
    console.begin(2)
    for _ in range(60):
        paid = session.act({0: 0, 1: 0}).paid
        console.rewards[:] = 0
        for _ in range(15):
            console.press([0, 0])
        assert paid == tuple(console.rewards.tolist())
    assert sum(map(abs, look(session, {0: 0, 1: 0}).scores.values())) > 0


def test_a_decision_is_cut_short_when_a_seat_is_out() -> None:
    session = Session(Cartridge(game="warlords_v3", solo=False, arguments={}), make_rules(sticks=("NOOP",), frames=60))
    state = session.reset(0, {"warm_up": 0})
    while not any(state.ended):
        state = session.act(dict.fromkeys(state.acting, 0))
    assert session.shoot().frame % 60 != 0
    assert len(state.acting) == 4 - sum(state.ended)


def test_a_fork_leaves_no_trace() -> None:
    forked, plain = make_session(), make_session()
    for session in (forked, plain):
        session.reset(4, {"warm_up": 0})
    for turn in range(6):
        looks = [forked.fork({0: stick}, 9) for stick in ("RIGHT", "LEFT")]
        assert turn < 2 or not np.array_equal(looks[0].screen, looks[1].screen)
        one, other = look(forked, {0: 1, 1: 2}), look(plain, {0: 1, 1: 2})
        assert np.array_equal(one.now.screen, other.now.screen)
        assert np.array_equal(one.now.before, other.now.before)
        assert one.now.ram.tobytes() == other.now.ram.tobytes()
        assert one.scores == other.scores


def test_a_saved_state_goes_on_exactly_in_another_console() -> None:
    one, other = Console(PONG), Console(PONG)
    one.begin(3)
    one.wait(200)
    other.begin(99)
    other.load(one.save())
    for _ in range(100):
        one.press([3, 4])
        other.press([3, 4])
    assert np.array_equal(one.screen, other.screen)
    assert one.ram.tobytes() == other.ram.tobytes()


def test_a_shot_shows_the_last_two_frames_and_those_of_before() -> None:
    session, console = make_session(), Console(PONG)
    session.reset(2, {"warm_up": 0})
    console.begin(2)
    shot = look(session, {0: 2, 1: 3})
    seen = []
    for _ in range(12):
        console.press([3, 4])
        seen.append(console.screen)
    assert shot.earlier is not None
    assert np.array_equal(shot.now.screen, seen[11])
    assert np.array_equal(shot.now.before, seen[10])
    assert np.array_equal(shot.earlier.screen, seen[11 - APART])
    assert np.array_equal(shot.earlier.before, seen[10 - APART])
    with pytest.raises(ValueError, match="read-only"):
        shot.now.screen[0, 0] = 1


@pytest.fixture
def roms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A copy of the cartridges that may be damaged."""
    shutil.copytree(find_roms(), tmp_path / "roms")
    monkeypatch.setattr("universe.atari.roms.find_roms", lambda: tmp_path / "roms")
    check_roms.cache_clear()
    yield tmp_path / "roms"
    check_roms.cache_clear()


@pytest.mark.parametrize(("game", "solo"), [("basketball_pong_v3", False), ("breakout", True)])
def test_a_damaged_cartridge_is_refused_before_the_emulator_sees_it(roms: Path, game: str, solo: bool) -> None:
    whole = (roms / "pong.bin").read_bytes()
    (roms / "pong.bin").write_bytes(whole[:-1] + b"\0")
    with pytest.raises(EnvFault, match=r"pong\.bin in .* is damaged"):
        Cartridge(game=game, solo=solo, arguments={}).insert()
    (roms / "pong.bin").unlink()
    with pytest.raises(EnvFault, match=r"pong\.bin is missing"):
        Cartridge(game=game, solo=solo, arguments={}).insert()
    (roms / "pong.bin").write_bytes(whole)
    check_roms()


def test_options_of_one_reset_are_not_those_of_the_next() -> None:
    session = make_session()
    start(session, 1, {"warm_up": 4, "frames": 7})
    begun = start(session, 1, {"warm_up": 4}).frame
    assert look(session, {0: 0, 1: 0}).frame - begun == 12


def test_short_decisions_know_what_was_before_them() -> None:
    short, long = make_session(frames=3), make_session(frames=12)
    for session in (short, long):
        session.reset(2, {"warm_up": 0})
    for _ in range(3):
        short.act({0: 2, 1: 3})
    one, other = look(short, {0: 2, 1: 3}), look(long, {0: 2, 1: 3})
    assert one.earlier is not None
    assert other.earlier is not None
    assert np.array_equal(one.earlier.screen, other.earlier.screen)
    assert np.array_equal(one.now.before, other.now.before)


def test_frames_are_those_of_the_emulators_own_interface() -> None:
    console, bare = Console(PONG), PONG.insert()
    console.begin(2)
    bare.reset(seed=3)  # the console's seeds begin with 0, the emulator's with 1
    for frame in range(900):
        sticks = [3 + frame // 40 % 2, 3 + frame // 25 % 2]
        before = console.rewards.copy()
        console.press(sticks)
        assert (console.rewards - before).tolist() == bare.ale.act(sticks).tolist()
        assert console.lives == bare.ale.allLives().tolist()
    assert console.ram.tobytes() == bare.ale.getRAM().tobytes()
    assert console.rewards.any()
