"""Fixtures every room may use: the recorded market data and where it is."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"

# how long an example takes says how busy the machine is; speed is measured by benchmarks
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of recorded market data; skip without it, fail without it in CI."""
    if SHARED_DATA.is_dir():
        return SHARED_DATA
    message = f"recorded market data is not at {SHARED_DATA}: a fresh clone does not have it"
    if os.environ.get("CI"):
        pytest.fail(f"{message}; CI must have it, a skipped oracle proves nothing")
    pytest.skip(message)
