"""Dagster's SQLite addresses with ``%`` and ``?`` escaped.

Dagster 1.13 puts its folder into an address as it is (``create_db_conn_string``); SQLAlchemy 2.1 decodes the path of an
address, so a folder ``a%2Fb`` would keep its history in ``a/b``. A contract test opens such a folder.
"""

from pathlib import Path

from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage

from amc_assets.settings.addresses import sqlite_address

_ADDRESS_OF = "create_db_conn_string"
_CALLERS = (sqlite_run_storage, sqlite_event_log, sqlite_schedule_storage)


def escape_sqlite_addresses() -> None:
    """Let Dagster's three SQLite storages of this process ask ``literal_address``; harmless when called twice."""
    for module in _CALLERS:
        setattr(module, _ADDRESS_OF, literal_address)


def literal_address(base_dir: str, db_name: str) -> str:
    """Return the address of ``<base_dir>/<db_name>.db``, the file of that literal name."""
    return sqlite_address(Path(base_dir).absolute() / f"{db_name}.db")
