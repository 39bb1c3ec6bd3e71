"""What the strategies really hand out is what the page reads: every strategy's screen of a small market renders."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from amc_assets.features.snapshot import Feature, Provenance, Snapshot
from amc_assets.report.facts import facts_of_snapshot, missing_counts
from amc_assets.report.page import render
from amc_assets.strategies.explain import explain_many, head, ranked
from amc_assets.strategies.score import score_all

STRATEGIES = ("unified_detectors", "hybrid_v1", "legacy_v0")
AS_OF = datetime(2021, 1, 26, 23, 45, tzinfo=UTC)
# GME as it was on 2021-01-26 in round numbers, a quiet large company, and a name of which only the close is known.
VALUES = {
    "close_usd": [147.98, 50.0, 3.0], "relvol_30": [4.6, 0.9, np.nan], "volume_trend": [2.1, 1.0, np.nan],
    "vwap_ratio": [1.03, 1.0, np.nan], "up_days": [4.0, 0.0, np.nan], "change_1d_frac": [0.93, 0.0, np.nan],
    "change_5d_frac": [2.8, 0.01, np.nan], "atr14_frac": [0.12, 0.02, np.nan], "rsi14": [65.0, 50.0, np.nan],
    "ema9_over_ema20_frac": [0.3, 0.0, np.nan], "breakout_frac": [0.3, -0.1, np.nan],
    "dollar_volume_usd": [2.6e10, 1e8, np.nan], "short_interest_float_frac": [1.4, 0.02, np.nan],
    "short_interest_shares": [62e6, 20e6, np.nan], "days_to_cover": [2.7, 1.5, np.nan],
    "short_volume_ratio_z": [1.3, 0.0, np.nan], "float_shares": [46e6, 9e8, np.nan],
    "float_outstanding_frac": [0.67, 0.95, np.nan], "is_common_or_adr": [1.0, 1.0, 1.0],
    "has_bar": [1.0, 1.0, 1.0], "market_data_age_minutes": [0.0, 0.0, 0.0], "volume_spike_max": [4.6, 0.9, np.nan],
    "rsi14_cutler": [65.0, 50.0, np.nan], "atr14_sma_frac": [0.12, 0.02, np.nan],
    "vwap_reclaim_20d": [1.0, 0.0, np.nan],
}  # fmt: skip


@pytest.fixture
def snapshot() -> Snapshot:
    def feature(name: str, numbers: list[float]) -> Feature:
        values = np.array(numbers)
        there = np.isfinite(values)
        return Feature(
            name=name,
            unit="",
            source="polygon.daily_bars",
            values=values,
            known_at=np.where(there, np.datetime64("2021-01-26T21:15", "us"), np.datetime64("NaT", "us")),
            provenance=np.where(there, Provenance.OBSERVED, Provenance.MISSING).astype(np.uint8),
            reasons=np.where(there, 0, 2).astype(np.uint8),
            source_confidence=np.where(there, 0.95, 0.0),
            freshness=there.astype(np.float64),
        )

    return Snapshot(
        trade_date=date(2021, 1, 26),
        session="regular",
        as_of=AS_OF,
        is_simulated=False,
        symbols=np.array(["GME", "QUIET", "UNKN"]),
        features={name: feature(name, numbers) for name, numbers in VALUES.items()},
        inputs=(),
        universe_count=3,
    )


def test_every_strategy_renders_as_the_served_one(snapshot, report_with):
    results = score_all(snapshot, STRATEGIES, "regular")
    screens = tuple(
        {
            "trade_date": "2021-01-26",
            "session": "regular",
            "as_of": "2021-01-26T23:45:00Z",
            "discovery_run_id": "run",
            "snapshot_hash": snapshot.content_hash,
            "is_simulated": False,
            "universe_count": 3,
            "inputs": [],
            "candidates": explain_many(result, snapshot, ["GME"]),
            "ranked": ranked(result),
            "reason": None,
            **head(result),
        }
        for result in results.values()
    )
    facts = facts_of_snapshot(snapshot, ["GME"])
    for strategy in STRATEGIES:
        data = report_with(screens=screens, served_strategy=strategy, facts=facts, missing=missing_counts(snapshot))
        html = render(data)
        assert "$147.98" in html
        assert f"{strategy} (served)" in html
        for gate in results[strategy].gates:
            assert f"<bdi>{gate.gate.name}</bdi>" in html
    assert "short_interest_float_frac" in render(report_with(screens=screens, served_strategy="unified_detectors"))
