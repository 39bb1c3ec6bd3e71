"""Confidence falls, or stays, whenever evidence goes: every feature, every provider, every strategy and session."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.detectors import evaluate
from amc_assets.detectors.evaluate import weighted_present
from amc_assets.features.snapshot import Snapshot
from amc_assets.reasons import Reason
from amc_assets.strategies import composite
from amc_assets.strategies.calibration import load_calibration
from amc_assets.strategies.gates import SESSIONS
from amc_assets.strategies.registry import STRATEGIES
from amc_assets.strategies.score import score_all
from amc_assets_tests.strategies.snapshots import FEATURES, PROVIDERS, universe

CALIBRATIONS = {name: load_calibration(name) for name in STRATEGIES}
BEFORE = universe(400, 3, missing_frac=0.2)


def confidences(snapshot: Snapshot, session: str = "regular"):
    results = score_all(snapshot, list(STRATEGIES), session, calibrations=CALIBRATIONS)
    return {name: np.nan_to_num(r.confidence) for name, r in results.items()}


def without(snapshot: Snapshot, names: tuple[str, ...], rows) -> Snapshot:
    return snapshot.replacing(*(snapshot.feature(n).without(rows, Reason.PROVIDER_UNAVAILABLE) for n in names))


EVERYONE = np.ones(400, np.bool_)


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("names", [(f,) for f in FEATURES] + list(PROVIDERS.values()), ids=lambda n: "+".join(n)[:40])
def test_removing_never_raises_confidence(names, session):
    before, after = confidences(BEFORE, session), confidences(without(BEFORE, names, EVERYONE), session)
    for strategy in STRATEGIES:
        assert (after[strategy] <= before[strategy] + 1e-12).all(), strategy


@given(st.sets(st.sampled_from(sorted(FEATURES)), min_size=1), st.integers(0, 2**32 - 1), st.sampled_from(SESSIONS))
@settings(max_examples=40)
def test_removing_any_set_for_any_names_never_raises_confidence(names, seed, session):
    rows = np.random.default_rng(seed).random(400) < 0.5
    before, after = confidences(BEFORE, session), confidences(without(BEFORE, tuple(names), rows), session)
    for strategy in STRATEGIES:
        assert (after[strategy] <= before[strategy] + 1e-12).all(), strategy


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_each_input_of_a_detector_counts_in_coverage(strategy):
    """The check above would pass on a constant: every input that is scored must lower somebody's confidence."""
    derived = {"ema9_over_ema20_first_price_frac": "ema9_first_price_usd", "change_1d_atrs": "change_1d_frac"}
    for declaration in STRATEGIES[strategy].declarations:
        for term in declaration.inputs:
            feature = derived.get(term.feature, term.feature)
            fall = confidences(BEFORE)[strategy] - confidences(without(BEFORE, (feature,), EVERYONE))[strategy]
            assert fall.max() > 1e-6, feature


def test_the_guard_catches_a_coverage_over_present_terms_only(monkeypatch):
    """Planted fault: dividing by present weights instead of all lets confidence rise when a weak source goes."""

    def over_present(weights, scores, qualities):
        mean, _ = weighted_present(weights, scores, qualities)
        there = [np.isfinite(s) for s in scores]
        total = sum(w * q for w, q in zip(weights, qualities, strict=True))
        present = sum(w * t for w, t in zip(weights, there, strict=True))
        return mean, total / np.maximum(present, 1e-9)

    for room in (composite, evaluate):
        monkeypatch.setattr(room, "weighted_present", over_present)
    before = confidences(BEFORE)["unified_detectors"]
    rises = [confidences(without(BEFORE, (f,), EVERYONE))["unified_detectors"] > before + 1e-12 for f in FEATURES]
    assert np.any(rises)


def test_sessions_scale_confidence():
    wide = {s: confidences(BEFORE, s)["legacy_v0"] for s in SESSIONS}
    inside = wide["premarket"] > 0.1
    assert inside.any()
    np.testing.assert_allclose(wide["premarket"][inside], 0.90 * wide["regular"][inside], rtol=1e-9)
    np.testing.assert_allclose(wide["afterhours"][inside], 0.95 * wide["regular"][inside], rtol=1e-9)


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_confidence_of_scored_names_has_its_floor(strategy):
    gone = tuple(n for n in FEATURES if n not in {"close_usd", "relvol_30", "volume_spike_max", "float_shares"})
    result = score_all(without(BEFORE, gone, EVERYONE), [strategy], "premarket", calibrations=CALIBRATIONS)[strategy]
    scored = np.isfinite(result.score)
    assert scored.any()
    assert (result.confidence[scored] >= 0.10).all()
    assert np.isnan(result.confidence[~scored]).all()
