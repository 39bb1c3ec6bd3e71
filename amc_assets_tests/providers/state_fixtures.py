"""The three backends of the shared state, each on a real server: import the fixtures into a test file."""

from pathlib import Path

import pytest

from amc_assets.store.engine import open_engine, upgrade
from amc_assets_tests.postgres import postgres_server, postgres_url
from amc_assets_tests.redis_server import mortal_redis, redis_server, redis_url

__all__ = [
    "backend",
    "mortal_redis",
    "postgres_server",
    "postgres_state_url",
    "postgres_url",
    "redis_server",
    "redis_url",
]

BACKENDS = ("sqlite", "postgresql", "redis")


@pytest.fixture
def postgres_state_url(postgres_url: str) -> str:
    """Return the address of a PostgreSQL database with the tables of the store."""
    engine = open_engine(postgres_url)
    upgrade(engine)
    engine.dispose()
    return postgres_url


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty shared state (``crowd.state_at``), once per backend."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path}/state.db"
    url: str = request.getfixturevalue("redis_url" if request.param == "redis" else "postgres_state_url")
    return url
