"""How true the words are: every statement about you, the others and the ball against an independent source."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from langgym.bench.atari.probe import Region, find_follower
from langgym.bench.atari.statements import Statement, read_statements
from langgym.bench.atari.witness import Spot, Spots, Witness
from universe.atari.session import Session
from universe.atari.shot import Shot
from universe.card import EnvCard
from universe.streams import Stream
from universe.text_env import TextEnv, Turn
from universe.view import Renderer

ROUNDING = 1.0
"""Pixels by which rounding to whole numbers may move a place."""


@dataclass(slots=True)
class Verdicts:
    """What came of judging a game's texts."""

    env_id: str
    source: str
    n_frames: int = 0
    agreed: Counter[str] = field(default_factory=Counter[str])
    """By kind of statement."""
    judged: Counter[str] = field(default_factory=Counter[str])
    faults: list[str] = field(default_factory=list[str])
    """The first false statements, with what the source says."""

    @property
    def share(self) -> float:
        """How many of the judged statements are true; nan where none was judged."""
        total = self.judged.total()
        return self.agreed.total() / total if total else math.nan

    def add(self, kind: str, is_true: bool, why: str) -> None:
        """Counts a verdict."""
        self.judged[kind] += 1
        self.agreed[kind] += is_true
        if not is_true and len(self.faults) < 40:
            self.faults.append(f"{kind}: {why}")


class _Window:
    """A renderer that lets the bench see the session behind the turns."""

    def __init__(self, inner: Renderer) -> None:
        self._inner = inner
        self.session: Session | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def glimpse(self, engine: object, seat: str) -> object:
        self.session = cast("Session", engine.session)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        return self._inner.glimpse(engine, seat)


def judge_game(card: EnvCard, witness: Witness, renderer: Renderer, *, n_frames: int = 200, seed: int = 0) -> Verdicts:
    """Returns verdicts on the texts of so many frames of seeded random play, sampled over several episodes."""
    window = _Window(renderer)
    own = card.model_copy(update={"fixed": {**card.fixed, "isolated": False}})
    env = TextEnv(own, renderer=cast("Renderer", window))
    verdicts = Verdicts(card.env_id, witness.source)
    for number in range(n_frames):
        env.reset(seed + number)
        stream = Stream.of(seed + number, "truth")
        stride, taken = 1 + stream.integer("stride") % 7, 0
        while env.turns() and verdicts.n_frames < n_frames and taken < max(8, n_frames // 10):
            if env.n_turns % stride == 0:
                for turn in env.turns():
                    _judge_turn(turn, witness, window, verdicts)
                verdicts.n_frames += 1
                taken += 1
            env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in env.turns()})
        if verdicts.n_frames >= n_frames:
            break
    env.close()
    return verdicts


def _judge_turn(turn: Turn, witness: Witness, window: _Window, verdicts: Verdicts) -> None:
    statements = read_statements(turn.text)
    shot = cast("Shot", turn.view.glimpse)
    frames = int(str(turn.view.kwargs["frames"]))
    if witness.spots is not None:
        now = witness.spots(shot.now)
        earlier: Spots = witness.spots(shot.earlier) if shot.earlier else {}
        _judge_places(turn, statements, now, witness, verdicts)
        _judge_motions(turn, statements, (earlier, now), witness, frames / shot.apart, verdicts)
    if witness.sticks:
        assert window.session is not None
        _judge_sticks(turn, statements, witness, window.session, verdicts)
    if witness.judge is not None:
        for number, is_true in enumerate(witness.judge(turn.text, turn.seat, shot)):
            verdicts.add("other", is_true, f"statement {number} of {turn.seat}:\n{turn.text}")


def find_key(statement: Statement, turn_seat: str, seats: Sequence[str]) -> str:
    """Returns what `Spots` calls the thing of a statement."""
    label = statement.label.lower().split(" (")[0]
    others = [seat for seat in seats if seat != turn_seat]
    if label == "you":
        return turn_seat
    if label.startswith("your "):
        return f"{turn_seat}:{label.removeprefix('your ')}"
    for word in ("rival", "mate"):
        if label == word or label.startswith((f"{word} ", f"{word}'s ")):
            named = next((seat for seat in seats if seat in label), others[0] if len(others) == 1 else "?")
            rest = label.partition("'s ")[2]
            return f"{named}:{rest}" if rest else named
    return label


def _judge_places(
    turn: Turn, statements: Sequence[Statement], now: Spots, witness: Witness, verdicts: Verdicts
) -> None:
    seats, own = turn.view.seats, now.get(turn.seat)
    told: set[str] = set()
    for statement in statements:
        key = find_key(statement, turn.seat, seats)
        told.add(key)
        spots = now.get(key)
        if spots is None or (not statement.absolute and not own):
            continue
        base = (0.0, 0.0) if statement.absolute or not own else own[0]
        slack = witness.tolerance + ROUNDING
        is_true = any(
            abs(spot[0] - base[0] - statement.at[0]) <= slack and abs(spot[1] - base[1] - statement.at[1]) <= slack
            for spot in spots
        )
        verdicts.add(
            _kind(key, turn.seat, seats), is_true, f"{turn.seat} reads {statement}, the source has {spots} from {base}"
        )
    for key, spots in now.items():
        if spots and key not in told and (key in seats or key in ("ball", "puck")):
            verdicts.add(_kind(key, turn.seat, seats), False, f"{turn.seat} is not told of {key} at {spots}")


def _judge_motions(
    turn: Turn,
    statements: Sequence[Statement],
    moments: tuple[Spots, Spots],
    witness: Witness,
    scale: float,
    verdicts: Verdicts,
) -> None:
    earlier, now = moments
    own = now.get(turn.seat)
    for statement in statements:
        key = find_key(statement, turn.seat, turn.view.seats)
        before, after = earlier.get(key), now.get(key)
        if statement.motion is None or not before or not after or len(before) > 1 or len(after) > 1:
            continue
        real = ((after[0][0] - before[0][0]) * scale, (after[0][1] - before[0][1]) * scale)
        said = statement.motion
        is_true = all(abs(one - other) <= witness.drift for one, other in zip(said, real, strict=True))
        verdicts.add("motion", is_true, f"{turn.seat} reads {statement}, the source has {real}")
        if statement.way in ("coming closer", "moving off") and own:
            offset = (after[0][0] - own[0][0], after[0][1] - own[0][1])
            towards = -(offset[0] * real[0] + offset[1] * real[1])
            verdicts.add(
                "way",
                (towards > 0) == (statement.way == "coming closer"),
                f"{turn.seat} reads {statement}: {real}, {offset}",
            )


def _judge_sticks(
    turn: Turn, statements: Sequence[Statement], witness: Witness, session: Session, verdicts: Verdicts
) -> None:
    seats = turn.view.seats
    own = next((each for each in statements if each.label.startswith("You (")), None)
    for statement in statements:
        key = find_key(statement, turn.seat, seats)
        if key not in seats or (not statement.absolute and own is None):
            continue
        base = own.at if own is not None and not statement.absolute else (0.0, 0.0)
        region = find_follower(session, seats.index(key), witness.sticks, witness.probe_frames)
        if region is None:
            continue
        spot = (base[0] + statement.at[0], base[1] + statement.at[1])
        verdicts.add(
            f"{_kind(key, turn.seat, seats)}, stick",
            _gap(spot, region) <= witness.reach,
            f"{turn.seat} reads {statement}, but what follows {key}'s stick is at {region}",
        )


def _gap(spot: Spot, region: Region) -> float:
    """Returns how far a point lies outside a region."""
    left, top, right, bottom = region
    return math.hypot(max(left - spot[0], 0, spot[0] - right), max(top - spot[1], 0, spot[1] - bottom))


def _kind(key: str, seat: str, seats: Sequence[str]) -> str:
    if key in seats:
        return "you" if key == seat else "others"
    return "yours" if key.startswith(f"{seat}:") else "theirs" if ":" in key else key


Table = Mapping[str, Witness]
"""Witnesses by environment."""
