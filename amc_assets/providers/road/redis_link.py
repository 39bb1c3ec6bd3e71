"""One connection to a Redis server that never keeps its caller waiting: every wait on the network has an end.

redis-py's own retries take seconds when a server is gone (measured: 3.5-4.6 s for a command, 8.35 s for a breaker on
top), and the ``socket_timeout`` of an address would beat ours. So the connection is opened here, without retries, in a
thread that can be left behind: name resolution and a host of several addresses know no common time limit.
"""

import threading

from redis.backoff import NoBackoff
from redis.connection import ConnectionPool
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from amc_assets.providers.road.scrub import scrub

Command = tuple[str | bytes | int, ...]


class RedisLink:
    """A connection, and what it is called in messages. For one thread of one process."""

    def __init__(self, url: str, trip_seconds: float) -> None:
        """Prepare a connection to ``url``; no answer may take longer than ``trip_seconds``.

        Raises ValueError for an address that redis-py cannot read.
        """
        pool = ConnectionPool.from_url(url, protocol=2)
        options = dict(pool.connection_kwargs)
        place = options.get("path") or f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"
        self.name = f"Redis at {place}/{options.get('db', 0)}"
        self._secrets = [str(options[name]) for name in ("password", "username") if options.get(name)]
        limits = {"socket_timeout": trip_seconds, "socket_connect_timeout": trip_seconds}
        calm = {"retry": Retry(NoBackoff(), 0), "retry_on_timeout": False, "retry_on_error": []}
        plain = {"health_check_interval": 0, "decode_responses": False}
        self._connection = pool.connection_class(**{**options, **limits, **calm, **plain})

    def open(self, seconds: float) -> None:
        """Connect and log in within ``seconds``; raise RedisError or OSError when that fails."""
        failures: list[Exception] = []

        def connect() -> None:
            try:
                self._connection.connect()
            except (RedisError, OSError) as error:
                failures.append(error)

        opening = threading.Thread(target=connect, name="amc-redis-connect", daemon=True)
        opening.start()
        opening.join(seconds)
        if opening.is_alive():
            raise RedisTimeoutError(f"no connection within {seconds:.2f} s")
        if failures:
            raise failures[0]

    def ask(self, *commands: Command) -> list[object]:
        """Send the commands in one go and return their answers; raise RedisError or OSError when one has none.

        After an error the connection is out of step with its answers and must be closed.
        """
        self._connection.send_packed_command(self._connection.pack_commands(commands), check_health=False)
        return [self._connection.read_response() for _ in commands]

    def close(self) -> None:
        """Close the connection."""
        self._connection.disconnect()

    def said(self, error: Exception) -> str:
        """Return the error in one line, without the address' user and password."""
        return " ".join(scrub(str(error), self._secrets).split())[:200]
