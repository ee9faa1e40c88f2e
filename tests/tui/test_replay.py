import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from agents_db.records import PositionDraft, StepDraft
from agents_db.store import AgentsDB
from langgym.cli.app import main
from langgym.tui.app import LangGymApp
from langgym.tui.screens.replay import ReplayScreen
from langgym.tui.targets import EpisodeTarget, MemoryTarget
from langgym.tui.widgets.text_pane import TextPane
from tests.tui.stage import open_app, play, press, screen_text, settle

BIG = (140, 60)


def step_text(app: LangGymApp) -> str:
    return app.screen.query_one("#step", TextPane).text()


def board_text(app: LangGymApp) -> str:
    return app.screen.query_one("#board", TextPane).text()


def scrubber(app: LangGymApp) -> str:
    [line] = [line for line in screen_text(app).splitlines() if re.search(r"\d+ of \d+", line) and "●" in line]
    return " ".join(line.split()[1:])


def find_steps(home: Path, source: str) -> list[tuple[int, int, str]]:
    """Returns episode, turn and seat of decisions from a source."""
    with AgentsDB.open_reader(home / "langgym.db") as db:
        return [
            (episode.episode_id, move.turn, move.seat)
            for episode in db.episodes()
            for move in db.moves(episode.episode_id)
            if move.source == source
        ]


def test_a_step_shows_board_prompt_attempts_decision_and_what_came_of_it(told: Path) -> None:
    episode, turn, seat = find_steps(told, "model")[0]

    async def scene() -> None:
        async with open_app(told, EpisodeTarget(episode, turn, seat), size=BIG) as (app, _):
            assert "Landmark" in board_text(app)
            text = step_text(app)
            for part in (
                f"turn {turn} {seat} (kim)",
                "chosen by the model",
                "prompt rules",
                "attempt 1: ok",
                "then earned",
            ):
                assert part in text

    play(scene)


def test_a_fallback_is_never_taken_for_a_choice(told: Path) -> None:
    episode, turn, seat = find_steps(told, "fallback")[0]

    async def scene() -> None:
        async with open_app(told, EpisodeTarget(episode, turn, seat), size=BIG) as (app, _):
            text = step_text(app)
            assert "NOBODY CHOSE IT" in text
            assert text.count("unreadable") == 3
            assert "I would rather not say." in text

    play(scene)


def test_keys_step_and_keep_to_the_seat(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, EpisodeTarget(1), size=BIG) as (app, pilot):
            first = scrubber(app)
            await press(pilot, "right_square_bracket")
            second = scrubber(app)
            await press(pilot, "left_square_bracket", "left_square_bracket")
            assert (first[:4], second[:4], scrubber(app)[:4]) == ("1 of", "2 of", "1 of")
            await press(pilot, "right_curly_bracket")
            assert scrubber(app)[:4] == "3 of"
            await press(pilot, "left_curly_bracket")
            assert scrubber(app)[:4] == "1 of"

    play(scene)


def test_the_list_and_the_step_are_at_the_same_decision(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, EpisodeTarget(1), size=BIG) as (app, pilot):
            await press(pilot, "j", "j")
            assert scrubber(app)[:4] == "3 of"
            assert step_text(app).startswith("turn 2 ")

    play(scene)


def test_the_prompt_is_shown_as_it_changed_or_whole(told: Path) -> None:
    episode, turn, seat = next(step for step in find_steps(told, "model") if step[1] >= 2)

    async def scene() -> None:
        async with open_app(told, EpisodeTarget(episode, turn, seat), size=BIG) as (app, pilot):
            changed = step_text(app)
            assert "as before (" in changed
            await press(pilot, "d")
            assert "--full" in app.screen.twin() if isinstance(app.screen, ReplayScreen) else False
            assert step_text(app) != changed

    play(scene)


def test_a_recalled_memory_opens(told: Path) -> None:
    with AgentsDB.open_reader(told / "langgym.db") as db:
        recall = next(recall for episode in db.episodes() for recall in db.recalls(episode.episode_id))

    async def scene() -> None:
        target = EpisodeTarget(recall.episode_id, recall.turn, recall.seat)
        async with open_app(told, target, size=BIG) as (app, pilot):
            assert "relevance" in step_text(app)
            await press(pilot, "m", "enter")
            assert f"memory {recall.memory_id}" in screen_text(app).casefold()

    play(scene)


def test_what_a_step_taught_opens(lived: Path) -> None:
    opened: list[object] = []

    async def scene() -> None:
        async with open_app(lived, EpisodeTarget(1, 0), size=BIG) as (app, pilot):
            app.open = opened.append
            await press(pilot, "t", "enter")

    play(scene)
    [target] = opened
    assert isinstance(target, MemoryTarget)
    with AgentsDB.open_reader(lived / "langgym.db") as db:
        assert db.memory(target.memory_id).episode_id == 1


def test_where_nothing_was_recalled_m_says_so(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, EpisodeTarget(1, 0), size=BIG) as (app, pilot):
            await press(pilot, "m")
            assert "no memory was" in screen_text(app)

    play(scene)


def test_p_plays_to_the_end_and_stops(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, EpisodeTarget(1), size=BIG) as (app, pilot):
            await press(pilot, "plus", "plus", "plus", "p")
            assert "playing at 8 a second" in scrubber(app)
            for _ in range(40):
                await settle(pilot, rest=0.1)
                if "playing" not in scrubber(app):
                    break
            n = scrubber(app).split()[2]
            assert scrubber(app).startswith(f"{n} of {n}")

    play(scene)


def test_an_episode_that_is_played_is_followed_until_a_step_back(lived_home: Path) -> None:
    with AgentsDB.open(lived_home / "langgym.db") as db:
        episode_id = begin_again(db, 1)
        add_turns(db, 1, episode_id, range(2))

        async def scene() -> None:
            async with open_app(lived_home, EpisodeTarget(episode_id, follow=True), size=BIG) as (app, pilot):
                assert scrubber(app).startswith("2 of 2")
                add_turns(db, 1, episode_id, range(2, 3))
                await settle(pilot, rest=0.6)
                assert scrubber(app).startswith("3 of 3 following")
                await press(pilot, "left_square_bracket")
                add_turns(db, 1, episode_id, range(3, 5))
                await settle(pilot, rest=0.6)
                assert scrubber(app).startswith("2 of 5 2 new")
                await press(pilot, "f")
                assert scrubber(app).startswith("5 of 5 following")

        play(scene)


def begin_again(db: AgentsDB, episode_id: int) -> int:
    """Starts an episode like another one, in a run of its own."""
    from agents_db.records import EpisodeDraft, PlayerDraft, RunDraft

    old = db.episode(episode_id)
    run = db.run(old.run_id)
    new = db.start_run(
        RunDraft(seed=run.seed, settings=run.settings, langgym_version=run.langgym_version, commit=run.commit)
    )
    players = tuple(
        PlayerDraft(
            **{
                name: getattr(part, name)
                for name in ("seat", "role", "team", "player", "agent_id", "model", "settings")
            }
        )
        for part in old.participations
    )
    same = ("env_id", "kwargs", "text_version", "situation_version", "seed", "max_turns", "templates", "packages")
    draft = EpisodeDraft(
        run_id=new.run_id,
        number=0,
        choice_id=None,
        langgym_version=old.langgym_version,
        commit=old.commit,
        players=players,
        **{name: getattr(old, name) for name in same},
    )
    return db.start_episode(draft).episode_id


def add_turns(db: AgentsDB, source: int, episode_id: int, turns: Sequence[int]) -> None:
    """Stores turns of an episode as those of another one."""
    positions = {position.turn: position for position in db.positions(source)}
    for turn in turns:
        position = positions[turn]
        steps = [
            StepDraft(
                turn=step.turn,
                seat=step.seat,
                action=step.action,
                name=step.name,
                source=step.source,
                text=step.text,
                situation=step.situation,
                thought=None,
                n_attempts=0,
                first_try_legal=True,
            )
            for step in db.steps(source, turn=turn)
        ]
        draft = PositionDraft(turn=turn, digest=position.digest, payments=position.payments)
        db.record_turn(episode_id, draft, steps, paid=True)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40)])
def test_board_and_step_are_seen_at_every_size(size: tuple[int, int], lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, EpisodeTarget(1, 2), size=size) as (app, _):
            text = screen_text(app)
            assert "turn 2" in text
            assert "Board" in text

    play(scene)


def test_the_twin_prints_the_same_facts(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    episode, turn, seat = next(step for step in find_steps(told, "model") if step[1] >= 2)
    shown: list[str] = []

    async def scene() -> None:
        async with open_app(told, EpisodeTarget(episode, turn, seat), size=BIG) as (app, _):
            assert isinstance(app.screen, ReplayScreen)
            shown.extend([app.screen.twin(), step_text(app)])

    play(scene)
    capsys.readouterr()
    assert main(["--home", str(told), *shown[0].split()[1:]]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    facts = [" ".join(line.split()) for line in shown[1].split("the episode\n")[0].splitlines()]
    told_ones = [fact for fact in facts if fact.startswith(("turn", "chosen", "attempt", "recalled", "then", "return"))]
    assert len(told_ones) >= 5
    assert [fact for fact in told_ones if fact not in printed] == []
