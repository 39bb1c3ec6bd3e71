"""A hand-made, realistic report: four names, two strategies, missing options, everything that a page can show."""

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from amc_assets.reasons import Reason
from amc_assets.report.data import (
    ChartSeries,
    EvaluationRow,
    Fact,
    MissingCount,
    Notice,
    ReliabilityRow,
    ReportData,
    ShortInterestPoint,
)
from amc_assets.report.evidence import (
    ChainVolume,
    Evidence,
    Halt,
    NewsItem,
    Stress,
    StressPart,
    Volatility,
)

AS_OF = datetime(2021, 1, 26, 23, 45, tzinfo=UTC)
BARS_AT, SHORT_AT = "2021-01-26T21:15:00Z", "2021-01-12T23:00:00Z"


def component(
    name: str, value: float | None, unit: str, score: float | None, weight: float, source: str = "polygon.daily_bars",
    known_at: str = BARS_AT, reason: str | None = None, terms: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    gone = value is None and not terms
    made = {
        "name": name, "value": value, "unit": unit, "score": score, "weight": weight,
        "source": None if gone else source, "known_at": None if gone else known_at, "reason": reason,
    }  # fmt: skip
    return made | {"terms": terms} if terms else made


def term(
    feature: str, value: float | None, unit: str, score: float | None, share: float, source: str
) -> dict[str, Any]:
    gone = value is None
    return {
        "feature": feature, "value": value, "unit": unit, "score": score, "share": share,
        "source": None if gone else source, "known_at": None if gone else SHORT_AT,
        "reason": "plan_lacks_source" if gone else None,
    }  # fmt: skip


def detectors(shift: float) -> list[dict[str, Any]]:
    lacking = "plan_lacks_source"
    return [
        {
            "name": "volume_momentum", "score": 0.905 - shift, "confidence": 0.95,
            "components": [
                component("relvol", 4.62 - shift, "ratio", 0.962, 0.40),
                component("vwap_reclaim", 1.048, "ratio", 1.0, 0.30),
                component("uptrend", 4, "sessions", 0.92, 0.20),
                component("atr_expansion", 0.213, "fraction", 1.0, 0.10),
            ],
        },
        {
            "name": "squeeze", "score": 0.872 - shift, "confidence": 0.61,
            "components": [
                component("float_tightness", 46_890_000, "shares", 0.73, 0.30, "share_counts", SHORT_AT),
                component("short_metrics", None, "", 0.91, 0.40, terms=[
                    term("short_interest_float_frac", 1.41, "fraction", 1.0, 0.25, "finra.short_interest"),
                    term("days_to_cover", 2.7, "days", 0.378, 0.25, "finra.short_interest"),
                    term("short_volume_ratio_z", 1.31, "sigmas", 0.593, 0.25, "finra.short_volume"),
                    term("borrow_stress", None, "0-100", None, 0.25, "none"),
                ]),
                component("options_gamma", None, "", None, 0.20, reason=lacking),
                component("volume_pressure", 4.62, "ratio", 0.924, 0.10),
            ],
        },
        {"name": "catalyst_news", "score": None, "confidence": 0.0,
         "components": [component("headlines", None, "", None, 1.0, reason="not_fetched")]},
        {
            "name": "technicals", "score": 0.781 - shift, "confidence": 0.95,
            "components": [
                component("ema_momentum", 0.388, "fraction", 1.0, 0.40),
                component("rsi_positioning", 91.4, "0-100", 0.27, 0.30),
                component("vwap_reclaim", 1.048, "ratio", 1.0, 0.20),
                component("breakout_quality", 0.021, "fraction", 0.88, 0.10),
            ],
        },
    ]  # fmt: skip


def gate(
    name: str, kind: str, value: Any, limit: Any, unit: str, direction: str, passed: bool | None
) -> dict[str, Any]:
    return {
        "name": name, "kind": kind, "value": value, "limit": limit, "unit": unit, "direction": direction,
        "passed": passed, "reason": "plan_lacks_source" if passed is None else None,
    }  # fmt: skip


def gates(close_usd: float) -> list[dict[str, Any]]:
    return [
        gate("security_type", "hard", 1.0, 1.0, "flag", "equals", True),
        gate("not_halted", "hard", None, 0.0, "flag", "equals", None),
        gate("price", "hard", close_usd, 1.0, "USD", "at_least", True),
        gate("dollar_volume", "hard", 26_400_000_000.0, 500_000.0, "USD", "at_least", True),
        gate("relvol", "hard", 4.62, 2.5, "ratio", "at_least", True),
        gate("atr", "soft", 0.213, 0.04, "fraction", "at_least", True),
        gate("rsi_band", "soft", 91.4, [60.0, 70.0], "0-100", "between", False),
        gate("paths", "hard", "small_float", ["small_float", "large_float"], "path", "any_path", True),
        gate("source_options", "soft", None, 1.0, "flag", "equals", None),
    ]


def name(symbol: str, rank: int, score: float, action: str, failed: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "symbol": symbol, "rank": rank, "score": score, "confidence": 0.742, "ranking_score": score - 0.07,
        "action": action, "passed": not failed, "failed_gates": list(failed),
    }  # fmt: skip


def explained(symbol: str, rank: int, score: float, action: str) -> dict[str, Any]:
    shift = (rank - 1) * 0.04
    return name(symbol, rank, score, action) | {"detectors": detectors(shift), "gates": gates(147.98 / rank)}


RANKED = [
    name("GME", 1, 0.861, "trade_ready"), name("AMC", 2, 0.823, "trade_ready"), name("EXPR", 3, 0.774, "watchlist"),
    name("NAKD", 4, 0.768, "none", ("price", "dollar_volume")), name("BBBY", 5, 0.731, "none", ("relvol",)),
    name("BB", 6, 0.722, "watchlist"), name("FIZZ", 7, 0.698, "none"), name("LGND", 8, 0.671, "none", ("relvol",)),
    name("KOSS", 9, 0.655, "none", ("dollar_volume",)), name("SIRI", 10, 0.641, "none", ("relvol",)),
]  # fmt: skip


def make_screen(strategy: str = "unified_detectors", **changes: Any) -> dict[str, Any]:
    return {
        "trade_date": "2021-01-26", "session": "regular", "as_of": "2021-01-26T23:45:00Z", "strategy": strategy,
        "discovery_run_id": "7d0f2c1e-7d5b-5b8e-9d3c-2f6b1f6f0a11", "snapshot_hash": "9f2c" * 16,
        "calibration_hash": "41ab" * 16, "is_simulated": False, "universe_count": 3550,
        "inputs": [
            {"name": "daily_bars", "source": "polygon.daily_bars", "known_at": BARS_AT, "age_hours": 2.5,
             "reason": None},
            {"name": "short_interest", "source": "finra.short_interest", "known_at": SHORT_AT,
             "age_hours": 336.75, "reason": None},
            {"name": "short_volume", "source": "finra.short_volume", "known_at": "2021-01-26T23:05:00Z",
             "age_hours": 0.67, "reason": None},
            {"name": "options", "source": "", "known_at": None, "age_hours": None, "reason": "plan_lacks_source"},
        ],
        "funnel": [
            {"gate": "security_type", "in": 3550, "out": 3550}, {"gate": "not_halted", "in": 3550, "out": 3550},
            {"gate": "price", "in": 3550, "out": 3489}, {"gate": "dollar_volume", "in": 3489, "out": 3120},
            {"gate": "relvol", "in": 3120, "out": 71},
        ],
        "candidates": [
            explained("GME", 1, 0.861, "trade_ready"), explained("AMC", 2, 0.823, "trade_ready"),
            explained("EXPR", 3, 0.774, "watchlist"), explained("BB", 6, 0.722, "watchlist"),
        ],
        "ranked": copy.deepcopy(RANKED), "candidates_found": 4, "reason": None,
    } | changes  # fmt: skip


def make_series(seed: float, days: int = 90) -> ChartSeries:
    trade_dates, closes, volumes = [], [], []
    day = date(2020, 9, 17)
    while len(trade_dates) < days:
        if day.weekday() < 5:
            i = len(trade_dates)
            rise = math.exp(max(i - 70, 0) ** 2 / 170)
            trade_dates.append(day)
            closes.append(None if i == 40 else round((9 + seed + 2 * math.sin(i / 5 + seed)) * rise, 2))
            volumes.append(None if i == 40 else 6e6 * (1.2 + math.sin(i * 1.7 + seed)) * rise)
        day += timedelta(days=1)
    points = tuple(
        ShortInterestPoint(settled, settled + timedelta(days=12), shares)
        for settled, shares in (
            (date(2020, 9, 15), 66e6), (date(2020, 10, 15), 68.1e6), (date(2020, 11, 13), 67.4e6),
            (date(2020, 12, 31), 71.2e6),
        )
    )  # fmt: skip
    return ChartSeries(tuple(trade_dates), tuple(closes), tuple(volumes), points)


def make_facts(close_usd: float) -> dict[str, Fact]:
    return {
        "close_usd": Fact(close_usd),
        "relvol_30": Fact(4.62),
        "short_interest_float_frac": Fact(1.41, is_biased=True),
        "days_to_cover": Fact(2.7),
        "float_shares": Fact(46_890_000.0, is_biased=True),
    }


def make_volatility(sessions: int = 120) -> Volatility:
    """A history with a gap of ten sessions in which nobody asked for the name."""
    days: list[date] = []
    day = AS_OF.date()
    while len(days) < sessions:
        if day.weekday() < 5:
            days.insert(0, day)
        day -= timedelta(days=1)
    values = [0.8 + 0.3 * math.sin(i / 9) + max(i - sessions + 15, 0) * 0.12 for i in range(sessions)]
    values[-1] = 2.486
    history = tuple(
        (day, None if 30 <= i < 40 else value) for i, (day, value) in enumerate(zip(days, values, strict=True))
    )
    term = ((3.0, 3.912), (10.0, 3.1), (24.0, 2.604), (38.0, 2.401), (80.0, 1.93), (360.0, 1.204))
    return Volatility(AS_OF.date(), term, history, is_calendar_arbitrage=False)


def make_news() -> tuple[NewsItem, ...]:
    newest = AS_OF - timedelta(hours=2)
    return (
        NewsItem(newest, "GameStop shares surge as shorts rush to cover", ("Wire One", "Wire Two", "Wire Three"),
                 "https://www.wire-one.example.com/gme?id=1", direction=0.81, stock_polarity=0.0),
        NewsItem(newest - timedelta(hours=30), "8-K - GameStop Corp. (Filer)", ("SEC EDGAR",),
                 "https://www.sec.gov/Archives/edgar/1.htm", form="8-K", filing_items="2.02,9.01"),
        NewsItem(newest - timedelta(days=3), "GameStop plunges after lawsuit", ("Wire One",),
                 "http://plain.example.com/", direction=-0.74, stock_polarity=0.1),
    )  # fmt: skip


def make_stress() -> Stress:
    known_at = datetime(2021, 1, 26, 23, 0, tzinfo=UTC)
    return Stress(
        "extreme",
        0.8,
        (
            StressPart("implied_borrow", 91.2, 0.78, "fraction", 0.40, known_at, Reason.PRESENT),
            StressPart("threshold", None, None, "flag", 0.09, None, Reason.NOT_PUBLISHED),
        ),
    )


def make_evidence(**changes: Any) -> Evidence:
    facts = {
        "iv_30d_frac": Fact(2.486), "iv_percentile_frac": Fact(0.985), "iv_rank_frac": Fact(0.941),
        "iv_observations_count": Fact(109.0), "call_put_volume_ratio": Fact(1.87),
        "volume_open_interest_ratio": Fact(1.12), "option_volume_z": Fact(None, Reason.SHORT_HISTORY),
        "near_call_open_interest_frac": Fact(0.233), "call_gamma_adv_frac": Fact(0.041),
        "borrow_stress": Fact(88.4), "short_loss_frac": Fact(6.31), "short_loss_float_frac": Fact(8.9, is_biased=True),
    }  # fmt: skip
    evidence = Evidence(
        facts=facts,
        volatility=make_volatility(),
        volume=ChainVolume(AS_OF.date(), Fact(812_345.0), Fact(434_410.0)),
        news=make_news(),
        news_days=30,
        halts=(
            Halt(datetime(2021, 1, 26, 15, 30, tzinfo=UTC), datetime(2021, 1, 26, 15, 35, tzinfo=UTC), "LUDP"),
            Halt(datetime(2021, 1, 25, 17, 10, tzinfo=UTC), None, "T1"),
        ),
        stress=make_stress(),
    )
    return replace(evidence, **changes)


def missing_evidence(reason: Reason) -> Evidence:
    """A name of which nothing beyond prices was known, all for one reason."""
    facts = {name: Fact(None, reason) for name in make_evidence().facts}
    return Evidence(facts=facts, news_reason=reason, halts_reason=reason)


def make_report(**changes: Any) -> ReportData:
    facts = {"GME": make_facts(147.98), "AMC": make_facts(4.96), "EXPR": make_facts(5.1), "BB": make_facts(18.92)}
    facts["BB"]["days_to_cover"] = Fact(None, Reason.NOT_LISTED_IN_SOURCE)
    legacy = make_screen("legacy_v0", candidates=[], ranked=[RANKED[i] for i in (4, 0, 3, 2, 6, 1, 8)])
    report = ReportData(
        screens=(make_screen(), legacy),
        served_strategy="unified_detectors",
        created_at=datetime(2021, 1, 26, 23, 46, 12, tzinfo=UTC),
        code_version="0.1.0",
        facts=facts,
        series={symbol: make_series(place) for place, symbol in enumerate(facts)},
        evidence={
            "GME": make_evidence(),
            "AMC": missing_evidence(Reason.NOT_SHORTLISTED),
            "EXPR": missing_evidence(Reason.PLAN_LACKS_SOURCE),
        },
        notices=(Notice("info", "FREE DATA", "Prices are end-of-day; short interest is published twice a month."),),
        missing=(
            MissingCount("borrow_stress", Reason.PLAN_LACKS_SOURCE, 3550),
            MissingCount("short_volume_ratio_z", Reason.SHORT_HISTORY, 212),
        ),
        reliability=(
            ReliabilityRow(
                "unified_detectors", "trade_ready", "+30 % in 5 sessions", 61, 55, 11, 0.2, 0.116, 0.324, 0.031
            ),
            ReliabilityRow("unified_detectors", "watchlist", "+30 % in 5 sessions", 12, 0, 0, None, None, None, None),
        ),
        evaluation=(
            EvaluationRow("unified_detectors", "move_30_5", 51, 0.271, 0.19, 0.36, 0.031, is_baseline=False),
            EvaluationRow("one_day_return", "move_30_5", 51, 0.262, 0.18, 0.35, 0.031, is_baseline=True),
            EvaluationRow("si_float", "squeeze_30_5", 9, None, None, None, None, is_baseline=True),
        ),
    )
    return replace(report, **changes)


@pytest.fixture
def report() -> ReportData:
    return make_report()


@pytest.fixture
def report_with() -> Callable[..., ReportData]:
    return make_report


@pytest.fixture
def evidence_with() -> Callable[..., Evidence]:
    return make_evidence


@pytest.fixture
def without_evidence() -> Callable[[Reason], Evidence]:
    return missing_evidence


@pytest.fixture
def screen_with() -> Callable[..., dict[str, Any]]:
    return make_screen
