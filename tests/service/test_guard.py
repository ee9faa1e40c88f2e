"""Who and what is let in."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.service.rooms import TOKEN, Room, open_room, tokens
from universe.service.problems import Refusal
from universe.service.settings import Limits, ServiceSettings

ALL = {"*": "mine"}


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with open_room() as opened:
        yield opened


@pytest.fixture(scope="module")
def locked() -> Iterator[Room]:
    with open_room(token=TOKEN) as opened:
        yield opened


def ask(room: Room, head: str, body: bytes = b"", *, seconds: float = 5.0) -> tuple[int, bytes]:
    """Sends a request as it is and returns the status and everything that came."""
    lines = f"{head.strip()}\r\nConnection: close\r\n\r\n".replace("\r\n", "\n").replace("\n", "\r\n")
    found = room.raw(lines.encode("latin-1") + body, seconds)
    return int(found.split(b" ", 2)[1]) if found else 0, found


def post(room: Room, body: bytes, kind: str = "application/json") -> tuple[int, bytes]:
    head = f"POST /v1/tables HTTP/1.1\nHost: 127.0.0.1\nContent-Type: {kind}\nContent-Length: {len(body)}"
    return ask(room, head, body)


def test_without_the_services_token_nothing_is_shown(locked: Room) -> None:
    for header in ({}, {"Authorization": "Bearer nope"}, {"Authorization": f"Basic {TOKEN}"}):
        locked.client.headers.pop("Authorization", None)
        for path in ("/v1/envs", "/v1/tables", "/metrics", "/openapi.json", "/nowhere"):
            answer = locked.client.get(path, headers=header)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_with_the_services_token_everything_is(locked: Room) -> None:
    assert locked.client.get("/v1/envs", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_health_needs_no_token(locked: Room) -> None:
    assert locked.client.get("/healthz", headers={"Authorization": ""}).json() == {"status": "ok"}


def test_a_service_that_others_reach_needs_a_token() -> None:
    with pytest.raises(ValueError, match="a token is needed"):
        ServiceSettings(host="0.0.0.0")


def test_a_token_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16"):
        ServiceSettings.model_validate({"token": "secret"})


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.", "", "127.0.0.1@evil.example", "evil:80:80", "[::1"]
)
def test_a_name_that_points_here_is_not_answered(room: Room, host: str) -> None:
    assert room.get("/healthz", Host=host).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8642", "LOCALHOST", "[::1]:80"])
def test_this_machines_own_names_are_answered(room: Room, host: str) -> None:
    assert room.get("/healthz", Host=host).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example", "file://"])
def test_a_page_of_another_site_is_refused(room: Room, origin: str) -> None:
    answer = room.get("/v1/envs", Origin=origin)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_page_of_the_service_itself_is_answered(room: Room) -> None:
    assert room.get("/healthz", Origin=room.url).status_code == 200


def test_nothing_is_ever_shared_across_origins(room: Room) -> None:
    headers = {"Origin": room.url, "Access-Control-Request-Method": "POST"}

    answers = [room.get("/v1/envs", Origin=room.url), room.client.options("/v1/tables", headers=headers)]

    assert [answer.status_code for answer in answers] == [200, 405]
    assert not [name for answer in answers for name in answer.headers if name.startswith("access-control")]


def test_every_answer_forbids_to_be_kept_framed_or_guessed_at(room: Room) -> None:
    for answer in (room.get("/healthz"), room.get("/nowhere"), room.get("/v1/envs", Host="evil")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers


def test_a_plain_request_id_is_taken_over(room: Room) -> None:
    assert room.get("/healthz", **{"X-Request-ID": "abc-1.2_3"}).headers["x-request-id"] == "abc-1.2_3"


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\tb", "<script>", "\xe9"])
def test_an_odd_request_id_is_replaced(room: Room, given: str) -> None:
    answer = room.client.get("/healthz", headers={"X-Request-ID": given.encode("latin-1")})

    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) == 32


def test_a_body_over_the_limit_is_refused_before_it_is_sent(room: Room) -> None:
    head = "POST /v1/tables HTTP/1.1\nHost: 127.0.0.1\nContent-Type: application/json\nContent-Length: 99999999"

    assert ask(room, head)[0] == 413


def test_a_body_over_the_limit_is_refused_where_its_length_is_not_told(room: Room) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    head = "POST /v1/tables HTTP/1.1\nHost: 127.0.0.1\nContent-Type: application/json\nTransfer-Encoding: chunked"

    assert ask(room, head, chunk * 3)[0] == 413


def test_a_slow_body_is_given_up() -> None:
    with open_room(limits=Limits(body_seconds=0.3)) as room:
        head = "POST /v1/tables HTTP/1.1\nHost: 127.0.0.1\nContent-Type: application/json\nContent-Length: 100"
        status, found = ask(room, head, b"{")

    assert status == 408
    assert b'"code":"timeout"' in found


@pytest.mark.parametrize("begun", [b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "])
def test_who_never_finishes_a_head_is_hung_up_on(begun: bytes) -> None:
    with open_room(limits=Limits(body_seconds=0.3)) as room:
        since = time.monotonic()
        room.raw(begun, 5.0)

    assert time.monotonic() - since < 3


@pytest.mark.parametrize(
    "path",
    [
        "/v1/../v1/envs",
        "/v1/%2e%2e/v1/envs",
        "//v1/envs",
        "/v1//envs",
        "/v1/envs%2fclassic",
        "/v1/envs%00",
        "/v1/envs/..%5cclassic",
        "/v1/./envs",
        "/v1/envs/",
        "/healthz/",
        "/V1/envs",
    ],
)
def test_tricks_with_paths_lead_nowhere(room: Room, path: str) -> None:
    status, found = ask(room, f"GET {path} HTTP/1.1\nHost: 127.0.0.1")

    assert status == 404
    assert b"location:" not in found.lower()


def test_a_path_trick_does_not_pass_the_token(locked: Room) -> None:
    for path in ("/healthz/../v1/envs", "/healthz%2f..%2fv1/envs", "//healthz", "/healthz;/v1/envs"):
        assert ask(locked, f"GET {path} HTTP/1.1\nHost: 127.0.0.1")[0] == 401


@pytest.mark.parametrize("name", ["Host", "Authorization", "X-Seat-Token", "Content-Type", "Origin"])
def test_a_header_that_comes_twice_is_refused(room: Room, name: str) -> None:
    value = "127.0.0.1" if name == "Host" else "x"
    again = f"{name}: {value}\n{name}: {value}"
    host = "" if name == "Host" else "Host: 127.0.0.1\n"

    assert ask(room, f"GET /v1/envs HTTP/1.1\n{host}{again}")[0] == 400


def test_headers_over_the_limit_are_refused(room: Room) -> None:
    assert ask(room, f"GET /healthz HTTP/1.1\nHost: 127.0.0.1\nX-Long: {'x' * 20_000}")[0] == 431


def test_a_smuggled_second_request_is_not_answered_as_one(room: Room) -> None:
    head = (
        "POST /v1/tables HTTP/1.1\nHost: 127.0.0.1\nContent-Type: application/json\n"
        "Content-Length: 4\nTransfer-Encoding: chunked"
    )

    assert ask(room, head, b"0\r\n\r\nGET /v1/house HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")[0] == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"])
def test_another_content_type_is_refused(room: Room, kind: str) -> None:
    assert post(room, b'{"env": "chess"}', kind)[0] == 415


def test_json_in_utf_8_is_taken(room: Room) -> None:
    assert post(room, b'{"env": "chess"}', "application/json; charset=utf-8")[0] == 201


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[" * 50_000,
        b'{"env": "chess", "kwargs": ' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"}",
        b'{"env": "chess", "decision_seconds": NaN}',
        b'{"env": "chess", "decision_seconds": Infinity}',
        b'{"env": "chess", "kwargs": {"x": 1e999}}',
        b'{"env": "chess", "seed": ' + b"9" * 5000 + b"}",
        b'{"env": "\xff"}',
        b"\xef\xbb\xbf{}",
    ],
    ids=["broken", "deep", "deep in a field", "NaN", "Infinity", "1e999", "a long number", "no UTF-8", "a mark"],
)
def test_what_is_not_sound_json_is_a_bad_request(room: Room, body: bytes) -> None:
    status, found = post(room, body)

    assert status == 400
    assert b'"code":"bad_request"' in found


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"x"', b'{"env": "\\ud800"}', b'{"env": 1}', b"{}"])
def test_json_that_is_no_request_is_refused(room: Room, body: bytes) -> None:
    assert post(room, body)[0] == 422


def test_brackets_in_a_string_are_not_depth(room: Room) -> None:
    made = room.make(seats=ALL)
    table = made["table"]["table"]
    body = {"turn": 0, "reply": "[" * 1000 + '\\"'}

    answer = room.post(f"/v1/tables/{table}/seats/player_1/answer", body, made["owner_token"])

    assert answer.json()["code"] == "unreadable"


def test_an_address_that_asks_too_often_is_slowed_down() -> None:
    limits = Limits(requests_per_second=1.0, limit_loopback=True)
    with open_room(limits=limits) as room:
        statuses = [room.get("/healthz").status_code for _ in range(6)]

    assert statuses == [200] * 4 + [429] * 2


def test_loopback_is_not_slowed_down_by_default() -> None:
    with open_room(limits=Limits(requests_per_second=1.0)) as room:
        assert {room.get("/healthz").status_code for _ in range(20)} == {200}


def test_addresses_beyond_the_most_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    from universe.service.doors import Pace

    monkeypatch.setattr("universe.service.doors.MOST_ADDRESSES", 2)
    pace = Pace(ServiceSettings(limits=Limits(requests_per_second=0.25)), clock=lambda: 0.0)
    pace.check("192.0.2.1")
    with pytest.raises(Refusal):
        pace.check("192.0.2.1")
    for address in ("192.0.2.2", "192.0.2.3"):
        pace.check(address)

    pace.check("192.0.2.1")


def test_unknown_expired_and_foreign_tokens_are_answered_alike() -> None:
    with open_room(limits=Limits(token_seconds=0.05)) as room:
        mine, other = (room.make(seats={"player_1": "mine"}) for _ in range(2))
        claimed = room.post(f"/v1/tables/{mine['table']['table']}/seats/player_2/claim", {}).json()["token"]
        table = mine["table"]["table"]
        bodies: set[str] = set()
        time.sleep(0.1)
        asked = [
            (table, "player_1", None),
            (table, "player_1", "unknown"),
            (table, "player_1", "\x00é".encode().decode("latin-1")),
            (table, "player_1", other["owner_token"]),
            (table, "player_1", tokens(other)["player_1"]),
            (table, "player_1", claimed),
            (table, "player_2", mine["owner_token"]),
            (table, "player_9", mine["owner_token"]),
            ("nowhere", "player_1", mine["owner_token"]),
            (table, "player_2", claimed),
        ]
        for name, seat, token in asked:
            headers = {"X-Seat-Token": token.encode("latin-1").replace(b"\x00", b"")} if token is not None else {}
            for what in ("turn", "observation"):
                answer = room.client.get(f"/v1/tables/{name}/seats/{seat}/{what}", headers=headers)
                problem = answer.json()
                assert problem.pop("request_id")
                bodies.add(f"{answer.status_code} {json.dumps(problem)}")

    assert len(bodies) == 1
    assert bodies.pop().startswith("404")


def test_a_seats_token_moves_only_that_seat(room: Room) -> None:
    made = room.make("classic/rps", seats=ALL)
    table, held = made["table"]["table"], tokens(made)
    for what, body in [("answer", {"turn": 0, "action": 0}), ("read", {"turn": 0, "answer": "x"}), ("leave", None)]:
        answer = room.post(f"/v1/tables/{table}/seats/player_1/{what}", body, held["player_0"])
        assert answer.status_code == 404
    for what, body in [("play", {"turn": 0, "actions": {}}), ("end", {"reason": "silent"})]:
        assert room.post(f"/v1/tables/{table}/{what}", body, held["player_0"]).status_code == 404
    assert room.get(f"/v1/tables/{table}/position", held["player_0"]).status_code == 404
    assert room.get(f"/v1/tables/{table}").json()["status"] == "running"


def test_tokens_are_kept_as_their_hashes(room: Room) -> None:
    made = room.make(seats=ALL)
    token = tokens(made)["player_1"]

    kept = repr(vars(room.hall.journal))

    assert made["table"]["table"] in kept
    assert token not in kept
    assert made["owner_token"] not in kept


def test_logs_have_no_tokens_and_no_line_that_a_guest_wrote(room: Room) -> None:
    made = room.make(seats={"player_1": "mine"})
    table = made["table"]["table"]
    name = "eve the guest\n\x1b[31m{}"
    claimed = room.post(f"/v1/tables/{table}/seats/player_2/claim", {"name": name}).json()["token"]
    room.post(f"/v1/tables/{table}/seats/player_1/answer", {"turn": 0, "reply": "a secret thought"}, claimed)
    room.get("/v1/envs/%1b%5b31m/x")

    written = "\n".join(room.lines)

    assert room.lines
    for secret in (claimed, made["owner_token"], "secret thought", "eve the guest", "\x1b"):
        assert secret not in written
    assert all(json.loads(line)["request_id"] for line in room.lines if '"request"' in line)


def test_a_failure_of_the_service_tells_its_id_and_nothing_else(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("the rival holds a queen")

    monkeypatch.setattr(room.hall, "state", fail)

    answer = room.get("/v1/tables/x")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "queen" not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    [line] = [line for line in room.lines if "a request failed" in line]
    assert "queen" not in line
    assert answer.headers["x-request-id"] in line
