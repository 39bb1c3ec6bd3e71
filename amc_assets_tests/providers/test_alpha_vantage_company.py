"""Alpha Vantage's overview and quote: what is left out is null and never zero, an unknown symbol is not found."""

from datetime import date
from typing import Any

import pytest

from amc_assets.providers.alpha_vantage.company import global_quote_request, parse_global_quote, parse_overview
from amc_assets.providers.errors import MalformedBody, NotFound
from amc_assets_tests.providers.cards import alpha_vantage_bodies as wire
from amc_assets_tests.providers.cards.alpha_vantage import ADDRESS, OVERVIEW, QUOTE
from amc_assets_tests.providers.roads import KEY

NUMBERS = {
    "outstanding_shares": "SharesOutstanding", "float_shares": "SharesFloat", "insiders_pct": "PercentInsiders",
    "institutions_pct": "PercentInstitutions", "market_cap_usd": "MarketCapitalization",
}  # fmt: skip
TEXTS = {"sector": "Sector", "industry": "Industry"}


def company(**changes: object) -> dict[str, Any]:
    """Return the one row of an overview."""
    (row,) = parse_overview(wire.overview(**changes), OVERVIEW).table.to_pylist()
    return row


def quoted(**changes: object) -> dict[str, Any]:
    """Return the one row of a quote."""
    (row,) = parse_global_quote(wire.quote(**changes), QUOTE).table.to_pylist()
    return row


def test_an_overview_arrives_as_sent() -> None:
    assert company() == {
        "source_symbol": "GME", "outstanding_shares": 447340000.0, "float_shares": 408700000.0, "insiders_pct": 8.571,
        "institutions_pct": 39.12, "market_cap_usd": 1.03e10, "sector": "CONSUMER CYCLICAL",
        "industry": "SPECIALTY RETAIL", "latest_quarter_date": date(2026, 7, 31),
    }  # fmt: skip


@pytest.mark.parametrize("missing", ["None", "-", ".", "", None])
@pytest.mark.parametrize(
    ("column", "sent"), [*NUMBERS.items(), *TEXTS.items(), ("latest_quarter_date", "LatestQuarter")]
)
def test_what_is_not_sent_is_null_and_nothing_else_changes(column, sent, missing) -> None:
    assert company(**{sent: missing}) == {**company(), column: None}


@pytest.mark.parametrize("text", ["0", "-1", "0.0"])
@pytest.mark.parametrize("column", ["outstanding_shares", "float_shares", "market_cap_usd"])
def test_a_count_of_nothing_is_unknown_and_noted(column, text) -> None:
    parsed = parse_overview(wire.overview(**{NUMBERS[column]: text}), OVERVIEW)
    assert parsed.table.column(column).to_pylist() == [None]
    assert parsed.notes == {"not_positive": "1"}


def test_no_insiders_is_a_value() -> None:
    assert company(PercentInsiders="0")["insiders_pct"] == 0.0


def test_institutions_may_hold_more_than_everything() -> None:
    """Shares on loan are reported twice: GME showed 192 % in January 2021."""
    assert company(PercentInstitutions="192.1")["institutions_pct"] == 192.1


def test_texts_are_made_harmless() -> None:
    sector = company(Sector="ENERGY\u202e\x1b[31m\n<b>" + "x" * 500)["sector"]
    assert sector.startswith("ENERGY[31m <b>x")
    assert sector.isprintable()
    assert len(sector) <= 120


@pytest.mark.parametrize(
    "changes",
    [{"LatestQuarter": "2026-13-01"}, {"LatestQuarter": "soon"}, {"SharesFloat": 408700000}, {"Symbol": None}],
)
def test_an_overview_that_is_not_understood_is_refused(changes) -> None:
    with pytest.raises(MalformedBody):
        company(**changes)


def test_a_quote_arrives_as_sent() -> None:
    assert quoted() == {
        "source_symbol": "GME", "trade_date": date(2026, 11, 20), "open_usd": 22.63, "high_usd": 23.17,
        "low_usd": 22.14, "close_usd": 22.93, "volume_shares": 9062853.0, "previous_close_usd": 22.79,
    }  # fmt: skip


def test_the_name_of_a_quote_may_say_that_it_is_delayed() -> None:
    late = parse_global_quote(wire.quote("Global Quote - DATA DELAYED BY 15 MINUTES"), QUOTE)
    assert late.table.num_rows == 1
    assert late.notes == {"delayed": "true"}
    assert parse_global_quote(wire.quote(), QUOTE).notes == {"delayed": "false"}


@pytest.mark.parametrize("body", [b'{"Global Quote":{}}', b'{"Global Quote - DATA DELAYED BY 15 MINUTES": {}}', b"{}"])
def test_an_empty_quote_is_an_unknown_symbol(body) -> None:
    with pytest.raises(NotFound, match="'GME' is empty"):
        parse_global_quote(body, QUOTE)


@pytest.mark.parametrize("sent", ["None", "0.0000", None])
def test_a_first_session_has_no_close_before_it(sent) -> None:
    assert quoted(previous_close=sent) == {**quoted(), "previous_close_usd": None}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"price": None}, "missing_number"), ({"volume": "None"}, "missing_number"),
        ({"low": "0"}, "price_not_positive"), ({"high": "22.7"}, "inconsistent_ohlc"),
        ({"volume": "-1"}, "negative_volume"),
        ({"latest_trading_day": "None"}, "no date"), ({"latest_trading_day": None}, "no date"),
        ({"price": "22.93 USD"}, "no number"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_quote_that_is_not_understood_is_refused(changes, reason) -> None:
    with pytest.raises(MalformedBody, match=reason):
        quoted(**changes)


@pytest.mark.real_data
def test_a_recorded_quote(shared_data) -> None:
    body = (shared_data / "wire_fixtures/alpha_vantage_romeltorres/global_quote").read_bytes()
    (row,) = parse_global_quote(body, global_quote_request(ADDRESS, KEY, "MSFT")).table.to_pylist()
    assert (row["trade_date"], row["close_usd"], row["volume_shares"]) == (date(2018, 10, 5), 112.13, 29062853.0)
    with pytest.raises(MalformedBody, match="asked for 'GME'"):
        parse_global_quote(body, QUOTE)


@pytest.mark.real_data
def test_recorded_reports_are_no_overview(shared_data) -> None:
    body = (shared_data / "wire_fixtures/alpha_vantage_romeltorres/mock_fundamental_data").read_bytes()
    with pytest.raises(MalformedBody):
        parse_overview(body, OVERVIEW)
