"""`langgym serve`: the universe for other programs, machines and assistants."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langgym.cli import options
from langgym.cli.mcp import Memory, Players, check_extra
from langgym.cli.place import find_place, read_pairs
from langgym.errors import UsageError

if TYPE_CHECKING:
    from langgym.serving.station import Station
    from langgym.serving.usher import Standing
    from universe.service.settings import ServiceSettings

TOKEN_VARIABLE = "LANGGYM_SERVE_TOKEN"
SHORTEST_TOKEN = 16
SEAT_FORM = "SEAT=PLAYER, for example player_1=agent:bob"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("serve")(serve)


def serve(
    ctx: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen at; any but loopback needs a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any.")] = 8642,
    token_file: Annotated[
        Path | None,
        typer.Option(help="A file with the token that everybody must send. Else LANGGYM_SERVE_TOKEN."),
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="A host name by which it may be asked for; repeatable.")
    ] = None,
    player: Players = None,
    env: Annotated[str | None, typer.Option(help="Keep a table of this environment open for whoever comes.")] = None,
    kwarg: options.Kwarg = None,
    seat: Annotated[
        list[str] | None, typer.Option("--seat", help="With --env: who sits there, as SEAT=PLAYER; repeatable.")
    ] = None,
    decision_time: Annotated[
        float, typer.Option(min=0.1, max=86_400, help="Seconds that a seat has for a decision.")
    ] = 300.0,
    idle_time: Annotated[
        float, typer.Option(min=1, help="Seconds after which a table ends of which a seat stays open.")
    ] = 600.0,
    max_tables: Annotated[int, typer.Option(min=1, help="At once.")] = 2000,
    tables_per_minute: Annotated[int, typer.Option(min=1, help="That are made.")] = 3000,
    memory: Memory = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every request, as JSON lines.")] = False,
) -> None:
    """Serve the universe over HTTP and MCP: other programs and assistants play at its tables.

    Prints its address, then serves until SIGTERM or Ctrl-C. Tables are kept in the home; a service that is started
    anew goes on with them. Exit codes as of other commands: 2 for what it cannot be started with, 5 where another
    process serves the home.
    """
    check_extra("langgym serve", "fastapi", "uvicorn", "mcp", "prometheus_client")
    from universe.service.settings import Limits

    order = Order(
        home=find_place(ctx).home,
        settings=_read_settings(
            host=host,
            port=port,
            token=_read_token(token_file),
            names=tuple(name or ()),
            limits=Limits(
                tables=max_tables,
                tables_per_minute=tables_per_minute,
                decision_seconds=decision_time,
                idle_seconds=idle_time,
            ),
        ),
        standing=_read_standing(env, kwarg or [], seat or []),
        players=player or [],
        memory=memory,
        verbose=verbose,
    )
    raise typer.Exit(order.run())


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What `langgym serve` was asked for."""

    home: Path
    settings: "ServiceSettings"
    standing: "Standing | None"
    players: list[str] = field(default_factory=list[str])
    memory: bool = False
    verbose: bool = False

    def run(self) -> int:
        """Serves until it is told to stop; returns the exit code."""
        from langgym.cli.output import say
        from langgym.serving.service import run_service

        with self._open_station() as station:
            self._check_standing(station)
            try:
                run_service(
                    station,
                    self.settings,
                    standing=self.standing,
                    note=say,
                    on_listen=lambda url: self._tell(url, station),
                    level="INFO" if self.verbose else "WARNING",
                )
            except OSError as error:
                where = f"{self.settings.host} port {self.settings.port}"
                raise UsageError(f"Cannot listen at {where} ({error.strerror}): choose another --port.") from error
        return 0

    def _open_station(self) -> "AbstractContextManager[Station]":
        from langgym.cli.output import say
        from langgym.serving.station import open_passing, open_station
        from universe.catalog import default_catalog

        seated = self.standing.seats.values() if self.standing is not None else ()
        players = [who for who in (*self.players, *seated) if who not in ("random", "heuristic", "open")]
        if self.memory:
            say("nothing is kept: tables end with this process, and no agent plays")
            return nullcontext(open_passing(players))
        return open_station(self.home, players, catalog=default_catalog(), note=say)

    def _check_standing(self, station: "Station") -> None:
        """Raises an error where the table that is to be kept open could not be laid."""
        from universe.catalog import default_catalog
        from universe.text_env import TextEnv

        if self.standing is None:
            return
        card = default_catalog().find(self.standing.env)
        env = TextEnv(card, self.standing.kwargs)
        env.close()
        for seat, who in self.standing.seats.items():
            if seat not in env.seats:
                raise UsageError(f"{card.env_id} has no seat {seat!r}; its seats are {', '.join(env.seats)}.")
            problem = None if who == "open" else station.house.check(who, card, seat)
            if problem is not None:
                raise UsageError(f"--seat {seat}={who}: {problem}")
        if "open" not in {self.standing.seats.get(seat, "open") for seat in env.seats}:
            raise UsageError("--seat takes every seat: leave one open for whoever comes.")

    def _tell(self, url: str, station: "Station") -> None:
        """Prints the address, for programs, and what to do with it, for people."""
        from langgym.cli.output import emit, say

        emit(url)
        sys.stdout.flush()
        if station.n_unfinished:
            say(f"tables that go on from where they were left: {station.n_unfinished}")
        say(f"programs ask {url}/openapi.json, assistants {url}/mcp, agents play by:")
        say(f"  langgym play --universe {url} --agent ada")
        say("Ctrl-C ends it" + ("; its tables go on when it is started again" if station.journal.keeps else ""))


def _read_token(file: Path | None) -> str | None:
    """Returns the service's token: a file's, else the environment's; never a flag's, which others can see."""
    if file is None:
        return os.environ.get(TOKEN_VARIABLE) or None
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The token cannot be read from {str(file)!r}: {type(error).__name__}.") from error
    if not token:
        raise UsageError(f"There is no token in {str(file)!r}.")
    return token


def _read_settings(
    *, host: str, port: int, token: str | None, names: tuple[str, ...], limits: object
) -> "ServiceSettings":
    from pydantic import SecretStr

    from universe.service.settings import Limits, ServiceSettings, is_loopback

    assert isinstance(limits, Limits)
    if token is None and not is_loopback(host):
        raise UsageError(
            f"Others can reach {host!r}: put a token into the environment as {TOKEN_VARIABLE}, or into a file for "
            "--token-file. A flag would show it to everybody on this machine."
        )
    if token is not None and len(token) < SHORTEST_TOKEN:
        raise UsageError(f"The token has fewer than {SHORTEST_TOKEN} characters: it could be guessed.")
    if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
        raise UsageError("The token has characters that no header can hold: use printable ASCII without spaces.")
    secret = None if token is None else SecretStr(token)
    return ServiceSettings(host=host, port=port, token=secret, names=names, limits=limits)


def _read_standing(env: str | None, kwargs: list[str], seats: list[str]) -> "Standing | None":
    from langgym.serving.usher import Standing
    from universe.catalog import default_catalog
    from universe.kwargs import read_kwargs

    if env is None:
        if seats or kwargs:
            raise UsageError("--seat and --kwarg are of a table that is kept open: say with --env of which game.")
        return None
    card = default_catalog().find(env)
    found: dict[str, str] = {}
    for text in seats:
        seat, equals, who = text.partition("=")
        if not equals or not seat or not who:
            raise UsageError(f"--seat {text!r} is not {SEAT_FORM}.")
        found[seat.strip()] = who.strip()
    return Standing(env=card.env_id, kwargs=card.variant(read_kwargs(card, read_pairs(kwargs))), seats=found)
