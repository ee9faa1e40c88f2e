"""Words for collect_treasure, whose 86 numbers are told nearest first."""

from collections.abc import Sequence

from universe.renderers.mpe.layout import TREASURE_COLOURS, Scene, Thing, count, read_treasure
from universe.renderers.mpe.measure import Aim, aim, move_facts, nearest
from universe.renderers.mpe.particle import MAP, ParticleRenderer, describe_self, write
from universe.renderers.mpe.words import Offset, bearing, motion, nearness, octant, place, size
from universe.view import Facts, View

_CARRY = {"collector": 0.06, "deposit": 0.027}  # how far pushes of 0.15 and 0.067 carry in all
_SHOWN = 3  # treasures and collectors that are told one by one


class TreasureRenderer(ParticleRenderer):
    """Collectors that fetch treasures, and deposits that take one colour each."""

    def brief(self, view: View) -> str:
        """Returns the seat's part and its pay."""
        n = count(view, "num_deposits")
        colours = ", ".join(f"{TREASURE_COLOURS[number]} for deposit_{number}" for number in range(n))
        pay = "Each treasure picked up and each one delivered pays everyone 5"
        touch = "Touching is by distance: a treasure below 0.075, a deposit below 0.125"
        if view.role == "collector":
            return (
                f"You are {view.seat}. Touch a treasure while you carry none and you pick it up; touch the deposit of "
                f"its colour ({colours}) and it is delivered. {pay}. Each turn costs you 0.1 times the distance to "
                "the nearest treasure, or while you carry one to its deposit, and 5 for each collector that touches "
                f"you (below 0.10). {touch}. {MAP}"
            )
        own = TREASURE_COLOURS[int(view.seat.rsplit("_", 1)[1])]
        return (
            f"You are {view.seat} and take {own} treasures from collectors that carry one and touch you. {pay}. Each "
            f"turn costs you 0.1 times the distance to the nearest collector with a {own} treasure, or where there is "
            f"none to the mean place of all collectors. {touch}. {MAP}"
        )

    def text(self, view: View) -> str:
        """Returns the target of the seat first, then the nearest treasures, deposits and collectors."""
        scene = read_treasure(view)
        collectors, deposits = _of(scene, "collector"), _of(scene, "deposit")
        if view.role == "deposit":
            lines = _carrier_lines(scene, view)
            lines.append(f"Nearest collectors: {_list(collectors[:_SHOWN])}")
            return write([*lines, *_treasure_lines(scene, 1), describe_self(scene, view)])
        lines = [f"You carry: {f'a {scene.colour} treasure' if scene.colour else 'nothing'}"]
        lines += [] if scene.colour else _treasure_lines(scene, _SHOWN)
        lines += [
            f"{deposit.colour} deposit ({deposit.name}): {place(deposit.at, deposit.reach)}".capitalize()
            for deposit in sorted(deposits, key=lambda each: each.colour != scene.colour)
        ]
        lines += _treasure_lines(scene, 1) if scene.colour else []
        lines.append(f"Nearest collectors: {_list(collectors[:2])}" if collectors else "No other collectors")
        return write([*lines, describe_self(scene, view)])

    def situation(self, view: View) -> str:
        """Returns what the seat carries or waits for, the bearing of its target, and a collector that is near."""
        scene = read_treasure(view)
        target = _target(scene, view)
        where = f"{target.name} {bearing(target.at)}"
        if view.role == "deposit":
            return where
        mate = nearest(_of(scene, "collector"))
        near = f", collector near {octant(mate.at)}" if mate is not None and size(mate.at) < 0.2 else ""
        return f"{'carrying' if scene.colour else 'empty'}, {where}{near}"

    def facts(self, view: View) -> Facts:
        """Returns how each move stands to the seat's target and to the nearest collector."""
        scene = read_treasure(view)
        target = _target(scene, view)
        aims = [aim(target.name, target, scene.velocity)]
        state = [f"{target.name} {nearness(size(target.at))}"]
        mate = nearest(_of(scene, "collector"))
        if view.role == "collector":
            state.append("carrying a treasure" if scene.colour else "carrying nothing")
            if mate is not None:
                state.append(f"nearest collector {nearness(size(mate.at))}")
                aims.append(aim("the nearest collector", mate, scene.velocity))
        elif mate is not None:
            aims.append(Aim("the nearest collector", mate.at))
        return Facts(tuple(state), move_facts(aims, carry=_CARRY[view.role]))


def _of(scene: Scene, kind: str) -> list[Thing]:
    return [other for other in scene.others if other.kind == kind]


def _list(collectors: Sequence[Thing]) -> str:
    return "; ".join(
        f"{place(each.at, each.reach)}{f', carries {each.colour}' if each.colour else ''}" for each in collectors
    )


def _treasure_lines(scene: Scene, n: int) -> list[str]:
    near = scene.landmarks[:n]
    if not near:
        return ["No treasure is left in this turn"]
    shown = [f"{each.colour} {place(each.at)}" for each in near]
    more = len(scene.landmarks) - len(near)
    first = "Nearest treasure" if n == 1 else "Nearest treasures"
    return [f"{first}: {'; '.join(shown)}{f'; {more} more further off' if more else ''}"]


def _own_colour(view: View) -> str:
    return TREASURE_COLOURS[int(view.seat.rsplit("_", 1)[1])]


def _carriers(scene: Scene, view: View) -> list[Thing]:
    own = _own_colour(view)
    return [each for each in _of(scene, "collector") if each.colour == own]


def _carrier_lines(scene: Scene, view: View) -> list[str]:
    carriers = _carriers(scene, view)
    own = _own_colour(view)
    if carriers:
        first = carriers[0]
        moving = "" if first.velocity is None else f", {motion(first.velocity)}"
        more = f"; {len(carriers) - 1} more further off" if len(carriers) > 1 else ""
        return [f"Nearest collector with {own}: {place(first.at, first.reach)}{moving}{more}"]
    return [f"No collector carries {own}", f"Mean place of the collectors: {place(_mean(scene))}"]


def _mean(scene: Scene) -> Offset:
    collectors = _of(scene, "collector")
    n = len(collectors) or 1
    return (sum(each.at[0] for each in collectors) / n, sum(each.at[1] for each in collectors) / n)


def _target(scene: Scene, view: View) -> Thing:
    """Returns what the seat's distance is counted to; a treasure that is not there counts as here."""
    if view.role == "deposit":
        carriers = _carriers(scene, view)
        if carriers:
            return carriers[0]._replace(name="the nearest collector with my colour")
        return Thing("the mean place of the collectors", "collector", _mean(scene))
    if scene.colour:
        deposit = next(each for each in _of(scene, "deposit") if each.colour == scene.colour)
        return deposit._replace(name="the deposit of my treasure")
    if scene.landmarks:
        return scene.landmarks[0]._replace(name="the nearest treasure")
    return Thing("the nearest treasure", "treasure", (0.0, 0.0))
