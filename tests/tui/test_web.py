"""The interface in a browser: who is let in, what arrives, and what is left when a page or the server ends."""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from langgym.errors import UsageError
from langgym.tui.web import serve
from langgym.tui.web_guard import Address
from langgym.tui.web_page import runs_in_page
from langgym.tui.web_server import MAX_PAGES
from tests.tui.web_pages import (
    LIMIT,
    TOKEN,
    Page,
    Served,
    end_server,
    is_gone,
    refuse_visit,
    start_server,
    visit,
    wait_until,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all that leave it as it was."""
    served = start_server(tmp_path_factory.mktemp("shared"))
    yield served
    end_server(served)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    """A server that a test may end."""
    served = start_server(tmp_path)
    yield served
    end_server(served)


def test_the_printed_address_holds_the_token_and_is_on_loopback(shared: Served) -> None:
    assert shared.address == f"http://127.0.0.1:{shared.port}/?token={TOKEN}"


def test_the_right_token_buys_a_strict_cookie_and_leaves_the_address(shared: Served) -> None:
    answer = shared.get(f"/?token={TOKEN}")
    cookie = answer.headers["Set-Cookie"]
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert TOKEN not in cookie


def test_the_cookie_opens_the_page_and_its_files(shared: Served) -> None:
    cookie = shared.log_in()
    page = shared.get("/", Cookie=cookie)
    files = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert page.status == 200
    assert len(files) == 4
    assert [shared.get(file, Cookie=cookie).status for file in files] == [200] * 4


@pytest.mark.parametrize("path", ["/", "/ws", "/static/js/textual.js", "/page/page.css", "/download/1", "/nothing"])
@pytest.mark.parametrize("cookie", ["", "langgym-{port}=", "langgym-{port}=guess", f"langgym-{{port}}={TOKEN}"])
def test_nothing_is_given_to_who_has_no_cookie_of_this_server(shared: Served, path: str, cookie: str) -> None:
    answer = shared.get(path, Cookie=cookie.format(port=shared.port), Origin=shared.origin)
    assert answer.status == 403
    assert "token" in answer.text


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "%C3%A9", "%ED%A0%80"])
def test_a_wrong_token_is_refused_even_beside_the_cookie(shared: Served, token: str) -> None:
    answer = shared.get(f"/?token={token}", Cookie=shared.log_in())
    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.com", "evil.com:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil.com:{port}", "", ":{port}"]
)
@pytest.mark.parametrize("path", ["/", f"/?token={TOKEN}", "/ws", "/static/js/textual.js"])
def test_a_server_called_by_another_name_answers_nothing(shared: Served, host: str, path: str) -> None:
    answer = shared.get(path, Host=host.format(port=shared.port), Cookie=shared.log_in())
    assert answer.status == 421
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("hosts", ["", "Host: 127.0.0.1:{port}\r\nHost: evil.com\r\n"])
def test_a_request_without_one_host_is_refused(shared: Served, hosts: str) -> None:
    with socket.create_connection(("127.0.0.1", shared.port), timeout=10) as asked:
        lines = f"GET / HTTP/1.0\r\n{hosts.format(port=shared.port)}Cookie: {shared.log_in()}\r\n\r\n"
        asked.sendall(lines.encode())
        status = asked.makefile("rb").readline()
    assert status.split()[1] in (b"400", b"421")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"])
def test_loopback_has_three_names(shared: Served, host: str) -> None:
    assert shared.get("/", Host=f"{host}:{shared.port}", Cookie=shared.log_in()).status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.com", "null", "http://127.0.0.1", "https://127.0.0.1:{port}", "http://localhost:{port}"]
)
def test_another_sites_page_reads_nothing_and_drives_nothing(shared: Served, origin: str) -> None:
    foreign = origin.format(port=shared.port)
    assert shared.get("/", Origin=foreign, Cookie=shared.log_in()).status == 403
    assert shared.get(f"/?token={TOKEN}", Origin=foreign).status == 403
    assert refuse_visit(shared, Origin=foreign) == 403
    assert shared.processes() == []


def test_a_websocket_without_an_origin_is_refused(shared: Served) -> None:
    assert refuse_visit(shared, Origin=None) == 403
    assert shared.processes() == []


def test_a_websocket_without_the_cookie_is_refused(shared: Served) -> None:
    assert refuse_visit(shared, Cookie=None) == 403
    assert shared.processes() == []


def test_a_websocket_under_another_host_is_refused_even_from_that_hosts_origin(shared: Served) -> None:
    name = f"evil.com:{shared.port}"
    assert refuse_visit(shared, Host=name, Origin=f"http://{name}") == 421


def test_a_request_that_is_no_websocket_starts_nothing(shared: Served) -> None:
    assert shared.get("/ws", Cookie=shared.log_in(), Origin=shared.origin).status == 400
    assert shared.processes() == []


def test_the_screen_arrives_and_keys_reach_the_application(shared: Served) -> None:
    async def act(page: Page) -> None:
        await page.see("tiny screen")
        await page.press("x")
        await page.see("pressed <x>")

    visit(shared, act)


def test_the_page_asks_no_other_host(shared: Served) -> None:
    cookie = shared.log_in()
    page = shared.get("/", Cookie=cookie)
    style = shared.get("/page/page.css", Cookie=cookie)
    assert re.findall(r"\w*:?//[^\"') ]+", page.text + style.text) == [f"ws://127.0.0.1:{shared.port}/ws"]
    assert "'self'; " in page.headers["Content-Security-Policy"]
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self';")


def test_refusals_forbid_a_browser_everything_too(shared: Served) -> None:
    headers = shared.get("/", Host="evil.com").headers
    assert headers["Content-Security-Policy"].endswith("connect-src 'self'")
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_a_process_ends_with_its_page(shared: Served) -> None:
    async def act(page: Page) -> None:
        await page.see("tiny screen")
        assert len(shared.processes()) == 1

    visit(shared, act)
    assert wait_until(lambda: shared.processes() == [])


def test_a_process_that_hangs_ends_with_its_page_too(own: Served) -> None:
    async def act(page: Page) -> None:
        await page.see("tiny screen")
        await page.press("h")
        await page.see("hanging now")
        await asyncio.sleep(0.5)

    visit(own, act)
    assert wait_until(lambda: own.processes() == [])
    assert "did not end by itself" in end_server(own)[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("key", ["x", "h"])
def test_a_signal_ends_the_port_and_every_process_even_one_that_hangs(
    own: Served, number: signal.Signals, key: str
) -> None:
    async def act(page: Page) -> None:
        await page.see("tiny screen")
        await page.press(key)
        await asyncio.sleep(0.8)
        children = own.processes()
        own.process.send_signal(number)
        started = time.monotonic()
        code = await asyncio.to_thread(own.process.wait, 10)
        assert time.monotonic() - started < LIMIT
        assert (code, len(children)) == (0, 1)
        assert all(map(is_gone, children))

    visit(own, act)
    with pytest.raises(ConnectionRefusedError):
        own.get("/")


def test_a_killed_server_leaves_no_process_behind(own: Served) -> None:
    async def act(page: Page) -> None:
        await page.see("tiny screen")
        children = own.processes()
        own.process.kill()
        assert len(children) == 1
        assert await asyncio.to_thread(wait_until, lambda: all(map(is_gone, children)))

    visit(own, act)


def test_a_page_closes_when_its_process_breaks_and_the_server_says_why_in_plain_text(own: Served) -> None:
    async def act(page: Page) -> None:
        await page.see("tiny screen")
        await page.press("c")
        async with asyncio.timeout(LIMIT):
            while not page.socket.closed:
                await page.socket.receive()

    visit(own, act)
    out, err = end_server(own)
    assert "ended with code 7" in err
    assert "broke ␛]0;title␇ here" in err
    assert "\x1b" not in out + err


def test_an_error_of_the_application_is_told_where_the_server_runs(own: Served) -> None:
    async def act(page: Page) -> None:
        await page.see("tiny screen")
        await page.press("e")
        async with asyncio.timeout(LIMIT + 2):
            while not page.socket.closed:
                await page.socket.receive()

    visit(own, act)
    out, err = end_server(own)
    assert "ended with code 1" in err
    assert "an error of the application" in err
    assert "\x1b" not in out + err


@pytest.mark.parametrize(
    "message", ["no JSON", "{}", "[]", "[1, 2]", '["stdin", 5]', '["resize", {"width": 1}]', "[" * 9999]
)
def test_a_message_that_the_script_never_sends_closes_the_page(shared: Served, message: str) -> None:
    async def act(page: Page) -> None:
        await page.see("tiny screen")
        await page.socket.send_str(message)
        async with asyncio.timeout(LIMIT + 1):
            while not page.socket.closed:
                await page.socket.receive()

    visit(shared, act)
    assert wait_until(lambda: shared.processes() == [])


@pytest.mark.parametrize(
    ("host", "port", "called", "admitted"),
    [
        ("127.0.0.1", 80, "127.0.0.1", True),
        ("127.0.0.1", 80, "localhost:80", True),
        ("::1", 80, "[::1]", True),
        ("127.0.0.1", 80, "evil.com", False),
        ("127.0.0.1", 80, ":80", False),
        ("127.0.0.2", 8000, "127.0.0.2:8000", True),
        ("127.0.0.2", 8000, "localhost:8000", False),
        ("::", 8000, "[fe80::1]:8000", True),
        ("::", 8000, "fe80::1:8000", False),
    ],
)
def test_a_host_is_read_with_its_port(host: str, port: int, called: str, admitted: bool) -> None:
    assert Address(host, port).admits(called) is admitted


def test_a_ping_is_answered(shared: Served) -> None:
    async def act(page: Page) -> None:
        await page.socket.send_json(["ping", 17])
        assert await page.hear("pong") == 17

    visit(shared, act)


def test_a_file_that_the_application_delivers_is_for_the_cookie_only(shared: Served) -> None:
    async def act(page: Page) -> None:
        await page.see("tiny screen")
        await page.press("d")
        path = f"/download/{await page.hear('deliver_file_start')}"
        assert (await asyncio.to_thread(shared.get, path)).status == 403
        kept = await asyncio.to_thread(lambda: shared.get(path, Cookie=shared.log_in()))
        assert (kept.status, kept.text) == (200, "what was kept")

    visit(shared, act)


def test_one_page_too_many_is_told_so(own: Served) -> None:
    async def fill(page: Page, n_open: int = 1) -> None:
        await page.see("tiny screen")
        if n_open < MAX_PAGES:
            await asyncio.to_thread(visit, own, lambda next_page: fill(next_page, n_open + 1))
            return
        answer = await asyncio.to_thread(lambda: own.get("/", Cookie=own.log_in()))
        assert answer.status == 503
        assert f"{MAX_PAGES} pages are open" in answer.text
        assert await asyncio.to_thread(refuse_visit, own) == 503
        assert len(own.processes()) == MAX_PAGES

    visit(own, fill)
    assert wait_until(lambda: own.processes() == [])
    assert own.get("/", Cookie=own.log_in()).status == 200


def test_arguments_reach_the_application_as_they_are(tmp_path: Path) -> None:
    hostile = [f"$(touch {tmp_path}/broken)", "; `id` 'a' \"b\" *", "", "two\nlines", "-x"]
    served = start_server(tmp_path, *hostile)
    try:
        visit(served, lambda page: page.see("tiny screen"))
    finally:
        end_server(served)
    assert json.loads((tmp_path / "arguments.json").read_text()) == ["--read-only", *hostile]
    assert not (tmp_path / "broken").exists()


def test_a_public_server_is_called_by_addresses_and_its_own_name_only(tmp_path: Path) -> None:
    served = start_server(tmp_path, host="0.0.0.0", public=True)
    hosts = ["127.0.0.1", "192.168.7.7", socket.gethostname(), "evil.com", "[evil]"]
    try:
        cookie = served.log_in()
        statuses = [served.get("/", Host=f"{host}:{served.port}", Cookie=cookie).status for host in hosts]
    finally:
        end_server(served)
    assert statuses == [200, 200, 200, 421, 421]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "example.com", ""])
def test_other_machines_are_not_let_in_unasked(host: str) -> None:
    with pytest.raises(UsageError, match="other machines"):
        serve(["app", "--read-only"], host=host, port=0, token=TOKEN, open_page=pytest.fail)


def test_a_command_that_may_write_is_not_served() -> None:
    with pytest.raises(ValueError, match="--read-only"):
        serve(["app"], host="127.0.0.1", port=0, token=TOKEN, open_page=pytest.fail)


def test_a_token_that_can_be_guessed_is_not_taken() -> None:
    with pytest.raises(ValueError, match="at least 22"):
        serve(["app", "--read-only"], host="127.0.0.1", port=0, token="", open_page=pytest.fail)


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port}: .*--port"):
            serve(["app", "--read-only"], host="127.0.0.1", port=port, token=TOKEN, open_page=pytest.fail)


def test_only_a_page_s_process_runs_in_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not runs_in_page()
    monkeypatch.setenv("TEXTUAL_DRIVER", "langgym.tui.web_driver:PageDriver")
    assert runs_in_page()


def test_importing_the_module_loads_no_server() -> None:
    code = "import sys, langgym.tui.web; print({'aiohttp', 'textual_serve', 'jinja2'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
