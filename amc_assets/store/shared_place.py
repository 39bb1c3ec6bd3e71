"""Leave the place that older versions shared with Dagster: the table ``alembic_version``, and its schema.

There the second of the two to arrive failed on the revision of the first. The rows move with their tables.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, TableClause, column, delete, inspect, select, table, text

from amc_assets.store.schema import SCHEMA, schema_of

SHARED_VERSION_TABLE = "alembic_version"

# Revision -> the tables it created. Later revisions never stood in the shared place.
_TABLES = {
    "0001": (
        "installation",
        "provider_api_calls",
        "detector_performance",
        "circuit_breaker_events",
        "discovery_audit_log",
    ),
    "0002": ("candidates",),
    "0003": ("shared_state",),
}


@dataclass(frozen=True, slots=True)
class SharedPlace:
    """Where our tables still are: a schema of the search path (None on SQLite), and their revision."""

    schema: str | None
    revision: str


def shared_place(connection: Connection) -> SharedPlace | None:
    """Return the shared place that holds our tables, or None.

    A revision alone is no proof: other programs number theirs ``0001`` too. The tables of the first one must be there.
    """
    inspector = inspect(connection)
    for schema in _search_path(connection):
        if not inspector.has_table(SHARED_VERSION_TABLE, schema=schema):
            continue
        ours = sorted(set(connection.execute(select(_versions(schema).c.version_num)).scalars()) & set(_TABLES))
        if ours and all(inspector.has_table(name, schema=schema) for name in _TABLES["0001"]):
            return SharedPlace(schema, ours[-1])
    return None


def move_out(connection: Connection, place: SharedPlace) -> None:
    """Move our tables to their own schema and take our revision out of the shared table, inside the open transaction.

    Indexes, sequences, rules and grants go with their tables. Dagster's row and the emptied table stay: another
    process may just be reading it.
    """
    own = schema_of(connection)
    if own is not None:
        inspector = inspect(connection)
        quote = connection.dialect.identifier_preparer.quote
        for name in _tables_up_to(place.revision):
            if inspector.has_table(name, schema=place.schema):
                connection.execute(text(f"ALTER TABLE {quote(str(place.schema))}.{name} SET SCHEMA {SCHEMA}"))
    versions = _versions(place.schema)
    connection.execute(delete(versions).where(versions.c.version_num.in_(_TABLES)))


def _search_path(connection: Connection) -> list[str | None]:
    """Return the schemas in which an older version found its tables, which it named without one."""
    if schema_of(connection) is None:
        return [None]
    path = connection.execute(text("SELECT unnest(current_schemas(false))::text")).scalars()
    return [schema for schema in path if schema != SCHEMA]


def _tables_up_to(revision: str) -> list[str]:
    return [name for step, names in _TABLES.items() if step <= revision for name in names]


def _versions(schema: str | None) -> TableClause:
    return table(SHARED_VERSION_TABLE, column("version_num"), schema=schema)
