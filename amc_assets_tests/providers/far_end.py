"""A far end with a real socket that misbehaves on purpose and counts it: a fault test proves its fault."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket], None]


@dataclass
class FarEnd:
    """What was heard and done; ``did`` counts behaviours carried out, ``hung_up`` those the client ended."""

    port: int
    heard: list[bytes] = field(default_factory=list)
    heard_at: list[float] = field(default_factory=list)
    did: int = 0
    hung_up: int = 0

    @property
    def url(self) -> str:
        """Return the address to ask."""
        return f"http://127.0.0.1:{self.port}/thing"


@contextmanager
def serving(behave: Behaviour, port: int = 0) -> Iterator[FarEnd]:
    """Serve each connection with ``behave`` in a thread of its own, on a loopback port."""
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    listener.settimeout(0.05)
    far = FarEnd(listener.getsockname()[1])
    done, lock = threading.Event(), threading.Lock()
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection:
            connection.settimeout(60)
            try:
                heard = connection.recv(65536)
                with lock:
                    far.heard.append(heard)
                    far.heard_at.append(time.monotonic())
                behave(connection)
            except OSError:  # the client hung up, as it should
                with lock:
                    far.hung_up += 1
            with lock:
                far.did += 1

    def accept() -> None:
        while not done.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
            threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield far
    finally:
        done.set()
        for thread in [acceptor, *threads]:
            thread.join(timeout=60)
        listener.close()


def answer(body: bytes, headers: str = "", length: int | None = None, status: str = "200 OK") -> Behaviour:
    """Return a behaviour: one answer with this body."""
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{headers}\r\n".encode()
    return lambda connection: connection.sendall(head + body)


def in_order(*behaviours: Behaviour) -> Behaviour:
    """Return a behaviour that is each of these once, the last one for ever."""
    left = list(behaviours)

    def behave(connection: socket.socket) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(connection)

    return behave


def reset(connection: socket.socket) -> None:
    """Send half an answer and reset the connection."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def hang_up(connection: socket.socket) -> None:
    """Say nothing."""


def endless(connection: socket.socket) -> None:
    """Send a body that never ends, as fast as it is taken."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def drip(where: str, seconds: float = 10.0) -> Behaviour:
    """Return a behaviour that sends a little in time for every read timeout, and never ends within ``seconds``."""

    def behave(connection: socket.socket) -> None:
        if where == "silence":
            connection.settimeout(seconds)
            if connection.recv(1) == b"":  # nothing comes: the client hangs up first
                raise ConnectionResetError
            return
        chunked = b"Transfer-Encoding: chunked\r\n\r\n" if where == "endless" else b"Content-Length: 100000\r\n\r\n"
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + (b"" if where == "headers" else chunked))
        piece = {"body": b"x", "headers": b"X-A: b\r\n", "endless": b"1\r\nx\r\n"}[where]
        for _ in range(round(seconds * 20)):
            connection.sendall(piece)
            time.sleep(0.05)

    return behave
