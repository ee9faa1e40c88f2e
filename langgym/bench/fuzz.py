"""Schemathesis against a service: generated requests with rights and live ids, every answer held against OpenAPI."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from langgym.bench.report import make_table, write_report
from langgym.bench.serving.process import ServiceDown, ServiceProcess

CASES = 5000
"""Generated requests that are wanted at least."""
CHECKS = ",".join(
    (
        "not_a_server_error",
        "response_schema_conformance",
        "content_type_conformance",
        "status_code_conformance",
        "response_headers_conformance",
        "unsupported_method",
    )
)
TOKEN = "fuzz-token-of-a-bench-0123456789"
GAME = "classic/leduc_holdem_v4"
_COUNTED = re.compile(r"(\d[\d,]*) generated")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_LIMITS = ("--max-tables", "100000", "--tables-per-minute", "1000000", "--decision-time", "86400")


@dataclass(frozen=True, slots=True)
class Live:
    """A table that is there while requests are generated, and a right at it."""

    table: str
    seat: str
    token: str


class Fuzz:
    """Generates requests for a service until there were enough."""

    def __init__(self, service: ServiceProcess, folder: Path, *, seed: int) -> None:
        self._service = service
        self._folder = folder
        self._seed = seed
        self.n_cases = 0
        self.findings: list[str] = []

    def run(self, n_cases: int, *, examples: int) -> None:
        """Runs rounds with new tables until there were enough cases, or something was found."""
        rounds = 0
        while self.n_cases < n_cases and not self.findings and rounds < 20:
            self._run_round(examples, seed=self._seed + rounds)
            rounds += 1

    def _run_round(self, examples: int, *, seed: int) -> None:
        config = self._folder / "schemathesis.toml"
        config.write_text(_write_config(self._service.url), encoding="utf-8")
        command = (
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"),
            f"{self._service.url}/openapi.json",
            *("--max-examples", str(examples), "--workers", "2", "--phases", "fuzzing", "--seed", str(seed)),
            *("--checks", CHECKS, "--no-color"),
        )
        environ = {**os.environ, "COLUMNS": "200"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self._folder, env=environ)
        told = _ANSI.sub("", done.stdout)
        counted = [int(number.replace(",", "")) for number in _COUNTED.findall(told)]
        self.n_cases += max(counted, default=0)
        if done.returncode != 0 or not counted:
            self.findings.append(told[-8000:] + done.stderr[-2000:])


def make_live(url: str, seats: Mapping[str, str], *, as_owner: bool = False) -> Live:
    """Makes a table with a first seat of our own, and returns our right to the seat or to all of the table."""
    made = _post(f"{url}/v1/tables", {"env": GAME, "seats": dict(seats)})
    seat = made["tokens"][0]
    return Live(made["table"]["table"], seat["seat"], made["owner_token"] if as_owner else seat["token"])


def _post(url: str, body: object) -> Any:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


def _write_config(url: str) -> str:
    """Returns a configuration that gives every request its rights, and ids that are there.

    What ends tables and takes rights away has tables of its own, so that the others live on.
    """
    ours = make_live(url, {"player_0": "mine", "player_1": "random"})
    lines = [
        f'[headers]\nAuthorization = "Bearer {TOKEN}"\nX-Seat-Token = "{ours.token}"',
        f'[parameters]\n"path.suite" = "classic"\n"path.name" = "leduc_holdem_v4"\n{_name(ours)}',
    ]
    for operation, live in (
        ("GET /v1/tables/{table}/position", make_live(url, {"*": "mine"}, as_owner=True)),
        ("POST /v1/tables/{table}/play", make_live(url, {"*": "mine"}, as_owner=True)),
        ("POST /v1/tables/{table}/end", make_live(url, {"*": "mine"}, as_owner=True)),
        ("POST /v1/tables/{table}/seats/{seat}/leave", make_live(url, {"player_0": "mine", "player_1": "open"})),
        ("POST /v1/tables/{table}/seats/{seat}/renew", make_live(url, {"player_0": "mine", "player_1": "open"})),
    ):
        lines.append(
            f'[[operations]]\ninclude-name = "{operation}"\n[operations.headers]\nX-Seat-Token = "{live.token}"\n'
            f"[operations.parameters]\n{_name(live)}"
        )
    for operation, parameter in (
        ("GET /v1/tables/{table}/seats/{seat}/turn", '"query.wait" = 0'),
        ("GET /v1/tables/{table}/events", '"query.seconds" = 1'),
    ):  # else most of the time goes into waiting
        lines.append(
            f'[[operations]]\ninclude-name = "{operation}"\n[operations.parameters]\n{parameter}\n{_name(ours)}'
        )
    return "\n\n".join(lines) + "\n"


def _name(live: Live) -> str:
    return f'"path.table" = "{live.table}"\n"path.seat" = "{live.seat}"'


def main(arguments: list[str]) -> int:
    """Generates requests, prints how many, and returns 1 where something was found or there were too few."""
    parser = argparse.ArgumentParser(prog="langgym bench fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES, help="generated requests, at least")
    parser.add_argument("--examples", type=int, default=200, help="of each operation in a round, at most")
    parser.add_argument("--seed", type=int, default=1, help="of what is generated")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    chosen = parser.parse_args(arguments)
    if find_spec("schemathesis") is None:
        sys.stderr.write("langgym bench: fuzz needs schemathesis: pip install 'langgym[dev]'\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="langgym-fuzz-") as name:
        folder = Path(name)
        (folder / "token").write_text(TOKEN, encoding="utf-8")
        try:
            findings, n_cases, log = _fuzz(folder, chosen)
        except ServiceDown as error:
            sys.stderr.write(f"langgym bench: {error}\n")
            return 1
    rows = [["generated requests", str(n_cases)], ["findings", str(len(findings))]]
    sys.stdout.write(make_table(["fuzz", "figure"], rows) + "\n")
    for finding in findings:
        sys.stdout.write(f"\n{finding}\n")
    if findings and log:
        sys.stdout.write(f"\nthe service's log ends with\n{log[-2000:]}\n")
    if chosen.json:
        write_report(chosen.json, "fuzz", {"cases": n_cases, "findings": list(findings)})
    return 1 if findings or n_cases < chosen.cases else 0


def _fuzz(folder: Path, chosen: argparse.Namespace) -> tuple[list[str], int, str]:
    service = ServiceProcess(folder / "home", "--token-file", str(folder / "token"), *_LIMITS)
    with service:
        fuzz = Fuzz(service, folder, seed=chosen.seed)
        fuzz.run(chosen.cases, examples=chosen.examples)
        code = service.stop()
    if code != 0:
        fuzz.findings.append(f"the service ended with {code}")
    if "Traceback" in service.log:
        fuzz.findings.append(f"the service told of an error: {service.log[-2000:]}")
    return fuzz.findings, fuzz.n_cases, service.log
