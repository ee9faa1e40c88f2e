"""The life of an episode: one line a decision, or everything of one decision in blocks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from langgym.query.plain import plain_line
from langgym.views.blocks import Block
from langgym.views.columns import Column
from langgym.views.differences import tell_difference
from langgym.views.episodes import (
    describe_advice,
    describe_parts,
    describe_play,
    tell_attempt,
    tell_decision,
    tell_recalled,
    tell_rewards,
    tell_score,
)
from langgym.views.words import format_return

if TYPE_CHECKING:
    from langgym.query.episodes import AttemptItem, PromptMessage, StepItem
    from langgym.query.replay import Replay, ReplayStep, SpineItem
    from langgym.views.columns import Columns

    Messages = Sequence[PromptMessage]

REPLY_SECTION = "reply"
"""The section of a later attempt's prompt that repeats the reply before: it is shown with the attempt that gave it."""
SOURCES = {
    "model": "chosen by the model",
    "advised": "chosen by the model's likelihoods joined with experience",
    "experience": "chosen by experience alone",
    "fallback": "NOBODY CHOSE IT: no attempt gave a legal action",
    "random": "drawn at random",
    "human": "chosen by a person",
    "scripted": "given by a script",
    "guest": "chosen by a guest",
}


@dataclass(frozen=True, slots=True)
class Move:
    """A decision in the life of an episode, and what had come of it."""

    item: "SpineItem"
    reward: float | None
    """What the seat earned by it; `None` while the environment has not moved on."""
    total: float
    """The seat's return after it."""
    others: Mapping[str, float]
    """What seats earned by it that decided nothing in this turn, of the last decision of the turn."""


MOVE_COLUMNS: "Columns[Move]" = (
    Column("turn", lambda move: move.item.turn, width=4, right=True),
    Column("seat", lambda move: move.item.seat, width=10),
    Column("player", lambda move: move.item.player, width=14, rank=4),
    Column("action", lambda move: move.item.name, width=16),
    Column("source", lambda move: move.item.source, width=10),
    Column("reward", lambda move: None if move.reward is None else _sign(move.reward), width=7, right=True, rank=1),
    Column("return", lambda move: format_return(move.total), width=7, right=True, rank=3),
    Column("marks", lambda move: tell_marks(move), width=24, rank=2),
)


def list_moves(replay: "Replay") -> list[Move]:
    """Returns the decisions of an episode in order, with what each seat had earned by then."""
    totals: dict[str, float] = {}
    turns: dict[int, list[SpineItem]] = {}
    for item in replay.spine:
        turns.setdefault(item.turn, []).append(item)
    moves: list[Move] = []
    for turn, items in turns.items():
        paid = {seat: reward or 0.0 for item in items for seat, reward in item.rewards.items()}
        for seat, reward in paid.items():
            totals[seat] = totals.get(seat, 0.0) + reward
        settled = is_settled(replay, turn)
        deciding = {item.seat for item in items}
        others = {seat: reward for seat, reward in paid.items() if seat not in deciding and reward}
        for item in items:
            reward = paid.get(item.seat, 0.0) if settled else None
            shown = others if item is items[-1] else {}
            moves.append(Move(item=item, reward=reward, total=totals.get(item.seat, 0.0), others=shown))
    return moves


def is_settled(replay: "Replay", turn: int) -> bool:
    """Returns whether it is known what a turn earned: of the last one only after the episode has ended."""
    return replay.status == "finished" or turn < replay.spine[-1].turn


def tell_marks(move: Move) -> str:
    """Returns what is worth a look at a decision: attempts that failed, memories, what others earned by it."""
    item = move.item
    marks = ["nobody chose it"] if item.source == "fallback" else []
    if item.n_attempts > 1:
        marks.append(f"{item.n_attempts} attempts")
    elif not item.first_try_legal:
        marks.append("not legal at first try")
    if item.n_recalled:
        marks.append(f"{item.n_recalled} recalled")
    if others := tell_rewards(move.others):
        marks.append(f"then {others}")
    return ", ".join(marks)


def describe_life(replay: "Replay") -> list[str]:
    """Returns what an episode is and what has come of it, line by line; its decisions are not in it."""
    lines = describe_play(replay)
    if replay.fault:
        lines.append(f"  fault: {plain_line(replay.fault)}")
    return [*lines, *describe_parts(replay)]


def list_step_blocks(shown: "ReplayStep", *, in_full: bool = False, settled: bool = True) -> list[Block]:
    """Returns everything of one decision.

    Blocks are called `decision`, `board`, `prompt:SECTION`, `attempt:NUMBER`, `memory:ID`, `advice`, `outcome` and
    `taught:ID`; a section that comes again has its number behind its name.

    Args:
        shown: The decision.
        in_full: With each section of the prompt as it was, instead of what differs from the seat's prompt before.
        settled: Whether it is known what it earned.
    """
    step = shown.step
    blocks = [Block("decision", tell_decision(step), list(_tell_choice(shown)))]
    first = next((attempt.prompt for attempt in step.attempts if attempt.prompt is not None), None)
    if shown.board is not None:
        seen = first is not None or step.text is not None
        blocks.append(Block("board", "board" if seen else "board, as last seen by an agent", shown.board.splitlines()))
    if first is not None:
        blocks += _list_sections(shown.previous_prompt, first, in_full=in_full)
    blocks += _list_attempts(step.attempts)
    blocks += [Block(f"memory:{memory.memory_id}", tell_recalled(memory)) for memory in step.recalled]
    if step.advice is not None:
        title, *lines = describe_advice(step.advice, in_full=True, chosen=step.action)
        blocks.append(Block("advice", title, [line.removeprefix("  ") for line in lines]))
    blocks.append(_tell_outcome(shown, settled=settled))
    blocks += [Block(f"taught:{memory_id}", f"taught memory {memory_id}") for memory_id in shown.taught]
    return blocks


def _tell_choice(shown: "ReplayStep") -> Iterator[str]:
    """Yields where a decision came from, and how things stood."""
    step = shown.step
    option = _find_option(step)
    yield SOURCES[step.source] + ("" if option is None else f": {option}")
    if step.thought:
        yield f'thought: "{plain_line(step.thought)}"'
    if step.situation:
        yield f"situation: {plain_line(step.situation)}"
    before = _tell_totals(shown.earned)
    if before:
        yield f"return before: {before}"


def _find_option(step: "StepItem") -> str | None:
    """Returns what the score of the chosen action was made of, where scores chose it."""
    if step.advice is None or step.source not in ("advised", "experience"):
        return None
    return next((tell_score(option) for option in step.advice.options if option.action == step.action), None)


def _tell_outcome(shown: "ReplayStep", *, settled: bool) -> Block:
    rewards = shown.step.rewards
    if not settled:
        return Block("outcome", "then earned: not known before the next turn")
    seats = {**shown.earned, **rewards}
    after = {seat: (shown.earned.get(seat) or 0.0) + (rewards.get(seat) or 0.0) for seat in seats}
    lines = [f"return after: {_tell_totals(after)}"] if after else []
    return Block("outcome", f"then earned: {tell_rewards(rewards) or 'nothing'}", lines)


def _list_sections(before: "Messages | None", after: "Messages", *, in_full: bool) -> list[Block]:
    """Returns a prompt by section, each as it differs from the one before."""
    old, new = _name_sections(before or ()), _name_sections(after)
    blocks = [_show_section(name, message, old.get(name), in_full=in_full) for name, message in new.items()]
    for name, gone in old.items():
        if name in new:
            continue
        title = f"prompt {plain_line(name)}: not shown this time ({len(gone.text):,} characters before)"
        blocks.append(Block(f"prompt:{name}", title, changed=False))
    return blocks


def _show_section(name: str, message: "PromptMessage", before: "PromptMessage | None", *, in_full: bool) -> Block:
    lines = message.text.splitlines()
    title = f"prompt {plain_line(name)} ({plain_line(message.role)})"
    if before is None:
        return Block(f"prompt:{name}", title, lines)
    if before.text == message.text:
        return Block(f"prompt:{name}", f"{title}: as before ({len(message.text):,} characters)", lines, changed=False)
    changed = None if in_full else tell_difference(before.text.splitlines(), lines)
    how = "changed" if changed is not None or in_full else "all of it is new"
    shown = lines if changed is None else changed
    return Block(f"prompt:{name}", f"{title}: {how}", shown, marked=changed is not None)


def _name_sections(messages: "Messages") -> "dict[str, PromptMessage]":
    """Returns messages by their section; one that comes again has its number behind its name."""
    named: dict[str, PromptMessage] = {}
    for message in messages:
        name, number = message.section, 1
        while name in named:
            number += 1
            name = f"{message.section} {number}"
        named[name] = message
    return named


def _list_attempts(attempts: "Sequence[AttemptItem]") -> list[Block]:
    blocks: list[Block] = []
    before: Messages | None = None
    for attempt in attempts:
        lines = [] if before is None or attempt.prompt is None else list(_tell_retry(before, attempt.prompt))
        if attempt.reply is not None:
            lines += ["reply", *(f"| {line}" for line in attempt.reply.splitlines())]
        blocks.append(Block(f"attempt:{attempt.ordinal + 1}", tell_attempt(attempt), lines))
        before = attempt.prompt or before
    return blocks


def _tell_retry(before: "Messages", after: "Messages") -> Iterator[str]:
    """Yields what an attempt was told that the one before was not, and what was left out for it."""
    old, new = _name_sections(before), _name_sections(after)
    for name, message in new.items():
        if name not in old and message.section != REPLY_SECTION:
            yield f"told ({plain_line(message.section)})"
            yield from (f"| {line}" for line in message.text.splitlines())
    yield from (f"without {plain_line(name)}" for name in old if name not in new)


def _tell_totals(totals: "Mapping[str, float | None]") -> str:
    return ", ".join(f"{seat} {format_return(total)}" for seat, total in totals.items())


def _sign(amount: float) -> str:
    return f"{amount:+g}" if amount else "0"
