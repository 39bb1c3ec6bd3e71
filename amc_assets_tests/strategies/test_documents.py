"""docs/detectors.md and docs/strategies.md: generated tables are those of the code, the worked name is reproduced."""

import re
from pathlib import Path

import pytest

from amc_assets.detectors.registry import DETECTORS
from amc_assets.detectors.tables import components_table, overview_table, reasons_table
from amc_assets.strategies.calibration import load_calibration
from amc_assets.strategies.explain import explain
from amc_assets.strategies.registry import STRATEGIES
from amc_assets.strategies.result import Action
from amc_assets.strategies.score import score_all
from amc_assets.strategies.tables import gates_table, paths_table, risk_table, rules_table, strategies_table
from amc_assets_tests.strategies.snapshots import rows

DOCS = Path(__file__).resolve().parents[2] / "docs"
CALIBRATIONS = {name: load_calibration(name) for name in STRATEGIES}
UNIFIED = [detector.declaration for detector in DETECTORS.values()]


def components(name: str) -> str:
    return components_table(STRATEGIES[name].declarations, CALIBRATIONS[name].detectors)


TABLES = {
    ("detectors.md", "detectors"): overview_table(UNIFIED, CALIBRATIONS["unified_detectors"].detectors),
    ("detectors.md", "components"): components("unified_detectors"),
    ("detectors.md", "reasons"): reasons_table(),
    ("strategies.md", "strategies"): strategies_table(STRATEGIES),
    ("strategies.md", "rules"): rules_table(CALIBRATIONS),
    ("strategies.md", "unified_detectors gates"): gates_table(CALIBRATIONS["unified_detectors"]),
    ("strategies.md", "hybrid_v1 components"): components("hybrid_v1"),
    ("strategies.md", "hybrid_v1 gates"): gates_table(CALIBRATIONS["hybrid_v1"]),
    ("strategies.md", "hybrid_v1 paths"): paths_table(CALIBRATIONS["hybrid_v1"]),
    ("strategies.md", "legacy_v0 components"): components("legacy_v0"),
    ("strategies.md", "legacy_v0 gates"): gates_table(CALIBRATIONS["legacy_v0"]),
    ("strategies.md", "legacy_v0 paths"): paths_table(CALIBRATIONS["legacy_v0"]),
    ("strategies.md", "legacy_v0 risk"): risk_table(CALIBRATIONS["legacy_v0"]),
    ("strategies.md", "fuel_ignition components"): components("fuel_ignition"),
    ("strategies.md", "fuel_ignition gates"): gates_table(CALIBRATIONS["fuel_ignition"]),
}


def text(document: str) -> str:
    return (DOCS / document).read_text(encoding="utf-8")


@pytest.mark.parametrize(("document", "table"), list(TABLES))
def test_table_is_the_one_of_the_code(document, table):
    found = re.search(f"<!-- {table} table: begin -->\n(.*?)\n<!-- {table} table: end -->", text(document), re.DOTALL)
    assert found, f"docs/{document} lacks the markers of the {table} table"
    assert found.group(1).strip() == TABLES[document, table], (
        f"put this between the markers:\n{TABLES[document, table]}"
    )


def test_every_marker_has_a_table():
    found = {(d, m) for d in ("detectors.md", "strategies.md") for m in re.findall(r"<!-- (.+?) table: begin", text(d))}
    assert found == set(TABLES)


def test_every_action_is_named():
    assert [a for a in Action if f"`{a}`" not in text("strategies.md")] == []


# The name that docs/strategies.md walks through, and the two others of its run.
WORKED = {
    "is_common_or_adr": 1, "has_bar": 1, "market_data_age_minutes": 0, "bars_observed": 300, "close_usd": 4.94,
    "dollar_volume_usd": 12e6, "relvol_30": 3.5, "volume_trend": 1.25, "vwap_ratio": 1.01, "up_days": 2,
    "change_5d_frac": 0.025, "atr14_frac": 0.04, "rsi14": 65, "ema9_over_ema20_frac": 0.03, "breakout_frac": 0.015,
    "float_shares": 25e6, "float_outstanding_frac": 0.55, "short_interest_shares": 5e6,
    "short_interest_float_frac": 0.2, "days_to_cover": 7.5, "short_volume_ratio_z": 1.5,
}  # fmt: skip
RUN = {"WRKD": WORKED, "OTHA": {"vwap_ratio": 1.0}, "OTHB": {"vwap_ratio": 0.98}}


def test_the_worked_name():
    snapshot = rows(RUN)
    result = score_all(snapshot, ["unified_detectors"], "regular")["unified_detectors"]
    name = explain(result, snapshot, "WRKD")
    scores = {d["name"]: d["score"] for d in name["detectors"]}
    sure = {d["name"]: d["confidence"] for d in name["detectors"]}
    # .4 * .9 + .3 * .8 + .2 * .55 + .1 * .55
    assert scores["volume_momentum"] == pytest.approx(0.765)
    # (.3 * .85 + .4 * 2.35/3 + .1 * .75) / .8
    assert scores["squeeze"] == pytest.approx((0.255 + 0.4 * 2.35 / 3 + 0.075) / 0.8)
    # .4 * .8 + .3 * 1 + .2 * .8 + .1 * .8
    assert scores["technicals"] == pytest.approx(0.86)
    # .4 * 3.5/20.9 + .3 * 1 + .2 * .608 + .1 * .8
    assert scores["vigl_pattern"] == pytest.approx(0.4 * 3.5 / 20.9 + 0.5016)
    composite = (0.3325 * 0.765 + 0.2375 * scores["squeeze"] + 0.095 * 0.86 + 0.05 * scores["vigl_pattern"]) / 0.715
    coverage = 0.3325 * 0.98 + 0.2375 * 0.663 + 0.095 * 0.98 + 0.05 * 0.965
    assert sure["squeeze"] == pytest.approx(0.663)
    assert name["score"] == pytest.approx(composite)
    assert name["confidence"] == pytest.approx(coverage * 0.85)
    assert result.median_score == pytest.approx(0.55)
    assert name["ranking_score"] == pytest.approx(composite * coverage * 0.85 + (1 - coverage * 0.85) * 0.55)
    assert (name["action"], name["failed_gates"]) == ("trade_ready", [])
    for number in (*scores.values(), name["score"], name["confidence"], name["ranking_score"], coverage):
        if number is not None:
            assert f"{number:.4f}" in text("strategies.md"), number
