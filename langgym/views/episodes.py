"""Episodes and decisions as tables and lines."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from langgym.query.plain import plain_line
from langgym.views.blocks import indent
from langgym.views.columns import Column
from langgym.views.words import format_return, format_time

if TYPE_CHECKING:
    from langgym.query.episodes import (
        AdviceItem,
        AdvisedItem,
        AttemptItem,
        EpisodeDetail,
        EpisodeItem,
        Participation,
        RecalledItem,
        StepItem,
        ToldItem,
    )
    from langgym.query.replay import Replay
    from langgym.views.columns import Columns

NO_EPISODE = "no episode here; `langgym play --agent ada` plays one"
PROBLEM_SHOWN = 200
BEST_SHOWN = 3
PART_GAP = " / "
"""Between what stands in one cell for each seat."""


def tell_status(episode: "EpisodeItem") -> str:
    """Returns how an episode stands, and why it ended where that was not by the rules."""
    mark = ", drifted" if episode.drifted else ""
    reason = f" ({episode.reason})" if episode.reason not in (None, "natural", "fault") else ""
    return f"{episode.status}{reason}{mark}"


def tell_players(episode: "EpisodeItem") -> str:
    """Returns who played in which seat, and what came of it, in one line."""
    return "; ".join(
        f"{part.player} as {part.seat}"
        + ("" if part.total is None else f" {part.total:+.2f}")
        + (f" {part.result}" if part.result else "")
        + (f" ({part.n_fallbacks} fallbacks)" if part.n_fallbacks else "")
        for part in episode.participations
    )


def _name_players(episode: "EpisodeItem") -> str:
    return "; ".join(f"{part.player} as {part.seat}" for part in episode.participations)


def _tell_returns(episode: "EpisodeItem") -> str | None:
    totals = [part.total for part in episode.participations]
    return PART_GAP.join(map(format_return, totals)) if any(total is not None for total in totals) else None


def _tell_results(episode: "EpisodeItem") -> str | None:
    results = [part.result for part in episode.participations]
    return PART_GAP.join(result or "-" for result in results) if any(results) else None


_FIRST_COLUMNS: "Columns[EpisodeItem]" = (
    Column("id", lambda episode: episode.episode_id, width=7, right=True),
    Column("environment", lambda episode: episode.env_id, width=26),
    Column("status", tell_status, width=18),
    Column("turns", lambda episode: episode.n_turns, width=5, right=True, rank=2),
    Column("started", lambda episode: format_time(episode.started_at), width=16, rank=3),
)

LISTED_COLUMNS: "Columns[EpisodeItem]" = (*_FIRST_COLUMNS, Column("players", tell_players, width=60))
"""All of an episode in few columns: the last one tells every seat's player, return, result and fallbacks."""

EPISODE_COLUMNS: "Columns[EpisodeItem]" = (
    *_FIRST_COLUMNS,
    Column("return", _tell_returns, width=15),
    Column("result", _tell_results, width=11, rank=1),
    Column(
        "fallbacks",
        lambda episode: sum(part.n_fallbacks for part in episode.participations),
        width=9,
        right=True,
        rank=1,
    ),
    Column("players", _name_players, width=44),
)
"""The same with columns of their own for what came of it; a cell lists the seats in the order of `players`."""


def describe_episode(episode: "EpisodeDetail", *, in_full: bool) -> list[str]:
    """Returns an episode line by line; `in_full` adds what each seat saw."""
    lines = [*describe_head(episode), ""]
    for step in episode.steps:
        lines += describe_step(step, in_full=in_full)
    for pending in episode.pending:
        lines.append(f"turn {pending.turn}  {pending.seat}: no decision; its attempts were")
        lines += describe_attempts(pending.attempts)
    if not episode.steps and not episode.pending:
        lines.append("no decision here")
    return lines


def describe_head(episode: "EpisodeDetail") -> list[str]:
    """Returns what an episode was, how it was chosen and what came of it for each seat, line by line."""
    lines = [*describe_play(episode), f"  LangGym {episode.langgym_version} {(episode.commit or '')[:12]}".rstrip()]
    if episode.options:
        lines.append(f"  reset with {', '.join(f'{name}={value}' for name, value in episode.options.items())}")
    if episode.fault:
        lines.append(f"  fault: {plain_line(episode.fault)}")
    if episode.choice is not None:
        choice = episode.choice
        why = f', because: "{plain_line(choice.reason)}"' if choice.reason else ""
        lines.append(f"  chosen among {len(choice.offered)} by {choice.source}{why}")
    return [*lines, *describe_parts(episode)]


def describe_play(episode: "EpisodeDetail | Replay") -> list[str]:
    """Returns what was played when, how it stands and what it can be played again with, line by line."""
    variant = "".join(f" {name}={value}" for name, value in episode.kwargs.items())
    reason = f", {episode.reason}" if episode.reason else ""
    drifted = ", DRIFTED: its replay differed" if episode.drifted else ""
    cap = f", at most {episode.max_turns} turns" if episode.max_turns else ""
    return [
        f"episode {episode.episode_id}: {episode.env_id}{variant}",
        f"  {episode.status}{reason}{drifted} after {episode.n_turns} turns{cap}",
        f"  {format_time(episode.started_at)} to {format_time(episode.ended_at)}",
        f"  run {episode.run_id} (seed {episode.run_seed}), number {episode.number} in it; seed {episode.seed}",
    ]


def describe_parts(episode: "EpisodeDetail | Replay") -> list[str]:
    """Returns what came of an episode for each seat, and who remembers it, line by line."""
    lines = [f"  {describe_seat(part)}" for part in episode.participations]
    if episode.memory_ids:
        lines.append(f"  memories of it: {', '.join(map(str, episode.memory_ids))}")
    return lines


def describe_seat(part: "Participation") -> str:
    """Returns who sat in a seat, how well its decisions went and what it earned, in one line."""
    model = f" ({part.model})" if part.model else ""
    total = "" if part.total is None else f": return {part.total:+g}"
    result = f", {part.result}" if part.result else ""
    legal = f", {part.n_first_try_legal} legal at first try" if part.agent_id is not None else ""
    return (
        f"{part.seat}: {part.player}{model}{total}{result}; {part.n_decisions} decisions{legal}, "
        f"{part.n_fallbacks} fallbacks"
    )


def describe_step(step: "StepItem", *, in_full: bool) -> list[str]:
    """Returns a decision line by line."""
    lines = [tell_decision(step)]
    if in_full and step.text:
        lines += ["    it saw", *indent(step.text.splitlines(), "      | ")]
    if in_full and step.situation:
        lines.append(f"    situation: {step.situation}")
    if step.thought:
        lines.append(f'    thought: "{plain_line(step.thought)}"')
    lines += [f"    {tell_recalled(memory)}" for memory in step.recalled]
    if step.advice is not None:
        lines += indent(describe_advice(step.advice, in_full=in_full), "    ")
    lines += describe_attempts(step.attempts)
    paid = tell_rewards(step.rewards)
    if paid:
        lines.append(f"    then earned: {paid}")
    return lines


def tell_decision(step: "StepItem") -> str:
    """Returns who did what in a turn, and who chose it, in one line."""
    source = "FALLBACK: nobody chose it" if step.source == "fallback" else step.source
    return f"turn {step.turn}  {step.seat} ({step.player}): {plain_line(step.name)}  [{source}]"


def tell_recalled(memory: "RecalledItem") -> str:
    """Returns which memory was shown for a decision, and why that one, in one line."""
    parts = ", ".join(f"{name} {value or 0:.2f}" for name, value in memory.parts.items())
    return f"recalled memory {memory.memory_id}, rank {memory.rank}, score {memory.score:.3f} ({parts})"


def tell_rewards(rewards: Mapping[str, float | None]) -> str:
    """Returns what each seat earned, without those that earned nothing; an empty text where nobody did."""
    return ", ".join(f"{seat} {reward:+g}" for seat, reward in rewards.items() if reward)


def describe_advice(advice: "AdviceItem", *, in_full: bool, chosen: int | None = None) -> list[str]:
    """Returns what experience said: the best scores, or all of them and the episodes behind the records.

    Args:
        advice: What it said.
        in_full: Whether to tell all of it.
        chosen: The action that is marked.
    """
    outlook = "nothing yet" if advice.outlook is None else f"{advice.outlook:+.2f} to be expected"
    names = {option.action: _name_action(option) for option in advice.options}
    ranked = sorted(advice.options, key=lambda option: -(option.score or 0.0))
    lines = [f"experience: {outlook}"]
    for option in ranked if in_full else ranked[:BEST_SHOWN]:
        mark = " [chosen]" if option.action == chosen else ""
        lines.append(f"  {names[option.action]}: {tell_score(option)}{mark}")
    if in_full:
        lines += [f"  {_describe_record(told, names)}" for told in advice.records]
    return lines


def tell_score(option: "AdvisedItem") -> str:
    """Returns the score of an action and the parts that it is made of, in one line."""
    share = "" if option.share is None else f", the model's likelihood {option.share:.2f}"
    effect = f", strategies {option.effect:+.2f}" if option.effect else ""
    return f"score {option.score:+.2f}: value {option.value:+.2f}, tried {option.tried} times{effect}{share}"


def _name_action(option: "AdvisedItem") -> str:
    return f"action {option.action}" if option.name is None else plain_line(option.name)


def _describe_record(told: "ToldItem", names: Mapping[int, str]) -> str:
    episodes = ", ".join(map(str, told.episodes))
    fact = f" by {told.fact!r}" if told.fact is not None else ""
    name = names.get(told.action, f"action {told.action}")
    return f"{name}{fact}: {told.n} times, mean return {told.mean:+.2f}, in episodes {episodes}"


def describe_attempts(attempts: "Sequence[AttemptItem]") -> list[str]:
    """Returns the attempts at a decision line by line; one that was legal at once needs no words."""
    lines: list[str] = []
    for attempt in attempts:
        lines += _describe_attempt(attempt, alone=len(attempts) == 1)
    return lines


def _describe_attempt(attempt: "AttemptItem", *, alone: bool) -> list[str]:
    lines: list[str] = []
    for message in attempt.prompt or ():
        lines += [f"    --- {message.role}: {message.section}", *indent(message.text.splitlines(), "      ")]
    if attempt.prompt is not None:
        lines += ["    --- reply", *indent((attempt.reply or "(none)").splitlines(), "      ")]
    if alone and attempt.outcome == "ok" and attempt.prompt is None:
        return lines
    lines.append(f"    {tell_attempt(attempt)}")
    return lines


def tell_attempt(attempt: "AttemptItem") -> str:
    """Returns what came of an attempt, and what it took, in one line."""
    problem = f": {plain_line(attempt.problem, PROBLEM_SHOWN)}" if attempt.problem else ""
    tokens = "" if attempt.tokens_in is None else f"; {attempt.tokens_in} tokens read, {attempt.tokens_out} written"
    return f"attempt {attempt.ordinal + 1}: {attempt.outcome}{problem} [{attempt.milliseconds} ms{tokens}]"
