"""Agents side by side in words: in what they differ."""

from collections import defaultdict
from typing import TYPE_CHECKING

from langgym.query.plain import plain_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langgym.query.comparison import Difference

VALUE_SHOWN = 40


def describe_differences(n_agents: int, differences: "Sequence[Difference]") -> str:
    """Returns in what agents differ, in one line; where it is more than one setting, that no gap has a single cause."""
    if n_agents < 2:
        return "mark another agent to compare"
    if not differences:
        return "these agents keep the same settings"
    told = "; ".join(map(_tell, differences))
    if len(differences) == 1:
        return f"these agents differ in one setting: {told}"
    return f"these agents differ in {len(differences)} settings, so a gap between them has no single cause: {told}"


def _tell(difference: "Difference") -> str:
    """Returns a setting with its values and who has them."""
    holders: dict[str, list[str]] = defaultdict(list)
    for agent, value in difference.values.items():
        holders["default" if value is None else plain_line(str(value), VALUE_SHOWN)].append(agent)
    told = ", ".join(f"{value} ({', '.join(agents)})" for value, agents in holders.items())
    return f"{plain_line(difference.name, VALUE_SHOWN)} {told}"
