"""Pictures: made anew by replay, kept on disk, and of a seat nothing that it may not know."""

import shutil
import sqlite3
import subprocess
import sys
from collections import defaultdict
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image

from agents_db.store import AgentsDB
from langgym.cli.app import main
from langgym.errors import ReplayError
from langgym.home import store_path
from langgym.pictures.album import Album
from langgym.pictures.frames import DRAWERS, NoPicture, draw_frames
from tests.dashboard.stage import Homes, find_episode, open_store
from universe.catalog import default_catalog

ADVERSARY, LEDUC, FOUR = "mpe/simple_adversary_v3", "classic/leduc_holdem_v4", "classic/connect_four_v3"


def draw(db: AgentsDB, episode_id: int, *, seat: str | None = None, last: int | None = None) -> list[bytes]:
    return [frame.image.tobytes() for frame in draw_frames(db, episode_id, seat=seat, last=last)]


def film(home: Path, *words: object) -> int:
    return main(["--home", str(home), "episodes", "film", *map(str, words)])


@pytest.fixture
def home(homes: Homes, tmp_path: Path) -> Path:
    """A copy of the small home, to be changed."""
    return Path(shutil.copytree(homes.small, tmp_path / "copy", ignore=shutil.ignore_patterns("pictures")))


def test_every_classic_game_has_a_drawn_board() -> None:
    classic = {card.renderer for card in default_catalog() if card.suite == "classic"}
    assert classic == set(DRAWERS)


@pytest.mark.parametrize("env_id", [LEDUC, FOUR, "classic/chess_v6", "classic/hanabi_v5"])
def test_every_position_has_a_picture_of_its_own(homes: Homes, env_id: str) -> None:
    with open_store(homes.small) as db:
        record = find_episode(db, env_id)
        drawn = draw(db, record.episode_id)
    assert len(drawn) == record.n_turns + 1
    assert all(one != other for one, other in pairwise(drawn))


def test_a_frame_of_pettingzoo_moves_with_the_game(homes: Homes) -> None:
    with open_store(homes.small) as db:
        record = find_episode(db, ADVERSARY)
        drawn = draw(db, record.episode_id)
    assert len(drawn) == record.n_turns + 1
    assert len(set(drawn)) >= record.n_turns  # a push shows only from the next turn on


def test_what_reads_the_same_to_a_seat_looks_the_same_to_it(homes: Homes) -> None:
    """Hands of Leduc: of those that ada cannot tell apart by their text, some differ in the rival's card."""
    own: dict[str, set[bytes]] = defaultdict(set)
    everything: dict[str, set[bytes]] = defaultdict(set)
    with open_store(homes.small) as db:
        for record in db.episodes(env_id=LEDUC, limit=100):
            for step in db.steps(record.episode_id, turn=0):
                if step.text is not None:
                    own[step.text].update(draw(db, record.episode_id, seat=step.seat, last=0))
                    everything[step.text].update(draw(db, record.episode_id, last=0))
    assert all(len(pictures) == 1 for pictures in own.values())
    assert any(len(pictures) > 1 for pictures in everything.values())


def test_a_seat_of_hanabi_sees_less_than_the_spectator(homes: Homes) -> None:
    with open_store(homes.small) as db:
        record = find_episode(db, "classic/hanabi_v5")
        pictures = [draw(db, record.episode_id, seat=seat, last=0)[0] for seat in (None, "player_0", "player_1")]
    assert len(set(pictures)) == 3


def test_a_frame_that_shows_what_is_hidden_is_not_for_a_seat(homes: Homes) -> None:
    with open_store(homes.small) as db:
        record = find_episode(db, ADVERSARY)
        with pytest.raises(NoPicture, match="shows more than adversary_0 may know"):
            draw(db, record.episode_id, seat="adversary_0")


def test_a_picture_is_kept_and_found_again(home: Path) -> None:
    with open_store(home) as db:
        record = find_episode(db, FOUR)
        first = Album(home).find(db, record.episode_id, 1)
        [kept] = (home / "pictures").rglob("000001.png")
        assert kept.read_bytes() == first
        kept.write_bytes(b"kept")
        assert Album(home).find(db, record.episode_id, 1) == b"kept"


def test_views_are_kept_apart(home: Path) -> None:
    with open_store(home) as db:
        record = find_episode(db, LEDUC)
        views = [Album(home).find(db, record.episode_id, 0, seat=seat) for seat in (None, "player_0", "player_1")]
    assert len(set(views)) == 3


def test_a_seat_that_is_none_has_no_picture(home: Path) -> None:
    with open_store(home) as db, pytest.raises(NoPicture, match="no seat"):
        Album(home).find(db, find_episode(db, LEDUC).episode_id, 0, seat="../../out")


def test_a_film_has_every_position_and_ends_with_a_pause(homes: Homes, tmp_path: Path) -> None:
    with open_store(homes.small) as db:
        record = find_episode(db, FOUR)
    assert film(homes.small, record.episode_id, tmp_path / "out.gif", "--pace", "4") == 0
    durations: list[int] = []
    with Image.open(tmp_path / "out.gif") as shown:
        for number in range(shown.n_frames):  # pyright: ignore[reportAttributeAccessIssue]
            shown.seek(number)
            durations.append(shown.info["duration"])
    assert durations == [*[250] * record.n_turns, 2000]


def test_an_mp4_lasts_as_long_as_its_turns_and_the_pause(homes: Homes, tmp_path: Path) -> None:
    with open_store(homes.small) as db:
        record = find_episode(db, "mpe/simple_spread_v3")
    assert film(homes.small, record.episode_id, tmp_path / "out.mp4", "--pace", "5", "--seat", "agent_1") == 0
    n_frames, _ = imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "out.mp4"))
    assert n_frames == record.n_turns + 5 * 2


def test_a_film_says_who_may_know_what_it_shows(
    homes: Homes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_store(homes.small) as db:
        episode_id = find_episode(db, LEDUC).episode_id
    film(homes.small, episode_id, tmp_path / "all.gif")
    film(homes.small, episode_id, tmp_path / "own.gif", "--seat", "player_1")
    everything, own = capsys.readouterr().out.splitlines()
    assert everything.endswith("everything is shown, also what seats may not know")
    assert own.endswith("only what player_1 may know")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("1", "out.avi"), "names no film"),
        (("1", "there.gif"), "is there already"),
        (("1", "none/out.gif"), "There is no folder"),
        (("1", "out.gif", "--pace", "0"), "is not between"),
        (("1", "out.gif", "--seat", "north"), "has no seat 'north'"),
        (("4711", "out.gif"), "4711"),
    ],
)
def test_a_film_that_cannot_be_is_refused_in_one_line(
    homes: Homes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.gif").touch()
    assert film(homes.small, *words) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["there.gif"]


def test_an_episode_that_differs_when_it_is_played_again_is_not_drawn(home: Path, tmp_path: Path) -> None:
    with open_store(home) as db:
        episode_id = find_episode(db, FOUR).episode_id
    with closing(sqlite3.connect(store_path(home))) as driver:
        driver.execute("UPDATE position SET digest = zeroblob(16) WHERE episode_id = ? AND turn = 3", (episode_id,))
        driver.commit()
    with open_store(home) as db, pytest.raises(ReplayError, match="turn 3"):
        draw(db, episode_id)
    assert film(home, episode_id, tmp_path / "out.gif") == 1
    assert list(tmp_path.glob("*.gif")) == []


def test_commands_do_not_load_what_draws() -> None:
    code = "import sys, langgym.cli.app; print([n for n in ('PIL', 'streamlit', 'imageio_ffmpeg') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
