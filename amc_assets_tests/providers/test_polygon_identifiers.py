"""Identifiers of Polygon's ticker list: taken where they have their form, null otherwise, never a refused row."""

import json
from datetime import date

from amc_assets.providers.polygon.reference import parse_tickers, tickers_request

REQUEST = tickers_request("http://localhost", "key", date(2024, 5, 14))


def test_identifiers_are_read_and_what_has_another_form_is_null():
    rows = [
        {"ticker": "AA", "active": True, "cik": "320193", "composite_figi": "BBG000B9XRY4", "list_date": "1980-12-12"},
        {"ticker": "BB", "active": True, "cik": 12, "composite_figi": "US0378331005", "list_date": "soon"},
        {"ticker": "CC", "active": True, "cik": "n/a", "composite_figi": None},
        {"ticker": "DD", "active": True, "cik": "0000000000"},
    ]
    parsed = parse_tickers(json.dumps({"status": "OK", "results": rows}).encode(), REQUEST)
    assert parsed.rejected == {}
    assert parsed.table["cik"].to_pylist() == ["0000320193", "0000000012", None, None]
    assert parsed.table["composite_figi"].to_pylist() == ["BBG000B9XRY4", None, None, None]
    assert parsed.table["list_date"].to_pylist() == [date(1980, 12, 12), None, None, None]
