"""Alpha Vantage says no with 200: which sentence is which error, what is asked again, and that no key is shown."""

import json
import logging
from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.providers.alpha_vantage.client import AlphaVantage
from amc_assets.providers.alpha_vantage.refusals import Said, read_refusal, refusal_in
from amc_assets.providers.errors import (
    BadRequest,
    MalformedBody,
    NotEntitled,
    NotFound,
    ProviderError,
    QuotaSpent,
    RateLimited,
    Unauthorized,
)
from amc_assets.providers.exchange import Fetched, Refusal
from amc_assets_tests.providers.cards import alpha_vantage_bodies as wire
from amc_assets_tests.providers.cards.alpha_vantage import ADDRESS, DAILY, OVERVIEW, SINCE
from amc_assets_tests.providers.roads import KEY, QUICK, Road, in_turn, open_road

DETECTED = f"We have detected your API key as {KEY} and our standard API rate limit is 25 requests per day."
CALLS: dict[str, Callable[[AlphaVantage], Fetched]] = {
    "overview": lambda client: client.overview("GME"),
    "global_quote": lambda client: client.global_quote("GME"),
    "intraday": lambda client: client.intraday("GME", wire.DAY),
    "intraday csv": lambda client: client.intraday("GME", wire.DAY, as_csv=True),
    "daily": lambda client: client.daily("GME"),
    "daily csv": lambda client: client.daily("GME", as_csv=True),
    "news_sentiment": lambda client: client.news_sentiment("GME", SINCE),
    "historical_options": lambda client: client.historical_options("GME", wire.DAY),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def road_with(tmp_path, *answers: httpx.Response) -> tuple[Road, AlphaVantage]:
    """Return a road and the client on it."""
    road = open_road(tmp_path, in_turn(*answers), {"alpha_vantage": QUICK})
    return road, AlphaVantage(road.transport, ADDRESS, KEY)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (Said(error=wire.KEYLESS), Unauthorized), (Said(error=wire.BAD_CALL), NotFound),
        (Said(error="The server could not compute."), BadRequest), (Said(information=wire.DEMO), Unauthorized),
        (Said(information=wire.PAYWALL), NotEntitled), (Said(information=wire.PAID_SIZE), NotEntitled),
        (Said(information=wire.BURST), RateLimited), (Said(information=wire.BURST_PAID), RateLimited),
        (Said(information=wire.QUOTA), QuotaSpent), (Said(information=DETECTED), QuotaSpent),
        (Said(note=wire.OLD_NOTE), RateLimited), (Said(note=wire.QUOTA), QuotaSpent),
        (Said(information=wire.BAD_INPUTS), NotFound), (Said(message=wire.ARTIFICIAL), NotEntitled),
        (Said(information="We are celebrating."), MalformedBody), (Said(information=""), MalformedBody),
        (Said(error=wire.BAD_CALL, information=wire.QUOTA), NotFound), (Said(message="success"), None), (Said(), None),
    ],
    ids=repr,
)  # fmt: skip
def test_each_sentence_has_its_error(said, error) -> None:
    found = refusal_in(said, OVERVIEW)
    assert (type(found) if found else None) is error


def test_only_the_two_phrases_are_the_paywall() -> None:
    """The sentence about a burst names premium plans, premium endpoints and the day's limit."""
    assert all(word in wire.BURST.lower() for word in ("premium plans", "premium endpoints", "per day"))
    found = refusal_in(Said(information=wire.BURST), OVERVIEW)
    assert isinstance(found, RateLimited)
    assert found.retry_after_seconds is not None
    assert found.retry_after_seconds >= 1.2


@every_call
@pytest.mark.parametrize(
    ("text", "error", "times"),
    [(wire.PAYWALL, NotEntitled, 1), (wire.QUOTA, QuotaSpent, 1), (wire.BURST, RateLimited, QUICK.retry_attempts),
     ("A new sentence.", MalformedBody, 1)],
    ids=["paywall", "quota", "burst", "unknown"],
)  # fmt: skip
def test_a_paywall_and_a_quota_are_asked_once_and_a_burst_again(tmp_path, call, text, error, times) -> None:
    road, client = road_with(tmp_path, httpx.Response(200, content=wire.said(text)))
    with pytest.raises(ProviderError) as caught:
        call(client)
    assert type(caught.value) is error
    assert len(road.asked) == times
    assert text[:20] in str(caught.value)
    assert all(seconds >= 1.2 for seconds in road.slept)


def test_after_a_burst_the_answer_comes(tmp_path) -> None:
    burst = httpx.Response(200, content=wire.said(wire.BURST))
    road, client = road_with(tmp_path, burst, httpx.Response(200, content=wire.overview()))
    assert client.overview("GME").parsed.table.num_rows == 1
    assert [row.rate_limited for row in road.audit.calls] == [True, False]


@every_call
def test_the_key_goes_out_as_a_parameter_and_comes_back_nowhere(tmp_path, call, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    road, client = road_with(tmp_path, httpx.Response(200, content=wire.said(DETECTED)))
    with pytest.raises(QuotaSpent) as caught:
        call(client)
    assert road.asked[0].url.params["apikey"] == KEY
    shown = f"{client!r} {caught.value!r} {caught.value} {road.audit} {caplog.text}"
    assert KEY not in shown
    assert "25 requests per day" in shown


def test_a_key_of_another_form_is_masked_too() -> None:
    """The key that is echoed may not be the one that was sent: a proxy's, or an older one."""
    found = refusal_in(
        Said(information="We have detected your API key as ABCDEFGH12345678 and our limit per day"), DAILY
    )
    assert "ABCDEFGH12345678" not in str(found)


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [(403, wire.PAYWALL, NotEntitled), (429, wire.QUOTA, QuotaSpent), (429, wire.BURST, None),
     (401, wire.KEYLESS, Unauthorized), (500, wire.QUOTA, None), (418, "A new sentence.", None)],
)  # fmt: skip
def test_a_status_with_a_sentence_keeps_what_the_status_does_not_say(status, text, error) -> None:
    found = read_refusal(Refusal(status, {}, wire.said(text)), OVERVIEW)
    assert (type(found) if found else None) is error
    assert read_refusal(Refusal(status, {}, b"<html>"), OVERVIEW) is None


@given(st.text(max_size=300), st.sampled_from(["Error Message", "Information", "Note", "message"]))
def test_any_sentence_is_a_provider_error_on_one_line(text, under) -> None:
    said = json.loads(wire.said(text, under))
    found = refusal_in(Said(said.get("Error Message"), said.get("Information"), said.get("Note")), OVERVIEW)
    assert found is None if under == "message" else isinstance(found, ProviderError)
    assert str(found).isprintable()
