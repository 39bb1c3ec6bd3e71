"""As-of reads of bars: vintages, splits, the cheap path and the refusals."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.panel import BarHistory, PricePanel
from amc_assets.features.vintages import VALUES
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.market.publication import daily_bar_published_at
from amc_assets_tests.features.panels import AS_OF, DAY, bars_table, panel_of, sessions_to, splits_table

SESSIONS = sessions_to(DAY, 5)
NO_SPLITS = splits_table()
NOBODY, NOTHING, NEVER = np.zeros(0, np.str_), np.zeros((0, 0)), np.zeros(0, "M8[us]")


def history(tables=None, splits=NO_SPLITS, sessions=SESSIONS) -> BarHistory:
    tables = tables or {day: bars_table(day, [("AAA", 10 + i), ("BBB", 50 + i)]) for i, day in enumerate(sessions)}
    return BarHistory.from_tables(sessions, tables, splits)


def concat(*tables: pa.Table) -> pa.Table:
    return pa.concat_tables(tables)


def test_a_panel_holds_the_bars_up_to_the_day_oldest_first():
    panel = history().panel(SESSIONS[3], end_of_day_as_of(SESSIONS[3]), sessions_back=3)
    assert panel.sessions == tuple(SESSIONS[1:4])
    assert panel.symbols.tolist() == ["AAA", "BBB"]
    assert panel.close_usd.tolist() == [[11, 51], [12, 52], [13, 53]]
    assert np.isnan(panel.vwap_usd).all()
    published = np.datetime64(daily_bar_published_at(SESSIONS[3]).replace(tzinfo=None), "us")
    assert panel.known_at.tolist() == [published.item()] * 2


def test_consecutive_days_share_memory_with_the_history():
    bars = history()
    for day in SESSIONS[2:]:
        panel = bars.panel(day, end_of_day_as_of(day))
        for name in ("open_usd", "high_usd", "low_usd", "close_usd", "volume_shares", "vwap_usd"):
            assert np.shares_memory(getattr(panel, name), bars.bars.newest.values[name]), name


def test_a_bar_is_invisible_until_it_is_known():
    bars = history()
    before = daily_bar_published_at(DAY) - timedelta(microseconds=1)
    panel = bars.panel(DAY, before)
    assert np.isnan(panel.close_usd[-1]).all()
    assert np.isnat(panel.known_at).all()
    assert panel.close_usd[-2].tolist() == [13, 53]
    assert bars.panel(DAY, daily_bar_published_at(DAY)).close_usd[-1].tolist() == [14, 54]
    # and the hidden read did not touch the history itself
    assert bars.panel(DAY, AS_OF).close_usd[-1].tolist() == [14, 54]


def test_a_revision_replaces_the_bar_only_from_when_it_was_known():
    first = daily_bar_published_at(SESSIONS[2])
    tables = {
        SESSIONS[2]: concat(
            bars_table(SESSIONS[2], [("AAA", 13)], known_at=first + timedelta(days=2)),
            bars_table(SESSIONS[2], [("AAA", 11), ("BBB", 50)], known_at=first),
            bars_table(SESSIONS[2], [("AAA", 12)], known_at=first + timedelta(hours=1)),
        ),
        SESSIONS[3]: bars_table(SESSIONS[3], [("AAA", 20)]),
    }
    bars = history(tables)

    def seen(as_of):
        return bars.panel(SESSIONS[2], as_of).close_usd[-1]

    assert seen(first).tolist() == [11, 50]
    assert seen(first + timedelta(hours=1)).tolist() == [12, 50]
    assert seen(first + timedelta(days=2)).tolist() == [13, 50]
    assert np.isnan(seen(first - timedelta(seconds=1))).all()


def test_a_replaced_bar_stays_replaced_while_another_name_waits_for_its_revision():
    first = daily_bar_published_at(DAY)
    later = first + timedelta(days=9)
    rows = concat(
        bars_table(DAY, [("AAA", 11), ("BBB", 50)], known_at=first),
        bars_table(DAY, [("AAA", 12)], known_at=first + timedelta(hours=1)),
        bars_table(DAY, [("BBB", 99)], known_at=later),
    )
    bars = history({DAY: rows})
    assert bars.panel(DAY, AS_OF).close_usd[-1].tolist() == [12, 50]
    assert bars.panel(DAY, later).close_usd[-1].tolist() == [12, 99]


def test_truncating_the_future_never_changes_the_past():
    whole = history()
    for i, day in enumerate(SESSIONS):
        cut = history({d: bars_table(d, [("AAA", 10 + j), ("BBB", 50 + j)]) for j, d in enumerate(SESSIONS[: i + 1])})
        as_of = end_of_day_as_of(day)
        assert np.array_equal(cut.panel(day, as_of).close_usd, whole.panel(day, as_of).close_usd)


def test_names_that_list_later_are_empty_columns():
    tables = {day: bars_table(day, [("AAA", 10)]) for day in SESSIONS[:4]}
    tables[DAY] = bars_table(DAY, [("AAA", 10), ("NEW", 5)])
    panel = history(tables).panel(SESSIONS[3], end_of_day_as_of(SESSIONS[3]))
    assert np.isnan(panel.close_usd[:, panel.symbols.tolist().index("NEW")]).all()


EXECUTED = SESSIONS[3]
KNOWN = end_of_day_as_of(SESSIONS[1])


def test_a_split_restates_the_bars_before_it():
    bars = history(splits=splits_table(("AAA", EXECUTED, 4.0, KNOWN)))
    panel = bars.panel(DAY, AS_OF)
    assert panel.close_usd[:, 0].tolist() == [2.5, 2.75, 3.0, 13, 14]
    assert panel.volume_shares[:, 0].tolist() == [4000, 4000, 4000, 1000, 1000]
    assert panel.close_usd[:, 1].tolist() == [50, 51, 52, 53, 54]
    # the day before it was executed nothing is restated, although it was announced
    before = bars.panel(SESSIONS[2], end_of_day_as_of(SESSIONS[2]))
    assert before.close_usd[:, 0].tolist() == [10, 11, 12]


def test_a_split_that_was_not_known_is_not_applied():
    bars = history(splits=splits_table(("AAA", EXECUTED, 4.0, AS_OF + timedelta(seconds=1))))
    assert bars.panel(DAY, AS_OF).close_usd[:, 0].tolist() == [10, 11, 12, 13, 14]


def test_the_newest_known_vintage_of_a_split_counts():
    late = AS_OF + timedelta(days=1)
    splits = splits_table(("AAA", EXECUTED, 4.0, KNOWN), ("AAA", EXECUTED, 2.0, AS_OF), ("AAA", EXECUTED, 8.0, late))
    assert history(splits=splits).panel(DAY, AS_OF).close_usd[0, 0] == 5.0


def test_a_bar_sent_on_the_later_basis_is_not_restated_again():
    tables = {day: bars_table(day, [("AAA", 10)], basis=DAY) for day in SESSIONS}
    bars = history(tables, splits_table(("AAA", EXECUTED, 4.0, KNOWN)))
    assert (bars.panel(DAY, AS_OF).close_usd == 10).all()


def test_two_splits_multiply_and_a_reverse_split_raises_prices():
    splits = splits_table(("AAA", SESSIONS[2], 2.0, KNOWN), ("AAA", EXECUTED, 0.1, KNOWN))
    panel = history(splits=splits).panel(DAY, AS_OF)
    assert panel.close_usd[:, 0] == pytest.approx([50, 55, 120, 13, 14])
    assert panel.volume_shares[:, 0] == pytest.approx([200, 200, 100, 1000, 1000])


def test_ratios_do_not_care_on_which_basis_the_bars_came():
    """The same market sent raw, and sent already adjusted: equal panels."""
    raw = history(splits=splits_table(("AAA", EXECUTED, 4.0, KNOWN)))
    adjusted = {}
    for i, day in enumerate(SESSIONS):
        factor = 4.0 if day < EXECUTED else 1.0
        rows = [("AAA", (10 + i) / factor, 1000 * factor), ("BBB", 50 + i)]
        adjusted[day] = bars_table(day, rows, basis=EXECUTED)
    sent = history(adjusted, splits_table(("AAA", EXECUTED, 4.0, KNOWN)))
    assert np.allclose(raw.panel(DAY, AS_OF).close_usd, sent.panel(DAY, AS_OF).close_usd)
    assert np.allclose(raw.panel(DAY, AS_OF).volume_shares, sent.panel(DAY, AS_OF).volume_shares)


def test_a_window_and_a_selection_of_symbols():
    panel = history().panel(DAY, AS_OF, symbols=["ZZZ", "BBB"])
    assert panel.symbols.tolist() == ["BBB", "ZZZ"]
    assert panel.close_usd[:, 0].tolist() == [50, 51, 52, 53, 54]
    assert np.isnan(panel.close_usd[:, 1]).all()
    assert np.isnat(panel.known_at[1])
    assert panel.window(2).close_usd[:, 0].tolist() == [53, 54]
    assert panel.window(9) is panel


def test_a_session_without_a_table_has_no_bars():
    bars = history({DAY: bars_table(DAY, [("AAA", 10)])})
    assert np.isnan(bars.panel(DAY, AS_OF).close_usd[:-1]).all()


def test_an_empty_history_gives_an_empty_panel():
    panel = BarHistory.from_tables(SESSIONS, {}, NO_SPLITS).panel(DAY, AS_OF)
    assert panel.close_usd.shape == (5, 0)
    assert panel.reindexed(np.array(["AAA"])).close_usd.shape == (5, 1)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: history().panel(date(2021, 1, 28), AS_OF), "not a session of this history"),
        (lambda: history().panel(DAY, datetime(2021, 1, 27)), "no time zone"),  # noqa: DTZ001 - what is refused
        (lambda: history().panel(DAY, AS_OF, sessions_back=0), "at least 1"),
        (lambda: history(sessions=SESSIONS[::-1]), "ascending"),
        (lambda: history({date(2021, 2, 1): bars_table(DAY, [("AAA", 1)])}), "outside the sessions"),
        (lambda: history({DAY: bars_table(SESSIONS[0], [("AAA", 1)])}), "pass its own"),
        (lambda: history(splits=splits_table(("AAA", DAY, 0.0, KNOWN))), "positive number"),
        (lambda: panel_of([1.0, 2.0]).window(0), "empty"),
        (lambda: PricePanel.of((), NOBODY, dict.fromkeys(VALUES, NOTHING), NEVER, None), "at least one session"),
    ],
)
def test_refusals_say_what_is_wrong(call, says):
    with pytest.raises(FeatureInputError, match=says):
        call()


def test_a_panel_refuses_arrays_that_do_not_fit():
    panel = panel_of([[1.0, 2.0], [1.0, 2.0]])
    values = {n: getattr(panel, n) for n in ("open_usd", "high_usd", "low_usd", "close_usd", "volume_shares")}
    with pytest.raises(FeatureInputError, match="vwap_usd has shape"):
        PricePanel.of(
            panel.sessions, panel.symbols, {**values, "vwap_usd": values["open_usd"][:1]}, panel.known_at, None
        )
    with pytest.raises(FeatureInputError, match="known_at has shape"):
        PricePanel.of(
            panel.sessions, panel.symbols, {**values, "vwap_usd": values["open_usd"]}, panel.known_at[:1], None
        )


def test_instants_keep_their_microseconds():
    at = datetime(2021, 1, 27, 21, 15, 0, 1, tzinfo=UTC)
    bars = history({DAY: bars_table(DAY, [("AAA", 10)], known_at=at)})
    assert np.isnan(bars.panel(DAY, at - timedelta(microseconds=1)).close_usd[-1, 0])
    assert bars.panel(DAY, at).close_usd[-1, 0] == 10
