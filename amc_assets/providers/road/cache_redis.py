"""Copies of answers in Redis, shared by machines: each ends by itself, and a lost Redis means no copies for a while."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from amc_assets.clock import Clock
from amc_assets.providers.road.cache import Kept, pack, unpack
from amc_assets.providers.road.watchdog import Overdue, Watchdog

if TYPE_CHECKING:
    from redis import Redis

ALL_SECONDS = 0.4  # of one operation with its one retry; half a second is what a call may lose to a dead Redis
TRY_SECONDS = 0.2
PAUSE_SECONDS = 30.0  # after a loss
MOST_BYTES = 16 * 1024 * 1024  # of one copy
_LOG = logging.getLogger(__name__)
Result = TypeVar("Result")


class RedisCache:
    """Keeps each copy ``life_seconds`` under ``prefix``. One retry, bounded time, then thirty seconds without Redis."""

    def __init__(self, url: str, prefix: str, life_seconds: float, clock: Clock) -> None:
        self._prefix = prefix
        self._life_seconds = max(1, round(life_seconds))
        self._clock = clock
        self._url = url
        self._connected: Redis | None = None
        self._away_until = clock.monotonic()

    def __repr__(self) -> str:
        """Return the cache without its address, which may hold a password."""
        return f"RedisCache(prefix={self._prefix!r})"

    def get(self, key: str) -> Kept | None:
        """Return the copy under ``key``; None when there is none, none that is whole, or no Redis."""
        stored = self._try(lambda redis: cast("bytes | None", redis.get(self._prefix + key)))
        kept = unpack(key, stored) if stored else None
        if stored and kept is None:
            _LOG.warning("a copy in Redis is damaged and was dropped")
            self.drop(key)
        return kept

    def put(self, key: str, kept: Kept) -> None:
        """Keep a copy, in place of an earlier one; one that is too large for a shared memory is not kept."""
        packed = pack(key, kept)
        if len(packed) > MOST_BYTES:
            self.drop(key)
            return
        self._try(lambda redis: redis.set(self._prefix + key, packed, ex=self._life_seconds))

    def drop(self, key: str) -> None:
        """Forget a copy."""
        self._try(lambda redis: redis.delete(self._prefix + key))

    def _try(self, work: Callable[["Redis"], Result]) -> Result | None:
        from redis import RedisError  # noqa: PLC0415 - only with REDIS_URL

        if self._clock.monotonic() < self._away_until:
            return None
        try:
            # redis-py's timeouts are per read and leave out the name lookup; this bounds the whole
            return Watchdog(grace_seconds=0.0).run(ALL_SECONDS, lambda: work(self._redis()))
        except (RedisError, Overdue, OSError, ValueError) as error:
            self._away_until = self._clock.monotonic() + PAUSE_SECONDS
            kind = type(error).__name__  # its text may hold the address, and that a password
            _LOG.warning("the cache of answers in Redis is lost (%s); none for %.0f s", kind, PAUSE_SECONDS)
            return None

    def _redis(self) -> "Redis":
        from redis import Redis  # noqa: PLC0415 - only with REDIS_URL
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415

        if self._connected is None:
            self._connected = Redis.from_url(
                self._url,
                socket_timeout=TRY_SECONDS,
                socket_connect_timeout=TRY_SECONDS,
                retry=Retry(NoBackoff(), 1),
            )
        return self._connected
