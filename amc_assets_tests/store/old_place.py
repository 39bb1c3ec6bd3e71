"""A database as versions before the own schema left it: plain names, and the revision in `alembic_version`."""

from alembic import command
from sqlalchemy import Engine, create_engine, inspect, select

from amc_assets.store.engine import open_engine, parse_url
from amc_assets.store.migrate import _config
from amc_assets.store.models import metadata
from amc_assets.store.schema import SCHEMA
from amc_assets.store.shared_place import _versions
from amc_assets.store.transactions import reading


def old_engine(url: str) -> Engine:
    """Return an engine whose statements name tables without a schema, as those of older versions did."""
    if url.startswith("sqlite"):
        return open_engine(url)
    return create_engine(parse_url(url), execution_options={"schema_translate_map": {SCHEMA: None}})


def old_upgrade(engine: Engine, revision: str = "0003") -> None:
    """Bring a database to a revision as older versions did."""
    with engine.begin() as connection:
        config = _config()
        config.attributes.update(connection=connection, version_table="alembic_version", schema=None)
        command.upgrade(config, revision)


def shared_revisions(engine: Engine) -> list[str]:
    """Return what stands in the version table that was shared."""
    with reading(engine) as connection:
        return sorted(connection.execute(select(_versions(None).c.version_num)).scalars())


def ours_outside(engine: Engine) -> set[str]:
    """Return our tables that stand in the schema of plain names; on SQLite there is no other."""
    with reading(engine) as connection:
        return set(inspect(connection).get_table_names()) & {table.name for table in metadata.tables.values()}
