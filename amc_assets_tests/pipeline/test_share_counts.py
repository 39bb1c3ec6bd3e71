"""Dates and owners of share counts: the source's own date, and a company's number that is of none of its classes."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pyarrow as pa
import pytest

from amc_assets.lake.tables import SHARE_COUNTS
from amc_assets.pipeline import share_counts
from amc_assets.providers.exchange import Fetched, Parsed

DAY = date(2021, 1, 27)
ASKED_AT = datetime(2021, 1, 27, 23, 50, tzinfo=UTC)
WORKSPACE = SimpleNamespace(is_simulated=False)


def overview(quarter: date | None) -> Fetched:
    table = pa.table(
        {
            "float_shares": pa.array([5e6]),
            "outstanding_shares": pa.array([7e6]),
            "latest_quarter_date": pa.array([quarter], pa.date32()),
        }
    )
    return Fetched(Parsed(table), ASKED_AT, "alpha_vantage.overview")


@pytest.mark.parametrize("quarter", [date(2020, 10, 31), None])
def test_an_overview_is_of_the_quarter_it_names_and_not_of_the_day_it_was_asked(quarter):
    (row,) = share_counts._stated(WORKSPACE, DAY, "GME", overview(quarter)).to_pylist()
    assert (row["float_effective_date"], row["outstanding_date"]) == (quarter, quarter)
    assert (row["point_in_time"], row["known_at"]) == ("point_in_time", ASKED_AT)


def test_an_overview_of_a_quarter_after_the_day_is_biased():
    (row,) = share_counts._stated(WORKSPACE, DAY, "GME", overview(date(2021, 4, 30))).to_pylist()
    assert row["point_in_time"] == "biased"


def filed(end: date, shares: float) -> Fetched:
    table = pa.table(
        {
            "end_date": pa.array([end], pa.date32()),
            "filed_date": pa.array([end], pa.date32()),
            "outstanding_shares": pa.array([shares]),
        }
    )
    return Fetched(Parsed(table), ASKED_AT, "sec.company_facts")


def ask_sec(monkeypatch: pytest.MonkeyPatch, symbols, known=()):
    """Ask the SEC about GME (CIK 1) and the classes LEN and LEN.B (CIK 2); return rows, calls and rejected counts."""
    calls: list[str] = []

    def company_facts(cik: str) -> Fetched:
        calls.append(cik)
        return filed(date(2021, 1, 4), 7e6)

    monkeypatch.setattr(share_counts, "ciks_by_symbol", lambda *_: {"GME": "1", "LEN": "2", "LEN.B": "2"})
    monkeypatch.setattr(share_counts, "symbols_by_cik", lambda *_: {"1": ["GME"], "2": ["LEN", "LEN.B"]})
    workspace = SimpleNamespace(
        is_simulated=False, sources=SimpleNamespace(sec=lambda _: SimpleNamespace(company_facts=company_facts))
    )
    found = share_counts._Found(tables=list(known))
    share_counts._filed_counts(workspace, DAY, symbols, found)
    rows = [row for table in found.tables[len(known) :] for row in table.to_pylist()]
    return {row["symbol"]: row["outstanding_shares"] for row in rows}, calls, found.rejected


def stated(symbol: str, *, dated: date, float_shares: float | None = None, outstanding: float | None = None):
    row = {
        "trade_date": DAY, "symbol": symbol, "float_shares": float_shares, "float_effective_date": None,
        "outstanding_shares": outstanding, "outstanding_date": dated, "point_in_time": "point_in_time",
        "source": "test", "known_at": ASKED_AT, "is_simulated": False,
    }  # fmt: skip
    return pa.Table.from_pylist([row], schema=pa.schema([SHARE_COUNTS.arrow.field(name) for name in row]))


def test_a_number_of_the_company_goes_to_each_of_its_classes_where_the_rules_refuse_it(monkeypatch):
    rows, calls, rejected = ask_sec(monkeypatch, ["LEN.B", "GME", "LEN"])
    assert rows == {"GME": 7e6, "LEN": 7e6, "LEN.B": 7e6}
    assert sorted(calls) == ["1", "2"]
    assert rejected == {}


def test_where_one_class_has_its_own_count_the_number_of_the_company_is_rejected(monkeypatch):
    own = stated("LEN", dated=date(2021, 1, 4), float_shares=5e6)
    rows, calls, rejected = ask_sec(monkeypatch, ["LEN", "LEN.B"], [own])
    assert (rows, calls, rejected) == ({}, [], {"shared_count": 1})


@pytest.mark.parametrize(("dated", "asks"), [(date(2021, 1, 4), False), (date(2020, 8, 1), True)])
def test_a_count_older_than_its_next_report_is_asked_for_again(monkeypatch, dated, asks):
    _, calls, _ = ask_sec(monkeypatch, ["GME"], [stated("GME", dated=dated, outstanding=6e6)])
    assert calls == (["1"] if asks else [])


def filings(*rows: tuple[date, date, float]) -> pa.Table:
    """Return statements of the SEC: (date of the count, date of the filing, shares)."""
    ends, dates, shares = zip(*rows, strict=True)
    return pa.table(
        {
            "end_date": pa.array(ends, pa.date32()),
            "filed_date": pa.array(dates, pa.date32()),
            "outstanding_shares": pa.array(shares),
        }
    )


OLDER = (date(2020, 12, 1), date(2020, 12, 8), 6e6)


@pytest.mark.parametrize(("filed_on", "wanted"), [(DAY, 7e6), (date(2021, 1, 28), 6e6)])
def test_a_count_filed_on_the_day_is_read_and_one_filed_the_next_day_is_not(filed_on, wanted):
    newest = share_counts._newest_filing(filings(OLDER, (date(2021, 1, 22), filed_on, 7e6)), DAY)
    assert newest is not None
    assert newest["outstanding_shares"].to_pylist() == [wanted]


def test_without_a_filing_by_the_day_there_is_no_count():
    assert share_counts._newest_filing(filings((date(2021, 1, 22), date(2021, 1, 28), 7e6)), DAY) is None


def test_a_filing_is_known_from_the_evening_of_its_date_and_never_after_it_arrived():
    found = Fetched(Parsed(filings(OLDER)), ASKED_AT, "sec.company_facts")
    (row,) = share_counts._filed(WORKSPACE, DAY, "GME", found, found.parsed.table).to_pylist()
    assert row["known_at"] == datetime(2020, 12, 8, 23, tzinfo=UTC)  # 18:00 New York
    at_noon = Fetched(found.parsed, datetime(2020, 12, 8, 17, tzinfo=UTC), "sec.company_facts")
    (row,) = share_counts._filed(WORKSPACE, DAY, "GME", at_noon, at_noon.parsed.table).to_pylist()
    assert row["known_at"] == at_noon.fetched_at
