"""Faults really happen on the wire, are counted, and are the same for the same seed whatever the order of threads."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from amc_assets.replay.answers import Answer
from amc_assets.replay.faults import FaultKind, FaultPlan, FaultRule
from amc_assets.replay.server import ReplayServer
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets_tests.replay.conftest import SIMULATED_DAY, keyed_client
from amc_assets_tests.replay.reading import grouped_path, pipe_rows, short_volume_path

FILE = short_volume_path(SIMULATED_DAY)


@contextmanager
def broken(market: SimulatedMarket, *rules: FaultRule, seed: int = 0) -> Iterator[tuple[httpx.Client, FaultPlan]]:
    """Serve ``market`` with ``rules`` and give a client and the plan."""
    plan = FaultPlan(rules, seed=seed)
    with ReplayServer(market, faults=plan) as server, keyed_client(server) as client:
        yield client, plan


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("retry_after_seconds", [None, 7.0])
def test_statuses(small_market: SimulatedMarket, status: int, retry_after_seconds: float | None) -> None:
    rule = FaultRule(FaultKind.STATUS, status=status, retry_after_seconds=retry_after_seconds)
    with broken(small_market, rule) as (client, plan):
        answer = client.get(FILE)
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == (None if retry_after_seconds is None else "7")
    assert plan.injected == {"status": 1}
    assert plan.injected_by_dataset == {("daily_short_volume", "status"): 1}


def test_reset_and_truncation_break_the_connection(small_market: SimulatedMarket) -> None:
    with broken(small_market, FaultRule(FaultKind.RESET, max_count=1), FaultRule(FaultKind.TRUNCATE)) as (client, plan):
        with pytest.raises(httpx.ReadError):
            client.get(FILE)
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            client.get(FILE)
    assert plan.injected == {"reset": 1, "truncate": 1}


def test_a_shortened_body_looks_whole_until_its_trailer_is_missed(small_market: SimulatedMarket) -> None:
    with broken(small_market, FaultRule(FaultKind.SHORTEN, keep_frac=0.6, max_count=1)) as (client, _):
        short, whole = client.get(FILE), client.get(FILE)
    assert short.status_code == 200
    assert len(short.content) == int(len(whole.content) * 0.6)
    assert whole.content.startswith(short.content)
    assert pipe_rows(short.content)[-1] != pipe_rows(whole.content)[-1]


def test_html_and_wrong_content_come_with_200(small_market: SimulatedMarket) -> None:
    rules = FaultRule(FaultKind.HTML, max_count=1), FaultRule(FaultKind.WRONG_CONTENT)
    with broken(small_market, *rules) as (client, _):
        page, other = client.get(FILE), client.get(FILE)
    assert (page.status_code, other.status_code) == (200, 200)
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.text.startswith("<!DOCTYPE html>")
    assert other.json() == {"status": "OK", "message": "Welcome to the API"}


def test_latency_adds_to_another_fault(small_market: SimulatedMarket) -> None:
    rules = FaultRule(FaultKind.LATENCY, latency_seconds=0.15), FaultRule(FaultKind.STATUS, status=500)
    with broken(small_market, *rules) as (client, plan):
        start = time.monotonic()
        assert client.get(FILE).status_code == 500
        assert time.monotonic() - start >= 0.15
    assert plan.injected == {"latency": 1, "status": 1}


def test_rules_choose_by_dataset_date_and_count(small_market: SimulatedMarket) -> None:
    rules = (
        FaultRule(FaultKind.STATUS, dataset="grouped_daily", first_requests=2),
        FaultRule(FaultKind.STATUS, path_pattern="20240514", status=500),
    )
    other_day = short_volume_path(SIMULATED_DAY.replace(day=14))
    with broken(small_market, *rules) as (client, _):
        bars = [client.get(grouped_path(SIMULATED_DAY)).status_code for _ in range(3)]
        assert bars == [503, 503, 200]
        assert client.get(FILE).status_code == 200
        assert client.get(other_day).status_code == 500


def test_the_same_seed_breaks_the_same_requests_in_any_order(small_market: SimulatedMarket) -> None:
    rule = FaultRule(FaultKind.STATUS, probability=0.4)
    paths = [f"/v3/reference/tickers?limit={number}" for number in range(1, 41)]

    def statuses(seed: int, workers: int) -> list[int]:
        with (
            broken(small_market, rule, seed=seed) as (client, plan),
            ThreadPoolExecutor(workers) as pool,
        ):
            codes = [answer.status_code for answer in pool.map(client.get, paths)]
            assert plan.injected["status"] == codes.count(503)
        return codes

    alone = statuses(1, 1)
    assert alone == statuses(1, 8)
    assert alone != statuses(2, 1), "another seed breaks other requests: the comparison above can fail"
    assert 5 < alone.count(503) < 30


@pytest.mark.parametrize("text", ["probability", "keep_frac", "latency_seconds"])
def test_impossible_rules_are_refused(text: str) -> None:
    wrong = {
        "probability": lambda: FaultRule(FaultKind.STATUS, probability=1.2),
        "keep_frac": lambda: FaultRule(FaultKind.SHORTEN, keep_frac=1.0),
        "latency_seconds": lambda: FaultRule(FaultKind.LATENCY),
    }
    with pytest.raises(ValueError, match=text):
        wrong[text]()


def test_a_plan_without_rules_changes_nothing() -> None:
    plan = FaultPlan()
    delivery = plan.deliver("daily_short_volume", "/x", lambda: Answer(200, b"body"))
    assert (delivery.answer.body, delivery.wait_seconds, delivery.is_reset, delivery.cut_after_bytes) == (
        b"body",
        0.0,
        False,
        None,
    )
    assert not plan.injected
