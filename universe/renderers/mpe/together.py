"""Words for the games without opponents: one goal, spreading out, a circle, a line."""

import math

from universe.renderers.mpe.layout import Scene, Thing, read_formation, read_line, read_simple, read_spread
from universe.renderers.mpe.measure import Aim, aim, apart, move_facts, nearest
from universe.renderers.mpe.particle import MAP, ParticleRenderer, describe, describe_self, write
from universe.renderers.mpe.words import HERE, Offset, bearing, closing, nearness, octant, place, size
from universe.view import Facts, View

_CARRY = 0.2  # how far a push of 0.5 carries in all
_RADIUS = 0.5  # of the circle: mpe2 simple_formation `TARGET_RADIUS`


class SimpleRenderer(ParticleRenderer):
    """One agent and its goal."""

    def brief(self, view: View) -> str:
        """Returns the seat's task."""
        return (
            f"You are {view.seat}, alone with one landmark, your goal. Each turn pays minus the square of your "
            f"distance to it: 0 on the spot is the best. {MAP}"
        )

    def text(self, view: View) -> str:
        """Returns where the goal lies and how the seat moves."""
        scene = read_simple(view)
        assert scene.goal is not None
        return write([describe(scene.goal), describe_self(scene, view)])

    def situation(self, view: View) -> str:
        """Returns the goal's bearing and whether the seat comes nearer."""
        goal, velocity = _goal(read_simple(view))
        return f"goal {bearing(goal.at)}, {closing(goal.at, velocity)}"

    def facts(self, view: View) -> Facts:
        """Returns how each move stands to the goal."""
        goal, velocity = _goal(read_simple(view))
        state = (f"goal {nearness(size(goal.at))}", closing(goal.at, velocity))
        return Facts(state, move_facts([aim("the goal", goal, velocity)], carry=_CARRY))


class SpreadRenderer(ParticleRenderer):
    """Team mates that share out the landmarks."""

    def brief(self, view: View) -> str:
        """Returns the task and its pay with the variant's weights."""
        n = len(view.seats)
        local = view.kwargs["local_ratio"]
        assert isinstance(local, int | float)
        free = view.kwargs["curriculum"] is True or local == 0
        bump = "" if free else f" A touch costs each of the two {local:g}; bodies touch below a distance of 0.30."
        return (
            f"You are {view.seat}, one of {n} teammates; there are {n} landmarks. Each turn pays everyone "
            f"{1 - local:g} times minus the sum, over the landmarks, of the distance from the landmark to the teammate "
            f"nearest to it: best is a teammate on every landmark.{bump} {MAP}"
        )

    def text(self, view: View) -> str:
        """Returns landmarks and team mates."""
        scene = read_spread(view)
        lines = [_landmark_line(mark, scene) for mark in scene.landmarks]
        lines += [f"Teammate {mate.name}: {place(mate.at, mate.reach)}" for mate in scene.others]
        return write([*lines, describe_self(scene, view)])

    def situation(self, view: View) -> str:
        """Returns the nearest landmark, whether a team mate is nearer to it, and else the nearest free one."""
        scene = read_spread(view)
        mark = nearest(scene.landmarks)
        assert mark is not None
        parts = [f"nearest landmark {bearing(mark.at)}"]
        if not _is_free(mark, scene):
            free = nearest(each for each in scene.landmarks if _is_free(each, scene))
            parts.append("a teammate is nearer to it")
            parts.append(f"free landmark {octant(free.at)}" if free else "no landmark is free")
        mate = nearest(scene.others)
        if mate is not None and size(mate.at) < mate.reach:
            parts.append("touching a teammate")
        return ", ".join(parts)

    def facts(self, view: View) -> Facts:
        """Returns how each move stands to the nearest landmark, the nearest free one and the nearest team mate."""
        scene = read_spread(view)
        mark, mate = nearest(scene.landmarks), nearest(scene.others)
        assert mark is not None
        free = nearest(each for each in scene.landmarks if _is_free(each, scene))
        state = [f"nearest landmark {nearness(size(mark.at))}"]
        state.append("nearest landmark is free" if _is_free(mark, scene) else "a teammate is nearer to it")
        state.append(f"free landmark {nearness(size(free.at))}" if free else "no landmark is free")
        aims = [aim("the nearest landmark", mark, scene.velocity)]
        if free is not None:
            aims.insert(0, aim("the nearest free landmark", free, scene.velocity))
        if mate is not None:
            state.append("touching a teammate" if size(mate.at) < mate.reach else "touching nobody")
            aims.append(Aim("the nearest teammate", mate.at))
        return Facts(tuple(state), move_facts(aims, carry=_CARRY))


class FormationRenderer(ParticleRenderer):
    """Team mates on a circle, who cannot see each other."""

    def brief(self, view: View) -> str:
        """Returns the task, the seat's number and what it cannot see."""
        n = len(view.seats)
        return (
            f"You are {view.seat}, number {_number(view)} of {n} teammates (0 to {n - 1}). You should stand on a "
            f"circle of radius {_RADIUS:.2f} around the centre, evenly spaced, {360 / n:.0f} degrees apart. You do not "
            "see the others. Each turn pays everyone minus the mean distance of the teammates from their places: 0 "
            "is best. Angles count from right (0) over up (90) and left (180) to down (270); the point of your number "
            f"is the one at angle {360 * _number(view) / n:.0f}. {MAP}"
        )

    def text(self, view: View) -> str:
        """Returns the centre, the seat's place on the circle and its motion."""
        scene = read_formation(view)
        goal, _ = _goal(scene)
        off = size(goal.at) - _RADIUS
        ring = (
            "on the circle" if abs(off) < 0.005 else f"{abs(off):.2f} {'outside' if off > 0 else 'inside'} the circle"
        )
        return write(
            [
                describe(goal),
                f"You stand {ring}, at angle {_angle(goal.at)} from the centre",
                f"Nearest point of the circle: {place(_ring(goal.at))}",
                f"Point of your number: {place(_own_point(goal.at, view))}",
                describe_self(scene, view),
            ]
        )

    def situation(self, view: View) -> str:
        """Returns the side of the circle that the seat is on, how far off, and its motion to or from it."""
        goal, velocity = _goal(read_formation(view))
        seen = (-goal.at[0], -goal.at[1])
        off = size(goal.at) - _RADIUS
        where = "on the circle" if abs(off) < HERE else "outside the circle" if off > 0 else "inside the circle"
        far = ", far" if abs(off) >= 0.35 else ""
        return f"{where}{far}, {octant(seen)} of the centre, {closing(_ring(goal.at), velocity)}"

    def facts(self, view: View) -> Facts:
        """Returns how each move stands to the circle and to the seat's numbered point on it."""
        goal, velocity = _goal(read_formation(view))
        off = size(goal.at) - _RADIUS
        ring = Thing("circle", "circle", _ring(goal.at))
        at = _own_point(goal.at, view)
        own = Thing("point", "point", at)
        state = (
            "on the circle" if abs(off) < HERE else "outside the circle" if off > 0 else "inside the circle",
            f"circle {nearness(abs(off))}",
            f"point of my number {nearness(size(at))}",
        )
        aims = [aim("the circle", ring, velocity), aim("the point of my number", own, velocity)]
        return Facts(state, move_facts(aims, carry=_CARRY))


class LineRenderer(ParticleRenderer):
    """Team mates on a line between two landmarks, who cannot see each other."""

    def brief(self, view: View) -> str:
        """Returns the task, the seat's number and what it cannot see."""
        n = len(view.seats)
        return (
            f"You are {view.seat}, number {_number(view)} of {n} teammates (0 to {n - 1}). There are {n} spots, evenly "
            f"spaced on the line from landmark 0 (spot 0) to landmark 1 (spot {n - 1}); one of you should stand on "
            "each. You do not see the others. Each turn pays everyone minus the mean distance of the teammates "
            f"from their spots, shared out as well as they can be: 0 is best. {MAP}"
        )

    def text(self, view: View) -> str:
        """Returns every spot of the line."""
        scene = read_line(view)
        last = len(view.seats) - 1
        marks = {0: " (landmark 0)", last: " (landmark 1)"}
        spots = _spots(scene, view)
        lines = [f"Spot {number}{marks.get(number, '')}: {place(spot.at)}" for number, spot in enumerate(spots)]
        return write([*lines, describe_self(scene, view)])

    def situation(self, view: View) -> str:
        """Returns the bearing of the spot of the seat's number, and whether it is the nearest."""
        scene = read_line(view)
        spots = _spots(scene, view)
        own = spots[_number(view)]
        which = "the nearest" if nearest(spots) is own else "not the nearest"
        return f"spot of my number {bearing(own.at)}, {which}, {closing(own.at, scene.velocity or (0.0, 0.0))}"

    def facts(self, view: View) -> Facts:
        """Returns how each move stands to the nearest spot and to the spot of the seat's number."""
        scene = read_line(view)
        spots = _spots(scene, view)
        own, close = spots[_number(view)], nearest(spots)
        assert close is not None
        state = (
            f"nearest spot {nearness(size(close.at))}",
            f"spot of my number {nearness(size(own.at))}",
            "the nearest spot has my number" if close is own else "the nearest spot has another number",
        )
        aims = [aim("the nearest spot", close, scene.velocity), aim("the spot of my number", own, scene.velocity)]
        return Facts(state, move_facts(aims, carry=_CARRY))


def _goal(scene: Scene) -> tuple[Thing, Offset]:
    assert scene.goal is not None
    assert scene.velocity is not None
    return scene.goal, scene.velocity


def _number(view: View) -> int:
    return view.seats.index(view.seat)


def _is_free(mark: Thing, scene: Scene) -> bool:
    """Returns whether no team mate is nearer to a landmark than the seat is."""
    own = size(mark.at)
    return all(apart(mark, mate) >= own for mate in scene.others)


def _landmark_line(mark: Thing, scene: Scene) -> str:
    own = size(mark.at)
    mate = min(scene.others, key=lambda other: apart(mark, other), default=None)
    if mate is None or apart(mark, mate) >= own:
        return f"{describe(mark)}, you are the nearest to it"
    return f"{describe(mark)}, {mate.name} is the nearest to it ({apart(mark, mate):.2f})"


def _ring(centre: Offset) -> Offset:
    """Returns where the nearest point of the circle lies."""
    distance = size(centre) or 1e-9
    share = (distance - _RADIUS) / distance
    return (centre[0] * share, centre[1] * share)


def _own_point(centre: Offset, view: View) -> Offset:
    """Returns where the circle's point of the seat's number lies: the same share of a full turn."""
    turn = 2 * math.pi * _number(view) / len(view.seats)
    return (centre[0] + _RADIUS * math.cos(turn), centre[1] + _RADIUS * math.sin(turn))


def _angle(centre: Offset) -> str:
    return str(round(math.degrees(math.atan2(-centre[1], -centre[0]))) % 360)


def _spots(scene: Scene, view: View) -> list[Thing]:
    """Returns the places that mpe2's simple_line shares out: both landmarks and what lies evenly between."""
    first, last = (mark.at for mark in scene.landmarks)
    gaps = len(view.seats) - 1
    return [
        Thing(
            f"spot {number}",
            "spot",
            (
                first[0] + (last[0] - first[0]) * number / gaps,
                first[1] + (last[1] - first[1]) * number / gaps,
            ),
        )
        for number in range(gaps + 1)
    ]
