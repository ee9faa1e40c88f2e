"""Words for the chases: simple_tag and simple_world_comm."""

from collections.abc import Sequence

from universe.renderers.mpe.layout import Scene, Thing, flag, is_predator, others, read_tag, read_world
from universe.renderers.mpe.measure import Aim, aim, apart, join_facts, move_facts, nearest
from universe.renderers.mpe.particle import MAP, ParticleRenderer, describe, describe_self, write
from universe.renderers.mpe.words import (
    MOVES,
    Offset,
    bearing,
    closing,
    direct,
    motion,
    nearness,
    octant,
    place,
    quarter,
    size,
)
from universe.view import Facts, View

_HUNTER_CARRY, _PREY_CARRY = 0.12, 0.16  # how far pushes of 0.3 and 0.4 carry in all
_BLOCKING = 0.3  # gap to an obstacle below which it is worth a word
_ALARM = 0.9  # the distance of a predator that is worth its direction
_WORDS = 4


class TagRenderer(ParticleRenderer):
    """Predators chase prey between obstacles."""

    def brief(self, view: View) -> str:
        """Returns the seat's side, its pay, and the speeds."""
        prey_is = "slower" if flag(view, "curriculum") else "faster"
        if is_predator(view.seat):
            return (
                f"You are {view.seat}, a predator{_mates(view, 'adversary')}. Each turn pays every predator 10 for "
                f"each touch of a predator and a prey, whoever makes it. Prey is {prey_is} than you. {MAP}"
            )
        return (
            f"You are {view.seat}, prey{_mates(view, 'agent')}. Each turn costs you 10 for each predator that touches "
            f"you, and more and more beyond 0.90 from the middle to either side. You are {prey_is} than they. {MAP}"
        )

    def text(self, view: View) -> str:
        """Returns everyone, the obstacles and the own motion."""
        scene = read_tag(view)
        return write([*_people(scene), *_place_lines(scene.landmarks), describe_self(scene, view)])

    def situation(self, view: View) -> str:
        """Returns the nearest prey or predator, and for prey its place in the arena."""
        scene = read_tag(view)
        if is_predator(view.seat):
            return _hunt(scene)
        return f"{_flight(scene)}, {_zone(scene)}"

    def facts(self, view: View) -> Facts:
        """Returns how each move stands to prey, predators, obstacles and the edge."""
        scene = read_tag(view)
        if is_predator(view.seat):
            return Facts(_hunt_state(scene), move_facts(_hunt_aims(scene), carry=_HUNTER_CARRY))
        carry = _PREY_CARRY / 2 if flag(view, "curriculum") else _PREY_CARRY
        return Facts(_flight_state(scene), move_facts(_flight_aims(scene), carry=carry, edge=scene.position))


class WorldRenderer(ParticleRenderer):
    """A chase with food, forests that hide, and a leader who sees everything and speaks."""

    fields = ("move", "say")

    def brief(self, view: View) -> str:
        """Returns the seat's side, its pay, what forests hide from it and who speaks."""
        if not is_predator(view.seat):
            return (
                f"You are {view.seat}, prey{_mates(view, 'agent')}. Each turn costs you 5 for each predator that "
                "touches you, 0.05 times the distance to the nearest food, and more and more beyond 0.90 from the "
                f"middle to either side; each food that you touch pays 2. You are faster than they. {_sight(view)} "
                f"{MAP}"
            )
        speech = (
            "You lead: each turn you also say one of four words, which the other predators hear in their next turn."
            if view.role == "leadadversary"
            else "leadadversary_0 leads and says one of four words each turn, which you hear in the next."
        )
        return (
            f"You are {view.seat}, a predator{_mates(view, 'adversary')}. Each turn pays every predator 5 for each "
            "touch of a predator and a prey, and costs you 0.1 times your distance to the nearest prey. Prey is faster "
            f"than you. {speech} {_sight(view)} {MAP}"
        )

    def text(self, view: View) -> str:
        """Returns whom the seat sees, food, forests, obstacles, what it heard and its own motion."""
        scene = read_world(view)
        lines = _people(scene)
        if scene.hidden:
            lines.append(f"Not seen: {', '.join(scene.hidden)}")
        hunts = is_predator(view.seat)
        lines += _row("Food", scene.foods) if hunts else _place_lines(scene.foods)
        lines += [*_row("Forests", scene.forests), *_row("Obstacles", scene.landmarks)]
        if hunts and view.role != "leadadversary":
            lines.append("The leader has said nothing yet" if scene.heard is None else f"The leader said {scene.heard}")
        if scene.inside:
            lines.append(f"You are hidden in {' and '.join(f'forest {number}' for number in scene.inside)}")
        return write([*lines, describe_self(scene, view)])

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the direction of the push, and for the leader its word."""
        if view.role != "leadadversary":
            return (MOVES[action],)
        return (MOVES[action % 5], f"say {action // 5}")

    def situation(self, view: View) -> str:
        """Returns the nearest seen prey or predator, and what the side adds to it."""
        scene = read_world(view)
        woods = ", in a forest" if scene.inside else ""
        if is_predator(view.seat):
            if view.role == "leadadversary":
                return f"{_hunt(scene)}{woods}"
            return f"{_prey(scene)}{woods}, heard {'nothing' if scene.heard is None else scene.heard}"
        food = nearest(scene.foods)
        assert food is not None
        feeding = "touching food" if size(food.at) < food.reach else f"food {quarter(food.at)}"
        outside = ", out of the arena" if _is_outside(scene) else ""
        near = any(size(other.at) < _ALARM for other in _of(scene, "predator"))
        flight = _flight(scene) if near else "no predator near"
        return f"{flight}, {feeding}{woods}{outside}"

    def facts(self, view: View) -> Facts:
        """Returns how each move stands to prey, predators, food, forests and the edge, and what each word goes with."""
        scene = read_world(view)
        if not is_predator(view.seat):
            return _feeding_facts(scene)
        woods = ("in a forest",) if scene.inside else ()
        if view.role != "leadadversary":
            heard = "heard nothing" if scene.heard is None else f"heard {scene.heard}"
            moves = move_facts(_hunt_aims(scene), carry=_HUNTER_CARRY)
            moves = {move: (*facts, f"{heard}, {MOVES[move]}") for move, facts in moves.items()}
            return Facts((*_hunt_state(scene), *woods, heard), moves)
        moves = move_facts(_hunt_aims(scene), carry=_HUNTER_CARRY)
        return Facts((*_hunt_state(scene), *woods), join_facts(moves, _word_facts(scene, view)))


def _mates(view: View, kind: str) -> str:
    mates = [seat for seat in others(view) if is_predator(seat) == (kind == "adversary")]
    return f" like {', '.join(mates)}" if mates else ""


def _sight(view: View) -> str:
    if view.kwargs["num_forests"] == 0:
        return ""
    if view.role == "leadadversary":
        return "Forests hide nobody from you."
    return "From within a forest you see only those in it; from outside you see nobody who is in one."


def _people(scene: Scene) -> list[str]:
    """Returns a line for each opponent, nearest first, and one for all team mates."""
    ranked = sorted(scene.others, key=lambda other: size(other.at))
    lines = [
        f"{other.kind.capitalize()} {other.name}: {place(other.at, other.reach)}{_motion(other)}"
        for other in ranked
        if other.kind != "teammate"
    ]
    mates = [
        f"{other.name} {direct(other.at) or 'here'}{_motion(other)}" for other in ranked if other.kind == "teammate"
    ]
    return [*lines, f"Teammates: {'; '.join(mates)}"] if mates else lines


def _motion(other: Thing) -> str:
    return "" if other.velocity is None else f", {motion(other.velocity)}"


def _place_lines(things: Sequence[Thing]) -> list[str]:
    return [describe(thing) for thing in things]


def _row(title: str, things: Sequence[Thing]) -> list[str]:
    """Returns one line on all places of a kind, by number."""
    row = "; ".join(f"{number} at {direct(thing.at) or 'here'}" for number, thing in enumerate(things))
    return [f"{title}: {row}"] if row else []


def _of(scene: Scene, kind: str) -> list[Thing]:
    return [other for other in scene.others if other.kind == kind]


def _relative(thing: Thing, scene: Scene) -> Offset:
    """Returns the seat's velocity as seen from a thing, whose own counts as zero where it is not seen."""
    own, other = scene.velocity or (0.0, 0.0), thing.velocity or (0.0, 0.0)
    return (own[0] - other[0], own[1] - other[1])


def _prey(scene: Scene) -> str:
    prey = nearest(_of(scene, "prey"))
    if prey is None:
        return "no prey seen"
    return f"touching prey {octant(prey.at)}" if size(prey.at) < prey.reach else f"prey {bearing(prey.at)}"


def _hunt(scene: Scene) -> str:
    prey = nearest(_of(scene, "prey"))
    if prey is None:
        return _prey(scene)
    ahead = any(apart(prey, mate) < size(prey.at) for mate in _of(scene, "teammate"))
    way = closing(prey.at, _relative(prey, scene))
    return f"{_prey(scene)}, {way}{', a teammate is nearer to it' if ahead else ''}"


def _hunt_state(scene: Scene) -> tuple[str, ...]:
    prey = nearest(_of(scene, "prey"))
    if prey is None:
        return ("no prey seen",)
    ahead = any(apart(prey, mate) < size(prey.at) for mate in _of(scene, "teammate"))
    return (
        "touching prey" if size(prey.at) < prey.reach else f"prey {nearness(size(prey.at))}",
        closing(prey.at, _relative(prey, scene)),
        "a teammate is nearer to the prey" if ahead else "no teammate is nearer to the prey",
    )


def _hunt_aims(scene: Scene) -> list[Aim]:
    prey = nearest(_of(scene, "prey"))
    aims = [aim("the prey", prey, scene.velocity)] if prey is not None else []
    return aims + _obstacle_aims(scene)


def _obstacle_aims(scene: Scene) -> list[Aim]:
    block = nearest(scene.landmarks)
    if block is None or size(block.at) - block.reach > _BLOCKING:
        return []
    return [Aim("the near obstacle", block.at)]


def _flight(scene: Scene) -> str:
    predator = nearest(_of(scene, "predator"))
    if predator is None:
        return "no predator seen"
    if size(predator.at) < predator.reach:
        return f"touching predator {octant(predator.at)}"
    return f"predator {bearing(predator.at)}"


def _flight_state(scene: Scene) -> tuple[str, ...]:
    predator = nearest(_of(scene, "predator"))
    if predator is None:
        return ("no predator seen", _zone(scene))
    near = sum(size(other.at) < 0.6 for other in _of(scene, "predator"))
    return (
        "touching predator" if size(predator.at) < predator.reach else f"predator {nearness(size(predator.at))}",
        f"{near} predator{'' if near == 1 else 's'} within 0.60",
        _zone(scene),
    )


def _flight_aims(scene: Scene) -> list[Aim]:
    predators = sorted(_of(scene, "predator"), key=lambda other: size(other.at))
    aims = [aim("the nearest predator", each, scene.velocity) for each in predators[:1]]
    aims += [Aim("the second predator", each.at) for each in predators[1:2]]
    return aims + _obstacle_aims(scene)


def _is_outside(scene: Scene) -> bool:
    return scene.position is not None and max(map(abs, scene.position)) >= 0.9


def _zone(scene: Scene) -> str:
    """Returns where in the arena the seat is: the middle, near an edge, or out."""
    position = scene.position or (0.0, 0.0)
    if _is_outside(scene):
        return f"out of the arena, {octant(position)}"
    return f"near the {octant(position)} edge" if max(map(abs, position)) >= 0.6 else "well inside the arena"


def _feeding_facts(scene: Scene) -> Facts:
    food, forest = nearest(scene.foods), nearest(scene.forests)
    assert food is not None
    aims = _flight_aims(scene)
    aims.insert(1, aim("the nearest food", food, scene.velocity))
    if forest is not None:
        aims.append(Aim("the nearest forest", forest.at))
    state = [
        *_flight_state(scene),
        "touching food" if size(food.at) < food.reach else f"food {nearness(size(food.at))}",
    ]
    state.append("in a forest" if scene.inside else "in the open")
    return Facts(tuple(state), move_facts(aims, carry=_PREY_CARRY, edge=scene.position))


def _word_facts(scene: Scene, view: View) -> dict[int, tuple[str, ...]]:
    prey = nearest(_of(scene, "prey"))
    last = view.moves[-1].action // 5 if view.moves else None
    position = scene.position or (0.0, 0.0)
    found: dict[int, tuple[str, ...]] = {}
    for word in range(_WORDS):
        facts = ["say", f"say {word}"]
        if last is not None:
            facts.append("says the last word again" if word == last else "says another word than last")
        if prey is not None:
            place_in_arena = (prey.at[0] + position[0], prey.at[1] + position[1])
            facts.append(f"say {word}, prey in the {octant(place_in_arena)} of the arena")
        found[word] = tuple(facts)
    return found
