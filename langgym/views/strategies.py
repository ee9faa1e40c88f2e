"""Strategies as tables and lines: the claim beside what has come of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from langgym.query.plain import plain_line
from langgym.views.blocks import Block
from langgym.views.columns import Column
from langgym.views.differences import tell_difference
from langgym.views.words import format_interval, format_return, format_time

if TYPE_CHECKING:
    from langgym.query.memories import RecountItem
    from langgym.query.strategies import StrategyItem
    from langgym.query.versions import Version
    from langgym.views.columns import Columns

NO_STRATEGY = "no such strategy; {agent} finds some as it plays: `langgym play --agent {agent} --episodes 50`"

Verdict = Literal["held up", "turned out otherwise", "open", "too little seen", "no claim"]
"""What has come of a claim: its sign was borne out by what was lived since, or the contrary was; the interval leaves
it open; too little was lived since; or it never claimed an effect."""

STRATEGY_COLUMNS: "Columns[StrategyItem]" = (
    Column("id", lambda item: item.memory_id, width=7, right=True),
    Column("environment", lambda item: item.env_id, width=24, rank=2),
    Column("state", lambda item: item.state, width=11, rank=1),
    Column("claimed", lambda item: tell_claim(item), width=22),
    Column("stated at", lambda item: item.stated, width=9, right=True, rank=3),
    Column("since then", lambda item: tell_measured(item.measured), width=22),
    Column("n", lambda item: tell_counts(item.measured), width=10, rank=1),
    Column("verdict", lambda item: judge(item), width=20),
    Column("votes", lambda item: item.votes, width=5, right=True, rank=2),
    Column("versions", lambda item: tell_chain(item), width=14, rank=3),
    Column("strategy", lambda item: item.text, width=60),
)

RULE_COLUMNS: "Columns[StrategyItem]" = (
    Column("when", lambda item: item.condition or "always", width=18, rank=2),
    Column("action", lambda item: item.action or item.text, width=16),
    Column("claimed", lambda item: tell_claim(item), width=20),
    Column("since then", lambda item: tell_measured(item.measured), width=20),
    Column("n", lambda item: tell_counts(item.measured), width=9, rank=1),
    Column("verdict", lambda item: judge(item), width=20, rank=3),
    Column("state", lambda item: item.state, width=11, rank=4),
    Column("environment", lambda item: item.env_id, width=24, rank=5),
)
"""Of strategies as rules: when, what, the effect claimed and the one measured since."""


def tell_claim(item: "StrategyItem | Version") -> str | None:
    """Returns the effect that a strategy claims; `None` where it claims none."""
    if item.effect is None:
        return None
    return f"{format_return(item.effect)} {format_interval(item.low, item.high)}".rstrip()


def tell_measured(measured: "RecountItem | None") -> str | None:
    """Returns the effect that was measured; `None` where too little was seen."""
    if measured is None:
        return None
    return f"{format_return(measured.effect)} {format_interval(measured.low, measured.high)}".rstrip()


def tell_counts(measured: "RecountItem | None") -> str | None:
    """Returns how many decisions with the action were measured against how many without it."""
    return None if measured is None else f"{measured.n_with} : {measured.n_without}"


def tell_chain(item: "StrategyItem") -> str | None:
    """Returns the ids of a strategy's versions, oldest first; `None` where it has only one."""
    return " > ".join(map(str, item.chain)) if len(item.chain) > 1 else None


def judge(item: "StrategyItem") -> Verdict:
    """Returns what has come of a claim."""
    measured = item.measured
    if item.effect is None:
        return "no claim"
    if measured is None or measured.low is None or measured.high is None:
        return "too little seen"
    if measured.low <= 0 <= measured.high:
        return "open"
    return "held up" if (measured.low > 0) == (item.effect > 0) else "turned out otherwise"


def describe_strategy(item: "StrategyItem") -> list[str]:
    """Returns a strategy line by line."""
    claim, measured, counts = tell_claim(item), tell_measured(item.measured), tell_counts(item.measured)
    versions = "" if item.superseded_by is None else f", superseded by memory {item.superseded_by}"
    since = "too little was lived since to tell" if measured is None else f"{measured}, {counts} decisions"
    lines = [
        item.text,
        f"  claimed    {claim or 'no effect'}, stated at the agent's clock {item.stated}",
        f"  since then {since}: {judge(item)}",
        f"  holds      {'always' if item.condition is None else f'when {item.condition!r}'}",
        f"  action     {'none of which anything is known' if item.action is None else repr(item.action)}",
        f"  trigger    episode {item.trigger}, by {item.maker}",
        f"  stands     {item.state}{', pinned' if item.pinned else ''}{versions}, {item.votes} votes",
        f"  shown      {item.n_recalled} times; helped in {item.n_helped} episodes, hurt in {item.n_hurt}",
    ]
    if len(item.chain) > 1:
        lines.append(f"  versions   memories {tell_chain(item)}")
    return lines


def list_version_blocks(versions: "Sequence[Version]") -> list[Block]:
    """Returns what a strategy has said over time, oldest first; of each version only what differs from the one before.

    Blocks are called `version:NUMBER`, from 1.
    """
    blocks: list[Block] = []
    for number, version in enumerate(versions, start=1):
        before = versions[number - 2] if number > 1 else None
        title = f"version {number} of {len(versions)}: memory {version.memory_id}"
        lines = [tell_version(version), *_tell_text(version, before)]
        blocks.append(Block(f"version:{number}", title, lines, marked=before is not None))
    return blocks


def tell_version(version: "Version") -> str:
    """Returns when, by whom and why something was said, and the effect that it claims, in one line."""
    trigger = "" if version.episode_id is None else f", after episode {version.episode_id}"
    reason = "" if version.reason is None else f" ({version.reason})"
    change = "made" if version.event_id is None else f"change {version.event_id}"
    when = f"{format_time(version.created_at)}, clock {version.clock}"
    claim = tell_claim(version) or "no effect claimed"
    return plain_line(f"{change} {when}{trigger}, by {version.actor}{reason}: {claim}")


def _tell_text(version: "Version", before: "Version | None") -> list[str]:
    lines = version.text.splitlines()
    if before is None:
        return lines
    earlier = before.text.splitlines()
    if earlier == lines:
        return ["the same words"]
    changed = tell_difference(earlier, lines)
    return [*(f"- {line}" for line in earlier), *(f"+ {line}" for line in lines)] if changed is None else changed
