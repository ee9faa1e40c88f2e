"""Read models in words: what the command line prints and the terminal interface shows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents_db.store import AgentsDB
from langgym.cli.app import main
from langgym.home import store_path
from langgym.models.loopback import ChatRequest, ChatServer
from langgym.query.episodes import AdviceItem, AdvisedItem, AttemptItem, EpisodeItem, PromptMessage, read_episodes
from langgym.query.memories import read_memories, read_memory
from langgym.query.replay import Replay, ReplayStep, read_replay, read_replay_step
from langgym.views.blocks import Block, tell_blocks
from langgym.views.columns import Columns, show_cell
from langgym.views.differences import MAX_LINES, tell_difference
from langgym.views.episodes import EPISODE_COLUMNS, LISTED_COLUMNS, PART_GAP
from langgym.views.memories import MEMORY_COLUMNS, choose_columns, describe_memory, list_memory_blocks
from langgym.views.replay import MOVE_COLUMNS, list_moves, list_step_blocks
from tests.cli.harness import find_flags, pick_first

FORGED = "fine\n\nmemory 9 of eve (episodic, active)\u2028turn 3  player_1 (eve): won"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which ada has played tic-tac-toe three times; every third reply is none."""
    home = tmp_path_factory.mktemp("lived")
    replies = iter(range(10**6))

    def answer(request: ChatRequest) -> str:
        return "I do not know" if next(replies) % 3 == 0 else pick_first(request)

    with ChatServer(answer) as server:
        flags = [*find_flags(server), "--quiet", "--home", str(home)]
        assert main(["play", "--agent", "ada", "--env", "tictactoe", "--episodes", "3", "--seed", "5", *flags]) == 0
    return home


@pytest.fixture
def db(lived: Path) -> Iterator[AgentsDB]:
    with AgentsDB.open_reader(store_path(lived)) as opened:
        yield opened


@pytest.fixture
def replay(db: AgentsDB) -> Replay:
    """The last episode: memories of the first two are recalled in it."""
    return read_replay(db, 3)


def find_step(db: AgentsDB, replay: Replay, number: int) -> ReplayStep:
    """Returns the agent's decision of that number."""
    item = [item for item in replay.spine if item.player == "ada"][number]
    return read_replay_step(db, replay.episode_id, item.turn, item.seat)


def find_block(blocks: list[Block], name: str) -> Block:
    return next(block for block in blocks if block.name == name)


def show_row(columns: Columns[EpisodeItem], episode: EpisodeItem) -> list[str]:
    return [show_cell(column.show(episode)) for column in columns]


def change_prompt(step: ReplayStep, **sections: str) -> ReplayStep:
    """Returns a decision whose first prompt has other texts in these sections, and the prompt before as it was."""
    [first, *others] = step.step.attempts
    assert first.prompt is not None
    prompt = tuple(
        PromptMessage(role=each.role, section=each.section, text=sections.get(each.section, each.text))
        for each in first.prompt
    )
    attempts = (first.model_copy(update={"prompt": prompt}), *others)
    decision = step.step.model_copy(update={"attempts": attempts})
    return step.model_copy(update={"step": decision, "previous_prompt": first.prompt})


# Tables


def test_both_tables_of_episodes_say_the_same_of_each_seat(db: AgentsDB) -> None:
    episode = read_episodes(db).items[0]
    told = " ".join(show_row(LISTED_COLUMNS, episode))
    cells = show_row(EPISODE_COLUMNS, episode)
    parts = [part for cell in cells for piece in cell.split(PART_GAP) for part in piece.split("; ")]
    assert [part for part in parts if part not in told and part != "0"] == []


def test_returns_stand_in_the_order_of_the_players(db: AgentsDB) -> None:
    episode = read_episodes(db).items[0]
    cells = dict(zip([column.heading for column in EPISODE_COLUMNS], show_row(EPISODE_COLUMNS, episode), strict=True))
    seats = [f"{part.player} as {part.seat}" for part in episode.participations]
    assert cells["players"].split("; ") == seats
    assert cells["return"].split(PART_GAP) == [f"{part.total:+.2f}" for part in episode.participations]


@pytest.mark.parametrize("columns", [EPISODE_COLUMNS, LISTED_COLUMNS, MEMORY_COLUMNS, MOVE_COLUMNS])
def test_a_table_keeps_a_column_on_the_narrowest_terminal(columns: Columns[object]) -> None:
    assert sum(column.width + 2 for column in columns if column.rank == 0) <= 200
    assert any(column.rank == 0 for column in columns)


def test_a_table_of_one_agents_active_memories_leaves_out_agent_and_state(db: AgentsDB) -> None:
    headings = [column.heading for column in choose_columns(one_agent=True, one_state=True)]
    assert {column.heading for column in MEMORY_COLUMNS} - set(headings) == {"agent", "state"}


# Memories


def test_a_memory_in_lines_is_its_blocks_one_below_the_other(db: AgentsDB) -> None:
    memory = read_memory(db, 1)
    blocks = list_memory_blocks(memory, prompts=False)
    told = "\n\n".join("\n".join([block.title, *(f"  {line}" for line in block.lines)]) for block in blocks)
    assert "\n".join(describe_memory(memory, prompts=False)) == told


def test_a_memory_cannot_forge_a_heading(db: AgentsDB) -> None:
    memory = read_memory(db, 1).model_copy(update={"text": FORGED})
    lines = [line for each in describe_memory(memory, prompts=False) for line in each.splitlines()]
    assert [line for line in lines if line.startswith(("memory 9", "turn 3"))] == []
    assert "  memory 9 of eve (episodic, active)" in lines


def test_a_memory_that_nobody_changed_has_no_block_of_changes(db: AgentsDB) -> None:
    page = read_memories(db, "ada")
    unchanged = next(item for item in page.items if item.rev == 0)
    names = [block.name for block in list_memory_blocks(read_memory(db, unchanged.memory_id), prompts=False)]
    assert names == ["memory", "decisions", "recalled"]


# Differences


def test_a_line_that_was_replaced_is_marked_in_both_forms() -> None:
    assert tell_difference(["a", "b"], ["a", "c"]) == ["  a", "- b", "+ c"]


def test_texts_that_share_nothing_are_not_compared() -> None:
    assert tell_difference(["a"], ["b"]) is None


def test_texts_of_many_lines_are_not_compared() -> None:
    lines = ["same"] * (MAX_LINES + 1)
    assert tell_difference(lines, lines) is None


# Replay


def test_returns_of_the_last_moves_are_those_of_the_episode(replay: Replay) -> None:
    totals = {part.seat: part.total for part in replay.participations}
    shown = {move.item.seat: move.total for move in list_moves(replay)}
    last = list_moves(replay)[-1]
    assert shown[last.item.seat] == totals[last.item.seat]
    assert {**{last.item.seat: last.reward}, **last.others} == totals


def test_seats_that_act_at_once_are_paid_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    play = ("play", "--agent", "bob", "--model", "random", "--rival", "random", "--env", "simple_spread", "--quiet")
    assert main([*play, "--max-turns", "3", "--seed", "1", "--home", str(home)]) == 0
    with AgentsDB.open_reader(store_path(home)) as db:
        replay = read_replay(db, 1)
    shown = {move.item.seat: move.total for move in list_moves(replay)}
    assert len(shown) > 1
    assert shown == pytest.approx({part.seat: part.total for part in replay.participations})


def test_what_the_last_turn_earned_is_unknown_while_it_is_played(replay: Replay) -> None:
    running = replay.model_copy(update={"status": "running"})
    rewards = [move.reward for move in list_moves(running)]
    assert rewards[-1] is None
    assert None not in rewards[:-1]


def test_an_unchanged_section_says_how_long_it_is_and_is_folded(db: AgentsDB, replay: Replay) -> None:
    step = change_prompt(find_step(db, replay, 0), board="TURN 9\nanother")
    rules = find_block(list_step_blocks(step), "prompt:rules")
    assert step.previous_prompt is not None
    [text] = [message.text for message in step.previous_prompt if message.section == "rules"]
    assert (rules.changed, rules.lines) == (False, text.splitlines())
    assert rules.title.endswith(f"as before ({len(text):,} characters)")
    assert "\n".join(tell_blocks([rules])) == rules.title


def test_a_changed_section_is_shown_as_a_difference(db: AgentsDB, replay: Replay) -> None:
    step = find_step(db, replay, 0)
    [text] = [each.text for each in step.step.attempts[0].prompt or () if each.section == "menu"]
    menu = find_block(list_step_blocks(change_prompt(step, menu=f"{text}\nor say nothing")), "prompt:menu")
    assert menu.changed
    assert menu.lines[-1] == "+ or say nothing"
    assert "- or say nothing" not in menu.lines


def test_a_section_in_full_has_no_marks(db: AgentsDB, replay: Replay) -> None:
    step = find_step(db, replay, 0)
    [text] = [each.text for each in step.step.attempts[0].prompt or () if each.section == "menu"]
    changed = change_prompt(step, menu=f"{text}\nor say nothing")
    assert find_block(list_step_blocks(changed, in_full=True), "prompt:menu").lines == [
        *text.splitlines(),
        "or say nothing",
    ]


def test_a_section_that_is_gone_is_named(db: AgentsDB, replay: Replay) -> None:
    step = change_prompt(find_step(db, replay, 0))
    assert step.previous_prompt is not None
    more = PromptMessage(role="user", section="memories", text="0123456789")
    step = step.model_copy(update={"previous_prompt": (*step.previous_prompt, more)})
    before = [name for name in (block.name for block in list_step_blocks(step)) if name.startswith("prompt:")]
    gone = find_block(list_step_blocks(step), before[-1])
    assert "not shown this time (10 characters before)" in gone.title


def test_a_failed_attempt_is_shown_with_what_the_next_one_was_told(db: AgentsDB, replay: Replay) -> None:
    item = next(item for item in replay.spine if item.n_attempts > 1)
    step = read_replay_step(db, replay.episode_id, item.turn, item.seat)
    blocks = list_step_blocks(step)
    assert find_block(blocks, "attempt:1").title.startswith("attempt 1: unreadable")
    assert "| I do not know" in find_block(blocks, "attempt:1").lines
    assert find_block(blocks, "attempt:2").lines[0] == "told (retry)"


def test_every_recalled_memory_is_a_block_with_the_parts_of_its_score(db: AgentsDB, replay: Replay) -> None:
    step = find_step(db, replay, 1)
    recalled = [block for block in list_step_blocks(step) if block.name.startswith("memory:")]
    assert step.step.recalled
    assert [block.name for block in recalled] == [f"memory:{memory.memory_id}" for memory in step.step.recalled]
    assert all(part in recalled[0].title for part in step.step.recalled[0].parts)


def test_an_advised_decision_names_the_parts_of_its_score(db: AgentsDB, replay: Replay) -> None:
    step = find_step(db, replay, 0)
    action = step.step.action
    chosen = AdvisedItem(action=action, value=0.25, evidence=1, tried=7, effect=0.5, share=0.125, score=0.75)
    advice = AdviceItem(exact=True, outlook=0.25, options=(chosen,), records=())
    advised = step.step.model_copy(update={"source": "advised", "advice": advice})
    blocks = list_step_blocks(step.model_copy(update={"step": advised}))
    [where, *_] = find_block(blocks, "decision").lines
    parts = "score +0.75: value +0.25, tried 7 times, strategies +0.50, the model's likelihood 0.12"
    assert where.endswith(parts)
    assert find_block(blocks, "advice").lines == [f"action {action}: {parts} [chosen]"]


def test_a_board_that_the_seat_did_not_see_says_so(db: AgentsDB, replay: Replay) -> None:
    rival = next(item for item in replay.spine if item.player != "ada" and item.turn > 0)
    board = find_block(list_step_blocks(read_replay_step(db, 3, rival.turn, rival.seat)), "board")
    own = find_block(list_step_blocks(find_step(db, replay, 0)), "board")
    assert (board.title, own.title) == ("board, as last seen by an agent", "board")


def test_a_fallback_says_that_nobody_chose_it(db: AgentsDB, replay: Replay) -> None:
    step = find_step(db, replay, 0)
    fallback = step.step.model_copy(update={"source": "fallback"})
    decision = find_block(list_step_blocks(step.model_copy(update={"step": fallback})), "decision")
    assert "FALLBACK" in decision.title
    assert decision.lines[0].startswith("NOBODY CHOSE IT")


def test_a_reply_cannot_forge_a_block(db: AgentsDB, replay: Replay) -> None:
    step = find_step(db, replay, 0)
    forged = AttemptItem.model_validate({**dict(step.step.attempts[0]), "reply": FORGED})
    decision = step.step.model_copy(update={"attempts": (forged,), "thought": FORGED, "situation": FORGED})
    told = tell_blocks(list_step_blocks(step.model_copy(update={"step": decision, "board": FORGED})))
    lines = [line for each in told for line in each.splitlines()]
    assert len(lines) == len(told)
    assert [line for line in lines if line.startswith(("memory 9", "turn 3"))] == []


def test_a_step_and_its_memory_lead_to_each_other(db: AgentsDB, replay: Replay) -> None:
    step = find_step(db, replay, 0)
    taught = [block.name for block in list_step_blocks(step) if block.name.startswith("taught:")]
    assert taught == [f"taught:{memory_id}" for memory_id in step.taught]
    assert set(step.taught) <= set(replay.memory_ids)
    assert step.taught


def test_blocks_of_a_step_have_names_of_their_own(db: AgentsDB, replay: Replay) -> None:
    names = [block.name for block in list_step_blocks(find_step(db, replay, 2))]
    assert len(set(names)) == len(names)
