"""A served universe for tests of its clients, and a way to it that breaks when it is told to."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager

from universe.client.remote import RemoteUniverse
from universe.service.hall import Hall
from universe.service.running import serving
from universe.service.settings import ServiceSettings


@contextmanager
def serve_universe(*, port: int = 0, token: str | None = None) -> Generator[str]:
    settings = ServiceSettings.model_validate({"port": port, "token": token})
    with serving(Hall(limits=settings.limits), settings) as url:
        yield url


@contextmanager
def reach_universe(url: str, *, patience: float = 10.0) -> Generator[RemoteUniverse]:
    with RemoteUniverse(url, patience=patience) as universe:
        yield universe


class LossyWay:
    """Passes bytes on to a service; while `n_losses` are left, a request arrives there and its answer is lost."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.n_losses = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(caller,), daemon=True).start()

    def _carry(self, caller: socket.socket) -> None:
        with caller, socket.create_connection(self._target) as service:
            threading.Thread(target=self._answer, args=(service, caller), daemon=True).start()
            while asked := _receive(caller):
                service.sendall(asked)

    def _answer(self, service: socket.socket, caller: socket.socket) -> None:
        while answer := _receive(service):
            if self.n_losses:
                self.n_losses -= 1
                break
            caller.sendall(answer)
        for end in (caller, service):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


def _receive(end: socket.socket) -> bytes:
    try:
        return end.recv(65_536)
    except OSError:
        return b""
