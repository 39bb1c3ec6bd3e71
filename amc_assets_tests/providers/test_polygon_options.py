"""The option chain: parts that are missing, figures that cannot be, symbols against details, pages."""

from datetime import UTC, date, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.polygon.client import Polygon
from amc_assets.providers.polygon.contract_symbols import read_symbols
from amc_assets.providers.polygon.options import option_snapshot_request, parse_option_snapshot
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.polygon_bodies import DAY, MIDNIGHT_MS, NOON_NS, answer, contract, full_contract
from amc_assets_tests.providers.roads import KEY, open_road

REQUEST = option_snapshot_request(BASE, KEY, "GME")
CHAIN = [contract(strike) for strike in range(1, 41)]
OPTIONAL = {
    "bid_usd", "ask_usd", "bid_size_contracts", "ask_size_contracts", "last_usd", "volume_contracts", "vendor_iv_frac",
    "vendor_delta", "vendor_gamma", "underlying_usd", "quoted_at", "quote_date",
}  # fmt: skip


@pytest.mark.parametrize("nothing", [{}, None])
def test_what_a_contract_does_not_have_is_null(nothing) -> None:
    sent = full_contract(
        day=nothing, greeks=nothing, last_quote=nothing, last_trade=nothing, underlying_asset=nothing,
        implied_volatility=None,
    )  # fmt: skip
    (row,) = parse_option_snapshot(answer([sent]), REQUEST).table.to_pylist()
    assert {name for name, value in row.items() if value is None} == OPTIONAL
    assert (row["source_symbol"], row["open_interest_contracts"], row["is_call"]) == ("GME", 813.0, True)


def test_a_bid_of_zero_and_an_open_interest_of_zero_are_values() -> None:
    sent = full_contract(last_quote={"bid": 0, "ask": 0.05}, open_interest=0, day={"volume": 0})
    (row,) = parse_option_snapshot(answer([sent]), REQUEST).table.to_pylist()
    assert (row["bid_usd"], row["open_interest_contracts"], row["volume_contracts"]) == (0.0, 0.0, 0.0)


def test_the_last_price_is_the_last_trade_or_else_that_of_the_day() -> None:
    sent = [full_contract(1), full_contract(2, last_trade={}), full_contract(3, last_trade={}, day={})]
    table = parse_option_snapshot(answer(sent), REQUEST).table
    assert table.column("last_usd").to_pylist() == [29.2, 29.0, None]


def test_the_day_of_the_chain_is_that_of_its_newest_quote_in_new_york() -> None:
    late = 1795230000 * 10**9  # 2026-11-20 22:00 New York, the 21st in UTC
    for at, day in (
        (NOON_NS, DAY),
        (late, DAY),
        (MIDNIGHT_MS * 10**6, DAY),
        (MIDNIGHT_MS * 10**6 - 1000, date(2026, 11, 19)),
    ):
        sent = [contract(1), contract(2, last_quote={"last_updated": at})]
        table = parse_option_snapshot(answer(sent), REQUEST).table
        assert table.column("quote_date").to_pylist() == [day, day]
        assert table.column("quoted_at").to_pylist() == [None, datetime.fromtimestamp(at // 1000 / 10**6, UTC)]


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"implied_volatility": 0}, "vendor_iv_frac"), ({"implied_volatility": -0.1}, "vendor_iv_frac"),
        ({"implied_volatility": 20.5}, "vendor_iv_frac"), ({"greeks": {"delta": 1.01}}, "vendor_delta"),
        ({"greeks": {"delta": -1.01}}, "vendor_delta"), ({"greeks": {"gamma": -1}}, "vendor_gamma"),
    ],
)  # fmt: skip
def test_a_figure_of_the_vendor_that_cannot_be_is_null_and_counted(changes, column) -> None:
    parsed = parse_option_snapshot(answer([*CHAIN, full_contract(50, **changes)]), REQUEST)
    assert parsed.rejected == {}
    assert parsed.notes["vendor_out_of_bounds"] == "1"
    assert parsed.table.column(column).to_pylist()[-1] is None
    assert parsed.table.column("ask_usd").to_pylist()[-1] == 29.25


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"contract_type": "other"}, "unknown_contract_type"), ({"contract_type": "put"}, "contract_mismatch"),
        ({"strike_price": 50.5}, "contract_mismatch"), ({"strike_price": 50.001}, "contract_mismatch"),
        ({"expiration_date": "2026-12-19"}, "contract_mismatch"), ({"expiration_date": "2099-99-99"}, "unreadable_row"),
        ({"expiration_date": "2126-12-18"}, None),  # the symbol has two digits of the year
        ({"strike_price": 0}, "price_not_positive"), ({"strike_price": -50}, "price_not_positive"),
        ({"strike_price": 1e12}, "contract_mismatch"), ({"shares_per_contract": 0}, "price_not_positive"),
        ({"ticker": "O:GME261218C0005000"}, "bad_symbol"), ({"ticker": "GME261218C00050000"}, "bad_symbol"),
        ({"ticker": "O:G<E261218C00050000"}, "bad_symbol"), ({"ticker": "O:GME261218X00050000"}, "bad_symbol"),
        ({"ticker": "O:GME2612\u0661\u0668C00050000"}, "bad_symbol"), ({"ticker": ""}, "bad_symbol"),
        ({"ticker": "O:GME1261218C00050000"}, None),  # an adjusted contract has a root of its own
        ({"open_interest": -1}, "negative_number"), ({"last_quote": {"ask": -1}}, "negative_number"),
        ({"day": {"volume": -1}}, "negative_number"), ({"underlying_asset": {"price": -1}}, "price_not_positive"),
        ({"underlying_asset": {"ticker": "AMC"}}, "wrong_symbol"), ({"last_quote": {"last_updated": 1}}, "bad_instant"),
        ({"details": {}}, "unreadable_row"), ({"greeks": []}, "unreadable_row"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_contract_is_refused_by_name_and_the_others_stay(changes, reason) -> None:
    parsed = parse_option_snapshot(answer([*CHAIN, contract(50, **changes)]), REQUEST)
    assert parsed.rejected == ({reason: 1} if reason else {})
    assert parsed.table.num_rows == 40 + (reason is None)


def test_a_chain_of_another_underlying_is_malformed() -> None:
    with pytest.raises(MalformedBody, match="wrong_symbol 2"):
        parse_option_snapshot(answer([full_contract(1), full_contract(2)]), option_snapshot_request(BASE, KEY, "AMC"))


def test_a_chain_in_pages_is_one_and_a_contract_on_two_pages_counts_once(tmp_path) -> None:
    pages = [
        answer(CHAIN[:25], next_url="https://api.massive.com/v3/snapshot/options/GME?cursor=abc"),
        answer(CHAIN[24:]),
    ]
    road = open_road(tmp_path, lambda request: httpx.Response(200, content=pages.pop(0)))
    parsed = Polygon(road.transport, BASE, KEY).option_snapshot("GME").parsed
    assert parsed.table.column("strike_usd").to_pylist() == [float(strike) for strike in range(1, 41)]
    assert (parsed.rejected, parsed.notes["pages"]) == ({"duplicate_row": 1}, "2")
    assert str(road.asked[1].url) == f"{BASE}/v3/snapshot/options/GME?cursor=abc"


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[A-Z]{1,5}[12]?", fullmatch=True), st.dates(date(2000, 1, 1), date(2099, 12, 31)),
            st.booleans(), st.integers(1, 10**8 - 1),
        ),
        max_size=20,
    )
)  # fmt: skip
def test_symbols_are_read_as_they_were_written(contracts) -> None:
    written = [f"O:{root}{day:%y%m%d}{'C' if call else 'P'}{mills:08d}" for root, day, call, mills in contracts]
    says = read_symbols(written)
    assert not says.bad.any()
    assert says.expiration_yymmdd.tolist() == [int(f"{day:%y%m%d}") for _, day, _, _ in contracts]
    assert says.is_call.tolist() == [call for _, _, call, _ in contracts]
    assert says.strike_usd.tolist() == [mills / 1000 for *_, mills in contracts]


@given(st.lists(st.text(max_size=24), max_size=20))
def test_any_text_may_stand_where_a_symbol_should(texts) -> None:
    assert read_symbols(texts).bad.all()
