"""Trade halts: New York times turned into instants, one row per halt, and nothing half read."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.nasdaq.halts import parse_trade_halts, trade_halts_request
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.nasdaq_bodies import DAY, halt, halts

REQUEST = trade_halts_request(BASE)
USUAL = [halt("AAA"), halt("BBB", ReasonCode="T1", Market="NYSE American"), halt("CCC", ReasonCode="H10")]


def parsed_row(**fields: str) -> dict[str, object]:
    """Return the row of one halt."""
    table = parse_trade_halts(halts([halt("XYZ", **fields)]), REQUEST).table
    row: dict[str, object] = table.to_pylist()[0]
    return row


def test_a_halt_that_lasts() -> None:
    assert parsed_row(PauseThresholdPrice="12.34") == {
        "source_symbol": "XYZ", "name": "XYZ Cmn Stk", "market": "NASDAQ", "reason_code": "LUDP",
        "halted_at": datetime(2026, 11, 20, 14, 45, 1, 125000, tzinfo=UTC), "resumption_quote_at": None,
        "resumption_trade_at": None, "pause_threshold_usd": 12.34,
    }  # fmt: skip


def test_a_halt_in_summer_time_and_its_end() -> None:
    row = parsed_row(
        HaltDate="06/22/2026", HaltTime="09:57:48 .636", ResumptionDate="06/22/2026",
        ResumptionQuoteTime="10:02:48", ResumptionTradeTime="10:07:48",
    )  # fmt: skip
    assert row["halted_at"] == datetime(2026, 6, 22, 13, 57, 48, 636000, tzinfo=UTC)
    assert row["resumption_quote_at"] == datetime(2026, 6, 22, 14, 2, 48, tzinfo=UTC)
    assert row["resumption_trade_at"] == datetime(2026, 6, 22, 14, 7, 48, tzinfo=UTC)


def test_pub_date_is_not_a_time() -> None:
    body = halts([halt("XYZ")]).replace(b"Fri, 20 Nov 2026 05:00:00 GMT", b"nonsense")
    assert parse_trade_halts(body, REQUEST).table.num_rows == 1


def test_either_name_of_the_market_is_read() -> None:
    body = halts([halt("XYZ", Market="NYSE Arca")]).replace(b"ndaq:Market", b"ndaq:Mkt")
    assert parse_trade_halts(body, REQUEST).table.column("market").to_pylist() == ["NYSE Arca"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"IssueSymbol": ""}, "bad_symbol"), ({"IssueSymbol": "../x"}, "bad_symbol"),
        ({"ReasonCode": ""}, "bad_reason_code"), ({"ReasonCode": "=1+1"}, "bad_reason_code"),
        ({"HaltDate": ""}, "no_halt_time"), ({"HaltTime": ""}, "no_halt_time"),
        ({"HaltDate": "2026-11-20"}, "unreadable_date"), ({"HaltDate": "02/30/2026"}, "unreadable_date"),
        ({"HaltTime": "25:00:00"}, "unreadable_time"), ({"HaltTime": "9.45"}, "unreadable_time"),
        ({"HaltDate": "11/01/2026", "HaltTime": "01:30:00"}, "ambiguous_time"),
        ({"HaltDate": "03/08/2026", "HaltTime": "02:30:00"}, "ambiguous_time"),
        ({"ResumptionDate": "11/20/2026", "ResumptionTradeTime": "09:00:00"}, "resumed_before_halt"),
        ({"ResumptionDate": "soon", "ResumptionTradeTime": "09:00:00"}, "unreadable_date"),
        ({"PauseThresholdPrice": "1,5"}, "unreadable_price"), ({"PauseThresholdPrice": "-1"}, "unreadable_price"),
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_not_understood_is_refused_by_name_and_the_others_stay(fields, reason) -> None:
    parsed = parse_trade_halts(halts([*USUAL, halt("XYZ", **fields)]), REQUEST)
    assert parsed.rejected == {reason: 1}
    assert parsed.table.column("source_symbol").to_pylist() == ["AAA", "BBB", "CCC"]
    assert parsed.samples[0].startswith(reason)


def test_a_halt_of_a_later_day_than_asked_for_is_refused() -> None:
    items = [*USUAL, halt("OLD", HaltDate="02/22/2019"), halt("NEW", HaltDate="11/21/2026")]
    parsed = parse_trade_halts(halts(items), trade_halts_request(BASE, DAY))
    assert parsed.rejected == {"wrong_date": 1}
    assert parsed.table.column("source_symbol").to_pylist() == ["AAA", "BBB", "CCC", "OLD"]


def test_an_item_less_than_announced_is_a_truncated_feed() -> None:
    with pytest.raises(MalformedBody, match="announces '4' halts and holds 3"):
        parse_trade_halts(halts(USUAL, announced=4), REQUEST)


def test_a_feed_that_is_not_well_formed_is_refused() -> None:
    with pytest.raises(MalformedBody, match="not well formed"):
        parse_trade_halts(halts(USUAL).replace(b"</ndaq:Market>", b"", 1), REQUEST)


def test_a_feed_of_odd_halts_is_another_feed() -> None:
    odd = [halt("A", IssueSymbol="") for _ in range(21)]
    assert parse_trade_halts(halts([*USUAL[:2], *odd[:20]]), REQUEST).table.num_rows == 2
    with pytest.raises(MalformedBody, match="bad_symbol 21"):
        parse_trade_halts(halts([*USUAL[:2], *odd]), REQUEST)
    with pytest.raises(MalformedBody, match="1 of 1"):
        parse_trade_halts(halts(odd[:1]), REQUEST)


def test_a_day_of_two_thousand_halts_is_read() -> None:
    many = [halt(f"S{chr(65 + n // 676)}{chr(65 + n // 26 % 26)}{chr(65 + n % 26)}") for n in range(2000)]
    assert parse_trade_halts(halts(many), REQUEST).table.num_rows == 2000


@pytest.mark.real_data
def test_the_recorded_feed(shared_data: Path) -> None:
    parsed = parse_trade_halts((shared_data / "rss/nasdaq_tradehalts_20230619.xml").read_bytes(), REQUEST)
    assert (parsed.table.num_rows, parsed.rejected, parsed.notes) == (14, {}, {})
    rows = {row["source_symbol"]: row for row in parsed.table.to_pylist()}
    assert rows["QIWI"]["halted_at"] == datetime(2022, 2, 28, 11, 38, tzinfo=UTC)
    assert rows["ROCC"] == {
        "source_symbol": "ROCC", "name": "Ranger Oil Cp Cl A Cmn", "market": "NASDAQ", "reason_code": "T12",
        "halted_at": datetime(2023, 6, 16, 23, 50, 1, tzinfo=UTC), "resumption_quote_at": None,
        "resumption_trade_at": None, "pause_threshold_usd": None,
    }  # fmt: skip
    assert min(row["halted_at"].date() for row in rows.values()) == date(2019, 2, 22)
