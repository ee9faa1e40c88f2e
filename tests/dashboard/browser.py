"""A dashboard that is served on loopback, and a real browser that looks at it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

TOP = Path(__file__).parents[2]
DASHBOARD = TOP / "langgym" / "dashboard.py"
LOOPBACK = ("127.0.0.1", "localhost")
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PATIENCE = 30_000
"""Milliseconds that a page is waited for, on a busy machine too."""


@dataclass
class Visit:
    """A page in the browser, and what it asked for."""

    page: Page
    origin: str
    foreign: list[str] = field(default_factory=list[str])
    """Addresses beyond loopback that were asked for; none of them was answered."""
    complaints: list[str] = field(default_factory=list[str])
    """Errors of scripts, and dialogs."""

    def open(self, **words: str) -> None:
        """Opens a page of the dashboard and waits until nothing moves any more."""
        self.page.goto(f"{self.origin}/?{urlencode(words)}", wait_until="commit")
        self.settle()

    def turn_to(self, name: str) -> None:
        """Turns to a page by the list of them, as a person does."""
        self.page.get_by_test_id("stSidebar").get_by_text(name, exact=True).click()
        self.page.locator("h2").filter(has_text=re.compile(f"^{name}$")).wait_for(timeout=PATIENCE)
        self.settle()

    def settle(self) -> None:
        self.page.locator(SETTLED).wait_for(timeout=PATIENCE)
        self.page.locator("h2").first.wait_for(timeout=PATIENCE)
        self.page.locator(SETTLED).wait_for(timeout=PATIENCE)

    def text(self) -> str:
        return self.page.locator('[data-testid="stApp"]').inner_text()


@contextmanager
def serve(home: Path, experiments: Path) -> Iterator[str]:
    """Serves the dashboard by the command that the page on it names; yields its origin."""
    port = find_port()
    command = [sys.executable, "-m", "streamlit", "run", str(DASHBOARD), f"--server.port={port}"]
    child = subprocess.Popen(
        [*command, "--", "--home", str(home), "--experiments", str(experiments)],
        cwd=TOP,
        env={**os.environ, "HOME": str(home.parent)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    origin = f"http://127.0.0.1:{port}"
    try:
        wait_for_health(child, origin)
        yield origin
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_for_health(child: "subprocess.Popen[bytes]", origin: str) -> None:
    end = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < end:
        assert child.poll() is None, f"the server ended with {child.returncode}"
        try:
            with urllib.request.urlopen(f"{origin}/_stcore/health", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"nothing answers at {origin}")


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def launch() -> Iterator[Browser]:
    """Starts the browser that Debian brings."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("chromium is missing: scripts/test installs it (on Debian and Ubuntu: apt-get install chromium)")
    flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=flags)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(browser: Browser, origin: str) -> Iterator[Visit]:
    """Yields an empty page of its own that reaches loopback alone."""
    context = browser.new_context(viewport={"width": 1280, "height": 1400})
    page = context.new_page()
    seen = Visit(page, origin)

    def answer(route: Route) -> None:
        if urlsplit(route.request.url).hostname in LOOPBACK:
            route.continue_()
        else:
            seen.foreign.append(route.request.url)
            route.abort()

    context.route("**/*", answer)
    page.on("websocket", lambda found: seen.foreign.append(found.url) if not is_local(found.url) else None)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("dialog", lambda dialog: (seen.complaints.append(dialog.message), dialog.dismiss()))
    try:
        yield seen
    finally:
        context.close()


def is_local(address: str) -> bool:
    return urlsplit(address).hostname in LOOPBACK
