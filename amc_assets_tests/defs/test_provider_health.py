"""The asset ``provider_health``: materialised for real; numbers are numbers, checks warn and never block."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from amc_assets.clock import FixedClock
from amc_assets.definitions import build_definitions
from amc_assets.defs.jobs import DISCOVERY_JOB, PROVIDER_HEALTH_JOB
from amc_assets.defs.resources import HeldWorkspace
from amc_assets.pipeline.workspace import Workspace, open_workspace
from amc_assets.settings import KNOWN_PROVIDERS, load_settings
from amc_assets.store.calls import ApiCall, record_calls
from amc_assets_tests.defs.conftest import small_market

NOW = datetime(2024, 5, 16, 17, tzinfo=UTC)
METADATA_LIMIT_BYTES = 6_000


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """Yield an empty workspace whose clock stands at NOW."""
    settings = load_settings({"AMC_PLAN": "simulated"}, home=tmp_path)
    with open_workspace(settings, FixedClock(NOW), market=small_market()) as opened:
        yield opened


def calls(count: int, *, good: bool) -> list[ApiCall]:
    """Return calls to FINRA of the last minutes."""
    return [
        ApiCall(
            provider_name="finra",
            endpoint="x",
            request_at=NOW - timedelta(minutes=2),
            success=good,
            response_time_ms=100 + number,
            status_code=200 if good else 500,
            error_message=None if good else "planted | with a <b>bar</b>",
        )
        for number in range(count)
    ]


def run(workspace: Workspace) -> dg.ExecuteInProcessResult:
    """Run the job of the asset."""
    resources = {"workspace": HeldWorkspace(workspace)}
    definitions = build_definitions(workspace.settings, today=NOW.date(), resources=resources)
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return definitions.resolve_job_def(PROVIDER_HEALTH_JOB).execute_in_process(run_config=quiet)


def shown(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """Return the metadata of the materialisation as plain values."""
    (event,) = result.asset_materializations_for_node("provider_health")
    return {name: value.value for name, value in event.metadata.items()}


def checks(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    """Return the evaluations by name."""
    return {item.check_name: item for item in result.get_asset_check_evaluations()}


def test_every_provider_is_in_the_table_and_numbers_are_numbers(workspace: Workspace) -> None:
    record_calls(workspace.engine, calls(10, good=True))
    found = shown(run(workspace))
    assert all(f"| {name} |" in found["providers"] for name in KNOWN_PROVIDERS)
    assert (found["finra_success_24h_pct"], found["finra_p95_24h_ms"], found["calls_24h"]) == (100.0, 109.0, 10)
    assert isinstance(found["providers_down"], int)
    assert "| daily_bars | never |" in found["tables"]
    assert sum(len(str(value)) + len(name) for name, value in found.items()) < METADATA_LIMIT_BYTES


def test_sick_provider_warns_and_does_not_fail_the_run(workspace: Workspace) -> None:
    record_calls(workspace.engine, calls(5, good=False))
    result = run(workspace)
    assert result.success
    verdict = checks(result)["providers_answer"]
    assert (verdict.passed, verdict.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert str(verdict.metadata["which"].value) == "finra is down: all 5 calls of 15 minutes failed"
    assert shown(result)["providers_down"] == 1


def test_well_provider_passes(workspace: Workspace) -> None:
    record_calls(workspace.engine, calls(5, good=True))
    assert checks(run(workspace))["providers_answer"].passed


def test_table_that_lacks_a_due_date_warns(workspace: Workspace) -> None:
    verdict = checks(run(workspace))["inputs_are_fresh"]
    assert (verdict.passed, verdict.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "daily_bars is at None, 2024-05-15 is due" in str(verdict.metadata["which"].value)


def test_fresh_tables_pass(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amc_assets.pipeline.provider_health.table_ages", lambda *_: [])
    assert checks(run(workspace))["inputs_are_fresh"].passed


def test_it_has_a_job_of_its_own(workspace: Workspace) -> None:
    """It has no partition: a backfill of discovery days must not drag it along."""
    definitions = build_definitions(workspace.settings, today=NOW.date())
    discovery = definitions.resolve_job_def(DISCOVERY_JOB).asset_layer.executable_asset_keys
    health = definitions.resolve_job_def(PROVIDER_HEALTH_JOB).asset_layer.executable_asset_keys
    assert dg.AssetKey("provider_health") not in discovery
    assert set(health) == {dg.AssetKey("provider_health")}
