"""What holds for every name: range, direction, order of symbols, the slow scorer agrees, missing is not zero."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.detectors.registry import DETECTORS
from amc_assets.features.snapshot import Snapshot
from amc_assets.reasons import Reason
from amc_assets.strategies.calibration import load_calibration
from amc_assets_tests.detectors import oracle
from amc_assets_tests.strategies.snapshots import feature_of, rows, snapshot_of, universe

UNIFIED = load_calibration("unified_detectors")
INPUTS = sorted({t.feature for d in DETECTORS for t in DETECTORS[d].declaration.inputs} - {"call_gamma_pressure"})


def score(detector: str, snapshot: Snapshot):
    return DETECTORS[detector].score(snapshot, UNIFIED.detectors[detector])


def names_of(snapshot: Snapshot) -> list[oracle.Name]:
    """Return the rows of a snapshot as plain dicts, what is missing left out."""
    columns = {name: snapshot.feature(name).values for name in (*INPUTS, "bars_observed")}
    return [
        {name: float(v[i]) for name, v in columns.items() if np.isfinite(v[i])} for i in range(len(snapshot.symbols))
    ]


NUMBERS = st.floats(-1e12, 1e12, allow_nan=False)


@given(st.dictionaries(st.sampled_from([*INPUTS, "bars_observed", "call_gamma_pressure"]), NUMBERS))
@settings(max_examples=150)
def test_scores_and_confidence_stay_in_range_whatever_comes(values):
    snapshot = rows({"AAA": values, "BBB": {}})
    for detector in DETECTORS:
        result = score(detector, snapshot)
        found = result.score[np.isfinite(result.score)]
        assert ((found >= 0) & (found <= 1)).all()
        assert ((result.confidence >= 0) & (result.confidence <= 1)).all()


@pytest.mark.parametrize("detector", list(DETECTORS))
@pytest.mark.parametrize("seed", range(3))
def test_arrays_agree_with_the_slow_scorer(detector, seed):
    snapshot = universe(300, seed, missing_frac=0.3, without=("call_gamma_pressure",))
    expected = [oracle.detector_score(detector, name) for name in names_of(snapshot)]
    wanted = np.array([np.nan if e is None else e for e in expected])
    np.testing.assert_allclose(score(detector, snapshot).score, wanted, atol=1e-12)
    assert np.isfinite(wanted).sum() > 100


TERMS = [
    (d, c.name, t)
    for d in DETECTORS
    for c in DETECTORS[d].declaration.components
    for t in c.terms
    if t.direction != "peak" and t.form != "rank_knots"
]


@pytest.mark.parametrize(("detector", "component", "term"), TERMS, ids=lambda x: getattr(x, "feature", x))
def test_scores_run_in_the_declared_direction(detector, component, term):
    snapshot = universe(40, 5, missing_frac=0.2)
    points = UNIFIED.detectors[detector].components[component].terms[term.feature].points
    low, high = points[0][0], points[-1][0]
    grid = np.linspace(low - abs(low) * 0.5, high * 2 + 1e-3, 60)
    found = np.array(
        [score(detector, snapshot.replacing(feature_of(term.feature, np.full(40, x)))).score for x in grid if x > 0]
    )
    steps = np.diff(found, axis=0)
    steps = steps[:, np.isfinite(steps).all(axis=0)]
    assert steps.size
    assert (steps >= -1e-12).all() if term.direction == "up" else (steps <= 1e-12).all()
    assert np.abs(steps).sum() > 0.01


def shuffled(snapshot: Snapshot, order: np.ndarray) -> Snapshot:
    features = {
        name: feature_of(name, f.values[order], freshness=f.freshness[order]) for name, f in snapshot.features.items()
    }
    return snapshot_of(snapshot.symbols[order].tolist(), features)


@pytest.mark.parametrize("detector", list(DETECTORS))
@given(seed=st.integers(0, 1000))
@settings(max_examples=10)
def test_the_order_of_symbols_does_not_matter(detector, seed):
    snapshot = universe(60, seed)
    order = np.random.default_rng(seed).permutation(60)
    np.testing.assert_array_equal(
        score(detector, snapshot).score[order], score(detector, shuffled(snapshot, order)).score
    )


@pytest.mark.parametrize("feature", INPUTS)
@pytest.mark.parametrize("detector", list(DETECTORS))
def test_missing_is_not_zero(detector, feature):
    """Where an input moves the score, losing it equals scoring without its term, and differs from scoring a zero."""
    if feature not in {t.feature for t in DETECTORS[detector].declaration.inputs}:
        return
    snapshot = universe(400, 11, missing_frac=0.15, without=("call_gamma_pressure",))
    everyone = np.ones(400, np.bool_)
    gone = snapshot.replacing(snapshot.feature(feature).without(everyone, Reason.PROVIDER_UNAVAILABLE))
    default = 50e6 if feature == "float_shares" else 0.0  # 50M is what the predecessor filled in for every float
    filled = snapshot.replacing(feature_of(feature, np.full(400, default)))
    before, after, as_filled = (score(detector, s).score for s in (snapshot, gone, filled))
    with np.errstate(invalid="ignore"):
        moved = snapshot.feature(feature).present & np.isfinite(after) & (np.abs(before - after) > 0.01)
    assert moved.sum() > 20
    wanted = [oracle.detector_score(detector, name) for name, m in zip(names_of(gone), moved, strict=True) if m]
    np.testing.assert_allclose(after[moved], wanted, atol=1e-12)
    if feature not in {"volume_trend", "float_outstanding_frac"}:  # a missing bonus adds nothing, by definition
        assert (np.abs(after[moved] - as_filled[moved]) > 1e-9).mean() > 0.5
