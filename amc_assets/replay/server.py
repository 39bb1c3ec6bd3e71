"""The HTTP server itself: sockets, threads, delivery of answers and faults. Loopback only.

Every answer goes out in one write with its length, connections stay open, and stopping closes them: a test that ends
leaves no thread and no socket behind.
"""

import socket
import struct
import sys
from collections import Counter
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self

from amc_assets.clock import Clock, SystemClock
from amc_assets.replay.answers import Answer
from amc_assets.replay.faults import Delivery, FaultPlan
from amc_assets.replay.market import Market
from amc_assets.replay.routes import FINRA_API_PATH, Routes, WireRequest

HOST = "127.0.0.1"
LONGEST_BODY_BYTES = 1024 * 1024


class ReplayServer:
    """Serves ``market`` over HTTP on the loopback address until it is stopped; a context manager.

    ``port`` 0 takes a free one. With a ``clock`` nothing is served before it is published; without one the whole
    market is public. ``faults`` break answers on purpose. Raises OSError when the port is taken.
    """

    def __init__(
        self,
        market: Market,
        *,
        faults: FaultPlan | None = None,
        api_key: str = "replay-key",
        port: int = 0,
        clock: Clock | None = None,
    ) -> None:
        self.market = market
        self.faults = faults or FaultPlan()
        self._api_key = api_key
        self._http = _HTTPServer((HOST, port), _Handler)
        self._routes = Routes(market, api_key=api_key, base_url=self.base_url, clock=clock)
        self._http.replay = self
        self._thread = Thread(target=self._http.serve_forever, args=(0.05,), name="replay-server", daemon=True)
        self._lock = Lock()
        self._requests: Counter[str] = Counter()

    def __enter__(self) -> Self:
        """Start serving."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self.stop()

    @property
    def base_url(self) -> str:
        """Address of the server, without a trailing slash."""
        return f"http://{HOST}:{self._http.server_address[1]}"

    @property
    def requests(self) -> Counter[str]:
        """Number of requests received so far, by dataset."""
        with self._lock:
            return Counter(self._requests)

    def environment(self) -> dict[str, str]:
        """Return the variables that point the project at this server."""
        return {
            "FINRA_API_BASE_URL": f"{self.base_url}{FINRA_API_PATH.replace('otcmarket', 'otcMarket')}",
            "FINRA_CDN_BASE_URL": self.base_url,
            "POLYGON_BASE_URL": self.base_url,
            "NASDAQ_BASE_URL": self.base_url,
            "POLYGON_API_KEY": self._api_key,
        }

    def start(self) -> None:
        """Start serving in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving, close every connection and wait for the threads; harmless when called twice."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.close_connections()
        self._http.server_close()

    def deliver(self, request: WireRequest) -> Delivery:
        """Return how to answer ``request``, faults included, and count it."""
        routed = self._routes.route(request)
        with self._lock:
            self._requests[routed.dataset.value] += 1
        return self.faults.deliver(routed.dataset.value, routed.canonical, lambda: self._routes.answer(routed, request))


class _HTTPServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    replay: ReplayServer

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: dict[socket.socket, Thread] = {}
        self._open_lock = Lock()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._open_lock:
            self._open[request] = thread
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._open_lock:
                self._open.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a client that went away be; anything else is a fault of the server and is printed by the base class."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        """Shut the open connections and wait for their threads."""
        with self._open_lock:
            connections = list(self._open.items())
        for connection, _ in connections:
            _shut(connection)
        for _, thread in connections:
            thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _HTTPServer

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep the console quiet; ``ReplayServer.requests`` counts."""

    def _serve(self) -> None:
        text = self.headers.get("Content-Length") or "0"
        length = int(text) if text.isdecimal() else -1
        if not 0 <= length <= LONGEST_BODY_BYTES:
            self.close_connection = True  # what follows the header cannot be told from the next request
            self._send(Answer(400 if length < 0 else 413, b""))
            return
        body = self.rfile.read(length) if length else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        delivery = self.server.replay.deliver(WireRequest(self.command, self.path, headers, body))
        if delivery.wait_seconds:
            SystemClock().sleep(delivery.wait_seconds)
        if delivery.is_reset:
            self._reset()
            return
        self._send(delivery.answer, delivery.cut_after_bytes)

    def _send(self, answer: Answer, cut_after_bytes: int | None = None) -> None:
        headers = {"Server": "nginx", "Content-Length": str(len(answer.body))} | dict(answer.headers)
        lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        if cut_after_bytes is None:
            self.wfile.write(head + answer.body)
            return
        self.wfile.write(head + answer.body[:cut_after_bytes])
        self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()  # with linger 0 this sends RST instead of a clean end
        self.close_connection = True


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # already closed by its own thread
        return
