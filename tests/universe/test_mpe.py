"""The words for the multi-particle games against the worlds of mpe2's own engine, for every seat."""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from pydantic import JsonValue

from universe.card import EnvCard
from universe.cards.mpe import MPE
from universe.catalog import default_catalog
from universe.renderers.mpe.together import SimpleRenderer
from universe.streams import Stream
from universe.testing import check_renderer
from universe.text_env import TextEnv, Turn
from universe.view import View

GOLDEN = Path(__file__).parent / "golden"
LONGEST = 700  # characters of a median turn: about 300 tokens of the embedded model
OFF_DEFAULT: tuple[tuple[str, dict[str, JsonValue]], ...] = (
    ("simple", {"max_cycles": 5}),
    ("simple_adversary", {"N": 4}),
    ("simple_reference", {"local_ratio": 0.0}),
    ("simple_spread", {"N": 5, "local_ratio": 1.0, "curriculum": True, "terminate_on_success": True}),
    ("simple_tag", {"num_good": 2, "num_adversaries": 2, "num_obstacles": 0, "curriculum": True}),
    ("simple_tag", {"num_good": 3, "num_adversaries": 1, "num_obstacles": 3, "terminate_on_success": True}),
    ("simple_world_comm", {"num_good": 1, "num_adversaries": 1, "num_obstacles": 2, "num_food": 1, "num_forests": 0}),
    ("simple_world_comm", {"num_good": 3, "num_adversaries": 3, "num_obstacles": 0, "num_food": 3, "num_forests": 4}),
    ("simple_formation", {"N": 3}),
    ("simple_line", {"N": 6}),
    ("collect_treasure", {"num_collectors": 2, "num_deposits": 3, "num_treasures": 2}),
    ("collect_treasure", {"num_collectors": 1, "num_deposits": 1, "num_treasures": 1}),
)
VARIANTS = [(card, {}) for card in MPE] + [
    (default_catalog().find(f"mpe/{name}"), given) for name, given in OFF_DEFAULT
]

every_card = pytest.mark.parametrize("card", MPE, ids=lambda card: card.env_id)
every_variant = pytest.mark.parametrize(
    ("card", "given"), VARIANTS, ids=[f"{card.env_id} {' '.join(map(str, given.values()))}" for card, given in VARIANTS]
)

DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "down": (0, -1), "up": (0, 1)}
OFFSET = r"(?:here|\d+\.\d\d \w+(?:, \d+\.\d\d \w+)?)"
PLACED = re.compile(rf"^(?P<label>[^:]+): (?P<at>{OFFSET}) \(distance (?P<far>\d+\.\d\d)(?P<touch>, touching)?\)")


def play(card: EnvCard, given: Mapping[str, JsonValue], *, n_episodes: int = 5) -> Iterator[tuple[TextEnv, Turn]]:
    """Yields every turn of seeded episodes of random legal play, with the environment that it belongs to."""
    env = TextEnv(card, given)
    for seed in range(n_episodes):
        env.reset(seed)
        stream = Stream.of(seed, "mpe")
        while turns := env.turns():
            for turn in turns:
                yield env, turn
            env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in turns})
    env.close()


def offset(words: str) -> np.ndarray:
    """Returns what `0.94 left, 0.59 down` says, as (x, y)."""
    parts = re.findall(r"(\d+\.\d\d) (left|right|down|up)", words)
    return sum((float(size) * np.array(DIRECTIONS[way]) for size, way in parts), np.zeros(2))


def world_of(env: TextEnv):
    return env._engine.core.world  # tests may look: renderers may not


def agent_of(env: TextEnv, seat: str):
    return next(agent for agent in world_of(env).agents if agent.name == seat)


def entity(env: TextEnv, label: str):
    """Returns the place, and the entity if it is one, that a line of a text speaks of."""
    world = world_of(env)
    for agent in world.agents:
        if re.search(rf"\b{agent.name}\b", label):
            return agent.state.p_pos, agent
    numbers = re.findall(r"\d+", label)
    number = int(numbers[-1]) if numbers else 0
    if label.startswith("Spot"):
        return env._engine.core.scenario._expected_positions[int(numbers[0])], None
    if label.startswith("Food"):
        return world.food[number].state.p_pos, world.food[number]
    return world.landmarks[number].state.p_pos, world.landmarks[number]


def placed(turn: Turn) -> list[re.Match[str]]:
    skipped = ("Nearest", "Mean place", "Point of")
    return [found for line in turn.text.splitlines() if (found := PLACED.match(line)) if not line.startswith(skipped)]


@every_variant
def test_every_named_place_is_where_the_engine_has_it(card: EnvCard, given: dict[str, JsonValue]) -> None:
    seen = 0
    for env, turn in play(card, given):
        own = agent_of(env, turn.seat)
        for found in placed(turn):
            at, _ = entity(env, found["label"])
            assert offset(found["at"]) == pytest.approx(at - own.state.p_pos, abs=0.0051), turn.text
            assert float(found["far"]) == pytest.approx(np.linalg.norm(at - own.state.p_pos), abs=0.0051)
            seen += 1
    assert seen or card.env_id in ("mpe/simple_crypto_v3",)


@every_variant
def test_own_motion_and_position_are_the_engines(card: EnvCard, given: dict[str, JsonValue]) -> None:
    for env, turn in play(card, given):
        own = agent_of(env, turn.seat)
        line = turn.text.splitlines()[-1]
        if moving := re.search(rf"(?:moving ({OFFSET})|at rest)", line):
            assert offset(moving[1] or "") == pytest.approx(own.state.p_vel, abs=0.0051)
        if standing := re.search(rf"({OFFSET}) of the middle|in the middle", line):
            assert offset(standing[1] or "") == pytest.approx(own.state.p_pos, abs=0.0051)
        if turn.view.moves:
            assert f"last move {turn.view.moves[-1].name}" in line or line.startswith("Your last words")


@pytest.mark.parametrize("name", ["simple_tag", "simple_world_comm"])
def test_touching_is_said_exactly_when_bodies_overlap(name: str) -> None:
    touches = 0
    for env, turn in play(default_catalog().find(name), {}, n_episodes=40):
        own = agent_of(env, turn.seat)
        for found in placed(turn):
            _, thing = entity(env, found["label"])
            gap = np.linalg.norm(thing.state.p_pos - own.state.p_pos) - (thing.size + own.size)
            if abs(gap) > 1e-6:  # bodies pushed apart come to rest just at the bound, within float32
                assert bool(found["touch"]) == (gap < 0)
            touches += gap < 0
    assert touches


@pytest.mark.parametrize("name", ["simple_tag", "simple_world_comm"])
def test_velocities_and_rows_of_a_chase_are_the_engines(name: str) -> None:
    given = {"num_good": 3}
    for env, turn in play(default_catalog().find(name), given):
        own = agent_of(env, turn.seat)
        for seat, moving in re.findall(rf"^Prey (\w+): .*, (moving {OFFSET}|at rest)$", turn.text, re.M):
            assert offset(moving) == pytest.approx(agent_of(env, seat).state.p_vel, abs=0.0051)
        mates = re.search(r"^Teammates: (.*)$", turn.text, re.M)
        for seat, at in re.findall(rf"(\w+_\d) ({OFFSET})", mates[1] if mates else ""):
            assert offset(at) == pytest.approx(agent_of(env, seat).state.p_pos - own.state.p_pos, abs=0.0051)
        for title, row in re.findall(r"^(Food|Forests): (0 at .*)$", turn.text, re.M):
            for number, at in re.findall(rf"(\d) at ({OFFSET})", row):
                thing = getattr(world_of(env), title.lower())[int(number)]
                assert offset(at) == pytest.approx(thing.state.p_pos - own.state.p_pos, abs=0.0051)


def test_forests_hide_exactly_whom_the_engine_hides() -> None:
    hidden_once = False
    for env, turn in play(default_catalog().find("simple_world_comm"), {"num_forests": 4}, n_episodes=10):
        world, own = world_of(env), agent_of(env, turn.seat)
        woods = {
            agent.name: {
                number
                for number, forest in enumerate(world.forests)
                if np.linalg.norm(agent.state.p_pos - forest.state.p_pos) < agent.size + forest.size
            }
            for agent in world.agents
        }
        others = [agent.name for agent in world.agents if agent is not own]
        unseen = [
            seat
            for seat in others
            if not own.leader and (woods[own.name] or woods[seat]) and not woods[own.name] & woods[seat]
        ]
        line = re.search(r"^Not seen: (.*)$", turn.text, re.M)
        assert (line[1].split(", ") if line else []) == unseen
        assert ("You are hidden in" in turn.text) == bool(woods[own.name])
        hidden_once = hidden_once or bool(unseen)
    assert hidden_once


@pytest.mark.parametrize("name", ["simple_adversary", "simple_push"])
def test_goal_is_the_engines_and_only_good_agents_read_it(name: str) -> None:
    for env, turn in play(default_catalog().find(name), {}):
        goal = re.search(r"^Goal \((landmark \d)\)", turn.text, re.M)
        if turn.view.role == "adversary":
            assert "goal" not in turn.text.lower() + turn.situation.lower() + repr(turn.facts).lower()
        else:
            assert goal
            assert goal[1] == agent_of(env, turn.seat).goal_a.name


def test_partner_reads_the_others_goal_by_its_colour() -> None:
    for env, turn in play(default_catalog().find("simple_reference"), {}):
        colour = ("red", "green", "blue")[world_of(env).landmarks.index(agent_of(env, turn.seat).goal_b)]
        mate = agent_of(env, turn.seat).goal_a.name
        assert turn.text.startswith(f"{mate} must reach: {colour} landmark\n")


def test_speaker_reads_the_goal_by_its_colour() -> None:
    for env, turn in play(default_catalog().find("simple_speaker_listener"), {}):
        goal = world_of(env).agents[0].goal_b
        colour = ("red", "green", "blue")[world_of(env).landmarks.index(goal)]
        assert (f"Goal: {colour} landmark" in turn.text) == (turn.seat == "speaker_0")


def test_crypto_shows_message_and_key_to_those_who_have_them() -> None:
    for env, turn in play(default_catalog().find("simple_crypto"), {}):
        world = world_of(env)
        message, key = int(np.argmax(world.agents[2].goal_a.color)), int(np.argmax(world.agents[2].key))
        assert (f"Message: {message}\n" in turn.text) == (turn.seat == "alice_0")
        assert (f"Key: {key}\n" in turn.text) == (turn.seat != "eve_0")


@pytest.mark.parametrize(
    ("name", "speaker", "action", "listener", "line"),
    [
        ("simple_reference", "agent_0", 1 + 5 * 7, "agent_1", "agent_0 said 7"),
        ("simple_speaker_listener", "speaker_0", 2, "listener_0", "speaker_0 said 2"),
        ("simple_crypto", "alice_0", 3, "eve_0", "alice_0 said 3"),
        ("simple_world_comm", "leadadversary_0", 2 + 5 * 3, "adversary_2", "The leader said 3"),
    ],
)
def test_words_are_heard_a_turn_later(name: str, speaker: str, action: int, listener: str, line: str) -> None:
    env = TextEnv(default_catalog().find(name))
    env.reset(1)
    before = {turn.seat: turn.text for turn in env.turns()}[listener]
    env.play({turn.seat: action if turn.seat == speaker else 0 for turn in env.turns()})
    after = {turn.seat: turn.text for turn in env.turns()}[listener]
    assert "has said nothing yet" in before
    assert line in after.splitlines()


def test_collectors_read_the_nearest_treasures_and_what_they_carry() -> None:
    carried = False
    for env, turn in play(default_catalog().find("collect_treasure"), {}, n_episodes=10):
        world, own = world_of(env), agent_of(env, turn.seat)
        colours = ("blue", "orange")
        alive = sorted(
            (float(np.linalg.norm(mark.state.p_pos - own.state.p_pos)), colours[mark.type])
            for mark in world.landmarks
            if mark.alive
        )
        line = re.search(r"^Nearest treasures?: (.*)$", turn.text, re.M)
        shown = re.findall(r"(blue|orange) [^()]*\(distance (\d\.\d\d)", line[1] if line else "")
        assert shown == [(colour, f"{far:.2f}") for far, colour in alive[: len(shown)]]
        if own.collector:
            held = "nothing" if own.holding is None else f"a {colours[own.holding]} treasure"
            assert f"You carry: {held}\n" in turn.text
            carried = carried or own.holding is not None
    assert carried


def test_formation_reads_its_place_on_the_circle() -> None:
    for env, turn in play(default_catalog().find("simple_formation"), {"N": 3}):
        own, centre = agent_of(env, turn.seat).state.p_pos, world_of(env).landmarks[0].state.p_pos
        off = np.linalg.norm(own - centre) - 0.5
        angle = np.degrees(np.arctan2(*(own - centre)[::-1])) % 360
        read = re.search(r"^You stand (\S+) (outside|inside) the circle, at angle (\d+) from", turn.text, re.M)
        if read is not None:  # else it stands on the circle
            assert float(read[1]) == pytest.approx(abs(off), abs=0.0051)
            assert (read[2] == "outside") == (off > 0)
            assert abs((float(read[3]) - angle + 180) % 360 - 180) < 0.51
        turned = 2 * np.pi * int(turn.seat[-1]) / 3
        point = re.search(rf"^Point of your number: ({OFFSET})", turn.text, re.M)
        assert point
        expected = centre + 0.5 * np.array([np.cos(turned), np.sin(turned)]) - own
        assert offset(point[1]) == pytest.approx(expected, abs=0.0051)


@pytest.mark.parametrize("action", range(1, 5))
def test_direction_words_are_where_a_push_goes(action: int) -> None:
    env = TextEnv(default_catalog().find("simple"))
    env.reset(0)
    start = agent_of(env, "agent_0").state.p_pos.copy()
    [turn] = env.turns()
    way = np.array(DIRECTIONS[turn.menu.name(action)])
    env.play({"agent_0": action})
    env.play({"agent_0": 0})
    assert agent_of(env, "agent_0").state.p_pos - start == pytest.approx(0.05 * way)


def view_of(*numbers: float) -> View:
    """Returns a view of simple_v3 with a vector made by hand."""
    return View(
        seat="agent_0",
        seats=("agent_0",),
        role="agent",
        turn=0,
        index=0,
        observation=np.array(numbers, dtype=np.float32),
        legal=(0, 1, 2, 3, 4),
        kwargs={"max_cycles": 25},
        reward=0.0,
        moves=(),
        look=lambda: None,
    )


def test_text_by_hand() -> None:
    text = SimpleRenderer().text(view_of(0.5, 0.0, -0.94, -0.59))
    assert text == "Goal: 0.94 left, 0.59 down (distance 1.11)\nYou: moving 0.50 right; no move yet"


def test_facts_by_hand() -> None:
    facts = SimpleRenderer().facts(view_of(0.0, 0.0, -0.94, -0.3))
    assert facts.state == ("goal far off", "steady")
    assert facts.actions[1] == (
        "move",
        "towards the goal",
        "towards the goal along the longer side, far off",
        "coasts out nearer to the goal",
        "coasts out nearer to the goal along the longer side",
    )
    assert "away from the goal" in facts.actions[2]
    assert "towards the goal along the shorter side, far off" in facts.actions[3]


def test_push_that_overshoots_by_coasting_is_said() -> None:
    """A body at 1.0 coasts 0.4 further: past a goal that lies 0.3 ahead."""
    facts = SimpleRenderer().facts(view_of(1.0, 0.0, 0.3, 0.0))
    assert "towards the goal" in facts.actions[2]
    assert "coasts out further from the goal" in facts.actions[2]


def test_vector_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="sees 6 numbers, 4 were expected"):
        SimpleRenderer().text(view_of(0, 0, 0, 0, 0, 0))


@pytest.mark.parametrize(("answer", "value"), [("go west", "left"), ("UP", "up"), ("3", "say 3"), ("word 2", "say 2")])
def test_other_notations_are_read(answer: str, value: str) -> None:
    assert SimpleRenderer().read(answer, view_of(0, 0, 0, 0)) == value


@every_card
def test_turns_are_short(card: EnvCard) -> None:
    check_renderer(card, longest=LONGEST)


@every_card
def test_situations_recur(card: EnvCard) -> None:
    found = [(turn.view.role, turn.situation) for _, turn in play(card, {}, n_episodes=30)]
    sys.stdout.write(f"{card.env_id}: {len(set(found))} situations in {len(found)} turns\n")
    assert len(set(found)) < len(found) / 5


@every_card
def test_same_vector_makes_the_same_words_in_another_world(card: EnvCard) -> None:
    """Nothing but the view is read: a look at the engine would raise."""

    def refuse() -> object:
        raise AssertionError("the engine was looked at")

    renderer = TextEnv(card)._renderer
    for _, turn in play(card, {}, n_episodes=1):
        old = turn.view
        view = View(
            seat=old.seat,
            seats=old.seats,
            role=old.role,
            turn=old.turn,
            index=old.index,
            observation=np.array(old.observation),
            legal=old.legal,
            kwargs=dict(old.kwargs),
            reward=1e6,
            moves=list(old.moves),
            look=refuse,
        )
        assert renderer.text(view) == turn.text
        assert renderer.facts(view) == turn.facts


def script(card: EnvCard) -> str:
    """Returns some turns of one episode, for the first seat of each role."""
    lines: list[str] = []
    for _, turn in play(card, {}, n_episodes=1):
        firsts = [next(seat for seat in card.seats if card.role(seat) == role) for role in card.baseline]
        if turn.seat not in firsts or turn.number not in (0, 1, 12):
            continue
        lines += [f"== {turn.seat}, turn {turn.number}", *([turn.brief, ""] if turn.number == 0 else [])]
        lines += [turn.text, f"-> {turn.situation}", *(f"* {fact}" for fact in turn.facts.state)]
        lines += [
            f"{turn.menu.name(action)}: {'; '.join(facts)}" for action, facts in list(turn.facts.actions.items())[:8]
        ]
    return "\n".join(lines) + "\n"


@every_card
def test_texts_change_only_with_their_version(card: EnvCard) -> None:
    """After a change on purpose raise the card's version, delete the file and run this test to write it anew."""
    path = GOLDEN / f"{card.env_id.replace('/', '_')}.txt"
    current = f"text_version {card.text_version} / situation_version {card.situation_version}\n{script(card)}"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(current, encoding="utf-8")
        pytest.fail(f"{path.name} was missing and has been written: look at it, then run again.")
    stored = path.read_text(encoding="utf-8")
    if current.splitlines()[0] == stored.splitlines()[0]:
        assert current == stored, f"{card.env_id}: words changed; raise text_version or situation_version."
    assert current == stored, f"{path.name} is of another version: delete it and run again to write it anew."
