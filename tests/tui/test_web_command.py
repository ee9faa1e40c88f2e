"""`langgym tui --web` as it is typed: the real interface on a page."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from langgym.cli.app import main
from tests.tui.web_pages import Page, Served, visit


@pytest.fixture
def served(lived: Path) -> Iterator[Served]:
    """The interface over a home with lives, served by the command."""
    command = [sys.executable, "-m", "langgym", "--home", str(lived), "tui", "--web", "--agent", "ada"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    told = process.stderr.readline()
    address = re.search(r"http://\S+", told)
    if address is None:
        pytest.fail(f"{told}{process.communicate(timeout=10)[1]}")
    yield Served(process, address[0])
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 0


def test_the_page_shows_the_agent_that_was_named_and_may_change_nothing(served: Served) -> None:
    token = served.address.partition("token=")[2]
    cookie = str(served.get(f"/?token={token}").headers["Set-Cookie"]).partition(";")[0]

    async def act(page: Page) -> None:
        await page.see("read-only")
        await page.see("ada")
        await page.press("3")
        await page.see("memories")
        await page.press("x")
        await page.see("read-only")

    visit(served, act, Cookie=cookie)


def test_another_address_is_refused_unless_it_is_meant(lived: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(lived), "tui", "--web", "--host", "0.0.0.0"]) == 2
    assert "--public" in capsys.readouterr().err
