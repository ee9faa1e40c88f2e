"""The interface in a browser: what is checked before anything is served; the server itself is loaded only then."""

import importlib.util
import ipaddress
from collections.abc import Callable, Sequence

from langgym.errors import UsageError

MIN_TOKEN = 22
"""Characters of a token: 128 bits in base64."""
READ_ONLY = "--read-only"
"""What the served command must carry: keys typed in a page reach the application, so it alone can refuse to write."""


def serve(
    command: Sequence[str],
    *,
    host: str,
    port: int,
    token: str,
    open_page: Callable[[str], None],
    public: bool = False,
) -> None:
    """Serves a Textual application to browsers until SIGINT, SIGTERM or SIGHUP; call it in the main thread.

    Every page runs the command as a process of its own, which ends with the page. When the port is closed and every
    process gone, it returns; that takes less than two seconds.

    Args:
        command: The arguments of the program, started without a shell; `--read-only` is among them.
        host: An address or `localhost`.
        port: 0 takes a free one.
        token: The secret that opens the first page, of `secrets.token_urlsafe()`.
        open_page: Called once, with the address that holds the token, when the port is open; must return at once.
        public: Whether other machines may be let in. What they send and see, the token too, is not encrypted.

    Raises:
        UsageError: The host is not this machine's own and `public` is false, the port cannot be had, or the extra
            `web` is not installed.
    """
    if READ_ONLY not in command:
        raise ValueError(f"Only a command with {READ_ONLY} is served in a browser, not {list(command)!r}.")
    if len(token) < MIN_TOKEN:
        raise ValueError(f"A token has at least {MIN_TOKEN} characters; make it with secrets.token_urlsafe().")
    if not public and not is_loopback(host):
        raise UsageError(f"{host!r} would let other machines in. Use 127.0.0.1, or add --public.")
    if importlib.util.find_spec("textual_serve") is None:
        raise UsageError("The browser needs an extra: pip install 'langgym[web]'")
    from langgym.tui.web_server import run_server

    run_server(command, host=host, port=port, token=token, open_page=open_page)


def is_loopback(host: str) -> bool:
    """Returns whether a host is reached by this machine alone.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.2", "::1", "0.0.0.0", "192.168.0.7", "example.com", "")]
    [True, True, True, False, False, False, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
