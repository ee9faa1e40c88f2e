"""Ways to show the events of a run: lines, one line rewritten in place, JSON Lines."""

import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from langgym.cli.output import emit_json, say
from langgym.cli.stopping import StopSwitch
from langgym.query.events import (
    AnyEvent,
    ChoiceEvent,
    EndEvent,
    FaultEvent,
    MemoryEvent,
    NoteEvent,
    RunEvent,
    SeatResult,
    StartEvent,
    SummaryEvent,
    TurnEvent,
)
from langgym.query.plain import plain_line
from langgym.views.cost import describe_sums

MEMORY_SHOWN = 200
REASON_SHOWN = 200
IDS_SHOWN = 12
_REASONS: Mapping[str, str] = {
    "capped": ", capped",
    "forfeit": ", by forfeit",
    "repeated": ", STOPPED: the same was seen over and over",
    "illegal_loop": ", STOPPED: a seat gave no legal answer any more",
    "silent": ", STOPPED: a seat did not answer any more",
}
_SOURCES: Mapping[str, str] = {"model": "the model", "human": "by hand", "fallback": "FALLBACK, not the model's choice"}


class LineTeller:
    """Says what happens in lines on standard error."""

    def __init__(self, *, verbose: bool) -> None:
        """Prepares to speak; `verbose` tells every decision."""
        self._verbose = verbose
        self._runs: dict[int, RunEvent] = {}
        self._labels: dict[int, str] = {}
        self._offered: set[str] = set()

    @property
    def is_crowded(self) -> bool:
        """Whether several episodes are under way at once, so that every line must say whose it is."""
        return len(self._runs) > 1 or any(run.parallel > 1 for run in self._runs.values())

    def __call__(self, event: AnyEvent) -> None:
        """Says an event."""
        episodes = 1
        if isinstance(event, RunEvent):
            self._runs[event.run_id] = event
        if isinstance(event, StartEvent) and event.run_id in self._runs:
            run = self._runs[event.run_id]
            episodes = run.episodes
            self._labels[event.episode_id] = f"{run.agent} {event.number + 1}"
        if isinstance(event, TurnEvent) and not self._verbose:
            return
        if isinstance(event, SummaryEvent) and len(self._runs) > 1:
            self._write(tell_shortly(event))
            return
        offers = _tell_offers(event) if isinstance(event, ChoiceEvent) and self._is_new(event) else []
        for line in [*offers, *tell_event(event, episodes)]:
            self._write(self._label(event, line))

    def _label(self, event: AnyEvent, line: str) -> str:
        if not self.is_crowded or not isinstance(event, TurnEvent | EndEvent | MemoryEvent | FaultEvent):
            return line
        return f"[{self._labels.get(event.episode_id, event.episode_id)}]{line}"

    def _is_new(self, choice: ChoiceEvent) -> bool:
        """Returns whether other environments are offered than at the last choice."""
        before, self._offered = self._offered, set(choice.offered)
        return before != self._offered

    def _write(self, line: str) -> None:
        say(line)


class ProgressTeller(LineTeller):
    """Says the same, and keeps one more line at the bottom: the decision just made, or how many are under way."""

    def __init__(self, *, verbose: bool) -> None:
        super().__init__(verbose=verbose)
        self._crowd = _Crowd()
        self._title = ""
        self._seconds = 0.0
        self._n_turns = 0
        self._earned: dict[str, float | None] = {}
        self._seats: tuple[str, ...] = ()

    def __call__(self, event: AnyEvent) -> None:
        """Says an event and rewrites the line at the bottom."""
        super().__call__(event)
        self._crowd.count(event)
        if self.is_crowded:
            if not isinstance(event, SummaryEvent):
                self._draw(self._crowd.describe(sum(run.episodes for run in self._runs.values())))
            return
        if isinstance(event, RunEvent | MemoryEvent):
            self._draw(f"{event.agent} gets ready …")
        if isinstance(event, StartEvent):
            run = self._runs.get(event.run_id)
            self._title = f"episode {event.number + 1} of {run.episodes if run else 1} · {event.title}"
            self._seconds, self._n_turns, self._seats, self._earned = 0.0, 0, event.agent_seats, {}
            self._draw(f"{self._title} · turn {event.turn} · thinking …")
        if isinstance(event, TurnEvent):
            self._draw(self._follow(event))

    def close(self) -> None:
        """Takes the line at the bottom away."""
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    def _follow(self, event: TurnEvent) -> str:
        self._seconds += event.seconds
        self._n_turns += 1
        self._earned[event.seat] = event.earned
        own = [self._earned.get(seat) or 0.0 for seat in self._seats]
        earned = sum(own) / len(own) if own else 0.0
        pace = self._seconds / self._n_turns
        did = event.action if event.action is not None else "forfeits"
        mark = " [fallback]" if event.source == "fallback" else ""
        return (
            f"{self._title} · turn {event.turn} · return {earned:+.2f} · {pace:.1f} s per decision · "
            f"{event.seat} ({event.player}): {did}{mark}"
        )

    def _write(self, line: str) -> None:
        self.close()
        super()._write(line)

    def _draw(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write("\r\x1b[K" + plain_line(text, max(10, width)))
        sys.stderr.flush()


@dataclass(slots=True)
class _Crowd:
    """Counts over all episodes that are under way at once."""

    begun: int = 0
    ended: int = 0
    decisions: int = 0
    since: float = field(default_factory=time.monotonic)

    def count(self, event: AnyEvent) -> None:
        """Counts what an event tells of."""
        self.begun += isinstance(event, StartEvent)
        self.ended += isinstance(event, EndEvent | FaultEvent)
        self.decisions += isinstance(event, TurnEvent)

    def describe(self, episodes: int) -> str:
        """Returns the counts in one line, of `episodes` in all."""
        pace = self.decisions / max(0.001, time.monotonic() - self.since)
        return (
            f"{self.ended} of {episodes} episodes ended · {self.begun - self.ended} under way · "
            f"{self.decisions} decisions, {pace:.1f} per second"
        )


class JsonTeller:
    """Writes each event as one line of JSON on standard output."""

    def __init__(self, stop: StopSwitch) -> None:
        """Prepares to write; where nobody reads any more, the run is asked to stop."""
        self._stop = stop

    def __call__(self, event: AnyEvent) -> None:
        """Writes an event."""
        try:
            emit_json(event, compact=True)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._stop.ask()


def is_terminal() -> bool:
    """Returns whether standard error can rewrite a line."""
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def tell_event(event: AnyEvent, episodes: int) -> list[str]:
    """Returns an event in words, line by line."""
    match event:
        case RunEvent():
            verb = "goes on with" if event.resumed else "starts"
            return [
                f"{event.agent} ({event.model}) {verb} run {event.run_id}: {_count(event.episodes, 'episode')}, "
                f"seed {event.seed}"
            ]
        case NoteEvent():
            return [event.text]
        case ChoiceEvent():
            return _tell_choice(event)
        case StartEvent():
            return [_tell_start(event, episodes)]
        case TurnEvent():
            return [_tell_turn(event)]
        case EndEvent():
            return _tell_end(event)
        case MemoryEvent():
            text = plain_line(event.text, MEMORY_SHOWN)
            return [f'  {event.agent} remembers (memory {event.memory_id}): "{text}"']
        case FaultEvent():
            return [f"  episode {event.episode_id} FAILED: {plain_line(event.fault)}"]
        case SummaryEvent():
            return _tell_summary(event)


def _tell_offers(event: ChoiceEvent) -> list[str]:
    offered = [env_id.split("/") for env_id in sorted(event.offered)]
    lines = [
        f"  {suite:<9}{', '.join(name for _, name in members)}"
        for suite, members in groupby(offered, key=itemgetter(0))
    ]
    return ["", f"{event.agent} may choose among {len(offered)} environments:", *lines]


def _tell_choice(event: ChoiceEvent) -> list[str]:
    how = {
        "random": ", drawn at random",
        "fallback": ", drawn at random: FALLBACK, the model gave no legal answer",
    }.get(event.source, "")
    lines = ["", f"{event.agent} chose {event.env_id} among {len(event.offered)}{how}"]
    if event.reason:
        lines.append(f'  its reason: "{plain_line(event.reason, REASON_SHOWN)}"')
    return lines


def _tell_start(event: StartEvent, episodes: int) -> str:
    variant = "".join(f" {name}={value}" for name, value in event.kwargs.items())
    seats = ", ".join(f"{player} is {seat}" for seat, player in event.players.items())
    verb = f" goes on at turn {event.turn}" if event.resumed else ""
    return (
        f"episode {event.number + 1} of {episodes} (id {event.episode_id}){verb}: "
        f"{event.title} ({event.env_id}{variant}), {seats}"
    )


def _tell_turn(event: TurnEvent) -> str:
    did = "gives no legal answer and forfeits" if event.action is None else event.action
    source = _SOURCES.get(event.source, event.source)
    bad = [outcome for outcome in event.outcomes if outcome != "ok"]
    tried = f" after {', '.join(bad)}" if bad else ""
    seconds = "" if event.source == "random" else f"; {event.seconds:.1f} s"
    recalled = f", recalled {', '.join(str(memory.memory_id) for memory in event.recalled)}" if event.recalled else ""
    return f"  turn {event.turn:>3}  {event.seat} {event.player}: {did}  [{source}{tried}{recalled}{seconds}]"


def _tell_end(event: EndEvent) -> list[str]:
    seats = "; ".join(_tell_seat(seat) for seat in event.seats)
    reason = _REASONS.get(event.seats[0].reason, "")
    return [f"  ended after {_count(event.n_turns, 'turn')}{reason} in {event.seconds:.1f} s: {seats}"]


def _tell_seat(seat: SeatResult) -> str:
    total = "no return" if seat.total is None else f"{seat.total:+.2f}"
    result = {"win": " won", "draw": " drew", "loss": " lost"}.get(seat.result or "", "")
    return f"{seat.player} ({seat.seat}){result} {total}"


def _tell_summary(event: SummaryEvent) -> list[str]:
    n = len(event.finished)
    reached = f" by {event.limit}" if event.limit else ""
    verb = f"stopped{reached}: " if event.stopped else ""
    failed = f", {len(event.failed)} FAILED" if event.failed else ""
    lines = ["", f"{verb}{_count(n, 'episode')} finished{failed} in {event.seconds:.1f} s"]
    if n:
        lines.append(f"{_count(event.n_decisions, 'decision')} of {event.agent}{_tell_legality(event)}")
    if event.spent.n_calls + event.spent.lost_calls:
        lines.append(f"run {event.run_id} has spent {describe_sums(event.spent)}")
    if event.memory_ids:
        lines.append(f"new memories: {_list_ids(event.memory_ids)}")
    return [*lines, *_tell_next(event)]


def tell_shortly(event: SummaryEvent) -> str:
    """Returns what came of one run of many, in a line."""
    n = len(event.finished)
    own = [total for total in event.totals if total is not None]
    parts = [f"{_count(n, 'episode')} finished"]
    parts += [f"{len(event.failed)} FAILED"] if event.failed else []
    parts += [f"mean return {sum(own) / len(own):+.2f}"] if own else []
    parts += [_count(event.n_decisions, "decision")] if n else []
    parts += [_count(event.n_fallbacks, "FALLBACK")] if event.n_fallbacks else []
    parts += [f"spent {describe_sums(event.spent)}"] if event.spent.n_calls + event.spent.lost_calls else []
    reached = f"stopped by {event.limit}: " if event.limit else "stopped: " if event.stopped else ""
    advice = f"; go on with: {event.advice or f'langgym resume --agent {event.agent}'}" if event.stopped else ""
    return f"[{event.agent}] {reached}{', '.join(parts)} in {event.seconds:.1f} s{advice}"


def _list_ids(ids: Sequence[int]) -> str:
    """Returns ids with commas between them; of many only the first and the last, with their number."""
    if len(ids) <= IDS_SHOWN:
        return ", ".join(map(str, ids))
    return f"{ids[0]} … {ids[-1]}, {len(ids)} in all"


def _tell_legality(event: SummaryEvent) -> str:
    parts: list[str] = []
    if event.n_by_model:
        share = event.n_first_try_legal / (event.n_by_model + event.n_forfeits)
        later = event.n_by_model - event.n_first_try_legal - event.n_fallbacks
        parts.append(f"{event.n_first_try_legal} the model's own and legal at first try ({share:.0%})")
        parts.append(f"{later} its own after another attempt")
        parts.append(f"{_count(event.n_fallbacks, 'fallback')} that nobody chose")
    if event.n_advised:
        parts.append(f"{event.n_advised} by the model's likelihoods and experience together (advised)")
    if event.n_forfeits:
        parts.append(_count(event.n_forfeits, "forfeit"))
    return f": {', '.join(parts)}" if parts else ", not by a language model"


def _tell_next(event: SummaryEvent) -> list[str]:
    lines: list[str] = []
    resume = f"langgym resume --agent {event.agent}"
    if event.stopped:
        lines.append(f"go on with:  {event.advice or resume}")
    if event.advice and not event.advice.startswith(resume):
        lines.append(f"and then:    {resume}")
    if event.memory_ids:
        lines.append(f"look at:     langgym memories list --agent {event.agent}")
    if event.finished:
        lines.append(f"             langgym episodes show {event.finished[-1]}")
        lines.append(f"             langgym tui --agent {event.agent}")
    return lines


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
