"""The shared state of several machines in PostgreSQL: the table ``shared_state``; its clock is the server's.

An advisory lock of the transaction keeps the others out, also while the row does not exist yet; the clock is read
after it was granted. ``clock_timestamp()`` goes on inside a transaction, ``now()`` would stand still.
"""

import os
import threading
from collections.abc import Callable

from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from amc_assets.providers.road.state import Change, Document, Result, StateError
from amc_assets.providers.road.ticks import decoded, encoded, kept_ahead, stamped

CONNECT_SECONDS = 2
WAIT_SECONDS = 2  # for the lock, and for the network
STATEMENT_SECONDS = 3  # longer, so that the reason given is the lock
LOCK_CLASS = 0x616D6373  # any constant, the same for all processes: "amcs" in ASCII

TABLE = "amc_store.shared_state"  # with its schema: the search path of a connection may be anybody's
_CLOCK = "extract(epoch FROM clock_timestamp())::float8"
_READ = f"SELECT (SELECT document FROM {TABLE} WHERE key = %s), {_CLOCK}"  # noqa: S608 - constants only
# One message for all four. SET LOCAL in place of a connection option, which poolers refuse.
_LOCK_AND_READ = (
    f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'; SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'; "
    f"SELECT pg_advisory_xact_lock({LOCK_CLASS}, hashtext(%s)); {_READ}"
)
_WRITE = (
    f"INSERT INTO {TABLE} (key, document, written_at) VALUES (%s, %s, clock_timestamp()) "  # noqa: S608
    "ON CONFLICT (key) DO UPDATE SET document = excluded.document, written_at = excluded.written_at"
)


class PostgresState:
    """Documents in the operational database; connections are a pool's, one pool per process."""

    def __init__(self, address: str) -> None:
        """Connect at the first use; raise StateError for an address that is none of PostgreSQL's."""
        wanted = "DATABASE_URL is postgresql://, then user, password, host and database"
        try:
            url = make_url(address)
        except (ArgumentError, ValueError):  # its text holds the address
            url = None
        if url is None or url.drivername.partition("+")[0] not in {"postgres", "postgresql"}:
            raise StateError(f"the shared state of rate limits and breakers has no PostgreSQL address; {wanted}")
        self._url = url.set(drivername="postgresql+psycopg2")
        self.name = f"PostgreSQL at {url.host or url.query.get('host', 'localhost')}/{url.database}"
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._pid = 0

    def update(self, key: str, change: Change[Result]) -> Result:
        """Apply ``change`` to the document at ``key``, alone.

        Raises StateError when the server cannot be reached, the lock is not granted within two seconds, or the table
        is missing. A connection that the server closed meanwhile is replaced once.
        """

        def work(connection: Connection) -> Result:
            with connection.begin():
                document, now = self._look(connection, _LOCK_AND_READ, (key, key))
                changed, result = change(document, now)
                if changed is not None:
                    connection.exec_driver_sql(_WRITE, (key, encoded(stamped(changed, now))))
            return result

        return self._tried_twice(work)

    def read(self, key: str) -> tuple[Document | None, float]:
        """Return the document at ``key`` and the server's now; raise StateError as ``update`` does."""

        def work(connection: Connection) -> tuple[Document | None, float]:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")  # one trip in place of three
            return self._look(alone, _READ, (key,))

        return self._tried_twice(work)

    def close(self) -> None:
        """Close the connections of this process; the next use opens new ones."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose(close=self._pid == os.getpid())
            self._engine = None

    def _look(self, connection: Connection, statement: str, values: tuple[str, ...]) -> tuple[Document | None, float]:
        raw, now = connection.exec_driver_sql(statement, values).one()
        return (None if raw is None else kept_ahead(decoded(raw), now)), now

    def _tried_twice(self, work: Callable[[Connection], Result]) -> Result:
        try:
            return self._once(work)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise self._unusable(error) from error
        except SQLAlchemyError as error:
            raise self._unusable(error) from error
        try:  # the connection was lost between two uses, and its pool with it
            return self._once(work)
        except SQLAlchemyError as error:
            raise self._unusable(error) from error

    def _once(self, work: Callable[[Connection], Result]) -> Result:
        with self._own_engine().connect() as connection:
            return work(connection)

    def _own_engine(self) -> Engine:
        with self._lock:
            if self._engine is not None and self._pid == os.getpid():
                return self._engine
            if self._engine is not None:
                self._engine.dispose(close=False)  # a forked child: the sockets are its parent's
            self._pid = os.getpid()
            self._engine = create_engine(
                self._url,
                pool_size=1,
                max_overflow=4,
                pool_timeout=WAIT_SECONDS,
                hide_parameters=True,
                connect_args={
                    "connect_timeout": CONNECT_SECONDS,
                    "tcp_user_timeout": 1000 * WAIT_SECONDS,  # a network that went away in mid-statement
                    "application_name": "amc_assets shared state",
                    **{name: value for name, value in self._url.query.items() if name == "application_name"},
                },
            )
            return self._engine

    def _unusable(self, error: SQLAlchemyError) -> StateError:
        original = getattr(error, "orig", None) or error
        said = (str(original).strip().splitlines() or [type(original).__name__])[0][:200]
        password = self._url.password
        said = said.replace(str(password), "***") if password else said
        step = "run `amc db upgrade`" if "shared_state" in said else "check that it runs and that DATABASE_URL names it"
        return StateError(
            f"the shared state of rate limits and breakers in {self.name} cannot be used ({said}); {step}"
        )
