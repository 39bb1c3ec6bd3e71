"""Precision of short lists, and intervals over days."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.evaluation.bootstrap import Interval, block_days, interval, resampled_means
from amc_assets.evaluation.metrics import ListOutcome, first_k, precision_at_k, summarise

N = 40
EVERYONE = np.ones(N, bool)


def outcome(scores, hit, k=20, known=EVERYONE, field=EVERYONE) -> ListOutcome:
    return precision_at_k(hit, known, first_k(scores, field, k), k, field)


@settings(max_examples=60)
@given(positives=st.integers(0, N), k=st.integers(1, 30))
def test_a_perfect_ranking_gets_as_many_as_there_are(positives, k):
    hit = np.arange(N) < positives
    assert outcome(hit.astype(float), hit, k).precision == pytest.approx(min(1.0, positives / k))


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), shown=st.integers(0, 19))
def test_empty_slots_are_misses(seed, shown):
    rng = np.random.default_rng(seed)
    hit = rng.random(N) < 0.5
    scores = np.full(N, np.nan)
    listed = rng.choice(N, shown, replace=False)
    scores[listed] = rng.random(shown)
    result = outcome(scores, hit)
    assert result.empty == 20 - shown
    assert result.precision == pytest.approx(hit[listed].sum() / 20)


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000))
def test_permuting_names_changes_nothing_when_scores_differ(seed):
    rng = np.random.default_rng(seed)
    scores, hit, known = rng.permutation(N).astype(float), rng.random(N) < 0.3, rng.random(N) < 0.8
    order = rng.permutation(N)
    assert outcome(scores, hit & known, known=known) == outcome(scores[order], (hit & known)[order], known=known[order])


def test_ties_go_to_the_earlier_symbol():
    assert first_k(np.array([1.0, 2.0, 2.0, 2.0]), np.ones(4, bool), 2).tolist() == [1, 2]


def test_unknown_names_are_counted_and_leave_the_denominator():
    hit, known = np.arange(N) < 5, np.arange(N) >= 2  # of the 20 listed, 2 are unknown and 3 known ones hit
    result = outcome(-np.arange(N, dtype=float), hit & known, known=known)
    assert (result.unknown, result.hits, result.counted) == (2, 3, 18)
    assert result.precision == pytest.approx(3 / 18)
    assert (result.field, result.field_hits) == (38, 3)


def test_names_outside_the_universe_are_not_listed():
    field = np.arange(N) >= 10
    assert first_k(-np.arange(N, dtype=float), field, 3).tolist() == [10, 11, 12]


def test_a_list_that_is_too_long_or_repeats_a_name_is_refused():
    with pytest.raises(ValueError, match="cut the list"):
        precision_at_k(EVERYONE, EVERYONE, np.arange(5), 4, EVERYONE)
    with pytest.raises(ValueError, match="twice"):
        precision_at_k(EVERYONE, EVERYONE, np.array([1, 1]), 4, EVERYONE)


def test_summary_by_hand():
    days = [
        ListOutcome(slots=10, hits=4, unknown=0, empty=0, field=100, field_hits=10),  # .4, base .10
        ListOutcome(slots=10, hits=1, unknown=2, empty=3, field=100, field_hits=2),  # .125, base .02
        ListOutcome(slots=10, hits=0, unknown=10, empty=0, field=0, field_hits=0),  # not mature: left out
    ]
    found = summarise(days)
    assert (found.days, found.slots, found.hits, found.empty, found.unknown) == (2, 20, 5, 3, 2)
    assert found.precision == pytest.approx(0.2625)
    assert found.base_rate == pytest.approx(0.06)
    assert found.lift == pytest.approx(4.375)
    assert found.recall == pytest.approx(5 / 12)


def test_nothing_known_is_none_and_not_zero():
    assert summarise([]).precision is None
    none_hit = summarise([ListOutcome(10, 0, 0, 0, 50, 0)])
    assert (none_hit.precision, none_hit.lift, none_hit.recall) == (0.0, None, None)


def test_block_sums_equal_a_plain_gather():
    rng = np.random.default_rng(3)
    series = rng.random((23, 4))
    means = resampled_means(series, block=10, seed=5, resamples=50)
    starts = np.random.default_rng([5, 10]).integers(0, 23, size=(50, 3))
    for draw, (a, b, c) in enumerate(starts):
        days = [(first + i) % 23 for first, length in ((a, 10), (b, 10), (c, 3)) for i in range(length)]
        assert means[draw] == pytest.approx(series[days].mean(axis=0))


def test_missing_days_leave_the_resampled_mean():
    series = np.where(np.arange(30)[:, None] % 2 == 0, 0.25, np.nan)
    assert resampled_means(series, block=5, seed=1, resamples=20) == pytest.approx(0.25)


def test_same_seed_same_interval_and_columns_are_paired():
    series = np.random.default_rng(0).random((40, 1))
    both = resampled_means(np.hstack([series, series + 0.1]), block=10, seed=2)
    assert both[:, 1] - both[:, 0] == pytest.approx(0.1)
    assert np.array_equal(both[:, :1], resampled_means(series, block=10, seed=2))
    assert not np.array_equal(both[:, :1], resampled_means(series, block=10, seed=3))


def test_blocks_are_needed_on_days_that_overlap():
    """Planted fault: resampling single days of a slow series gives an interval that is far too narrow."""
    rng = np.random.default_rng(11)
    slow = np.convolve(rng.normal(size=400), np.ones(10) / 10, mode="valid")[:, None]
    blocks, singles = (interval(resampled_means(slow, block=block, seed=1)[:, 0]) for block in (10, 1))
    assert (blocks.high - blocks.low) > 1.8 * (singles.high - singles.low)


def test_interval_covers_the_truth_about_as_often_as_it_says():
    """200 worlds of 60 days whose outcomes share sessions: 95 % intervals of 2H blocks, known to be a bit short."""
    covered = 0
    for world in range(200):
        noise = np.random.default_rng(world).normal(size=64)
        series = np.convolve(noise, np.ones(5) / 5, mode="valid")[:, None]
        found = interval(resampled_means(series, block=block_days(5), seed=world, resamples=400)[:, 0])
        covered += found.low <= 0.0 <= found.high
    assert covered >= 164  # .82; independent days cover about .60


def test_no_finite_value_has_no_interval_but_a_reason():
    assert interval(np.array([np.nan])) == Interval(None, None, "too_few_days")


def test_a_block_longer_than_the_series_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        resampled_means(np.ones((5, 1)), block=6, seed=1)
