"""The tools over streamable HTTP, as a part of the app of a service."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp

LARGEST_BODY = 65_536
"""Bytes of a message."""


@dataclass(frozen=True, slots=True)
class Mount:
    """Something to be mounted in an app behind its guard."""

    app: ASGIApp
    server: MCPServer[None]

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[None]:
        """Runs it; to be entered in the lifespan of the app around, once."""
        async with self.server.session_manager.run():
            yield


def make_mount(server: MCPServer[None]) -> Mount:
    """Returns the tools as an app for a path of its own.

    It keeps no sessions: a ticket is all that a tool needs, so that an assistant goes on after the service was started
    anew. Hosts and origins are the guard's to check, which stands in front of every path alike.
    """
    app = server.streamable_http_app(
        streamable_http_path="/",
        stateless_http=True,
        json_response=True,
        max_request_body_size=LARGEST_BODY,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return Mount(app, server)
