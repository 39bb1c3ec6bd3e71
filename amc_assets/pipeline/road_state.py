"""Where limits, breakers and retry budgets of an installation live: Redis, else PostgreSQL, else a file of the machine.

A server's state has a copy in the file, so that losing the server degrades and does not stop (``mirrored_state.py``).
"""

from amc_assets.clock import Clock, SystemClock
from amc_assets.providers.road.cache import BodyCache
from amc_assets.providers.road.state import SharedState
from amc_assets.settings import Settings
from amc_assets.settings.names import Environment

STATE_FILE = "providers.db"
COPIES_FILE = "copies.db"
COPY_LIFE_SECONDS = 90 * 86_400.0  # the longest that any dataset may stand in


def open_state(settings: Settings, clock: Clock | None = None, *, is_replay: bool = False) -> SharedState:
    """Return the shared state of this installation; a replay's stays in memory and never counts real calls.

    Opens nothing yet. Raises StateError for an address that cannot be read.
    """
    from amc_assets.providers.road.mirrored_state import MirroredState  # noqa: PLC0415 - light, but its servers are not
    from amc_assets.providers.road.sqlite_state import SqliteState  # noqa: PLC0415

    clock = clock or SystemClock()
    if is_replay:  # its server lives and dies with the process: 3 connections a call were a tenth of a replay
        from amc_assets.providers.road.memory_state import MemoryState  # noqa: PLC0415

        return MemoryState(clock)
    local = SqliteState(settings.home / STATE_FILE, clock)
    if settings.redis_url is not None:
        from amc_assets.providers.road.redis_state import RedisState  # noqa: PLC0415 - only with REDIS_URL

        redis = RedisState(settings.redis_url, redis_prefix(settings), clock)
        return MirroredState(redis, local, clock, name=redis.name)
    if settings.database_url.startswith("postgres"):
        from amc_assets.providers.road.postgres_state import PostgresState  # noqa: PLC0415 - only with PostgreSQL

        postgres = PostgresState(settings.database_url)
        return MirroredState(postgres, local, clock, name=postgres.name)
    return local


def redis_prefix(settings: Settings) -> str:
    """Return the start of every key: installations of one environment share limits, environments do not."""
    environment = settings.environment
    return "amc:road:" if environment is Environment.PRODUCTION else f"amc:{environment}:road:"


def open_cache(settings: Settings, clock: Clock) -> BodyCache:
    """Return where copies of answers are kept: Redis, else a file of the machine. Opens nothing yet."""
    if settings.redis_url is not None:
        from amc_assets.providers.road.cache_redis import RedisCache  # noqa: PLC0415 - only with REDIS_URL

        return RedisCache(settings.redis_url, f"{redis_prefix(settings)}copy:", COPY_LIFE_SECONDS, clock)
    from amc_assets.providers.road.cache_sqlite import SqliteCache  # noqa: PLC0415 - light, like the state's backends

    return SqliteCache(settings.home / COPIES_FILE)
