"""Numbers, text, charts and series, each on its own."""

import re
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.features.snapshot import Feature, Provenance, Snapshot
from amc_assets.reasons import Reason, code
from amc_assets.report import figures
from amc_assets.report.chart import chart
from amc_assets.report.data import ChartSeries, Fact, MissingCount, ShortInterestPoint
from amc_assets.report.facts import facts_of_snapshot, missing_counts
from amc_assets.report.series import chart_series
from amc_assets.report.svg import Scale, line, steps
from amc_assets.report.tables import Cell, Table, columns, missing, rows
from amc_assets.report.text import clean


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (1_234_567, "shares", "1.23M"), (61_782_730, "shares", "61.8M"), (999_999, "shares", "1.00M"),
        (999, "shares", "999"), (9_999_999, "shares", "10.0M"), (1.5e9, "shares", "1.50B"), (0, "shares", "0"),
        (12_755, "shares", "12.8K"),
        (347.51, "USD", "$347.51"), (0.0123, "usd", "$0.0123"), (26.4e9, "usd", "$26.4B"), (-3.5, "usd", "-$3.50"),
        (0, "usd", "$0.00"), (0.453, "fraction", "45.3 %"), (1.41, "frac", "141.0 %"), (45.3, "pct", "45.3 %"),
        (3.14, "days", "3.1 days"), (4.62, "ratio", "4.62x"), (250, "x", "250x"), (1, "flag", "yes"), (0, "flag", "no"),
        (-1.5, "sigmas", "-1.50 sigma"), (4, "sessions", "4 sessions"), (91.44, "0-100", "91.4"),
        (0.8125, "0-1", "0.812"), (7, "parsecs", "7 parsecs"), (1234.5678, "", "1235"), (59.6, "minutes", "60 min"),
    ],
)  # fmt: skip
def test_numbers_read_as_traders_write_them(value, unit, written):
    assert figures.quantity(value, unit) == written


@given(st.floats(1e-3, 1e15))
def test_compact_numbers_have_at_most_three_figures_and_are_within_half_a_percent(value):
    written = figures.compact(value)
    digits = written.rstrip("KMBT")
    scale = {"": 1, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}[written[len(digits) :]]
    assert len(digits.replace(".", "")) <= 4
    assert float(digits) * scale == pytest.approx(value, rel=0.006, abs=0.51)


def test_every_unit_a_feature_declares_is_written_by_name():
    from amc_assets.features import registry

    declared = {spec.unit for name in dir(registry) if name.endswith("_SPECS") for spec in getattr(registry, name)}
    assert declared
    for unit in declared:
        assert figures.quantity(0.25, unit) != f"0.25 {unit}", f"{unit} has no form of its own"


def test_times_have_their_zone_summer_and_winter():
    assert figures.new_york(datetime(2021, 1, 27, 23, 45, tzinfo=UTC)) == "2021-01-27 18:45 EST"
    assert figures.new_york(datetime(2021, 7, 27, 22, 45, tzinfo=UTC)) == "2021-07-27 18:45 EDT"
    assert figures.long_date(date(2021, 1, 27)) == "Wednesday, 27 January 2021"
    assert [figures.hours(value) for value in (0.5, 18.8, 287.8)] == ["30 min", "18.8 h", "287.8 h (12.0 days)"]


@given(st.text(max_size=900))
def test_cleaned_text_is_harmless_and_plain_text_is_untouched(text):
    cleaned = clean(text)
    assert len(cleaned) <= 401
    assert all(character.isprintable() or character == " " for character in cleaned)
    if text.isascii() and text.isprintable() and len(text) <= 400:
        assert cleaned == text
    assert clean(cleaned[:400]) == cleaned[:400]


@pytest.mark.parametrize("bad", ["\u202e", "\u2066", "\u200b", "\ufeff", "\x00", "\x1b", "\ud800", "\u3164", "\xad"])
def test_each_dangerous_character_is_shown_as_a_mark(bad):
    assert clean(f"G{bad}E") == "G\N{REPLACEMENT CHARACTER}E"


def test_ragged_tables_are_refused():
    with pytest.raises(ValueError, match="2 cells"):
        Table("t", columns("a", "b"), rows([(Cell("1"),)]))


def test_missing_needs_a_reason_and_shows_it():
    assert missing(Reason.STALE).title == "stale: older than its staleness limit"
    assert missing(None).title.startswith("input_missing")
    assert missing("made by hand").title == "made by hand"


DAYS = tuple(date(2021, 1, 4) + timedelta(days=i) for i in range(6))
SERIES = ChartSeries(DAYS, (1.0, None, 3.0, 2.0, None, 4.0), (5.0, None, 7.0, 0.0, 1.0, 2.0))


def test_a_line_breaks_where_nothing_traded():
    assert str(line([(0, 1), None, (2, 3), (4, 5)], "p")) == '<path d="M0.0 1.0M2.0 3.0L4.0 5.0" class="p"></path>'
    assert str(chart("GME", SERIES)).count("M") >= 3


def test_steps_hold_until_the_next_report():
    assert 'd="M1.0 9.0H4.0V5.0H8.0"' in steps([(1, 9), (4, 5)], 8, "s")
    assert steps([], 8, "s") == ""


def test_scale_of_no_width_is_in_the_middle():
    assert Scale(3, 3, 0, 10)(3) == 5
    assert Scale(0, 10, 100, 0)(2.5) == 75


def test_chart_tells_each_session_and_the_whole_in_words():
    drawn = str(chart("G<ME", SERIES))
    assert "2021-01-05, close —, volume —, known short —" in drawn
    assert "2021-01-06, close $3.00, volume 7, known short —" in drawn
    assert 'aria-label="G&lt;ME: closing price' in drawn
    assert "no published report" in drawn


def test_chart_draws_short_interest_from_the_day_it_was_public():
    point = ShortInterestPoint(date(2020, 12, 31), DAYS[3], 100.0)
    drawn = str(chart("GME", ChartSeries(DAYS, SERIES.close_usd, SERIES.volume_shares, (point,))))
    assert "2021-01-06, close $3.00, volume 7, known short —" in drawn
    assert "2021-01-07, close $2.00, volume 0, known short 100" in drawn
    assert "newest of 2020-12-31" in drawn


@pytest.mark.parametrize("closes", [(None,) * 6, (5.0,) * 6])
def test_charts_of_nothing_or_of_a_flat_line_do_not_fail(closes):
    drawn = chart("GME", ChartSeries(DAYS, closes, (None,) * 6))
    assert bool(drawn) is (closes[0] is not None)
    assert "nan" not in drawn


def test_uneven_or_infinite_series_are_refused():
    with pytest.raises(ValueError, match="one close"):
        ChartSeries(DAYS, (1.0,), (1.0,))
    with pytest.raises(ValueError, match="not finite"):
        ChartSeries(DAYS, (float("nan"),) * 6, (1.0,) * 6)


def picked(trade_date=DAYS[4], sessions=3, visible=(DAYS[0], DAYS[1], DAYS[3], DAYS[5])):
    close = np.arange(12.0).reshape(6, 2)
    close[3, 1] = np.nan
    return chart_series(
        ["BBB", "ZZZ"],
        symbols=np.array(["AAA", "BBB"]),
        trade_dates=DAYS,
        close_usd=close,
        volume_shares=close * 10,
        trade_date=trade_date,
        sessions=sessions,
        settlement_dates=tuple(day - timedelta(days=20) for day in visible),
        visible_from=visible,
        short_interest_shares=np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0]]),
    )


def test_series_are_cut_to_the_day_and_the_window():
    found = picked()
    assert set(found) == {"BBB"}
    assert found["BBB"].trade_dates == DAYS[2:5]
    assert found["BBB"].close_usd == (5.0, None, 9.0)


def test_series_hold_no_report_of_the_future_and_one_from_before_the_window():
    shares = [point.shares for point in picked()["BBB"].short_interest]
    assert shares == [20.0, 30.0]  # 10 is replaced before the window, 40 is public only tomorrow
    assert [point.shares for point in picked(trade_date=DAYS[5])["BBB"].short_interest][-1] == 40.0


def test_series_of_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="shape"):
        chart_series(
            ["A"], symbols=np.array(["A"]), trade_dates=DAYS, close_usd=np.ones((5, 1)), volume_shares=np.ones((5, 1)),
            trade_date=DAYS[5],
        )  # fmt: skip
    with pytest.raises(ValueError, match="differ in number"):
        chart_series(
            ["A"], symbols=np.array(["A"]), trade_dates=DAYS, close_usd=np.ones((6, 1)), volume_shares=np.ones((6, 1)),
            trade_date=DAYS[5], visible_from=DAYS[:1],
        )  # fmt: skip


def snapshot() -> Snapshot:
    def feature(name: str, values: list[float], provenance: Provenance, reason: Reason) -> Feature:
        there = np.isfinite(values)
        return Feature(
            name=name,
            unit="shares",
            source="test",
            values=np.array(values),
            known_at=np.full(2, np.datetime64("2021-01-26", "us")),
            provenance=np.where(there, provenance, 0).astype(np.uint8),
            reasons=np.where(there, 0, code(reason)).astype(np.uint8),
            source_confidence=np.ones(2),
            freshness=np.ones(2),
        )

    return Snapshot(
        trade_date=date(2021, 1, 26),
        session="regular",
        as_of=datetime(2021, 1, 26, 23, 45, tzinfo=UTC),
        is_simulated=False,
        symbols=np.array(["AMC", "GME"]),
        features={
            "float_shares": feature("float_shares", [np.nan, 46e6], Provenance.BIASED, Reason.BIASED_NOT_ASKED),
            "close_usd": feature("close_usd", [5.0, 148.0], Provenance.OBSERVED, Reason.NO_BAR),
        },
        inputs=(),
        universe_count=2,
    )


def test_facts_come_from_the_snapshot_with_bias_and_reason():
    found = facts_of_snapshot(snapshot(), ["GME", "AMC", "ZZZ"])
    assert set(found) == {"GME", "AMC"}
    assert found["GME"]["float_shares"] == Fact(46e6, is_biased=True)
    assert found["AMC"]["float_shares"] == Fact(None, Reason.BIASED_NOT_ASKED)
    assert found["GME"]["close_usd"] == Fact(148.0)
    assert found["GME"]["days_to_cover"] == Fact(None, Reason.SOURCE_NOT_BUILT)


def test_missing_values_are_counted_by_feature_and_reason():
    assert missing_counts(snapshot()) == (MissingCount("float_shares", Reason.BIASED_NOT_ASKED, 1),)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize(
    ("front", "back"),
    [
        ("text", "bg"), ("text", "card"), ("text", "soft"), ("muted", "card"), ("muted", "bg"), ("muted", "soft"),
        ("accent", "card"), ("accent", "bg"), ("accent", "soft"), ("good", "good-bg"), ("bad", "bad-bg"),
        ("warn", "warn-bg"),
        ("good", "card"), ("bad", "card"), ("warn", "card"), ("warn", "soft"), ("muted", "good-bg"),
    ],
)  # fmt: skip
def test_text_contrast_meets_wcag_aa_in_light_and_dark(theme, front, back):
    css = files("amc_assets.report").joinpath("templates", "report.css").read_text("utf-8")
    blocks = re.findall(r":root\{(.*?)\}", css, re.DOTALL)
    assert len(blocks) == 2
    colours = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", blocks[theme]))
    light, dark = sorted((luminance(colours[front]), luminance(colours[back])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
