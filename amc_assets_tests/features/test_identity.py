"""Whose row is it? Spans, tables, bars and counts of today's securities."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.features.identity import IdentityHistory
from amc_assets.features.identity_counts import counts_of_securities
from amc_assets.features.identity_reports import reports_of_securities
from amc_assets.features.identity_spans import spans_of
from amc_assets.features.instants import day_number
from amc_assets.features.panel import BarHistory
from amc_assets.market.calendar import sessions_between
from amc_assets.market.identity import Listed
from amc_assets_tests.features.panels import interest_table, splits_table
from amc_assets_tests.market.listings import changes_of, rows_of

DAYS = sessions_between(date(2021, 1, 4), date(2021, 1, 15))
SYMBOLS = ("AA", "BB", "CC", "DD")
NAMES = ("Arden", "Boreal", "Calder", "Dunmore", "Elmsworth", "Fenwick")


def history(*changes: tuple[date, str, str, str | None]) -> IdentityHistory:
    rows = [
        {"change_date": day, "symbol": symbol, "kind": kind, "from_date": day, "previous_symbol": previous,
         "previous_until_date": day if previous else None}
        for day, symbol, kind, previous in changes
    ]  # fmt: skip
    return IdentityHistory(spans_of(rows))


def table(*rows: tuple[str, date, int]) -> pa.Table:
    symbols, days, values = zip(*rows, strict=True)
    return pa.table({"symbol": symbols, "trade_date": pa.array(days, pa.date32()), "value": values})


def seen(found: pa.Table) -> list[tuple[str, int]]:
    return list(zip(found["symbol"].to_pylist(), found["value"].to_pylist(), strict=True))


def test_rows_before_a_break_are_dropped_and_those_of_a_renamed_security_come_along():
    rows = table(("AA", DAYS[0], 1), ("BB", DAYS[0], 2), ("CC", DAYS[0], 3), ("AA", DAYS[3], 4), ("DD", DAYS[3], 5))
    found = history((DAYS[2], "AA", "break", None), (DAYS[2], "DD", "rename", "BB")).applied(rows, "trade_date")
    assert seen(found) == [("DD", 2), ("CC", 3), ("AA", 4), ("DD", 5)]


def test_the_next_user_of_a_symbol_does_not_get_what_was_renamed_away():
    rows = table(("AA", DAYS[0], 1), ("AA", DAYS[3], 2), ("AA", DAYS[6], 3), ("BB", DAYS[3], 4))
    found = history((DAYS[2], "BB", "rename", "AA"), (DAYS[5], "AA", "break", None)).applied(rows, "trade_date")
    assert seen(found) == [("BB", 1), ("AA", 3), ("BB", 4)]


def test_a_chain_of_renames_and_a_swap():
    rows = table(("AA", DAYS[0], 1), ("BB", DAYS[3], 2), ("CC", DAYS[6], 3))
    chain = history((DAYS[2], "BB", "rename", "AA"), (DAYS[5], "CC", "rename", "BB"))
    assert seen(chain.applied(rows, "trade_date")) == [("CC", 1), ("CC", 2), ("CC", 3)]
    swap = history((DAYS[2], "AA", "rename", "BB"), (DAYS[2], "BB", "rename", "AA"))
    both = table(("AA", DAYS[0], 1), ("BB", DAYS[0], 2), ("AA", DAYS[2], 3), ("BB", DAYS[2], 4))
    assert seen(swap.applied(both, "trade_date")) == [("BB", 1), ("AA", 2), ("AA", 3), ("BB", 4)]


def test_ended_securities_can_be_told_apart_and_foreign_symbols_are_named():
    rows = table(("AA", DAYS[0], 1), ("AA", DAYS[3], 2))
    found = history((DAYS[2], "AA", "break", None))
    assert seen(found.as_securities(rows, "trade_date")) == [(f"AA~{DAYS[2]:%Y%m%d}", 1), ("AA", 2)]
    assert found.foreign(rows, "trade_date") == {"AA"}
    assert found.foreign(rows.slice(1), "trade_date") == frozenset()


def test_a_table_that_no_change_concerns_is_not_copied():
    rows = table(("CC", DAYS[0], 1), ("AA", DAYS[3], 2))
    assert history((DAYS[2], "AA", "break", None)).applied(rows, "trade_date") is rows
    assert history().applied(rows, "trade_date") is rows


def test_counts_are_judged_by_their_own_dates():
    known = datetime(2021, 1, 14, 23, tzinfo=UTC)
    names = ("symbol", "float_shares", "float_effective_date", "outstanding_shares", "outstanding_date")
    rows = [
        ("AA", 1.0, DAYS[0], None, None),  # last quarter's float, stated again today
        ("BB", 2.0, DAYS[0], 20.0, DAYS[4]),  # the count is the new company's, the float is not
        ("CC", 3.0, DAYS[0], None, None),
        ("DD", 4.0, None, None, None),  # no date: of the day on which it was known
    ]
    counts = pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)})
    counts = counts.append_column("known_at", pa.array([known] * 4, pa.timestamp("us", "UTC")))
    changed = history(*((DAYS[2], symbol, "break", None) for symbol in ("AA", "BB", "DD")))
    found, foreign = counts_of_securities(counts, changed)
    assert found.select(names[:4]).to_pylist() == [
        {"symbol": "BB", "float_shares": None, "float_effective_date": None, "outstanding_shares": 20.0},
        {"symbol": "CC", "float_shares": 3.0, "float_effective_date": DAYS[0], "outstanding_shares": None},
        {"symbol": "DD", "float_shares": 4.0, "float_effective_date": None, "outstanding_shares": None},
    ]
    assert foreign == {"AA", "BB"}


@st.composite
def markets(draw: st.DrawFn) -> list[dict[str, int]]:
    """Return who holds which symbol on each day: a symbol per security at most."""
    days: list[dict[str, int]] = []
    for _ in DAYS:
        keep = bool(days) and draw(st.integers(0, 3)) > 0  # most days nothing changes
        numbers = draw(st.permutations(range(len(NAMES))))
        listed = draw(st.lists(st.sampled_from(SYMBOLS), unique=True))
        days.append(days[-1] if keep else dict(zip(listed, numbers, strict=False)))
    return days


def listings(days: list[dict[str, int]], *, has_figi: bool) -> list[dict[str, Listed]]:
    return [
        {
            symbol: Listed(
                symbol,
                day,
                f"{NAMES[number]} Energy Inc.",
                "common_stock",
                None,
                f"BBG{number:09d}" if has_figi else None,
            )
            for symbol, number in holders.items()
        }
        for day, holders in zip(DAYS, days, strict=True)
    ]


@settings(max_examples=200)
@given(markets(), st.booleans())
def test_no_row_of_another_security_is_ever_read(days: list[dict[str, int]], has_figi: bool):
    changes = changes_of(listings(days, has_figi=has_figi), DAYS)
    rows = [
        (symbol, day, number) for day, holders in zip(DAYS, days, strict=True) for symbol, number in holders.items()
    ]
    for place, day in enumerate(DAYS):
        known = [row for row in rows_of(changes) if row["change_date"] <= day]
        past = [row for row in rows if row[1] <= day]
        if not past:
            continue
        found = IdentityHistory(spans_of(known)).applied(table(*past), "trade_date")
        for symbol, number in seen(found):
            assert days[place].get(symbol, number) == number, (day, symbol)
        kept = {(symbol, number) for symbol, number in seen(found)}
        assert set(days[place].items()) <= kept, "the day's own rows are always there"


def test_names_by_day_number():
    names = history((DAYS[2], "AA", "break", None)).names(
        np.array(["AA", "AA", "ZZ"]), np.array([day_number(DAYS[2] - timedelta(days=1)), day_number(DAYS[2]), 0])
    )
    assert names.tolist() == [f"AA~{DAYS[2]:%Y%m%d}", "AA", "ZZ"]


def test_the_first_report_of_a_new_security_has_no_previous_position():
    reports = interest_table(
        {"symbol": "AA", "shares": 5.0, "previous": 900.0, "settlement": date(2021, 1, 15)},
        {"symbol": "AA", "shares": 6.0, "previous": 5.0, "settlement": date(2021, 1, 29)},
        {"symbol": "BB", "shares": 7.0, "previous": 8.0, "settlement": date(2021, 1, 15)},
        {"symbol": "CC", "shares": 9.0, "previous": 9.5, "settlement": date(2021, 1, 15)},
    )
    changed = history((DAYS[2], "AA", "break", None), (DAYS[2], "BB", "rename", "DD"))
    found = reports_of_securities(reports, changed)
    assert found["previous_short_interest_shares"].to_pylist() == [None, 5.0, 8.0, 9.5]
    assert reports_of_securities(reports, history()) is reports


def bar_rows(day: date, symbols: dict[str, float], known_at: datetime) -> pa.Table:
    """Return DAILY_BARS of one day: symbol -> price."""
    count = len(symbols)
    prices = list(symbols.values())
    columns = dict.fromkeys(("open_usd", "high_usd", "low_usd", "close_usd", "vwap_usd", "volume_shares"), prices)
    return pa.table(
        {
            "trade_date": pa.array([day] * count, pa.date32()),
            "symbol": list(symbols),
            **columns,
            "basis_date": pa.array([day] * count, pa.date32()),
            "known_at": pa.array([known_at] * count, pa.timestamp("us", "UTC")),
            "is_withdrawn": [False] * count,
        }
    )


def test_a_panel_has_the_bars_and_splits_of_todays_securities():
    """AA is another company from DAYS[3] on; BB was CC before DAYS[3], and CC split 2 for 1 on DAYS[2]."""
    known = datetime(2021, 1, 20, tzinfo=UTC)
    before, after = {"AA": 10.0, "CC": 40.0}, {"AA": 5.0, "BB": 20.0}
    tables = {day: bar_rows(day, before if day < DAYS[2] else {**before, "CC": 20.0}, known) for day in DAYS[:3]}
    tables |= {day: bar_rows(day, after, known) for day in DAYS[3:6]}
    bars = BarHistory.from_tables(DAYS[:6], tables, splits_table(("CC", DAYS[2], 2.0, known - timedelta(days=5))))
    changed = history((DAYS[3], "AA", "break", None), (DAYS[3], "BB", "rename", "CC"))
    panel = bars.panel(DAYS[5], known, identities=changed)
    closes = dict(zip(panel.symbols.tolist(), panel.close_usd.T.tolist(), strict=True))
    assert closes["BB"] == [20.0] * 6, "one series on the basis of today"
    assert np.isnan(closes["AA"][:3]).all()
    assert closes["AA"][3:] == [5.0] * 3
    assert np.isnan(closes["CC"]).all()
    plain = bars.panel(DAYS[5], known)
    assert plain.close_usd[:, 0].tolist() == [10.0] * 3 + [5.0] * 3, "the history itself was not written into"
