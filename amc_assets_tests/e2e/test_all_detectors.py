"""A replay of the simulated market exercises all six detectors on real inputs; nothing is guessed."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import numpy as np
import pytest

from amc_assets.defs.running import run_days
from amc_assets.detectors.registry import DETECTORS
from amc_assets.features.build import build_snapshot
from amc_assets.lake.tables import BORROW_STRESS, IV_30D, IV_PERCENTILES, NEWS, THRESHOLD_LIST, TRADE_HALTS
from amc_assets.market.calendar import end_of_day_as_of, previous_session, sessions_between
from amc_assets.pipeline.gather import gather
from amc_assets.pipeline.identity import Moment
from amc_assets.pipeline.workspace import Workspace, open_workspace
from amc_assets.reasons import Reason
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets.settings import load_settings
from amc_assets.strategies.calibration import load_calibration
from amc_assets.strategies.score import score_all

DAYS = sessions_between(date(2024, 7, 8), date(2024, 7, 10))


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Replay three sessions of a market with seventy sessions of past: technicals need fifty bars."""
    market = SimulatedMarket(symbol_count=150, first_day=date(2024, 3, 25), last_day=date(2024, 8, 30))
    settings = load_settings({"AMC_PLAN": "simulated"}, home=tmp_path_factory.mktemp("six"))
    with open_workspace(settings, market=market) as workspace:
        with dg.DagsterInstance.ephemeral() as instance:
            run_days(workspace, DAYS, instance)
        yield workspace


def test_every_detector_scores_somebody(replayed: Workspace):
    day = DAYS[-1]
    moment = Moment(day, "regular", end_of_day_as_of(day))
    snapshot = build_snapshot(gather(replayed, moment, replayed.history(day, day)))
    result = score_all(snapshot, ["unified_detectors"], "regular")["unified_detectors"]
    scored = {item.name: int(np.isfinite(item.score).sum()) for item in result.detectors}
    assert set(scored) == set(DETECTORS)
    assert all(count > 0 for count in scored.values()), scored
    assert scored["options_flow"] <= 20, "options are asked for the shortlist only"
    assert scored["catalyst_news"] > 50
    weights = [detector.weight for detector in load_calibration("unified_detectors").detectors.values()]
    assert sum(weights) == pytest.approx(1.0)


def test_volatility_grows_from_the_first_day_and_is_never_fifty_by_default(replayed: Workspace):
    rows = replayed.lake.vintages(IV_30D, DAYS[-1].isoformat())
    assert rows.num_rows >= 10
    known = [row for row in rows.to_pylist() if row["iv_30d_frac"] is not None]
    assert len(known) >= 5
    assert all(0.05 < row["iv_30d_frac"] < 5.0 for row in known)
    assert any(row["implied_borrow_frac"] is not None for row in known)
    percentiles = replayed.lake.vintages(IV_PERCENTILES, DAYS[-1].isoformat()).to_pylist()
    assert {row["iv_percentile_frac"] for row in percentiles} == {None}  # two sessions of history are not 126
    assert {row["reason"] for row in percentiles if row["iv_30d_frac"] is not None} == {str(Reason.SHORT_HISTORY)}


def test_events_reach_the_lake(replayed: Workspace):
    key = DAYS[-1].isoformat()
    assert replayed.lake.vintages(NEWS, key).num_rows > 0
    assert replayed.lake.holds(TRADE_HALTS, key)
    assert replayed.lake.holds(THRESHOLD_LIST, previous_session(DAYS[-1]).isoformat())
    stress = replayed.lake.vintages(BORROW_STRESS, key)
    assert stress.num_rows > 50
    assert stress.column("borrow_stress").null_count < stress.num_rows
