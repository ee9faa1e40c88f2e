"""Words for the games round a secret goal: simple_adversary and simple_push."""

from universe.renderers.mpe.layout import Scene, Thing, read_adversary, read_push
from universe.renderers.mpe.measure import Aim, aim, apart, move_facts, nearest
from universe.renderers.mpe.particle import MAP, ParticleRenderer, describe_self, write
from universe.renderers.mpe.words import bearing, closing, nearness, octant, place, relation, size
from universe.view import Facts, View

_CARRY = 0.2  # how far a push of 0.5 carries in all


class AdversaryRenderer(ParticleRenderer):
    """Good agents that know the goal, and an adversary that does not."""

    def brief(self, view: View) -> str:
        """Returns the seat's side, its pay and what the sides know."""
        n = len(view.seats) - 1
        marks = f"{n} landmarks, one of which is the goal"
        if view.role == "adversary":
            return (
                f"You are {view.seat}, alone against {n} good agents. There are {marks}; the good agents know which, "
                f"you do not. Each turn pays you minus your own distance to the goal: 0 is the best. {MAP}"
            )
        mates = f"one of {n} good agents" if n > 1 else "the good agent"
        return (
            f"You are {view.seat}, {mates} against adversary_0. There are {marks}; you know which, the adversary does "
            "not. Each turn pays every good agent the adversary's distance to the goal, minus the distance of the "
            f"good agent that is nearest to it. {MAP}"
        )

    def text(self, view: View) -> str:
        """Returns the landmarks, the goal first where it is known, and the others."""
        return write([*_lines(read_adversary(view)), describe_self(Scene(), view)])

    def situation(self, view: View) -> str:
        """Returns the goal and who is nearer to it, or for the adversary the landmarks and who is near them."""
        scene = read_adversary(view)
        if scene.goal is None:
            return _guess(scene)
        ahead = any(apart(scene.goal, mate) < size(scene.goal.at) for mate in _of(scene, "teammate"))
        rival = _of(scene, "rival")[0]
        parts = [f"goal {bearing(scene.goal.at)}", "a teammate is nearer to it" if ahead else "no teammate is nearer"]
        parts.append(f"rival {relation(apart(scene.goal, rival), 'the goal')}")
        return ", ".join(parts)

    def facts(self, view: View) -> Facts:
        """Returns how each move stands to the goal, the landmarks and the rival."""
        scene = read_adversary(view)
        return _guess_facts(scene) if scene.goal is None else _goal_facts(scene, scene.goal)


class PushRenderer(ParticleRenderer):
    """An agent that knows the goal and an adversary that keeps it away."""

    def brief(self, view: View) -> str:
        """Returns the seat's side, its pay and what the other knows."""
        if view.role == "adversary":
            return (
                f"You are {view.seat} against agent_0. One of two landmarks is the goal; agent_0 knows which, you do "
                "not. Each turn pays you agent_0's distance to the goal minus your own. Bodies that touch (distance "
                f"below 0.10) push each other away. {MAP}"
            )
        return (
            f"You are {view.seat} against adversary_0. One of two landmarks is the goal; you know which, the adversary "
            "does not. Each turn pays you minus your distance to the goal: 0 is the best. Bodies that touch (distance "
            f"below 0.10) push each other away. {MAP}"
        )

    def text(self, view: View) -> str:
        """Returns the landmarks, the goal first where it is known, the rival and the own motion."""
        scene = read_push(view)
        return write([*_lines(scene), describe_self(scene, view)])

    def situation(self, view: View) -> str:
        """Returns the goal, or the landmark that the rival is nearest to, and where the rival is."""
        scene = read_push(view)
        rival, velocity = scene.others[0], scene.velocity or (0.0, 0.0)
        if scene.goal is None:
            return _guess(scene)
        near = f"rival {bearing(rival.at)}" if size(rival.at) < 0.35 else "rival not near"
        return f"goal {bearing(scene.goal.at)}, {closing(scene.goal.at, velocity)}, {near}"

    def facts(self, view: View) -> Facts:
        """Returns how each move stands to the goal or the landmarks, and to the rival."""
        scene = read_push(view)
        return _guess_facts(scene) if scene.goal is None else _goal_facts(scene, scene.goal)


def _of(scene: Scene, kind: str) -> list[Thing]:
    return [other for other in scene.others if other.kind == kind]


def _lines(scene: Scene) -> list[str]:
    lines: list[str] = []
    if scene.goal is not None:
        lines.append(f"Goal ({scene.goal.name}): {place(scene.goal.at)}")
    for mark in scene.landmarks:
        if scene.goal is None or mark.name != scene.goal.name:
            lines.append(f"{mark.name.capitalize()}: {place(mark.at)}")
    lines += [f"{other.kind.capitalize()} {other.name}: {place(other.at, other.reach)}" for other in scene.others]
    return lines


def _favoured(scene: Scene) -> Thing:
    """Returns the landmark that any rival is nearest to."""
    rivals = _of(scene, "rival")
    return min(scene.landmarks, key=lambda mark: min(apart(mark, rival) for rival in rivals))


def _guess(scene: Scene) -> str:
    """Returns the situation of a seat that does not know the goal."""
    favoured, near = _favoured(scene), nearest(scene.landmarks)
    assert near is not None
    held = min(apart(favoured, rival) for rival in _of(scene, "rival"))
    parts = [f"landmark nearest to a rival {bearing(favoured.at)}, rival {relation(held, 'it')}"]
    if near is not favoured:
        parts.append(f"another landmark nearer to me, {octant(near.at)}")
    return ", ".join(parts)


def _guess_facts(scene: Scene) -> Facts:
    favoured, near = _favoured(scene), nearest(scene.landmarks)
    rival = nearest(_of(scene, "rival"))
    assert near is not None
    assert rival is not None
    state = (
        f"landmark nearest to a rival {nearness(size(favoured.at))}",
        f"rival {relation(apart(favoured, rival), 'it')}",
        "it is my nearest landmark" if near is favoured else "another landmark is nearer",
    )
    aims = [
        aim("the landmark nearest to a rival", favoured, scene.velocity),
        aim("the nearest landmark", near, scene.velocity),
        Aim("the rival", rival.at),
    ]
    return Facts(state, move_facts(aims, carry=_CARRY))


def _goal_facts(scene: Scene, goal: Thing) -> Facts:
    mates, rival = _of(scene, "teammate"), _of(scene, "rival")[0]
    other = nearest(mark for mark in scene.landmarks if mark.name != goal.name)
    ahead = any(apart(goal, mate) < size(goal.at) for mate in mates)
    state = [f"goal {nearness(size(goal.at))}", f"rival {relation(apart(goal, rival), 'the goal')}"]
    state.append("rival nearer to the goal" if apart(goal, rival) < size(goal.at) else "rival further from the goal")
    if mates:
        state.append("a teammate is nearer to the goal" if ahead else "no teammate is nearer to the goal")
    aims = [aim("the goal", goal, scene.velocity), Aim("the rival", rival.at)]
    if other is not None:
        aims.append(aim("the nearest other landmark", other, scene.velocity))
    return Facts(tuple(state), move_facts(aims, carry=_CARRY))
