"""The server the other tests stand on: real, empty for each test, and never silently absent."""

import pytest
from sqlalchemy import inspect

from amc_assets.store.engine import open_engine, upgrade
from amc_assets.store.transactions import reading
from amc_assets_tests.postgres import unavailable


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_a_real_and_empty_server(postgres_url: str, turn: int) -> None:
    engine = open_engine(postgres_url)
    with reading(engine) as connection:
        assert "PostgreSQL" in str(connection.exec_driver_sql("SELECT version()").scalar_one())
        assert inspect(connection).get_table_names() == []
    upgrade(engine)  # left for the second turn to find, were it not empty
    engine.dispose()


def test_a_missing_server_is_a_skip_here_and_a_failure_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no PostgreSQL server for tests: no wheel"):
        unavailable("no wheel")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="CI must have one"):
        unavailable("no wheel")
