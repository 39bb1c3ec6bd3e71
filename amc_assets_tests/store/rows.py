"""A few rows in every table that a run writes, and how many rows each table holds."""

from sqlalchemy import Engine, func, inspect, select

from amc_assets.store.calls import ApiCall, BreakerEvent, record_breaker_event, record_call
from amc_assets.store.models import metadata
from amc_assets.store.results import replace_detector_performance
from amc_assets.store.runs import start_run
from amc_assets.store.schema import schema_of
from amc_assets.store.transactions import reading
from amc_assets_tests.store.conftest import AS_OF, RUN_ID, detector_rows, make_run

FIRST_TABLES = {
    "installation",
    "provider_api_calls",
    "detector_performance",
    "circuit_breaker_events",
    "discovery_audit_log",
}


def fill(engine: Engine) -> None:
    """Write rows into every table of revision 0001."""
    record_call(engine, ApiCall(provider_name="polygon", endpoint="bars", request_at=AS_OF, success=True))
    record_breaker_event(engine, BreakerEvent(provider_name="polygon", event_type="OPENED", event_at=AS_OF))
    start_run(engine, make_run())
    replace_detector_performance(engine, RUN_ID, detector_rows(2))


def counts(engine: Engine) -> dict[str, int]:
    """Return the number of rows of each of our tables that exists."""
    with reading(engine) as connection:
        there = set(inspect(connection).get_table_names(schema=schema_of(connection)))
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.tables.values()
            if table.name in there
        }
