"""Words for games in which a seat turns and drives: sixteen headings, and how a rival bears."""

import math
from collections.abc import Sequence

from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.atari.words import closing, find_offset, nearness, read_stick
from universe.view import Facts, View

WINDS = (
    *("right", "right, slightly up", "up-right", "up, slightly right"),
    *("up", "up, slightly left", "up-left", "left, slightly up"),
    *("left", "left, slightly down", "down-left", "down, slightly left"),
    *("down", "down, slightly right", "down-right", "right, slightly down"),
)
"""The headings, counter-clockwise from the right in steps of 22.5 degrees."""

FACING = "facing "


def find_turns(offset: Offset, heading: int) -> int:
    """Returns how many steps to turn to face something, to the left positive, from -7 to 8.

    >>> find_turns((10, 0), 0), find_turns((0, -10), 0), find_turns((-10, 0), 12), find_turns((10, 0), 2)
    (0, 4, -4, -2)
    """
    angle = math.atan2(-offset[1], offset[0]) / (2 * math.pi) * len(WINDS)
    turns = (round(angle) - heading) % len(WINDS)
    return turns if turns <= len(WINDS) // 2 else turns - len(WINDS)


def tell_turns(turns: int) -> str:
    """Returns the number of turns in words.

    >>> tell_turns(0), tell_turns(1), tell_turns(-3), tell_turns(8)
    ('straight ahead', '1 turn to your left', '3 turns to your right', 'straight behind')
    """
    if turns == 0:
        return "straight ahead"
    if abs(turns) == len(WINDS) // 2:
        return "straight behind"
    return f"{abs(turns)} turn{'s' * (abs(turns) > 1)} to your {'left' if turns > 0 else 'right'}"


def bear(turns: int) -> str:
    """Returns where something bears, in coarse words.

    >>> bear(0), bear(1), bear(-4), bear(7)
    ('ahead', 'ahead-left', 'right', 'behind')
    """
    if turns == 0:
        return "ahead"
    side = "left" if turns > 0 else "right"
    return f"ahead-{side}" if abs(turns) <= 2 else side if abs(turns) <= 5 else "behind"


def read_heading(thing: Thing) -> int | None:
    """Returns the heading that a thing's note tells; `None` where it tells none."""
    said = thing.note.partition(FACING)[2]
    return WINDS.index(said) if said in WINDS else None


class HeadingRenderer(AtariRenderer):
    """Words for vehicles: what bears where, and which stick turns towards it."""

    aims = ("rival", "missile")

    def tell(self, thing: Thing, scene: Scene, view: View) -> str:
        """Adds to the rival's line how it bears."""
        line = super().tell(thing, scene, view)
        turns = self._turns(thing, scene, view)
        return line if turns is None or thing is not self.rival(scene, view) else f"{line}; {tell_turns(turns)}"

    def rival(self, scene: Scene, view: View) -> Thing | None:
        """Returns the rival's vehicle, `None` while it is not to be seen."""
        return next((thing for thing in scene.things if thing.owner not in (None, view.seat)), None)

    def threat(self, scene: Scene, view: View) -> Thing | None:
        """Returns the rival's missile in flight."""
        return next((thing for thing in scene.find("missile") if thing.whose != view.seat), None)

    def situation(self, view: View) -> str:
        """Returns how the rival bears and what its missile does."""
        return "; ".join([*self._state(view), *self.extra(view)]) or "nothing to be seen"

    def facts(self, view: View) -> Facts:
        """Returns the base's facts of states, and of each stick whether it turns, drives or fires at the rival."""
        base = super().facts(view)
        standing = [fact for fact in base.state if fact.endswith("in points")]
        rival, sticks = self._bearing(view), [str(name) for name in self._names(view)]
        if view.kwargs.get("plans"):
            return Facts((*self._state(view), *self.extra(view), *standing), base.actions)
        actions = {action: self._stick(sticks[action], rival, view) for action in view.legal}
        return Facts((*self._state(view), *self.extra(view), *standing), actions)

    def read(self, answer: str, view: View) -> str | None:
        """Reads `left` as `turn left` where that is what the stick does."""
        said = read_stick(answer)
        words = self.words(view)
        if said in words:
            return said
        return next(
            (word for word in words if word == f"turn {said}" or word == said.replace("fire ", "fire and turn ")), said
        )

    def turn(self, name: str, view: View) -> int:
        """Returns 1 for a stick that turns to the left, -1 to the right, else 0."""
        return int("LEFT" in name) - int("RIGHT" in name)

    def _names(self, view: View) -> Sequence[object]:
        names = view.kwargs["sticks"]
        assert isinstance(names, list | tuple)
        return names

    def _turns(self, thing: Thing, scene: Scene, view: View) -> int | None:
        own = scene.own(view.seat)
        heading = read_heading(own) if own is not None else None
        return None if own is None or heading is None else find_turns(find_offset(thing, own), heading)

    def _bearing(self, view: View) -> int | None:
        scene = self.scene(view)
        rival = self.rival(scene, view)
        return None if rival is None else self._turns(rival, scene, view)

    def _state(self, view: View) -> list[str]:
        scene = self.scene(view)
        own, rival, missile = scene.own(view.seat), self.rival(scene, view), self.threat(scene, view)
        if own is None:
            return ["you are not to be seen"]
        parts: list[str] = []
        if rival is not None:
            turns = self._turns(rival, scene, view)
            parts.append(f"rival {nearness(find_offset(rival, own))} {'' if turns is None else bear(turns)}".strip())
        if missile is not None:
            offset = find_offset(missile, own)
            how = closing(offset, missile.velocity) if missile.velocity else "in flight"
            parts.append(f"missile {nearness(offset)}, {how}")
        if any(thing.whose == view.seat for thing in scene.find("missile")):
            parts.append("your missile in flight")
        return parts

    def _stick(self, name: str, rival: int | None, view: View) -> tuple[str, ...]:
        turn, fires = self.turn(name, view), name.endswith("FIRE")
        kinds = ["fire"] if fires else []
        kinds += ["turn"] if turn else ["wait"] if name == "NOOP" else [] if name == "FIRE" else ["drive"]
        word = self.words(view)[self._names(view).index(name)]
        facts = [*kinds, word]
        if rival is not None:
            facts += [f"{kind}, rival {bear(rival)}" for kind in kinds]
            if turn:
                facts.append("turn towards the rival" if turn * rival > 0 else "turn away from the rival")
        return tuple(dict.fromkeys(facts))
