"""Column types: what goes in comes out the same on both databases; what cannot be true is refused on both."""

import math
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Table, insert, select, text

from amc_assets.store.engine import open_engine, upgrade
from amc_assets.store.errors import BadValueError, StoreError
from amc_assets.store.models import candidates, detector_performance, discovery_audit_log, provider_api_calls
from amc_assets.store.transactions import reading, writing
from amc_assets_tests.store.conftest import AS_OF, RUN_ID

CALL = {"provider_name": "polygon", "endpoint": "bars", "request_timestamp": AS_OF, "success": True}
CANDIDATE = {
    "discovery_run_id": RUN_ID,
    "trade_date": date(2021, 1, 27),
    "session": "regular",
    "as_of": AS_OF,
    "strategy": "unified_detectors",
    "symbol": "GME",
    "rank": 1,
    "score": 0.9,
    "confidence": 0.8,
    "ranking_score": 0.85,
    "action": "trade_ready",
    "is_simulated": False,
    "explanation": {},
}
NAIVE = AS_OF.replace(tzinfo=None)
many = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def _round_trip(engine: Engine, table: Table, row: dict[str, Any], column: str) -> Any:
    with writing(engine) as connection:
        connection.execute(table.delete())
        connection.execute(insert(table), row)
    with reading(engine) as connection:
        return connection.execute(select(table.c[column])).scalar_one()


@many
@given(
    naive=st.datetimes(min_value=NAIVE.replace(year=1900), max_value=NAIVE.replace(year=9998)),
    offset_minutes=st.integers(-14 * 60, 14 * 60),
)
def test_an_instant_comes_back_the_same_and_in_utc(engine: Engine, naive: datetime, offset_minutes: int) -> None:
    at = naive.replace(tzinfo=timezone(timedelta(minutes=offset_minutes)))
    back = _round_trip(engine, provider_api_calls, CALL | {"request_timestamp": at}, "request_timestamp")
    assert back == at
    assert back.tzinfo is UTC


def test_instants_are_utc_whatever_the_session_s_time_zone(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    upgrade(engine)
    with writing(engine) as connection:
        connection.execute(insert(provider_api_calls), CALL)
        connection.execute(text("SET LOCAL timezone = 'America/New_York'"))
        back = connection.execute(select(provider_api_calls.c.request_timestamp)).scalar_one()
    assert (back, back.tzinfo) == (AS_OF, UTC)
    engine.dispose()


def test_the_database_s_own_clock_is_utc(engine: Engine) -> None:
    row = {name: value for name, value in CALL.items() if name != "request_timestamp"}
    back = _round_trip(engine, provider_api_calls, row, "request_timestamp")
    assert abs(back - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_pandas_timestamp_is_an_instant(engine: Engine) -> None:
    at = pd.Timestamp("2021-01-27 18:45", tz="America/New_York")
    assert _round_trip(engine, provider_api_calls, CALL | {"request_timestamp": at}, "request_timestamp") == AS_OF


@many
@given(score=st.floats(0, 1), width=st.sampled_from([float, np.float64]))
def test_a_score_comes_back_bit_for_bit(engine: Engine, score: float, width: type) -> None:
    back = _round_trip(engine, candidates, CANDIDATE | {"score": width(score)}, "score")
    assert back == score
    assert type(back) is float


@pytest.mark.parametrize("score", [0.0, 0.25, 1.0, None])
def test_a_rounded_score_is_a_float_on_both(engine: Engine, score: float | None) -> None:
    row = {"discovery_run_id": RUN_ID, "detector_name": "squeeze", "symbol": "GME", "raw_score": score}
    back = _round_trip(engine, detector_performance, row, "raw_score")
    assert (back, type(back)) == (score, type(score))


@many
@given(number=st.integers(0, 2**31 - 1), width=st.sampled_from([int, np.int64, np.uint32]))
def test_a_count_comes_back_as_a_plain_int(engine: Engine, number: int, width: type) -> None:
    back = _round_trip(engine, provider_api_calls, CALL | {"status_code": width(number)}, "status_code")
    assert back == number
    assert type(back) is int


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e12, 1e12) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@many
@given(value=st.dictionaries(st.sampled_from(["a", "b"]), json_values, min_size=1))
def test_any_json_is_stored_and_differs_only_in_what_cannot_be_stored(engine: Engine, value: dict[str, Any]) -> None:
    back = _round_trip(engine, candidates, CANDIDATE | {"explanation": value}, "explanation")
    assert set(back) == set(value)
    assert _without_text(back) == _without_text(value)


def _without_text(value: Any) -> Any:
    """Return the numbers and the shape of a JSON value (keys may fall together when repaired, so: their values)."""
    if isinstance(value, dict):
        return {key: _without_text(item) for key, item in value.items()} if set(value) <= {"a", "b"} else "object"
    if isinstance(value, list):
        return [_without_text(item) for item in value]
    return "text" if isinstance(value, str) else value


def test_what_postgresql_cannot_hold_is_replaced_on_both(engine: Engine) -> None:
    hostile = {"headline": "GME \x00 \ud800 squeeze", "apikey": "hunter2", "kept": ["\N{ROCKET}", "\\u0000"]}
    back = _round_trip(engine, candidates, CANDIDATE | {"explanation": hostile}, "explanation")
    assert back == {"headline": "GME \ufffd \ufffd squeeze", "apikey": "***", "kept": ["\N{ROCKET}", "\\u0000"]}


def test_missing_json_is_null_and_not_the_word_null(engine: Engine) -> None:
    row = {
        "discovery_run_id": RUN_ID, "strategy_used": "s", "session_type": "regular", "trade_date": date(2021, 1, 27),
        "as_of": AS_OF, "calibration_hash": "c", "is_simulated": False, "status": "running", "started_at": AS_OF,
        "metadata": None,
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(discovery_audit_log), row)
        assert connection.execute(select(discovery_audit_log.c.metadata.is_(None))).scalar_one() == 1


BAD_CALLS = [
    ("request_timestamp", NAIVE, "no time zone"),
    ("request_timestamp", "2021-01-27T00:00:00Z", "no time zone"),
    ("request_timestamp", pd.NaT, "no time zone"),
    ("status_code", 200.5, "not a count"),
    ("status_code", True, "not a count"),
    ("status_code", -1, "not a count"),
    ("status_code", 2**31, "not a count"),
    ("status_code", "200", "not a count"),
    ("success", 1, "neither true nor false"),
    ("success", "false", "neither true nor false"),
    ("provider_name", "x" * 51, "not a name of 1 to 50"),
    ("provider_name", "", "not a name of 1 to 50"),
    ("provider_name", "a\x00b", "not a name of 1 to 50"),
    ("provider_name", 7, "not a name of 1 to 50"),
]
BAD_CANDIDATES = [
    ("score", math.nan, "not a fraction"),
    ("score", math.inf, "not a fraction"),
    ("score", 70, "divide a percentage by 100"),
    ("score", "0.5", "not a fraction"),
    ("score", pd.NA, "not a fraction"),
    ("score", [0.5], "not a fraction"),
    ("score", -0.01, "not a fraction"),
    ("trade_date", AS_OF, "not an exchange date"),
    ("trade_date", "2021-01-27", "not an exchange date"),
    ("symbol", "ELEVENCHARS", "not a name of 1 to 10"),
    ("explanation", {"x": math.nan}, "JSON cannot say"),
    ("explanation", {"x": {1, 2}}, "JSON cannot say"),
]


@pytest.mark.parametrize(("column", "value", "says"), BAD_CALLS + BAD_CANDIDATES)
def test_a_value_that_cannot_be_true_is_refused(engine: Engine, column: str, value: Any, says: str) -> None:
    table, row = (provider_api_calls, CALL) if column in provider_api_calls.c else (candidates, CANDIDATE)
    with writing(engine) as connection:
        connection.execute(insert(table), row)
    with pytest.raises(BadValueError, match=says), writing(engine) as connection:
        connection.execute(insert(table), row | {column: value})


@pytest.mark.parametrize(
    ("column", "value"), [("session", "overnight"), ("rank", 0), ("symbol", None), ("explanation", None)]
)
def test_a_row_against_the_rules_is_refused_by_the_database(engine: Engine, column: str, value: Any) -> None:
    with pytest.raises(StoreError, match="nothing of this write was kept"), writing(engine) as connection:
        connection.execute(insert(candidates), CANDIDATE | {column: value})


def test_rounding_noise_is_not_a_wrong_score(engine: Engine) -> None:
    assert _round_trip(engine, candidates, CANDIDATE | {"score": 1 + 1e-12}, "score") == 1
    assert _round_trip(engine, candidates, CANDIDATE | {"score": -1e-12}, "score") == 0
