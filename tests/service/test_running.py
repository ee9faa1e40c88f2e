"""A service in a process of its own: it says where it listens, and ends politely."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

import httpx
import pytest

SERVICE = """
import sys
from universe.service.hall import Hall
from universe.service.logs import setup_logs
from universe.service.running import serve
from universe.service.settings import ServiceSettings

setup_logs()
ended = serve(Hall(), ServiceSettings(port=0), on_listen=lambda url: print(url, flush=True))
print("ended by", ended.name, flush=True)
"""


@contextmanager
def start() -> Generator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVICE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_answers_who_waits_and_ends_the_service(number: signal.Signals) -> None:
    with start() as (process, url):
        client = httpx.Client(base_url=url, trust_env=False, timeout=20)
        made = client.post("/v1/tables", json={"env": "tictactoe", "seats": {"*": "mine"}}).json()
        path = f"/v1/tables/{made['table']['table']}/seats/player_2/turn?wait=30"
        found: list[httpx.Response] = []
        headers = {"X-Seat-Token": made["owner_token"]}
        waiter = threading.Thread(target=lambda: found.append(client.get(path, headers=headers)))
        waiter.start()
        time.sleep(0.5)
        began = time.monotonic()

        process.send_signal(number)
        printed, logged = process.communicate(timeout=20)
        waiter.join()
        client.close()

    assert time.monotonic() - began < 10
    assert found[0].json()["state"] == "waiting"
    assert printed.strip() == f"ended by {number.name}"
    assert process.returncode == 0
    assert '"event": "stopping"' in logged
    assert "Traceback" not in logged


def test_an_address_that_is_taken_is_an_error_before_anything_is_served() -> None:
    from universe.service.hall import Hall
    from universe.service.running import listen, serve
    from universe.service.settings import ServiceSettings

    with listen(ServiceSettings(port=0)) as held:
        held.listen()
        with pytest.raises(OSError, match=r"in use|10048"):
            serve(Hall(), ServiceSettings(port=held.getsockname()[1]))


def test_nothing_heavy_is_loaded_for_the_universe_alone() -> None:
    code = "import sys, universe, universe.catalog, universe.service.contracts; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert not {"fastapi", "uvicorn", "starlette", "mcp", "prometheus_client", "pettingzoo"} & set(loaded)
