"""Running a service: listening, saying where, and ending politely when it is told to."""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
import threading
from asyncio import TimerHandle
from collections.abc import Callable, Generator, Sequence
from types import FrameType
from typing import Any

import uvicorn

from universe.service.app import Mounted, make_app
from universe.service.hall import Hall
from universe.service.settings import ServiceSettings

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SWITCH = 0.001
"""Seconds after which a thread that computes gives way; Python's own 0.005 doubles the p95 of a loaded service."""

log = logging.getLogger("universe.service")


def serve(
    hall: Hall,
    settings: ServiceSettings,
    *,
    mounts: Sequence[Mounted] = (),
    on_listen: Callable[[str], None] | None = None,
) -> signal.Signals | None:
    """Serves until SIGTERM or SIGINT and returns which of them came; to be called in the main thread.

    Args:
        hall: What is served; its journal is closed by whoever opened it.
        settings: Where to listen, and who may come in.
        mounts: Other apps behind the same guard.
        on_listen: Is told the service's address once it listens.

    Raises:
        OSError: It cannot listen there.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    try:
        with listen(settings) as listener:
            server = _Server(hall, settings, mounts=mounts, on_listen=on_listen, address=name_address(listener))
            server.run(sockets=[listener])
            return server.signal
    finally:
        sys.setswitchinterval(before)


@contextlib.contextmanager
def serving(hall: Hall, settings: ServiceSettings, *, mounts: Sequence[Mounted] = ()) -> Generator[str]:
    """Serves in a thread of its own as long as the context lasts, which is given the service's address."""
    with listen(settings) as listener:
        ready = threading.Event()
        address = name_address(listener)
        server = _Server(hall, settings, mounts=mounts, on_listen=lambda _: ready.set(), address=address)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True, name="service")
        thread.start()
        while not ready.wait(0.05):
            if not thread.is_alive():
                raise RuntimeError("The service did not start; its log says why.")
        try:
            yield address
        finally:
            server.stop()
            thread.join()


def listen(settings: ServiceSettings) -> socket.socket:
    """Returns a socket that holds the address, so that it is known before anything else is done.

    Raises:
        OSError: The address is taken, or is none of this machine.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
    except OSError:
        listener.close()
        raise
    return listener


def name_address(listener: socket.socket) -> str:
    """Returns the URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """Uvicorn, which tells when it listens and answers whoever waits before it stops."""

    def __init__(
        self,
        hall: Hall,
        settings: ServiceSettings,
        *,
        mounts: Sequence[Mounted],
        on_listen: Callable[[str], None] | None,
        address: str,
    ) -> None:
        config = uvicorn.Config(
            make_app(hall, settings=settings, mounts=mounts),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            lifespan="on",
            timeout_keep_alive=30,
            timeout_graceful_shutdown=max(1, round(settings.drain_seconds)),
        )
        config.load()
        config.http_protocol_class = _be_patient(config.http_protocol_class, settings.limits.body_seconds)
        super().__init__(config)
        self.signal: signal.Signals | None = None
        """What ended it."""
        self._hall = hall
        self._address = address
        self._on_listen = on_listen
        self._home: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Comes back with the tables that were kept, listens, and says so."""
        self._home = asyncio.get_running_loop()
        await super().startup(sockets)
        log.info("listening", extra={"url": self._address})
        if self._on_listen is not None:
            self._on_listen(self._address)

    def stop(self) -> None:
        """Ends the service; may be called from any thread."""
        if self._home is not None:
            with contextlib.suppress(RuntimeError):  # it has ended already
                self._home.call_soon_threadsafe(self._hall.stop_waiting)
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Ends the service at a signal; the process goes on as it wants to."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ends politely at the first signal, at once at the second."""
        if self.signal is not None:
            self.force_exit = True
        self.signal = signal.Signals(sig)
        log.info("stopping", extra={"signal": self.signal.name})
        self.stop()


def _be_patient(protocol: Any, seconds: float) -> Any:
    """Returns a protocol that hangs up on who does not finish the head of a request in time."""
    return type("PatientProtocol", (_Patience, protocol), {"seconds": seconds})


class _Patience:
    """What is added to uvicorn's protocol, which waits for a head for ever."""

    seconds: float
    cycle: Any
    transport: Any
    _timer: TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begins to wait for the first request."""
        super().connection_made(transport)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits no longer."""
        self._stop()
        super().connection_lost(exc)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]

    def data_received(self, data: bytes) -> None:
        """Begins to wait at the first byte of a head, and stops at its last."""
        if self._timer is None and self._is_idle():
            self._expect()
        super().data_received(data)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        if not self._is_idle():
            self._stop()

    def _is_idle(self) -> bool:
        return self.cycle is None or bool(self.cycle.response_complete)

    def _expect(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self.seconds, self._hang_up)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hang_up(self) -> None:
        self._timer = None
        if self._is_idle():
            self.transport.close()
