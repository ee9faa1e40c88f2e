"""Who may come in: hosts, origins, the service's token, and how often."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from universe.service.problems import Refusal
from universe.service.settings import ServiceSettings, is_loopback
from universe.service.tokens import agrees, hash_token

LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
WILDCARDS = ("0.0.0.0", "::", "")
BURST = 4.0
"""Seconds' worth of requests that may come at once."""
MOST_ADDRESSES = 10_000
"""Addresses whose requests are counted; of more, the ones that were heard of longest ago are forgotten."""
OPEN_PATHS = ("/healthz",)
"""Paths that need no token."""

Headers = Mapping[bytes, Sequence[bytes]]


class Door:
    """Checks a request by its head, before anything of it is used."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._token = hash_token(settings.token.get_secret_value()) if settings.token is not None else None
        self._any_address = settings.host in WILDCARDS
        self._names = {name.lower() for name in (*LOCAL_NAMES, *settings.names, _bracket(settings.host))}
        self._origins = set(settings.origins)
        self._most_header_bytes = settings.limits.header_bytes

    def check(self, path: str, headers: Headers) -> None:
        """Raises `Refusal` unless the request may come in."""
        host = self._check_host(headers)
        self._check_origin(headers, host)
        if self._token is None or path in OPEN_PATHS:
            return
        scheme, _, token = headers.get(b"authorization", [b""])[0].decode("latin-1").partition(" ")
        if not agrees(hash_token(token.strip()), self._token) or scheme.lower() != "bearer":
            raise Refusal(401, "unauthorized", "Send `Authorization: Bearer` with the service's token.")

    def check_size(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        """Raises `Refusal` where the headers are too large."""
        if sum(len(name) + len(value) for name, value in raw) > self._most_header_bytes:
            raise Refusal(431, "headers_too_large", f"Headers have at most {self._most_header_bytes} bytes.")

    def _check_host(self, headers: Headers) -> str:
        """Returns the host as it was asked for; other names are those of sites that made theirs point here."""
        host = headers.get(b"host", [b""])[0].decode("latin-1").lower()
        name = host.rsplit(":", 1)[0] if host.rpartition(":")[2].isdecimal() else host
        if name not in self._names and not (self._any_address and _is_address(name)):
            raise Refusal(421, "misdirected", "The service does not answer for this host.")
        return host

    def _check_origin(self, headers: Headers, host: str) -> None:
        for value in headers.get(b"origin", ()):
            origin = value.decode("latin-1").lower()
            if origin not in self._origins and origin not in (f"http://{host}", f"https://{host}"):
                raise Refusal(403, "forbidden", "The service does not answer pages of other sites.")


class Pace:
    """Counts the requests of each address."""

    def __init__(self, settings: ServiceSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = settings.limits.requests_per_second
        self._loopback_too = settings.limits.limit_loopback
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By address: requests left, and when they were counted."""

    def check(self, address: str) -> None:
        """Raises `Refusal` where an address asks too often."""
        if not self._loopback_too and is_loopback(address):
            return
        now = self._clock()
        left, since = self._left.pop(address, (self._rate * BURST, now))
        left = min(self._rate * BURST, left + (now - since) * self._rate)
        if left < 1:
            self._left[address] = (left, now)
            raise Refusal(429, "limit", "Too many requests from this address.", retry_after=1)
        self._left[address] = (left - 1, now)
        if len(self._left) > MOST_ADDRESSES:
            self._left.popitem(last=False)


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
