"""An episode in words."""

from collections.abc import Sequence

from langgym.cli.output import format_time
from langgym.query.episodes import AdviceItem, AttemptItem, EpisodeDetail, Participation, StepItem, ToldItem
from langgym.query.plain import plain_line

PROBLEM_SHOWN = 200
BEST_SHOWN = 3


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
    if step.advice is not None:
        lines += _describe_advice(step.advice, in_full=in_full)
    lines += describe_attempts(step.attempts)
    paid = ", ".join(f"{seat} {reward:+g}" for seat, reward in step.rewards.items() if reward)
    if paid:
        lines.append(f"    then earned: {paid}")
    return lines


def _describe_advice(advice: AdviceItem, *, in_full: bool) -> list[str]:
    """Returns what experience said: the best scores, or all of them and the episodes behind the records."""
    outlook = "nothing yet" if advice.outlook is None else f"{advice.outlook:+.2f} to be expected"
    ranked = sorted(advice.options, key=lambda option: -(option.score or 0.0))
    lines = [f"    experience: {outlook}"]
    for option in ranked if in_full else ranked[:BEST_SHOWN]:
        share = "" if option.share is None else f", the model's likelihood {option.share:.2f}"
        effect = f", strategies {option.effect:+.2f}" if option.effect else ""
        told = f"score {option.score:+.2f}: value {option.value:+.2f}, tried {option.tried} times{effect}{share}"
        lines.append(f"      action {option.action}: {told}")
    if in_full:
        lines += [f"      {_describe_record(told)}" for told in advice.records]
    return lines


def _describe_record(told: ToldItem) -> str:
    episodes = ", ".join(map(str, told.episodes))
    fact = f" by {told.fact!r}" if told.fact is not None else ""
    return f"action {told.action}{fact}: {told.n} times, mean return {told.mean:+.2f}, in episodes {episodes}"


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
