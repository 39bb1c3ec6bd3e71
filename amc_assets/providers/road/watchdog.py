"""Ends a call at its deadline whatever the far end is doing: httpx's timeouts start anew with every byte that comes.

A server that sends one header byte a second is never silent long enough for a read timeout and never done.
"""

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self


class Watchdog:
    """Shuts the connection of one request down after ``seconds``; ``has_bitten`` says whether it did.

    It learns of the socket from httpcore's trace, so the request must open a connection of its own.
    """

    def __init__(self, seconds: float) -> None:
        self.has_bitten = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(max(seconds, 0.0), self._bite)
        self._timer.daemon = True

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of the connection when it stands (an httpcore trace callback)."""
        if not event.endswith((".connect_tcp.complete", ".connect_unix_socket.complete")):
            return
        with self._lock:
            self._socket = info["return_value"].get_extra_info("socket")
            bitten = self.has_bitten
        if bitten:
            self._shut()

    def __enter__(self) -> Self:
        """Start the time."""
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the time."""
        self._timer.cancel()

    def _bite(self) -> None:
        with self._lock:
            self.has_bitten = True
        self._shut()

    def _shut(self) -> None:
        connection = self._socket
        if connection is not None:
            # the plain socket's shutdown also under TLS: it wakes a reader, where close() would not
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
