"""A guard that keeps a Python process off every network but loopback.

Python runs this file at the start of every child of the test suite, whose `PYTHONPATH` names this folder. It sees what
goes through Python's `socket`; libraries that open sockets of their own in native code pass it by.
"""

import ipaddress
import socket
import sys

CONNECTS = ("socket.connect", "socket.sendto", "socket.sendmsg")
LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname")


class NetworkBlocked(RuntimeError):
    """A test tried to reach a network."""


def install() -> None:
    """Adds the guard to this process, for good."""
    sys.addaudithook(_watch)


def _watch(event: str, args: tuple[object, ...]) -> None:
    if event in CONNECTS:
        _check_address(args[0], args[1])
    elif event in LOOKUPS:
        _check_name(args[0])


def _check_address(endpoint: object, address: object) -> None:
    family = getattr(endpoint, "family", None)
    if family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
        return
    host = str(address[0])
    if not _is_local_name(host) and not _is_local_address(host):
        raise NetworkBlocked(f"Tests may only connect to this machine, not to {address!r}. Serve it on 127.0.0.1.")


def _check_name(host: object) -> None:
    if host is None or isinstance(host, int):
        return
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if not _is_local_name(name) and not _is_address(name):
        raise NetworkBlocked(f"Tests may not look up {name!r}. Use 'localhost' or an address.")


def _is_local_name(name: str) -> bool:
    bare = name.rstrip(".").lower()
    return bare in ("", "localhost", socket.gethostname().lower()) or bare.endswith(".localhost")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_local_address(host: str) -> bool:
    if not _is_address(host):
        return False
    address = ipaddress.ip_address(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or address.is_unspecified or (mapped is not None and mapped.is_loopback)


if __name__ == "sitecustomize":
    install()
