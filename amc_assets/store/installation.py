"""Whether a database holds simulated or real data: decided by the first write, then for good."""

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from amc_assets.store.errors import MixedDataError
from amc_assets.store.models import installation
from amc_assets.store.transactions import database_name, reading, writing


def claim_kind(engine: Engine, is_simulated: bool) -> None:
    """Mark the database as simulated or real if nothing is marked yet; raise MixedDataError on the other kind."""
    with writing(engine) as connection:
        claim_within(connection, is_simulated)


def claim_within(connection: Connection, is_simulated: bool) -> None:
    """Do as claim_kind inside a transaction that is open already, so that claim and first row stand together."""
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert
    connection.execute(insert(installation).values(id=1, is_simulated=is_simulated).on_conflict_do_nothing())
    held = connection.execute(select(installation.c.is_simulated)).scalar_one()
    if held is not is_simulated:
        kinds = {True: "simulated", False: "real"}
        raise MixedDataError(
            f"database {database_name(connection.engine.url)} holds {kinds[held]} data and was asked to take "
            f"{kinds[is_simulated]} data; give the {kinds[is_simulated]} data a database of its own (DATABASE_URL)"
        )


def kind(engine: Engine) -> bool | None:
    """Return True for a simulated database, False for a real one, None while nothing was written."""
    with reading(engine) as connection:
        return connection.execute(select(installation.c.is_simulated)).scalar_one_or_none()
