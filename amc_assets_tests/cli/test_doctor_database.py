"""What `amc doctor` and `amc db current` say of a database, and that the step they advise works."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from amc_assets.store import engine as store
from amc_assets.store.schema import VERSION_TABLE
from amc_assets.store.transactions import writing
from amc_assets_tests.cli.conftest import amc
from amc_assets_tests.postgres import postgres_server, postgres_url
from amc_assets_tests.store.old_place import old_engine, old_upgrade
from amc_assets_tests.store.rows import fill

__all__ = ["postgres_server", "postgres_url"]

UPGRADE = "`amc db upgrade`"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of an empty database that the environment names."""
    found = f"sqlite:///{tmp_path}/amc.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    monkeypatch.setenv("DATABASE_URL", found)
    monkeypatch.setenv("AMC_HOME", str(tmp_path))
    return str(found)


def finding() -> dict[str, str]:
    """Return what doctor says of the database."""
    rows = json.loads(amc("doctor", "--offline", "--json").out)
    return next(row for row in rows if row["name"] == "database")


def after_the_advice(step: str) -> dict[str, str]:
    """Do what doctor advised and return what it says then."""
    assert step.startswith(UPGRADE)
    assert amc("db", "upgrade").code == 0
    return finding()


def test_a_fresh_database(url: str) -> None:
    found = finding()
    assert (found["status"], found["found"]) == ("warning", f"schema none, newest {store.head()}")
    assert after_the_advice(found["next_step"])["status"] == "ok"


def test_a_database_that_dagster_has_taken_first(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its revision was taken for ours, and the advice failed on it."""
    from dagster_postgres.storage import DagsterPostgresStorage

    monkeypatch.setenv("DATABASE_URL", postgres_url)
    DagsterPostgresStorage(postgres_url)
    found = finding()
    assert found["found"] == f"schema none, newest {store.head()}"
    assert after_the_advice(found["next_step"])["status"] == "ok"


def test_a_database_of_an_older_version(url: str) -> None:
    engine = old_engine(url)
    old_upgrade(engine)
    fill(engine)
    engine.dispose()
    found = finding()
    assert (found["status"], found["found"][:12]) == ("warning", "schema 0003,")
    assert "older versions shared with Dagster" in found["found"]
    assert "moves it with its rows" in amc("db", "current").out
    assert amc("db", "current", "--json").json == {"current": None, "head": store.head()}
    assert after_the_advice(found["next_step"])["found"] == f"schema {store.head()}"


def test_a_database_of_a_newer_version_is_not_sent_to_upgrade(url: str) -> None:
    assert amc("db", "upgrade").code == 0
    engine = store.open_engine(url)
    with writing(engine) as connection:
        store_schema = "" if url.startswith("sqlite") else "amc_store."
        connection.execute(text(f"UPDATE {store_schema}{VERSION_TABLE} SET version_num = '9999'"))  # noqa: S608
    engine.dispose()
    found = finding()
    assert (found["status"], found["found"][:11]) == ("problem", "schema 9999")
    assert "install the amc_assets that wrote it" in found["next_step"]
