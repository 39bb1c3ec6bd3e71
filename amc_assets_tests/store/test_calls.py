"""Provider calls and breaker events: what was recorded is what is read back."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from amc_assets.store.calls import (
    ApiCall,
    BreakerEvent,
    recent_breaker_events,
    recent_calls,
    record_breaker_event,
    record_call,
    record_calls,
)
from amc_assets.store.errors import StoreError
from amc_assets_tests.store.conftest import AS_OF

GOOD = ApiCall(
    provider_name="polygon",
    endpoint="/v2/aggs/grouped",
    request_at=AS_OF,
    response_time_ms=120,
    status_code=200,
    success=True,
)
BAD = ApiCall(
    provider_name="polygon",
    endpoint="/v2/aggs/grouped",
    request_at=AS_OF + timedelta(seconds=1),
    success=False,
    error_message="no answer in 10 s",
    rate_limited=True,
    circuit_breaker_open=True,
)


def test_calls_come_back_oldest_first_of_one_provider_since_an_instant(engine: Engine) -> None:
    record_call(engine, BAD)
    record_calls(engine, [GOOD, ApiCall(provider_name="finra", endpoint="x", request_at=AS_OF, success=True)])
    assert recent_calls(engine, "polygon", AS_OF) == [GOOD, BAD]
    assert recent_calls(engine, "polygon", BAD.request_at) == [BAD]
    assert recent_calls(engine, "polygon", AS_OF + timedelta(seconds=2)) == []


def test_no_calls_are_no_work(engine: Engine) -> None:
    record_calls(engine, [])
    assert recent_calls(engine, "polygon", AS_OF) == []


def test_long_and_secret_text_is_cut_and_masked(engine: Engine) -> None:
    call = ApiCall(
        provider_name="alpha_vantage",
        endpoint="/query?apikey=hunter2&x=" + "e" * 500,
        request_at=AS_OF,
        success=False,
        error_message="at /query?apikey=hunter2\x00 " + "m" * 5_000,
    )
    record_call(engine, call)
    (back,) = recent_calls(engine, "alpha_vantage", AS_OF)
    assert back.endpoint.startswith("/query?apikey=***&x=e")
    assert back.error_message is not None
    assert back.error_message.startswith("at /query?apikey=***")
    assert 240 < len(back.endpoint) <= 255
    assert 1_980 < len(back.error_message) <= 2_000


def test_one_bad_call_keeps_the_others_out_too(engine: Engine) -> None:
    wrong = ApiCall(provider_name="polygon", endpoint="x", request_at=AS_OF.replace(tzinfo=None), success=True)
    with pytest.raises(StoreError, match="time zone"):
        record_calls(engine, [GOOD, wrong])
    assert recent_calls(engine, "polygon", AS_OF - timedelta(days=9)) == []


def test_breaker_events_come_back(engine: Engine) -> None:
    opened = BreakerEvent(
        provider_name="finra",
        event_type="OPENED",
        event_at=AS_OF,
        trigger_reason="3 failures in a row",
        failure_count=3,
        auto_recovery_at=AS_OF + timedelta(seconds=300),
    )
    closed = BreakerEvent(provider_name="finra", event_type="CLOSED", event_at=AS_OF + timedelta(seconds=301))
    for event in (closed, opened):
        record_breaker_event(engine, event)
    assert recent_breaker_events(engine, "finra", AS_OF) == [opened, closed]
    assert recent_breaker_events(engine, "finra", closed.event_at) == [closed]
    assert recent_breaker_events(engine, "polygon", AS_OF) == []


def test_an_unknown_breaker_event_is_refused(engine: Engine) -> None:
    event = BreakerEvent(provider_name="finra", event_type="BURNED", event_at=AS_OF)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="nothing of this write was kept"):
        record_breaker_event(engine, event)
