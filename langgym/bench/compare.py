"""Two results of `langgym bench universe`, side by side: refused where more than the arm differs."""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from langgym.arena.scores import Place, Returns, Scale, Scores, score_difference, score_returns
from langgym.bench.report import make_table, write_report
from langgym.bench.universe import MEMORY, NONE, show_score
from langgym.errors import UsageError
from langgym.query.plain import plain_line

SCHEMA = "langgym.bench.universe/1"
MOST_BYTES = 64_000_000
VALUE_SHOWN = 60
DESCRIPTION = "Compares two results of `langgym bench universe --json`; refuses what differs in more than the arm."


class _Card(BaseModel):
    model_config = ConfigDict(extra="ignore")

    returns: dict[str, dict[int, Annotated[float, Field(allow_inf_nan=False)]]]


class _Arm(BaseModel):
    model_config = ConfigDict(extra="ignore")

    settings: dict[str, JsonValue]
    cards: dict[str, _Card]


class _Setting(BaseModel):
    model_config = ConfigDict(extra="allow")

    seed: int
    scales: dict[str, dict[str, tuple[float, float]]]


class Result(BaseModel):
    """A result as a file holds it; somebody else may have written it."""

    model_config = ConfigDict(extra="ignore")

    schema_id: str = Field(alias="schema")
    langgym: str
    commit: str | None
    packages: dict[str, str]
    setting: _Setting
    arms: dict[str, _Arm]

    @property
    def scales(self) -> dict[Place, Scale]:
        """The scale of each role."""
        return {
            (env_id, role): Scale(floor, top)
            for env_id, roles in self.setting.scales.items()
            for role, (floor, top) in roles.items()
        }

    def returns(self, arm: str) -> Returns:
        """Returns what an arm earned."""
        return {
            (env_id, role): totals
            for env_id, card in self.arms[arm].cards.items()
            for role, totals in card.returns.items()
        }

    @property
    def conditions(self) -> dict[str, JsonValue]:
        """What another result must share, so that the two can be compared."""
        own = self.setting.model_dump(mode="json")
        return {"langgym": self.langgym, "commit": self.commit, "packages": dict(self.packages), **own}


def main(arguments: list[str]) -> int:
    """Prints the differences of two results with intervals; returns 2 where they cannot be compared."""
    options = _read_options(arguments)
    one, other = read_result(options.one), read_result(options.other)
    for result, path in ((one, options.one), (other, options.other)):
        if options.arm not in result.arms:
            raise UsageError(f"{str(path)!r} has no arm {options.arm!r}.")
    unlike = find_unlike(one.conditions, other.conditions)
    if unlike and not options.anyway:
        told = "; ".join(unlike)
        raise UsageError(f"These results differ in more than the arm: {told}. `--anyway` compares them all the same.")
    paired = one.setting.seed == other.setting.seed and one.scales == other.scales
    try:
        scores = [score_returns(result.returns(options.arm), one.scales) for result in (one, other)]
        gap = score_difference(other.returns(options.arm), one.returns(options.arm), one.scales, paired=paired)
    except ValueError:
        raise UsageError("These results have no environment in common that has a reference.") from None
    differing = find_unlike(one.arms[options.arm].settings, other.arms[options.arm].settings)
    sys.stdout.write(_tell(scores, gap, unlike=unlike, differing=differing, paired=paired) + "\n")
    if options.json:
        found = {"unlike": unlike, "arms": differing, "paired": paired, "difference": asdict(gap)}
        write_report(options.json, "compare", found)
    return 0


def read_result(path: Path) -> Result:
    """Returns the result that a file holds.

    Raises:
        UsageError: It cannot be read, or is no such result.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{str(path)!r} is larger than a result can be.")
        result = Result.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageError(f"{str(path)!r} is no result of a universe bench: {place}: {first['msg']}.") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{str(path)!r} is no JSON.") from None
    if result.schema_id != SCHEMA:
        raise UsageError(f"{str(path)!r} is {plain_line(result.schema_id, VALUE_SHOWN)!r}, not {SCHEMA!r}.")
    if any(scale.reference <= scale.floor for scale in result.scales.values()):
        raise UsageError(f"{str(path)!r} has a reference that is no better than random play.")
    return result


def find_unlike(one: Mapping[str, JsonValue], other: Mapping[str, JsonValue], *, path: str = "") -> list[str]:
    """Returns in what two descriptions differ, one line each; those within are named by their path."""
    found: list[str] = []
    for name in dict.fromkeys([*one, *other]):
        mine, theirs = one.get(name), other.get(name)
        if mine == theirs:
            continue
        if isinstance(mine, dict) and isinstance(theirs, dict):
            found += find_unlike(mine, theirs, path=f"{path}{name}.")
        else:
            told = [plain_line(json.dumps(value), VALUE_SHOWN) for value in (mine, theirs)]
            found.append(f"{plain_line(path + name, VALUE_SHOWN)} {told[0]} and {told[1]}")
    return found


def _tell(scores: list[Scores], gap: Scores, *, unlike: list[str], differing: list[str], paired: bool) -> str:
    one, other = scores
    rows = [["universe", *map(show_score, (one.universe, other.universe, gap.universe))]]
    for suite in gap.suites:
        rows.append([plain_line(suite), *(show_score(each.suites[suite]) for each in (one, other, gap))])
    for env_id in gap.cards:
        rows.append([f"  {plain_line(env_id)}", *(show_score(each.cards[env_id]) for each in (one, other, gap))])
    lines = [make_table(["", "first", "second", "second less first"], rows)]
    lines.append("paired by seed" if paired else "not paired: the seeds or the references are not the same")
    lines += [f"not the same conditions: {line}" for line in unlike]
    lines += [f"the arms differ in {line}" for line in differing] or ["the arms are the same"]
    if len(differing) > 1:
        lines.append("the arms differ in more than one thing, so a gap between them has no single cause")
    return "\n".join(lines)


def _read_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="langgym bench compare", description=DESCRIPTION)
    parser.add_argument("one", type=Path, help="the first result")
    parser.add_argument("other", type=Path, help="the second one")
    parser.add_argument("--arm", default=MEMORY, choices=(MEMORY, NONE), help=f"which arm of both ({MEMORY})")
    parser.add_argument("--anyway", action="store_true", help="also where more than the arm differs")
    parser.add_argument("--json", type=Path, help="write the differences to this file")
    return parser.parse_args(arguments)
