"""What the pipeline hands the report: of the shown names only, as of the run, and nothing that was known later."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from amc_assets.features.snapshot import InputAge, Snapshot
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import BORROW_STRESS, IV_30D, NEWS, OPTION_ACTIVITY, TRADE_HALTS
from amc_assets.pipeline.report_evidence import evidence_of
from amc_assets.reasons import Reason
from amc_assets.report.evidence import Evidence

DAY = date(2021, 1, 26)
AS_OF = datetime(2021, 1, 26, 23, 45, tzinfo=UTC)
BEFORE, LATER = AS_OF - timedelta(hours=2), AS_OF + timedelta(minutes=1)
EMPTY: dict[str, Any] = {
    "is_calendar_arbitrage": False, "is_tagged_by_source": True, "is_simulated": False, "method": "interpolated",
    "reason": "present", "source": "test", "quotes_used_count": 10.0, "quotes_dropped": "{}", "contracts_count": 9.0,
    "reason_code": "LUDP", "feed": "wire", "title": "GameStop rallies", "level": "high",
}  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def put(lake: Lake, schema: TableSchema, day: date, *given: dict[str, Any]) -> None:
    """Write rows of GME known two hours before the run unless told otherwise, in one go per known_at."""
    made = [
        {name: EMPTY.get(name) for name in schema.given_names}
        | {name: day for name in ("trade_date",) if name in schema.arrow.names}
        | {"symbol": "GME", "known_at": BEFORE} | row
        for row in given
    ]  # fmt: skip
    for known_at in sorted({row["known_at"] for row in made}):
        fields = pa.schema([schema.arrow.field(name) for name in schema.given_names])
        rows = pa.Table.from_pylist([row for row in made if row["known_at"] == known_at], fields)
        lake.write(schema, day.isoformat(), rows, known_at)


def snapshot(*lines: InputAge) -> Snapshot:
    return Snapshot(
        trade_date=DAY, session="regular", as_of=AS_OF, is_simulated=False, symbols=np.array(["AMC", "GME"]),
        features={}, inputs=lines, universe_count=2,
    )  # fmt: skip


def gme(lake: Lake, *lines: InputAge) -> Evidence:
    return evidence_of(lake, snapshot(*lines), ["GME"])["GME"]


def volatility(iv_frac: float | None, **changes: Any) -> dict[str, Any]:
    return {"iv_30d_frac": iv_frac, "term": "[[10.0, 0.9], [40.0, 0.8]]"} | changes


def item(name: str, published_at: datetime, **changes: Any) -> dict[str, Any]:
    url = f"https://wire.example.com/{name}"
    return {
        "item_id": name,
        "published_at": published_at,
        "title": name,
        "url": url,
        "known_at": published_at,
    } | changes


def test_an_empty_lake_is_evidence_of_nothing_with_reasons(lake):
    found = gme(lake)
    assert (found.volatility, found.volume, found.stress, found.news, found.halts) == (None, None, None, (), ())
    assert found.news_reason is found.halts_reason is Reason.NOT_FETCHED
    assert found.fact("iv_30d_frac").reason is Reason.SOURCE_NOT_BUILT  # a run stored before there were options
    assert evidence_of(lake, snapshot(), []) == {}


def test_a_feed_that_was_collected_is_present_and_one_that_failed_says_why(lake):
    found = gme(
        lake,
        InputAge("news", "news", AS_OF, 0.0, Reason.PRESENT),
        InputAge("trade_halts", "none", None, None, Reason.PROVIDER_UNAVAILABLE),
    )
    assert found.news_reason is Reason.PRESENT
    assert found.halts_reason is Reason.PROVIDER_UNAVAILABLE


def test_chains_are_those_of_the_newest_session_known_and_history_keeps_its_gaps(lake):
    put(lake, IV_30D, date(2021, 1, 20), volatility(0.5))
    put(lake, IV_30D, date(2021, 1, 21), volatility(9.0, method="realised_proxy"))
    put(lake, IV_30D, date(2021, 1, 25), volatility(0.7), volatility(0.6, symbol="AMC"))
    put(lake, IV_30D, DAY, volatility(0.9, known_at=LATER))
    put(lake, OPTION_ACTIVITY, date(2021, 1, 25), {"call_volume_contracts": 12.0})
    found = gme(lake)
    assert found.volatility.chain_date == date(2021, 1, 25)
    assert found.volatility.term == ((10.0, 0.9), (40.0, 0.8))
    assert found.volatility.history == (
        (date(2021, 1, 20), 0.5), (date(2021, 1, 21), None), (date(2021, 1, 22), None), (date(2021, 1, 25), 0.7),
    )  # fmt: skip
    assert found.volume.calls.value == 12.0
    assert found.volume.puts.reason is Reason.INPUT_MISSING


def test_a_name_that_was_not_asked_for_in_the_newest_session_has_no_chain(lake):
    put(lake, IV_30D, date(2021, 1, 25), volatility(0.7))
    put(lake, IV_30D, DAY, volatility(0.6, symbol="AMC"))
    assert gme(lake).volatility is None


def test_a_volatility_revised_after_the_run_is_the_old_one(lake):
    put(lake, IV_30D, DAY, volatility(0.7))
    put(lake, IV_30D, DAY, volatility(2.0, known_at=LATER))
    assert gme(lake).volatility.history == ((DAY, 0.7),)


def test_news_known_or_published_later_is_not_there(lake):
    put(
        lake, NEWS, DAY, item("early", BEFORE), item("known later", BEFORE, known_at=LATER),
        item("dated later", LATER, known_at=BEFORE), item("other name", BEFORE, symbol="AMC"),
    )  # fmt: skip
    assert [one.title for one in gme(lake).news] == ["early"]


def test_one_story_is_one_row_newest_first_and_filings_stand_alone(lake):
    at = [BEFORE - timedelta(hours=hours) for hours in range(6)]
    filing = {"form": "8-K", "title": "8-K - GameStop", "filing_items": "2.02"}
    put(
        lake, NEWS, DAY,
        item("a", at[4], title="GameStop plunges", publisher="One"),
        item("b", at[3], title="GAMESTOP plunges!", publisher="Two", feed="other"),
        item("c", at[2], title="GameStop soars", publisher=None),
        item("d", at[1], **filing), item("e", at[0], **filing),
    )  # fmt: skip
    news = gme(lake).news
    assert [(one.title, one.publishers) for one in news] == [
        ("8-K - GameStop", ("wire",)), ("8-K - GameStop", ("wire",)), ("GameStop soars", ("wire",)),
        ("GameStop plunges", ("One", "Two")),
    ]  # fmt: skip
    assert news[0].direction is news[0].stock_polarity is None
    assert news[2].direction > 0 > news[3].direction
    assert -1.0 <= news[2].stock_polarity <= 1.0


def test_a_name_with_many_headlines_does_not_crowd_out_another(lake):
    put(lake, NEWS, DAY, *(item(f"n{i}", BEFORE - timedelta(minutes=i)) for i in range(30)))
    put(lake, NEWS, DAY, item("old", BEFORE - timedelta(hours=9), symbol="AMC", known_at=BEFORE))
    found = evidence_of(lake, snapshot(), ["GME", "AMC"])
    assert [one.title for one in found["GME"].news] == [f"n{i}" for i in range(8)]
    assert [one.title for one in found["AMC"].news] == ["old"]


def test_halts_of_the_week_and_no_resumption_from_the_future(lake):
    began = BEFORE - timedelta(hours=1)
    put(lake, TRADE_HALTS, date(2021, 1, 12), {"halted_at": began - timedelta(days=14)})
    put(lake, TRADE_HALTS, date(2021, 1, 22), {"halted_at": began - timedelta(days=4), "resumed_at": BEFORE})
    put(lake, TRADE_HALTS, DAY, {"halted_at": began, "resumed_at": LATER}, {"halted_at": LATER})
    halts = gme(lake).halts
    assert [(one.halted_at, one.resumed_at) for one in halts] == [
        (began, None), (began - timedelta(days=4), BEFORE),
    ]  # fmt: skip


def test_borrow_parts_are_those_of_the_run(lake):
    def parts(score: str) -> str:
        return (
            f'{{"implied_borrow":{{"score":{score},"input":0.5,"unit":"fraction","weight":0.4,'
            '"known_at":"2021-01-26T21:15:00Z","reason":"present"},"fails":{"score":null,"input":null,'
            '"unit":"fraction","weight":0.06,"known_at":null,"reason":"not_published"}}'
        )

    put(lake, BORROW_STRESS, DAY, {"parts": parts("80.0"), "stress_confidence": 0.8, "known_at": AS_OF})
    put(lake, BORROW_STRESS, DAY, {"parts": parts("11.0"), "stress_confidence": 0.8, "known_at": LATER})
    first, second = gme(lake).stress.parts
    assert (first.score, first.value, first.known_at) == (80.0, 0.5, datetime(2021, 1, 26, 21, 15, tzinfo=UTC))
    assert (second.score, second.reason) == (None, Reason.NOT_PUBLISHED)


def test_reading_earlier_sees_less(lake):
    put(lake, NEWS, DAY, *(item(f"n{i}", BEFORE - timedelta(hours=i)) for i in range(4)))
    earlier = replace(snapshot(), as_of=BEFORE - timedelta(hours=2))
    assert [one.title for one in evidence_of(lake, earlier, ["GME"])["GME"].news] == ["n2", "n3"]
