"""Nothing that is served tells what a seat alone may know, in any card that hides something."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.service.rooms import Room, open_room, read_events, tokens
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.service.showing import show_turn
from universe.streams import Stream
from universe.text_env import TextEnv

HIDING = [card for card in default_catalog() if card.hidden and card.playable]
TURNS = 8
SHORTEST = 12
"""Characters from which on a line of a seat's text is looked for where it must not be."""


@pytest.fixture(scope="module")
def room() -> Any:
    with open_room() as opened:
        yield opened


@dataclass
class World:
    """A table of one deal, with everything that anybody could read of it."""

    room: Room
    card: EnvCard
    seed: int
    public: list[str] = field(default_factory=list)
    """What everybody may read, turn by turn."""
    private: list[dict[str, str]] = field(default_factory=list)
    """What each seat that acts reads, turn by turn."""

    def __post_init__(self) -> None:
        self.n_lines = len(self.room.lines)
        self.made = self.room.make(self.card.env_id, seats={"*": "mine"}, seed=self.seed, max_turns=TURNS)
        self.table = self.made["table"]["table"]
        self.held = tokens(self.made)
        self.local = TextEnv(self.card, max_turns=TURNS)
        self.local.reset(self.seed)

    def read(self) -> None:
        """Reads what everybody may, and what each seat may."""
        room, table = self.room, self.table
        listed = room.get(f"/v1/tables?env={self.card.env_id}&limit=100").json()["items"]
        shown = [room.get(f"/v1/tables/{table}").text, json.dumps([item for item in listed if item["table"] == table])]
        events = read_events(room.get(f"/v1/tables/{table}/events?seconds=0").text)
        shown.append(json.dumps([(kind, data) for kind, _, data in events]))
        for seat in self.held:
            refused = [
                room.get(f"/v1/tables/{table}/seats/{seat}/turn", "foreign"),
                room.get(f"/v1/tables/{table}/seats/{seat}/observation", "foreign"),
                room.post(f"/v1/tables/{table}/seats/{seat}/answer", {"turn": 0, "action": 10**9}, "foreign"),
                room.post(f"/v1/tables/{table}/seats/{seat}/read", {"turn": 0, "answer": "a"}, "foreign"),
            ]
            shown += [_mask(answer.text) for answer in refused]
        self.public.append("\n".join(shown).replace(table, "TABLE"))
        self.private.append({seat: self.room.get(self.path(seat), token).text for seat, token in self.held.items()})

    def path(self, seat: str, what: str = "turn") -> str:
        return f"/v1/tables/{self.table}/seats/{seat}/{what}"

    def play(self, number: int) -> None:
        """Plays the same place of the menu for every seat that must act, here and locally."""
        actions: dict[str, int] = {}
        for turn in self.local.turns():
            actions[turn.seat] = Stream.of(number).pick(turn.menu.actions, turn.seat)
        position = self.room.post(
            f"/v1/tables/{self.table}/play", {"turn": number, "actions": actions}, self.made["owner_token"]
        )
        assert position.status_code == 200, position.text
        self.local.play(actions)

    def logged(self) -> str:
        return "\n".join(self.room.lines[self.n_lines :])


def _find_twin(card: EnvCard, seed: int) -> int:
    """Returns another seed, of a deal in which the same seats act first."""
    env = TextEnv(card)

    def first(of: int) -> list[str]:
        env.reset(of)
        return [turn.seat for turn in env.turns()]

    expected = first(seed)
    found = next(other for other in range(seed + 1, seed + 50) if first(other) == expected)
    env.close()
    return found


def _mask(text: str) -> str:
    return re.sub(r'"request_id":"[^"]*"', "", text)


def _secrets(shown: str) -> set[str]:
    """Returns the lines of what a seat sees that are long enough to be told from words that everybody uses."""
    turn = json.loads(shown)["turn"]
    if turn is None:
        return set()
    texts = [*turn["text"].splitlines(), *turn["brief"].splitlines(), turn["situation"]]
    return {text.strip() for text in texts if len(text.strip()) >= SHORTEST}


@pytest.mark.parametrize("card", HIDING, ids=lambda card: card.env_id)
def test_what_everybody_reads_is_the_same_in_deals_that_differ(room: Room, card: EnvCard) -> None:
    one, two = World(room, card, 1), World(room, card, _find_twin(card, 1))
    compared = differing = 0
    for number in range(TURNS):
        one.read()
        two.read()
        due = [turn.seat for turn in one.local.turns()]
        if not due or due != [turn.seat for turn in two.local.turns()]:
            break
        assert one.public[-1] == two.public[-1]
        compared += 1
        differing += one.private[-1] != two.private[-1]
        one.play(number)
        two.play(number)

    assert compared
    assert differing or card.env_id == "classic/rps_v2"


@pytest.mark.parametrize("card", HIDING, ids=lambda card: card.env_id)
def test_a_seat_is_shown_what_the_game_shows_it_in_process_and_no_more(room: Room, card: EnvCard) -> None:
    world = World(room, card, 3)
    for number in range(TURNS):
        world.read()
        due = {turn.seat: turn for turn in world.local.turns()}
        for seat, shown in world.private[-1].items():
            found = json.loads(shown)
            if seat not in due:
                assert found["turn"] is None
                continue
            expected = json.loads(show_turn(due[seat]).model_dump_json(by_alias=True))
            clock = {name: found["turn"][name] for name in ("attempts_left", "seconds_left")}
            assert found["turn"] == expected | clock
        if not due:
            break
        world.play(number)


@pytest.mark.parametrize("card", HIDING, ids=lambda card: card.env_id)
def test_no_line_of_a_seats_text_is_public_or_logged(room: Room, card: EnvCard) -> None:
    world = World(room, card, 4)
    secrets: set[str] = set()
    for number in range(TURNS):
        world.read()
        secrets |= {line for shown in world.private[-1].values() for line in _secrets(shown)}
        if not world.local.turns():
            break
        world.play(number)
    told = "\n".join(world.public) + world.logged()

    assert secrets
    assert [line for line in secrets if line in told or json.dumps(line)[1:-1] in told] == []
    assert [token for token in (*world.held.values(), world.made["owner_token"]) if token in told] == []


@pytest.mark.parametrize("card", HIDING, ids=lambda card: card.env_id)
def test_a_wrong_answer_is_told_about_its_own_menu_alone(room: Room, card: EnvCard) -> None:
    world = World(room, card, 5)
    seat = world.local.turns()[0].seat
    others = {
        line
        for other in world.held
        if other != seat
        for line in _secrets(room.get(world.path(other), world.held[other]).text)
    } - _secrets(room.get(world.path(seat), world.held[seat]).text)

    for body in ({"turn": 0, "reply": "?"}, {"turn": 0, "action": 10**6}):
        answer = room.post(world.path(seat, "answer"), body, world.held[seat])
        assert answer.status_code == 422
        assert [line for line in others if line in answer.text] == []


def test_moves_are_public_only_where_nothing_is_hidden(room: Room) -> None:
    for card in default_catalog():
        if card.suite == "atari" or not card.playable:
            continue
        made = room.make(card.env_id, seats={"*": "mine"}, max_turns=2, position=True)
        actions = {turn["seat"]: turn["options"][0]["action"] for turn in made["position"]["turns"]}
        room.post(f"/v1/tables/{made['table']['table']}/play", {"turn": 0, "actions": actions}, made["owner_token"])

        moves = room.get(f"/v1/tables/{made['table']['table']}").json()["moves"]

        assert bool(moves) is (card.moves_public and card.hidden is None), card.env_id
