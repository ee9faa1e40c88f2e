"""What all Atari games share: from a scene to a seat's text, its situation, its facts and its menu."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, cast

from universe.atari.plans import split_plan
from universe.atari.shot import Shot
from universe.renderers.atari.measure import Aim, describe_aim, stick_facts, stick_way
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.atari.words import (
    closing,
    compare,
    find_offset,
    motion,
    name_stick,
    place,
    read_stick,
)
from universe.view import Facts, View

NOTHING = "nothing"
"""What a plan does after its first stick where it does no more."""


class AtariRenderer(ABC):
    """Words for one game; a game names what it sees, and everything else follows from that.

    `see` understands a shot, once for all seats. Most games need no more than it, `called` and `aims`.
    """

    fields: tuple[str, ...] = ("action", "times", "then")

    level: Literal["generic", "named", "exact"] = "named"
    """Whether the words tell shapes, who is who, or true coordinates and boards; `bench atari truth` checks it."""

    verbs: Mapping[str, str] = {}
    """Words for the emulator's actions that do not do in this game what they are called."""

    ways: Mapping[str, Offset] = {}
    """Where the emulator's directions move a seat, in screen directions, where that is not where they point."""

    teams: Mapping[str, str] = {}
    """Team by seat, where there are teams."""

    aims: tuple[str, ...] = ()
    """Names of the things that situations and facts are about, the weightiest first; `rival` and `mate` are names."""

    axis: str = "both"
    """`x` or `y` where a seat moves along one axis only."""

    closed: str = "You are not to be seen"
    """What is said while a seat has nothing on the screen."""

    @abstractmethod
    def see(self, shot: Shot) -> Scene:
        """Returns what a shot shows."""
        ...

    @abstractmethod
    def brief(self, view: View) -> str:
        """Returns what a seat is, what it looks like and where it stands."""
        ...

    def glimpse(self, engine: object, seat: str) -> object:
        """Returns the shot: everybody sees the same screen."""
        return engine.shot  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]

    def scene(self, view: View) -> Scene:
        """Returns the scene of a seat's turn, read once for all seats."""
        shot = self.shot(view)
        key = type(self).__qualname__
        if key not in shot.known:
            shot.known[key] = self.see(shot)
        return cast("Scene", shot.known[key])

    def shot(self, view: View) -> Shot:
        """Returns the shot of a seat's turn."""
        return cast("Shot", view.glimpse)

    def text(self, view: View) -> str:
        """Returns who is where, score, clock and what else the game tells."""
        scene = self.scene(view)
        lines = [self.tell_own(scene, view)]
        lines += [self.tell(thing, scene, view) for thing in scene.things if thing is not scene.own(view.seat)]
        lines += [*scene.lines, *scene.own_lines.get(view.seat, ()), *self.tell_score(scene, view)]
        return "\n".join(line for line in lines if line)

    def tell_own(self, scene: Scene, view: View) -> str:
        """Returns the line on the seat itself, with its place on the screen."""
        own = scene.own(view.seat)
        if own is None:
            return f"{self.closed}."
        x, y = own.center
        parts = [f"x {x:.0f}, y {y:.0f}"]
        if own.velocity is not None:
            parts.append(motion(own.velocity, _frames(view)))
        parts += [own.note] if own.note else []
        return f"You ({own.name}): {'; '.join(parts)}"

    def tell(self, thing: Thing, scene: Scene, view: View) -> str:
        """Returns the line on another thing, as seen from the seat."""
        own = scene.own(view.seat)
        if own is None:
            x, y = thing.center
            parts = [f"x {x:.0f}, y {y:.0f}"]
        else:
            parts = [place(find_offset(thing, own))]
        if thing.velocity is not None:
            parts.append(motion(thing.velocity, _frames(view)))
            moves = own is not None and parts[-1] != "still"
            way = closing(find_offset(thing, own), thing.velocity) if moves and own is not None else "still"
            if way != "still":
                parts[-1] += f", {way}"
        parts += [thing.note] if thing.note else []
        label = self.called(thing, view)
        return f"{label[0].upper()}{label[1:]}: {'; '.join(parts)}"

    def called(self, thing: Thing, view: View) -> str:
        """Returns what a seat calls a thing: rival, mate, or by its name and whose it is."""
        if thing.owner is not None:
            return f"{self.relation(thing.owner, view)} ({thing.name})"
        if thing.whose is not None:
            who = "your" if thing.whose == view.seat else f"{self.relation(thing.whose, view)}'s"
            return f"{who} {thing.name}"
        return thing.name

    def relation(self, seat: str, view: View) -> str:
        """Returns what another seat is to this one, with its name where there are more than two."""
        mate = self.teams.get(seat) is not None and self.teams.get(seat) == self.teams.get(view.seat)
        word = "mate" if mate else "rival"
        return word if len(view.seats) <= 2 else f"{word} {seat}"

    def tell_score(self, scene: Scene, view: View) -> Sequence[str]:
        """Returns the line on score and clock."""
        scores: Mapping[str, float] = scene.scores if scene.scores is not None else self.shot(view).scores
        parts = [
            f"{'you' if seat == view.seat else self.relation(seat, view)} {score:g}" for seat, score in scores.items()
        ]
        parts.sort(key=lambda part: not part.startswith("you "))
        return [f"Score: {', '.join(parts)}{f'; time {scene.clock}' if scene.clock else ''}"]

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the stick's word; of a plan also how often it is held, and the stick after it."""
        words = self.words(view)
        if not view.kwargs.get("plans"):
            return (words[action],)
        first, times, then = split_plan(action, len(words))
        return (words[first], str(times), NOTHING if then is None else words[then])

    def words(self, view: View) -> list[str]:
        """Returns the word of each stick on offer."""
        return [self.verbs.get(name) or name_stick(name) for name in _sticks(view)]

    def read(self, answer: str, view: View) -> str | None:
        """Reads `go left`, `shoot up` and the like."""
        return read_stick(answer)

    def find_aims(self, view: View) -> list[Aim]:
        """Returns what matters to a seat now: the nearest thing of each name in `aims`."""
        scene = self.scene(view)
        own = scene.own(view.seat)
        if own is None:
            return []
        found: list[Aim] = []
        for name in self.aims:
            near = min(self.pick(name, scene, view), key=lambda thing: _length(find_offset(thing, own)), default=None)
            if near is not None:
                found.append(Aim(f"the {name}", find_offset(near, own), near.velocity))
        return found

    def pick(self, name: str, scene: Scene, view: View) -> Iterable[Thing]:
        """Returns the things that a name of `aims` means for a seat."""
        own = scene.own(view.seat)
        if name in ("rival", "mate"):
            others = {thing.owner for thing in scene.things if thing.owner not in (None, view.seat)}
            mains = [scene.own(seat) for seat in others if seat and self.relation(seat, view).split()[0] == name]
            return [thing for thing in mains if thing is not None]
        return [thing for thing in scene.find(name) if thing is not own and thing.whose != view.seat]

    def ahead(self, view: View) -> int:
        """Returns 1 or -1 where a seat faces right or left all the game, so that mirrored situations are alike."""
        return 0

    def situation(self, view: View) -> str:
        """Returns how the two weightiest things lie and move, and what is going on."""
        scene = self.scene(view)
        parts = [describe_aim(aim, ahead=self.ahead(view), axis=self.axis) for aim in self.find_aims(view)[:2]]
        parts += [scene.phase] if scene.phase else []
        return "; ".join([*parts, *self.extra(view)]) or "nothing to be seen"

    def extra(self, view: View) -> Sequence[str]:
        """Returns what else makes a situation what it is, in coarse words."""
        return ()

    def facts(self, view: View) -> Facts:
        """Returns how things lie, how the score stands, and how each stick stands to what matters."""
        scene, aims = self.scene(view), self.find_aims(view)
        state = [describe_aim(aim, ahead=self.ahead(view), axis=self.axis) for aim in aims]
        state += [scene.phase] if scene.phase else []
        state += [*self.extra(view), *self._standing(scene, view)]
        sticks = [
            stick_facts(word, name, self.way(name), aims)
            for name, word in zip(_sticks(view), self.words(view), strict=True)
        ]
        if view.kwargs.get("plans"):
            return Facts(tuple(state), {action: _plan_facts(action, sticks) for action in view.legal})
        return Facts(tuple(state), {action: sticks[action] for action in view.legal})

    def way(self, name: str) -> Offset:
        """Returns where a stick moves a seat."""
        return stick_way(name, {**self.ways} if self.ways else None)

    def _standing(self, scene: Scene, view: View) -> list[str]:
        scores: Mapping[str, float] = scene.scores if scene.scores is not None else self.shot(view).scores
        others = [
            score
            for seat, score in scores.items()
            if self.relation(seat, view).split()[0] == "rival" and seat != view.seat
        ]
        return [f"{compare(scores[view.seat], max(others))} in points"] if others else []


def _frames(view: View) -> int:
    frames = view.kwargs["frames"]
    assert isinstance(frames, int)
    return frames


def _sticks(view: View) -> list[str]:
    sticks = view.kwargs["sticks"]
    assert isinstance(sticks, list | tuple)
    return [str(name) for name in sticks]


def _plan_facts(action: int, sticks: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    first, times, then = split_plan(action, len(sticks))
    facts = [*sticks[first], f"{sticks[first][-1]}, {times} times" if times > 1 else ""]
    facts += [] if then is None else [f"then {fact}" for fact in sticks[then][:2]]
    return tuple(fact for fact in facts if fact)


def _length(offset: Offset) -> float:
    return (offset[0] ** 2 + offset[1] ** 2) ** 0.5
