"""A first evening on PostgreSQL: the demo on an empty database, then `dagster dev` on the same, and what may happen."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text
from sqlalchemy.pool import NullPool

from amc_assets_tests.e2e.conftest import Server, dagster_dev, environment_of, run_amc, run_demo
from amc_assets_tests.e2e.test_dagster_dev import finished, launch, materialisations
from amc_assets_tests.postgres import END_OTHER_SESSIONS, postgres_server

__all__ = ["postgres_server"]

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Installation:
    """A copy of the project's root whose databases are one PostgreSQL; `dagster dev` runs on it."""

    folder: Path
    environment: Mapping[str, str]
    server: Server

    def amc(self, *arguments: str) -> str:
        """Run `amc` beside the running server."""
        return run_amc(self.folder, self.environment, *arguments)

    def schema(self) -> dict[str, str]:
        """Return what `amc doctor` finds of the database."""
        rows = json.loads(self.amc("doctor", "--offline", "--json"))
        return next(row for row in rows if row["name"] == "database")


@pytest.fixture(scope="module")
def installed(postgres_server: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Yield an installation after `amc demo --days 2` on an empty PostgreSQL, our tables coming first."""
    folder = tmp_path_factory.mktemp("postgres")
    url = postgres_server.render_as_string(hide_password=False)
    environment = environment_of(folder) | {"DATABASE_URL": url}
    sessions = run_demo(folder, environment)
    with dagster_dev(folder, environment, sessions) as server:
        yield Installation(folder, environment, server)


def cut(postgres_server: URL) -> None:
    """Cut every connection to the database, as a restart or a firewall does."""
    engine = create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        assert len(connection.execute(END_OTHER_SESSIONS).all()) >= 3, "no idle connections: nothing is tested"


def test_the_demo_s_history_is_on_the_server(installed: Installation) -> None:
    for asset in ("universe", "candidates"):
        found = {event["partition"] for event in materialisations(installed.server, asset)}
        assert set(installed.server.sessions) <= found
    assert installed.schema()["status"] == "ok"
    assert not list((installed.folder / "state" / "dagster").rglob("*.db"))
    assert not (installed.folder / "state" / "amc.db").exists()


def test_cut_connections_are_not_noticed(installed: Installation, postgres_server: URL) -> None:
    """The first questions after the cut are answered, and a run goes through the queue and ends well."""
    cut(postgres_server)
    assert materialisations(installed.server, "candidates")
    run_id = launch(installed.server, "discovery_refresh_job", installed.server.sessions[-1])
    assert finished(installed.server, run_id) == "SUCCESS"


def test_downgrade_and_upgrade_beside_the_running_server(installed: Installation, postgres_server: URL) -> None:
    before = materialisations(installed.server, "candidates")
    assert "base (no tables)" in installed.amc("db", "downgrade", "base")
    finding = installed.schema()
    assert (finding["status"], finding["next_step"]) == ("warning", "`amc db upgrade`")
    assert materialisations(installed.server, "candidates") == before
    installed.amc("db", "upgrade")  # what doctor advises
    assert installed.schema()["status"] == "ok"
    run_id = launch(installed.server, "discovery_refresh_job", installed.server.sessions[-1])
    assert finished(installed.server, run_id) == "SUCCESS"
    engine = create_engine(postgres_server, poolclass=NullPool)
    with engine.connect() as connection:
        assert (
            connection.execute(
                text("SELECT count(DISTINCT trade_date) FROM amc_store.discovery_audit_log")
            ).scalar_one()
            == 1
        )
