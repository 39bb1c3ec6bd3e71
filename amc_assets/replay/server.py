"""The HTTP server itself: sockets, threads, delivery of answers and faults. Loopback only.

Every answer goes out in one write with its length, connections stay open, and stopping closes them: a test that ends
leaves no thread and no socket behind.
"""

import socket
import struct
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self

from amc_assets.clock import Clock, SystemClock
from amc_assets.replay import stale
from amc_assets.replay.answers import Answer
from amc_assets.replay.faults import Delivery, FaultPlan
from amc_assets.replay.finra_routes import TOKEN_PATH
from amc_assets.replay.market import Market
from amc_assets.replay.plans import Plan
from amc_assets.replay.routes import FINRA_API_PATH, Routes, WireRequest, with_target

HOST = "127.0.0.1"
LONGEST_BODY_BYTES = 1024 * 1024
CONTACT = "replay@example.com"  # the SEC's pages want one; this server is the only one that sees it


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
        plan: str = Plan.UNLIMITED,
    ) -> None:
        if plan not in set(Plan):
            raise ValueError(f"no plan is called {plan!r}: use one of {', '.join(Plan)}")
        self.market = market
        self.faults = faults or FaultPlan()
        self._api_key = api_key
        self._http = _HTTPServer((HOST, port), _Handler)
        self._alpha_vantage_key = f"{api_key}-alpha-vantage"
        self._routes = Routes(
            market,
            api_key=api_key,
            base_url=self.base_url,
            clock=clock,
            plan=Plan(plan),
            alpha_vantage_key=self._alpha_vantage_key,
        )
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

    @property
    def refusals(self) -> Counter[tuple[str, str]]:
        """Number of requests refused so far for want of a key, a contact or a plan, by (provider, reason)."""
        return self._routes.refusals.counts

    def environment(self) -> dict[str, str]:
        """Return the variables that point the project at this server."""
        here = self.base_url
        hosts = (
            "FINRA_CDN", "POLYGON", "NASDAQ", "NASDAQ_API", "NYSE", "SEC", "SEC_DATA", "TREASURY", "GLOBENEWSWIRE",
            "PRNEWSWIRE", "YAHOO_FEEDS",
        )  # fmt: skip
        return {
            "FINRA_API_BASE_URL": f"{here}{FINRA_API_PATH.replace('otcmarket', 'otcMarket')}",
            "FINRA_TOKEN_URL": f"{here}{TOKEN_PATH}",
            "ALPHA_VANTAGE_BASE_URL": f"{here}/query",
            **{f"{host}_BASE_URL": here for host in hosts},
            "POLYGON_API_KEY": self._api_key,
            "ALPHA_VANTAGE_API_KEY": self._alpha_vantage_key,
            "AMC_CONTACT": CONTACT,
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

        def yesterdays() -> Answer | None:
            earlier = stale.earlier(request, self._routes.settlement_before)
            if earlier is None:
                return None
            other = with_target(request, *earlier)
            return self._routes.answer(self._routes.route(other), other)

        return self.faults.deliver(
            routed.dataset.value, routed.canonical, lambda: self._routes.answer(routed, request), yesterdays
        )


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
        if delivery.chunks is not None:
            self._drip(delivery.answer, delivery.chunks())
            return
        self._send(delivery.answer, delivery.cut_after_bytes)

    def _send(self, answer: Answer, cut_after_bytes: int | None = None) -> None:
        # a 304 has no body, and a length would announce one (RFC 9110, 8.6)
        length = {} if answer.status == HTTPStatus.NOT_MODIFIED else {"Content-Length": str(len(answer.body))}
        head = _head(answer, length)
        if cut_after_bytes is None:
            self.wfile.write(head + answer.body)
            return
        self.wfile.write(head + answer.body[:cut_after_bytes])
        self.close_connection = True

    def _drip(self, answer: Answer, chunks: Iterator[bytes]) -> None:
        self.close_connection = True  # the body has no end, so nothing can follow it
        self.wfile.write(_head(answer, {"Transfer-Encoding": "chunked"}))
        for chunk in chunks:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()  # with linger 0 this sends RST instead of a clean end
        self.close_connection = True


def _head(answer: Answer, framing: Mapping[str, str]) -> bytes:
    headers = {"Server": "nginx"} | dict(framing) | dict(answer.headers)
    lines = [f"HTTP/1.1 {answer.status} {_phrase(answer.status)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # 499, 520 and the like have no name in the standard
        return "Unknown"


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # already closed by its own thread
        return
