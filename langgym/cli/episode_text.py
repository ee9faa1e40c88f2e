"""An episode in words."""

from collections.abc import Sequence

from langgym.cli.output import format_time
from langgym.query.episodes import AttemptItem, EpisodeDetail, Participation, StepItem
from langgym.query.plain import plain_line

PROBLEM_SHOWN = 200


def describe_episode(episode: EpisodeDetail, *, in_full: bool) -> list[str]:
    """Returns an episode line by line; `in_full` adds what each seat saw."""
    lines = [*_describe_head(episode), ""]
    for step in episode.steps:
        lines += describe_step(step, in_full=in_full)
    for pending in episode.pending:
        lines.append(f"turn {pending.turn}  {pending.seat}: no decision; its attempts were")
        lines += describe_attempts(pending.attempts)
    if not episode.steps and not episode.pending:
        lines.append("no decision here")
    return lines


def describe_step(step: StepItem, *, in_full: bool) -> list[str]:
    """Returns a decision line by line."""
    source = "FALLBACK: nobody chose it" if step.source == "fallback" else step.source
    lines = [f"turn {step.turn}  {step.seat} ({step.player}): {plain_line(step.name)}  [{source}]"]
    if in_full and step.text:
        lines += ["    it saw", *_indent(step.text, "      | ")]
    if in_full and step.situation:
        lines.append(f"    situation: {step.situation}")
    if step.thought:
        lines.append(f'    thought: "{plain_line(step.thought)}"')
    for memory in step.recalled:
        parts = ", ".join(f"{name} {value or 0:.2f}" for name, value in memory.parts.items())
        lines.append(f"    recalled memory {memory.memory_id}, rank {memory.rank}, score {memory.score:.3f} ({parts})")
    lines += describe_attempts(step.attempts)
    paid = ", ".join(f"{seat} {reward:+g}" for seat, reward in step.rewards.items() if reward)
    if paid:
        lines.append(f"    then earned: {paid}")
    return lines


def describe_attempts(attempts: Sequence[AttemptItem]) -> list[str]:
    """Returns the attempts at a decision line by line; one that was legal at once needs no words."""
    lines: list[str] = []
    for attempt in attempts:
        lines += _describe_attempt(attempt, alone=len(attempts) == 1)
    return lines


def _describe_attempt(attempt: AttemptItem, *, alone: bool) -> list[str]:
    lines: list[str] = []
    for message in attempt.prompt or ():
        lines += [f"    --- {message.role}: {message.section}", *_indent(message.text, "      ")]
    if attempt.prompt is not None:
        lines += ["    --- reply", *_indent(attempt.reply or "(none)", "      ")]
    if alone and attempt.outcome == "ok" and attempt.prompt is None:
        return lines
    problem = f": {plain_line(attempt.problem, PROBLEM_SHOWN)}" if attempt.problem else ""
    tokens = "" if attempt.tokens_in is None else f"; {attempt.tokens_in} tokens read, {attempt.tokens_out} written"
    lines.append(f"    attempt {attempt.ordinal + 1}: {attempt.outcome}{problem} [{attempt.milliseconds} ms{tokens}]")
    return lines


def _describe_head(episode: EpisodeDetail) -> list[str]:
    variant = "".join(f" {name}={value}" for name, value in episode.kwargs.items())
    reason = f", {episode.reason}" if episode.reason else ""
    drifted = ", DRIFTED: its replay differed" if episode.drifted else ""
    cap = f", at most {episode.max_turns} turns" if episode.max_turns else ""
    lines = [
        f"episode {episode.episode_id}: {episode.env_id}{variant}",
        f"  {episode.status}{reason}{drifted} after {episode.n_turns} turns{cap}",
        f"  {format_time(episode.started_at)} to {format_time(episode.ended_at)}",
        f"  run {episode.run_id} (seed {episode.run_seed}), number {episode.number} in it; seed {episode.seed}",
        f"  LangGym {episode.langgym_version} {(episode.commit or '')[:12]}".rstrip(),
    ]
    if episode.options:
        lines.append(f"  reset with {', '.join(f'{name}={value}' for name, value in episode.options.items())}")
    if episode.fault:
        lines.append(f"  fault: {plain_line(episode.fault)}")
    if episode.choice is not None:
        choice = episode.choice
        why = f', because: "{plain_line(choice.reason)}"' if choice.reason else ""
        lines.append(f"  chosen among {len(choice.offered)} by {choice.source}{why}")
    lines += [_describe_seat(part) for part in episode.participations]
    if episode.memory_ids:
        lines.append(f"  memories of it: {', '.join(map(str, episode.memory_ids))}")
    return lines


def _describe_seat(part: Participation) -> str:
    model = f" ({part.model})" if part.model else ""
    total = "" if part.total is None else f": return {part.total:+g}"
    result = f", {part.result}" if part.result else ""
    legal = f", {part.n_first_try_legal} legal at first try" if part.agent_id is not None else ""
    return (
        f"  {part.seat}: {part.player}{model}{total}{result}; {part.n_decisions} decisions{legal}, "
        f"{part.n_fallbacks} fallbacks"
    )


def _indent(text: str, margin: str) -> list[str]:
    return [margin + line for line in text.splitlines()]
