"""Environments as tables and blocks: rules, facts, what random play earns, keywords."""

from typing import TYPE_CHECKING

from langgym.views.blocks import Block
from langgym.views.columns import Column

if TYPE_CHECKING:
    from langgym.query.envs import EnvDetail, EnvItem, EnvKwarg
    from langgym.views.columns import Columns

ENV_COLUMNS: "Columns[EnvItem]" = (
    Column("environment", lambda env: tell_name(env), width=32),
    Column("seats", lambda env: tell_seats(env), width=5),
    Column("acting", lambda env: "together" if env.simultaneous else "in turns", width=8, rank=1),
    Column("hides", lambda env: "yes" if env.hidden else "no", width=5, rank=1),
    Column("turns", lambda env: env.typical_turns, width=5, right=True, rank=2),
    Column("trains", lambda env: ", ".join(env.trains), width=24, rank=2),
    Column("what it is", lambda env: env.summary, width=60),
)


def tell_name(env: "EnvItem") -> str:
    """Returns an environment's id, and whether its package is missing."""
    return env.env_id if env.playable else f"{env.env_id} (not installed)"


def tell_seats(env: "EnvItem") -> str:
    """Returns how many seats there can be."""
    return str(env.min_seats) if env.min_seats == env.max_seats else f"{env.min_seats}-{env.max_seats}"


def describe_env(env: "EnvDetail") -> list[str]:
    """Returns everything that an agent can read about an environment, line by line."""
    first, *others = list_env_blocks(env)
    lines = [first.title, *first.lines]
    for block in others:
        lines += ["", block.title, *block.lines]
    return lines


def list_env_blocks(env: "EnvDetail") -> list[Block]:
    """Returns the same in blocks, called `env`, `rules`, `facts`, `random`, `kwargs` and `missing`."""
    blocks = [
        Block("env", f"{env.env_id}  {env.title}", [env.summary]),
        Block("rules", "Rules", env.rules.splitlines()),
        Block("facts", "Facts", _tell_facts(env)),
        Block("random", "Random play earns", _tell_baselines(env)),
    ]
    if env.kwargs:
        blocks.append(Block("kwargs", "Keywords (--kwarg name=value)", [_tell_kwarg(kwarg) for kwarg in env.kwargs]))
    if not env.playable:
        blocks.append(Block("missing", f"Not installed: pip install '{env.requires or env.env_id}'"))
    return blocks


def _tell_facts(env: "EnvDetail") -> list[str]:
    least, most = env.min_seats, env.max_seats
    lines = [
        f"  seats      {', '.join(env.seats)}{'' if least == most else f' ({least} to {most})'}",
        f"  acting     {'all at once' if env.simultaneous else 'in turns'}",
        f"  paid for   {env.reward}",
        f"  hides      {env.hides or 'nothing'}",
        f"  ends       {env.horizon}{f' (capped at {env.max_turns} turns)' if env.max_turns else ''}",
        f"  length     {env.typical_turns} decisions of a seat in random play",
        f"  trains     {', '.join(env.trains)}",
        f"  no answer  {'forfeits the game' if env.fallback == 'forfeit' else 'a random action, marked as fallback'}",
    ]
    return lines + [f"  team       {role} plays for {team}" for role, team in env.teams.items()]


def _tell_baselines(env: "EnvDetail") -> list[str]:
    return [
        f"  {role}: {base.mean:.3f} on average, standard deviation {base.sd:.3f} ({base.episodes} episodes)"
        for role, base in env.baseline.items()
    ]


def _tell_kwarg(kwarg: "EnvKwarg") -> str:
    choices = f"; one of {', '.join(map(str, kwarg.choices))}" if kwarg.choices else ""
    bounds = [
        f"{word} {bound:g}" for word, bound in (("from", kwarg.minimum), ("to", kwarg.maximum)) if bound is not None
    ]
    limits = f"; {' '.join(bounds)}" if bounds else ""
    return f"  {kwarg.name}={kwarg.default}  {kwarg.meaning}{choices}{limits}"
