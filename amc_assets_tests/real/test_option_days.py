"""The recorded chains of fifteen names go the whole way: wire, lake, volatility, snapshot, options_flow."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from amc_assets.detectors.registry import DETECTORS
from amc_assets.features.build import build_snapshot
from amc_assets.features.snapshot import Snapshot
from amc_assets.lake.tables import IV_30D, OPTION_ACTIVITY, OPTION_CHAINS
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.pipeline.gather import gather
from amc_assets.pipeline.identity import Moment
from amc_assets.pipeline.ingest_options import derive_iv_percentiles, ingest_option_chains
from amc_assets.pipeline.listing import ingest_universe
from amc_assets.pipeline.workspace import Workspace, open_workspace
from amc_assets.reasons import CODES
from amc_assets.replay.recorded_options import RecordedOptionDays
from amc_assets.settings import load_settings
from amc_assets.strategies.calibration import load_calibration

pytestmark = pytest.mark.real_data

DAY = date(2026, 7, 10)  # collected on Sunday the 12th, quotes of Friday's close
NAMES = ["AAPL", "AMC", "BB", "CLOV", "F", "FIZZ", "FUBO", "GE", "GME", "KO", "LGND", "NOK", "PLTR", "SPCE", "TLRY"]
UNLISTED = 1  # more than this many of the names missing in the directory of early 2021 would prove nothing


@pytest.fixture(scope="module")
def workspace(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Ingest the chains of the day over HTTP, without any bar."""
    settings = load_settings({"AMC_PLAN": "free"}, home=tmp_path_factory.mktemp("options"))
    with open_workspace(settings, market=RecordedOptionDays(shared_data)) as opened:
        assert ingest_universe(opened, DAY).rows > 0
        ingest_option_chains(opened, DAY, NAMES)
        derive_iv_percentiles(opened, DAY)
        yield opened


@pytest.fixture(scope="module")
def snapshot(workspace: Workspace) -> Snapshot:
    """Freeze what was known that evening."""
    moment = Moment(DAY, "regular", end_of_day_as_of(DAY))
    return build_snapshot(gather(workspace, moment, workspace.history(DAY, DAY)))


def test_every_name_has_a_chain_or_a_reason(workspace: Workspace):
    chains = workspace.lake.vintages(OPTION_CHAINS, DAY.isoformat())
    counts = Counter(chains.column("symbol").to_pylist())
    assert len(counts) >= len(NAMES) - UNLISTED, sorted(set(NAMES) - set(counts))
    assert sum(counts.values()) > 5_000
    rows = {row["symbol"]: row for row in workspace.lake.vintages(IV_30D, DAY.isoformat()).to_pylist()}
    assert set(rows) >= set(counts)
    known = {name for name, row in rows.items() if row["iv_30d_frac"] is not None}
    assert len(known) >= len(NAMES) - 2
    assert all(0.1 < rows[name]["iv_30d_frac"] < 3.0 for name in known)
    assert rows["FIZZ"]["reason"] == "wide_market"
    assert all(json.loads(rows[name]["term"]) for name in known)


def test_activity_is_counted_for_every_chain(workspace: Workspace):
    activity = workspace.lake.vintages(OPTION_ACTIVITY, DAY.isoformat())
    assert activity.num_rows >= len(NAMES) - UNLISTED
    assert pc.min(activity.column("contracts_count")).as_py() > 0


def test_options_flow_scores_the_names_and_says_what_it_lacks(snapshot: Snapshot):
    calibration = load_calibration("unified_detectors")
    scores = DETECTORS["options_flow"].score(snapshot, calibration.detectors["options_flow"])
    rows = {str(symbol): row for row, symbol in enumerate(snapshot.symbols)}
    asked = [rows[name] for name in NAMES if name in rows]
    scored = [row for row in asked if np.isfinite(scores.score[row])]
    assert len(scored) >= len(NAMES) - 2 * UNLISTED - 1
    assert all(0.0 <= scores.score[row] <= 1.0 for row in scored)
    by_name = {component.name: component for component in scores.components}
    first_day = {str(CODES[by_name["unusual_activity"].reasons[row]]) for row in scored}
    assert first_day == {"short_history"}  # one session of chains: no own history to be unusual against
    percentile = snapshot.feature("iv_percentile_frac")
    assert not percentile.present[asked].any()  # never 50 by default
    others = [row for name, row in rows.items() if name not in NAMES]
    assert np.isnan(scores.score[others]).all()
    reasons = {str(CODES[code]) for code in snapshot.feature("call_put_volume_ratio").reasons[others]}
    assert reasons == {"not_shortlisted"}
