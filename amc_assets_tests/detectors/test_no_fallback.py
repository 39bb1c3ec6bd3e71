"""No input has a fallback: taken away it is missing with its reason wherever it is shown, and its term leaves.

Every input of every strategy, the six detectors among them, for every reason there is. What the predecessor filled in
instead (domain.md A1) is listed here, and must not be what comes out.
"""

from dataclasses import replace

import numpy as np
import pytest

from amc_assets.detectors.detector import Detector
from amc_assets.detectors.registry import DETECTORS
from amc_assets.features.snapshot import Snapshot
from amc_assets.reasons import Reason
from amc_assets.strategies.calibration import load_calibration
from amc_assets.strategies.composite import Strategy, score_strategy
from amc_assets.strategies.explain import explain_many
from amc_assets.strategies.registry import STRATEGIES
from amc_assets_tests.detectors import oracle
from amc_assets_tests.strategies.snapshots import feature_of, universe

COUNT = 24
SNAPSHOT = universe(COUNT, 9, missing_frac=0.0).replacing(feature_of("bars_observed", np.full(COUNT, 300.0)))
LOSERS = np.arange(COUNT) % 2 == 0
CALIBRATIONS = {name: load_calibration(name) for name in STRATEGIES}
REASONS = [reason for reason in Reason if reason is not Reason.PRESENT]
UNIFIED = "unified_detectors"
# Inputs that a strategy derives itself, and what it derives them from.
DERIVED = {
    "ema9_over_ema20_first_price_frac": ("ema9_first_price_usd", "ema20_first_price_usd"),
    "change_1d_atrs": ("change_1d_frac", "atr14_frac"),
}
# What stood in for a value nobody had.
DEFAULTS = {
    "float_shares": (50e6,), "short_interest_float_frac": (0.0, 0.25), "borrow_fee_frac": (0.0, 0.5),
    "utilization_frac": (0.0,), "call_put_volume_ratio": (1.0,), "iv_percentile_frac": (0.5, 0.05),
    "has_news_catalyst": (0.0,), "social_rank_frac": (0.0, 0.2), "rsi14_cutler": (50.0,), "rsi14": (50.0,),
    "volume_spike_max": (1.5, 0.0), "relvol_30": (0.0, 1.5), "close_usd": (1.0,), "vwap_ratio": (0.0,),
    "days_to_cover": (0.0,), "borrow_stress": (0.0,), "news_direction": (0.0,), "news_attention_z": (0.0,),
    "call_put_volume_log_z": (0.0,), "option_volume_z": (0.0,), "event_proximity": (0.0,),
    "short_loss_float_frac": (0.0,),
}  # fmt: skip


def sources_of(feature: str) -> tuple[str, ...]:
    return DERIVED.get(feature, (feature,))


INPUTS = [
    (name, source)
    for name, strategy in STRATEGIES.items()
    for source in sorted({s for d in strategy.declarations for t in d.inputs for s in sources_of(t.feature)})
]


def gone(feature: str, reason: Reason) -> Snapshot:
    return SNAPSHOT.replacing(SNAPSHOT.feature(feature).without(LOSERS, reason))


def explained(strategy: Strategy, snapshot: Snapshot, rows=LOSERS) -> list[dict]:
    result = score_strategy(snapshot, strategy, CALIBRATIONS[strategy.name])
    return explain_many(result, snapshot, snapshot.symbols[rows].tolist())


def invented(strategy: Strategy, feature: str, reason: Reason) -> list[str]:
    """Return where an explanation of a name that lost ``feature`` shows something else than the reason."""
    found, shown = [], 0
    for name in explained(strategy, gone(feature, reason)):
        for detector, declaration in zip(name["detectors"], strategy.declarations, strict=True):
            for component, declared in zip(detector["components"], declaration.components, strict=True):
                parts = component.get("terms", [component])
                for part, term in zip(parts, declared.terms, strict=True):
                    if feature not in sources_of(term.feature):
                        continue
                    shown += 1
                    told = [part[key] for key in ("value", "score", "source", "known_at", "provenance", "reason")]
                    # a component of one term names the source it would have come from only where it has a value
                    told[2] = None if part is component and told[0] is None else told[2]
                    if told != [None, None, None, None, None, str(reason)]:
                        found.append(f"{name['symbol']} {detector['name']}.{declared.name}: {told}")
    assert shown, feature
    return found


@pytest.mark.parametrize(("name", "feature"), INPUTS)
def test_an_absent_input_is_missing_with_its_reason(name, feature):
    for reason in REASONS:
        assert invented(STRATEGIES[name], feature, reason) == [], reason


def ranks(values: np.ndarray) -> np.ndarray:
    there = values[np.isfinite(values)]
    places = ((there < values[:, None]).sum(axis=1) + (there == values[:, None]).sum(axis=1) / 2) / len(there)
    return np.where(np.isfinite(values), places, np.nan)


def names_of(snapshot: Snapshot) -> list[oracle.Name]:
    columns = {n: f.values for n, f in snapshot.features.items()}
    columns["call_gamma_pressure_rank"] = ranks(columns["call_gamma_pressure"])
    return [{n: float(v[i]) for n, v in columns.items() if np.isfinite(v[i])} for i in range(COUNT)]


def score_gaps(detector: Detector, feature: str) -> float:
    """Return the largest distance of a detector's scores from those of the slow scorer that never had the input."""
    snapshot = gone(feature, Reason.PROVIDER_UNAVAILABLE)
    result = detector.score(snapshot, CALIBRATIONS[UNIFIED].detectors[detector.declaration.name])
    wanted = [oracle.detector_score(detector.declaration.name, name) for name in names_of(snapshot)]
    return float(np.abs(result.score - np.array([np.nan if w is None else w for w in wanted])).max())


PAIRS = [(d, t.feature) for d, detector in DETECTORS.items() for t in detector.declaration.inputs]


@pytest.mark.parametrize(("detector", "feature"), PAIRS)
def test_the_score_is_that_of_the_other_inputs(detector, feature):
    assert score_gaps(DETECTORS[detector], feature) < 1e-12
    parameters = CALIBRATIONS[UNIFIED].detectors[detector]
    snapshot = gone(feature, Reason.PROVIDER_UNAVAILABLE)
    before, after = (DETECTORS[detector].score(s, parameters).confidence for s in (SNAPSHOT, snapshot))
    assert (after[LOSERS] < before[LOSERS]).all()
    assert (after[~LOSERS] == before[~LOSERS]).all()


OTHERS = [(name, feature) for name, feature in INPUTS if name != UNIFIED]


@pytest.mark.parametrize(("name", "feature"), OTHERS)
def test_the_other_components_of_a_subscore_are_averaged_as_they_were(name, feature):
    """Components of these strategies have one term each: without it the weights of the others are shared anew."""
    strategy = STRATEGIES[name]
    before, after = explained(strategy, SNAPSHOT), explained(strategy, gone(feature, Reason.STALE))
    for had, has in zip(before, after, strict=True):
        for old, new, declaration in zip(had["detectors"], has["detectors"], strategy.declarations, strict=True):
            lost = {c.name for c in declaration.components if feature in sources_of(c.terms[0].feature)}
            kept = [c for c in old["components"] if c["name"] not in lost]
            weight = sum(c["weight"] for c in kept)
            wanted = sum(c["weight"] * c["score"] for c in kept) / weight if kept else None
            assert new["score"] == (None if wanted is None else pytest.approx(wanted))


FILLED = [(name, feature, x) for name, feature in INPUTS for x in DEFAULTS.get(feature, ())]


@pytest.mark.parametrize(("name", "feature", "default"), FILLED)
def test_missing_is_not_what_used_to_be_filled_in(name, feature, default):
    def scores(snapshot: Snapshot) -> np.ndarray:
        result = score_strategy(snapshot, STRATEGIES[name], CALIBRATIONS[name])
        return np.array([d.score[LOSERS] for d in result.detectors])

    values = np.where(LOSERS, default, SNAPSHOT.feature(feature).values)
    missing, filled = scores(gone(feature, Reason.NOT_FETCHED)), scores(SNAPSHOT.replacing(feature_of(feature, values)))
    differs = (np.abs(missing - filled) > 1e-9) | (np.isnan(missing) != np.isnan(filled))
    assert differs.any(axis=0).sum() >= 3  # a subscore whose other inputs score 0 is 0 either way


GATES = [
    (name, gate.name, gate.feature)
    for name in STRATEGIES
    for gate in CALIBRATIONS[name].gates
    if gate.feature in SNAPSHOT.features
]


@pytest.mark.parametrize(("name", "gate", "feature"), GATES)
def test_a_gate_without_its_input_is_neither_passed_nor_failed(name, gate, feature):
    for reason in REASONS:
        for shown in explained(STRATEGIES[name], gone(feature, reason)):
            found = next(g for g in shown["gates"] if g["name"] == gate)
            assert (found["value"], found["passed"], found["reason"]) == (None, None, str(reason))


@pytest.mark.parametrize("reason", REASONS)
def test_an_unknown_number_of_bars_is_not_enough_bars(reason):
    for shown in explained(STRATEGIES[UNIFIED], gone("bars_observed", reason)):
        technicals = next(d for d in shown["detectors"] if d["name"] == "technicals")
        assert technicals["score"] is None
        assert {c["reason"] for c in technicals["components"]} == {str(reason)}


def test_the_guards_see_a_default_that_is_filled_in():
    """Planted fault: a detector that takes 1.0 calls per put where it has no chain."""
    honest = DETECTORS["options_flow"]

    def helpful(snapshot, parameters):
        ratio = snapshot.feature("call_put_volume_ratio")
        filled = feature_of(ratio.name, np.where(ratio.present, ratio.values, 1.0))
        return honest.score(snapshot.replacing(filled), parameters)

    planted = Detector(honest.declaration, helpful)
    others = {**DETECTORS, "options_flow": planted}
    strategy = replace(STRATEGIES[UNIFIED], detectors=tuple(others.values()))
    assert len(invented(strategy, "call_put_volume_ratio", Reason.QUOTA_SPENT)) == LOSERS.sum()
    assert score_gaps(planted, "call_put_volume_ratio") > 0.01
