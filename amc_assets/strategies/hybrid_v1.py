"""hybrid_v1: the predecessor's five subscores with its gates as designed, the fallback after a rollback.

It reads the predecessor's own feature definitions (maximum volume spike, simple-mean ATR, Cutler RSI, averages seeded
with the first price, VWAP over 20 daily bars). What the predecessor hard-coded or guessed is missing where not observed
and leaves its subscore; scored as zero, as it was, no name could reach the .75 needed to be trade-ready.
"""

from amc_assets.detectors.declaration import Component, DetectorDeclaration, Term
from amc_assets.detectors.detector import declared
from amc_assets.features.snapshot import Feature, Snapshot
from amc_assets.strategies.calibration_content import Calibration
from amc_assets.strategies.catalog import ABOUT
from amc_assets.strategies.composite import Strategy, score_strategy
from amc_assets.strategies.derived import derived_feature
from amc_assets.strategies.result import StrategyResult

EMA_CROSS = "ema9_over_ema20_first_price_frac"


def _single(name: str, term: Term) -> Component:
    return Component(name, (term,))


SUBSCORES = (
    DetectorDeclaration(
        "volume_momentum",
        "Volume spike, rising closes, 20-day VWAP reclaim and range, each from its gate upwards.",
        31,
        (
            _single("volume_spike", Term("volume_spike_max", "ratio", "up")),
            _single("up_days", Term("up_days", "sessions", "up")),
            _single("vwap_reclaim", Term("vwap_reclaim_20d", "flag", "up")),
            _single("atr", Term("atr14_sma_frac", "fraction", "up")),
        ),
    ),
    DetectorDeclaration(
        "squeeze",
        "Small float, short interest, borrow fee and utilisation.",
        31,
        (
            _single("float_bonus", Term("float_shares", "shares", "down", "bands")),
            _single("short_interest", Term("short_interest_float_frac", "fraction", "up")),
            _single("borrow_fee", Term("borrow_fee_frac", "fraction", "up")),
            _single("utilization", Term("utilization_frac", "fraction", "up")),
        ),
    ),
    DetectorDeclaration(
        "catalyst",
        "A news catalyst and social attention; the predecessor's price-made proxies are not used.",
        1,
        (
            _single("news", Term("has_news_catalyst", "flag", "up")),
            _single("social", Term("social_rank_frac", "rank 0-1", "up")),
        ),
    ),
    DetectorDeclaration(
        "options",
        "Calls against puts and high implied volatility (unified_detectors rewards low: opposite hypotheses).",
        1,
        (
            _single("call_put", Term("call_put_volume_ratio", "ratio", "up")),
            _single("iv_percentile", Term("iv_percentile_frac", "fraction", "up")),
        ),
    ),
    DetectorDeclaration(
        "technical",
        "EMA9 above EMA20 and Cutler RSI in its band.",
        60,
        (
            _single("ema_cross", Term(EMA_CROSS, "fraction", "up", "above")),
            _single("rsi_band", Term("rsi14_cutler", "0-100", "peak", "bands")),
        ),
    ),
)


def ema_cross(snapshot: Snapshot, _calibration: Calibration) -> tuple[Feature, ...]:
    """Derive EMA9 / EMA20 - 1 from the first-price-seeded averages."""
    fast, slow = snapshot.feature("ema9_first_price_usd"), snapshot.feature("ema20_first_price_usd")
    return (derived_feature(EMA_CROSS, "fraction", fast.values / slow.values - 1, (fast, slow)),)


STRATEGY = Strategy(
    name="hybrid_v1",
    doc=ABOUT["hybrid_v1"].doc,
    role=ABOUT["hybrid_v1"].role,
    detectors=tuple(declared(declaration) for declaration in SUBSCORES),
    before_score=ema_cross,
)


def score_hybrid(snapshot: Snapshot, calibration: Calibration, session: str = "regular") -> StrategyResult:
    """Score every symbol by the predecessor's composite; numbers: docs/strategies.md."""
    return score_strategy(snapshot, STRATEGY, calibration, session)
