"""Which server holds limits and breakers, from the settings alone."""

from pathlib import Path

import pytest

from amc_assets.pipeline.road_state import open_state, redis_prefix
from amc_assets.providers.road.memory_state import MemoryState
from amc_assets.providers.road.mirrored_state import MirroredState
from amc_assets.providers.road.sqlite_state import SqliteState
from amc_assets.settings import load_settings

REDIS = {"REDIS_URL": "redis://u:s3cret@cache.example:6380/3"}  # pragma: allowlist secret
POSTGRES = {"DATABASE_URL": "postgresql://u:s3cret@db.example/amc"}  # pragma: allowlist secret


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, None),
        ({"DATABASE_URL": "sqlite:///amc.db"}, None),
        (REDIS, "Redis at cache.example:6380/3"),
        (POSTGRES, "PostgreSQL at db.example/amc"),
        ({**REDIS, **POSTGRES}, "Redis at cache.example:6380/3"),
    ],
    ids=["nothing", "sqlite", "redis", "postgres", "both"],
)
def test_redis_before_postgres_before_the_file(tmp_path: Path, given: dict[str, str], name: str | None) -> None:
    settings = load_settings({"AMC_HOME": str(tmp_path), "AMC_PLAN": "keyless", **given})
    state = open_state(settings)
    if name is None:
        assert isinstance(state, SqliteState)
    else:
        assert isinstance(state, MirroredState)
        assert state.status().name == name
    assert isinstance(open_state(settings, is_replay=True), MemoryState)  # never counts real calls


def test_environments_do_not_share_keys(tmp_path: Path) -> None:
    prefixes = {redis_prefix(load_settings({"AMC_ENV": name})) for name in ("production", "staging", "dev")}
    assert prefixes == {"amc:road:", "amc:staging:road:", "amc:dev:road:"}
