"""The shared state of several machines in Redis; its clock is the server's TIME.

An update is two round trips: WATCH, GET and TIME in one, MULTI, SET and EXEC in the other. When somebody else wrote in
between, EXEC does nothing and the update starts again on what is there now.
"""

import os
import threading
from collections.abc import Callable

from redis.exceptions import RedisError

from amc_assets.clock import Clock, SystemClock
from amc_assets.providers.road.redis_link import Command, RedisLink
from amc_assets.providers.road.state import Change, Document, Result, StateError
from amc_assets.providers.road.ticks import decoded, encoded, kept_ahead, stamped

TRIP_SECONDS = 0.24  # the longest wait for one answer; two of them and their own work stay below
OPERATION_SECONDS = 0.5  # what an update may cost when the server is gone or hangs: one attempt and one more
TTL_SECONDS = 2 * 86_400  # a day's quota is the longest anything here is remembered
_UNDONE = "Check that it runs and that REDIS_URL names it and may write there"


class RedisState:
    """Documents under ``prefix``, each of which expires two days after its last change."""

    def __init__(self, url: str, prefix: str, clock: Clock | None = None) -> None:
        """Connect at the first use; raise StateError for an address that cannot be read."""
        self._url = url
        self._prefix = prefix
        self._clock = clock or SystemClock()
        self._links = threading.local()
        self._described = self._new_link()  # never opened
        self.name = self._described.name

    def update(self, key: str, change: Change[Result]) -> Result:
        """Apply ``change`` to the document at ``key``, alone.

        Raises StateError when the server does not answer, within half a second. An update whose last answer was lost
        may have been kept and be done again: a slot is then reserved and counted twice, never granted twice.
        """
        name = self._prefix + key

        def work(link: RedisLink, deadline: float) -> Result:
            while True:
                document, now = self._look(link, ("UNWATCH",), ("WATCH", name), ("GET", name), ("TIME",))
                changed, result = change(document, now)
                if changed is None:
                    return result
                self._check_time(deadline)
                text = encoded(stamped(changed, now))
                write: Command = ("SET", name, text, "EX", TTL_SECONDS)
                if link.ask(("MULTI",), write, ("EXEC",))[-1] is not None:
                    return result
                self._check_time(deadline)

        return self._tried_twice(work)

    def read(self, key: str) -> tuple[Document | None, float]:
        """Return the document at ``key`` and the server's now; raise StateError as ``update`` does."""
        return self._tried_twice(lambda link, _deadline: self._look(link, ("GET", self._prefix + key), ("TIME",)))

    def _look(self, link: RedisLink, *commands: Command) -> tuple[Document | None, float]:
        """Send commands that end with GET and TIME; return the document and the server's now."""
        raw, time = link.ask(*commands)[-2:]
        if not isinstance(time, list) or len(time) != 2:
            raise StateError(f"{self.name} answered TIME with {time!r}; {_UNDONE}")
        now = int(time[0]) + int(time[1]) / 1e6
        return (kept_ahead(decoded(raw), now) if isinstance(raw, bytes) else None), now

    def _tried_twice(self, work: Callable[[RedisLink, float], Result]) -> Result:
        deadline = self._clock.monotonic() + OPERATION_SECONDS
        errors: list[Exception] = []
        for _ in range(2):
            left_seconds = deadline - self._clock.monotonic()
            if errors and left_seconds < TRIP_SECONDS:
                break
            try:
                link = self._link(left_seconds - TRIP_SECONDS)
                return work(link, deadline)
            except (RedisError, OSError) as error:
                errors.append(error)
                self._drop()
        said = self._described.said(errors[-1])
        raise StateError(
            f"the shared state of rate limits and breakers in {self.name} cannot be used ({said}). {_UNDONE}"
        ) from errors[-1]

    def _check_time(self, deadline: float) -> None:
        if deadline - self._clock.monotonic() < TRIP_SECONDS:
            raise TimeoutError("it answers too slowly, or too many processes write at once")

    def _link(self, seconds: float) -> RedisLink:
        """Return this thread's open connection; a forked child has none of its parent's."""
        link = self._own_link()
        if link is None:
            link = self._new_link()
            link.open(max(seconds, 0.01))
            self._links.own = (os.getpid(), link)
        return link

    def _own_link(self) -> RedisLink | None:
        pid, link = getattr(self._links, "own", (0, None))
        return link if isinstance(link, RedisLink) and pid == os.getpid() else None

    def _drop(self) -> None:
        link = self._own_link()
        self._links.own = (0, None)
        if link is not None:
            link.close()

    def _new_link(self) -> RedisLink:
        try:
            return RedisLink(self._url, TRIP_SECONDS)
        except (ValueError, TypeError):  # its text may hold the address
            pass
        raise StateError("REDIS_URL cannot be read. It is redis://, rediss:// or unix:// with user:password@ if needed")
