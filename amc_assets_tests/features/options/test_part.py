"""Options in a snapshot: newest chains, reasons of names that were not looked at, own history, quality."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from amc_assets.features.ages import Absence, Staleness
from amc_assets.features.feature_columns import make_feature
from amc_assets.features.instants import day_number
from amc_assets.features.options.part import OptionTables, options_part
from amc_assets.features.registry import OPTION_SPECS
from amc_assets.features.short_part import RunFrame
from amc_assets.features.shorts import Computed
from amc_assets.features.snapshot import Provenance
from amc_assets.features.splits import SplitHistory
from amc_assets.lake.tables import IV_30D, IV_PERCENTILES, OPTION_ACTIVITY
from amc_assets.market.calendar import end_of_day_as_of, new_york, next_session, previous_session
from amc_assets.reasons import CODES, Reason, code
from amc_assets_tests.features.panels import AS_OF, DAY, sessions_to, splits_table

NAMES = np.array(["AMC", "BB", "GME"])
SESSIONS = sessions_to(DAY, 61)
ABSENT = Absence(Reason.PLAN_LACKS_SOURCE, "no source")
STALENESS = Staleness()


def stamped(day, symbol, **more: Any):
    return {
        "trade_date": day, "symbol": symbol, "source": "alpha_vantage.historical_options",
        "known_at": min(end_of_day_as_of(day), AS_OF), "is_simulated": False,
    } | more  # fmt: skip


def activity(day, symbol="AMC", calls=2000.0, puts=1000.0, **more: Any):
    values = {
        "call_volume_contracts": calls, "put_volume_contracts": puts, "call_open_interest_contracts": 20_000.0,
        "put_open_interest_contracts": 10_000.0, "option_notional_usd": 1e6, "opening_volume_frac": 0.2,
        "call_hedge_shares": 50_000.0, "near_call_open_interest_frac": 0.04, "contracts_count": 150.0,
    }  # fmt: skip
    return stamped(day, symbol, **(values | more))


def volatility(day, symbol="AMC", **more: Any):
    values = {
        "iv_30d_frac": 0.8, "reason": "present", "method": "interpolated", "iv_confidence": 0.9,
        "is_calendar_arbitrage": False, "implied_borrow_frac": 0.3, "borrow_reason": "present",
        "quotes_used_count": 40.0, "quotes_dropped": "{}", "term": "[]",
    }  # fmt: skip
    return stamped(day, symbol, **(values | more))


def percentile(day, symbol="AMC", **more: Any):
    values = {
        "iv_30d_frac": 0.8, "iv_percentile_frac": 0.25, "iv_rank_frac": 0.2, "observations_count": 200.0,
        "percentile_confidence": 0.6, "has_expansion_potential": True, "is_proxy": False, "reason": "present",
    }  # fmt: skip
    return stamped(day, symbol, **(values | more))


def feature(name, value, provenance=Provenance.OBSERVED, confidence=0.98):
    values = np.full(3, np.nan if value is None else value)
    reasons = np.full(3, 0 if value is not None else code(Reason.NO_BAR), np.uint8)
    known_at = np.full(3, np.datetime64(AS_OF.replace(tzinfo=None), "us"))
    return make_feature(name, Computed(values, reasons), known_at, confidence=confidence, provenance=provenance)


VOLUME, FLOAT = feature("mean_volume_30_shares", 1e6), feature("float_shares", 1e7, confidence=0.75)


def part(flow=(), iv=(), ranks=(), *, as_of=AS_OF, day=DAY, splits=None, volume=VOLUME, floats=FLOAT):
    tables = OptionTables(
        *(
            pa.Table.from_pylist(list(rows), schema=schema.arrow)
            for rows, schema in ((flow, OPTION_ACTIVITY), (iv, IV_30D), (ranks, IV_PERCENTILES))
        )
    )
    history = SplitHistory.from_table(splits if splits is not None else splits_table())
    frame = RunFrame(NAMES, day, as_of, history, STALENESS, as_of + timedelta(days=3))
    return options_part(frame, tables, volume, floats, ABSENT)


def value(features, name, symbol="AMC"):
    row = NAMES.tolist().index(symbol)
    found = features[name]
    number = found.values[row]
    return None if np.isnan(number) else float(number), CODES[found.reasons[row]]


def test_worked_example():
    features, line = part([activity(DAY)], [volatility(DAY)], [percentile(DAY)])
    expected = {
        "iv_30d_frac": 0.8, "iv_percentile_frac": 0.25, "iv_rank_frac": 0.2, "iv_observations_count": 200.0,
        "implied_borrow_frac": 0.3, "call_put_volume_ratio": 2.0, "volume_open_interest_ratio": 0.1,
        "near_call_open_interest_frac": 0.04, "call_gamma_adv_frac": 0.05, "call_gamma_float_frac": 0.005,
        "call_gamma_pressure": 0.0275,
    }  # fmt: skip
    for name, wanted in expected.items():
        assert value(features, name) == (pytest.approx(wanted), Reason.PRESENT), name
    assert value(features, "call_put_volume_log_z") == (None, Reason.SHORT_HISTORY)
    assert value(features, "option_volume_z") == (None, Reason.SHORT_HISTORY)
    assert set(features) == {spec.name for spec in OPTION_SPECS}
    assert (line.name, line.reason) == ("options", Reason.PRESENT)
    assert "1 names" in line.note


def test_nothing_known_is_the_reason_of_the_dataset():
    features, line = part()
    for name in features:
        assert value(features, name) == (None, Reason.PLAN_LACKS_SOURCE), name
    assert (line.known_at, line.reason, line.note) == (None, Reason.PLAN_LACKS_SOURCE, "no source")


def test_names_that_were_not_looked_at_say_why():
    quota = volatility(DAY, "BB", iv_30d_frac=None, reason="quota_spent", iv_confidence=None, implied_borrow_frac=None,
                       borrow_reason=None, method="none")  # fmt: skip
    old = [activity(day, "GME") for day in SESSIONS[:-1]]
    features, _ = part([activity(DAY), *old], [volatility(DAY), quota, volatility(SESSIONS[-2], "GME")])
    for name in features:
        assert value(features, name, "BB") == (None, Reason.QUOTA_SPENT), name
        assert value(features, name, "GME") == (None, Reason.NOT_SHORTLISTED), name
    assert value(features, "iv_percentile_frac") == (None, Reason.NOT_FETCHED)


@pytest.mark.parametrize(
    ("changed", "name", "reason"),
    [
        ({"call_put": (50.0, 49.0)}, "call_put_volume_ratio", Reason.SHORT_HISTORY),
        ({"call_put": (500.0, 0.0)}, "call_put_volume_ratio", Reason.ZERO_DENOMINATOR),
        ({"call_put": (500.0, 0.0)}, "call_put_volume_log_z", Reason.ZERO_DENOMINATOR),
        ({"call_put": (0.0, 0.0)}, "option_volume_z", Reason.ZERO_DENOMINATOR),
        ({"call_put": (None, None)}, "call_put_volume_ratio", Reason.INPUT_MISSING),
        ({"call_put": (None, None)}, "option_volume_z", Reason.INPUT_MISSING),
        ({"call_open_interest_contracts": None}, "volume_open_interest_ratio", Reason.INPUT_MISSING),
        (
            {"call_open_interest_contracts": 0.0, "put_open_interest_contracts": 0.0},
            "volume_open_interest_ratio", Reason.ZERO_DENOMINATOR,
        ),
        ({"call_hedge_shares": None}, "call_gamma_pressure", Reason.INPUT_MISSING),
        ({"near_call_open_interest_frac": None}, "near_call_open_interest_frac", Reason.INPUT_MISSING),
    ],
)  # fmt: skip
def test_each_absent_number_has_its_reason(changed, name, reason):
    calls, puts = changed.get("call_put", (2000.0, 1000.0))
    rest = {key: number for key, number in changed.items() if key != "call_put"}
    features, _ = part([activity(DAY, calls=calls, puts=puts, **rest)])
    assert value(features, name) == (None, reason)


@pytest.mark.parametrize(
    ("changed", "name", "reason"),
    [
        ({"iv_30d_frac": None, "reason": "no_extrapolation"}, "iv_30d_frac", Reason.NO_EXTRAPOLATION),
        ({"implied_borrow_frac": None, "borrow_reason": "no_rate"}, "implied_borrow_frac", Reason.NO_RATE),
    ],
)
def test_volatility_and_borrow_carry_their_own_reason(changed, name, reason):
    features, _ = part([activity(DAY)], [volatility(DAY, **changed)])
    assert value(features, name) == (None, reason)
    other = {"iv_30d_frac": "implied_borrow_frac", "implied_borrow_frac": "iv_30d_frac"}[name]
    assert value(features, other)[1] is Reason.PRESENT


def test_own_history_of_flow():
    rng = np.random.default_rng(1)
    past = [activity(day, calls=1000 * np.exp(rng.normal(0, 0.3)), puts=1000.0) for day in SESSIONS[:-1]]
    usual, _ = part([*past, activity(DAY, calls=1000.0)])
    bought, _ = part([*past, activity(DAY, calls=8000.0)])
    assert abs(value(usual, "call_put_volume_log_z")[0]) < 1
    assert value(bought, "call_put_volume_log_z")[0] > 4
    assert value(bought, "option_volume_z")[0] > 4


def test_unusual_needs_money():
    rng = np.random.default_rng(1)
    past = [activity(day, calls=100 * np.exp(rng.normal(0, 0.3)), puts=50.0) for day in SESSIONS[:-1]]
    loud, _ = part([*past, activity(DAY, calls=900.0, puts=50.0)])
    cheap, _ = part([*past, activity(DAY, calls=900.0, puts=50.0, option_notional_usd=99_999.0)])
    assert value(loud, "option_volume_z")[0] > 2
    assert value(cheap, "option_volume_z") == (0.0, Reason.PRESENT)


def test_volume_looks_back_thirty_sessions_and_needs_twenty():
    rng = np.random.default_rng(1)
    flow = {day: activity(day, calls=1000 * np.exp(rng.normal(0, 0.3))) for day in SESSIONS}
    now = [flow[day] for day in SESSIONS[-31:]]
    older = [row | {"call_volume_contracts": 9e6} for row in (flow[day] for day in SESSIONS[:-31])]
    assert value(part([*older, *now])[0], "option_volume_z") == value(part(now)[0], "option_volume_z")
    assert value(part(now[-20:])[0], "option_volume_z")[1] is Reason.SHORT_HISTORY
    assert value(part(now[-21:])[0], "option_volume_z")[1] is Reason.PRESENT


def test_what_was_known_later_or_belongs_to_a_later_day_is_not_read():
    late = activity(DAY, calls=9000.0) | {"known_at": AS_OF + timedelta(microseconds=1)}
    tomorrow = activity(next_session(DAY), calls=9000.0)
    features, line = part([activity(DAY), late, tomorrow])
    assert value(features, "call_put_volume_ratio") == (2.0, Reason.PRESENT)
    assert "2 rows" in line.note


def test_a_revision_known_in_time_counts():
    first = activity(DAY) | {"known_at": AS_OF - timedelta(hours=1)}
    assert value(part([activity(DAY, calls=3000.0), first])[0], "call_put_volume_ratio")[0] == 3.0


def freshness_at(as_of: datetime, day=DAY) -> float:
    newest = previous_session(DAY)
    features, _ = part([activity(newest)], [volatility(newest)], as_of=as_of, day=day)
    return float(features["call_put_volume_ratio"].freshness[0])


def test_the_chain_of_the_session_before_is_fresh_until_tonight_and_a_day():
    assert freshness_at(AS_OF) == 1.0  # 18:45, the chains of the day are due at 19:00
    assert freshness_at(new_york(next_session(DAY), 18)) == 1.0  # 23 hours overdue, the limit is 24
    later = freshness_at(new_york(next_session(DAY), 23), next_session(DAY))
    assert later == pytest.approx(np.exp(-0.5 * (28 / 24 - 1)))


def test_quality_is_that_of_the_weakest_input():
    features, _ = part([activity(DAY)], [volatility(DAY)], [percentile(DAY)])
    quality = {name: float(features[name].source_confidence[0]) for name in features}
    assert quality["call_put_volume_ratio"] == 0.75
    assert quality["iv_30d_frac"] == pytest.approx(0.75 * 0.9)
    assert quality["iv_percentile_frac"] == pytest.approx(0.75 * 0.6)
    assert quality["implied_borrow_frac"] == 0.6
    biased = feature("float_shares", 1e7, Provenance.BIASED, 0.5)
    features, _ = part([activity(DAY)], floats=biased)
    assert features["call_gamma_pressure"].provenance[0] == Provenance.BIASED
    assert features["call_gamma_adv_frac"].provenance[0] == Provenance.OBSERVED
    assert features["call_gamma_pressure"].source_confidence[0] == 0.5


def test_gamma_pressure_lives_with_one_of_its_two_inputs():
    features, _ = part([activity(DAY)], floats=feature("float_shares", None))
    assert value(features, "call_gamma_float_frac") == (None, Reason.NO_BAR)
    assert value(features, "call_gamma_pressure") == (0.05, Reason.PRESENT)
    features, _ = part(
        [activity(DAY)], floats=feature("float_shares", None), volume=feature("mean_volume_30_shares", None)
    )
    assert value(features, "call_gamma_pressure") == (None, Reason.NO_BAR)


def test_hedge_shares_follow_a_split():
    newest = previous_session(DAY)
    split = splits_table(("AMC", DAY, 2.0, AS_OF))
    features, _ = part([activity(newest)], splits=split)
    assert value(features, "call_gamma_adv_frac")[0] == pytest.approx(0.1)
    assert day_number(newest) < day_number(DAY)


def test_a_realised_stand_in_is_not_scored():
    features, _ = part([activity(DAY)], [volatility(DAY)], [percentile(DAY, is_proxy=True)])
    for name in ("iv_percentile_frac", "iv_rank_frac", "iv_observations_count"):
        assert value(features, name) == (None, Reason.SHORT_HISTORY)


def test_a_rank_without_spread_and_a_short_history():
    flat = percentile(DAY, iv_percentile_frac=0.5, iv_rank_frac=None)
    assert value(part(iv=[volatility(DAY)], ranks=[flat])[0], "iv_rank_frac") == (None, Reason.ZERO_DENOMINATOR)
    short = percentile(
        DAY, iv_percentile_frac=None, iv_rank_frac=None, percentile_confidence=None, observations_count=40.0,
        reason="short_history", has_expansion_potential=False,
    )  # fmt: skip
    features, _ = part(iv=[volatility(DAY)], ranks=[short])
    assert value(features, "iv_percentile_frac") == (None, Reason.SHORT_HISTORY)
    assert value(features, "iv_observations_count") == (40.0, Reason.PRESENT)
