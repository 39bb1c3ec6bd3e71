"""Ends a piece of work at its deadline whatever it waits for: a name lookup, a handshake, a server that never stops.

httpx's timeouts start anew with every byte that comes (a server that sends one header byte a second is never silent
long enough), and none of them covers the lookup of a name: the resolver of the machine takes as long as it likes.
"""

import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from contextvars import copy_context
from typing import Any, TypeVar

GRACE_SECONDS = 0.5  # from shutting the connection until the work is left behind
Result = TypeVar("Result")


class Overdue(Exception):
    """The work did not end in time, nor when its connection was shut; it was left behind."""


class Watchdog:
    """Runs one piece of work in a thread of its own; ``has_bitten`` says whether its time ran out.

    It learns of the socket from httpcore's trace, so a request must open a connection of its own. Work that is left
    behind (a hanging name lookup cannot be stopped) finds its connection shut as soon as that stands: nothing is sent.
    """

    def __init__(self, grace_seconds: float = GRACE_SECONDS) -> None:
        self.has_bitten = False
        self._grace_seconds = grace_seconds
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def run(self, seconds: float, work: Callable[[], Result]) -> Result:
        """Return what ``work`` returns, or raise what it raises; after ``seconds`` shut its connection down.

        Raises Overdue when that does not end it either within the grace.
        """
        future: Future[Result] = Future()
        context = copy_context()  # loggers and tracers of the caller's
        # a daemon and no pool: a pool's threads are waited for when the process ends
        threading.Thread(target=context.run, args=(_hand_over, work, future), name="call", daemon=True).start()
        try:
            wait([future], max(seconds, 0.0))
        finally:  # also when the run is being stopped
            if not future.done():
                self.bite()
        wait([future], self._grace_seconds)
        if not future.done():
            raise Overdue
        return future.result()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of the connection when it stands (an httpcore trace callback)."""
        if not event.endswith((".connect_tcp.complete", ".connect_unix_socket.complete")):
            return
        with self._lock:
            self._socket = info["return_value"].get_extra_info("socket")
            bitten = self.has_bitten
        if bitten:
            self._shut()

    def bite(self) -> None:
        """Shut the connection down, now or as soon as there is one."""
        with self._lock:
            self.has_bitten = True
        self._shut()

    def _shut(self) -> None:
        connection = self._socket
        if connection is not None:
            # the plain socket's shutdown also under TLS: it wakes a reader, where close() would not
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _hand_over(work: Callable[[], Result], future: "Future[Result]") -> None:
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - raised by run() in the thread that waits
        future.set_exception(error)
    else:
        future.set_result(result)
