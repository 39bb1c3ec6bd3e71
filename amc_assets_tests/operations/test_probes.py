"""Probes: every provider answers one, faults become results, and a look opens no breaker."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from amc_assets.clock import FixedClock, MarketClock, SystemClock
from amc_assets.market.calendar import new_york
from amc_assets.pipeline import health
from amc_assets.pipeline.health import NO_PROBE, PROBES, BriefSources, probe, probe_all, skew_seconds
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers import errors
from amc_assets.settings import KNOWN_PROVIDERS, load_settings
from amc_assets.store.calls import recent_calls
from amc_assets.store.engine import open_engine, upgrade
from amc_assets_tests.replay.rich_market import DAY

WHERE = ("finra", "short_interest_settlements", "GET x was answered", "do something")
AT = datetime(2026, 11, 20, 21, tzinfo=UTC)
CLOCK = MarketClock(new_york(DAY, 18))
"""The evening of the day that the market of these tests is about; durations are real."""


def test_every_provider_has_a_probe_or_says_why_not():
    assert {*PROBES, *NO_PROBE} == set(KNOWN_PROVIDERS)
    assert not set(PROBES) & set(NO_PROBE)


@pytest.mark.parametrize("provider", PROBES)
def test_provider_answers_its_probe(workspace: Workspace, provider: str):
    found = probe(workspace.sources, provider, CLOCK)
    assert (found.is_reachable, found.is_key_accepted) == (True, True), found.said
    assert found.latency_ms is not None


@pytest.mark.parametrize("provider", PROBES)
def test_probe_is_cheap(workspace: Workspace, provider: str):
    before = SystemClock().now()
    probe(workspace.sources, provider, CLOCK)
    made = recent_calls(workspace.engine, provider, before)
    assert len(made) == 1


def test_provider_without_a_probe_is_not_asked(workspace: Workspace):
    found = probe(workspace.sources, "yahoo", CLOCK)
    assert (found.is_reachable, found.latency_ms) == (None, None)
    assert found.said.startswith("not asked: ")


@pytest.mark.parametrize(
    ("fault", "reachable", "accepted"),
    [
        (errors.Unreachable, False, None),
        (errors.ServerFault, False, None),
        (errors.MalformedBody, False, None),
        (errors.RateLimited, False, None),
        (errors.Unauthorized, True, False),
        (errors.NotEntitled, True, True),
        (errors.NotFound, True, True),
        (errors.NotYetPublished, True, True),
        (errors.QuotaSpent, None, None),
        (errors.BreakerOpen, None, None),
    ],
)
def test_fault_is_a_result(
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    fault: type[errors.ProviderError],
    reachable: bool | None,
    accepted: bool | None,
):
    def failing(_sources: object, _day: object) -> None:
        raise fault(*WHERE)

    monkeypatch.setattr(health, "PROBES", {"finra": failing})
    found = probe(workspace.sources, "finra", CLOCK)
    assert (found.is_reachable, found.is_key_accepted) == (reachable, accepted)
    assert "do something" in found.said


def test_fault_of_the_program_is_not_hidden(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health, "PROBES", {"finra": lambda _sources, _day: 1 / 0})
    with pytest.raises(ZeroDivisionError):
        probe_all(workspace.sources, ["finra"], CLOCK)


@pytest.mark.parametrize(("left", "is_asked"), [(0, False), (5, False), (6, True), (None, True)])
def test_last_calls_of_a_quota_are_spared(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, left: int | None, is_asked: bool
):
    monkeypatch.setattr(workspace.sources, "calls_left", lambda _provider, _day: left)
    found = probe(workspace.sources, "alpha_vantage", CLOCK)
    assert found.said.startswith("not asked") is not is_asked


def test_results_come_in_the_order_asked(workspace: Workspace):
    order = ["treasury", "finra", "news"]
    assert [found.provider for found in probe_all(workspace.sources, order, CLOCK)] == order
    assert probe_all(workspace.sources, [], CLOCK) == []


@given(seconds=st.integers(-86_400, 86_400), age=st.integers(0, 3_600))
def test_skew_is_the_machine_minus_the_header(seconds: int, age: int):
    said = format_datetime(AT - timedelta(seconds=seconds), usegmt=True)
    assert skew_seconds({"date": said}, AT) == seconds
    assert skew_seconds({"date": said, "age": str(age)}, AT) == seconds - age


@pytest.mark.parametrize(
    "headers", [{}, {"date": ""}, {"date": "yesterday"}, {"date": "Fri, 20 Nov 2026 21:00:00 GMT", "age": "long"}]
)
def test_no_skew_without_a_date(headers: Mapping[str, str]):
    assert skew_seconds(headers, AT) is None


class Dead(httpx.BaseTransport):
    """A network that fails at once."""

    def __init__(self) -> None:
        self.calls = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        raise httpx.ConnectError("planted", request=request)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Yield an operational database of its own."""
    made = open_engine(f"sqlite:///{tmp_path / 'amc.db'}")
    upgrade(made)
    yield made
    made.dispose()


def test_look_asks_a_dead_provider_once_and_opens_no_breaker(tmp_path: Path, engine: Engine):
    settings = load_settings({"AMC_PLAN": "keyless"}, home=tmp_path)
    network, clock = Dead(), FixedClock(AT)
    with httpx.Client(transport=network) as client:
        sources = BriefSources(settings, engine, clock, client)
        (found,) = probe_all(sources, ["treasury"], clock)
        assert (found.is_reachable, network.calls) == (False, 1)
        assert {status.state for status in sources.breakers().statuses()} == {"closed"}
    assert clock.slept == []


def test_skew_of_a_wrong_clock_is_seen(tmp_path: Path, engine: Engine):
    """A planted error of two minutes comes through the whole road, header to result."""

    def answer(_request: httpx.Request) -> httpx.Response:
        headers = {"date": format_datetime(AT, usegmt=True), "content-type": "text/html"}
        return httpx.Response(200, headers=headers, content=b"market status is not here")

    settings = load_settings({"AMC_PLAN": "keyless"}, home=tmp_path)
    clock = FixedClock(AT + timedelta(seconds=120))
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        sources = BriefSources(settings, engine, clock, client)
        (found,) = probe_all(sources, ["news"], clock)
        assert found.is_reachable is False, "a page in place of a feed is no answer"
    feed = b'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title></channel></rss>'

    def feeds(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"date": format_datetime(AT, usegmt=True)}, content=feed)

    with httpx.Client(transport=httpx.MockTransport(feeds)) as client:
        (found,) = probe_all(BriefSources(settings, engine, clock, client), ["news"], clock)
    assert found.skew_seconds == pytest.approx(120.0 + sum(clock.slept)), found.said
