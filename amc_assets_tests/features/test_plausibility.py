"""Numbers of one name that contradict each other: missing with the rule's reason, marked or named, never changed."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from amc_assets.features.build import build_snapshot
from amc_assets.features.errors import FeatureInputError
from amc_assets.features.plausibility import RULES, Effect, rules_table
from amc_assets.features.plausibility_limits import load_plausibility_limits, parse_plausibility_limits
from amc_assets.features.snapshot import Provenance
from amc_assets.market.calendar import close_at
from amc_assets.reasons import MEANING, Reason
from amc_assets_tests.features.panels import DAY, interest_table, shares_table, splits_table, universe_table
from amc_assets_tests.features.test_build import SYMBOLS, inputs, line, quality, seen

DOC = Path(__file__).resolve().parents[2] / "docs" / "plausibility.md"
M = 1_000_000
SHORT = {"symbol": "GME", "shares": 1.2 * M}
"""Bars of test_build: GME closes at 59 USD, 1,000 shares a day; ``busy`` raises that to 100,000."""


def busy(volume: float = 100_000.0):
    panel = inputs().panel
    return replace(panel, volume_shares=np.where(np.isfinite(panel.volume_shares), volume, np.nan))


def snapshot(*counts: dict, short: dict | None = None, **changes: object):
    given = {"panel": busy(), "short_interest": interest_table(short or SHORT), "share_counts": shares_table(*counts)}
    return build_snapshot(inputs(**{**given, **changes}))


def gme(**count: object) -> dict:
    return {"symbol": "GME", "float": 5.0 * M, "outstanding": 7.0 * M, **count}


def test_numbers_that_fit_stay_as_they_are():
    found = snapshot(gme())
    assert seen(found, "float_shares", "GME") == (5.0 * M, Reason.PRESENT)
    assert seen(found, "outstanding_shares", "GME") == (7.0 * M, Reason.PRESENT)
    assert seen(found, "short_interest_float_frac", "GME") == (pytest.approx(0.24), Reason.PRESENT)
    assert line(found, "share_counts").note == line(found, "short_interest").note == ""


@pytest.mark.parametrize(
    ("count", "float_says", "outstanding_says"),
    [
        ({"float": 1.0}, Reason.COUNT_TOO_SMALL, Reason.PRESENT),
        ({"float": 100.0, "outstanding": 100.0}, Reason.COUNT_TOO_SMALL, Reason.COUNT_TOO_SMALL),
        ({"effective": date(2010, 2, 26)}, Reason.STALE, Reason.STALE),
        ({"filed": date(2010, 2, 26)}, Reason.PRESENT, Reason.STALE),
        ({"effective": DAY - timedelta(days=515)}, Reason.PRESENT, Reason.PRESENT),
        ({"effective": DAY - timedelta(days=516)}, Reason.STALE, Reason.STALE),
        ({"float": 5.0e12, "outstanding": None}, Reason.COUNT_AGAINST_PRICE, Reason.NOT_PUBLISHED),
        ({"float": 9.0 * M}, Reason.FLOAT_ABOVE_OUTSTANDING, Reason.FLOAT_ABOVE_OUTSTANDING),
        ({"float": 90_000.0}, Reason.FLOAT_AGAINST_VOLUME, Reason.PRESENT),
        ({"float": 0.5 * M, "outstanding": None}, Reason.SHORT_ABOVE_COUNTS, Reason.NOT_PUBLISHED),
        ({"float": 0.5 * M, "outstanding": 0.6 * M}, Reason.SHORT_ABOVE_COUNTS, Reason.SHORT_ABOVE_COUNTS),
        ({"float": 0.5 * M, "outstanding": 1.2 * M}, Reason.PRESENT, Reason.PRESENT),
    ],
)  # fmt: skip
def test_what_contradicts_is_missing_with_its_reason(count, float_says, outstanding_says):
    found = snapshot(gme(**count))
    assert seen(found, "float_shares", "GME")[1] is float_says
    assert seen(found, "outstanding_shares", "GME")[1] is outstanding_says
    assert seen(found, "short_interest_float_frac", "GME")[1] is float_says  # and what is made of it
    assert seen(found, "short_interest_shares", "GME") == (1.2 * M, Reason.PRESENT)
    refused = {says for says in (float_says, outstanding_says) if says not in (Reason.PRESENT, Reason.NOT_PUBLISHED)}
    for reason in refused:
        assert f"1 {reason}" in line(found, "share_counts").note


def test_more_short_than_the_float_is_allowed_and_named():
    """GME in January 2021: 61.8M short, 51.4M floating, 69.7M outstanding; at the end of 2020 71.2M were short."""
    for short, frac in ((61.78 * M, 1.201), (71.2 * M, 1.384)):
        row = gme(float=51.44 * M, outstanding=69.75 * M)
        found = snapshot(row, short={"symbol": "GME", "shares": short}, panel=busy(8.0 * M))
        assert seen(found, "short_interest_float_frac", "GME") == (pytest.approx(frac, abs=1e-3), Reason.PRESENT)
        assert line(found, "short_interest").note == "more shares short than float: GME"
        assert quality(found, "short_interest_float_frac")[0] == 0.95


def test_a_float_a_little_above_the_shares_outstanding_counts_as_derived():
    found = snapshot(gme(float=7.5 * M))
    assert quality(found, "float_shares") == (0.60, 1.0, Provenance.DERIVED)
    assert quality(found, "short_interest_float_frac")[0] == 0.60
    assert line(found, "share_counts").note == "implausible: 1 float_exceeds_outstanding"
    assert quality(snapshot(gme(float=7.3 * M)), "float_shares") == (0.98, 1.0, Provenance.OBSERVED)


def test_a_position_of_more_than_a_year_of_volume_is_missing():
    found = snapshot(gme(), panel=busy(3_000.0))
    for name in ("short_interest_shares", "short_interest_float_frac", "days_to_cover"):
        assert seen(found, name, "GME") == (None, Reason.SHORT_AGAINST_VOLUME), name
    assert "1 short_against_volume" in line(found, "short_interest").note


def test_a_placeholder_does_not_refuse_the_true_number_beside_it():
    found = snapshot(gme(outstanding=100.0))
    assert seen(found, "outstanding_shares", "GME") == (None, Reason.COUNT_TOO_SMALL)
    assert seen(found, "float_shares", "GME") == (5.0 * M, Reason.PRESENT)


@pytest.mark.parametrize(
    ("symbols", "names"),
    [(("LEN", "LEN.B"), (None, None)), (("GOOG", "GOOGL"), ("Alphabet Inc. - Class C Capital Stock",
                                                            "Alphabet Inc. - Class A Common Stock"))],
)  # fmt: skip
def test_one_count_for_two_classes_is_of_neither(symbols, names):
    universe = universe_table([*SYMBOLS, *symbols])
    told = [*SYMBOLS, *(name or symbol for name, symbol in zip(names, symbols, strict=True))]
    universe = universe.set_column(universe.schema.get_field_index("name"), "name", pa.array(told))
    rows = [{"symbol": symbol, "float": 5.0 * M, "outstanding": 7.0 * M} for symbol in symbols]
    found = snapshot(gme(), *rows, universe=universe)  # GME has the very same counts and is another company
    for symbol in symbols:
        assert seen(found, "float_shares", symbol) == (None, Reason.SHARED_COUNT)
        assert seen(found, "outstanding_shares", symbol) == (None, Reason.SHARED_COUNT)
    assert seen(found, "float_shares", "GME") == (5.0 * M, Reason.PRESENT)
    own = snapshot(rows[0], {**rows[1], "float": 6.0 * M, "outstanding": 7.1 * M}, universe=universe)
    assert seen(own, "float_shares", symbols[1]) == (6.0 * M, Reason.PRESENT)


UNDATED = {"effective": None, "filed": None, "known_at": close_at(date(2021, 1, 22))}


def test_a_count_without_a_date_counts_as_derived_and_as_old_as_it_may_be():
    found = snapshot(gme(**UNDATED))
    assert seen(found, "float_shares", "GME") == (5.0 * M, Reason.PRESENT)
    confidence, fresh, origin = quality(found, "float_shares")
    assert (confidence, origin) == (0.60, Provenance.DERIVED)
    assert fresh == pytest.approx(np.exp(-0.5 * ((5 + 135) / 92 - 1)))


@pytest.mark.parametrize(
    ("executed", "says"),
    [
        (date(2021, 1, 25), Reason.BASIS_UNKNOWN),  # after it was asked for
        (date(2021, 1, 11), Reason.BASIS_UNKNOWN),  # before, and after the quarter it may be of
        (date(2020, 9, 10), Reason.BASIS_UNKNOWN),  # 134 days before it was asked for
        (date(2020, 9, 8), Reason.PRESENT),
    ],
)
def test_a_count_without_a_date_is_unusable_across_a_split(executed, says):
    split = splits_table(("GME", executed, 10.0, close_at(date(2020, 9, 1))))
    found = snapshot(gme(**UNDATED), splits=split)
    assert seen(found, "float_shares", "GME")[1] is says
    assert seen(found, "outstanding_shares", "GME")[1] is says


def test_a_dated_count_is_restated_by_the_split():
    split = splits_table(("GME", date(2021, 1, 20), 10.0, close_at(date(2021, 1, 4))))
    row = gme(float=0.5 * M, outstanding=0.7 * M, effective=date(2020, 12, 31), filed=date(2020, 12, 31))
    found = snapshot(row, short={**SHORT, "shares": 0.12 * M}, splits=split)
    assert seen(found, "float_shares", "GME") == (5.0 * M, Reason.PRESENT)
    assert seen(found, "short_interest_float_frac", "GME") == (pytest.approx(0.24), Reason.PRESENT)


def test_a_split_that_only_finra_tells_of_makes_older_counts_unusable():
    flagged = {**SHORT, "split": True}  # settlement of 2021-01-15
    older = gme(effective=date(2020, 12, 31))
    assert seen(snapshot(older, short=flagged), "float_shares", "GME") == (None, Reason.BASIS_UNKNOWN)
    of_the_cycle = snapshot(gme(), short=flagged)  # of 01-04: on which side of the split is not known
    assert quality(of_the_cycle, "float_shares") == (0.60, 1.0, Provenance.DERIVED)
    newer = gme(effective=date(2021, 1, 15))
    assert quality(snapshot(newer, short=flagged), "float_shares")[0] == 0.98
    known = splits_table(("GME", date(2021, 1, 11), 1.0, close_at(date(2021, 1, 4))))
    assert quality(snapshot(older, short=flagged, splits=known), "float_shares")[0] == 0.98


def test_every_rule_is_documented_and_has_its_reason():
    text = DOC.read_text(encoding="utf-8")
    between = text.split("<!-- rules:begin -->\n")[1].split("\n<!-- rules:end -->")[0]
    assert between == rules_table(load_plausibility_limits()), "paste plausibility.rules_table() between the markers"
    assert {rule.name for rule in RULES if rule.effect is Effect.MISSING} <= {str(reason) for reason in MEANING}
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_limits_that_make_no_sense_are_refused(tmp_path: Path):
    with pytest.raises(FeatureInputError, match="is not there"):
        load_plausibility_limits(tmp_path)
    (tmp_path / "plausibility.toml").write_text("[counts]\nminimum_shares = 'many'\n")
    with pytest.raises(FeatureInputError, match="restore the shipped one"):
        load_plausibility_limits(tmp_path)
    raw = msgspec.to_builtins(load_plausibility_limits())
    raw["short_interest"]["maximum_float_frac"] = 0.5
    with pytest.raises(ValueError, match="flagged_float_frac"):
        parse_plausibility_limits(raw)
    raw["short_interest"]["maximum_float_frac"] = float("nan")
    with pytest.raises(ValueError, match="positive"):
        parse_plausibility_limits(raw)
