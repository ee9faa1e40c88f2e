"""The sockets of an HTTP client, so that they can be cut under a call in flight."""

import socket
import threading
import weakref
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol


class _Request(Protocol):
    extensions: dict[str, object]


class Wires:
    """Every socket that a client opened; `watch` is an event hook for its requests.

    Closing a client does not wake a thread that reads from it, and a server that waits for a hang-up never ends; a
    shutdown of the socket does both. The client announces its sockets to the `trace` extension of a request.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._ended = False

    def watch(self, request: _Request) -> None:
        """Has `request` tell its new socket, if it needs one."""
        request.extensions = {**request.extensions, "trace": self._note}

    def cut(self) -> None:
        """Ends what is in flight on any socket; the client opens new ones."""
        with self._lock:
            sockets = list(self._sockets)
            self._sockets.clear()
        for wire in sockets:
            _hang_up(wire)

    def end(self) -> None:
        """Cuts every socket, later ones at birth."""
        with self._lock:
            self._ended = True
        self.cut()

    def _note(self, event: str, info: Mapping[str, object]) -> None:
        if not event.endswith(("connect_tcp.complete", "start_tls.complete")):
            return
        find_info = getattr(info.get("return_value"), "get_extra_info", None)
        wire: object = find_info("socket") if callable(find_info) else None
        if not isinstance(wire, socket.socket):
            return
        with self._lock:
            self._sockets.add(wire)
            ended = self._ended
        if ended:
            _hang_up(wire)


def _hang_up(wire: socket.socket) -> None:
    with suppress(OSError):
        # The plain method: that of a TLS socket would take the session from under the thread that reads.
        socket.socket.shutdown(wire, socket.SHUT_RDWR)
