"""The proxies that the environment or the system names."""

import base64
import urllib.request
from urllib.parse import unquote, urlsplit

from langgym.errors import UsageError


def find_proxy(scheme: str, host: str) -> str | None:
    """Returns the URL of the proxy that the environment or the system names for `host`; `None` for a direct way.

    Raises:
        UsageError: The proxy is none of plain HTTP.
    """
    proxies = urllib.request.getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(host):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    parts = urlsplit(proxy)
    if parts.scheme != "http" or not parts.hostname:
        raise UsageError(f"The proxy is one of {parts.scheme!r}: only http://HOST:PORT can be used.")
    return proxy


def write_proxy_key(proxy: str | None) -> list[tuple[str, str]]:
    """Returns the header that gives a proxy its user and password, where its URL names any."""
    parts = urlsplit(proxy or "")
    if parts.username is None:
        return []
    key = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return [("Proxy-Authorization", f"Basic {base64.b64encode(key.encode()).decode()}")]
