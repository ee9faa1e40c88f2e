"""Who may talk to the server: checks of Host, Origin, token and cookie before any handler runs."""

import hmac
import ipaddress
import secrets
import socket
from dataclasses import dataclass

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server listens and by which names it may be called."""

    host: str
    """An IP address, or the name that was asked for."""
    port: int

    @property
    def url(self) -> str:
        """The page's address, without a token; for a wildcard it names this machine."""
        name = socket.gethostname() if self._wildcard else self.host
        return f"http://{_bracket(name)}:{self.port}/"

    def admits(self, called: str) -> bool:
        """Returns whether a Host header names this server.

        A page of another site that has its name point here (DNS rebinding) is caught by this. On a wildcard every IP
        address passes, since rebinding needs a name.
        """
        name, _, port = called.lower().rpartition(":")
        if self.port == 80 and (not name or called.endswith("]")):
            name, port = called.lower(), "80"
        if port != str(self.port):
            return False
        if name in self._names:
            return True
        return self._wildcard and _is_address(name)

    @property
    def _wildcard(self) -> bool:
        return self.host in ("0.0.0.0", "::")

    @property
    def _names(self) -> frozenset[str]:
        names = {_bracket(self.host).lower()}
        if self._wildcard:
            names |= {socket.gethostname().lower(), "localhost"}
        elif self.host in ("127.0.0.1", "::1"):
            names |= {"127.0.0.1", "localhost", "[::1]"}
        return frozenset(names)


class Guard:
    """Lets in who calls the server by its name, from its own page, with its secret."""

    def __init__(self, address: Address, token: str) -> None:
        self._address = address
        self._token = token
        self._cookie = f"langgym-{address.port}"
        """Cookies do not know ports, so that two servers on one host need two names."""
        self._pass = secrets.token_urlsafe()
        """What the cookie holds; never the token, which people paste."""

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Passes a request on, answers it by a cookie if it brings the token, or refuses it."""
        hosts = request.headers.getall(hdrs.HOST, [])
        if len(hosts) != 1 or not self._address.admits(hosts[0]):
            raise web.HTTPMisdirectedRequest(text="This server is not called that.\n")
        origins = request.headers.getall(hdrs.ORIGIN, [])
        if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in origins):
            raise web.HTTPForbidden(text="Another site's page may not ask this server.\n")
        if _upgrades(request) and not origins:
            raise web.HTTPForbidden(text="A WebSocket is opened by this server's page only.\n")
        if request.path == "/" and "token" in request.query:
            return self._welcome(request.query["token"])
        if not _equal(request.cookies.get(self._cookie, ""), self._pass):
            raise web.HTTPForbidden(text="Open the whole address that `langgym tui --web` printed, token and all.\n")
        return await handler(request)

    def _welcome(self, token: str) -> web.Response:
        if not _equal(token, self._token):
            raise web.HTTPForbidden(text="The token is not this server's; it makes a new one at every start.\n")
        answer = web.Response(status=303, headers={hdrs.LOCATION: "/"})
        answer.set_cookie(self._cookie, self._pass, httponly=True, samesite="Strict", path="/")
        return answer


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Adds to every answer, refusals too, what keeps a browser from loading or telling anything elsewhere."""
    response.headers.update(SAFE_HEADERS)
    # The terminal's script writes style elements. Older browsers do not count a WebSocket as `'self'`.
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors 'none'; connect-src 'self' {_socket_source(request)}".rstrip()
    )


def _socket_source(request: web.Request) -> str:
    admitted: Address = request.app[ADDRESS]
    called = request.headers.get(hdrs.HOST, "")
    return f"ws://{called}" if admitted.admits(called) else ""


ADDRESS = web.AppKey("address", Address)
"""Where an application keeps its own address."""


def _upgrades(request: web.Request) -> bool:
    return request.path == "/ws" or hdrs.UPGRADE in request.headers


def _equal(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(errors="surrogatepass"), wanted.encode())


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_address(name: str) -> bool:
    bracketed = name.startswith("[") and name.endswith("]")
    try:
        address = ipaddress.ip_address(name[1:-1] if bracketed else name)
    except ValueError:
        return False
    return bracketed == (address.version == 6)
