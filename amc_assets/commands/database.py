"""`amc db`: the schema of the operational database."""

from amc_assets.commands.output import print_json, result
from amc_assets.settings import Settings
from amc_assets.store import engine as store


def upgrade(settings: Settings, revision: str) -> None:
    """Bring the schema to ``revision``."""
    engine = store.open_engine(settings.database_url)
    store.upgrade(engine, revision)
    result(f"database is at {store.current(engine)}")
    engine.dispose()


def downgrade(settings: Settings, revision: str) -> None:
    """Take the schema back to ``revision``."""
    engine = store.open_engine(settings.database_url)
    store.downgrade(engine, revision)
    result(f"database is at {store.current(engine) or 'base (no tables)'}")
    engine.dispose()


def current(settings: Settings, *, as_json: bool) -> None:
    """Print the revision of the database and the newest one."""
    engine = store.open_engine(settings.database_url)
    at, newest = store.current(engine), store.head()
    engine.dispose()
    if as_json:
        print_json({"current": at, "head": newest})
    else:
        result(f"database is at {at or 'base (no tables)'}, newest is {newest}")
