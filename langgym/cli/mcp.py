"""`langgym mcp`: the universe for one assistant, over standard input and output."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langgym.cli import options
from langgym.cli.place import find_place
from langgym.errors import UsageError

if TYPE_CHECKING:
    from langgym.serving.station import Station

EXTRA = "serve"
Players = Annotated[
    list[str] | None,
    typer.Option(
        "--player", help="Whom guests may ask for beside random and heuristic: agent:NAME, uci:…, gtp:…; repeatable."
    ),
]
Memory = Annotated[bool, typer.Option("--memory", help="Keep nothing: tables end with the process.")]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("mcp")(mcp)


def mcp(ctx: typer.Context, player: Players = None, memory: Memory = False, universe: options.Universe = None) -> None:
    """Let an assistant play: it starts this as a server of the Model Context Protocol (stdio).

    Tables are kept in the home, as those of `langgym serve`; with --universe they are those of a service elsewhere.
    """
    check_extra("langgym mcp", "mcp")
    home = find_place(ctx).home
    if universe is not None:
        if player or memory:
            raise UsageError("--universe asks a service elsewhere: --player and --memory are said to that one.")
        return _pass_on(universe)
    return _play_here(home, player or [], memory=memory)


def check_extra(command: str, *modules: str) -> None:
    """Raises `UsageError` where the packages of the extra are missing."""
    from importlib.util import find_spec

    for module in modules:
        if find_spec(module) is None:
            raise UsageError(f"`{command}` needs {module!r}, which is in the extra: pip install 'langgym[{EXTRA}]'")


def _play_here(home: Path, players: list[str], *, memory: bool) -> None:
    import asyncio

    from langgym.cli.output import say
    from langgym.serving.station import open_passing, open_station
    from universe.catalog import default_catalog

    if memory:
        asyncio.run(_serve_hall(open_passing(players)))
        return
    with open_station(home, players, catalog=default_catalog(), note=say) as station:
        asyncio.run(_serve_hall(station))


async def _serve_hall(station: "Station") -> None:
    from universe.mcp.desk import HallDesk
    from universe.mcp.server import make_server
    from universe.service.hall import Hall

    async with Hall(journal=station.journal, house=station.house) as hall:
        await make_server(HallDesk(hall)).run_stdio_async()


def _pass_on(url: str) -> None:
    import asyncio
    import os

    from langgym.elsewhere import TOKEN_VARIABLE, check_address

    asyncio.run(_serve_remote(check_address(url), os.environ.get(TOKEN_VARIABLE)))


async def _serve_remote(url: str, token: str | None) -> None:
    import httpx2

    from universe.mcp.desk import RemoteDesk
    from universe.mcp.server import make_server

    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers) as client:
        await make_server(RemoteDesk(client)).run_stdio_async()
