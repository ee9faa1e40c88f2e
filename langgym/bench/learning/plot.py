"""Learning curves as a picture: a small panel for each side."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from langgym.bench.learning.arms import NONE, RULE
from langgym.bench.learning.lives import Life
from langgym.bench.learning.playing import Trial
from langgym.bench.learning.tables import Findings
from langgym.bench.learning.verdicts import pick
from langgym.errors import UsageError

COLUMNS = 4
COLOURS: Mapping[str, str] = {
    "experience": "tab:blue",
    "strategies": "tab:green",
    "both": "tab:red",
    "both'": "tab:pink",
    "ucb-raw": "tab:brown",
    "ucb-situation": "tab:orange",
    NONE: "grey",
    RULE: "black",
    "tactic": "tab:purple",
}


def check_plots() -> None:
    """Raises `UsageError` where pictures cannot be drawn."""
    if find_spec("matplotlib") is None:
        raise UsageError("--plot needs matplotlib: install langgym[plots].")


def draw_curves(path: Path, findings: Findings) -> None:
    """Draws the mean return by episodes learnt from, arm by arm, with its standard error over agents.

    Raises:
        UsageError: matplotlib is not installed.
    """
    check_plots()
    from matplotlib.figure import Figure

    rows = -(-len(findings.trials) // COLUMNS)
    columns = min(COLUMNS, len(findings.trials))
    figure: Any = Figure(figsize=(4.2 * columns, 3.0 * rows + 0.9), dpi=110, layout="constrained")
    panels: Any = figure.subplots(rows, columns, squeeze=False)
    handles: dict[str, object] = {}
    for place, trial in enumerate(findings.trials):
        _draw_panel(panels[place // columns][place % columns], findings, trial, handles)
    for place in range(len(findings.trials), rows * columns):
        panels[place // columns][place % columns].set_axis_off()
    _name_figure(figure, handles)
    figure.savefig(path, format="png")


def _name_figure(figure: Any, handles: Mapping[str, object]) -> None:
    figure.suptitle("Mean return by episodes learnt from (stand-ins for a language model; bands: s.e. over agents)")
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(handles), frameon=False)


def _draw_panel(panel: Any, findings: Findings, trial: Trial, handles: dict[str, object]) -> None:
    lives: Sequence[Life] = findings.lives
    for arm in findings.arms:
        found = pick(lives, trial, arm)
        if not found:
            continue
        means = {point: [fmean(life.returns[point]) for life in found] for point in trial.checkpoints}
        centre = [fmean(each) for each in means.values()]
        colour = COLOURS.get(arm)
        if arm in (NONE, RULE, "tactic"):
            style = "--" if arm == NONE else ":"
            handles[arm] = panel.axhline(centre[-1], color=colour, linestyle=style, linewidth=1.4)
            continue
        width = 2.2 if arm == findings.primary else 1.2
        (handles[arm],) = panel.plot(trial.checkpoints, centre, "o-", color=colour, linewidth=width, markersize=3)
        if len(found) > 1:
            error = [stdev(each) / len(each) ** 0.5 for each in means.values()]
            low = [mean - each for mean, each in zip(centre, error, strict=True)]
            high = [mean + each for mean, each in zip(centre, error, strict=True)]
            panel.fill_between(trial.checkpoints, low, high, color=colour, alpha=0.15, linewidth=0)
    panel.set_xscale("log")
    panel.set_xticks(trial.checkpoints, [str(point) for point in trial.checkpoints])
    panel.minorticks_off()
    rival = "" if trial.rival == "random" else f" against {trial.rival}"
    panel.set_title(f"{trial.env_id.split('/')[1]} {trial.side}{rival}", fontsize=9)
    panel.tick_params(labelsize=8)
    panel.grid(alpha=0.25)
