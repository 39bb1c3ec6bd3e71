"""The place of our tables: on PostgreSQL a schema of their own, because one server may hold Dagster's tables too."""

from sqlalchemy import Connection, text

from amc_assets.store.errors import StoreError
from amc_assets.store.transactions import database_name

# No name that a role is likely to have: PostgreSQL's default search path begins with the schema named like the role,
# so that Dagster, which writes without a schema, would put its tables among ours.
SCHEMA = "amc_store"

# Dagster keeps its revision in `alembic_version`. Another name stays apart whatever search path somebody sets.
VERSION_TABLE = "amc_alembic_version"


def schema_of(connection: Connection) -> str | None:
    """Return the schema of our tables; None on SQLite, whose file is ours alone."""
    return SCHEMA if connection.dialect.name == "postgresql" else None


def enter_schema(connection: Connection) -> None:
    """Create the schema if it is missing, and resolve plain names in it until the transaction ends.

    ``SET LOCAL`` ends with the transaction, so a connection pooler hands nothing of it to another client. Does nothing
    on SQLite. Raises StoreError when the role may not create or use the schema, or is named like it.
    """
    if schema_of(connection) is None:
        return
    if connection.execute(text("SELECT to_regnamespace(:schema) IS NULL"), {"schema": SCHEMA}).scalar_one():
        _refuse_without_privilege(connection)
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    else:
        _refuse_foreign_schema(connection)
    _refuse_search_path(connection)
    connection.execute(text(f"SET LOCAL search_path TO {SCHEMA}"))


def _refuse_without_privilege(connection: Connection) -> None:
    allowed = "SELECT has_database_privilege(current_database(), 'CREATE')"
    if not connection.execute(text(allowed)).scalar_one():
        role = _role(connection)
        raise _refusal(
            connection,
            f"role {role} may not create the schema {SCHEMA}; have an administrator run "
            f"`CREATE SCHEMA {SCHEMA} AUTHORIZATION {role}` in this database, then run `amc db upgrade`",
        )


def _refuse_foreign_schema(connection: Connection) -> None:
    allowed = "SELECT has_schema_privilege(:schema, 'USAGE') AND has_schema_privilege(:schema, 'CREATE')"
    if not connection.execute(text(allowed), {"schema": SCHEMA}).scalar_one():
        raise _refusal(
            connection,
            f"role {_role(connection)} may not create tables in the schema {SCHEMA}; have its owner run "
            f"`GRANT USAGE, CREATE ON SCHEMA {SCHEMA} TO {_role(connection)}`, then run `amc db upgrade`",
        )


def _refuse_search_path(connection: Connection) -> None:
    """Refuse a connection whose plain names land in our schema: Dagster's tables would."""
    if connection.execute(text("SELECT current_schema()")).scalar_one() == SCHEMA:
        role = _role(connection)
        raise _refusal(
            connection,
            f"tables without a schema would be created in {SCHEMA}, and Dagster's have none; run "
            f"`ALTER ROLE {role} SET search_path = public`, or take {SCHEMA} out of the options of DATABASE_URL",
        )


def _role(connection: Connection) -> str:
    return str(connection.execute(text("SELECT quote_ident(current_user)")).scalar_one())


def _refusal(connection: Connection, why: str) -> StoreError:
    return StoreError(f"database {database_name(connection.engine.url)}: {why}")
