"""Alpha Vantage's option chains: artificial rows never pass, impossible values are null, text becomes numbers once."""

import gzip
import json
import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.providers.alpha_vantage.numbers import MISSING, numbers
from amc_assets.providers.alpha_vantage.options import historical_options_request, parse_historical_options
from amc_assets.providers.errors import MalformedBody, NotEntitled
from amc_assets.providers.exchange import Parsed
from amc_assets.providers.wire.chain import CHAIN_COLUMNS, CHAIN_SCHEMA
from amc_assets_tests.providers.cards import alpha_vantage_bodies as wire
from amc_assets_tests.providers.cards.alpha_vantage import ADDRESS, OPTIONS
from amc_assets_tests.providers.roads import KEY

GOOD = [wire.contract(n) for n in range(60)]


def read(**changes: object) -> Parsed:
    """Parse a chain of sixty good contracts, the first of them changed."""
    return parse_historical_options(wire.chain([wire.contract(0, **changes), *GOOD[1:]]), OPTIONS)


def test_a_contract_arrives_as_sent_and_what_is_not_sent_is_null() -> None:
    (row,) = parse_historical_options(wire.chain([wire.contract(1)]), OPTIONS).table.to_pylist()
    assert row == {
        "source_symbol": "GME", "contract_symbol": "GME261218P00020000", "quote_date": date(2026, 11, 20),
        "expiration_date": date(2026, 12, 18), "strike_usd": 20.0, "is_call": False, "bid_usd": 6.1, "ask_usd": 6.31,
        "bid_size_contracts": 12.0, "ask_size_contracts": 9.0, "last_usd": 6.2, "volume_contracts": 1200.0,
        "open_interest_contracts": 5321.0, "vendor_iv_frac": 0.2734, "vendor_delta": -0.3001, "vendor_gamma": 0.0072,
        "multiplier_shares": None, "underlying_usd": None, "quoted_at": None,
    }  # fmt: skip


def test_the_columns_are_the_declared_ones() -> None:
    assert [name for name, _ in CHAIN_COLUMNS] == CHAIN_SCHEMA.names


def test_zero_and_unknown_stay_apart() -> None:
    changed = read(volume="0", open_interest="None", bid="0.00", ask=None).table.to_pylist()[0]
    assert (changed["volume_contracts"], changed["open_interest_contracts"]) == (0.0, None)
    assert (changed["bid_usd"], changed["ask_usd"]) == (0.0, None)


@pytest.mark.parametrize(
    ("changes", "column", "value", "notes"),
    [
        ({"implied_volatility": "20.0"}, "vendor_iv_frac", 20.0, {}),
        ({"implied_volatility": "20.001"}, "vendor_iv_frac", None, {"iv_out_of_bounds": "1"}),
        ({"implied_volatility": "0"}, "vendor_iv_frac", None, {"iv_out_of_bounds": "1"}),
        ({"implied_volatility": "-0.2"}, "vendor_iv_frac", None, {"iv_out_of_bounds": "1"}),
        ({"implied_volatility": "4.20990"}, "vendor_iv_frac", 4.2099, {}),
        ({"implied_volatility": "None"}, "vendor_iv_frac", None, {}),
        ({"delta": "1.0"}, "vendor_delta", 1.0, {}),
        ({"delta": "-1.01"}, "vendor_delta", None, {"greeks_out_of_bounds": "1"}),
        ({"gamma": "-0.1"}, "vendor_gamma", None, {"greeks_out_of_bounds": "1"}),
    ],
    ids=repr,
)  # fmt: skip
def test_junk_stays_and_the_impossible_is_null_and_counted(changes, column, value, notes) -> None:
    parsed = read(**changes)
    assert parsed.table.column(column).to_pylist()[0] == value
    assert (parsed.rejected, parsed.notes) == ({}, notes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"symbol": "AMC"}, "wrong_symbol"), ({"date": "2026-11-19"}, "wrong_date"),
        ({"type": "straddle"}, "unknown_contract_type"), ({"type": "CALL"}, "unknown_contract_type"),
        ({"expiration": "2026-13-18"}, "unreadable_date"), ({"strike": "None"}, "missing_number"),
        ({"strike": "0"}, "price_not_positive"), ({"bid": "-0.01"}, "negative_number"),
        ({"open_interest": "-1"}, "negative_number"), ({"ask": "6,31"}, "unreadable_field"),
        ({"volume": "inf"}, "unreadable_field"), ({"contractID": "GME"}, "bad_symbol"),
        ({"contractID": ""}, "bad_symbol"), ({"contractID": "<b>261218C00020000"}, "bad_symbol"),
        ({"strike": "20.50"}, "contract_mismatch"), ({"type": "put"}, "contract_mismatch"),
        ({"expiration": "2026-12-19"}, "contract_mismatch"), ({"contractID": None}, "unreadable_row"),
        ({"strike": 20.0}, "unreadable_row"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_contract_is_refused_by_name_and_the_others_stay(changes, reason) -> None:
    parsed = read(**changes)
    assert parsed.rejected == {reason: 1}
    assert parsed.table.num_rows == 59
    assert parsed.samples[0].startswith(reason)


def test_a_strike_in_cents_is_not_another_than_that_in_the_name() -> None:
    parsed = read(contractID="GME261218C00012125", strike="12.13")
    assert parsed.rejected == {}
    assert parsed.table.column("strike_usd").to_pylist()[0] == 12.13


@pytest.mark.parametrize(
    "body",
    [
        wire.artificial(),
        wire.artificial().replace(b"premium endpoint", b"free endpoint").replace(b"ARTIFICIAL", b"REAL"),
        wire.chain([*GOOD, wire.contract(1, symbol="XXYYZZ")]),
        wire.chain([*GOOD, wire.contract(1, expiration="2099-99-99")]),
        wire.chain(GOOD, wire.ARTIFICIAL),
    ],
    ids=["as recorded", "other message", "one such symbol", "one such expiry", "only the message"],
)
def test_an_artificial_chain_never_passes(body) -> None:
    with pytest.raises(NotEntitled):
        parse_historical_options(body, OPTIONS)


def test_a_day_without_data_is_empty_and_keeps_the_message() -> None:
    parsed = parse_historical_options(wire.chain([], "No data for \x1b[31mGME"), OPTIONS)
    assert (parsed.table.num_rows, parsed.notes) == (0, {"message": "No data for [31mGME"})
    assert parsed.table.schema == CHAIN_SCHEMA
    assert parse_historical_options(wire.chain([]), OPTIONS).table.schema == CHAIN_SCHEMA


def test_rows_under_another_message_are_not_data() -> None:
    with pytest.raises(MalformedBody, match="not 'success'"):
        parse_historical_options(wire.chain(GOOD, "partial success"), OPTIONS)


NUMBER = st.floats(allow_nan=False, allow_infinity=False).map(repr)


@given(st.lists(st.one_of(NUMBER, st.sampled_from([*MISSING, None]), st.text(max_size=6)), max_size=40))
def test_every_text_is_a_number_a_gap_or_a_fault(texts) -> None:
    values, bad = numbers(texts)
    for text, value, is_bad in zip(texts, values, bad, strict=True):
        if text is None or text in MISSING:
            assert math.isnan(value)
            assert not is_bad
        elif is_bad:
            assert math.isnan(value)
        else:
            assert value == float(text)
    assert not np.isinf(values).any()


@given(st.lists(NUMBER, max_size=40))
def test_numbers_come_back_as_they_were_written(texts) -> None:
    values, bad = numbers(texts)
    assert not bad.any()
    assert values.tolist() == [float(text) for text in texts]


@pytest.mark.real_data
def test_a_recorded_chain_in_this_shape_keeps_every_contract(shared_data) -> None:
    """Real quotes of another source, written as Alpha Vantage would."""
    recorded = json.loads(
        gzip.decompress((shared_data / "options/optionsdesk_chain_20260712/GME.json.gz").read_bytes())
    )
    names = {"strike": "strike", "last": "last", "bid": "bid", "ask": "ask", "volume": "volume",
             "open_interest": "openInterest", "implied_volatility": "iv", "delta": "delta",
             "gamma": "gamma"}  # fmt: skip
    rows = [
        {
            "contractID": row["symbol"], "symbol": "GME", "expiration": row["expiration"], "type": row["side"],
            "date": "2026-07-12", **{name: str(row[theirs]) for name, theirs in names.items()},
        }
        for row in recorded["quotes"]
    ]  # fmt: skip
    request = historical_options_request(ADDRESS, KEY, "GME", date(2026, 7, 12))
    parsed = parse_historical_options(wire.chain(rows), request)
    assert parsed.table.num_rows == len(rows) > 100
    assert parsed.rejected == {}
    for name, theirs in (("volume_contracts", "volume"), ("bid_usd", "bid"), ("vendor_delta", "delta")):
        assert parsed.table.column(name).to_pylist() == [row[theirs] for row in recorded["quotes"]]
