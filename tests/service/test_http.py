"""The service over HTTP: what it answers."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.service.rooms import Room, open_room, read_events, tokens
from universe.catalog import default_catalog
from universe.service.hall import Hall
from universe.service.settings import Limits
from universe.service.wire import Problem

SEAT = "/v1/tables/{}/seats/{}"
ALL = {"*": "mine"}


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with open_room() as opened:
        yield opened


def path(made: dict[str, Any], seat: str = "player_1", what: str = "turn") -> str:
    return f"/v1/tables/{made['table']['table']}/seats/{seat}/{what}"


def test_a_whole_game_is_played_against_the_house(room: Room) -> None:
    made = room.make(seats={"player_1": "mine", "player_2": "random"})
    token = tokens(made)["player_1"]
    look = room.get(path(made) + "?wait=5", token).json()
    while look["state"] == "your_turn":
        turn = look["turn"]
        accepted = room.post(
            path(made, what="answer"), {"turn": turn["turn"], "reply": turn["options"][0]["values"][0]}, token
        )
        assert accepted.status_code == 200
        look = room.get(path(made) + f"?wait=5&after={turn['turn']}", token).json()

    assert look["state"] == "over"
    assert {end["reason"] for end in look["outcome"]} == {"natural"}


def test_the_catalogue_is_read_page_by_page(room: Room) -> None:
    found: list[str] = []
    after = ""
    while True:
        page = room.get(f"/v1/envs?limit=7{after}").json()
        found += [item["env_id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"

    assert found == [card.env_id for card in default_catalog()]


def test_a_suite_is_listed_alone(room: Room) -> None:
    items = room.get("/v1/envs?suite=mpe&limit=200").json()["items"]

    assert {item["suite"] for item in items} == {"mpe"}


def test_a_search_finds_what_has_the_words_best_first(room: Room) -> None:
    items = room.get("/v1/envs/search?q=chess").json()["items"]

    assert items[0]["env_id"] == "classic/chess_v6"


@pytest.mark.parametrize("name", ["classic/chess_v6", "classic/chess-v6", "classic/chess"])
def test_a_card_is_found_by_any_form_of_its_name(room: Room, name: str) -> None:
    assert room.get(f"/v1/envs/{name}").json() == default_catalog().find("chess").model_dump(mode="json")


def test_an_unknown_environment_names_the_nearest(room: Room) -> None:
    answer = room.get("/v1/envs/classic/ches")

    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_env"
    assert "classic/chess_v6" in answer.json()["detail"]


def test_the_house_says_what_it_is(room: Room) -> None:
    house = room.get("/v1/house").json()

    assert house["players"] == ["random"]
    assert house["keeps"] is False
    assert house["limits"]["body_bytes"] == 65_536


def test_every_problem_is_a_problem_document(room: Room) -> None:
    answers = [
        room.get("/nowhere"),
        room.client.delete("/v1/tables"),
        room.post("/v1/tables", {"env": "chess", "seed": "3"}),
        room.post("/v1/tables", {"env": "chess", "kwargs": {"no": 1}}),
        room.post("/v1/tables", {"env": "chess", "seats": {"player_9": "mine"}}),
        room.post("/v1/tables", {"env": "chess", "options": {"x": 1}}),
    ]

    assert [answer.status_code for answer in answers] == [404, 405, 422, 422, 422, 422]
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
    problems = [Problem.model_validate(answer.json()) for answer in answers]
    assert [problem.request_id for problem in problems] == [answer.headers["x-request-id"] for answer in answers]


def test_a_body_with_something_unknown_is_refused(room: Room) -> None:
    assert room.post("/v1/tables", {"env": "chess", "colour": "white"}).status_code == 422


def test_an_answer_needs_a_reply_or_an_action_and_not_both(room: Room) -> None:
    made = room.make(seats=ALL)
    for body in ({"turn": 0}, {"turn": 0, "reply": "a1", "action": 0}):
        answer = room.post(path(made, what="answer"), body, made["owner_token"])
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_request")


def test_a_position_comes_with_the_table_where_it_is_asked_for(room: Room) -> None:
    made = room.make(seats=ALL, position=True)

    assert made["position"]["turn"] == 0
    assert [turn["seat"] for turn in made["position"]["turns"]] == ["player_1"]


def test_a_position_is_not_shown_to_who_plays_some_seats_only(room: Room) -> None:
    made = room.make(seats={"player_1": "mine", "player_2": "random"})
    table = made["table"]["table"]

    assert room.get(f"/v1/tables/{table}/position", made["owner_token"]).status_code == 409
    answer = room.post("/v1/tables", {"env": "tictactoe", "position": True})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_seat")


def test_a_table_is_played_by_positions(room: Room) -> None:
    made = room.make("classic/rps", seats=ALL, position=True, seed=1, max_turns=3)
    table, position = made["table"]["table"], made["position"]
    while position["turns"]:
        actions = {turn["seat"]: turn["options"][0]["action"] for turn in position["turns"]}
        body = {"turn": position["turn"], "actions": actions}
        position = room.post(f"/v1/tables/{table}/play", body, made["owner_token"]).json()

    assert position["turn"] == 3
    assert {end["reason"] for end in position["outcome"]} == {"capped"}


def test_a_claimed_seat_has_its_own_token(room: Room) -> None:
    made = room.make(seats={"player_1": "mine"})

    token = room.post(path(made, "player_2", "claim"), {"name": "bob"})

    assert token.status_code == 201
    assert room.get(path(made, "player_2"), token.json()["token"]).json()["state"] == "waiting"
    state = room.get(f"/v1/tables/{made['table']['table']}").json()
    assert [seat["name"] for seat in state["seats"]] == ["guest", "bob"]


def test_a_seat_is_claimed_once(room: Room) -> None:
    made = room.make(seats={"player_1": "mine"})
    room.post(path(made, "player_2", "claim"), {})

    assert room.post(path(made, "player_2", "claim"), {}).status_code == 409


def test_a_renewed_token_replaces_the_old_one(room: Room) -> None:
    made = room.make(seats=ALL)
    old = tokens(made)["player_1"]

    new = room.post(path(made, what="renew"), None, old).json()["token"]

    assert room.get(path(made), old).status_code == 404
    assert room.get(path(made), new).status_code == 200


def test_who_waits_is_told_when_its_turn_comes(room: Room) -> None:
    made = room.make(seats=ALL)
    found: list[float] = []

    def wait() -> None:
        began = time.monotonic()
        look = room.get(path(made, "player_2") + "?wait=10", tokens(made)["player_2"]).json()
        assert look["state"] == "your_turn"
        found.append(time.monotonic() - began)

    waiter = threading.Thread(target=wait)
    waiter.start()
    time.sleep(0.3)
    room.post(path(made, what="answer"), {"turn": 0, "action": 0}, tokens(made)["player_1"])
    waiter.join()

    assert 0.25 < found[0] < 5


def test_who_waits_in_vain_is_told_to_wait(room: Room) -> None:
    made = room.make(seats=ALL)

    assert room.get(path(made, "player_2") + "?wait=0.1", tokens(made)["player_2"]).json()["state"] == "waiting"


def test_leaving_is_answered_with_nothing_also_twice(room: Room) -> None:
    made = room.make(seats=ALL)
    token = tokens(made)["player_1"]

    answers = [room.post(path(made, what="leave"), None, token) for _ in range(2)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b""), (204, b"")]
    assert room.get(path(made), token).json()["state"] == "over"


def test_a_move_in_the_games_own_notation_is_read(room: Room) -> None:
    made = room.make("chess", seats=ALL)

    value = room.post(path(made, "player_0", "read"), {"turn": 0, "answer": "e4"}, made["owner_token"]).json()

    assert value == {"value": "e2e4"}


def test_an_observation_travels_as_bytes(room: Room) -> None:
    import base64

    import numpy as np

    from universe.text_env import TextEnv

    made = room.make("connect_four", seats=ALL, seed=3)
    env = TextEnv(default_catalog().find("connect_four"))
    env.reset(3)
    expected: Any = env.turns()[0].view.observation

    array = room.get(path(made, "player_0", "observation"), made["owner_token"]).json()["parts"]["observation"]

    found = np.frombuffer(base64.b64decode(array["data"]), array["dtype"]).reshape(array["shape"])
    assert (found == expected["observation"]).all()
    assert found.dtype == expected["observation"].dtype


def test_tables_are_listed_newest_first_and_page_by_page(room: Room) -> None:
    made = [room.make("leduc_holdem")["table"]["table"] for _ in range(5)]
    found: list[str] = []
    after = ""
    while True:
        page = room.get(f"/v1/tables?env=leduc_holdem&status=waiting&limit=2{after}").json()
        found += [item["table"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"

    assert found == made[::-1]


def test_events_tell_who_follows_how_a_table_stands(room: Room) -> None:
    made = room.make(seats=ALL)
    table = made["table"]["table"]
    first = read_events(room.get(f"/v1/tables/{table}/events?seconds=0").text)
    room.post(path(made, what="answer"), {"turn": 0, "action": 4}, made["owner_token"])

    again = room.get(f"/v1/tables/{table}/events?seconds=0", **{"Last-Event-ID": str(first[-1][1])})

    assert [event[0] for event in first] == ["turn"]
    [(kind, _, state)] = read_events(again.text)
    assert kind == "moved"
    assert state["moves"] == [{"turn": 0, "seat": "player_1", "name": "b2"}]


def test_who_has_read_the_last_event_is_told_nothing_twice(room: Room) -> None:
    table = room.make(seats=ALL)["table"]["table"]
    [(_, event_id, _)] = read_events(room.get(f"/v1/tables/{table}/events?seconds=0").text)

    again = room.get(f"/v1/tables/{table}/events?seconds=0", **{"Last-Event-ID": str(event_id)})

    assert read_events(again.text) == []


@pytest.mark.parametrize("event_id", ["", "x", "1.2.3", "99999999999999999999.1.1", "1.2"])
def test_an_id_of_another_stream_begins_anew(room: Room, event_id: str) -> None:
    table = room.make(seats=ALL)["table"]["table"]

    events = read_events(room.get(f"/v1/tables/{table}/events?seconds=0", **{"Last-Event-ID": event_id}).text)

    assert [event[0] for event in events] == ["turn"]


def test_events_come_as_they_happen_and_end_with_the_table(room: Room) -> None:
    made = room.make(seats=ALL)
    table = made["table"]["table"]
    kinds: list[str] = []
    with room.client.stream("GET", f"/v1/tables/{table}/events") as stream:
        lines = stream.iter_lines()
        for line in lines:
            if line.startswith("event: "):
                kinds.append(line.removeprefix("event: "))
                if kinds == ["turn"]:
                    room.post(path(made, what="answer"), {"turn": 0, "action": 4}, made["owner_token"])
                elif kinds[-1] == "moved":
                    room.post(path(made, what="leave"), None, made["owner_token"])

    assert kinds == ["turn", "moved", "over"]


def test_a_seats_token_is_told_what_the_seat_sees(room: Room) -> None:
    made = room.make("leduc_holdem", seats=ALL)
    table = made["table"]["table"]

    events = read_events(room.get(f"/v1/tables/{table}/events?seconds=0", tokens(made)["player_0"]).text)

    assert [event[0] for event in events] == ["turn", "look"]
    assert events[1][2] == room.get(path(made, "player_0"), tokens(made)["player_0"]).json() | {
        "turn": events[1][2]["turn"]
    }


def test_metrics_count_requests_plays_and_tables() -> None:
    with open_room() as room:
        made = room.make(seats={"player_1": "mine", "player_2": "random"})
        room.post(path(made, what="answer"), {"turn": 0, "action": 0}, tokens(made)["player_1"])

        text = room.get("/metrics").text

    assert 'langgym_plays_total{source="guest"} 1.0' in text
    assert 'langgym_plays_total{source="random"} 1.0' in text
    assert 'langgym_tables{status="running"} 1.0' in text
    answered = 'langgym_requests_total{method="POST",route="/v1/tables/{table}/seats/{seat}/answer",status="200"} 1.0'
    assert answered in text


def test_too_many_tables_are_refused_with_a_time_to_come_back() -> None:
    with open_room(limits=Limits(tables=1)) as room:
        room.make()
        answer = room.post("/v1/tables", {"env": "tictactoe"})

    assert (answer.status_code, answer.json()["code"]) == (429, "limit")
    assert int(answer.headers["retry-after"]) > 0


def test_tables_of_a_minute_are_limited() -> None:
    with open_room(limits=Limits(tables_per_minute=1)) as room:
        room.make()

        assert room.post("/v1/tables", {"env": "tictactoe"}).status_code == 429


def test_waiting_requests_are_limited() -> None:
    with open_room(limits=Limits(waiting=1)) as room:
        made = room.make(seats=ALL)
        waiter = threading.Thread(target=lambda: room.get(path(made, "player_2") + "?wait=1", tokens(made)["player_2"]))
        waiter.start()
        time.sleep(0.3)

        answer = room.get(path(made, "player_2") + "?wait=1", tokens(made)["player_2"])
        waiter.join()

    assert answer.status_code == 429


def test_a_table_that_ended_is_forgotten_after_a_while() -> None:
    with open_room(limits=Limits(keep_seconds=0.2)) as room:
        made = room.make(seats=ALL)
        table = made["table"]["table"]
        room.post(path(made, what="leave"), None, made["owner_token"])
        assert room.get(f"/v1/tables/{table}").json()["status"] == "ended"
        time.sleep(1.0)

        assert room.get(f"/v1/tables/{table}").status_code == 404


def test_of_tables_that_ended_the_oldest_are_forgotten_when_there_are_too_many() -> None:
    with open_room(limits=Limits(kept=2)) as room:
        made = [room.make(seats=ALL) for _ in range(4)]
        for one in made[:3]:
            room.post(path(one, what="leave"), None, one["owner_token"])
        time.sleep(1.0)

        statuses = [room.get(f"/v1/tables/{one['table']['table']}").status_code for one in made]
    assert statuses == [404, 200, 200, 200]


def test_a_hall_and_settings_with_different_limits_are_refused() -> None:
    from universe.service.app import make_app
    from universe.service.settings import ServiceSettings

    with pytest.raises(ValueError, match="different limits"):
        make_app(Hall(limits=Limits(tables=1)), settings=ServiceSettings())


def test_the_document_names_every_operation_and_its_problems(room: Room) -> None:
    document = room.get("/openapi.json").json()

    operations = [operation for found in document["paths"].values() for operation in found.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations) == 20
    assert all({"400", "404", "413", "422", "429"} <= set(operation["responses"]) for operation in operations)
    assert "409" in document["paths"]["/v1/tables/{table}/seats/{seat}/answer"]["post"]["responses"]
