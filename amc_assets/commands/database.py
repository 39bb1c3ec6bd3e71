"""`amc db`: the schema of the operational database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from amc_assets.commands.output import print_json, result
from amc_assets.settings import Settings
from amc_assets.store import engine as store


def upgrade(settings: Settings, revision: str, *, as_json: bool) -> None:
    """Bring the schema to ``revision``. Raises StoreError."""
    with _opened(settings) as engine:
        store.upgrade(engine, revision)
        _tell(engine, as_json=as_json)


def downgrade(settings: Settings, revision: str, *, as_json: bool) -> None:
    """Take the schema back to ``revision``. Raises StoreError."""
    with _opened(settings) as engine:
        store.downgrade(engine, revision)
        _tell(engine, as_json=as_json)


def current(settings: Settings, *, as_json: bool) -> None:
    """Print the revision of the database and the newest one. Raises StoreError."""
    with _opened(settings) as engine:
        _tell(engine, as_json=as_json)


@contextmanager
def _opened(settings: Settings) -> Iterator[Engine]:
    engine = store.open_engine(settings.database_url)
    try:
        yield engine
    finally:
        engine.dispose()


def _tell(engine: Engine, *, as_json: bool) -> None:
    at, place, newest = store.current(engine), store.unmoved(engine), store.head()
    if as_json:
        print_json({"current": at, "head": newest})
    elif place is not None:
        result(
            f"database is at {place.revision}, in the version table that older versions shared with Dagster; "
            f"`amc db upgrade` moves it with its rows; newest is {newest}"
        )
    else:
        result(f"database is at {at or 'base (no tables)'}, newest is {newest}")
