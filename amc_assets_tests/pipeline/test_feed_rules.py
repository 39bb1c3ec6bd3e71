"""Rules across days, each with a number just inside and just outside its limits, and what must move none of them."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.defs.feed_checks import COMPARED_TABLES
from amc_assets.lake.tables import TABLES
from amc_assets.pipeline.feed_checks.day_rows import DayRows, day_rows
from amc_assets.pipeline.feed_checks.gate import feed_limits
from amc_assets.pipeline.feed_checks.limits import Allowed, FeedLimitsError, load_feed_limits
from amc_assets.pipeline.feed_checks.rules import IDENTIFIER, RULES, columns_of, rule_names
from amc_assets_tests.pipeline.feed_days import COUNT, TODAY_AND_PAST, bars, broken, changed, day_of, judged

TODAY, PAST = TODAY_AND_PAST
RATIO_RULES = [
    (table, rule.name, rule.columns[0]) for table, rules in RULES.items() for rule in rules if "_ratio" in rule.name
    if not rule.name.startswith("short_ratio")
]  # fmt: skip
SHARES = np.linspace(0.2, 0.8, COUNT)


def a_day(table: str, *, ago: int = 0, seed: int = 0) -> DayRows:
    """Return an ordinary day of any table."""
    base, noise = np.random.default_rng(1), np.random.default_rng(seed + 100)
    columns = {
        name: np.round(base.lognormal(7, 1, COUNT) * np.exp(noise.normal(0, 0.2, COUNT))) + 10
        for name in columns_of(table)
    }
    if table == "short_volume":
        columns["short_volume_shares"] = columns["total_volume_shares"] * SHARES
    if table == "universe":
        columns["is_eligible"] = np.tile([1.0, 1.0, 1.0, 0.0], COUNT // 4)
    return day_of(columns or {"none": np.zeros(COUNT)}, ago=ago)


def only(day: DayRows, rows: int) -> DayRows:
    """Return the first rows of a day."""
    columns = {name: values[:rows] for name, values in day.columns.items()}
    return replace(day, names=day.names.slice(0, rows), columns=columns, rows=rows)


def test_an_ordinary_day_breaks_nothing_and_says_what_was_compared():
    found = judged("daily_bars", TODAY, PAST)
    assert found.broken == ()
    assert found.earlier == PAST[0].day
    assert set(found.applied) == set(rule_names()["daily_bars"]) - {"row_count_other_source"}


@pytest.mark.parametrize("table", sorted(RULES))
def test_the_rules_of_every_table_let_an_ordinary_day_through_and_refuse_a_repeated_one(table: str):
    past = [a_day(table, ago=number, seed=number) for number in (1, 2, 3)]
    assert broken(table, a_day(table), past) == set()
    expected = {"identical_rows"} if "identical_rows" in rule_names()[table] else set()
    assert broken(table, replace(past[0], day=a_day(table).day), past) == expected


@pytest.mark.parametrize(("table", "rule", "column"), RATIO_RULES)
@pytest.mark.parametrize("end", ["least", "most"])
def test_each_ratio_just_inside_and_just_outside(table: str, rule: str, column: str, end: str):
    past = [a_day(table, ago=number, seed=7) for number in (1, 2, 3)]
    limit = getattr(feed_limits().tables[table].rules[rule], end)
    for nudge, is_broken in ((1.01, end == "most"), (0.99, end == "least")):
        answer = changed(past[0], **{column: past[0].columns[column] * limit * nudge})
        if table == "short_volume":
            answer = changed(answer, short_volume_shares=answer.columns[column] * SHARES)
        assert (rule in broken(table, answer, past)) is is_broken, nudge


@pytest.mark.parametrize("table", [table for table in sorted(RULES) if "row_count" in rule_names()[table]])
def test_the_row_count_just_inside_and_just_outside(table: str):
    allowed = feed_limits().tables[table].rules["row_count"]
    past = [a_day(table, ago=number, seed=number) for number in (1, 2)]
    for count, is_broken in ((round(COUNT * allowed.least), False), (round(COUNT * allowed.least) - 1, True)):
        assert ("row_count" in broken(table, only(a_day(table), count), past)) is is_broken, count
    for count, is_broken in ((COUNT * allowed.most, False), (COUNT * allowed.most + 1, True)):
        assert ("row_count" in broken(table, replace(a_day(table), rows=int(count)), past)) is is_broken, count


@pytest.mark.parametrize("table", [table for table in sorted(RULES) if "vanished_names" in rule_names()[table]])
def test_other_names_in_the_same_number_are_vanished_ones(table: str):
    past, today = [a_day(table, ago=number, seed=number) for number in (1, 2)], a_day(table)
    most = round(COUNT * feed_limits().tables[table].rules["vanished_names"].most)
    for count, is_broken in ((most, False), (most + 1, True)):
        names = [f"X{number}" for number in range(count)] + today.names.to_pylist()[count:]
        answer = replace(today, names=pa.array(names, pa.string()))
        assert ("vanished_names" in broken(table, answer, past)) is is_broken, count


@pytest.mark.parametrize("table", [table for table in sorted(RULES) if "identical_rows" in rule_names()[table]])
@pytest.mark.parametrize("ago", [0, 4])
def test_identical_rows_of_any_of_five_days_just_inside_and_just_outside(table: str, ago: int):
    past, today = [a_day(table, ago=number, seed=number) for number in range(1, 7)], a_day(table)
    most = round(COUNT * feed_limits().tables[table].rules["identical_rows"].most)
    for count, is_broken in ((most - 5, False), (most + 5, True)):
        columns = {
            name: np.concatenate([past[ago].columns[name][:count], today.columns[name][count:] + 3.0])
            for name in columns_of(table)
        }
        assert ("identical_rows" in broken(table, changed(today, **columns), past)) is is_broken, count


@pytest.mark.parametrize(("count", "is_broken"), [(100, False), (101, True)])
def test_jumped_closes(count: int, is_broken: bool):
    closes = PAST[0].columns["close_usd"].copy()
    closes[:count] *= 3.1
    answer = changed(TODAY, close_usd=closes)
    assert broken("daily_bars", answer, [PAST[0]]) == ({"jumped_closes"} if is_broken else set())


@pytest.mark.parametrize(("shift", "is_broken"), [(0.19, False), (0.21, True), (-0.19, False), (-0.21, True)])
def test_short_ratios_that_moved(shift: float, is_broken: bool):
    past, today = [a_day("short_volume", ago=1, seed=1)], a_day("short_volume")
    answer = changed(today, short_volume_shares=today.columns["total_volume_shares"] * np.clip(SHARES + shift, 0, 1))
    assert ("short_ratio_shift" in broken("short_volume", answer, past)) is is_broken


@pytest.mark.parametrize(("width", "is_broken"), [(0.41, False), (0.39, True)])
def test_short_ratios_that_are_all_alike(width: float, is_broken: bool):
    past, today = [a_day("short_volume", ago=1, seed=1)], a_day("short_volume")
    narrow = 0.5 + (SHARES - 0.5) * width
    answer = changed(today, short_volume_shares=today.columns["total_volume_shares"] * narrow)
    assert broken("short_volume", answer, past) == ({"short_ratio_spread"} if is_broken else set())


def test_eligible_names_that_are_gone_though_the_list_is_whole():
    past, today = [a_day("universe", ago=1)], a_day("universe")
    for share, is_broken in ((0.61, False), (0.59, True)):
        flags = np.zeros(COUNT)
        flags[: int(750 * share)] = 1.0
        assert broken("universe", changed(today, is_eligible=flags), past) == (
            {"eligible_count"} if is_broken else set()
        )


@pytest.mark.parametrize("wrong", ["closes x 100", "volumes x 1,000", "the session before", "95 % gone"])
def test_the_four_lies_by_name(wrong: str):
    answer = {
        "closes x 100": changed(TODAY, close_usd=TODAY.columns["close_usd"] * 100),
        "volumes x 1,000": changed(TODAY, volume_shares=TODAY.columns["volume_shares"] * 1000),
        "the session before": replace(PAST[0], day=TODAY.day),
        "95 % gone": only(TODAY, COUNT // 20),
    }[wrong]
    expected = {
        "closes x 100": {"close_ratio", "jumped_closes"},
        "volumes x 1,000": {"volume_ratio"},
        "the session before": {"identical_rows"},
        "95 % gone": {"row_count", "vanished_names"},
    }[wrong]
    assert broken("daily_bars", answer, PAST) == expected


def test_a_sentence_has_both_numbers_and_what_is_allowed():
    answer = changed(TODAY, close_usd=PAST[0].columns["close_usd"] * 100)
    first = judged("daily_bars", answer, PAST).broken[0]
    assert "the median name has 100 times its close of 2024-05-19 (the median close is" in first.sentence
    assert first.sentence.endswith("allowed is 0.5 to 2 (close_ratio)")


def test_the_day_after_a_half_day_is_no_fault_but_a_lie_after_it_is():
    half = changed(PAST[0], volume_shares=PAST[0].columns["volume_shares"] / 8)
    assert broken("daily_bars", TODAY, [half, *PAST[1:]]) == set()
    assert broken("daily_bars", TODAY, [half]) == {"volume_ratio"}
    lie = changed(TODAY, volume_shares=TODAY.columns["volume_shares"] * 1000)
    assert broken("daily_bars", lie, [half, *PAST[1:]]) == {"volume_ratio"}


def test_rows_of_another_source_have_wider_limits():
    screener = replace(only(TODAY, 400), providers=frozenset({"nasdaq"}))
    assert broken("daily_bars", screener, PAST) == set()
    assert broken("daily_bars", only(TODAY, 400), PAST) == {"row_count", "vanished_names"}
    gutted = replace(only(TODAY, 200), providers=frozenset({"nasdaq"}))
    assert broken("daily_bars", gutted, PAST) == {"row_count_other_source"}
    evenings = [*PAST, replace(only(bars(9, ago=7), 500), providers=frozenset({"nasdaq"}))]
    assert broken("daily_bars", replace(only(TODAY, 300), providers=frozenset({"nasdaq"})), evenings) == {
        "row_count", "vanished_names",
    }  # fmt: skip


def test_without_a_day_before_or_with_few_names_nothing_is_compared_and_it_says_so():
    assert judged("daily_bars", TODAY, []).why_not == "no day before it is in the lake and near enough"
    found = judged("daily_bars", only(TODAY, 29), [only(PAST[0], 29)])
    assert (found.broken, found.earlier) == ((), None)
    assert "29 names, 30 are needed" in found.why_not
    assert judged("daily_bars", only(TODAY, 30), [only(PAST[0], 30)]).earlier == PAST[0].day


@settings(max_examples=60)
@given(
    st.permutations(range(60)), st.lists(st.sampled_from([0.1, 0.5, 2.0, 4.0, 10.0]), min_size=0, max_size=3),
    st.integers(0, 50),
)  # fmt: skip
def test_order_of_rows_and_splits_of_single_names_change_no_verdict(order: list[int], splits: list[float], first: int):
    """Sixty names: up to three of them may split on one day, in any order of the rows."""
    past, answer = [only(day, 60) for day in PAST], only(TODAY, 60)
    closes, volumes = (answer.columns[name].copy() for name in ("close_usd", "volume_shares"))
    for place, ratio in enumerate(splits):
        closes[first + place] /= ratio
        volumes[first + place] *= ratio
    split = changed(answer, close_usd=closes, volume_shares=volumes)
    columns = {name: values[order] for name, values in split.columns.items()}
    mixed = DayRows(split.day, split.names.take(pa.array(order)), columns, 60, split.providers)
    for lie in (1.0, 100.0):
        one, other = (changed(day, close_usd=day.columns["close_usd"] * lie) for day in (split, mixed))
        assert broken("daily_bars", one, past) == broken("daily_bars", other, past)
        assert ("close_ratio" in broken("daily_bars", other, past)) is (lie == 100.0)
    assert broken("daily_bars", mixed, past) == set()


@settings(max_examples=40)
@given(st.floats(0.001, 1000.0))
def test_a_unit_that_all_days_share_breaks_nothing_and_one_that_changed_does(factor: float):
    past = [changed(day, volume_shares=day.columns["volume_shares"] * factor) for day in PAST]
    same = changed(TODAY, volume_shares=TODAY.columns["volume_shares"] * factor)
    assert "volume_ratio" not in broken("daily_bars", same, past)
    if not 0.1 < factor < 10.0:
        assert "volume_ratio" in broken("daily_bars", TODAY, past)


def test_a_day_belongs_to_the_source_that_sent_most_of_it():
    table = pa.table(
        {
            "symbol": ["A", "B", "C", "D", "A"], "fails_shares": [1.0, 2.0, 3.0, 4.0, 3.0],
            "source": ["polygon.grouped_daily", "polygon.grouped_daily", "polygon.other", "nasdaq.screener",
                       "polygon.grouped_daily"],
        }
    )  # fmt: skip
    found = day_rows(TODAY.day, table, "symbol", ["fails_shares"])
    assert (found.providers, found.rows) == (frozenset({"polygon"}), 4)
    assert dict(zip(found.names.to_pylist(), found.columns["fails_shares"].tolist(), strict=True)) == {
        "A": 2.0, "B": 2.0, "C": 3.0,
    }  # fmt: skip


def test_rules_limits_checks_and_columns_agree():
    assert set(RULES) == COMPARED_TABLES == set(feed_limits().tables)
    for table in RULES:
        names = TABLES[table].arrow.names
        assert {*columns_of(table), IDENTIFIER.get(table, "symbol")} <= set(names), table


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("least_names = 30 ", "least_names = 0 ", "least_names must be at least 1"),
        ("close_ratio = { least = 0.5", "close_ratio = { least = 2.5", "least must be below most"),
        ("close_ratio =", "clothes_ratio =", "tables.daily_bars.rules must name"),
        ("most_days_apart = 100 ", "most_days_apart = 0 ", "most_days_apart must be at least 1"),
        ("least_names", "fewest_names", "feed_checks.toml"),
    ],
)
def test_a_wrong_file_of_limits_is_refused_by_place(tmp_path, old: str, new: str, told: str):
    from amc_assets.pipeline.feed_checks import limits

    text = (limits._FOLDER / "feed_checks.toml").read_text()
    assert old in text
    (tmp_path / "feed_checks.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(FeedLimitsError, match=told):
        load_feed_limits(rule_names(), tmp_path)


def test_the_hash_moves_with_a_limit_and_a_missing_file_is_named(tmp_path):
    shipped = feed_limits()
    assert shipped.limits_hash == load_feed_limits(rule_names()).limits_hash
    tables = {**shipped.tables, "threshold_list": replace_rules(shipped.tables["threshold_list"], most=6.0)}
    other = type(shipped)(shipped.least_names, tables)
    assert other.limits_hash != shipped.limits_hash
    with pytest.raises(FeedLimitsError, match="is not there"):
        load_feed_limits(rule_names(), tmp_path)


def replace_rules(table, most: float):
    return type(table)(table.most_days_apart, {"row_count": Allowed(0.2, most)})


def test_the_page_has_the_rules_in_force():
    from amc_assets.pipeline.feed_checks.document import rules_table
    from amc_assets_tests.house.sources import documents

    page = documents()["docs/feed-checks.md"]
    block = page.partition("<!-- rules:begin -->\n")[2].partition("\n<!-- rules:end -->")[0]
    assert block == rules_table(feed_limits())
