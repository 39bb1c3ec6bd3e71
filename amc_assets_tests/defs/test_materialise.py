"""Real runs of the real jobs on a small simulated market: what is recorded, what stops a run and what does not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from amc_assets.clock import MarketClock
from amc_assets.defs.io_manager import latest_part
from amc_assets.defs.jobs import BARS_JOB, DISCOVERY_JOB, SHORT_VOLUME_JOB
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import FEATURE_SNAPSHOT
from amc_assets.pipeline import discovery, panel
from amc_assets.pipeline.discovery import Discovery
from amc_assets.pipeline.identity import Moment
from amc_assets.providers.errors import ServerFault
from amc_assets_tests.defs.conftest import ONE_DAY, SPARE_DAY, THREE_DAYS, Shell

METADATA_LIMIT_BYTES = 2000
KEYS = [day.isoformat() for day in THREE_DAYS]
PER_DAY = [
    "universe", "share_counts", "daily_bars", "short_volume", "price_panel", "feature_snapshot", "squeeze",
    "scores/unified_detectors", "scores/legacy_v0", "candidates", "discovery_report",
]  # fmt: skip


def checks(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    """Return the evaluations of a run by ``asset:check``."""
    return {f"{e.asset_key.to_user_string()}:{e.check_name}": e for e in result.get_asset_check_evaluations()}


def innermost(result: dg.ExecuteInProcessResult) -> str:
    """Return the messages of the failed steps, causes included."""
    said = []
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error is not None:
                said.append(error.message)
                error = error.cause
    return " ".join(said)


@pytest.mark.parametrize("asset", PER_DAY)
def test_every_day_of_a_range_has_its_own_record(shell: Shell, asset: str) -> None:
    """One run of three days leaves three materialisations per asset, small enough for the event log."""
    for key in [ONE_DAY.isoformat(), *KEYS]:
        shown = shell.metadata(asset, key)
        shown.pop("plot", None)
        assert shown
        assert sum(len(str(value)) + len(name) for name, value in shown.items()) < METADATA_LIMIT_BYTES


def test_numbers_are_numbers(shell: Shell) -> None:
    """Only numbers are charted over partitions by the UI; a count of rows is never text."""
    for asset in ("universe", "daily_bars", "short_volume", "price_panel", "scores/unified_detectors"):
        rows = shell.metadata(asset, KEYS[-1])["dagster/partition_row_count"]
        assert isinstance(rows, int)
        assert rows > 50
    snapshot = shell.metadata("feature_snapshot", KEYS[-1])
    assert snapshot["age_hours_daily_bars"] == 2.5  # known at 16:15, asked at 18:45
    found = shell.metadata("candidates", KEYS[-1])
    assert isinstance(found["candidates_found"], int)
    assert found["candidates_found"] == found["candidates_unified_detectors"]


def test_candidates_show_the_funnel_the_list_and_one_plot(shell: Shell) -> None:
    """Where looking beats reading there is a picture, on the last day of a run only: it lives in the event row."""
    last = shell.metadata("candidates", KEYS[-1])
    assert "| watchlist_score |" in str(last["funnel"])
    assert str(last["top_candidates"]).startswith("| rank | symbol |")
    assert str(last["plot"]).startswith("![scores](data:image/png;base64,")
    assert len(str(last["plot"])) < 200_000
    assert last["as_of"] == pytest.approx(1716245100.0)  # 2024-05-20 18:45 New York
    for key in KEYS[:-1]:
        assert "plot" not in shell.metadata("candidates", key)
    assert "plot" in shell.metadata("candidates", ONE_DAY.isoformat())


def test_a_range_writes_one_page_and_says_so(shell: Shell) -> None:
    """The days without a page name the day that has one."""
    assert str(shell.metadata("discovery_report", KEYS[-1])["page"]).endswith(f"discovery-{KEYS[-1]}.html")
    assert f"wrote the page of {KEYS[-1]}" in str(shell.metadata("discovery_report", KEYS[0])["page"])


@pytest.fixture
def bars_run(shell: Shell) -> Callable[[], dg.ExecuteInProcessResult]:
    """Return a function that runs the discovery job for a day no other test reads."""
    return lambda: shell.run(SPARE_DAY.isoformat())


def test_impossible_rows_stop_the_run(
    shell: Shell, bars_run: Callable[[], dg.ExecuteInProcessResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bars with a negative volume on disk: the check fails, the run fails, no candidate comes of it."""
    read = Lake.vintages

    def spoilt(self: Lake, schema: Any, partition: str) -> pa.Table:
        table = read(self, schema, partition)
        if schema.name != "daily_bars" or partition != SPARE_DAY.isoformat() or not table.num_rows:
            return table
        volume = table.column("volume_shares").to_numpy(zero_copy_only=False).copy()
        volume[0] = -1.0
        return table.set_column(table.column_names.index("volume_shares"), "volume_shares", pa.array(volume))

    monkeypatch.setattr(Lake, "vintages", spoilt)
    result = bars_run()
    assert not result.success
    failed = checks(result)["daily_bars:stored_rows_are_sound"]
    assert (failed.passed, failed.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "1 rows where the volume is negative" in str(failed.metadata["problems"].value)
    written = {event.step_key for event in result.all_events if event.is_step_materialization}
    assert "discovery" not in written
    assert "price_panel" not in written


def test_an_absent_provider_warns_and_the_run_goes_on(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """FINRA down: no rows is never a pass, and never the end of the run; the reason stands in metadata and check."""
    from amc_assets.providers.finra.client import Finra

    def down(self: Finra, day: date) -> None:
        raise ServerFault("finra", "short_volume", f"GET {day}: switched off by a test", "wait")

    monkeypatch.setattr(Finra, "short_volume", down)
    result = shell.run("2024-05-28", job=SHORT_VOLUME_JOB)
    assert result.success
    found = checks(result)["short_volume:stored_rows_are_sound"]
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    shown = shell.metadata("short_volume", "2024-05-28")
    assert shown["dagster/partition_row_count"] == 0
    assert shown["absent_reason"] == found.metadata["reasons"].value
    assert "switched off by a test" in str(shown["absent_detail"])


def test_a_wrong_indicator_stops_the_run(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """An RSI that is off by one part in a million is caught by TA-Lib's recomputation, and named."""
    honest = panel.price_features

    def wrong(prices: Any) -> Any:
        features = honest(prices)
        values = {**features.values, "rsi14": np.asarray(features.values["rsi14"]) * 1.000001}
        return replace(features, values=values)

    monkeypatch.setattr(panel, "price_features", wrong)
    result = shell.run(SPARE_DAY.isoformat())
    assert not result.success
    judged = checks(result)["price_panel:talib_agrees"]
    assert (judged.passed, judged.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "rsi14" in str(judged.metadata["first"].value)
    assert "discovery" not in {event.step_key for event in result.all_events if event.is_step_materialization}


def test_a_value_from_the_future_stops_the_run(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """One value of the stored snapshot known a second after the as_of fails the blocking check."""
    read = Lake.read_part

    def late(self: Lake, schema: Any, partition: str, part: str) -> pa.Table | None:
        table = read(self, schema, partition, part)
        if table is None or schema.name != FEATURE_SNAPSHOT.name:
            return table
        known = table.column("known_at").to_pylist()
        known[known.index(max(at for at in known if at))] = table.column("as_of")[0].as_py() + timedelta(seconds=1)
        column = table.column_names.index("known_at")
        return table.set_column(column, "known_at", pa.array(known, table.schema.field("known_at").type))

    monkeypatch.setattr(Lake, "read_part", late)
    result = shell.run(SPARE_DAY.isoformat())
    assert not result.success
    found = checks(result)["feature_snapshot:nothing_from_the_future"]
    assert not found.passed
    assert found.metadata["values_from_the_future"].value == 1
    assert "discovery_report" not in {event.step_key for event in result.all_events if event.is_step_materialization}


def test_one_bad_day_does_not_stop_the_others(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two days the second fails: the run succeeds, the first day is stored, a warning names the second."""
    honest = discovery.gather

    def gather(workspace: Any, moment: Moment, history: Any) -> Any:
        if moment.trade_date == date(2024, 5, 23):
            raise ArithmeticError("a planted fault")
        return honest(workspace, moment, history)

    monkeypatch.setattr(discovery, "gather", gather)
    result = shell.run("2024-05-22", "2024-05-23")
    assert result.success, innermost(result)
    found = checks(result)["candidates:every_day_was_scored"]
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "2024-05-23: ArithmeticError: a planted fault" in str(found.metadata["failed"].value)
    assert shell.metadata("candidates", "2024-05-22")["status"] in {"succeeded", "empty"}
    assert shell.metadata("candidates", "2024-05-23")["status"] == "failed"
    assert str(shell.metadata("discovery_report", "2024-05-22")["page"]).endswith("discovery-2024-05-22.html")


def test_when_every_day_fails_the_run_fails(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run with nothing to show is red, with the day's own reason."""

    def gather(workspace: Any, moment: Moment, history: Any) -> Discovery:
        raise ArithmeticError("a planted fault")

    monkeypatch.setattr(discovery, "gather", gather)
    result = shell.run(SPARE_DAY.isoformat())
    assert not result.success
    assert "every day of the run failed" in innermost(result)
    assert "a planted fault" in innermost(result)


def test_a_key_that_is_no_session_is_refused(shell: Shell) -> None:
    """Dagster would silently take the next session for a Saturday; nothing may be stored under such a key."""
    with pytest.raises(dg.DagsterUnknownPartitionError):
        shell.definitions.resolve_job_def(BARS_JOB).execute_in_process(
            instance=shell.instance, partition_key="2024-05-18"
        )
    assert not shell.workspace.lake.parts(_schema("daily_bars"), "2024-05-18")


def test_a_session_that_has_not_opened_is_refused_by_every_step(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the evening before, Dagster can offer the key already; the run fails and says when it opens."""
    monkeypatch.setattr(shell.workspace, "clock", MarketClock(datetime(2024, 6, 3, 20, tzinfo=UTC)))
    for job in (DISCOVERY_JOB, BARS_JOB, SHORT_VOLUME_JOB):
        result = shell.run("2024-06-04", job=job)
        assert not result.success
        assert "session 2024-06-04 has not opened: premarket begins 2024-06-04T08:00:00+00:00" in innermost(result)
    assert shell.workspace.lake.absence(_schema("daily_bars"), "2024-06-04") is None


def test_a_notebook_gets_a_frame(shell: Shell) -> None:
    """An asset that asks for `candidates`, a detector or bars gets a DataFrame of its own rows of that day."""
    seen: dict[str, pd.DataFrame] = {}

    @dg.asset(
        partitions_def=shell.definitions.resolve_asset_graph().get(dg.AssetKey("candidates")).partitions_def,
        ins={"lists": dg.AssetIn("candidates"), "bars": dg.AssetIn("daily_bars"), "one": dg.AssetIn("squeeze")},
    )
    def notebook(lists: pd.DataFrame, bars: pd.DataFrame, one: pd.DataFrame) -> None:
        seen.update(lists=lists, bars=bars, one=one)

    definitions = dg.Definitions.merge(shell.definitions, dg.Definitions(assets=[notebook]))
    job = definitions.resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(
        instance=shell.instance, partition_key=KEYS[-1], asset_selection=[dg.AssetKey("notebook")]
    )
    assert result.success
    assert len(seen["bars"]) == shell.metadata("daily_bars", KEYS[-1])["dagster/partition_row_count"]
    assert set(seen["one"]["detector"].astype(str)) == {"squeeze"}
    assert seen["one"]["symbol"].is_unique
    assert {"symbol", "strategy", "explanation"} <= set(seen["lists"].columns)


def test_the_latest_run_is_the_one_with_the_latest_as_of() -> None:
    """'regular' sorts after 'afterhours' in the alphabet, not in time; among equals the last written counts."""
    regular, late = "regular-20240520T200000Z-aa", "afterhours-20240520T203000Z-bb"
    assert latest_part([late, regular]) == late
    assert latest_part([regular, "regular-20240520T200000Z-cc"]) == "regular-20240520T200000Z-cc"
    assert latest_part(["rebuild"]) == "rebuild"
    assert latest_part([]) is None


def _schema(name: str) -> Any:
    from amc_assets.lake.tables import TABLES

    return TABLES[name]
