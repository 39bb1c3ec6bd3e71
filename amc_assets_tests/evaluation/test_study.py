"""The study: hand-counted days, planted faults, order of nothing matters, and its time budget."""

import json
from datetime import date, timedelta

import numpy as np
import pytest

from amc_assets.evaluation.labels import Label, LabelSet
from amc_assets.evaluation.records import daily_records, study_records, watch_records
from amc_assets.evaluation.study import ALL, GATED, DayScores, study
from amc_assets.evaluation.watch import FAILED_GATES, NOT_IN_UNIVERSE, NOT_SCORED, watch


def calendar(days: int) -> tuple[date, ...]:
    return tuple(date(2021, 1, 4) + timedelta(days=i) for i in range(days))


def symbols(names: int) -> np.ndarray:
    return np.array([f"S{i:05d}" for i in range(names)])


def labelled(hit: np.ndarray, known: np.ndarray | None = None, horizon: int = 5) -> LabelSet:
    known = np.ones(hit.shape, bool) if known is None else known
    return LabelSet(calendar(len(hit)), symbols(hit.shape[1]), {"move": Label("move", horizon, hit & known, known)})


def days_of(scores: dict[str, np.ndarray], passed: dict[str, np.ndarray] | None = None) -> list[DayScores]:
    first = next(iter(scores.values()))
    return [
        DayScores(
            day,
            symbols(first.shape[1]),
            {name: values[t] for name, values in scores.items()},
            np.ones(first.shape[1], bool),
            {name: values[t] for name, values in (passed or {}).items()},
        )
        for t, day in enumerate(calendar(len(first)))
    ]


def random_world(days=60, names=50, seed=0):
    rng = np.random.default_rng(seed)
    hit = rng.random((days, names)) < 0.2
    return hit, {"oracle": hit + rng.random(hit.shape) / 2, "noise": rng.random(hit.shape)}


def test_an_oracle_is_perfect_and_noise_is_the_base_rate():
    hit, scores = random_world(days=200)
    result = study(days_of(scores), labelled(hit), seed=1, k=4)
    oracle, noise = result.row("oracle", "move"), result.row("noise", "move")
    assert oracle.summary.precision > 0.99
    assert noise.precision_interval.low < 0.2 < noise.precision_interval.high
    assert noise.lift_interval.low < 1.0 < noise.lift_interval.high
    gain, ends = result.difference(("oracle", ALL), ("noise", ALL), "move")
    assert ends.low > 0.6
    assert gain == pytest.approx(oracle.summary.precision - noise.summary.precision)


def test_gated_list_with_nobody_is_all_misses():
    hit, scores = random_world()
    nobody = np.zeros(hit.shape, bool)
    nobody[:30] = True  # passes everyone in the first half, no one in the second
    result = study(days_of(scores, {"oracle": nobody}), labelled(hit), seed=1, k=4)
    row = result.row("oracle", "move", GATED)
    assert row.summary.empty == 30 * 4
    assert row.summary.precision == pytest.approx(result.row("oracle", "move").summary.precision / 2, abs=0.02)


def test_a_strategy_that_is_absent_on_a_day_has_missed_it():
    hit, scores = random_world()
    days = days_of(scores)
    days[0] = DayScores(days[0].trade_date, days[0].symbols, {"noise": days[0].scores["noise"]}, days[0].eligible)
    row = study(days, labelled(hit), seed=1, k=4).row("oracle", "move")
    assert (row.summary.days, row.summary.empty) == (60, 4)


def test_a_symbol_without_label_is_unknown_and_not_a_miss():
    hit = np.ones((40, 5), bool)
    wide = days_of({"any": np.tile(np.arange(6.0), (40, 1))})  # the best-scored sixth symbol has no label
    row = study(wide, labelled(hit), seed=1, k=2).row("any", "move")
    assert (row.summary.precision, row.summary.unknown) == (1.0, 40)


def test_days_that_are_not_mature_count_nowhere():
    hit, scores = random_world()
    known = np.ones(hit.shape, bool)
    known[50:] = False
    row = study(days_of(scores), labelled(hit, known), seed=1, k=4).row("oracle", "move")
    assert row.summary.days == 50
    assert row.summary.unknown == 0


def test_too_few_days_have_a_mean_and_no_interval():
    hit, scores = random_world(days=29)
    result = study(days_of(scores), labelled(hit), seed=1)
    assert result.row("noise", "move").summary.precision is not None
    assert result.row("noise", "move").precision_interval.reason == "too_few_days"
    assert result.difference(("oracle", ALL), ("noise", ALL), "move")[1].reason == "too_few_days"


def test_order_of_strategies_changes_nothing():
    hit, scores = random_world()
    turned = dict(reversed(scores.items()))
    one, other = (study(days_of(world), labelled(hit), seed=9) for world in (scores, turned))
    assert set(one.rows) == set(other.rows)


def test_renaming_symbols_in_another_order_changes_nothing():
    hit, scores = random_world()
    order = np.random.default_rng(1).permutation(hit.shape[1])
    one = study(days_of(scores), labelled(hit), seed=9)
    other = study(days_of({k: v[:, order] for k, v in scores.items()}), labelled(hit[:, order]), seed=9)
    assert one.rows == other.rows


def test_a_score_that_peeks_is_caught_by_its_precision_falling_when_it_is_delayed():
    """Planted fault: a score that reads tomorrow's label keeps its precision only while it peeks."""
    hit, scores = random_world(days=120)
    delayed = np.vstack([np.zeros((1, hit.shape[1])), scores["oracle"][:-1]])
    result = study(days_of({"peeks": scores["oracle"], "honest": delayed}), labelled(hit), seed=1, k=4)
    assert result.row("peeks", "move").summary.precision > 0.95
    assert result.row("honest", "move").summary.precision < 0.35


def test_bad_input_is_refused_with_what_to_do():
    hit, scores = random_world(days=3)
    days = days_of(scores)
    with pytest.raises(ValueError, match="sort the days"):
        study(days[::-1], labelled(hit), seed=1)
    with pytest.raises(ValueError, match="at least one day"):
        study([], labelled(hit), seed=1)
    with pytest.raises(ValueError, match="one value per symbol"):
        DayScores(date(2021, 1, 4), symbols(2), {"a": np.ones(3)}, np.ones(2, bool))
    with pytest.raises(ValueError, match="ascending"):
        DayScores(date(2021, 1, 4), symbols(2)[::-1], {"a": np.ones(2)}, np.ones(2, bool))
    with pytest.raises(ValueError, match="without scores"):
        DayScores(date(2021, 1, 4), symbols(2), {"a": np.ones(2)}, np.ones(2, bool), {"b": np.ones(2, bool)})
    with pytest.raises(KeyError, match="lists:"):
        study(days, labelled(hit), seed=1).row("nobody", "move")
    with pytest.raises(ValueError, match="compute them"):
        study(days, LabelSet((), np.array([], dtype=str), {}), seed=1)


def test_every_list_horizon_and_label_of_sixty_sessions_has_a_row():
    rng = np.random.default_rng(2)
    shape = (60, 3550)
    known = np.ones(shape, bool)
    labels = {f"l{i}": Label(f"l{i}", 5, rng.random(shape) < 0.03, known) for i in range(9)}
    scores = {f"s{i}": rng.random(shape) for i in range(4)}
    days = days_of(scores, {name: rng.random(shape) < 0.05 for name in scores})
    result = study(days, LabelSet(calendar(60), symbols(3550), labels), seed=1)
    assert len(result.rows) == 4 * 2 * 9


def test_watch_names_ranks_and_reasons():
    day = DayScores(
        date(2021, 1, 4),
        np.array(["AMC", "BB", "GME", "KOSS"]),
        {"s": np.array([0.5, 0.9, 0.9, np.nan]), "sort": np.array([1.0, 2.0, 3.0, 4.0])},
        np.ones(4, bool),
        {"s": np.array([True, False, True, True])},
    )
    rows = {(row.strategy, row.symbol): row for row in watch([day], ["AMC", "BB", "GME", "KOSS", "BBBY"])}
    assert len(rows) == 10
    gme, amc, bb = rows["s", "GME"], rows["s", "AMC"], rows["s", "BB"]
    assert (gme.rank_scored, gme.scored, gme.rank_gated, gme.gated) == (2, 3, 1, 2)  # ties with BB, which comes first
    assert (amc.rank_scored, amc.rank_gated) == (3, 2)
    assert (bb.rank_scored, bb.rank_gated, bb.reason) == (1, None, FAILED_GATES)
    assert (rows["s", "KOSS"].reason, rows["s", "KOSS"].score) == (NOT_SCORED, None)
    assert rows["s", "BBBY"].reason == NOT_IN_UNIVERSE
    assert (rows["sort", "KOSS"].rank_scored, rows["sort", "KOSS"].rank_gated) == (1, 1)


def test_records_are_plain_and_missing_is_none():
    hit, scores = random_world(days=29)
    known = np.ones(hit.shape, bool)
    known[20:] = False
    result = study(days_of(scores), labelled(hit, known), seed=1, k=4)
    table, daily = study_records(result), daily_records(result)
    assert json.loads(json.dumps([table, daily], allow_nan=False)) == [table, daily]
    assert [row["strategy"] for row in table] == ["oracle", "noise"]
    assert table[0]["precision_low_frac"] is None
    assert table[0]["interval_reason"] == "too_few_days"
    assert (daily[0]["trade_date"], daily[28]["precision_frac"]) == ("2021-01-04", None)
    first = watch_records(watch(days_of(scores)[:1], ["S00000", "GME"]))
    assert [row["reason"] for row in first] == [None, NOT_IN_UNIVERSE, None, NOT_IN_UNIVERSE]
